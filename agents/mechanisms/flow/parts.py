"""The parts of what a scenario says of a flow: routes, checkpoints, choices, rings."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from scenarios.errors import refusal
from scenarios.schema import (
    Chance,
    Count,
    Factor,
    Name,
    NonNegative,
    Range,
    Sourced,
    Span,
    Spec,
    Spread,
)

MONTHS: Final = 12

_MOST_ITEMS: Final = 1e9

MOST_STAGES: Final = 8
"""Most checkpoints that a load comes to, one after the other."""

MOST_RINGS: Final = 20

Monthly = Annotated[
    tuple[Annotated[float, Field(ge=0, le=_MOST_ITEMS)], ...], Field(min_length=1, max_length=600)
]
Yearly = Annotated[
    tuple[Annotated[float, Field(ge=0, le=1)], ...], Field(min_length=MONTHS, max_length=MONTHS)
]
Place = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Words(Spec):
    """What stories call what flows."""

    item: str = Field(min_length=1, max_length=40)
    """What is counted, such as persons or kg."""
    load: str = Field(min_length=1, max_length=40)
    """What passes a checkpoint as one, such as a boat or a container."""


class Season(Sourced):
    """How a year's flow falls on its months, January first, whatever they add up to."""

    months: Yearly


class Pressure(Sourced):
    """Items that a route would take in if nothing disturbed, by the year or month by month."""

    per_year: float | None = Field(default=None, ge=0, le=_MOST_ITEMS)
    """In a year, by the season of the flow."""
    months: Monthly | None = None
    """From the month in which a run begins; the last twelve come again and again after that."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.per_year is None) == (self.months is None):
            raise refusal(
                "a pressure is given by the year or by the month", "write per_year, or months"
            )
        return self


class Load(Spread):
    """Items of a load; differs from one to the next."""

    median: float = Field(ge=1, le=1_000_000)
    p95: float = Field(ge=1, le=1_000_000)


class Route(Spec):
    """A way that loads take, through checkpoints."""

    points: tuple[Name, ...] = Field(min_length=1, max_length=MOST_STAGES)
    """Checkpoints in the order in which a load comes to them; the last is where it arrives."""
    load: Load
    pressure: Pressure
    counted: Chance
    """Share of those who set out that the counts behind `pressure` have."""
    rings: Count
    """Rings that share it."""
    usual_loss: Chance
    """Loss that those who send take for granted there."""
    instead: dict[Name, Chance] = Field(default={})
    """Shares of those whom losses keep off this route that try another one."""

    @model_validator(mode="after")
    def _holds(self) -> Self:
        if not 1 <= self.rings.value <= MOST_RINGS:
            raise refusal(f"a route has 1 to {MOST_RINGS} rings", "write a number in between")
        if not self.counted.value:
            raise refusal("counts that have nobody say nothing", "write a share above 0")
        if sum(one.value for one in self.instead.values()) > 1:
            raise refusal("shares of `instead` add up to at most 1", "make them smaller")
        return self


class Peril(Spec):
    """What may become of a load that passes a checkpoint."""

    distress: Chance
    """Share of loads that get into distress in fair weather."""
    helped: Chance
    """Chance that a load in distress is found without anybody who looks for it."""
    perishes: Chance
    """Share of loads in distress that are lost if nobody finds them."""


class Later(Spec):
    """What is known to have changed at a checkpoint."""

    after: Span
    """Time from the beginning of the run."""
    times: Factor
    """How many times as many looks there are from then on."""


class Point(Spec):
    """A checkpoint: a section of a border, a port, an airport, an area of the sea."""

    state: Place | None = None
    """The Member State whose it is; none outside of the Union."""
    does: Literal["stops", "turns-back"] = "stops"
    """What becomes of a load that is found there."""
    looks: NonNegative
    """Checks a day, in fair weather and by daylight."""
    among: NonNegative
    """Lawful loads a day among which a load is looked for."""
    selectivity: Factor
    """Times as likely that a check falls on a load as on a lawful one."""
    finds: Chance
    """Chance that a load is found when it is looked at."""
    peril: Peril | None = None
    later: Later | None = None


class Night(Spec):
    """What is different from 18:00 to 06:00."""

    sets_out: Chance
    """Share of loads that set out by night."""
    looks: Factor
    """Checks by night, beside those by day."""


class Weather(Spec):
    """Days on which it is rough, for each route by itself."""

    rough: Season
    """Chance that a day is rough, by month."""
    sets_out: Factor
    """Loads that set out on a rough day, beside a fair one; who waits goes in the same month."""
    looks: Factor
    """Checks on a rough day, beside a fair one."""
    distress: Factor
    """Distress on a rough day, beside a fair one."""


class Choice(Spec):
    """How those who send choose."""

    deterred: NonNegative
    """Share of a route's flow that stays away for each unit of loss above the usual."""
    ventures: Chance
    """Share that goes whatever the losses."""
    turned_back: Chance
    """How much of a loss a load is to them that is turned back; all of it is 1."""
    stopped: Chance
    """The same of a load that is stopped or rescued."""
    memory: Span
    """Time in which what they remember of losses halves."""


class Targeting(Spec):
    """What it is worth to know whom to look for."""

    bound: Chance
    """Share of the checks of a state's checkpoints that each ring that is looked for takes."""
    most_bound: Chance
    """Share of the checks that such orders take at most."""
    times: Factor
    """Times as likely that such a check falls on a load of that ring as on a lawful one."""
    patrol: NonNegative
    """Checks a day that a reinforcement adds at each checkpoint."""


class Rings(Spec):
    """Those who organise it."""

    members: Range
    """Members of a ring."""
    homes: Range
    """States, beside those on the way, in which it has members and is paid."""
    fee: NonNegative
    """Euro an item."""
    paid: Literal["setting-out", "arriving"]
    """When they get it."""
    liquid: Chance
    """Share of the fees that is put aside to be laundered."""
    laundered_per_week: Chance
    """Share of that which is out of reach a week later."""
    recruits_per_week: Chance
    """Chance in a week that a ring below its first size takes in a member."""
    falls_apart: Chance
    """Share of its first members below which a ring sends nothing any more."""
    replaced: Chance
    """Chance that another ring takes its place."""
    replaced_after: Span
    """Time until it does."""
    absorbed: Chance
    """Share of what a weakened ring no longer sends that other rings of the route take on."""
