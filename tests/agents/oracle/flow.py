"""What a flow did and what was done to it: added up from facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.agents.oracle.messages import owner
from tests.agents.oracle.networks import Group
from tests.agents.oracle.witness import Declared, Found, Witness

if TYPE_CHECKING:
    from agents.lane import Fact

_FATES = ("turned_back", "stopped", "rescued", "lost")


def flows(witness: Witness, threat: Declared, end: float) -> Found:
    """Return what came of the flow before a tick."""
    out = [one.numbers for one in witness.all_of(threat, "loads set out", end)]
    met = [one.numbers for one in witness.all_of(threat, "loads met", end)]
    days = [one.numbers for one in witness.all_of(threat, "flow of a day", end)]
    items = {fate: sum(one[fate] * one["size"] for one in met) for fate in _FATES}
    set_out = sum(one["loads"] * one["size"] for one in out)
    through = _through(witness, threat, end)
    rings = threat.threat.rings
    paid = set_out if rings.paid == "setting-out" else through
    began = witness.all_of(threat, "ring begins", end)
    return {
        **items,
        **placed(witness, threat, end),
        "set_out": set_out,
        "finds": sum(one["stopped"] + one["turned_back"] for one in met),
        "checks": sum(one.numbers["checks"] for one in witness.all_of(threat, "checks made", end)),
        "deterred": sum(one["pressure"] - one["carried"] for one in days),
        "displaced": sum(one["moved"] for one in days),
        "fees_meur": paid * rings.fee.value / 1e6,
        "rings_broken": len(list(witness.all_of(threat, "ring falls apart", end))),
        "rings_replaced": sum(one.numbers["group"] > 0 for one in began),
    }


def _through(witness: Witness, threat: Declared, end: float) -> float:
    arrived = witness.all_of(threat, "loads get through", end)
    return sum(one.numbers["loads"] * one.numbers["size"] for one in arrived)


def placed(witness: Witness, threat: Declared, end: float) -> Found:
    """Return that part of it which has a place."""
    met = [one.numbers for one in witness.all_of(threat, "loads met", end)]
    taken = [one.numbers["taken"] for one in witness.all_of(threat, "facilitators arrested", end)]
    frozen = [one.numbers["euro"] for one in witness.all_of(threat, "fees frozen", end)]
    return {
        **{fate: sum(one[fate] * one["size"] for one in met) for fate in _FATES[1:]},
        "through": _through(witness, threat, end),
        "facilitators_arrested": sum(taken),
        "frozen_meur": sum(frozen) / 1e6,
    }


def of_route(witness: Witness, threat: Declared, route: str, end: float) -> float:
    """Return the items that were met on a route."""
    names = [name for name, _ in threat.threat.lines()]
    return sum(
        (one.numbers["stopped"] + one.numbers["rescued"]) * one.numbers["size"]
        for one in witness.all_of(threat, "loads met", end)
        if names[one.subject - threat.subjects.start] == route
    )


def groups(witness: Witness, subject: int) -> list[Group]:
    """Return those who sent over a line, one after the other."""
    found: list[Group] = []
    for fact in _about(witness, subject):
        if fact.what == "ring begins":
            found.append(Group(fact.numbers["group"], fact.tick))
        elif fact.what == "ring falls apart":
            found[-1].ended = fact.tick
        elif fact.what == "case opened" and fact.numbers["told"]:
            found[-1].knows(fact.actor, fact.tick)
    for tick, _, unit, about, _ in witness.log.recognitions:
        if about == subject:
            begun = [one for one in found if one.number == 0 or one.began < tick]
            begun[-1].knows(owner(witness, unit), tick)
    return found


def _about(witness: Witness, subject: int) -> Iterator[Fact]:
    return (fact for fact in witness.facts if fact.subject == subject)


def others(witness: Witness, threat: Declared) -> Found:
    """Return what is no sum over time."""
    found = flows(witness, threat, witness.end)
    day = 24 / witness.tick_h
    everybody = [group for subject in threat.real for group in groups(witness, subject)]
    days = []
    for group in everybody:
        over = witness.end if group.ended is None else group.ended
        days.append(((min(group.known.values()) if group.known else over) - group.began) / day)
    set_out, checks = found["set_out"], found["checks"]
    return {
        "days_to_recognition": sum(days) / len(days),
        "recognised_share": sum(bool(group.known) for group in everybody) / len(everybody),
        "finds_per_1000_checks": 1000 * found["finds"] / checks if checks else 0.0,
        "through_share": found["through"] / set_out if set_out else 0.0,
    }
