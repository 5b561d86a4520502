"""Calls for help, offers and stand-by: added up from facts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from tests.agents.oracle.witness import Found, Witness

if TYPE_CHECKING:
    from agents.lane import Fact

KINDS = ("aircraft", "ground")
_Pair = tuple[float, float]
"""Aircraft and ground modules."""


def _pair(fact: Fact) -> _Pair:
    return fact.numbers["aircraft"], fact.numbers["ground"]


@dataclass
class Emergency:
    """One call, as facts tell of it."""

    place: int
    opened: float
    called: list[float] = field(default_factory=list)
    asked: _Pair = (0, 0)
    first_offer: float | None = None
    first_aircraft: float | None = None
    ended: float | None = None
    accepted: list[_Pair] = field(default_factory=list)
    waiting: list[tuple[str, _Pair]] = field(default_factory=list)
    """Offers that nobody has answered."""
    beyond: list[tuple[float, float]] = field(default_factory=list)
    """When how many modules were offered beyond what was asked."""
    refused: list[tuple[float, float]] = field(default_factory=list)

    def hears(self, fact: Fact) -> None:
        """Take note of a fact."""
        known = {
            "calls for help": self._calls,
            "offer made": self._offered,
            "offer read": self._read,
            "offer answered": self._answered,
            "modules accepted": self._accepts,
            "offer withdrawn": self._withdrawn,
            "modules at work": self._arrived,
            "call ends": self._ends,
        }
        if fact.what in known:
            known[fact.what](fact)

    def _calls(self, fact: Fact) -> None:
        self.called.append(fact.tick)
        air, ground = (sum(of) for of in zip((0, 0), *self.accepted, strict=True))
        self.asked = air + fact.numbers["aircraft"], ground + fact.numbers["ground"]

    def _offered(self, fact: Fact) -> None:
        beyond, made = 0.0, _pair(fact)
        for kind in range(2):
            promised = sum(one[kind] for one in self.accepted)
            promised += sum(one[kind] for _, one in self.waiting)
            still = max(self.asked[kind] - promised, 0)
            beyond += max(made[kind] - still, 0)
        self.beyond.append((fact.tick, beyond))
        self.waiting.append((fact.actor, made))

    def _read(self, fact: Fact) -> None:
        self.first_offer = fact.tick if self.first_offer is None else self.first_offer

    def _answered(self, fact: Fact) -> None:
        self.waiting.remove((fact.thing, _pair(fact)))
        self.refused.append((fact.tick, sum(_pair(fact))))

    def _accepts(self, fact: Fact) -> None:
        self.accepted.append(_pair(fact))
        self.refused.append((fact.tick, -sum(_pair(fact))))

    def _withdrawn(self, fact: Fact) -> None:
        self.waiting.remove((fact.actor, _pair(fact)))
        self.refused.append((fact.tick, sum(_pair(fact))))

    def _arrived(self, fact: Fact) -> None:
        if self.first_aircraft is None and fact.numbers["aircraft"]:
            self.first_aircraft = fact.tick

    def _ends(self, fact: Fact) -> None:
        self.ended = fact.tick


@dataclass
class Ready:
    """Modules that a state holds ready for another."""

    place: int
    begun: float
    until: float
    left: float
    used: list[tuple[float, float]] = field(default_factory=list)
    """When how many were taken."""


@lru_cache(maxsize=2)
def emergencies(witness: Witness) -> list[Emergency]:
    """Return all calls, those that were never written included."""
    found: dict[float, Emergency] = {}
    for fact in witness.facts:
        if fact.what == "means outgrown":
            key, place = fact.numbers["call"], int(fact.numbers["place"])
            assert key not in found
            found[key] = Emergency(place, fact.tick)
        elif "call" in fact.numbers:
            found[fact.numbers["call"]].hears(fact)
    return list(found.values())


@lru_cache(maxsize=2)
def standbys(witness: Witness) -> list[Ready]:
    """Return all that stood by."""
    found: list[tuple[str, int, Ready]] = []
    for fact in witness.facts:
        if fact.what == "stand-by begins":
            place, until = int(fact.numbers["place"]), fact.numbers["until"]
            ready = Ready(place, fact.tick, until, sum(_pair(fact)))
            found.append((fact.actor, fact.subject, ready))
        elif fact.what == "stand-by used":
            ready = next(
                ready
                for actor, subject, ready in found
                if (actor, subject) == (fact.actor, fact.subject) and fact.tick < ready.until
            )
            ready.used.append((fact.tick, sum(_pair(fact))))
            ready.left -= sum(_pair(fact))
    return [ready for _, _, ready in found]


def _until(rows: list[tuple[float, float]], end: float) -> float:
    return sum(number for tick, number in rows if tick < end)


def flows(witness: Witness, end: float, place: int | None = None) -> Found:
    """Return what was called for, offered in vain and held ready before a tick; of one place."""
    calls = [call for call in emergencies(witness) if place in {None, call.place}]
    ticks = 0.0
    for ready in standbys(witness):
        if ready.begun < end:
            taken = [(min(tick, end), number) for tick, number in ready.used]
            ticks += sum(number * (tick - ready.begun) for tick, number in taken)
            ticks += ready.left * (min(ready.until, end) - ready.begun)
    return {
        "calls": sum(bool(call.called) and call.called[0] < end for call in calls),
        "duplicated_offers": sum(_until(call.beyond, end) for call in calls),
        "refused_offers": sum(_until(call.refused, end) for call in calls),
        "standby_hours": ticks * witness.tick_h,
    }


def others(witness: Witness) -> Found:
    """Return what became of the calls that were written; NaN where there was none."""
    calls = [call for call in emergencies(witness) if call.called]
    offers, aircraft, without = [], [], 0
    for call in calls:
        over = witness.end if call.ended is None else call.ended
        offered = over if call.first_offer is None else call.first_offer
        flown = over if call.first_aircraft is None else call.first_aircraft
        offers.append((offered - call.opened) * witness.tick_h)
        aircraft.append((flown - call.opened) * witness.tick_h)
        without += call.first_aircraft is None
    count = len(calls)
    return {
        "hours_to_first_offer": sum(offers) / count if count else math.nan,
        "hours_to_first_aircraft": sum(aircraft) / count if count else math.nan,
        "unanswered_calls": without / count if count else math.nan,
        "false_warnings": sum(not _was_needed(ready, calls) for ready in standbys(witness)),
    }


def _was_needed(ready: Ready, calls: list[Emergency]) -> bool:
    """Whether the state had a call open at a time when modules stood by for it."""
    return any(
        call.place == ready.place
        and call.called[0] < ready.until
        and (call.ended is None or call.ended >= ready.begun)
        for call in calls
    )
