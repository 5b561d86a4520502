"""Step 1 of a tick, compiled."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.compiled.calendar import (
    Blocks,
    CompiledCalendar,
    block_start,
    due_at,
    end_before,
    forget,
)
from sim.kernel.compiled.fetch import AHEAD, fetch
from sim.kernel.compiled.jit import jit, leaf
from sim.kernel.delivery import NOTHING_ARRIVED, Arrived, Delivery
from sim.kernel.pull import Request
from sim.kernel.reports import Packing
from sim.kernel.triage import Taken, Waiting
from sim.seam import KIND_ROW, ROW

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
I8 = NDArray[np.int8]
U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

_DELIVERED, _CLOSED_TO = ROW["delivered"], ROW["closed_to"]
_DISCLOSURES, _PERSON_DAYS = KIND_ROW["disclosures"], ROW["person_days"]
_QUEUED, _SERVED = ROW["queued"], ROW["served"]
_SEARCHES, _BY_STORE = ROW["searches"], ROW["disclosed_by_store"]

_WAITS, _AT_ONCE, _AUTOMATIC, _CLOSED = 0, 1, 2, 3
"""What becomes of a copy."""

_SPREAD = np.uint64(0x9E3779B97F4A7C15)


class _Reports(NamedTuple):
    """What a delivery looks up of a report, by slot."""

    lane: I64
    cls: I64
    subject: I64
    unit: I64
    key: U64


class _Rules(NamedTuple):
    """What a delivery looks up of the world."""

    group: I64
    src: I64
    at_store: Bool
    is_evidence: Bool
    persons: I32
    handling: I8
    retention: I32
    automatic: Bool
    request: int
    urgency: I64
    usual: U8
    """What becomes of most copies at a unit, by phase and unit."""
    phase: I64


class _Told(NamedTuple):
    """Where disclosures are counted, and the kinds of subjects."""

    disclosed: I64
    by_kind: I64
    kind: I64


class CompiledDelivery(Delivery):
    """Takes messages off the calendar and hands copies over."""

    _calendar: CompiledCalendar

    def deliver(self, tick: int) -> Arrived:
        """Hand over what is due; copies already seen are dropped."""
        if self._record.log is not None:
            return super().deliver(tick)
        store, calendar = self._store, self._calendar
        blocks = calendar.buckets.blocks
        if not blocks.end[tick]:
            return NOTHING_ARRIVED
        copies = store.copies.reshape(-1)
        first = _first_copies(blocks, tick, calendar.place_shift, copies, store.packing)
        slot, unit, channel, queue, key, fate = _hand_over(
            first,
            (calendar.place_shift, calendar.channel_bits, calendar.term_bits),
            copies,
            store.packing,
            _Reports(store.lane, store.cls, store.subject, store.unit, store.key),
            self._rules,
            self._counts.table,
            _Told(self.disclosed, self._counts.by_kind, self._counts.kind),
        )
        if not slot.size:
            return NOTHING_ARRIVED
        if fate.min() == fate.max() < _AUTOMATIC:
            if fate[0] == _WAITS:
                return NOTHING_ARRIVED._replace(waiting=Waiting(queue, key, slot, channel))
            return NOTHING_ARRIVED._replace(at_once=Taken(slot, channel, unit))
        parts = [np.flatnonzero(fate == kind) for kind in (_WAITS, _AT_ONCE, _AUTOMATIC)]
        waiting, at_once, automatic = parts
        return Arrived(
            Waiting(queue[waiting], key[waiting], slot[waiting], channel[waiting]),
            Taken(slot[at_once], channel[at_once], unit[at_once]),
            Request(slot[automatic], unit[automatic], channel[automatic]),
        )

    @cached_property
    def _rules(self) -> _Rules:
        """What stays the same for as long as the batch runs."""
        world, terms = self._world, self._world.terms
        return _Rules(
            world.units.group,
            world.channels.src,
            self._at_store,
            self._is_evidence,
            world.classes.persons,
            terms.handling,
            terms.retention,
            terms.automatic,
            self._request_class,
            world.classes.urgency.astype(np.int64),
            np.where(self._closed, _CLOSED, self._triage.unlimited).astype(np.uint8),
            self._phase,
        )


@leaf
def held(copies: U8, packing: Packing, place: int) -> int:
    """Return 1 + the code of a copy, or 0."""
    byte = np.int64(copies[place >> packing.shift])
    bit = (place & packing.within) << packing.log_width
    return int((byte >> bit) & ((1 << (1 << packing.log_width)) - 1))


@jit
def _first_copies(blocks: Blocks, tick: int, place_shift: int, copies: U8, packing: Packing) -> I64:
    """Take messages off a tick; return those to places without a copy, the lowest of each place.

    Places are found again in a table of open addresses; it is made anew, so that nothing is kept
    a place.
    """
    found = _unseen(blocks, tick, place_shift, copies, packing)
    bits = 1
    while 1 << bits < 2 * found.size:
        bits += 1
    table = np.zeros(1 << bits, dtype=np.int32)
    mask, shift = (1 << bits) - 1, np.uint64(64 - bits)
    kept = 0
    for at in range(found.size):
        message = found[at]
        place = message >> place_shift
        index = np.int64((np.uint64(place) * _SPREAD) >> shift)
        while table[index] and found[table[index] - 1] >> place_shift != place:
            index = (index + 1) & mask
        if table[index]:
            other = table[index] - 1
            found[other] = min(found[other], message)
        else:
            found[kept] = message
            kept += 1
            table[index] = kept
    return found[:kept]


@jit
def _unseen(blocks: Blocks, tick: int, place_shift: int, copies: U8, packing: Packing) -> I64:
    """Take messages off a tick; return those to places without a copy."""
    found = np.empty(due_at(blocks, tick), dtype=np.int64)
    count, end = 0, blocks.end[tick]
    while end > 0:
        begin = block_start(end)
        for at in range(begin, end):
            soon = blocks.values[min(at + AHEAD, end - 1)]
            fetch(copies, soon >> (place_shift + packing.shift))
            message = blocks.values[at]
            found[count] = message
            count += held(copies, packing, message >> place_shift) == 0
        end = end_before(blocks, begin)
    forget(blocks, tick)
    return found[:count]


@leaf
def _fetch_report(slot: int | np.int64, reports: _Reports) -> None:
    """Fetch what a delivery looks up of a report."""
    fetch(reports.lane, slot)
    fetch(reports.cls, slot)
    fetch(reports.unit, slot)
    fetch(reports.subject, slot)
    fetch(reports.key, slot)


@jit
def _hand_over(
    due: I64,
    bits: tuple[int, int, int],
    copies: U8,
    packing: Packing,
    reports: _Reports,
    rules: _Rules,
    counts: I64,
    told: _Told,
) -> tuple[I64, I64, I64, I64, U64, U8]:
    """Hold copies, account for them, and say what becomes of each; drop those to closed units.

    Return slots, units, channels, queues, keys and what becomes of each.
    """
    place_shift, channel_bits, term_bits = bits
    slots, units = np.empty(due.size, dtype=np.int64), np.empty(due.size, dtype=np.int64)
    channels, fates = np.empty(due.size, dtype=np.int64), np.empty(due.size, dtype=np.uint8)
    queues, keys = np.empty(due.size, dtype=np.int64), np.empty(due.size, dtype=np.uint64)
    count = 0
    for at in range(due.size):
        soon = np.uint64(due[min(at + AHEAD, due.size - 1)] >> place_shift)
        _fetch_report(np.int64(soon // np.uint64(packing.places)), reports)
        message = due[at]
        place = message >> place_shift
        term = message & ((1 << term_bits) - 1)
        channel = (message >> term_bits) & ((1 << channel_bits) - 1)
        slot = np.int64(np.uint64(place) // np.uint64(packing.places))
        unit = place - slot * packing.places
        lane, cls = reports.lane[slot], reports.cls[slot]
        fate = rules.usual[rules.phase[lane], unit]
        if fate == _CLOSED:
            counts[_CLOSED_TO, lane] += 1
            continue
        bit = (place & packing.within) << packing.log_width
        copies[place >> packing.shift] |= np.uint8((1 + np.int64(rules.handling[term])) << bit)
        counts[_DELIVERED, lane] += 1
        persons, group = np.int64(rules.persons[cls]), rules.group[unit]
        if persons > 0 and group != rules.group[reports.unit[slot]]:
            subject = reports.subject[slot]
            told.by_kind[_DISCLOSURES, lane, told.kind[subject]] += 1
            counts[_PERSON_DAYS, lane] += persons * rules.retention[term]
            told.disclosed[lane, subject, group] += persons
            if rules.at_store[rules.src[channel]] and rules.is_evidence[cls]:
                counts[_BY_STORE, lane] += persons
        if cls == rules.request and (rules.automatic[term] or rules.at_store[unit]):
            fate = _AUTOMATIC
            counts[_SEARCHES, lane] += rules.at_store[unit]
        else:
            counts[_QUEUED, lane] += 1
            counts[_SERVED, lane] += fate == _AT_ONCE
        slots[count], units[count], channels[count], fates[count] = slot, unit, channel, fate
        queues[count] = (rules.urgency[cls] * rules.phase.size + lane) * rules.group.size + unit
        keys[count] = reports.key[slot]
        count += 1
    about = slots[:count], units[:count], channels[:count], queues[:count], keys[:count]
    return (*about, fates[:count])
