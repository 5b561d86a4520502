"""Telling others unasked, compiled."""

from __future__ import annotations

from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.compiled.jit import jit
from sim.counts import ROW
from sim.port import EVERYONE
from sim.post import Post
from sim.streams import (
    FIRST_PLACE,
    MIX,
    MIX_LAST,
    ONE,
    QUANTILE_BITS,
    QUANTILES,
    SECOND_PLACE,
)
from sim.world import TRUST_ONE

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

_ATTEMPTS, _REFUSED, _MESSAGES = ROW["attempts"], ROW["refused"], ROW["messages"]
_EXPIRED, _DUPLICATES = ROW["expired"], ROW["duplicates"]

_AT_ONCE: Final = 1 << 16
"""Attempts decided together."""

(_SHIFT_1, _FACTOR_1), (_SHIFT_2, _FACTOR_2) = (
    (np.uint64(shift), np.uint64(factor)) for shift, factor in MIX
)
_SHIFT_3 = np.uint64(MIX_LAST)
_CHANCE, _FIRST, _SECOND = np.uint64(32), np.uint64(FIRST_PLACE), np.uint64(SECOND_PLACE)
_PLACE = np.uint64(QUANTILES - 1)
_SURE, _EVERYONE = np.uint64(ONE), np.uint64(EVERYONE)
_TRUST_SHIFT = np.uint64(TRUST_ONE.bit_length() - 1)


class _Reports(NamedTuple):
    """What sending looks up of a report, by slot."""

    lane: I64
    key: U64
    cls: I64
    subject: I64
    unit: I64
    expires: I32
    audience: U64


class _Routes(NamedTuple):
    """Channels: which there are for each design point, class and unit, and what they are."""

    start: I64
    length: I32
    channel: U32
    dst: U32
    offset: U64
    bit: U64
    group: I64


class _Rules(NamedTuple):
    """Policies, lanes, and what units know."""

    term: U16
    """Shape (D, SITUATIONS, C, R)."""
    chance: U64
    trusted: Bool
    delay: I64
    latency: I32
    quantiles: I32
    gate: Bool
    point: I64
    origins: U64
    """Shape (L, U, S)."""
    trust: I32
    plain: bool
    """Whether neither origins nor trust matter."""


class _Sender(NamedTuple):
    """A unit about to tell others of a report."""

    lane: int
    group: int
    cls: int
    maker: int
    origins: np.uint64
    audience: np.uint64
    state: np.uint64
    start: int
    stop: int


class _Chosen(NamedTuple):
    """Attempts of one sender that passed their chance."""

    channel: U32
    term: U16
    word: U64


class _Now(NamedTuple):
    """The tick, and how messages are packed."""

    tick: int
    horizon: int
    places: int
    place_shift: int
    term_bits: int


class CompiledPost(Post):
    """Sends reports: draws, counts and schedules."""

    def push(self, tick: int, slot: I64, unit: I64, extra: I64) -> None:
        """Let units tell others unasked of the reports they made or read."""
        if self._record.log is not None or not slot.size:
            super().push(tick, slot, unit, extra)
            return
        store, calendar = self._store, self._calendar
        calendar.check(store.used.size * store.places)
        now = _Now(
            tick, self._world.horizon, store.places, calendar.place_shift, calendar.term_bits
        )
        columns = store.lane, store.key, store.cls, store.subject, store.unit
        reports = _Reports(*columns, store.expires, store.audience)
        routes, rules = self._tables
        begin = 0
        for stop in _stops(slot, unit, reports, routes, rules).tolist():
            told = slot[begin:stop], unit[begin:stop], extra[begin:stop]
            due, packed = _push(
                now, told, reports, routes, rules, self._release.push.stream, self._counts.table
            )
            begin = stop
            if due.size:
                calendar.buckets.put_sorted(*_by_tick(due, packed))

    @cached_property
    def _tables(self) -> tuple[_Routes, _Rules]:
        """What stays the same for as long as the batch runs."""
        world, release = self._world, self._release
        routes, units, terms = release.routes, len(world.units.names), world.terms
        lanes, subjects = release.lanes.size, len(world.subjects.names)
        return _Routes(
            routes.start,
            routes.count,
            routes.channel.astype(np.uint32),
            world.channels.dst.astype(np.uint32),
            release.offset,
            release.target_bit,
            world.units.group,
        ), _Rules(
            world.points.term,
            terms.push,
            terms.trusted,
            release.push.delay,
            world.points.latency,
            world.tables.reshape(-1),
            world.gate,
            release.lanes.point,
            release.fusion.origins.reshape(lanes, units, subjects),
            release.trust,
            not (release.concern_matters or release.trust_matters),
        )


@jit
def _stops(slot: I64, unit: I64, reports: _Reports, routes: _Routes, rules: _Rules) -> I64:
    """Where to part senders, so that each part makes about as many attempts as go together."""
    stops = np.empty(slot.size, dtype=np.int64)
    units, classes = routes.group.size, rules.term.shape[3]
    number, attempts = 0, 0
    for at in range(slot.size):
        point = rules.point[reports.lane[slot[at]]]
        attempts += routes.length[(point * classes + reports.cls[slot[at]]) * units + unit[at]]
        if attempts >= _AT_ONCE or at == slot.size - 1:
            stops[number] = at + 1
            number += 1
            attempts = 0
    return stops[:number]


@jit
def _push(
    now: _Now,
    told: tuple[I64, I64, I64],
    reports: _Reports,
    routes: _Routes,
    rules: _Rules,
    stream: np.uint64,
    counts: I64,
) -> tuple[I64, I64]:
    """Make attempts and count them; return when what is sent lands, and the packed messages."""
    slots, units, extras = told
    classes = rules.term.shape[3]
    most, longest = 0, 0
    for at in range(slots.size):
        point = rules.point[reports.lane[slots[at]]]
        row = (point * classes + reports.cls[slots[at]]) * routes.group.size + units[at]
        most += routes.length[row]
        longest = max(longest, routes.length[row])
    chosen = _Chosen(
        np.empty(longest, dtype=np.uint32),
        np.empty(longest, dtype=np.uint16),
        np.empty(longest, dtype=np.uint64),
    )
    dues, packed = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    landed = 0
    for at in range(slots.size):
        slot, unit, extra = slots[at], units[at], extras[at]
        lane, cls = reports.lane[slot], reports.cls[slot]
        point, group = rules.point[lane], routes.group[unit]
        situation = 2 * np.int64(group != routes.group[reports.unit[slot]])
        row = (point * classes + cls) * routes.group.size + unit
        start = routes.start[row]
        sender = _Sender(
            lane,
            group,
            cls,
            reports.unit[slot],
            rules.origins[lane, unit, reports.subject[slot]],
            reports.audience[slot],
            reports.key[slot] + stream,
            start,
            start + routes.length[row],
        )
        terms = rules.term[point, situation : situation + 2]
        if rules.plain and sender.audience == _EVERYONE:
            attempts, passed = _choose_plainly(sender, terms[0], routes, rules, chosen)
        else:
            attempts, passed = _choose(sender, terms, routes, rules, chosen)
        before, expired, sent = landed, 0, 0
        for number in range(passed):
            channel, term, word = chosen.channel[number], chosen.term[number], chosen.word[number]
            if not rules.gate[channel, cls]:
                continue
            sent += 1
            first = np.int64((word >> _FIRST) & _PLACE)
            second = np.int64((word >> _SECOND) & _PLACE)
            latency = np.int64(rules.latency[point, channel]) << QUANTILE_BITS
            wait = extra + rules.quantiles[latency + first]
            wait += rules.quantiles[rules.delay[term] + second]
            due = now.tick + max(wait, 1)
            if due >= now.horizon:
                continue
            if due >= reports.expires[slot]:
                expired += 1
                continue
            dues[landed] = due
            message = (slot * now.places + np.int64(routes.dst[channel])) << now.place_shift
            packed[landed] = message | (np.int64(channel) << now.term_bits) | np.int64(term)
            landed += 1
        counts[_ATTEMPTS, lane] += attempts
        counts[_REFUSED, lane] += passed - sent
        counts[_MESSAGES, lane] += sent
        counts[_EXPIRED, lane] += expired
        counts[_DUPLICATES, lane] += landed - before
    return dues[:landed], packed[:landed]


@jit
def _choose_plainly(
    sender: _Sender, terms: U16, routes: _Routes, rules: _Rules, chosen: _Chosen
) -> tuple[int, int]:
    """Draw for everybody, where neither origins nor trust nor audience matter.

    Return the number of attempts, and of those that pass their chance, which are in `chosen`.
    """
    attempts, passed = 0, 0
    for place in range(sender.start, sender.stop):
        channel = routes.channel[place]
        term = terms[channel, sender.cls]
        chance = rules.chance[term]
        word = _mixed(sender.state + routes.offset[channel])
        wanted = (chance > 0) & (routes.dst[channel] != sender.maker)
        chosen.channel[passed], chosen.term[passed], chosen.word[passed] = channel, term, word
        attempts += wanted
        passed += wanted & ((word >> _CHANCE) < chance)
    return attempts, passed


@jit
def _choose(
    sender: _Sender, terms: U16, routes: _Routes, rules: _Rules, chosen: _Chosen
) -> tuple[int, int]:
    """Draw as `_choose_plainly` does, with origins, trust and audience."""
    attempts, passed = 0, 0
    for place in range(sender.start, sender.stop):
        channel = routes.channel[place]
        receiver, bit = routes.dst[channel], routes.bit[channel]
        term = terms[np.int64((sender.origins & bit) != 0), channel, sender.cls]
        chance = rules.chance[term]
        if chance == 0 or receiver == sender.maker or (sender.audience & bit) == 0:
            continue
        attempts += 1
        if rules.trusted[term]:
            trust = rules.trust[sender.lane, sender.group, routes.group[receiver]]
            chance = min(_SURE, (chance * np.uint64(trust)) >> _TRUST_SHIFT)
        word = _mixed(sender.state + routes.offset[channel])
        if (word >> _CHANCE) < chance:
            chosen.channel[passed], chosen.term[passed], chosen.word[passed] = channel, term, word
            passed += 1
    return attempts, passed


@jit
def _mixed(word: np.uint64) -> np.uint64:
    """Output of SplitMix64 for a state."""
    word = (word ^ (word >> _SHIFT_1)) * _FACTOR_1
    word = (word ^ (word >> _SHIFT_2)) * _FACTOR_2
    return word ^ (word >> _SHIFT_3)


@jit
def _by_tick(due: I64, packed: I64) -> tuple[int, I64, I64]:
    """Sort messages by tick: the first tick, how many for each from it on, and they themselves."""
    first = due.min()
    count = np.zeros(due.max() - first + 1, dtype=np.int64)
    for tick in due:
        count[tick - first] += 1
    place = np.cumsum(count) - count
    ordered = np.empty_like(packed)
    for at in range(due.size):
        ordered[place[due[at] - first]] = packed[at]
        place[due[at] - first] += 1
    return first, count, ordered
