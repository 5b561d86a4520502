"""Cases, the wait for people and their work: added up from facts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tests.agents.oracle.witness import Declared, Found, Witness

if TYPE_CHECKING:
    from agents.lane import Fact

_Work = tuple[str, float, bool]
"""Post, places, and whether it is on a coincidence."""

_Name = tuple[str, str, int, float]
"""Organisation, procedure, subject, turn."""


@dataclass
class Life:
    """What became of one case."""

    procedure: str
    subject: int
    place: float
    opened: float
    upheld: float | None = None
    closed: float | None = None
    waited: float = 0.0
    waits_since: float | None = None


@lru_cache(maxsize=2)
def lives(witness: Witness) -> list[Life]:
    """Return all cases on a subject."""
    found: dict[_Name, Life] = {}
    for fact in witness.facts:
        if fact.subject < 0 or "turn" not in fact.numbers:
            continue
        name = fact.actor, fact.thing, fact.subject, fact.numbers["turn"]
        if fact.what == "case opened":
            assert name not in found
            found[name] = Life(fact.thing, fact.subject, fact.numbers["place"], fact.tick)
        else:
            _goes_on(found[name], fact)
    return list(found.values())


def _goes_on(life: Life, fact: Fact) -> None:
    if fact.what == "case upheld":
        life.upheld = fact.tick if life.upheld is None else life.upheld
    elif fact.what == "case closed":
        assert life.closed is None
        life.closed = fact.tick
    elif fact.what == "waits for people":
        life.waits_since = fact.tick
    elif fact.what == "waits no more" and life.waits_since is not None:
        life.waited += fact.tick - life.waits_since
        life.waits_since = None


def flows(witness: Witness, end: float) -> Found:
    """Return what became of all cases before a tick, and the hours worked."""
    right, wrong = hours(witness, end)
    return {
        **flows_of(witness, witness.subjects, end),
        "casework_hours": right + wrong,
        "work_eur": euro(witness, end),
        "false_casework_hours": wrong,
    }


def flows_of(witness: Witness, subjects: range, end: float) -> Found:
    """Return what became of the cases on some subjects before a tick."""
    opened = [life for life in lives(witness) if life.opened < end and life.subject in subjects]
    closed = [life for life in opened if life.closed is not None and life.closed < end]
    leads = kinds_of_lead(witness)
    return {
        "cases_opened": len(opened),
        "cases_closed": len(closed),
        "cases_dropped": sum(life.upheld is None and life.procedure in leads for life in closed),
        "wrongly_pursued_years": pursued_ticks(witness, opened, end) * witness.tick_h / (24 * 365),
    }


def kinds_of_lead(witness: Witness) -> set[str]:
    """Return the procedures in which somebody may become a suspect."""
    found = set()
    for name, procedure in witness.scenario.procedures.items():
        for _, step in procedure.walk():
            kind, thing = step.done
            if kind == "test" and thing.upholds:
                found.add(name)
    return found


def pursued_ticks(witness: Witness, cases: list[Life], end: float) -> float:
    """Person ticks for which persons were pursued for a coincidence before a tick."""
    found = 0.0
    for life in cases:
        if life.upheld is not None and life.upheld < end and witness.is_false(life.subject):
            until = end if life.closed is None else min(life.closed, end)
            found += (until - life.upheld) * witness.of_subject(life.subject).persons
    return found


def others(witness: Witness, subjects: range) -> Found:
    """Return what is no sum over time, of the cases on some subjects."""
    cases, waited = [life for life in lives(witness) if life.subject in subjects], 0.0
    for life in cases:
        waited += life.waited
        if life.waits_since is not None:
            waited += witness.end - life.waits_since
    wrong = {
        (life.subject, life.place)
        for life in cases
        if life.upheld is not None and witness.is_false(life.subject)
    }
    return {
        "waiting_days": waited * witness.tick_h / 24 / len(cases) if cases else 0.0,
        "wrongly_pursued": sum(witness.of_subject(subject).persons for subject, _ in wrong),
    }


# Hours -----------------------------------------------------------------------------------------


def euro(witness: Witness, end: float) -> float:
    """Cost of the hours worked before a tick, each at the price of those whose post it is."""
    members = witness.layout.atlas.members
    people = sum(one.population for one in members.values())
    mean = sum(one.population / people * one.hour_eur for one in members.values())
    found = 0.0
    for what, sign in (("work begins", 1), ("work ends", -1)):
        for fact in witness.all(what, end):
            whose = fact.thing.partition(".")[0]
            price = members[whose].hour_eur if whose in members else mean
            days = (end - fact.tick) * witness.tick_h / 24
            a_day = hours_a_day(witness, fact.thing) * fact.numbers["places"]
            found += sign * days * a_day * price
    return found


def hours(witness: Witness, end: float, threat: Declared | None = None) -> tuple[float, float]:
    """Hours worked before a tick, on all but coincidences and on coincidences; all, or on a threat.

    Which beginning goes with which end does not matter to a sum, among works of one rate.
    """
    begins: defaultdict[_Work, list[float]] = defaultdict(list)
    ends: defaultdict[_Work, list[float]] = defaultdict(list)
    for what, times in (("work begins", begins), ("work ends", ends)):
        facts = witness.all_of(threat, what, end) if threat else witness.all(what, end)
        for fact in facts:
            work = fact.thing, fact.numbers["places"], witness.is_false(fact.subject)
            times[work].append(fact.tick)
    found = {False: 0.0, True: 0.0}
    for work, begun in begins.items():
        post, places, is_false = work
        over = ends[work] + [end] * (len(begun) - len(ends[work]))
        held = sum(late - early for early, late in zip(sorted(begun), sorted(over), strict=True))
        found[is_false] += held * witness.tick_h / 24 * hours_a_day(witness, post) * places
    return found[False], found[True]


def hours_a_day(witness: Witness, post: str) -> float:
    """Working hours that one place costs in a day."""
    casework: Any = witness.scenario.casework
    kind = post.rpartition(".")[2]
    if casework.assistance is not None and kind in {"aircraft", "ground"}:
        return float(casework.assistance.module_people.value * casework.assistance.shift.value)
    day = float(casework.hours_per_day.value)
    if casework.incident is not None and kind in {"incident", "enisa"}:
        return day
    return witness.scenario.posts[kind].officers * day
