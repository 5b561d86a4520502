"""The story of one lane, as facts: what there was of each subject, and what became of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import median
from typing import TYPE_CHECKING, Final

from experiments.errors import UserError
from experiments.trace.events import Channel, Desk, Events, Report, Subject
from experiments.trace.evidence import Recognition, recognition
from experiments.trace.missed import Missed, missed, only_told
from experiments.trace.turns import Turn, turns
from experiments.trace.waiting import Queue, Wait, longest, queues

if TYPE_CHECKING:
    from agents.lane import Deed
    from experiments.trace.replaying import Replayed

MOST_WAITS: Final = 6
MOST_SUBJECTS: Final = 3
"""Subjects told of if none is named."""
SHOWN_NAMES: Final = 12


@dataclass(frozen=True)
class Seen:
    """A trace that an organisation saw itself."""

    organisation: str
    report: Report


@dataclass(frozen=True)
class Told:
    """Traffic about a subject over one channel."""

    channel: Channel
    tried: int
    sent: int
    arrived: int
    """First copies; a desk that had seen the report drops others."""
    read: int
    median_way: float | None
    """Ticks from release to arrival; None if nothing arrived."""
    median_wait: float | None
    """Ticks in the queue of those that were read."""


@dataclass(frozen=True)
class Chapter:
    """What happened about one subject."""

    subject: Subject
    real: bool
    traces: tuple[Seen, ...]
    """By organisation, in order of the first of each."""
    told: tuple[Told, ...]
    """Channels over which evidence went, those that brought most to a recognition first."""
    recognitions: tuple[Recognition, ...]
    """In order of time, each with what it rests on."""
    not_recognised: tuple[Missed, ...]
    only_told: tuple[str, ...]
    deeds: tuple[Deed, ...]


@dataclass(frozen=True)
class First:
    """When and where a subject was recognised first."""

    tick: int
    desk: Desk


@dataclass(frozen=True)
class Brief:
    """A real subject in a line."""

    subject: Subject
    traces: int
    reports: int
    recognitions: int
    first: First | None
    deeds: int


@dataclass(frozen=True)
class Decoys:
    """What the coincidences came to."""

    subjects: int
    reports: int
    messages: int
    recognitions: int
    deeds: int


@dataclass(frozen=True, eq=False)
class Story:
    """One lane."""

    events: Events
    chapters: tuple[Chapter, ...]
    briefs: tuple[Brief, ...]
    """Real subjects that are not told of."""
    decoys: Decoys
    queues: tuple[Queue, ...]
    waits: tuple[Wait, ...]
    """The longest about the subjects told of."""
    turns: tuple[Turn, ...]
    """What changed on dates."""

    @property
    def lane(self) -> Replayed:
        """The lane that was replayed."""
        return self.events.lane


@dataclass(frozen=True)
class Choice:
    """Which subjects to tell of, and which real ones to name in a line."""

    told: tuple[int, ...]
    brief: tuple[int, ...] = ()


def choose(lanes: Sequence[Events], names: str | None = None, *, every: bool = False) -> Choice:
    """Choose the subjects to tell of in some lanes of one world.

    Parameters
    ----------
    names
        Names with commas between; the real subjects of which there was anything if None.
    every
        Tell of all of those, and not only of the `MOST_SUBJECTS` about which most was done.

    Raises
    ------
    UserError
        If there is no such subject.
    """
    known = lanes[0].subjects
    if names is not None:
        return Choice(tuple(_number(known, name.strip()) for name in names.split(",")))
    real = [subject.number for subject in known if subject.real]
    there = [
        n for n in real if any(events.about.get(n) or events.deeds(n) for events in lanes)
    ] or real[:1]
    order = sorted(there, key=lambda n: _weight(lanes, n), reverse=True)
    told = order if every else order[:MOST_SUBJECTS]
    return Choice(tuple(sorted(told)), tuple(n for n in there if n not in told))


def _weight(lanes: Sequence[Events], subject: int) -> tuple[int, int]:
    """How much was done about a subject, and how much was written."""
    deeds = sum(len(events.deeds(subject)) for events in lanes)
    return deeds, sum(len(events.about.get(subject, ())) for events in lanes)


def _number(known: Sequence[Subject], name: str) -> int:
    names = [subject.name for subject in known]
    if name in names:
        return names.index(name)
    shown = ", ".join(names[:SHOWN_NAMES]) + (" ..." if len(names) > SHOWN_NAMES else "")
    raise UserError(
        f"--subject {name}",
        f"the subjects of this scenario are {shown}",
        "choose from them, or leave it out for those that are real",
    )


def story_of(events: Events, choice: Choice) -> Story:
    """Put the facts of a lane together."""
    return Story(
        events=events,
        chapters=tuple(_chapter(events, number) for number in choice.told),
        briefs=tuple(_brief(events, number) for number in choice.brief),
        decoys=_decoys(events),
        queues=tuple(queues(events)),
        waits=tuple(longest(events, frozenset(choice.told), MOST_WAITS)),
        turns=turns(events),
    )


def _brief(events: Events, subject: int) -> Brief:
    reports = events.about.get(subject, [])
    known = [(tick, unit) for tick, unit, about, _ in events.recognitions if about == subject]
    first = min(known, default=None)
    return Brief(
        events.subjects[subject],
        traces=sum(report.observed for report in reports),
        reports=len(reports),
        recognitions=len(known),
        first=None if first is None else First(first[0], events.desks[first[1]]),
        deeds=len(events.deeds(subject)),
    )


def _chapter(events: Events, subject: int) -> Chapter:
    seen: dict[str, list[Seen]] = defaultdict(list)
    for report in events.about.get(subject, []):
        if report.observed:
            seen[report.desk.owner].append(Seen(report.desk.owner, report))
    recognitions = tuple(
        recognition(events, tick, unit, about, faces)
        for tick, unit, about, faces in events.recognitions
        if about == subject
    )
    return Chapter(
        subject=events.subjects[subject],
        real=events.subjects[subject].real,
        traces=tuple(chain.from_iterable(seen.values())),
        told=tuple(_told(events, subject, recognitions)),
        recognitions=recognitions,
        not_recognised=tuple(missed(events, subject)),
        only_told=tuple(only_told(events, subject)),
        deeds=tuple(events.deeds(subject)),
    )


def _told(events: Events, subject: int, recognitions: tuple[Recognition, ...]) -> list[Told]:
    """Return the traffic in evidence about a subject, by channel."""
    keys = {report.key for report in events.evidence.get(subject, ())}
    tried, sent = Counter[int](), Counter[int]()
    for (key, channel), attempts in events.tried.items():
        if key in keys:
            tried[channel] += len(attempts)
            sent[channel] += len(events.sent.get((key, channel), ()))
    mattered: dict[int, float] = defaultdict(float)
    for one in recognitions:
        for part in one.reports:
            for leg in part.way:
                mattered[leg.channel.number] += part.evidence
    ways: dict[int, list[int]] = defaultdict(list)
    waits: dict[int, list[int]] = defaultdict(list)
    for (key, unit), (tick, over) in events.delivered.items():
        if key in keys:
            ways[over.number].append(tick - events.sending(key, unit).tick)
            if (read := events.read.get((key, unit))) is not None:
                waits[over.number].append(read - tick)
    rows = [
        Told(
            events.channels[channel],
            tried[channel],
            sent[channel],
            len(ways[channel]),
            len(waits[channel]),
            float(median(ways[channel])) if ways[channel] else None,
            float(median(waits[channel])) if waits[channel] else None,
        )
        for channel in tried
    ]
    return sorted(
        rows, key=lambda r: (-mattered[r.channel.number], -r.arrived, -r.tried, r.channel.number)
    )


def _decoys(events: Events) -> Decoys:
    false = {subject.number for subject in events.subjects if not subject.real}
    reports = {key for key, report in events.reports.items() if report.subject in false}
    return Decoys(
        subjects=len(false),
        reports=len(reports),
        messages=sum(row[2] in reports for row in events.lane.replay.log.sends),
        recognitions=sum(row[2] in false for row in events.recognitions),
        deeds=sum(deed.subject in false for deed in events.lane.replay.deeds),
    )
