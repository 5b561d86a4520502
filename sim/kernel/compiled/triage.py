"""Desks that read, compiled."""

from __future__ import annotations

from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.compiled.fetch import AHEAD, fetch
from sim.kernel.compiled.jit import jit, leaf
from sim.kernel.triage import NONE, NOTHING_TAKEN, READING_SHIFT, Taken, Triage
from sim.seam import NEVER, READING_ONE

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
U64 = NDArray[np.uint64]


MOST_STEPS: Final = 50
"""Steps in lists for each that arrives, from which sorting is cheaper."""


class CompiledTriage(Triage):
    """The queues of all lanes."""

    def enqueue(self, queue: I64, key: U64, slot: I64, channel: I64) -> None:
        """Put reports at the ends of queues, those of one queue in ascending order of key."""
        after = _by_key(queue, key, self._arriving)
        if not after.size:
            super().enqueue(queue, key, slot, channel)
            return
        entries = self._entries
        entry = entries.take(queue.size)
        entries.queue[entry], entries.slot[entry] = queue, slot
        entries.channel[entry] = channel
        ends = _Ends(self._first, self._last, self._first_ticket, self.tail, self._arriving)
        _hang_on(queue, after, entry, ends, entries.next, entries.ticket)

    @cached_property
    def _arriving(self) -> I32:
        """Of each queue, what arrives for it now; nothing between two ticks."""
        return np.full(self.tail.size, NONE, dtype=np.int32)

    def serve(self, tick: int) -> Taken:
        """Read for one tick; return the reports taken."""
        when = self._week[tick]
        if not self._open[when]:
            return NOTHING_TAKEN
        passed = _read(
            self.tail.reshape(self._shape),
            self.head.reshape(self._shape),
            self._credit,
            self._capacity[when],
            self.phase,
            self._first_ticket.reshape(self._shape),
        )
        if not passed.size:
            return NOTHING_TAKEN
        entries = self._entries
        ends = _Front(self._first, self._last, self._first_ticket, self.head)
        waiting = _Waiting(entries.next, entries.ticket, entries.slot, entries.channel)
        entry, *taken = _pop(passed, self._shape[2], ends, waiting)
        entries.free(entry)
        return Taken(*taken)


class _Ends(NamedTuple):
    """Both ends of every queue."""

    first: I64
    last: I64
    first_ticket: I32
    tail: I32
    arriving: I32


class _Front(NamedTuple):
    """What reading looks up of every queue."""

    first: I64
    last: I64
    first_ticket: I32
    head: I32


class _Waiting(NamedTuple):
    """What waits, by entry."""

    next: I64
    ticket: I32
    slot: I64
    channel: I64


@jit
def _by_key(queue: I64, key: U64, arriving: I32) -> I32:
    """List what arrives for each queue by key; return which follows which.

    Few arrive at a queue in a tick, so each is put in its place from the front. Where so many
    arrive that this would take long, nothing is returned and `arriving` is as before.
    """
    after = np.empty(queue.size, dtype=np.int32)
    steps = 0
    for at in range(queue.size):
        fetch(arriving, queue[min(at + AHEAD, queue.size - 1)])
        here = arriving[queue[at]]
        before = NONE
        while here != NONE and key[here] < key[at]:
            before, here = here, after[here]
            steps += 1
        after[at] = here
        if before == NONE:
            arriving[queue[at]] = at
        else:
            after[before] = at
        if steps > MOST_STEPS * queue.size:
            for done in range(at + 1):
                arriving[queue[done]] = NONE
            return after[:0]
    return after


@leaf
def _hang_on(queue: I64, after: I32, entry: I64, ends: _Ends, following: I64, ticket: I32) -> None:
    """Hang the lists of what arrives on the queues, with tickets."""
    for at in range(queue.size):
        soon = queue[min(at + AHEAD, queue.size - 1)]
        fetch(ends.tail, soon)
        fetch(ends.last, soon)
        fetch(ends.first, soon)
        fetch(ends.first_ticket, soon)
        where = queue[at]
        here = ends.arriving[where]
        ends.arriving[where] = NONE
        while here != NONE:
            new = entry[here]
            ticket[new] = ends.tail[where]
            ends.tail[where] += 1
            following[new] = NONE
            if ends.last[where] == NONE:
                ends.first[where] = new
                ends.first_ticket[where] = ticket[new]
            else:
                following[ends.last[where]] = new
            ends.last[where] = new
            here = after[here]


@jit
def _read(tail: I32, head: I32, credit: I32, capacity: I32, phase: I64, first_ticket: I32) -> I64:
    """Serve queues by urgency; return the numbers of those in which a report was reached.

    Desks side by side are served together, by vector instructions: none waits for another.
    """
    urgencies, lanes, units = tail.shape
    passed, count = np.empty(units, dtype=np.int64), 0
    budget = np.empty(units, dtype=np.int32)
    for lane in range(lanes):
        _allot(credit[lane], capacity[phase[lane]], budget)
        for urgency in range(urgencies):
            front, due = head[urgency, lane], first_ticket[urgency, lane]
            if not _serve(tail[urgency, lane], front, budget, due):
                continue
            if count + units > passed.size:
                passed = np.concatenate((passed, np.empty_like(passed)))
            first = (urgency * lanes + lane) * units
            for unit in range(units):
                passed[count] = first + unit
                count += due[unit] < front[unit]
    return passed[:count]


@leaf
def _allot(credit: I32, capacity: I32, budget: I32) -> None:
    """Share out what desks may read now, in whole places; the rest is kept."""
    for unit in range(credit.size):
        saved = np.int32(credit[unit] + capacity[unit])
        credit[unit] = saved & np.int32(READING_ONE - 1)
        budget[unit] = saved >> np.int32(READING_SHIFT)


@leaf
def _serve(tail: I32, head: I32, budget: I32, first_ticket: I32) -> bool:
    """Serve the desks' queues of one urgency; return whether a report was reached."""
    reached = np.int32(0)
    for unit in range(tail.size):
        places = min(budget[unit], np.int32(tail[unit] - head[unit]))
        front = np.int32(head[unit] + places)
        head[unit] = front
        budget[unit] = np.int32(budget[unit] - places)
        reached |= np.int32(first_ticket[unit] < front)
    return bool(reached != 0)


@leaf
def _fetch_entry(entry: int | np.integer, entries: _Waiting) -> None:
    """Fetch what reading looks up of what waits."""
    fetch(entries.next, entry)
    fetch(entries.ticket, entry)
    fetch(entries.slot, entry)
    fetch(entries.channel, entry)


@jit
def _pop(queues: I64, units: int, ends: _Front, entries: _Waiting) -> tuple[I64, I64, I64, I64]:
    """Take every report whose ticket has been passed off its queue.

    Return entries, slots, channels and units.
    """
    out, count = np.empty((4, 2 * queues.size), dtype=np.int64), 0
    for at in range(queues.size):
        fetch(ends.first, queues[min(at + 2 * AHEAD, queues.size - 1)])
        _fetch_entry(ends.first[queues[min(at + AHEAD, queues.size - 1)]], entries)
        queue = queues[at]
        entry, unit = ends.first[queue], queue % units
        while entry != NONE and entries.ticket[entry] < ends.head[queue]:
            if count == out.shape[1]:
                out = np.concatenate((out, np.empty_like(out)), axis=1)
            out[0, count], out[1, count] = entry, entries.slot[entry]
            out[2, count], out[3, count] = entries.channel[entry], unit
            count += 1
            entry = entries.next[entry]
        ends.first[queue] = entry
        if entry == NONE:
            ends.last[queue] = NONE
            ends.first_ticket[queue] = NEVER
        else:
            ends.first_ticket[queue] = entries.ticket[entry]
    return out[0, :count], out[1, :count], out[2, :count], out[3, :count]
