"""What a timeline shows of a story: a row for each organisation that matters, and its marks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from experiments.trace.waiting import waits

if TYPE_CHECKING:
    from agents.lane import Deed
    from experiments.trace.evidence import Recognition
    from experiments.trace.story import Story

MOST_ROWS: Final = 16
MOST_ARROWS: Final = 3
"""Reports, the weightiest, whose ways are drawn for each recognition."""


@dataclass
class Line:
    """What there is to draw of one organisation."""

    name: str
    traces: list[int] = field(default_factory=list)
    waits: list[tuple[int, int]] = field(default_factory=list)
    """Arrival and end of the wait of each report that came to one of its desks."""
    recognitions: list[int] = field(default_factory=list)
    """The first of each subject."""
    cases: list[tuple[float, float]] = field(default_factory=list)
    """From the first to the last that is noted of its work on a subject."""
    steps: list[float] = field(default_factory=list)
    actions: list[float] = field(default_factory=list)

    @property
    def matters(self) -> bool:
        """Whether it saw, or did, anything itself."""
        return bool(self.traces or self.cases or self.actions)

    @property
    def start(self) -> float:
        """First tick at which there is anything to draw."""
        waits = [arrived for arrived, _ in self.waits]
        return min([*self.traces, *waits, *self.steps, *self.actions], default=math.inf)

    @property
    def end(self) -> float:
        """Last trace, recognition or deed; waits may go on for long after it."""
        marks = [*self.traces, *self.recognitions, *self.steps, *self.actions]
        return max(marks, default=-math.inf)

    @property
    def first(self) -> float:
        """When it first knew, acted or saw, the first of these that there is."""
        for ticks in (self.recognitions, self.steps, self.actions, self.traces):
            if ticks:
                return min(ticks)
        return math.inf


@dataclass(frozen=True)
class Arrow:
    """A report that mattered, on its way from one organisation to another."""

    sender: str
    receiver: str
    sent: int
    arrived: int


def lines_of(story: Story) -> dict[str, Line]:
    """Return what there is to draw of every organisation that the story speaks of."""
    found: dict[str, Line] = {}

    def line(name: str) -> Line:
        return found.setdefault(name, Line(name))

    subjects = {chapter.subject.number for chapter in story.chapters}
    for chapter in story.chapters:
        for trace in chapter.traces:
            line(trace.organisation).traces.append(trace.report.tick)
        firsts: dict[str, int] = {}
        for one in chapter.recognitions:
            firsts.setdefault(one.desk.owner, one.tick)
        for owner, tick in firsts.items():
            line(owner).recognitions.append(tick)
        for actor, deeds in _by_actor(chapter.deeds).items():
            if any(deed.kind != "world" for deed in deeds):
                _add_deeds(line(actor), deeds)
    for wait in waits(story.events):
        if wait.report.subject in subjects:
            line(wait.at.owner).waits.append((wait.arrived, wait.until))
    return found


def _by_actor(deeds: Sequence[Deed]) -> dict[str, list[Deed]]:
    found: dict[str, list[Deed]] = {}
    for deed in deeds:
        found.setdefault(deed.actor, []).append(deed)
    return found


def _add_deeds(line: Line, deeds: Sequence[Deed]) -> None:
    work = [deed.tick for deed in deeds if deed.kind == "case"]
    actions = [deed.tick for deed in deeds if deed.kind in {"action", "alarm"}]
    line.steps += work
    line.actions += actions
    if work:
        line.cases.append((min(work), max(work + actions)))


def shown_rows(stories: Sequence[dict[str, Line]], bodies: frozenset[str]) -> list[str]:
    """Return the organisations that get a row in every panel, those that knew first on top.

    Who neither saw nor did anything itself is left out; so are, over `MOST_ROWS`, the states that
    came last.
    """
    first: dict[str, float] = {}
    for lines in stories:
        for name, line in lines.items():
            if line.matters or (name in bodies and line.recognitions):
                first[name] = min(first.get(name, math.inf), line.first)
    order = sorted(first, key=lambda name: (first[name], name))
    kept = [name for name in order if name in bodies]
    kept += [name for name in order if name not in bodies][: max(0, MOST_ROWS - len(kept))]
    return [name for name in order if name in kept]


def arrows_of(story: Story, rows: Sequence[str]) -> list[Arrow]:
    """Return the ways between rows of what mattered most for the first recognition of each."""
    seen, found = set[str](), dict[Arrow, None]()
    for one in (one for chapter in story.chapters for one in chapter.recognitions):
        if one.desk.owner in rows and one.desk.owner not in seen:
            seen.add(one.desk.owner)
            found |= dict.fromkeys(_arrows(one, rows))
    return list(found)


def _arrows(one: Recognition, rows: Sequence[str]) -> Iterator[Arrow]:
    told = [part for part in one.reports if part.way][:MOST_ARROWS]
    for leg in (leg for part in told for leg in part.way):
        sender, receiver = leg.channel.sender.owner, leg.channel.receiver.owner
        if sender != receiver and {sender, receiver} <= set(rows):
            yield Arrow(sender, receiver, leg.sent, leg.arrived)
