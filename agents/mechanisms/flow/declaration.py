"""What a scenario says of a flow: people or goods on routes through checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from agents.mechanisms.flow.parts import (
    Choice,
    Night,
    Point,
    Rings,
    Route,
    Season,
    Targeting,
    Weather,
    Words,
)
from scenarios import SpecError, ThreatSpec
from scenarios.errors import refusal, unknown_name
from scenarios.schema import DECOYS, Decoys, Name, check_states

MOST_ROUTES: Final = 50

_QUARTER_DAY_H: Final = 6

_SETTLED: Final = ("members", "homes")
"""Numbers that say how rings begin."""


class Flow(ThreatSpec):
    """A stream on routes, the rings that send it, and what resembles one."""

    family: ClassVar = "crime"
    verbs: ClassVar = frozenset(("arrest", "dismiss", "expect", "freeze", "reinforce", "withdraw"))
    aspects: ClassVar = ("travel", "contact", "payment")
    placed: ClassVar = frozenset(
        ("facilitators_arrested", "frozen_meur", "lost", "rescued", "stopped", "through")
    )
    flows: ClassVar = placed | {
        "checks",
        "deterred",
        "displaced",
        "fees_meur",
        "finds",
        "rings_broken",
        "rings_replaced",
        "set_out",
        "turned_back",
    }
    outcomes: ClassVar = flows | {
        "days_to_recognition",
        "finds_per_1000_checks",
        "recognised_share",
        "through_share",
    }
    at_first: ClassVar = DECOYS | {f"rings.{name}" for name in _SETTLED}
    by_day: ClassVar = frozenset(
        (
            *(f"rings.{name}" for name in Rings.model_fields.keys() - {"paid", *_SETTLED}),
            *(f"points.*.{name}" for name in ("looks", "among", "selectivity", "finds", "peril")),
            *(f"choice.{name}" for name in Choice.model_fields),
            *(f"targeting.{name}" for name in Targeting.model_fields),
            *(f"night.{name}" for name in Night.model_fields.keys() - {"sets_out"}),
            *(f"weather.{name}" for name in ("looks", "distress")),
        )
    )

    kind: Literal["flow"]
    words: Words
    season: Season
    routes: dict[Name, Route] = Field(min_length=1, max_length=MOST_ROUTES)
    points: dict[Name, Point] = Field(min_length=1, max_length=4 * MOST_ROUTES)
    night: Night
    weather: Weather
    choice: Choice
    targeting: Targeting
    rings: Rings
    decoys: Decoys = Field()

    @model_validator(mode="after")
    def _routes_lead_somewhere(self) -> Self:
        stages: dict[str, int] = {}
        for name, route in self.routes.items():
            for stage, point in enumerate(route.points):
                if point not in self.points:
                    raise refusal(f"{name} leads through {point}, which is no point", "declare it")
                if stages.setdefault(point, stage) != stage:
                    raise refusal(
                        f"{point} is at another stage of {name} than of another route",
                        "declare two points",
                    )
            if self.points[route.points[-1]].state is None:
                raise refusal(f"{name} does not arrive in a Member State", "give the last `state`")
            for other in route.instead:
                if other not in self.routes or other == name:
                    raise refusal(f"{name} has no other route {other}", "name one that there is")
        if unused := self.points.keys() - stages:
            raise refusal(f"no route leads through {min(unused)}", "remove it")
        return self

    def lines(self) -> Iterator[tuple[str, int]]:
        """Give each ring by its route and its number there."""
        for name, route in self.routes.items():
            for number in range(route.rings.value):
                yield name, number

    def subjects(self, members: Sequence[str]) -> tuple[str, ...]:
        """The rings route by route, then the decoys."""
        del members
        rings = (f"{name}-{number + 1}" for name, number in self.lines())
        return (*rings, *self.decoys.names())

    def check(self, members: Sequence[str], tick_h: float) -> None:
        """Hold checkpoints, rings and decoys to the states there are, and a tick to a quarter."""
        for name, point in self.points.items():
            if point.state is not None and point.state not in members:
                where = f"points.{name}.state"
                raise unknown_name("Member State", point.state, members, where=where)
        check_states("decoys.places", self.decoys.places, members)
        check_states("rings.homes", self.rings.homes, members)
        if _QUARTER_DAY_H % tick_h:
            raise SpecError(
                "day and night begin with a tick: six hours hold a whole number of them",
                "write PT6H, PT1H or PT15M as the scenario's `tick`",
                where="night",
            )

    def is_real(self, subject: int) -> bool:
        """Whether `subject` is a ring; the others are decoys."""
        return subject < sum(route.rings.value for route in self.routes.values())
