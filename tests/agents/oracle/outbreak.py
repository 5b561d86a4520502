"""What an outbreak did and who was warned: added up from facts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from functools import partial

from tests.agents.oracle.cases import hours, lives
from tests.agents.oracle.messages import owner
from tests.agents.oracle.witness import Declared, Found, Witness


def flows(witness: Witness, threat: Declared, end: float) -> Found:
    """Return what came of the outbreak before a tick."""
    warnings = list(witness.all_of(threat, "operators warned", end))
    incident = witness.scenario.casework.incident
    assert incident is not None
    step_h = min(witness.tick_h, float(threat.threat.malware.spreads_every.value))
    read = sum(fact.numbers["all"] for fact in warnings) * incident.operator_hours.value
    return {
        "operators_infected": _operators(witness, threat, "operators infected", end),
        "outage_hours": _operators(witness, threat, "operators down", end) * step_h,
        "indicators_written": len(list(witness.all_of(threat, "indicator found", end))),
        "false_alarms": sum(witness.is_false(fact.subject) for fact in warnings),
        "staff_hours": sum(hours(witness, end, threat)) + read,
        "evidence_secured": _operators(witness, threat, "traces secured", end),
    }


def _operators(witness: Witness, threat: Declared, what: str, end: float) -> float:
    return sum(fact.numbers["operators"] for fact in witness.all_of(threat, what, end))


def others(witness: Witness, threat: Declared) -> Found:
    """Return what is no sum over time."""
    (malware,) = threat.real
    right = [fact for fact in witness.all("operators warned") if fact.subject == malware]
    first = {int(fact.numbers["place"]): fact.tick for fact in right}
    known = [life.upheld for life in lives(witness) if life.subject == malware]
    upheld = [tick for tick in known if tick is not None]
    with_team: list[int] = []
    without: list[int] = []
    for place, member in enumerate(witness.layout.atlas.members.values()):
        (with_team if member.cert_2010 else without).append(place)
    share = partial(_in_time, witness, threat)
    everybody = share((*with_team, *without))
    everywhere = set(first) == set(witness.layout.places.values())
    return {
        "peak_down": _peak(witness, threat),
        "hours_to_first_warning": _hours(witness, threat, min(first.values(), default=math.nan)),
        "hours_to_all_warned": _hours(
            witness, threat, max(first.values()) if everywhere else math.nan
        ),
        "hours_to_case": _hours(witness, threat, min(upheld, default=math.nan)),
        "warned_in_time": 0.0 if math.isnan(everybody) else everybody,
        "gap_without_team": share(with_team) - share(without),
        "indicator_readers": len(_readers(witness, malware)),
    }


def _peak(witness: Witness, threat: Declared) -> float:
    """Most operators down in all states at the end of a step."""
    down: defaultdict[float, float] = defaultdict(float)
    for fact in witness.all_of(threat, "operators down"):
        down[fact.tick] += fact.numbers["operators"]
    return max(down.values(), default=0)


def _hours(witness: Witness, threat: Declared, tick: float) -> float:
    """Hours since the malware infected its first operators."""
    begun = [fact.tick for fact in witness.all_of(threat, "outbreak begins")]
    return (tick - begun[0]) * witness.tick_h if begun else math.nan


def _in_time(witness: Witness, threat: Declared, places: Iterable[int]) -> float:
    """Share of those at risk in some states who were still so when their state warned.

    Of nobody there is none.
    """
    there, warned, at_risk = set(places), 0.0, 0.0
    for fact in witness.all_of(threat, "operators at risk"):
        if fact.numbers["place"] in there:
            at_risk += fact.numbers["operators"]
    for fact in witness.all_of(threat, "operators warned"):
        if fact.subject in threat.real and fact.numbers["place"] in there:
            warned += fact.numbers["open"]
    return warned / at_risk if at_risk else math.nan


def _readers(witness: Witness, malware: int) -> set[str]:
    """Return states and ENISA whose desk for incidents read somebody else's on the malware."""
    indicator = witness.layout.classes["indicator"]
    writers = {
        key: owner(witness, unit)
        for _, _, key, cls, subject, unit in witness.log.made
        if cls == indicator and subject == malware
    }
    members = witness.layout.atlas.members
    desks = {code: "cert" if members[code].cert_2010 else "police" for code in members}
    desks["enisa"] = "enisa.desk"
    readers = set()
    for _, _, key, unit in witness.log.reads:
        name = owner(witness, unit)
        is_told = key in writers and writers[key] != name
        if is_told and witness.layout.desks[unit] == desks.get(name):
            readers.add(name)
    return readers
