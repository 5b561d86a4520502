"""Desks that read: queues with tickets, finite capacity, urgency.

Reports and routine background share first-in-first-out queues. Background has no identity, so a
queue is two counters, tickets given out (`tail`) and tickets served (`head`), and a linked list of
the reports that wait, each with its ticket. A report is read when `head` has passed its ticket.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.arrays import rank_in_run, run_lengths, run_starts
from sim.lanes import Lanes
from sim.pool import FIRST_SLOTS, Pool
from sim.streams import QUANTILE_SHIFT, QUANTILES, name_key, philox4x32
from sim.world import NEVER, READING_ONE, World

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]

_NONE = -1
_READING_SHIFT = READING_ONE.bit_length() - 1
_BACKGROUND = name_key("background")


class Taken(NamedTuple):
    """Reports taken from queues, arrays of shape (n,)."""

    slot: I64
    channel: I64
    unit: I64


class Triage:
    """The queues of all lanes; queue number ``(lane * U + unit) * Q + urgency``."""

    def __init__(self, world: World, lanes: Lanes) -> None:
        self._units = len(world.units.names)
        self._urgencies = world.urgencies
        queues = lanes.size * self._units * self._urgencies
        self._shape = (lanes.size, self._units, self._urgencies)
        self.tail = np.zeros(queues, dtype=np.int32)
        self.head = np.zeros(queues, dtype=np.int32)
        self._credit = np.zeros(self._shape[:2], dtype=np.int32)
        self._capacity = np.ascontiguousarray(np.moveaxis(world.points.capacity, 2, 0))
        self._point = lanes.point
        self._first = np.full(queues, _NONE, dtype=np.int32)
        self._last = np.full(queues, _NONE, dtype=np.int32)
        self._first_ticket = np.full(queues, NEVER, dtype=np.int32)
        self._entries = _Entries()
        self._background = Background(world, lanes)

    def backlog(self) -> I64:
        """Everything that waits in each lane, shape (L,)."""
        waiting = (self.tail - self.head).reshape(self._shape[0], -1)
        total: I64 = waiting.sum(axis=1, dtype=np.int64)
        return total

    def waiting_reports(self) -> int:
        """Number of reports in all queues."""
        return self._entries.alive

    def background(self, tick: int) -> I64:
        """Let background arrive; return how much came to each lane."""
        return self._background.arrive(tick, self.tail.reshape(self._shape))

    def enqueue(self, queue: I64, key: NDArray[np.uint64], slot: I64, channel: I64) -> None:
        """Put reports at the ends of queues, those of one queue in ascending order of key."""
        order = np.lexsort((key, queue))
        queue, slot, channel = queue[order], slot[order], channel[order]
        ticket = self.tail[queue] + rank_in_run(queue).astype(np.int32)
        entry = self._entries.add(queue, ticket, slot, channel)
        self._link(queue, ticket, entry)
        starts = run_starts(queue)
        self.tail[queue[starts]] += run_lengths(starts, queue.size).astype(np.int32)

    def _link(self, queue: I64, ticket: I32, entry: I64) -> None:
        """Append entries, sorted by queue and ticket, to their queues' lists."""
        if not queue.size:
            return
        starts = run_starts(queue)
        ends = starts + run_lengths(starts, queue.size) - 1
        following = np.empty_like(entry)
        following[:-1] = entry[1:]
        following[ends] = _NONE
        self._entries.next[entry] = following
        which = queue[starts]
        last = self._last[which]
        empty = last == _NONE
        self._first[which[empty]] = entry[starts[empty]]
        self._first_ticket[which[empty]] = ticket[starts[empty]]
        self._entries.next[last[~empty]] = entry[starts[~empty]]
        self._last[which] = entry[ends]

    def serve(self, tick: int) -> tuple[Taken, I64]:
        """Read for one tick; return the reports taken and the places served in each lane."""
        capacity = self._capacity[tick % self._capacity.shape[0]]
        self._credit += capacity[self._point]
        budget = self._credit >> _READING_SHIFT
        self._credit &= READING_ONE - 1
        before = budget.sum(axis=1, dtype=np.int64)
        tail, head = self.tail.reshape(self._shape), self.head.reshape(self._shape)
        for urgency in range(self._urgencies):
            places = np.minimum(budget, tail[:, :, urgency] - head[:, :, urgency])
            head[:, :, urgency] += places
            budget -= places
        return self._pop(), before - budget.sum(axis=1, dtype=np.int64)

    def _pop(self) -> Taken:
        """Take every report whose ticket has been passed off its queue."""
        entries = self._entries
        queue = np.flatnonzero(self._first_ticket < self.head)
        taken: list[I64] = []
        while queue.size:
            entry = self._first[queue].astype(np.int64)
            taken.append(entry)
            following = entries.next[entry]
            self._first[queue] = following
            ended = following == _NONE
            self._last[queue[ended]] = _NONE
            ticket = np.where(ended, NEVER, entries.ticket[following])
            self._first_ticket[queue] = ticket
            queue = queue[ticket < self.head[queue]]
        if not taken:
            empty = np.empty(0, dtype=np.int64)
            return Taken(empty, empty, empty)
        entry = np.concatenate(taken)
        unit = entries.queue[entry] // self._urgencies % self._units
        result = Taken(entries.slot[entry], entries.channel[entry], unit)
        entries.free(entry)
        return result

    def purge(self, dead: NDArray[np.bool_]) -> None:
        """Forget waiting reports marked in `dead` (indexed by slot); their places stay taken."""
        entries = self._entries
        waiting = np.flatnonzero(entries.used)
        gone = dead[entries.slot[waiting]]
        if not gone.any():
            return
        entries.free(waiting[gone])
        kept = waiting[~gone]
        order = np.lexsort((entries.ticket[kept], entries.queue[kept]))
        kept = kept[order]
        self._first[:] = _NONE
        self._last[:] = _NONE
        self._first_ticket[:] = NEVER
        self._link(entries.queue[kept], entries.ticket[kept], kept)


class _Entries(Pool):
    """Reports in queues: the links of the lists."""

    columns = ("queue", "ticket", "slot", "channel", "next")

    def __init__(self) -> None:
        super().__init__()
        self.queue = np.zeros(FIRST_SLOTS, dtype=np.int64)
        self.ticket = np.zeros(FIRST_SLOTS, dtype=np.int32)
        self.slot = np.zeros(FIRST_SLOTS, dtype=np.int64)
        self.channel = np.zeros(FIRST_SLOTS, dtype=np.int64)
        self.next = np.zeros(FIRST_SLOTS, dtype=np.int64)

    def add(self, queue: I64, ticket: I32, slot: I64, channel: I64) -> I64:
        entry = self.take(queue.size)
        self.queue[entry] = queue
        self.ticket[entry] = ticket
        self.slot[entry] = slot
        self.channel[entry] = channel
        return entry


class Background:
    """Routine traffic as counts, drawn once a world and shared by the lanes of that world."""

    _BLOCK = 4

    def __init__(self, world: World, lanes: Lanes) -> None:
        self._lanes = lanes
        ids = world.points.background
        self._unit, self._urgency = np.nonzero((ids >= 0).any(axis=0))
        self._key = world.units.key[self._unit]
        zero = np.zeros(QUANTILES, dtype=world.tables.dtype)
        self._counts = np.concatenate((world.tables.reshape(-1), zero))
        table = ids[:, self._unit, self._urgency]
        table = np.where(table < 0, world.tables.shape[0], table).astype(np.int64)
        self._row = (table * QUANTILES)[lanes.point]
        self._same_urgency = np.unique(self._urgency).size == 1
        self._block = -1
        self._index = np.empty((self._BLOCK, 0, 0), dtype=np.int64)

    def arrive(self, tick: int, tail: I32) -> I64:
        """Add the counts of `tick` to the queues' ends; return what came, shape (L,)."""
        if not self._unit.size:
            return np.zeros(self._lanes.size, dtype=np.int64)
        block, within = divmod(tick, self._BLOCK)
        if block != self._block:
            self._draw(block)
        count = self._counts.take(self._row + self._index[within][self._lanes.world])
        if self._same_urgency and self._unit.size == tail.shape[1]:
            tail[:, :, self._urgency[0]] += count
        else:
            tail[:, self._unit, self._urgency] += count
        total: I64 = count.sum(axis=1, dtype=np.int64)
        return total

    def _draw(self, block: int) -> None:
        keys = self._lanes.world_keys
        worlds, streams = keys.shape[1], self._unit.size
        words = philox4x32(
            (
                _BACKGROUND,
                np.tile(self._key, worlds),
                np.tile(self._urgency, worlds),
                block,
            ),
            (np.repeat(keys[0], streams), np.repeat(keys[1], streams)),
        )
        index = (words >> np.uint32(QUANTILE_SHIFT)).astype(np.int64)
        self._index = index.reshape(self._BLOCK, worlds, streams)
        self._block = block
