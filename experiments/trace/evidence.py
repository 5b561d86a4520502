"""Why a desk recognised a subject when it did: what it held, who wrote it, how it came.

What mattered for a recognition is every report about the subject that its desk had read, or had
written itself, by then. The evidence is added up again here by the rules of the engine. A
recognition that the sum does not explain is a fault of the program; its story says so.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.trace.events import Belief, Channel, Desk, Place, Report
from scenarios.schema import EVIDENCE_ONE
from sim import reference
from sim.seam import ALL_UNITS, DECAY_ONE, MAX_FACES, Component

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from experiments.trace.events import Events


@dataclass(frozen=True)
class Leg:
    """One way of a report from desk to desk."""

    channel: Channel
    asked: bool
    """Whether it was asked for."""
    rule: Place | None
    """What let it out."""
    sent: int
    arrived: int
    read: int | None


@dataclass(frozen=True)
class Contribution:
    """A report that was in the evidence."""

    report: Report
    counted: int
    """Tick at which it was added."""
    evidence: float
    """What was left of its weight at the recognition, in traces of ordinary weight."""
    way: tuple[Leg, ...]
    """From its writer to the desk; none if the desk wrote it itself."""


@dataclass(frozen=True)
class Link:
    """What let a desk know that faces of a subject belong together."""

    tick: int
    faces: tuple[str, ...]
    by: Report | None
    """A report that shows them all; None is the desk's casework."""


@dataclass(frozen=True)
class Recognition:
    """A recognition and everything that it rests on, the weightiest first.

    Evidence is in traces of ordinary weight.
    """

    tick: int
    day: float
    desk: Desk
    faces: tuple[str, ...]
    """By which sides it knows the subject; none where there is but one."""
    evidence: float
    needed: float
    organisations: tuple[str, ...]
    """Those whose traces have met."""
    organisations_needed: int
    explained: bool
    """Whether these reports pass what is needed at this tick and at none before."""
    reports: tuple[Contribution, ...]
    links: tuple[Link, ...]
    """What brought the faces together."""


def beliefs(events: Events, unit: int, subject: int) -> list[Belief]:
    """What a desk held on a subject after each thing that changed it.

    A report counts when it is read; what a desk writes itself counts one tick after it was made.
    """
    known = events.beliefs.get((unit, subject))
    if known is None:
        known = events.beliefs[unit, subject] = list(_added_up(events, unit, subject))
    return known


def _added_up(events: Events, unit: int, subject: int) -> Iterator[Belief]:
    arrived = _arrived(events, unit, subject)
    changes = [row for row in events.changes.get(subject, ()) if row[1] in {unit, ALL_UNITS}]
    kind = events.kind(subject)
    held = reference.Belief(int(events.world.kinds.faces[kind]), events.decay[kind])
    for tick in sorted({*arrived, *(row[0] for row in changes)}):
        if tick in arrived and tick < events.horizon:
            added = tuple(arrived[tick])
            _fuse(held, tick, added)
            recognised = tuple(_recognised(events, held, tick, unit, subject))
            yield Belief(tick, tuple(held.held(tick)), added, recognised)
        for _, _, faces, spent in (row for row in changes if row[0] == tick):
            if spent:
                held.spend(links=spent > 1)
            else:
                held.age(tick)
                held.join(faces)
            yield Belief(tick, tuple(held.held(tick)), linked=faces, spent=spent)


def _arrived(events: Events, unit: int, subject: int) -> dict[int, list[Report]]:
    """Return the evidence that reached a desk, by the tick in which it is added."""
    arrived: dict[int, list[Report]] = defaultdict(list)
    for report in events.evidence.get(subject, ()):
        if report.desk.number == unit:
            arrived[report.tick + 1].append(report)
        elif (tick := events.read.get((report.key, unit))) is not None:
            arrived[tick].append(report)
    for tick, by, faces, _ in events.changes.get(subject, ()):
        if by == unit and faces:
            arrived[tick + 1] += []
    return arrived


def _fuse(held: reference.Belief, tick: int, added: Iterable[Report]) -> None:
    held.age(tick)
    for report in added:
        held.join(report.faces)
    for report in added:
        weight = held.aged(report.weight, report.tick, tick)
        held.add(report.faces, weight, report.origins)


def _recognised(
    events: Events, held: reference.Belief, tick: int, unit: int, subject: int
) -> Iterator[int]:
    """Give the faces of what is enough now."""
    needed = events.threshold(unit, subject, tick)
    groups = events.origins_needed(unit, subject, tick)
    for part in held.parts:
        enough = needed is not None and part.evidence >= needed
        if enough and part.origins.bit_count() >= groups and not part.recognised:
            part.recognised = True
            yield part.faces


def recognition(events: Events, tick: int, unit: int, subject: int, faces: int) -> Recognition:
    """Return what a recognition rests on."""
    earlier = [belief for belief in beliefs(events, unit, subject) if belief.tick <= tick]
    at = [n for n, held in enumerate(earlier) if held.tick == tick and faces in held.recognised]
    held = earlier[: at[0] + 1] if at else earlier
    spent = [number for number, belief in enumerate(held) if belief.spent]
    counted = held[spent[-1] + 1 :] if spent else held
    part = _part(held[-1] if held else None, faces)
    parts = [
        Contribution(
            report,
            belief.tick,
            _left(events, report.weight, subject, tick - report.tick),
            legs(events, report, unit),
        )
        for belief in counted
        for report in belief.added
        if report.faces & faces
    ]
    parts.sort(key=lambda part: (-part.evidence, part.counted, part.report.key))
    since = held[-1].tick if held else tick
    return Recognition(
        tick=tick,
        day=events.clock.days(tick),
        desk=events.desks[unit],
        faces=events.faces(subject, faces),
        evidence=_left(events, part.evidence, subject, tick - since),
        needed=(events.threshold(unit, subject, tick) or 0) / EVIDENCE_ONE,
        organisations=events.groups(part.origins),
        organisations_needed=events.origins_needed(unit, subject, tick),
        explained=bool(at),
        reports=tuple(parts),
        links=tuple(_links(events, held, subject, faces)),
    )


def _part(held: Belief | None, faces: int) -> Component:
    """Return what is held on the component that has most of some faces."""
    nothing = Component(faces, 0, 0, recognised=False)
    parts = [] if held is None else held.parts
    return max(parts, key=lambda part: (part.faces & faces).bit_count(), default=nothing)


def _left(events: Events, evidence: int, subject: int, ticks: int) -> float:
    """Return what is left of evidence after some ticks, in traces of ordinary weight."""
    left = events.decay[events.kind(subject)][ticks]
    return evidence * left // DECAY_ONE / EVIDENCE_ONE


def _links(events: Events, held: Iterable[Belief], subject: int, faces: int) -> list[Link]:
    """Return what lets faces of a component belong together, in order."""
    alone = [1 << face for face in range(MAX_FACES)]
    together, found = list(alone), list[Link]()
    for belief in held:
        if belief.spent > 1:
            together, found = list(alone), []
        joined = [(report.faces, report) for report in belief.added]
        for shown, report in [*joined, (belief.linked, None)]:
            apart = [some for some in together if some & shown]
            if len(apart) > 1 and shown & faces:
                together = [some for some in together if not some & shown] + [sum(apart)]
                found.append(Link(belief.tick, events.faces(subject, shown), report))
    return found


def legs(events: Events, report: Report, unit: int) -> tuple[Leg, ...]:
    """Return the way that a report took from its writer to a desk that got it."""
    if unit == report.desk.number:
        return ()
    arrived, channel = events.delivered[report.key, unit]
    sending = events.sending(report.key, unit)
    leg = Leg(
        channel,
        sending.attempt.answer,
        events.rule(sending.attempt.term),
        sending.tick,
        arrived,
        events.read.get((report.key, unit)),
    )
    return (*legs(events, report, channel.sender.number), leg)


def concerned(events: Events, channel: Channel, report: Report, tick: int) -> bool:
    """Whether the receiver's organisation is in what a sender knew of what a report shows."""
    group = int(events.world.units.group[channel.receiver.number])
    known = beliefs(events, channel.sender.number, report.subject)
    parts = [belief.parts for belief in known if belief.tick <= tick][-1:]
    return any(p.origins >> group & 1 for held in parts for p in held if p.faces & report.faces)
