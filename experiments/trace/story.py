"""The story of one lane, as facts: what there was of each subject, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from experiments.errors import UserError
from experiments.trace.events import Events
from experiments.trace.evidence import Path, path
from experiments.trace.missed import Missed, missed, only_told
from experiments.trace.waiting import Queue, Wait, longest, queues
from experiments.trace.wording import median

if TYPE_CHECKING:
    from agents.journal import Deed
    from experiments.trace.events import Report
    from experiments.trace.replaying import Replayed

MOST_WAITS: Final = 6
MOST_SUBJECTS: Final = 3
"""Subjects told of if none is named."""
SHOWN_NAMES: Final = 12


@dataclass(frozen=True)
class Told:
    """Traffic about a subject over one channel."""

    channel: int
    attempts: int
    sent: int
    arrived: int
    """First copies; a desk that had seen the report drops others."""
    read: int
    way: float | None
    """Median ticks from release to arrival; None if nothing arrived."""
    wait: float | None
    """Median ticks in the queue of those that were read."""


@dataclass(frozen=True)
class Chapter:
    """What happened about one subject."""

    subject: int
    traces: Mapping[str, list[Report]]
    """What each organisation saw itself, in order of the first."""
    told: tuple[Told, ...]
    """Channels over which evidence went, those that brought most to a recognition first."""
    paths: tuple[Path, ...]
    """Recognitions in order of time, each with what it rests on."""
    missed: tuple[Missed, ...]
    only_told: tuple[str, ...]
    deeds: tuple[Deed, ...]


@dataclass(frozen=True)
class Brief:
    """A real subject in a line."""

    subject: int
    traces: int
    reports: int
    recognitions: int
    first: tuple[int, int] | None
    """Tick and desk of the first recognition."""
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
    known = lanes[0].world.subjects.names
    if names is not None:
        return Choice(tuple(_number(known, name.strip()) for name in names.split(",")))
    real = [number for number in range(len(known)) if lanes[0].is_real(number)]
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


def _number(known: tuple[str, ...], name: str) -> int:
    if name in known:
        return known.index(name)
    shown = ", ".join(known[:SHOWN_NAMES]) + (" ..." if len(known) > SHOWN_NAMES else "")
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
    )


def _brief(events: Events, subject: int) -> Brief:
    reports = events.about.get(subject, [])
    known = [(tick, unit) for tick, unit, about in events.recognitions if about == subject]
    return Brief(
        subject,
        traces=sum(events.observed(report) for report in reports),
        reports=len(reports),
        recognitions=len(known),
        first=min(known, default=None),
        deeds=len(events.deeds(subject)),
    )


def _chapter(events: Events, subject: int) -> Chapter:
    traces: dict[str, list[Report]] = defaultdict(list)
    for report in events.about.get(subject, []):
        if events.observed(report):
            traces[events.owner(report.unit)].append(report)
    paths = tuple(
        path(events, tick, unit, about)
        for tick, unit, about in events.recognitions
        if about == subject
    )
    return Chapter(
        subject=subject,
        traces=dict(traces),
        told=tuple(_told(events, subject, paths)),
        paths=paths,
        missed=tuple(missed(events, subject)) if subject in events.about else (),
        only_told=tuple(only_told(events, subject)) if subject in events.about else (),
        deeds=tuple(events.deeds(subject)),
    )


def _told(events: Events, subject: int, paths: tuple[Path, ...]) -> list[Told]:
    """Return the traffic in evidence about a subject, by channel."""
    keys = {report.key for report in events.evidence.get(subject, ())}
    attempts: dict[int, int] = defaultdict(int)
    sent: dict[int, int] = defaultdict(int)
    for (key, channel), tried in events.tried.items():
        if key in keys:
            attempts[channel] += len(tried)
            sent[channel] += len(events.sent.get((key, channel), ()))
    mattered: dict[int, int] = defaultdict(int)
    for one in paths:
        for part in one.contributions:
            for leg in part.legs:
                mattered[leg.channel] += part.evidence
    ways: dict[int, list[int]] = defaultdict(list)
    waits: dict[int, list[int]] = defaultdict(list)
    for (key, unit), (tick, channel) in events.delivered.items():
        if key in keys:
            ways[channel].append(tick - events.sending(key, unit).tick)
            if (read := events.read.get((key, unit))) is not None:
                waits[channel].append(read - tick)
    rows = [
        Told(
            channel,
            attempts[channel],
            sent[channel],
            len(ways[channel]),
            len(waits[channel]),
            median(ways[channel]) if ways[channel] else None,
            median(waits[channel]) if waits[channel] else None,
        )
        for channel in sorted(attempts)
    ]
    rows.sort(key=lambda row: (-mattered[row.channel], -row.arrived, -row.attempts, row.channel))
    return rows


def _decoys(events: Events) -> Decoys:
    false = {n for n in range(len(events.world.subjects.names)) if not events.is_real(n)}
    reports = {key for key, report in events.reports.items() if report.subject in false}
    sends = events.lane.replay.log.sends
    return Decoys(
        subjects=len(false),
        reports=len(reports),
        messages=sum(row[2] in reports for row in sends),
        recognitions=sum(row[2] in false for row in events.recognitions),
        deeds=sum(deed.subject in false for deed in events.lane.replay.deeds),
    )
