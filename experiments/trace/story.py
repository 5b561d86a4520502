"""The story of one lane, as facts: what there was of each subject, and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
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
    decoys: Decoys
    queues: tuple[Queue, ...]
    waits: tuple[Wait, ...]
    """The longest about the subjects told of."""

    @property
    def lane(self) -> Replayed:
        """The lane that was replayed."""
        return self.events.lane


def story_of(lane: Replayed, subject: str | None = None) -> Story:
    """Put the facts of a lane together.

    Parameters
    ----------
    subject
        Name of the only subject to tell of; the real ones of which there was anything if None.

    Raises
    ------
    UserError, SpecError
        If there is no such subject.
    """
    events = Events(lane)
    chosen = chosen_subjects(events, subject)
    return Story(
        events=events,
        chapters=tuple(_chapter(events, number) for number in chosen),
        decoys=_decoys(events),
        queues=tuple(queues(events)),
        waits=tuple(longest(events, frozenset(chosen), MOST_WAITS)),
    )


def chosen_subjects(events: Events, name: str | None) -> list[int]:
    """Return the subjects to tell of."""
    names = events.world.subjects.names
    if name is not None:
        if name not in names:
            raise UserError(
                f"--subject {name}",
                f"the subjects of this scenario are {', '.join(names[:12])}"
                f"{' ...' if len(names) > 12 else ''}",  # noqa: PLR2004 - what fits in a line
                "choose one of them, or leave it out for those that are real",
            )
        return [names.index(name)]
    real = [number for number in range(len(names)) if events.is_real(number)]
    return [n for n in real if events.about.get(n) or events.deeds(n)] or real[:1]


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
    keys = {report.key for report in events.about.get(subject, []) if events.is_evidence(report)}
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
            ways[channel].append(tick - _sent_at(events, key, channel, tick))
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


def _sent_at(events: Events, key: int, channel: int, arrived: int) -> int:
    return next(s.tick for s in events.sent[key, channel] if s.due == arrived)


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
