"""Desks that read: queues with tickets, finite capacity, urgency.

Reports and routine background share first-in-first-out queues. Background has no identity, so a
queue is two counters, tickets given out (`tail`) and tickets served (`head`), and a linked list of
the reports that wait, each with its ticket. A report is read when `head` has passed its ticket.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws import QUANTILE_SHIFT, QUANTILES, name_key
from sim.kernel.arrays import run_lengths, run_starts
from sim.kernel.lanes import Lanes
from sim.kernel.pool import FIRST_SLOTS, Pool
from sim.seam import NEVER, READING_ONE, UNLIMITED, World

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]
Counted = NDArray[np.unsignedinteger]

NONE = -1
READING_SHIFT = READING_ONE.bit_length() - 1
_BACKGROUND = name_key("background")


class Taken(NamedTuple):
    """Reports taken from queues, arrays of shape (n,)."""

    slot: I64
    channel: I64
    unit: I64


class Waiting(NamedTuple):
    """Reports that are put into queues, arrays of shape (n,)."""

    queue: I64
    key: U64
    slot: I64
    channel: I64


_NONE: Final = np.empty(0, dtype=np.int64)
NOTHING_WAITS: Final = Waiting(_NONE, _NONE.astype(np.uint64), _NONE, _NONE)
NOTHING_TAKEN: Final = Taken(_NONE, _NONE, _NONE)


def joined(some: Taken, others: Taken) -> Taken:
    """Return both, one after the other."""
    if not others.slot.size:
        return some
    if not some.slot.size:
        return others
    return Taken(*(np.concatenate(pair) for pair in zip(some, others, strict=True)))


class Triage:
    """The queues of all lanes; queue number ``(urgency * L + lane) * U + unit``."""

    def __init__(self, world: World, lanes: Lanes) -> None:
        self._shape = (world.urgencies, lanes.size, len(world.units.names))
        queues = math.prod(self._shape)
        self.tail = np.zeros(queues, dtype=np.int32)
        self.head = np.zeros(queues, dtype=np.int32)
        self._credit = np.zeros(self._shape[1:], dtype=np.int32)
        capacity = world.phases.capacity
        self.unlimited = (capacity == UNLIMITED).any(axis=2)
        self._any_unlimited = bool(self.unlimited.any())
        limited = np.where(capacity == UNLIMITED, 0, capacity)
        self._capacity = np.ascontiguousarray(np.moveaxis(limited, 2, 0))
        self._open = [bool(week_tick.any()) for week_tick in self._capacity]
        self._week: list[int] = world.week.tolist()
        self.phase = lanes.phase
        self._first = np.full(queues, NONE, dtype=np.int64)
        self._last = np.full(queues, NONE, dtype=np.int64)
        self._first_ticket = np.full(queues, NEVER, dtype=np.int32)
        self._entries = _Entries()
        self._routine = Background(world, lanes)

    def queue(self, lane: I64, unit: I64, urgency: I64) -> I64:
        """Return queue numbers."""
        _, lanes, units = self._shape
        return (urgency * lanes + lane) * units + unit

    def waits(self, lane: I64, unit: I64) -> Bool | None:
        """Whether reports at units wait in a queue; None if all do."""
        if not self._any_unlimited:
            return None
        waits: Bool = ~self.unlimited[self.phase[lane], unit]
        return waits

    def tickets(self) -> I64:
        """Places given out so far in each lane, to background and to reports, shape (L,)."""
        return self._by_lane(self.tail)

    def served(self) -> I64:
        """Places served so far in each lane, shape (L,)."""
        return self._by_lane(self.head)

    def backlog(self) -> I64:
        """Everything that waits in each lane, shape (L,)."""
        return self._by_lane(self.tail - self.head)

    def _by_lane(self, places: I32) -> I64:
        total: I64 = places.reshape(self._shape).sum(axis=(0, 2), dtype=np.int64)
        return total

    def waiting_reports(self) -> int:
        """Number of reports in all queues."""
        return self._entries.alive

    def renew(self) -> None:
        """Take up that lanes are in other phases than before."""
        self._routine.renew()

    def background(self, tick: int) -> None:
        """Let background arrive."""
        self._routine.arrive(tick, self.tail.reshape(self._shape))

    def enqueue(self, queue: I64, key: NDArray[np.uint64], slot: I64, channel: I64) -> None:
        """Put reports at the ends of queues, those of one queue in ascending order of key."""
        if not queue.size:
            return
        order = np.lexsort((key, queue))
        queue = queue[order]
        starts = run_starts(queue)
        lengths = run_lengths(starts, queue.size)
        rank = np.arange(queue.size) - np.repeat(starts, lengths)
        ticket = self.tail[queue] + rank.astype(np.int32)
        self.tail[queue[starts]] += lengths.astype(np.int32)
        entry = self._entries.add(queue, ticket, slot[order], channel[order])
        self._link(queue[starts], starts, lengths, ticket, entry)

    def _link(self, queue: I64, starts: I64, lengths: I64, ticket: I32, entry: I64) -> None:
        """Append runs of entries, sorted by ticket, to the lists of their queues."""
        links, ends = self._entries.next, starts + lengths - 1
        links[entry[:-1]] = entry[1:]
        links[entry[ends]] = NONE
        last = self._last[queue]
        empty = last == NONE
        first = entry[starts]
        self._first[queue[empty]] = first[empty]
        self._first_ticket[queue[empty]] = ticket[starts[empty]]
        links[last[~empty]] = first[~empty]
        self._last[queue] = entry[ends]

    def serve(self, tick: int) -> Taken:
        """Read for one tick; return the reports taken."""
        when = self._week[tick]
        if not self._open[when]:
            return NOTHING_TAKEN
        self._credit += self._capacity[when][self.phase]
        budget = self._credit >> READING_SHIFT
        self._credit &= READING_ONE - 1
        tail, head = self.tail.reshape(self._shape), self.head.reshape(self._shape)
        for urgency in range(self._shape[0]):
            places = np.minimum(budget, tail[urgency] - head[urgency])
            head[urgency] += places
            budget -= places
        return self._pop()

    def _pop(self) -> Taken:
        """Take every report whose ticket has been passed off its queue."""
        entries = self._entries
        queue = np.flatnonzero(self._first_ticket < self.head)
        taken: list[I64] = []
        while queue.size:
            entry = self._first[queue]
            taken.append(entry)
            following = entries.next[entry]
            self._first[queue] = following
            ended = following == NONE
            self._last[queue[ended]] = NONE
            ticket = np.where(ended, NEVER, entries.ticket[following])
            self._first_ticket[queue] = ticket
            queue = queue[ticket < self.head[queue]]
        if not taken:
            return NOTHING_TAKEN
        entry = np.concatenate(taken)
        unit = entries.queue[entry] % self._shape[2]
        entries.free(entry)
        return Taken(entries.slot[entry], entries.channel[entry], unit)

    def purge(self, dead: NDArray[np.bool_]) -> None:
        """Forget waiting reports marked in `dead` (indexed by slot); their places stay taken."""
        entries = self._entries
        waiting = np.flatnonzero(entries.used)
        gone = dead[entries.slot[waiting]]
        if not gone.any():
            return
        entries.free(waiting[gone])
        self._first[:] = NONE
        self._last[:] = NONE
        self._first_ticket[:] = NEVER
        kept = waiting[~gone]
        if kept.size:
            kept = kept[np.lexsort((entries.ticket[kept], entries.queue[kept]))]
            queue = entries.queue[kept]
            starts = run_starts(queue)
            lengths = run_lengths(starts, queue.size)
            self._link(queue[starts], starts, lengths, entries.ticket[kept], kept)


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
    """Ticks that one draw serves."""

    def __init__(self, world: World, lanes: Lanes) -> None:
        self._world, self._lanes = world, lanes
        self.renew()

    def renew(self) -> None:
        """Look which tables lanes are under now."""
        world, lanes = self._world, self._lanes
        phases, phase = np.unique(lanes.phase, return_inverse=True)
        ids = np.moveaxis(world.phases.background[phases], 2, 0)
        self._urgency = np.flatnonzero((ids >= 0).any(axis=(1, 2)))
        worlds = lanes.world_keys.shape[1]
        self._shape = (self._urgency.size, ids.shape[2], worlds)
        urgency, unit, number = np.indices(self._shape).reshape(3, -1)
        self._entity = (world.units.key[unit], self._urgency[urgency])
        self._key = lanes.world_keys[:, number]
        patterns, pattern = np.unique(ids, axis=1, return_inverse=True)
        self._which: I64 = pattern.reshape(-1)[phase] * worlds + lanes.world
        """Of each lane, where its counts are: with all of its world under the same tables."""
        patterns = patterns[self._urgency]
        used, table = np.unique(patterns, return_inverse=True)
        counts = np.where(used[:, np.newaxis] >= 0, world.tables[used], 0)
        self._counts = counts.astype(np.min_scalar_type(counts.max(initial=0))).reshape(-1)
        """The tables in use, as narrow as they can be, so that they stay near the processor."""
        self._row = table.reshape(*patterns.shape, 1) * QUANTILES
        self._block, self._drawn = -1, self._counts[:0]

    def arrive(self, tick: int, tail: I32) -> None:
        """Add the counts of `tick` to the queues' ends, shape (Q, L, U)."""
        block, within = divmod(tick, self._BLOCK)
        if block != self._block:
            self._block, self._drawn = block, self._draw(block)
        for urgency, drawn in zip(self._urgency, self._drawn[within], strict=True):
            tail[urgency] += drawn.take(self._which, axis=0)

    def _draw(self, block: int) -> Counted:
        """Return counts, shape (ticks of a block, urgencies used, patterns x worlds, U).

        All that is read off one table is read at once, while that is near the processor.
        """
        key = self._key[0], self._key[1]
        words = self._lanes.generator((_BACKGROUND, *self._entity, block), key)
        index = (words >> np.uint32(QUANTILE_SHIFT)).astype(np.int64)
        urgencies, units, worlds = self._shape
        index = np.ascontiguousarray(index.T).reshape(urgencies, 1, units, worlds * self._BLOCK)
        counts = self._counts.take(self._row + index)
        counts = counts.reshape(urgencies, self._row.shape[1], units, worlds, self._BLOCK)
        by_tick = np.ascontiguousarray(counts.transpose(4, 0, 1, 3, 2))
        return by_tick.reshape(self._BLOCK, urgencies, self._row.shape[1] * worlds, units)
