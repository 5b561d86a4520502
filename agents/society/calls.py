"""What can be read off one call for help, by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final, Literal, NamedTuple

from agents.lane import Call, Modules

Of = Callable[[Modules], int]
Parameter = Literal["", "hours", "count"]

_OF: Final[Mapping[str, tuple[str, Of]]] = {
    "aircraft": ("aircraft", lambda modules: modules.aircraft),
    "ground": ("ground modules", lambda modules: modules.ground),
    "modules": ("modules", lambda modules: modules.total),
}
"""Kinds of help with their unit, and how many modules are of them."""


class Seen(NamedTuple):
    """A call that was written, with what it takes to count its hours."""

    call: Call
    tick_h: float
    horizon: int
    """Ticks of the run."""

    def since(self, tick: float | None) -> float:
        """Hours from the first call to a tick; infinity if it never came."""
        first = self.call.first_call
        return math.inf if tick is None or first is None else (tick - first) * self.tick_h

    def ends_within(self, hours: float) -> bool:
        """Whether the run ends within so many hours of the call."""
        return self.since(self.horizon) < hours


class OfCall(NamedTuple):
    """A quantity of one call: infinity is never, NaN is not defined."""

    unit: str
    meaning: str
    parameter: Parameter
    """What stands behind ``@``: hours since the call, a number of modules, or nothing."""
    read: Callable[[Seen, float], float]
    """Takes the call, and the parameter or NaN."""


def _offered(of: Of, seen: Seen, hours: float) -> float:
    return float(
        sum(of(offer.modules) for offer in seen.call.offers if seen.since(offer.read) <= hours)
    )


def _accepted(of: Of, seen: Seen, _: float) -> float:
    return float(of(seen.call.committed))


def _come(of: Of, seen: Seen, count: float) -> float:
    come = 0
    for stay in seen.call.stays:
        come += of(stay.modules)
        if come >= count:
            return seen.since(stay.arrived)
    return math.inf


def _at_work(of: Of, seen: Seen, hours: float) -> float:
    if seen.ends_within(hours):
        return math.nan
    return float(
        sum(
            of(stay.modules)
            for stay in seen.call.stays
            if seen.since(stay.arrived) <= hours < seen.since(stay.left)
        )
    )


def _stay(of: Of, seen: Seen, _: float) -> float:
    """Days that the first ones stayed; NaN if none came, or they were still there at the end."""
    for stay in seen.call.stays:
        if of(stay.modules):
            left = stay.left
            return math.nan if left is None else (left - stay.arrived) * seen.tick_h / 24
    return math.nan


def _states(seen: Seen, hours: float) -> float:
    return float(
        len({offer.giver for offer in seen.call.offers if seen.since(offer.read) <= hours})
    )


def _length(seen: Seen, _: float) -> float:
    return math.nan if seen.call.closed is None else seen.since(seen.call.closed)


def _by_kind() -> Iterator[tuple[str, OfCall]]:
    for kind, (unit, of) in _OF.items():
        yield (
            f"{kind}_offered",
            OfCall(unit, "offered within so many hours", "hours", partial(_offered, of)),
        )
        yield f"{kind}_accepted", OfCall(unit, "accepted in all", "", partial(_accepted, of))
        yield (
            f"{kind}_come_h",
            OfCall("hours", "until so many have come to work", "count", partial(_come, of)),
        )
        yield (
            f"{kind}_at_work",
            OfCall(unit, "at work after so many hours", "hours", partial(_at_work, of)),
        )
        yield (
            f"{kind}_stay_d",
            OfCall("days", "how long the first to come stayed", "", partial(_stay, of)),
        )


OF_CALLS: Final[Mapping[str, OfCall]] = {
    "first_offer_h": OfCall(
        "hours",
        "until the first offer is read",
        "",
        lambda seen, _: seen.since(seen.call.first_offer),
    ),
    "states_offering": OfCall("states", "that offer within so many hours", "hours", _states),
    **dict(_by_kind()),
    "call_h": OfCall("hours", "until help is needed no more", "", _length),
}
"""What is read off one call, by name; hours count from when it was first written."""
