"""What waited unread: by desk, and the longest waits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.trace.wording import median
from sim.seam import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from experiments.trace.events import Events, Report


@dataclass(frozen=True)
class Wait:
    """One report in the queue of a desk."""

    report: Report
    unit: int
    channel: int
    arrived: int
    read: int | None

    def until(self, events: Events) -> int:
        """Tick at which it stopped waiting: read, of no use any more, or the end of the run."""
        if self.read is not None:
            return self.read
        return max(self.arrived, min(events.dead(self.report), events.horizon))


@dataclass(frozen=True)
class Queue:
    """How long reports waited at a desk."""

    unit: int
    arrived: int
    unread: int
    """Reports never read: out of date before their turn came, or still waiting at the end."""
    median: float
    """Ticks; of those that were read."""
    longest: int
    """Ticks; of all."""


def waits(events: Events) -> Iterator[Wait]:
    """Every report that was put into a queue, in the order of arrival."""
    for (key, unit), (arrived, channel) in events.delivered.items():
        report = events.reports[key]
        if not _by_machine(events, report, channel, arrived):
            read = events.read.get((key, unit))
            yield Wait(report, unit, channel, arrived, read)


def _by_machine(events: Events, report: Report, channel: int, arrived: int) -> bool:
    """Whether a request was matched by machine as it arrived, without a reader."""
    if events.role[report.cls] != Role.REQUEST:
        return False
    automatic = events.world.terms.automatic
    copies = events.sent[report.key, channel]
    return any(automatic[copy.attempt.term] for copy in copies if copy.due == arrived)


def queues(events: Events) -> list[Queue]:
    """Desks by how much they left unread, then by their longest wait."""
    by_unit: dict[int, list[Wait]] = defaultdict(list)
    for wait in waits(events):
        by_unit[wait.unit].append(wait)
    found = []
    for unit, held in sorted(by_unit.items()):
        lengths = [wait.until(events) - wait.arrived for wait in held]
        read = [wait.read - wait.arrived for wait in held if wait.read is not None]
        middle = median(read) if read else 0.0
        found.append(Queue(unit, len(held), len(held) - len(read), middle, max(lengths)))
    return sorted(found, key=lambda queue: (-queue.unread, -queue.longest, queue.unit))


def longest(events: Events, subjects: frozenset[int], most: int) -> list[Wait]:
    """The longest waits of reports about some subjects."""
    held = [wait for wait in waits(events) if wait.report.subject in subjects]
    held.sort(key=lambda wait: (wait.arrived - wait.until(events), wait.arrived, wait.unit))
    return held[:most]
