"""What a scenario says of plots: stages, who takes part, what an attack does, what stops them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from scenarios import SpecError, ThreatSpec
from scenarios.errors import refusal
from scenarios.schema import (
    DECOYS,
    Chance,
    Count,
    Decoys,
    Delay,
    Factor,
    Name,
    NonNegative,
    Positive,
    Range,
    Span,
    Spec,
    Spread,
    check_states,
)

STAGES: Final = ("propaganda", "contact", "travel", "funds", "materials", "reconnaissance")
"""What precedes an attack, in order; each is an aspect, a side from which there is something to
see."""

DENIABLE: Final = frozenset(("funds", "materials"))
"""Stages that fail, and begin anew, if somebody withholds what they need."""

MOST_PLOTS: Final = 400
MOST_PERSONS: Final = 100

_TAIL: Final = 5
"""Standard deviations above their mean number for which there must be room for plots."""


class Arrivals(Spec):
    """How often plots begin, and where."""

    most: Count
    """Plots of a world for which there is room; few worlds may come near it."""
    per_year: Positive
    """Plots that begin in a year with the exposure to content of the first day."""
    before: Span
    """Time before the first tick from which on plots began that nobody has met yet."""
    from_content: Chance
    """Share of them that would not begin if there were no content to be met."""
    exposure: Chance
    """Content that is met, as a share of that of the first day in the status quo."""
    removed: Chance
    """Share of the content that one take-down takes away."""
    comes_back: Span
    """Time after which it is there again."""
    persons: Range
    states: Range
    """States over which they are spread; the attack is in the first."""

    @model_validator(mode="after")
    def _can_be_counted(self) -> Self:
        if self.persons.high > MOST_PERSONS:
            raise refusal(f"a plot has at most {MOST_PERSONS} persons", "write a smaller number")
        if not 1 <= self.most.value <= MOST_PLOTS:
            raise refusal(f"there is room for 1 to {MOST_PLOTS} plots", "write a number in between")
        return self


class Stage(Spec):
    """One stage of a plot."""

    lasts: Delay
    taken: Chance
    """Chance that a plot goes through it at all."""
    gives_up: Chance
    """Chance that those who have gone through it do not go on, though nobody stops them."""
    lingers: Chance
    """Share of what there is to see of it that remains in the stages after it."""
    provable: Chance
    """Share of the usual chance of a conviction if somebody is arrested in it."""
    persuadable: Chance
    """Share of the usual chance that somebody who is talked to leaves."""


class Stages(Spec):
    """The stages, in order."""

    propaganda: Stage
    contact: Stage
    travel: Stage
    """Or training at home."""
    funds: Stage
    materials: Stage
    reconnaissance: Stage


class Target(Spread):
    """A kind of target, how often it is chosen, and what an attack on it does."""

    share: float = Field(gt=0, le=1)
    """Beside those of the others, of which it is a part."""
    median: float = Field(gt=0, le=10_000)
    """Dead in an attack that comes off, where nothing protects."""
    p95: float = Field(gt=0, le=10_000)
    injured_per_dead: float = Field(ge=0, le=1_000)


class Attack(Spec):
    """What an attack does."""

    fails: Chance
    """Chance that it comes to nothing though nobody stops it."""
    hurried: Chance
    """Chance of success of one that was brought forward, as a share of that of others."""
    targets: dict[Name, Target] = Field(min_length=1, max_length=20)
    protected: Chance
    """Share of the dead and injured where targets are protected."""
    deterred: Chance
    """Chance that a plot is given up before protected targets."""
    protected_for: Span
    """How long targets of a state are protected once that was ordered."""


class Struck(Spec):
    """What becomes of a plot that somebody does something about."""

    falls_apart: Chance
    """Share of its persons that must be left for it to go on."""
    hastens: Chance
    """Chance that those who are left bring the attack forward."""
    denied_ends: Chance
    """Chance that it is given up when what it needs is withheld."""
    begins_again: Chance
    """Chance that it begins again, with contacts, if all who were arrested are acquitted."""
    seen_more: Factor
    """Times more that is seen, beyond 1, of somebody who is watched."""


_FIRST: Final = ("per_year", "before", "persons", "states")
"""Numbers that say which plots there are, as a lane begins."""


class Plot(ThreatSpec):
    """Plots to attack, and the harmless signals that resemble them."""

    family: ClassVar = "crime"
    verbs: ClassVar = frozenset(
        ("arrest", "convict", "deny", "disengage", "protect", "release", "remove", "watch")
    )
    aspects: ClassVar = STAGES
    flows: ClassVar = frozenset(
        (
            "attacks",
            "attacks_failed",
            "content_removed",
            "dead",
            "injured",
            "persons_arrested",
            "persons_convicted",
            "persons_disengaged",
            "plots_begun",
            "plots_deterred",
            "plots_disengaged",
            "plots_given_up",
            "plots_stopped",
            *(f"stopped_in_{stage}" for stage in STAGES),
            "watched_for_nothing",
            "watched_for_nothing_days",
            "watched_person_days",
        )
    )
    placed: ClassVar = flows - {"content_removed"}
    outcomes: ClassVar = frozenset((*flows, "days_of_warning", "recognised_share", "stopped_share"))

    at_first: ClassVar = DECOYS | {
        *(f"arrivals.{name}" for name in _FIRST),
        "signals",
    }
    by_day: ClassVar = frozenset(
        (
            *(f"arrivals.{name}" for name in Arrivals.model_fields.keys() - {"most", *_FIRST}),
            *(f"stages.{stage}.{name}" for stage in STAGES for name in Stage.model_fields),
            *(f"attack.{name}" for name in Attack.model_fields),
            *(f"struck.{name}" for name in Struck.model_fields),
        )
    )

    kind: Literal["plot"]
    arrivals: Arrivals
    stages: Stages
    attack: Attack
    struck: Struck
    decoys: Decoys = Field()
    signals: dict[Name, NonNegative] = Field(min_length=1)
    """Weights of the stages that a coincidence looks like: each looks like one."""

    @model_validator(mode="after")
    def _signals_are_of_stages(self) -> Self:
        if unknown := set(self.signals) - set(STAGES):
            raise refusal(
                f"a signal looks like a stage; {', '.join(sorted(unknown))} is none",
                f"name some of {', '.join(STAGES)}",
            )
        if not any(one.value for one in self.signals.values()):
            raise refusal("signals look like something", "give a stage a weight above 0")
        return self

    def subjects(self, members: Sequence[str]) -> tuple[str, ...]:
        """The plots, then the decoys."""
        del members
        plots = (f"plot-{number + 1}" for number in range(self.arrivals.most.value))
        return (*plots, *self.decoys.names())

    def check(self, members: Sequence[str], tick_h: float) -> None:
        """Hold plots and decoys to the Member States there are."""
        del tick_h
        check_states("arrivals.states", self.arrivals.states, members)
        check_states("decoys.places", self.decoys.places, members)
        if self.arrivals.states.high > self.arrivals.persons.low:
            raise SpecError(
                "there is somebody in each state of a plot, so at least as many persons as states",
                "write a smaller number",
                where="arrivals.states.high",
            )

    def is_real(self, subject: int) -> bool:
        """Whether `subject` is a plot; the others are decoys."""
        return subject < self.arrivals.most.value


def room_needed(mean: float) -> int:
    """Return the number of plots for which there must be room, if so many come on average."""
    return math.ceil(mean + _TAIL * math.sqrt(mean))
