"""What was told to whom, and read or not: added up from the events of the engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from sim.seam import Fate, Role
from tests.agents.oracle.witness import Found, Witness


class Copy(NamedTuple):
    """A report that arrived at a desk."""

    tick: int
    cls: int
    subject: int
    writer: int
    """Desk."""
    sender: int
    reader: int
    term: int
    """Rule under which it was sent."""


def owner(witness: Witness, unit: int) -> str:
    """Return the organisation of a desk."""
    return witness.layout.owners[unit]


@lru_cache(maxsize=2)
def copies(witness: Witness) -> list[Copy]:
    """Return all that arrived, once a desk."""
    made, sent = _made(witness), _terms(witness)
    src, dst = witness.world.channels.src.tolist(), witness.world.channels.dst.tolist()
    found = []
    for tick, _, key, channel in witness.log.deliveries:
        cls, subject, writer = made[key]
        term = min(sent[key, channel, tick])
        found.append(Copy(tick, cls, subject, writer, src[channel], dst[channel], term))
    return found


@lru_cache(maxsize=2)
def _made(witness: Witness) -> dict[int, tuple[int, int, int]]:
    return {key: (cls, subject, unit) for _, _, key, cls, subject, unit in witness.log.made}


def _terms(witness: Witness) -> dict[tuple[int, int, int], list[int]]:
    """Terms under which a report was sent over a channel to arrive at a tick.

    The k-th that was not held back is the k-th that was sent.
    """
    through = defaultdict(list)
    for _, _, key, channel, term, _, fate in witness.log.attempts:
        if fate == Fate.SENT:
            through[key, channel].append(term)
    turns: defaultdict[tuple[int, int], Iterator[int]] = defaultdict()
    for over, terms in through.items():
        turns[over] = iter(terms)
    found = defaultdict(list)
    for _, _, key, channel, due in witness.log.sends:
        found[key, channel, due].append(next(turns[key, channel]))
    return found


def _is_disclosure(witness: Witness, copy: Copy) -> bool:
    names_somebody = witness.world.classes.persons[copy.cls] > 0
    return bool(names_somebody) and owner(witness, copy.reader) != owner(witness, copy.writer)


def disclosures(witness: Witness, end: float) -> list[Copy]:
    """Return copies with personal data that came to another organisation before a tick."""
    return [copy for copy in copies(witness) if copy.tick < end and _is_disclosure(witness, copy)]


def flows(witness: Witness, end: float) -> Found:
    """Return what was told, refused and searched for before a tick."""
    world, log = witness.world, witness.log
    persons, told = world.classes.persons.tolist(), disclosures(witness, end)
    retention = world.terms.retention.tolist()
    matches = [row[-1] for row in log.matches if row[0] < end]
    return {
        "disclosures": len(told),
        **judged(witness, told),
        "person_years": sum(persons[copy.cls] * retention[copy.term] for copy in told) / 365,
        "disclosed_by_store": sum(
            persons[copy.cls]
            for copy in told
            if copy.sender in stores(witness) and world.classes.role[copy.cls] == Role.EVIDENCE
        ),
        "refused_releases": sum(row[-1] == Fate.REFUSED for row in log.attempts if row[0] < end),
        "violations": violations(witness, end),
        "searches": sum(
            copy.tick < end and copy.reader in stores(witness) and _is_question(witness, copy)
            for copy in copies(witness)
        ),
        "guard_hits": sum(other != 0 for other in matches),
        "false_matches": sum(other == 0 for other in matches),
        **mistaken(witness, witness.subjects, end),
    }


def mistaken(witness: Witness, subjects: range, end: float) -> Found:
    """Return how often coincidences among some subjects were recognised before a tick."""
    rows = (row for row in witness.log.recognitions if row[0] < end and row[3] in subjects)
    wrong = [row[3] for row in rows if witness.is_false(row[3])]
    return {"false_recognitions": len(wrong), "false_subjects": len(set(wrong))}


def stores(witness: Witness) -> frozenset[int]:
    """Return the desks that are data bases."""
    return frozenset(witness.world.stores.unit.tolist())


def _is_question(witness: Witness, copy: Copy) -> bool:
    return bool(witness.world.classes.role[copy.cls] == Role.REQUEST)


def violations(witness: Witness, end: float) -> int:
    """Count what was sent against the law of its time."""
    world, made = witness.world, _made(witness)
    found = 0
    for tick, _, key, channel, _ in witness.log.sends:
        if tick < end:
            gate = world.phases.gate[phase_at(witness, tick)]
            found += not bool(gate[world.channels.kind[channel], made[key][0]])
    return found


def phase_at(witness: Witness, tick: int) -> int:
    """Return the phase that the lane is in at a tick."""
    points, point = witness.world.points, witness.lane.point
    entries = zip(points.starts[point].tolist(), points.phase[point].tolist(), strict=True)
    return int(next(phase for start, phase in reversed(list(entries)) if start <= tick))


# Need ------------------------------------------------------------------------------------------


def judged(witness: Witness, told: list[Copy]) -> Found:
    """Return the person records in some copies by whether there was a need."""
    persons = sum(int(witness.world.classes.persons[copy.cls]) for copy in told)
    without = unnecessary(witness, told)
    return {"unnecessary_disclosures": without, "needed_disclosures": persons - without}


def unnecessary(witness: Witness, told: list[Copy]) -> int:
    """Count person records told to those who neither saw a subject nor had a case on a real one."""
    needed = observers(witness) | workers(witness)
    persons, found = witness.world.classes.persons.tolist(), 0
    for copy in told:
        reader = owner(witness, copy.reader)
        if (copy.subject, reader) not in needed:
            found += persons[copy.cls]
    return found


@lru_cache(maxsize=2)
def observers(witness: Witness) -> frozenset[tuple[int, str]]:
    """Return subjects and organisations that have seen traces of them."""
    seen = set(witness.world.sights.cls.tolist())
    names = list(witness.layout.classes)
    for name, procedure in witness.scenario.procedures.items():
        written = {
            getattr(step, part)
            for _, step in procedure.walk()
            for part in ("write",)
            if getattr(step, part, None)
        }
        assert not written & {names[cls] for cls in seen}, name
    return frozenset(
        (subject, owner(witness, unit))
        for _, _, _, cls, subject, unit in witness.log.made
        if cls in seen
    )


@lru_cache(maxsize=2)
def workers(witness: Witness) -> frozenset[tuple[int, str]]:
    """Return real subjects and organisations that opened a case on them."""
    opened = (*witness.all("case opened"), *witness.all("incident taken up"))
    return frozenset(
        (fact.subject, fact.actor)
        for fact in opened
        if fact.subject >= 0 and not witness.is_false(fact.subject)
    )


# Queues ----------------------------------------------------------------------------------------


def never_read_share(witness: Witness) -> float:
    """Share of the reports in queues that nobody read; requests that machines answer are not."""
    automatic = witness.world.terms.automatic
    queued = sum(
        not (
            _is_question(witness, copy) and (automatic[copy.term] or copy.reader in stores(witness))
        )
        for copy in copies(witness)
    )
    return (queued - len(witness.log.reads)) / queued if queued else 0.0


def others(witness: Witness) -> Found:
    """Return what is no sum over time."""
    return {"never_read_share": never_read_share(witness)}
