"""Why a desk did not recognise a subject: what waited unread there, and what it was never sent."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.trace.events import Channel, Desk, Place, Report
from experiments.trace.evidence import beliefs, concerned
from scenarios.schema import EVIDENCE_ONE
from sim.seam import SITUATIONS, Fate, Onward

if TYPE_CHECKING:
    from experiments.trace.events import Events

LOST = "sent, and not there in time"
REFUSED = "may not be told, by law"
HELD_BACK = "not told: the chance did not come true"
FORBIDDEN = "not passed on: its handling code forbids it, or permission was not given"
NO_RULE = "not told: no rule lets it out, or only when asked"
NO_CONTACT = "not told: no contact was known there"
UNREAD = "lay unread at the desks that could have passed it on"
FAR = "never came to a desk that deals with this one"

FURTHEST = (LOST, HELD_BACK, FORBIDDEN, NO_CONTACT, NO_RULE, UNREAD, REFUSED, FAR)
"""Reasons why a desk was not told of a report; of several holders the one that came closest."""


@dataclass(frozen=True)
class Untold:
    """Reports that a desk was never told of, for one reason."""

    reason: str
    rule: Place | None
    """What decided, if a rule did."""
    reports: int


@dataclass(frozen=True)
class Missed:
    """A desk that could have recognised a subject and did not.

    Evidence is in traces of ordinary weight.
    """

    desk: Desk
    needed: float
    organisations_needed: int
    most_evidence: float
    most_at: int | None
    """When it held most evidence; None if it never held any."""
    organisations: tuple[str, ...]
    """Those whose traces had met then."""
    read: int
    """Reports about the subject that it read, or wrote itself."""
    unread: tuple[Report, ...]
    """Reports that reached it and were never read."""
    never_told: tuple[Untold, ...]


def missed(events: Events, subject: int) -> list[Missed]:
    """Desks of affected organisations that did not recognise a subject, nor any of their others.

    Affected is who saw traces of it; bodies outside the states also if something reached them.
    """
    recognised, reports = events.recognised_by(subject), events.evidence.get(subject, [])
    saw = _seers(reports)
    found = []
    for desk in events.desks:
        if events.threshold(desk.number, subject) is None or desk.owner in recognised:
            continue
        body = desk.owner not in events.layout.places
        told = any((report.key, desk.number) in events.delivered for report in reports)
        if desk.owner in saw or (body and told):
            found.append(_explained(events, desk, subject, reports))
    return found


def only_told(events: Events, subject: int) -> list[str]:
    """States that saw no trace of a subject, were told something, and did not recognise it."""
    reports = events.evidence.get(subject, [])
    keys = {report.key for report in reports}
    told = {events.desks[unit].owner for key, unit in events.delivered if key in keys}
    rest = told - events.recognised_by(subject) - _seers(reports)
    return [name for name in events.layout.places if name in rest]


def _seers(reports: list[Report]) -> set[str]:
    return {report.desk.owner for report in reports if report.observed}


def _explained(events: Events, desk: Desk, subject: int, reports: list[Report]) -> Missed:
    held = beliefs(events, desk.number, subject)
    most = max(held, key=lambda belief: belief.strongest.evidence, default=None)
    unread, untold = [], Counter[tuple[str, int]]()
    for report in reports:
        if report.desk == desk:
            continue
        if (report.key, desk.number) not in events.delivered:
            untold[_reason(events, report, desk)] += 1
        elif (report.key, desk.number) not in events.read:
            unread.append(report)
    ranked = sorted(
        untold.items(), key=lambda item: (FURTHEST.index(item[0][0]), -item[1], item[0][1])
    )
    return Missed(
        desk=desk,
        needed=(events.threshold(desk.number, subject) or 0) / EVIDENCE_ONE,
        organisations_needed=events.origins_needed(desk.number, subject),
        most_evidence=0.0 if most is None else most.strongest.evidence / EVIDENCE_ONE,
        most_at=None if most is None else most.tick,
        organisations=() if most is None else events.groups(most.strongest.origins),
        read=sum(len(belief.added) for belief in held),
        unread=tuple(unread),
        never_told=tuple(
            Untold(reason, events.rule(term), times) for (reason, term), times in ranked
        ),
    )


def _reason(events: Events, report: Report, desk: Desk) -> tuple[str, int]:
    """Return why a report never reached a desk, and the term that decided (or 0)."""
    found: dict[str, int] = defaultdict(int)
    for channel in events.incoming[desk.number]:
        holder = channel.sender
        own = holder == report.desk
        if not own and (report.key, holder.number) not in events.delivered:
            continue
        attempts = events.tried.get((report.key, channel.number), [])
        gate = events.world.phases.gate[events.phase(told_at(events, report, holder))]
        if not gate[kind_of(events, channel), report.cls.number]:
            terms = {attempt.term for attempt in attempts}
            found[REFUSED] = max(terms, default=0) or found.get(REFUSED, 0)
            continue
        for attempt in attempts:
            found.setdefault(_FATES[Fate(attempt.fate)], attempt.term)
        if attempts:
            continue
        if not own and (report.key, holder.number) not in events.read:
            found.setdefault(UNREAD, 0)
        elif forbidden(events, report, holder):
            found.setdefault(FORBIDDEN, 0)
        else:
            term = term_between(events, report, channel)
            tick = told_at(events, report, holder)
            stranger = _at_discretion(events, term) and not events.acquainted(
                channel, report.subject, tick
            )
            found.setdefault(NO_CONTACT if stranger else NO_RULE, term)
    reason = next((reason for reason in FURTHEST if reason in found), FAR)
    return reason, found.get(reason, 0)


def _at_discretion(events: Events, term: int) -> bool:
    """Whether a term lets reports out unasked, to whom one knows."""
    terms = events.world.terms
    return bool(terms.push[term] > 0 and terms.contact[term])


_FATES = {Fate.HELD_BACK: HELD_BACK, Fate.SENT: LOST}


def forbidden(events: Events, report: Report, holder: Desk) -> bool:
    """Whether the code under which a desk holds a report may have kept it from passing it on."""
    if holder == report.desk:
        return False
    term = events.sending(report.key, holder.number).attempt.term
    code = int(events.world.terms.handling[term])
    phase = events.phase(told_at(events, report, holder))
    return int(events.world.phases.onward[phase, code]) != Onward.FREE


def term_between(events: Events, report: Report, channel: Channel) -> int:
    """Return the term under which the holder of a report could have told the other end unasked."""
    group, holder = events.world.units.group, channel.sender
    tick = told_at(events, report, holder)
    relay = int(group[holder.number] != group[report.desk.number])
    known = concerned(events, channel, report, tick)
    situation = min(2 * relay + known, SITUATIONS - 1)
    terms = events.world.phases.term[events.phase(tick)]
    return int(terms[situation, kind_of(events, channel), report.cls.number])


def told_at(events: Events, report: Report, holder: Desk) -> int:
    """Return when the holder of a report tells others: when it is made or read, if it is."""
    if holder == report.desk:
        return report.tick
    return events.read.get((report.key, holder.number), report.tick)


def kind_of(events: Events, channel: Channel) -> int:
    """Return what policies and the law know a channel by."""
    return int(events.world.channels.kind[channel.number])
