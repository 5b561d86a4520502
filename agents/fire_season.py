"""The fire season of one lane: who has called for help, and what has been done about it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import mesa

from agents.assistance import Call, Modules, Standby
from agents.fires import I64, ONE, Fires
from agents.jobs.civil_protection import CivilProtection
from agents.sums import total

if TYPE_CHECKING:
    from agents.lane import Lane
    from agents.threats.forest_fire import FireSeasons

_CALLS: Final = 1024
"""More calls than a state can make in one stretch of time."""


def _add(aircraft: I64, ground: I64, at: tuple[int, int], modules: Modules, sign: int) -> None:
    """Add modules to counts of lanes and states, or take them away."""
    if modules.aircraft:
        aircraft[at] += sign * modules.aircraft
    if modules.ground:
        ground[at] += sign * modules.ground


class FireSeason(mesa.Agent):
    """Calls for help of one lane, and what organisations may ask of its fires."""

    __slots__ = (
        "_latest",
        "batch",
        "calls",
        "duplicated",
        "fires",
        "lane",
        "open_calls",
        "refused",
        "situations",
    )

    def __init__(self, lane: Lane, season: FireSeasons) -> None:
        super().__init__(lane)
        self.lane, self.batch = lane, season
        self.fires: Fires
        """Those of all lanes; there from the start of the run on."""
        self.open_calls: dict[int, Call] = {}
        """By place."""
        self.calls: list[Call] = []
        self._latest: dict[int, Call] = {}
        """By subject."""
        self.situations: dict[int, list[tuple[int, int, Modules]]] = {}
        """Reports of the Monitoring and Information Centre by subject, in order: key of the call,
        times the state had called, and what had been offered."""
        self.duplicated = 0
        self.refused = 0

    def call(self, place: int) -> Call:
        """Return the open call of a place, opening one where there is none."""
        call = self.open_calls.get(place)
        if call is None:
            lane = self.lane
            subject = self.batch.subject(place, lane.tick)
            turn = sum(call.subject == subject for call in self.calls)
            key = subject * _CALLS + turn
            call = Call(place, subject, key, lane.now, lane.environment.event())
            self.open_calls[place] = call
            self.batch.calling[lane.number, place] = True
            self.calls.append(call)
            self._latest[subject] = call
        return call

    def keep(self, call: Call, ticks: float) -> None:
        """Keep a call open for some time at least."""
        self.batch.keep_until[self.lane.number, call.place] = int(self.lane.now + ticks)

    def close(self, call: Call) -> None:
        """End a call: what is abroad for it goes home."""
        if call.is_open:
            call.closed = self.lane.now
            del self.open_calls[call.place]
            self.batch.calling[self.lane.number, call.place] = False
            self.lane.fire(call.ended)

    def latest_call(self, subject: int) -> Call | None:
        """Return the latest call on a subject, open or not."""
        return self._latest.get(subject)

    def current(self, subjects: list[int]) -> int:
        """How many of some subjects are about the present stretch of time."""
        batch = self.batch
        window = batch.subject(0, self.lane.tick)
        return sum(subject % batch.windows == window for subject in subjects)

    def standbys(self) -> list[Standby]:
        """Stand-by of all states."""
        jobs = (state.job(CivilProtection) for state in self.lane.states.values())
        return [standby for job in jobs if job is not None for standby in job.standbys]

    def was_for_nothing(self, standby: Standby) -> bool:
        """Whether the state concerned called at no time while modules stood by for it."""
        return not any(
            call.place == standby.place
            and call.first_call is not None
            and call.first_call < standby.until
            and (call.closed is None or call.closed >= standby.begun)
            for call in self.calls
        )

    def comes(self, place: int, modules: Modules, sign: int) -> None:
        """Modules set out for a place, or have arrived (`sign` -1)."""
        fires, number = self.fires, self.lane.number
        _add(fires.coming_aircraft, fires.coming_ground, (number, place), modules, sign)

    def helps(self, place: int, modules: Modules, sign: int) -> None:
        """Modules begin to work at a place, or stop (`sign` -1)."""
        fires, number = self.fires, self.lane.number
        _add(fires.help_aircraft, fires.help_ground, (number, place), modules, sign)

    def lends(self, place: int, modules: Modules, sign: int) -> None:
        """Modules of a place leave it, or are fit for work there again (`sign` -1)."""
        fires, number = self.fires, self.lane.number
        _add(fires.lent_aircraft, fires.lent_ground, (number, place), modules, sign)

    def missing(self, place: int) -> int:
        """Need that neither means at work nor help on its way will meet, in whole modules."""
        missing = self.fires.missing_at(self.lane.number, place)
        return -(-max(missing, 0) // ONE)

    def place_of(self, subject: int) -> int:
        """State that a subject is about."""
        return subject // self.batch.windows

    def outcomes(self, horizon: int, tick_h: float) -> dict[str, float]:
        """Return what became of the calls by the end of the run; NaN is not defined."""
        calls = [call for call in self.calls if call.first_call is not None]
        offers, aircraft = [], []
        for call in calls:
            end = horizon if call.closed is None else call.closed
            offers.append((end if call.first_offer is None else call.first_offer) - call.opened)
            last = end if call.first_aircraft is None else call.first_aircraft
            aircraft.append(last - call.opened)
        count, standbys = len(calls), self.standbys()
        unanswered = sum(call.first_aircraft is None for call in calls)
        return {
            "calls": float(count),
            "hours_to_first_offer": total(offers) * tick_h / count if count else math.nan,
            "hours_to_first_aircraft": total(aircraft) * tick_h / count if count else math.nan,
            "unanswered_calls": unanswered / count if count else math.nan,
            "duplicated_offers": float(self.duplicated),
            "refused_offers": float(self.refused),
            "standby_hours": total(one.module_ticks(horizon) for one in standbys) * tick_h,
            "false_warnings": float(sum(map(self.was_for_nothing, standbys))),
        }
