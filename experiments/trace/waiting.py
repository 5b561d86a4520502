"""What waited unread: by desk, and the longest waits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from experiments.trace.events import Channel, Desk, Report
from sim.seam import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from experiments.trace.events import Events


@dataclass(frozen=True)
class Wait:
    """One report in the queue of a desk."""

    report: Report
    at: Desk
    instrument: str
    """What brought it."""
    arrived: int
    read: int | None
    until: int
    """Tick at which it stopped waiting: read, of no use any more, or the end of the run."""


@dataclass(frozen=True)
class Queue:
    """How long reports waited at a desk."""

    unit: Desk
    arrived: int
    unread: int
    """Reports never read: out of date before their turn came, or still waiting at the end."""
    median: float
    """Ticks; of those that were read."""
    longest: int
    """Ticks; of all."""
    waited: int
    """Ticks, of all together."""


def waits(events: Events) -> Iterator[Wait]:
    """Every report that was put into a queue, in the order of arrival."""
    for (key, unit), (arrived, channel) in events.delivered.items():
        report = events.reports[key]
        if not _by_machine(events, report, channel, arrived):
            read = events.read.get((key, unit))
            until = max(arrived, min(report.dead, events.horizon)) if read is None else read
            yield Wait(report, channel.receiver, channel.instrument, arrived, read, until)


def _by_machine(events: Events, report: Report, channel: Channel, arrived: int) -> bool:
    """Whether a request was matched by machine as it arrived, without a reader."""
    if report.cls.role != Role.REQUEST:
        return False
    if channel.receiver.number in events.stores:
        return True
    automatic = events.world.terms.automatic
    copies = events.sent[report.key, channel.number]
    return any(automatic[copy.attempt.term] for copy in copies if copy.due == arrived)


def queues(events: Events) -> list[Queue]:
    """Desks by how much they left unread, then by their longest wait."""
    by_desk: dict[Desk, list[Wait]] = defaultdict(list)
    for wait in waits(events):
        by_desk[wait.at].append(wait)
    found = []
    for desk, held in sorted(by_desk.items()):
        each = [wait.until - wait.arrived for wait in held]
        read = [wait.read - wait.arrived for wait in held if wait.read is not None]
        middle = float(median(read)) if read else 0.0
        unread = len(held) - len(read)
        found.append(Queue(desk, len(held), unread, middle, max(each), sum(each)))
    return sorted(found, key=lambda queue: (-queue.unread, -queue.longest, queue.unit))


def longest(events: Events, subjects: frozenset[int], most: int) -> list[Wait]:
    """The longest waits of reports about some subjects."""
    held = [wait for wait in waits(events) if wait.report.subject in subjects]
    held.sort(key=lambda wait: (wait.arrived - wait.until, wait.arrived, wait.at))
    return held[:most]
