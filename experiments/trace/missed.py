"""Why a desk did not recognise a subject: what waited unread there, and what it was never sent."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.trace.events import Belief
from experiments.trace.evidence import beliefs, concerned
from sim.seam import SITUATIONS, Fate, Onward

if TYPE_CHECKING:
    from experiments.trace.events import Events, Report

LOST = "sent, and not there in time"
REFUSED = "may not be told, by law"
HELD_BACK = "not told: the chance did not come true"
FORBIDDEN = "not passed on: its handling code forbids it, or permission was not given"
NO_RULE = "not told: no rule lets it out, or only when asked"
UNREAD = "lay unread at the desks that could have passed it on"
FAR = "never came to a desk that deals with this one"

FURTHEST = (LOST, HELD_BACK, FORBIDDEN, NO_RULE, UNREAD, REFUSED, FAR)
"""Reasons why a desk was not told of a report; of several holders the one that came closest."""


@dataclass(frozen=True)
class Missed:
    """A desk that could have recognised a subject and did not."""

    unit: int
    subject: int
    needed: int
    origins_needed: int
    most: Belief | None
    """Its evidence when it held most; None if it never held any."""
    read: int
    """Reports about the subject that it read, or wrote itself."""
    unread: tuple[Report, ...]
    """Reports that reached it and were never read."""
    untold: dict[tuple[str, int], int]
    """How many reports it was never told of, by reason and term (0 if no term decided)."""


def missed(events: Events, subject: int) -> list[Missed]:
    """Desks of affected organisations that did not recognise a subject, nor any of their others.

    Affected is who saw traces of it; bodies outside the states also if something reached them.
    """
    recognised = {events.owner(unit) for _, unit, about in events.recognitions if about == subject}
    reports = events.evidence.get(subject, [])
    saw = {events.owner(report.unit) for report in reports if events.observed(report)}
    found = []
    for unit in range(len(events.world.units.names)):
        owner, needed = events.owner(unit), events.threshold(unit)
        if needed is None or owner in recognised:
            continue
        body = owner not in events.layout.places
        if owner in saw or (body and any((r.key, unit) in events.delivered for r in reports)):
            found.append(_explained(events, unit, subject, needed, reports))
    return found


def only_told(events: Events, subject: int) -> list[str]:
    """States that saw no trace of a subject, were told something, and did not recognise it."""
    recognised = {events.owner(unit) for _, unit, about in events.recognitions if about == subject}
    reports = events.evidence.get(subject, [])
    saw = {events.owner(report.unit) for report in reports if events.observed(report)}
    keys = {report.key for report in reports}
    told = {events.owner(unit) for key, unit in events.delivered if key in keys}
    rest = told - recognised - saw
    return [name for name in events.layout.places if name in rest]


def _explained(
    events: Events, unit: int, subject: int, needed: int, reports: list[Report]
) -> Missed:
    held = beliefs(events, unit, subject)
    others = [report for report in reports if report.unit != unit]
    arrived = [report for report in others if (report.key, unit) in events.delivered]
    untold: Counter[tuple[str, int]] = Counter(
        _reason(events, report, unit)
        for report in others
        if (report.key, unit) not in events.delivered
    )
    order = {reason: place for place, reason in enumerate(FURTHEST)}
    ranked = sorted(untold.items(), key=lambda item: (order[item[0][0]], -item[1], item[0][1]))
    return Missed(
        unit=unit,
        subject=subject,
        needed=needed,
        origins_needed=events.origins_needed(unit),
        most=max(held, key=lambda belief: belief.evidence, default=None),
        read=sum(len(belief.added) for belief in held),
        unread=tuple(r for r in arrived if (r.key, unit) not in events.read),
        untold=dict(ranked),
    )


def _reason(events: Events, report: Report, unit: int) -> tuple[str, int]:
    """Return why a report never reached a desk, and the term that decided (or 0)."""
    found: dict[str, int] = defaultdict(int)
    for channel in events.incoming[unit]:
        holder = events.source[channel]
        own = holder == report.unit
        if not own and (report.key, holder) not in events.delivered:
            continue
        attempts = events.tried.get((report.key, channel), [])
        if not events.world.gate[channel, report.cls]:
            terms = {attempt.term for attempt in attempts}
            found[REFUSED] = max(terms, default=0) or found.get(REFUSED, 0)
            continue
        for attempt in attempts:
            found.setdefault(_FATES[Fate(attempt.fate)], attempt.term)
        if attempts:
            continue
        if not own and (report.key, holder) not in events.read:
            found.setdefault(UNREAD, 0)
        elif forbidden(events, report, holder):
            found.setdefault(FORBIDDEN, 0)
        else:
            found.setdefault(NO_RULE, term_between(events, report, channel))
    reason = next((reason for reason in FURTHEST if reason in found), FAR)
    return reason, found.get(reason, 0)


_FATES = {Fate.HELD_BACK: HELD_BACK, Fate.SENT: LOST}


def forbidden(events: Events, report: Report, holder: int) -> bool:
    """Whether the code under which a desk holds a report may have kept it from passing it on."""
    if holder == report.unit:
        return False
    term = events.sending(report.key, holder).attempt.term
    code = int(events.world.terms.handling[term])
    return int(events.world.points.onward[events.lane.point, code]) != Onward.FREE


def term_between(events: Events, report: Report, channel: int) -> int:
    """Return the term under which the holder of a report could have told the other end unasked."""
    world = events.world
    holder, target = events.source[channel], events.target[channel]
    tick = report.tick if holder == report.unit else events.read[report.key, holder]
    relay = int(world.units.group[holder] != world.units.group[report.unit])
    known = concerned(events, holder, target, report.subject, tick)
    situation = min(2 * relay + known, SITUATIONS - 1)
    return int(world.points.term[events.lane.point, situation, channel, report.cls])
