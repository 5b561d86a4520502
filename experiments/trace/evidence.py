"""Why a desk recognised a subject when it did: what it held, who wrote it, how it came.

What mattered for a recognition is every report about the subject that its desk had read, or had
written itself, by then. The evidence is added up again here by the rules of the engine. A
recognition that the sum does not explain is a fault of the program; its story says so.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.trace.events import KIND, Belief, Channel, Desk, Place, Report
from scenarios.schema import EVIDENCE_ONE
from sim.kernel import MOST_EVIDENCE
from sim.seam import DECAY_ONE

if TYPE_CHECKING:
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
class Recognition:
    """A recognition and everything that it rests on, the weightiest first.

    Evidence is in traces of ordinary weight.
    """

    tick: int
    day: float
    desk: Desk
    evidence: float
    needed: float
    organisations: tuple[str, ...]
    """Those whose traces have met."""
    organisations_needed: int
    explained: bool
    """Whether these reports pass what is needed at this tick and at none before."""
    reports: tuple[Contribution, ...]


def beliefs(events: Events, unit: int, subject: int) -> list[Belief]:
    """Evidence of a desk on a subject at each tick that added to it.

    A report counts when it is read; what a desk writes itself counts one tick after it was made.
    """
    known = events.beliefs.get((unit, subject))
    if known is None:
        known = events.beliefs[unit, subject] = _added_up(events, unit, subject)
    return known


def _added_up(events: Events, unit: int, subject: int) -> list[Belief]:
    arrived: dict[int, list[Report]] = defaultdict(list)
    for report in events.evidence.get(subject, ()):
        if report.desk.number == unit:
            arrived[report.tick + 1].append(report)
        elif (tick := events.read.get((report.key, unit))) is not None:
            arrived[tick].append(report)
    found: list[Belief] = []
    evidence = last = origins = 0
    for tick in sorted(tick for tick in arrived if tick < events.horizon):
        evidence = _aged(events, evidence, tick - last)
        origins = origins if evidence else 0
        for report in arrived[tick]:
            evidence += _aged(events, report.weight, tick - report.tick)
            origins |= report.origins
        evidence, last = min(evidence, MOST_EVIDENCE), tick
        found.append(Belief(tick, evidence, origins, tuple(arrived[tick])))
    return found


def _aged(events: Events, evidence: int, ticks: int) -> int:
    """Return what is left of evidence after some ticks."""
    return evidence * int(events.world.kinds.decay[KIND, ticks]) // DECAY_ONE


def recognition(events: Events, tick: int, unit: int, subject: int) -> Recognition:
    """Return what a recognition rests on."""
    needed, groups = events.threshold(unit), events.origins_needed(unit)
    earlier = [belief for belief in beliefs(events, unit, subject) if belief.tick <= tick]
    enough = (
        belief.tick
        for belief in earlier
        if needed is not None and belief.evidence >= needed and belief.origins.bit_count() >= groups
    )
    held = earlier[-1] if earlier else Belief(tick, 0, 0, ())
    parts = [
        Contribution(
            report,
            belief.tick,
            _aged(events, report.weight, tick - report.tick) / EVIDENCE_ONE,
            legs(events, report, unit),
        )
        for belief in earlier
        for report in belief.added
    ]
    parts.sort(key=lambda part: (-part.evidence, part.counted, part.report.key))
    return Recognition(
        tick=tick,
        day=events.clock.days(tick),
        desk=events.desks[unit],
        evidence=_aged(events, held.evidence, tick - held.tick) / EVIDENCE_ONE,
        needed=(needed or 0) / EVIDENCE_ONE,
        organisations=events.groups(held.origins),
        organisations_needed=groups,
        explained=next(enough, None) == tick,
        reports=tuple(parts),
    )


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


def concerned(events: Events, channel: Channel, subject: int, tick: int) -> bool:
    """Whether the receiver's organisation is in what the sender knew of a subject at a tick."""
    group = int(events.world.units.group[channel.receiver.number])
    known = [b for b in beliefs(events, channel.sender.number, subject) if b.tick <= tick]
    return bool(known) and bool(known[-1].origins >> group & 1)
