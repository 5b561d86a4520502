"""Stories as plain JSON content; ticks are whole, ``tick_h`` says how long they are."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from experiments.trace.every import every_event
from scenarios.schema import EVIDENCE_ONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agents.journal import Deed
    from experiments.trace.comparing import Comparison
    from experiments.trace.events import Events, Report
    from experiments.trace.evidence import Contribution, Leg, Path
    from experiments.trace.missed import Missed
    from experiments.trace.parting import Parting
    from experiments.trace.story import Brief, Chapter, Story, Told
    from experiments.trace.waiting import Queue, Wait

Facts = dict[str, Any]


def story_facts(story: Story, *, every: bool = False) -> Facts:
    """Return a story; evidence is in traces of ordinary weight."""
    lane, events = story.lane, story.events
    found: Facts = {
        "scenario": lane.compiled.layout.scenario.scenario,
        "policy": lane.policy.name,
        "seed": lane.seed,
        "setting": lane.setting,
        "replication": lane.replication,
        "tick_h": events.clock.tick_h,
        "ticks": events.horizon,
        "outcomes_as_stored": True,
        "engine_changed": lane.engine_changed,
        "outcomes": {name: _finite(value) for name, value in lane.values.items()},
        "subjects": [_chapter(events, chapter) for chapter in story.chapters],
        "briefly": [
            {
                **asdict(brief),
                "subject": events.subject(brief.subject),
                "first": _first(events, brief),
            }
            for brief in story.briefs
        ],
        "decoys": asdict(story.decoys),
        "queues": [_queue(events, queue) for queue in story.queues],
        "longest_waits": [_wait(events, wait) for wait in story.waits],
    }
    if every:
        subjects = [chapter.subject for chapter in story.chapters]
        found["events"] = [event._asdict() for event in every_event(events, subjects)]
    return found


def comparison_facts(both: Comparison, *, every: bool = False) -> Facts:
    """Return a comparison, with both stories whole."""
    clock, events = both.one.events.clock, both.one.events
    return {
        "policies": [both.one.lane.policy.name, both.other.lane.policy.name],
        "first_difference": _parting(both.parting),
        "first_difference_about_subjects": _parting(both.subject_parting),
        "first_difference_that_mattered": _parting(both.mattered),
        "traces": dict(zip(("both", "first_only", "second_only"), both.seen, strict=True)),
        "recognised": [
            {
                "subject": events.subject(row.subject),
                "desk": events.unit(row.unit),
                "ticks": [row.one, row.other],
                "days": [None if t is None else clock.days(t) for t in (row.one, row.other)],
            }
            for row in both.known
        ],
        "stories": [story_facts(story, every=every) for story in (both.one, both.other)],
    }


def _first(events: Events, brief: Brief) -> Facts | None:
    if brief.first is None:
        return None
    tick, unit = brief.first
    return {"tick": tick, "desk": events.unit(unit)}


def _finite(value: float) -> float | None:
    return None if math.isnan(value) else value


def _parting(parting: Parting | None) -> Facts | None:
    if parting is None:
        return None
    found = asdict(parting)
    found["report"] = None if parting.report is None else f"{parting.report:016x}"
    found["why"] = list(parting.why)
    del found["channel"]
    return found


def _chapter(events: Events, chapter: Chapter) -> Facts:
    return {
        "subject": events.subject(chapter.subject),
        "real": events.is_real(chapter.subject),
        "traces": _traces(events, chapter.traces),
        "told": [_told(events, row) for row in chapter.told],
        "recognitions": [path_facts(events, path) for path in chapter.paths],
        "not_recognised": [_missed(events, one) for one in chapter.missed],
        "only_told": list(chapter.only_told),
        "deeds": [_deed(deed) for deed in chapter.deeds],
    }


def _traces(events: Events, traces: Mapping[str, list[Report]]) -> list[Facts]:
    return [
        {"organisation": owner, **_report(events, report)}
        for owner, reports in traces.items()
        for report in reports
    ]


def _report(events: Events, report: Report) -> Facts:
    return {
        "report": f"{report.key:016x}",
        "class": events.cls(report.cls),
        "desk": events.unit(report.unit),
        "made": report.tick,
        "weight": report.weight / EVIDENCE_ONE,
    }


def _told(events: Events, row: Told) -> Facts:
    return {
        "sender": events.unit(events.source[row.channel]),
        "receiver": events.unit(events.target[row.channel]),
        "instrument": events.instrument(row.channel),
        "tried": row.attempts,
        "sent": row.sent,
        "arrived": row.arrived,
        "read": row.read,
        "median_way": row.way,
        "median_wait": row.wait,
    }


def path_facts(events: Events, path: Path) -> Facts:
    """Return a recognition and what it rests on."""
    return {
        "tick": path.tick,
        "day": events.clock.days(path.tick),
        "desk": events.unit(path.unit),
        "evidence": path.evidence / EVIDENCE_ONE,
        "needed": path.needed / EVIDENCE_ONE,
        "organisations": events.groups(path.origins),
        "organisations_needed": path.origins_needed,
        "explained": path.explained,
        "reports": [_contribution(events, part) for part in path.contributions],
    }


def _contribution(events: Events, part: Contribution) -> Facts:
    return {
        **_report(events, part.report),
        "counted": part.counted,
        "evidence": part.evidence / EVIDENCE_ONE,
        "way": [_leg(events, leg) for leg in part.legs],
    }


def _leg(events: Events, leg: Leg) -> Facts:
    place = events.rule(leg.term)
    return {
        "sender": events.unit(leg.sender),
        "receiver": events.unit(leg.receiver),
        "instrument": events.instrument(leg.channel),
        "asked": leg.answer,
        "rule": None if place is None else place.rule.meaning,
        "sent": leg.sent,
        "arrived": leg.arrived,
        "read": leg.read,
    }


def _missed(events: Events, one: Missed) -> Facts:
    most = one.most
    return {
        "desk": events.unit(one.unit),
        "needed": one.needed / EVIDENCE_ONE,
        "organisations_needed": one.origins_needed,
        "most_evidence": 0.0 if most is None else most.evidence / EVIDENCE_ONE,
        "most_at": None if most is None else most.tick,
        "organisations": [] if most is None else events.groups(most.origins),
        "read": one.read,
        "unread": [_report(events, report) for report in one.unread],
        "never_told": [
            {
                "reason": reason,
                "rule": place.rule.meaning if (place := events.rule(term)) else None,
                "reports": times,
            }
            for (reason, term), times in one.untold.items()
        ],
    }


def _deed(deed: Deed) -> Facts:
    return {"tick": deed.tick, "actor": deed.actor, "kind": deed.kind, "text": deed.text}


def _queue(events: Events, queue: Queue) -> Facts:
    return {**asdict(queue), "unit": events.unit(queue.unit)}


def _wait(events: Events, wait: Wait) -> Facts:
    return {
        **_report(events, wait.report),
        "at": events.unit(wait.unit),
        "arrived": wait.arrived,
        "read": wait.read,
    }
