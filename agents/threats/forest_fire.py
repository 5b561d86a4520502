"""Forest fires: danger by weather, large fires that outgrow a state, and what comes of help.

Danger and fires move in all lanes and states at once (`agents.fires`); a state's civil protection
is called only where something happens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from agents.assistance import Daylight, distance_km
from agents.fire_season import FireSeason
from agents.fires import ONE, Fires, Land, Shape
from agents.jobs.civil_protection import CivilProtection
from agents.threat import Threat, ThreatKind
from scenarios import Layout, SpecError, ThreatSpec
from scenarios.errors import refusal
from scenarios.schema import Chance, Count, Positive, Sourced, Span, Spec, declared
from sim.draws import lognormal
from sim.kernel import Lanes

if TYPE_CHECKING:
    from agents.lane import Lane
    from agents.society import Society

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_LEVELS: Final = ((1.25, 1.0), (2.0, 2.0), (3.0, 4.0))
"""Danger from which on there is something to see, and how much."""
_SEEN_ABROAD: Final = 4.0
"""What there must be to see before neighbours see something of it too."""
_SHARE_ABROAD: Final = 0.25
_DAY_H: Final = 24
_RECALL_EVERY_H: Final = 6


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


class Size(Sourced):
    """Need of a large fire when it breaks out, in ground modules."""

    median: float = Field(gt=0, le=10_000)
    p95: float = Field(gt=0, le=10_000)

    @model_validator(mode="after")
    def _ordered(self) -> Size:
        if self.p95 < self.median:
            raise refusal("the 95th percentile lies below the median", "write p95 >= median")
        return self


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
    """The part of the year that a run stands for."""

    area_share: Chance
    """Share of a year's burnt area that falls into 30 days of it."""
    fires_share: Chance
    """Share of a year's fires that falls into 30 days of it."""
    small_area_share: Chance
    """Share of the burnt area that small fires burn."""
    window: Span
    """Stretch of time that reports on a state's danger are about."""
    windows: Count
    """Such stretches in a run; a subject is a state in one of them."""

    @model_validator(mode="after")
    def _has_a_window(self) -> Season:
        if self.windows.value < 1:
            raise refusal("a run has at least one stretch of time", "write 1 or more")
        return self


class ForestFire(ThreatSpec):
    """A fire season in all Member States."""

    family: ClassVar = "disaster"
    reports_needed: ClassVar = ("assistance-request", "offer", "situation", "picture")
    desks_needed: ClassVar = ("civil-protection", "mic.monitoring", "sitcen.watch")
    casework_needed: ClassVar = ("assistance",)
    tables_needed: ClassVar = ("civil_protection",)
    outcomes: ClassVar = frozenset(
        (
            "assistance_given",
            "calls",
            "duplicated_offers",
            "false_warnings",
            "fires",
            "hectares_burnt",
            "hours_to_first_aircraft",
            "hours_to_first_offer",
            "refused_offers",
            "standby_hours",
            "unanswered_calls",
            "unequal_assistance",
            "unmet_need_hours",
        )
    )

    outcomes_by_state: ClassVar = frozenset(("assistance",))

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
                where="threat.means.dusk",
            )

    def is_real(self, subject: int) -> bool:
        """Danger is real, whether or not a fire comes of it."""
        del subject
        return True


class FireSeasons(Threat):
    """The fire seasons of a batch of lanes."""

    record_every_h: ClassVar = 24

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        spec, tick_h = layout.scenario.threat, layout.scenario.tick_h
        if not isinstance(spec, ForestFire):
            raise TypeError(type(spec).__name__)
        self._spec = spec
        self._rows = list(layout.atlas.civil_protection.values())
        self.windows = spec.season.windows.value
        self._window = max(1, round(spec.season.window.value / tick_h))
        self._day = round(24 / tick_h)
        self.aircraft_worth = spec.means.aircraft_worth.value
        self.daylight = Daylight(spec.means.dawn.value, spec.means.dusk.value)
        self.distance_km = self._distances()
        self._near = self._neighbours()
        km = declared(layout.scenario.casework.assistance).ground_range_km.value
        self.reach = [
            frozenset(there for there, distance in enumerate(row) if distance <= km)
            for row in self.distance_km
        ]
        """States that ground modules of each state can be sent to."""
        self._lanes: list[Lane] = []

    def _distances(self) -> list[list[int]]:
        members = list(self.layout.atlas.members.values())
        return [[distance_km(a.lon, a.lat, b.lon, b.lat) for b in members] for a in members]

    def _neighbours(self) -> list[list[int]]:
        codes, atlas = list(self.layout.places), self.layout.atlas
        return [
            [number for number, there in enumerate(codes) if atlas.are_neighbours(here, there)]
            for here in codes
        ]

    def subject(self, place: int, tick: int) -> int:
        """Return the subject of a state's danger at a tick."""
        return place * self.windows + min(tick // self._window, self.windows - 1)

    def owned(self, place: int) -> tuple[int, int]:
        """Aircraft and ground modules of a state."""
        row = self._rows[place]
        return row.aircraft, row.ground_modules

    def near(self, place: int) -> list[int]:
        """States that deal with a state directly."""
        return self._near[place]

    def inhabit(self, lane: Lane) -> FireSeason:
        """Put a fire season into a lane."""
        return FireSeason(lane, self)

    def start(self, society: Society) -> None:
        """Lay out the fires of all lanes, and show the danger of the first day."""
        spec, layout = self._spec, self.layout
        behaviour = spec.behaviour
        size = lognormal(behaviour.first_need.median * ONE, behaviour.first_need.p95 * ONE)
        lanes = Lanes.of(society.engine.lanes)
        self.fires = Fires(shape_of(spec), self._land(), lanes, layout.scenario.tick_h, size)
        self._lanes = society.lanes
        for lane in self._lanes:
            lane.threat.fires = self.fires
        assistance = declared(layout.scenario.casework.assistance)
        self._call_at = round(assistance.call_at.value * ONE)
        self._renewal = round(assistance.renewal.value / layout.scenario.tick_h)
        self._recall_every = round(_RECALL_EVERY_H / layout.scenario.tick_h)
        shape = self.fires.need.shape
        self.calling = np.zeros(shape, dtype=np.bool_)
        """Where a call is open."""
        self.keep_until = np.zeros(shape, dtype=np.int64)
        """Tick before which an open call is not ended."""
        self._next_call = np.zeros(shape, dtype=np.int64)
        self._next_recall = np.zeros(shape, dtype=np.int64)
        self._shown: I64 = np.zeros(shape, dtype=np.int64)
        self._window_shown = 0
        self._show(0)

    def _land(self) -> Land:
        season, rows = self._spec.season, self._rows
        burnt = np.array([row.burnt_ha_year for row in rows])
        return Land(
            codes=tuple(row.code for row in rows),
            regions=tuple(row.region for row in rows),
            aircraft=np.array([row.aircraft for row in rows]),
            ground=np.array([row.ground_modules for row in rows]),
            small_ha_month=burnt * season.area_share.value * season.small_area_share.value,
            large_fires_month=np.array([row.large_fires_month for row in rows]),
            fierceness=np.array([row.fierceness for row in rows]),
        )

    # What a tick brings --------------------------------------------------------------------------

    def move(self, tick: int) -> None:
        """Let weather and fires go on; call civil protection where something happened."""
        fires = self.fires
        broke_out = fires.step(tick)
        if tick % self._day == 0:
            self._show(tick)
        self._note(tick, broke_out)
        self._outgrown(tick)
        self._each(tick, self.calling & (self.keep_until <= tick) & fires.is_calm(), "calm")
        lent = fires.lent_aircraft + fires.lent_ground
        back = (lent > 0) & (fires.gap > self._call_at) & (self._next_recall <= tick)
        self._next_recall[back] = tick + self._recall_every
        self._each(tick, back, "call_back")

    def _outgrown(self, tick: int) -> None:
        calls = (self.fires.missing() > self._call_at) & (self._next_call <= tick)
        self._next_call[calls] = tick + self._renewal
        self._each(tick, calls, "outgrown")

    def _each(self, tick: int, where: NDArray[np.bool_], what: str) -> None:
        """Tell the civil protection of every lane and state in `where`."""
        for number, place in zip(*(index.tolist() for index in np.nonzero(where)), strict=True):
            lane = self._lanes[number]
            lane.tick = tick
            job = lane.state_at(place).job(CivilProtection)
            if job is not None:
                getattr(job, what)()

    def _note(self, tick: int, broke_out: NDArray[np.bool_]) -> None:
        if self._lanes[0].journal is None:
            return
        for number, place in np.argwhere(broke_out).tolist():
            lane = self._lanes[number]
            modules = -(-int(self.fires.need[number, place]) // ONE)
            text = f"a large fire breaks out; the fires there need {modules} modules"
            lane.note(lane.groups[place], "world", self.subject(place, tick), text, at=tick)

    def _show(self, tick: int) -> None:
        """Set what there is to see of each state's danger, where it has changed."""
        window = self.subject(0, tick)
        level: I64 = np.zeros(self.fires.danger.shape, dtype=np.int64)
        for number, (danger, _) in enumerate(_LEVELS):
            level[self.fires.danger >= round(danger * ONE)] = number + 1
        changed = level != self._shown
        if window != self._window_shown:
            changed |= level > 0
        for number, place in np.argwhere(changed).tolist():
            lane = self._lanes[number]
            lane.tick = tick
            if window != self._window_shown:
                lane.set_activity(place * self.windows + self._window_shown, {})
            seen = self._seen(place, int(level[number, place]))
            lane.set_activity(place * self.windows + window, seen)
        self._shown, self._window_shown = level, window

    def _seen(self, place: int, level: int) -> dict[int, float]:
        if level == 0:
            return {}
        much = _LEVELS[level - 1][1]
        seen = {place: much}
        if much >= _SEEN_ABROAD:
            seen |= dict.fromkeys(self._near[place], much * _SHARE_ABROAD)
        return seen

    # What came of it -----------------------------------------------------------------------------

    def series(self) -> dict[str, F64]:
        """Hectares burnt and need not met so far; calls open, and modules abroad now."""
        fires = self.fires
        return {
            "hectares_burnt": _hectares(fires.burnt),
            "unmet_need_hours": self._module_hours(fires.unmet),
            "open_calls": np.array([float(len(lane.threat.open_calls)) for lane in self._lanes]),
            "modules_abroad": (fires.lent_aircraft + fires.lent_ground).sum(axis=1).astype(float),
        }

    def _module_hours(self, ticks: I64) -> F64:
        hours: F64 = ticks.sum(axis=1) * (self.layout.scenario.tick_h / ONE)
        return hours

    def outcomes(self) -> dict[str, F64]:
        """What the season did, and how it was answered."""
        fires, tick_h = self.fires, self.layout.scenario.tick_h
        horizon = self.layout.scenario.ticks
        rows = [lane.threat.outcomes(horizon, tick_h) for lane in self._lanes]
        owned = np.maximum(fires.land.aircraft + fires.land.ground, 1)
        each = fires.given * (tick_h / 24) / owned
        codes = [code.lower() for code in self.layout.places]
        return {
            **{name: np.array([row[name] for row in rows], dtype=float) for name in rows[0]},
            **{
                f"assistance_{code}": fires.given[:, n] * (tick_h / 24)
                for n, code in enumerate(codes)
            },
            "hectares_burnt": _hectares(fires.burnt),
            "unmet_need_hours": self._module_hours(fires.unmet),
            "fires": self._fires(),
            "assistance_given": fires.given.sum(axis=1) * (tick_h / 24),
            "unequal_assistance": np.array([float(np.std(row)) for row in each]),
        }

    def _fires(self) -> F64:
        """Fires of all sizes: small ones as many as the danger lets expect, large ones counted."""
        yearly = np.array([row.fires_year for row in self._rows])
        share = yearly * self._spec.season.fires_share.value / 30 / self._day
        fires = self.fires
        small = np.array([float((row * share).sum()) for row in fires.danger_sum]) / ONE
        all_sizes: F64 = small + fires.outbreaks.sum(axis=1)
        return all_sizes


def _hectares(burnt: I64) -> F64:
    hectares: F64 = burnt.sum(axis=1) / (ONE * ONE)
    return hectares


def shape_of(spec: ForestFire) -> Shape:
    """Plain numbers of a declaration."""
    weather, behaviour, means = spec.weather, spec.behaviour, spec.means
    return Shape(
        season_spread=weather.season_spread.value,
        region_spread=weather.region_spread.value,
        state_spread=weather.state_spread.value,
        persistence=weather.persistence.value,
        growth=behaviour.growth.value,
        suppression=behaviour.suppression.value,
        hectares=behaviour.hectares.value,
        held_share=behaviour.held_share.value,
        night=behaviour.night.value,
        spread_limit=behaviour.spread_limit.value,
        burns_out=behaviour.burns_out.value,
        aircraft_worth=means.aircraft_worth.value,
        aircraft_limit=means.aircraft_limit.value,
        tied_share=means.tied_share.value,
        tied_most=means.tied_most.value,
        dawn_h=means.dawn.value,
        dusk_h=means.dusk.value,
    )


THREAT: Final = ThreatKind(ForestFire, FireSeasons)
