"""Help across borders: modules, the calls of a lane, and the offers that answer them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal, NamedTuple, Protocol

import simpy

from agents.lane.sums import total

Kind = Literal["aircraft", "ground"]
KINDS: Final[tuple[Kind, Kind]] = ("aircraft", "ground")


class Modules(NamedTuple):
    """Numbers of modules of each kind."""

    aircraft: int = 0
    ground: int = 0

    def of(self, kind: Kind) -> int:
        """Number of one kind."""
        return self.aircraft if kind == "aircraft" else self.ground

    def plus(self, other: Modules) -> Modules:
        """Add, kind by kind."""
        (aircraft, ground), (more_aircraft, more_ground) = self, other
        return _modules((aircraft + more_aircraft, ground + more_ground))

    def minus(self, other: Modules) -> Modules:
        """Take away, kind by kind, down to nothing."""
        (aircraft, ground), (less_aircraft, less_ground) = self, other
        aircraft, ground = aircraft - less_aircraft, ground - less_ground
        return _modules(
            (
                aircraft if aircraft > 0 else 0,  # noqa: FURB136 - five times as fast as a call
                ground if ground > 0 else 0,  # noqa: FURB136
            )
        )

    def at_most(self, other: Modules) -> Modules:
        """Return the smaller number of each kind."""
        (aircraft, ground), (most_aircraft, most_ground) = self, other
        return _modules(
            (
                aircraft if aircraft < most_aircraft else most_aircraft,  # noqa: FURB136
                ground if ground < most_ground else most_ground,  # noqa: FURB136
            )
        )

    @property
    def total(self) -> int:
        """Modules of both kinds."""
        return self.aircraft + self.ground

    def __str__(self) -> str:
        """In words: ``2 aircraft and 1 ground module``."""
        words = []
        if self.aircraft:
            words.append(f"{self.aircraft} aircraft")
        if self.ground:
            words.append(f"{self.ground} ground module{'s' if self.ground > 1 else ''}")
        return " and ".join(words) or "nothing"


_modules: Final = partial(tuple.__new__, Modules)
"""Makes modules of a pair without the detour over named arguments."""

NOTHING: Final = Modules()


@dataclass(eq=False, slots=True)
class Offer:
    """Modules that a state holds for a call until it hears yes or no."""

    giver: str
    modules: Modules
    ready: Modules
    """Of these, what was on stand-by."""
    answered: simpy.Event
    accepted: Modules = NOTHING
    read: float | None = None
    """When the state that called read it."""
    is_open: bool = True


@dataclass(eq=False, slots=True)
class Stay:
    """Modules of one offer at work in the state that called."""

    modules: Modules
    arrived: float
    left: float | None = None


@dataclass(eq=False, slots=True)
class Standby:
    """Modules that are ready to leave for a state in danger."""

    subject: int
    place: int
    begun: float
    until: float
    left: Modules
    """Modules that no offer has taken yet."""
    used_ticks: float = 0.0
    """Module ticks on stand-by of those that an offer has taken."""

    def module_ticks(self, end: float) -> float:
        """Return modules times ticks on stand-by up to `end`."""
        return self.used_ticks + self.left.total * (min(self.until, end) - self.begun)


@dataclass(eq=False, slots=True)
class Call:
    """A state's emergency: from fires that outgrow its means to the release of the help."""

    place: int
    subject: int
    key: int
    """Names it in draws: the same under every policy."""
    opened: float
    """Tick at which national means were outgrown."""
    ended: simpy.Event
    asked: Modules = NOTHING
    """What it may accept in all."""
    wanted: Modules = NOTHING
    """What was missing when it last called."""
    calls: int = 0
    """Times it has called; 0 until the first call is written."""
    first_call: float | None = None
    first_offer: float | None = None
    closed: float | None = None
    offers: list[Offer] = field(default_factory=list)
    _by_giver: dict[str, list[Offer]] = field(default_factory=dict)
    stays: list[Stay] = field(default_factory=list)
    """Help at work, in order of arrival."""

    def add(self, offer: Offer) -> None:
        """Take note of a new offer."""
        self.offers.append(offer)
        self._by_giver.setdefault(offer.giver, []).append(offer)

    def next_offer(self, giver: str, read: dict[tuple[int, str], int]) -> Offer | None:
        """Return the next offer of a giver that a reader has not read, and note it in `read`."""
        offers = self._by_giver.get(giver, ())
        turn = read.get((self.key, giver), 0)
        if turn >= len(offers):
            return None
        read[self.key, giver] = turn + 1
        return offers[turn]

    @property
    def first_aircraft(self) -> float | None:
        """When the first aircraft of another state began to work."""
        return next((stay.arrived for stay in self.stays if stay.modules.aircraft), None)

    @property
    def is_open(self) -> bool:
        """Whether help may still be needed."""
        return self.closed is None

    @property
    def committed(self) -> Modules:
        """Modules accepted so far."""
        total = NOTHING
        for offer in self.offers:
            total = total.plus(offer.accepted)
        return total

    @property
    def offered(self) -> Modules:
        """Modules accepted, or held in offers that wait for an answer."""
        total = NOTHING
        for offer in self.offers:
            total = total.plus(offer.modules if offer.is_open else offer.accepted)
        return total


class Responder(Protocol):
    """Who deals with the emergencies of a state."""

    def outgrown(self, subject: int) -> None:
        """Act, as `subject` outgrows the means of the state."""

    def calm(self, subject: int) -> None:
        """Act, as the means of the state are enough again."""

    def call_back(self, subject: int) -> None:
        """Act, as the state needs what it has abroad."""


_ANY_WORD: Final = 2**32 - 1
"""More calls than a state can make on one subject."""


class Help:
    """Calls for help of one lane, who answers for each state, and what was done."""

    def __init__(self) -> None:
        self.responders: dict[int, Responder] = {}
        """By place."""
        self.open_calls: dict[int, Call] = {}
        """By place."""
        self.calls: list[Call] = []
        self._latest: dict[int, Call] = {}
        """By subject."""
        self.situations: dict[int, list[tuple[int, int, Modules]]] = {}
        """Reports on the situation by subject, in order: key of the call, times the state had
        called, and what had been offered."""
        self.standbys: dict[int, list[Standby]] = {}
        """Modules on stand-by for others, now or before, by the place of those that keep them."""
        self.duplicated = 0
        self.refused = 0

    def open(self, place: int, subject: int, named: int, now: float, ended: simpy.Event) -> Call:
        """Open a call of a place that has none open; `named` is what names the subject in draws."""
        turn = sum(call.subject == subject for call in self.calls)
        call = Call(place, subject, (named + turn) & _ANY_WORD, now, ended)
        self.open_calls[place] = self._latest[subject] = call
        self.calls.append(call)
        return call

    def close(self, call: Call, now: float) -> None:
        """End an open call."""
        call.closed = now
        del self.open_calls[call.place]

    def latest_call(self, subject: int) -> Call | None:
        """Return the latest call on a subject, open or not."""
        return self._latest.get(subject)

    def was_for_nothing(self, standby: Standby) -> bool:
        """Whether the state concerned called at no time while modules stood by for it."""
        return not any(
            call.place == standby.place
            and call.first_call is not None
            and call.first_call < standby.until
            and (call.closed is None or call.closed >= standby.begun)
            for call in self.calls
        )

    def outcomes(self, horizon: int, tick_h: float) -> dict[str, float]:
        """Return what became of the calls by the end of the run; NaN is not defined."""
        calls = [call for call in self.calls if call.first_call is not None]
        offers, aircraft = [], []
        for call in calls:
            end = horizon if call.closed is None else call.closed
            offers.append((end if call.first_offer is None else call.first_offer) - call.opened)
            last = end if call.first_aircraft is None else call.first_aircraft
            aircraft.append(last - call.opened)
        count = len(calls)
        unanswered = sum(call.first_aircraft is None for call in calls)
        return {
            **self.totals(horizon, tick_h),
            "hours_to_first_offer": total(offers) * tick_h / count if count else math.nan,
            "hours_to_first_aircraft": total(aircraft) * tick_h / count if count else math.nan,
            "unanswered_calls": unanswered / count if count else math.nan,
            "false_warnings": float(sum(map(self.was_for_nothing, self._all_standbys()))),
        }

    def totals(self, tick: int, tick_h: float) -> dict[str, float]:
        """Return what was called for, offered in vain and kept on stand-by up to a tick."""
        ticks = total(one.module_ticks(tick) for one in self._all_standbys())
        return {
            "calls": float(sum(call.first_call is not None for call in self.calls)),
            "duplicated_offers": float(self.duplicated),
            "refused_offers": float(self.refused),
            "standby_hours": ticks * tick_h,
        }

    def _all_standbys(self) -> list[Standby]:
        return [one for place in sorted(self.standbys) for one in self.standbys[place]]
