"""Stories as plain JSON content; ticks are whole, ``tick_h`` says how long they are.

The records that a story is made of are its facts: each becomes an object with its fields as keys.
A report and a channel within a record give it theirs.
"""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from agents.lane import Deed
from experiments.trace.events import Channel, Desk, Place, Report, Subject
from experiments.trace.happenings import every_event
from scenarios.schema import EVIDENCE_ONE

if TYPE_CHECKING:
    from experiments.trace.comparing import Comparison, Known
    from experiments.trace.parting import Parting
    from experiments.trace.story import Story
    from experiments.trace.wording import Clock

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
        "outcomes": {name: plain(value) for name, value in lane.values.items()},
        "subjects": plain(story.chapters),
        "briefly": plain(story.briefs),
        "decoys": plain(story.decoys),
        "queues": plain(story.queues),
        "longest_waits": plain(story.waits),
        "turns": plain(story.turns),
    }
    if every:
        subjects = [chapter.subject.number for chapter in story.chapters]
        found["events"] = [event._asdict() for event in every_event(events, subjects)]
    return found


def comparison_facts(both: Comparison, *, every: bool = False) -> Facts:
    """Return a comparison, with both stories whole."""
    clock = both.one.events.clock
    return {
        "policies": [both.one.lane.policy.name, both.other.lane.policy.name],
        "first_difference": _parting(both.parting),
        "first_difference_about_subjects": _parting(both.subject_parting),
        "first_difference_that_mattered": _parting(both.mattered),
        "traces": dict(zip(("both", "first_only", "second_only"), both.seen, strict=True)),
        "recognised": [_known(clock, row) for row in both.known],
        "stories": [story_facts(story, every=every) for story in (both.one, both.other)],
    }


def plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """Return a value of a story as JSON content."""
    found: Any = value
    match value:
        case Desk() | Subject():
            found = value.name
        case Place():
            found = value.rule.meaning
        case Report():
            found = _report(value)
        case Deed():
            found = {key: held for key, held in value._asdict().items() if key != "subject"}
        case tuple():
            found = [plain(part) for part in value]
        case float() if math.isnan(value):
            found = None
    return _record(value) if is_dataclass(value) else found


def _record(record: object) -> Facts:
    found: Facts = {}
    for field in fields(record):  # type: ignore[arg-type]
        value = getattr(record, field.name)
        if isinstance(value, Report):
            found |= _report(value)
        elif isinstance(value, Channel):
            found |= {
                "sender": value.sender.name,
                "receiver": value.receiver.name,
                "instrument": value.instrument,
            }
        else:
            found[field.name] = plain(value)
    return found


def _report(report: Report) -> Facts:
    return {
        "report": f"{report.key:016x}",
        "class": report.cls.name,
        "desk": report.desk.name,
        "made": report.tick,
        "weight": report.weight / EVIDENCE_ONE,
    }


def _known(clock: Clock, row: Known) -> Facts:
    ticks = [row.one, row.other]
    days = [None if tick is None else clock.days(tick) for tick in ticks]
    return {"subject": row.subject.name, "desk": row.desk.name, "ticks": ticks, "days": days}


def _parting(parting: Parting | None) -> Facts | None:
    if parting is None:
        return None
    return {
        "tick": parting.tick,
        "kind": parting.kind,
        "what": parting.what,
        "why": list(parting.why),
        "draw": parting.draw,
        "report": None if parting.report is None else f"{parting.report:016x}",
    }
