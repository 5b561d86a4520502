"""Two lanes of one random world side by side: what they share, where they part, what follows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from experiments.trace.deeds import MOST
from experiments.trace.parting import Parting, first_parting, parting_that_mattered
from experiments.trace.wording import article, listed, traces

if TYPE_CHECKING:
    from experiments.trace.events import Desk, Subject
    from experiments.trace.story import Chapter, Story

Where = Literal["both", "one", "other"]


@dataclass(frozen=True)
class Step:
    """Something worth a line, in one lane."""

    tick: float
    kind: Literal["trace", "told", "recognition", "deed"]
    name: tuple[str | float, ...]
    """What it is; the same in both lanes if it is the same thing."""
    actor: str
    said: str
    """What the actor did; goes on from its name."""
    evidence: float | None = None
    """What a recognition rests on."""

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.actor} {self.said}{_resting_on([self])}"


@dataclass(frozen=True)
class Row:
    """A line of the two columns."""

    tick: float
    where: Where
    text: str


@dataclass(frozen=True)
class Known:
    """When a desk recognised a subject in each lane; None if it did not."""

    subject: Subject
    desk: Desk
    one: int | None
    other: int | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two stories of one random world."""

    one: Story
    other: Story
    parting: Parting | None
    """The first difference about anything."""
    subject_parting: Parting | None
    """The first difference about the subjects told of."""
    mattered: Parting | None
    """The first difference among the ways that reports took to a recognition of them."""
    seen: tuple[int, int, int]
    """Traces of them seen in both lanes at the same tick, only in one, only in the other."""
    rows: tuple[Row, ...]
    known: tuple[Known, ...]


def compare(one: Story, other: Story, *, every: bool = False) -> Comparison:
    """Put two stories side by side; they tell of the same subjects of the same world."""
    mine, theirs = one.events, other.events
    subjects = frozenset(chapter.subject.number for chapter in one.chapters)
    known = tuple([r for c in story.chapters for r in c.recognitions] for story in (one, other))
    seen, seen_there = (
        {(trace.report.tick, trace.report.key) for c in story.chapters for trace in c.traces}
        for story in (one, other)
    )
    return Comparison(
        one=one,
        other=other,
        parting=first_parting(mine, theirs),
        subject_parting=first_parting(mine, theirs, subjects),
        mattered=parting_that_mattered(mine, theirs, (known[0], known[1])),
        seen=(len(seen & seen_there), len(seen - seen_there), len(seen_there - seen)),
        rows=tuple(_rows(one, other, every=every)),
        known=tuple(_known(one, other)),
    )


def _known(one: Story, other: Story) -> list[Known]:
    found: dict[tuple[Subject, Desk], list[int | None]] = {}
    for side, story in enumerate((one, other)):
        for chapter in story.chapters:
            for recognition in chapter.recognitions:
                ticks = found.setdefault((chapter.subject, recognition.desk), [None, None])
                if ticks[side] is None:
                    ticks[side] = recognition.tick
    rows = [Known(*pair, *ticks) for pair, ticks in found.items()]
    return sorted(rows, key=_earliest)


def _earliest(row: Known) -> tuple[Subject, float, Desk]:
    ticks = [tick for tick in (row.one, row.other) if tick is not None]
    return row.subject, min(ticks, default=math.inf), row.desk


# The two columns -------------------------------------------------------------------------------


def _rows(one: Story, other: Story, *, every: bool) -> Iterator[Row]:
    """Merge the steps of both lanes; runs of traces become one line each."""
    mine, theirs = (_steps(story, every=every) for story in (one, other))
    done = [{(s.tick, s.name) for s in _steps(story, every=True)} for story in (one, other)]
    shown = {(step.tick, step.name) for step in mine}
    merged: list[tuple[Step, Where]] = [
        (step, "both" if (step.tick, step.name) in done[1] else "one") for step in mine
    ]
    merged += [
        (step, "both" if (step.tick, step.name) in done[0] else "other")
        for step in theirs
        if (step.tick, step.name) not in shown
    ]
    merged.sort(key=lambda item: item[0].tick)
    for is_trace, group in groupby(merged, key=lambda item: item[0].kind == "trace"):
        if is_trace and not every:
            yield from _summed(list(group))
        elif every:
            yield from (Row(step.tick, where, step.text) for step, where in group)
        else:
            yield from _gathered(group)


def _gathered(run: Iterable[tuple[Step, Where]]) -> Iterator[Row]:
    """Return one line for what several did at the same tick, if the words are true of each."""
    alike: dict[tuple[float, Where, str], list[Step]] = {}
    for step, where in run:
        alike.setdefault((step.tick, where, step.said), []).append(step)
    for (tick, where, said), steps in alike.items():
        actors = list(dict.fromkeys(step.actor for step in steps))
        who = f"{listed(actors)} each:" if len(actors) > 1 else actors[0]
        yield Row(tick, where, f"{who} {said}{_resting_on(steps)}")


def _resting_on(steps: Sequence[Step]) -> str:
    """Write the evidence of recognitions, least to most."""
    held = [step.evidence for step in steps if step.evidence is not None]
    if not held:
        return ""
    least, most = traces(min(held)), traces(max(held))
    return f" ({least})" if least == most else f" ({least} to {most})"


def _summed(run: Sequence[tuple[Step, Where]]) -> list[Row]:
    """Return one line for the traces that both saw, and one for each lane's own."""
    rows: list[Row] = []
    for where in ("both", "one", "other"):
        steps = [step for step, there in run if there == where]
        if steps:
            seers = Counter(str(step.name[2]) for step in steps)
            said = listed([f"{name} {times}" for name, times in seers.items()])
            text = f"{len(steps)} traces seen: {said}" if len(steps) > 1 else steps[0].text
            rows.append(Row(steps[0].tick, where, text))
    return sorted(rows, key=lambda row: row.tick)


def _steps(story: Story, *, every: bool) -> list[Step]:
    found: list[Step] = []
    for chapter in story.chapters:
        if every:
            found += _told(chapter)
        found += _traces(chapter)
        found += _recognitions(chapter)
        found += _deeds(chapter, every=every)
    return sorted(found, key=lambda step: step.tick)


def _traces(chapter: Chapter) -> Iterator[Step]:
    for trace in chapter.traces:
        report = trace.report
        name = ("trace", report.key, trace.organisation)
        said = f"sees {article(report.cls.name)}"
        yield Step(report.tick, "trace", name, report.desk.name, said)


def _recognitions(chapter: Chapter) -> Iterator[Step]:
    said = f"recognises {chapter.subject}"
    for one in chapter.recognitions:
        name = ("recognition", one.desk.name, chapter.subject.name, one.evidence)
        yield Step(one.tick, "recognition", name, one.desk.name, said, one.evidence)


def _deeds(chapter: Chapter, *, every: bool) -> Iterator[Step]:
    """Deeds one by one; of many only the first of each actor and kind."""
    seen: set[tuple[str, str]] = set()
    few = every or len(chapter.deeds) <= MOST
    for deed in chapter.deeds:
        if few or (deed.actor, deed.kind) not in seen:
            seen.add((deed.actor, deed.kind))
            name = ("deed", deed.actor, deed.text)
            yield Step(deed.tick, "deed", name, deed.actor, deed.text)


def _told(chapter: Chapter) -> Iterator[Step]:
    """Arrivals of the reports that a recognition rests on, each once."""
    seen: set[tuple[int, Desk]] = set()
    for part in (part for one in chapter.recognitions for part in one.reports):
        report = part.report
        for leg in part.way:
            sender, receiver = leg.channel.sender, leg.channel.receiver
            if (report.key, receiver) not in seen:
                seen.add((report.key, receiver))
                said = f"gets the {report.cls} of {report.desk} from {sender} over "
                name = ("told", report.key, leg.channel.number)
                yield Step(leg.arrived, "told", name, receiver.name, said + leg.channel.instrument)
