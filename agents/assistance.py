"""Calls for help across borders, the offers that answer them, and how modules travel."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal, NamedTuple

import simpy

Kind = Literal["aircraft", "ground"]
KINDS: Final[tuple[Kind, Kind]] = ("aircraft", "ground")

_EARTH_KM: Final = 6371.0
_ROUND_KM: Final = 10


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


def distance_km(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> int:
    """Great-circle distance, in whole tens of kilometres so that it is the same everywhere."""
    phi_a, phi_b = math.radians(lat_a), math.radians(lat_b)
    half = math.sin((phi_b - phi_a) / 2) ** 2
    half += math.cos(phi_a) * math.cos(phi_b) * math.sin(math.radians(lon_b - lon_a) / 2) ** 2
    return round(2 * _EARTH_KM * math.asin(math.sqrt(half)) / _ROUND_KM) * _ROUND_KM


class Daylight(NamedTuple):
    """Hours of the day between which aircraft fly."""

    dawn_h: float
    dusk_h: float

    def arrival_h(self, start_h: float, flight_h: float) -> float:
        """Hour at which a flight ends that begins at `start_h` and rests at night.

        Both count from midnight before the first day.
        """
        now, left = start_h, flight_h
        while True:
            of_day = now - 24 * math.floor(now / 24)
            if of_day < self.dawn_h:
                now += self.dawn_h - of_day
            elif of_day >= self.dusk_h:
                now += 24 - of_day + self.dawn_h
            else:
                flown = min(left, self.dusk_h - of_day)
                if flown == left:
                    return now + left
                left -= flown
                now += flown
