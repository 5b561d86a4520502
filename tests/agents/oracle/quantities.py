"""What can be read off one call for help, from facts; hours count from when it was written."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.agents.oracle.witness import Witness

if TYPE_CHECKING:
    from agents.lane import Fact

HOURS: Final = (0.0, 12.0, 48.0, 100.0)
COUNTS: Final = (1, 3, 10)
_OF: Final = {"aircraft": (1, 0), "ground": (0, 1), "modules": (1, 1)}
"""How much an aircraft and a ground module count."""

_Event = tuple[float, str, float]
"""Hours since the call, the state that offers or helps, and modules."""


@dataclass
class Story:
    """One call that was written, and what happened to it."""

    place: int
    written: float
    of: dict[str, list[Fact]] = field(default_factory=dict)


def stories(witness: Witness) -> list[Story]:
    """Return the calls that were written, in the order in which means were outgrown."""
    opened = [fact.numbers["call"] for fact in witness.all("means outgrown")]
    found: dict[float, Story] = {}
    for fact in witness.facts:
        key = fact.numbers.get("call", math.nan)
        if fact.what == "calls for help" and key not in found:
            found[key] = Story(int(fact.numbers["place"]), fact.tick)
        if key in found:
            found[key].of.setdefault(fact.what, []).append(fact)
    return [found[key] for key in opened if key in found]


def _events(witness: Witness, story: Story, what: str, kind: str) -> list[_Event]:
    air, ground = _OF[kind]
    return [
        (
            (fact.tick - story.written) * witness.tick_h,
            fact.thing or fact.actor,
            air * fact.numbers["aircraft"] + ground * fact.numbers["ground"],
        )
        for fact in story.of.get(what, ())
    ]


def quantities(witness: Witness, story: Story) -> dict[str, float]:
    """Return all quantities of a call by name; infinity is never, NaN is not defined."""
    read = _events(witness, story, "offer read", "modules")
    ends = _events(witness, story, "call ends", "modules")
    found = {
        "first_offer_h": min((hours for hours, _, _ in read), default=math.inf),
        "call_h": ends[0][0] if ends else math.nan,
    }
    for hours in HOURS:
        found[f"states_offering@{hours:g}h"] = len({who for when, who, _ in read if when <= hours})
    for kind in _OF:
        found |= _of_kind(witness, story, kind)
    return found


def _of_kind(witness: Witness, story: Story, kind: str) -> dict[str, float]:
    read, came, left, accepted = (
        _events(witness, story, what, kind)
        for what in ("offer read", "modules at work", "modules leave work", "modules accepted")
    )
    run_h = (witness.end - story.written) * witness.tick_h
    found = {
        f"{kind}_accepted": sum(number for _, _, number in accepted),
        f"{kind}_stay_d": _stay(came, left),
    }
    for hours in HOURS:
        found[f"{kind}_offered@{hours:g}h"] = _by(read, hours)
        there = _by(came, hours) - _by(left, hours)
        found[f"{kind}_at_work@{hours:g}h"] = math.nan if run_h < hours else there
    for count in COUNTS:
        enough = [when for when, _, _ in came if _by(came, when) >= count]
        found[f"{kind}_come_h@{count}"] = min(enough, default=math.inf)
    return found


def _by(events: list[_Event], hours: float) -> float:
    return sum(number for when, _, number in events if when <= hours)


def _stay(came: list[_Event], left: list[_Event]) -> float:
    """Days that the first ones stayed: of one state, who comes first leaves first."""
    first = next((event for event in came if event[2]), None)
    if first is None:
        return math.nan
    gone = next((when for when, who, number in left if who == first[1] and number), math.nan)
    return (gone - first[0]) / 24
