"""The fire seasons of a batch of lanes: danger and fires move in all lanes and states at once.

Whoever deals with the emergencies of a state is called only where something happens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from agents.lane import Lane, Responder, draws_name
from agents.mechanisms.fires.declaration import ForestFire
from agents.mechanisms.fires.fires import I64, ONE, Fires, Land, Shape
from agents.mechanisms.fires.season import Emergencies, FireSeason, Stretches
from agents.mechanisms.threat import F64, Threat, by_place, of_states
from agents.mechanisms.versions import Versions
from scenarios import Layout
from scenarios.schema import declared
from sim.kernel import Lanes

_LEVELS: Final = ((1.25, 1.0), (2.0, 2.0), (3.0, 4.0))
"""Danger from which on there is something to see, and how much."""
_SEEN_ABROAD: Final = 4.0
"""What there must be to see before neighbours see something of it too."""
_SHARE_ABROAD: Final = 0.25
_RECALL_EVERY_H: Final = 6


class FireSeasons(Threat):
    """The fire seasons of a batch of lanes."""

    record_every_h: ClassVar = 24

    def __init__(self, layout: Layout, name: str) -> None:
        super().__init__(layout, name)
        declaration = self.declaration
        if not isinstance(declaration, ForestFire):
            raise TypeError(type(declaration).__name__)
        self._season = season = declaration.season
        tick_h = layout.scenario.tick_h
        self._rows = list(layout.atlas.civil_protection.values())
        length = max(1, round(season.window.value / tick_h))
        begins = None if season.begins is None else round(season.begins.value / tick_h)
        first, number = self.subjects.start, season.windows.value
        self.stretches = Stretches(first, number, length, begins)
        self._day = round(24 / tick_h)
        self._seasons: list[FireSeason] = []
        self._lanes: list[Lane] = []

    def inhabit(self, lane: Lane) -> FireSeason:
        """Put a fire season into a lane."""
        season = FireSeason(lane, self.stretches)
        self._seasons.append(season)
        self._lanes.append(lane)
        return season

    def start(self) -> None:
        """Lay out the fires of all lanes, and show the danger of the first day, if there is any."""
        layout, tick_h = self.layout, self.layout.scenario.tick_h
        self._shapes = Versions.declared(layout, self.name, self._lanes, shape_of)
        ids = Lanes.of(self._lanes[0].engine.lanes).within(draws_name(self.name))
        self.fires = Fires(self._shapes, self._land(), ids, tick_h)
        if any(lane.facts is not None for lane in self._lanes):
            self.fires.witness = self._see
        shape = self.fires.need.shape
        self.emergencies = Emergencies(np.zeros(shape, np.bool_), np.zeros(shape, np.int64))
        for season in self._seasons:
            season.fires, season.emergencies = self.fires, self.emergencies
        assistance = declared(layout.scenario.casework.assistance)
        self._call_at = round(assistance.call_at.value * ONE)
        self._renewal = round(assistance.renewal.value / tick_h)
        self._recall_every = round(_RECALL_EVERY_H / tick_h)
        self._next_call = np.zeros(shape, dtype=np.int64)
        self._next_recall = np.zeros(shape, dtype=np.int64)
        self._last_outgrown = np.zeros(shape, dtype=np.int64)
        """Last tick at which national means were not enough with a fifth to spare."""
        self._shown: I64 = np.zeros(shape, dtype=np.int64)
        self._stretch_shown = self._tick = 0
        if not self.stretches.is_season(0):
            self.fires.rest()
        self._show(0)

    def _land(self) -> Land:
        season, rows = self._season, self._rows
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

    def turn(self, lanes: Sequence[Lane]) -> None:
        """Let fires burn by what is in force in lanes from now on."""
        self._shapes.turn(lanes)
        self.fires.turn()

    # What a tick brings --------------------------------------------------------------------------

    def move(self, tick: int) -> None:
        """Let weather and fires go on; call civil protection where something happened."""
        fires, self._tick = self.fires, tick
        if self.stretches.is_season(tick):
            self._live(tick)
        else:
            self._rest(tick)
        calls = (fires.missing() > self._call_at) & (self._next_call <= tick)
        self._next_call[calls] = tick + self._renewal
        for responder, subject in self._responders(tick, calls):
            responder.outgrown(subject)
        for responder, subject in self._responders(tick, self._over(tick)):
            responder.calm(subject)
        lent = fires.lent_aircraft + fires.lent_ground
        back = (lent > 0) & (fires.gap > self._call_at) & (self._next_recall <= tick)
        self._next_recall[back] = tick + self._recall_every
        for responder, subject in self._responders(tick, back):
            responder.call_back(subject)

    def _live(self, tick: int) -> None:
        """Let weather and fires go on in the season."""
        if tick == self.stretches.first_tick:
            self.fires.begin()
        broke_out = self.fires.step(tick - self.stretches.first_tick)
        if tick % self._day == 0:
            self._show(tick)
        self._note(tick, broke_out)

    def _rest(self, tick: int) -> None:
        """Let fires that still burn go on, before the season or after it."""
        if tick == self.stretches.end:
            self.fires.rest()
            self._show(tick)
        self.fires.burn_on(tick)

    def _over(self, tick: int) -> NDArray[np.bool_]:
        """Where an emergency is over: national means have been enough for as long as is watched."""
        are_open, watch = self.emergencies
        calm = self.fires.is_calm()
        np.copyto(self._last_outgrown, tick, where=~calm)
        over: NDArray[np.bool_] = are_open & calm & (tick - self._last_outgrown >= watch)
        return over

    def _responders(self, tick: int, where: NDArray[np.bool_]) -> Iterator[tuple[Responder, int]]:
        """Give who deals with the emergencies of each lane and state in `where`, and the subject.

        What one of them does may be seen by the next.
        """
        for number, place in zip(*(index.tolist() for index in np.nonzero(where)), strict=True):
            lane = self._lanes[number]
            lane.tick = tick
            responder = lane.help.responders.get(place)
            if responder is not None:
                yield responder, self.stretches.subject(place, tick)

    def _note(self, tick: int, broke_out: NDArray[np.bool_]) -> None:
        if self._lanes[0].journal is None:
            return
        for number, place in np.argwhere(broke_out).tolist():
            lane = self._lanes[number]
            modules = -(-int(self.fires.need[number, place]) // ONE)
            text = f"a large fire breaks out; the fires there need {modules} modules"
            lane.note(
                lane.groups[place], "world", self.stretches.subject(place, tick), text, at=tick
            )

    def _see(self, broke_out: NDArray[np.bool_]) -> None:
        """Write down, where facts are kept, danger and need of every state in a tick of the run."""
        fires, tick = self.fires, self._tick
        for lane in self._lanes:
            rows = zip(
                fires.need[lane.number].tolist(),
                fires.danger[lane.number].tolist(),
                broke_out[lane.number].tolist(),
                strict=True,
            )
            for place, (need, danger, new) in enumerate(rows):
                subject = self.stretches.subject(place, tick)
                numbers = {"place": place, "need": need, "danger": danger, "broke_out": new}
                lane.fact("fires", "fires burn", subject, at=tick, **numbers)

    def _show(self, tick: int) -> None:
        """Set what there is to see of each state's danger, where it has changed."""
        stretches = self.stretches
        stretch, before = stretches.at(tick), self._stretch_shown
        level: I64 = np.zeros(self.fires.danger.shape, dtype=np.int64)
        for number, (danger, _) in enumerate(_LEVELS):
            level[self.fires.danger >= round(danger * ONE)] = number + 1
        changed = level != self._shown
        if stretch != before:
            changed |= level > 0
        for number, place in np.argwhere(changed).tolist():
            lane = self._lanes[number]
            lane.tick = tick
            if stretch != before:
                lane.set_activity(stretches.subject_in(place, before), {})
            seen = self._seen(lane, place, int(level[number, place]))
            lane.set_activity(stretches.subject_in(place, stretch), seen)
        self._shown, self._stretch_shown = level, stretch

    @staticmethod
    def _seen(lane: Lane, place: int, level: int) -> dict[int, float]:
        if level == 0:
            return {}
        much = _LEVELS[level - 1][1]
        seen = {place: much}
        if much >= _SEEN_ABROAD:
            seen |= dict.fromkeys(lane.geography.near[place], much * _SHARE_ABROAD)
        return seen

    # What came of it -----------------------------------------------------------------------------

    def series(self) -> dict[str, F64]:
        """Hectares burnt and need not met so far; calls open, and modules abroad now."""
        fires = self.fires
        return {
            "hectares_burnt": _hectares(fires.burnt),
            "unmet_need_hours": self._module_hours(fires.unmet),
            "open_calls": np.array([float(len(lane.help.open_calls)) for lane in self._lanes]),
            "modules_abroad": (fires.lent_aircraft + fires.lent_ground).sum(axis=1).astype(float),
        }

    def _module_hours(self, ticks: I64) -> F64:
        hours: F64 = ticks.sum(axis=1) * (self.layout.scenario.tick_h / ONE)
        return hours

    def outcomes(self) -> dict[str, F64]:
        """What the season did, and how it was answered."""
        fires, tick_h = self.fires, self.layout.scenario.tick_h
        horizon = self.layout.scenario.ticks
        rows = [lane.help.outcomes(horizon, tick_h) for lane in self._lanes]
        owned = np.maximum(fires.land.aircraft + fires.land.ground, 1)
        each = fires.given * (tick_h / 24) / owned
        return {
            **{name: np.array([row[name] for row in rows], dtype=float) for name in rows[0]},
            **self.totals(horizon),
            "unequal_assistance": np.array([float(np.std(row)) for row in each]),
        }

    def totals(self, tick: int) -> dict[str, F64]:
        """What burnt and was missing, the calls, and the help that was given so far."""
        fires, tick_h = self.fires, self.layout.scenario.tick_h
        rows = [lane.help.totals(tick, tick_h) for lane in self._lanes]
        return {
            **{name: np.array([row[name] for row in rows]) for name in rows[0]},
            "hectares_burnt": _hectares(fires.burnt),
            "unmet_need_hours": self._module_hours(fires.unmet),
            "fires": self._fires(),
            "assistance_given": fires.given.sum(axis=1) * (tick_h / 24),
        }

    def by_state(self, tick: int) -> dict[str, F64]:
        """What burnt and was missing, the calls, and the help that was given, by state."""
        del tick
        fires, tick_h = self.fires, self.layout.scenario.tick_h
        calls = (
            Counter(call.place for call in lane.help.calls if call.first_call is not None)
            for lane in self._lanes
        )
        return {
            "assistance_given": of_states(fires.given * (tick_h / 24)),
            "calls": by_place(calls, len(self.layout.places)),
            "fires": of_states(fires.danger_sum * self._small_fires() / ONE + fires.outbreaks),
            "hectares_burnt": of_states(fires.burnt / (ONE * ONE)),
            "unmet_need_hours": of_states(fires.unmet * (tick_h / ONE)),
        }

    def _small_fires(self) -> F64:
        """Small fires in a tick at danger 1, shape (P,)."""
        yearly = np.array([row.fires_year for row in self._rows])
        return yearly * self._season.fires_share.value / 30 / self._day

    def _fires(self) -> F64:
        """Fires of all sizes: small ones as many as the danger lets expect, large ones counted."""
        fires, share = self.fires, self._small_fires()
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
        need_median=behaviour.first_need.median,
        need_p95=behaviour.first_need.p95,
    )
