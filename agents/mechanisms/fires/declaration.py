"""What a scenario says of a fire season."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from scenarios import SpecError, ThreatSpec
from scenarios.errors import refusal
from scenarios.schema import Chance, Count, Positive, Span, Spec, Spread

_DAY_H: Final = 24

_LARGEST: Final[dict[str, float]] = {
    "season_spread": 2,
    "region_spread": 2,
    "state_spread": 2,
    "growth": 10,
    "spread_limit": 1_000,
    "hectares": 100_000,
    "aircraft_worth": 1_000,
    "windows": 100,
}
"""Numbers above these leave what whole numbers can hold."""

_SMALLEST: Final = 1 / 256
"""Worth of an aircraft below which it would count as nothing."""


class Size(Spread):
    """Need of a large fire when it breaks out, in ground modules."""

    median: float = Field(gt=0, le=10_000)
    p95: float = Field(gt=0, le=10_000)


class Bounded(Spec):
    """A part of the declaration whose numbers stay within `_LARGEST`."""

    @model_validator(mode="after")
    def _within(self) -> Self:
        for name, most in _LARGEST.items():
            number = getattr(self, name, None)
            if number is not None and number.value > most:
                raise refusal(f"{name} is at most {most:g}", "write a smaller number")
        return self


class Weather(Bounded):
    """Fire danger; 1 is the average of a season. Spreads are of its logarithm."""

    season_spread: Positive
    """Standard deviation, over worlds, of a region's whole season."""
    region_spread: Positive
    """Standard deviation, over days, of a region's weather."""
    state_spread: Positive
    """Standard deviation, over days, of a state's own weather."""
    persistence: Chance
    """Correlation of the weather of two days in a row."""


class Behaviour(Bounded):
    """How large fires grow and go out, by the hour."""

    first_need: Size
    """Need of a large fire when it breaks out, in ground modules."""
    growth: Positive
    """Share by which need that is not met grows in an hour of the day at danger 1."""
    spread_limit: Positive
    """Times its first need that a fire can grow to."""
    suppression: Chance
    """Share of the need that is met that goes out in an hour at danger 1."""
    burns_out: Chance
    """Share of all need that goes out by itself in an hour."""
    hectares: Positive
    """Burnt by a module of need that is not met, in an hour of the day at danger 1."""
    held_share: Chance
    """Share of that which burns where need is met."""
    night: Chance
    """Fire behaviour at night, as a share of that by day."""


class Worth(Positive):
    """Worth of an aircraft in ground modules."""

    value: float = Field(ge=_SMALLEST)


class Means(Bounded):
    """What national means are worth."""

    aircraft_worth: Worth
    """Ground modules that an aircraft is worth by day."""
    aircraft_limit: Chance
    """Share of a fire's need that aircraft can meet."""
    tied_share: Chance
    """Share of the national means that small fires and repairs tie down at danger 1."""
    tied_most: Chance
    """Share tied down in the greatest danger."""
    dawn: Span
    """Hour of the day from which aircraft fly."""
    dusk: Span
    """Hour of the day until which they fly."""

    @model_validator(mode="after")
    def _has_a_day(self) -> Means:
        if not self.dawn.value + 1 <= self.dusk.value <= _DAY_H:
            raise refusal(
                "dusk is an hour after dawn or more, and 24 h at the latest",
                "write for example dawn 6 h and dusk 20 h",
            )
        return self


class Season(Bounded):
    """The part of the year in which there is danger of fire."""

    area_share: Chance
    """Share of a year's burnt area that falls into 30 days of it."""
    fires_share: Chance
    """Share of a year's fires that falls into 30 days of it."""
    small_area_share: Chance
    """Share of the burnt area that small fires burn."""
    window: Span
    """Stretch of time that reports on a state's danger are about."""
    windows: Count
    """Such stretches in a season; a subject is a state in one of them."""
    begins: Span | None = None
    """Time from the begin of the run to the first stretch, in whole days; the season then ends with
    the last stretch. Left out, it is all of the run, whose last stretch goes on to its end."""

    @model_validator(mode="after")
    def _has_a_window(self) -> Season:
        if self.windows.value < 1:
            raise refusal("a season has at least one stretch of time", "write 1 or more")
        return self

    @model_validator(mode="after")
    def _begins_at_midnight(self) -> Self:
        if self.begins is not None and self.begins.value % _DAY_H:
            raise refusal("a season begins at midnight", "write whole days, for example 151 d")
        return self


class ForestFire(ThreatSpec):
    """A fire season in all Member States."""

    family: ClassVar = "disaster"
    reports_needed: ClassVar = ("assistance-request", "offer", "situation", "picture")
    desks_needed: ClassVar = ("civil-protection", "mic.monitoring", "sitcen.watch")
    casework_needed: ClassVar = ("assistance",)
    tables_needed: ClassVar = ("civil_protection",)
    flows: ClassVar = frozenset(
        (
            "assistance_given",
            "calls",
            "duplicated_offers",
            "fires",
            "hectares_burnt",
            "refused_offers",
            "standby_hours",
            "unmet_need_hours",
        )
    )
    placed: ClassVar = frozenset(
        ("assistance_given", "calls", "fires", "hectares_burnt", "unmet_need_hours")
    )
    outcomes: ClassVar = frozenset(
        (
            *flows,
            "false_warnings",
            "hours_to_first_aircraft",
            "hours_to_first_offer",
            "unanswered_calls",
            "unequal_assistance",
        )
    )

    once: ClassVar = True
    """All modules of a state fight its fires, and it has one call open at a time."""

    by_day: ClassVar = frozenset(
        (
            *(f"behaviour.{name}" for name in Behaviour.model_fields.keys() - {"night"}),
            *(f"means.{name}" for name in Means.model_fields.keys() - {"dawn", "dusk"}),
        )
    )

    kind: Literal["forest-fire"]
    weather: Weather
    behaviour: Behaviour
    means: Means
    season: Season

    def subjects(self, members: Sequence[str]) -> tuple[str, ...]:
        """Each state in each stretch of time."""
        return tuple(
            f"danger-{code}-{window + 1}"
            for code in members
            for window in range(self.season.windows.value)
        )

    def check(self, members: Sequence[str], tick_h: float) -> None:
        """Hold daylight to the ticks there are."""
        del members
        dawn, dusk = self.means.dawn.value, self.means.dusk.value
        starts = (number * tick_h for number in range(round(_DAY_H / tick_h)))
        if not any(dawn <= start < dusk for start in starts):
            raise SpecError(
                "a tick of the day begins in daylight",
                "write a shorter tick, or a longer day",
                where="means.dusk",
            )

    def is_real(self, subject: int) -> bool:
        """Danger is real, whether or not a fire comes of it."""
        del subject
        return True
