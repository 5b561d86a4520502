"""Telling others unasked, compiled.

Attempts are made a wave at a time, and a wave goes through one short loop after another: what each
attempt is about, its draw (which the compiler does several at once), who passes, when that lands.
A wave is so small that it stays in the nearest cache.
"""

from __future__ import annotations

from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.compiled.calendar import Blocks, CompiledCalendar, blocks_for, put
from sim.compiled.jit import jit
from sim.compiled.rows import Rows, rows_of
from sim.counts import ROW
from sim.port import EVERYONE
from sim.post import Post
from sim.streams import (
    CHANCE_SHIFT,
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
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

_ATTEMPTS, _REFUSED, _MESSAGES = ROW["attempts"], ROW["refused"], ROW["messages"]
_EXPIRED, _DUPLICATES = ROW["expired"], ROW["duplicates"]

AT_ONCE: Final = 512
"""Attempts of a wave, and as many more as the last sender has."""

(_SHIFT_1, _FACTOR_1), (_SHIFT_2, _FACTOR_2) = (
    (np.uint64(shift), np.uint64(factor)) for shift, factor in MIX
)
_SHIFT_3 = np.uint64(MIX_LAST)
_CHANCE, _FIRST, _SECOND = (np.uint64(shift) for shift in (CHANCE_SHIFT, FIRST_PLACE, SECOND_PLACE))
_PLACE, _TABLE = np.uint64(QUANTILES - 1), np.uint64(QUANTILE_BITS)
_SURE, _EVERYONE = np.uint64(ONE), np.uint64(EVERYONE)
_TRUST_SHIFT = np.uint64(TRUST_ONE.bit_length() - 1)
_NONE, _ONE = np.uint64(0), np.uint64(1)
_SENDER = np.uint64(32)
_ATTEMPT = np.uint64((1 << 32) - 1)


class _Reports(NamedTuple):
    """What sending looks up of a report, by slot."""

    lane: I64
    key: U64
    cls: I64
    subject: I64
    unit: I64
    expires: I32
    audience: U64


class _Rules(NamedTuple):
    """Policies, lanes, and what units know."""

    chance: U64
    trusted: Bool
    delay: U64
    """Where the table of each term begins."""
    quantiles: NDArray[np.signedinteger]
    latency: I32
    """Table numbers, shape (D, C)."""
    gate: Bool
    """Shape (C, R)."""
    group: I64
    point: I64
    origins: U64
    """Shape (L, U, S)."""
    trust: I32
    classes: int
    plain: bool
    """Whether neither origins nor trust matter."""
    delays: bool
    """Whether any term takes time."""
    gated: bool
    """Whether the law forbids anything."""
    latencies: bool
    """Whether channels differ in their tables."""


class _Now(NamedTuple):
    """The tick, the sizes, and how messages are packed."""

    tick: int
    horizon: int
    at_once: int
    places: int
    place_shift: int
    term_bits: int
    stream: np.uint64


class _Senders(NamedTuple):
    """Units that tell others of a report each, by their number in a wave."""

    stop: U64
    """Where their attempts end."""
    lane: U64
    cls: U64
    extra: I64
    expires: I64
    own: U64
    """The place of the report's maker."""


class _Sender(NamedTuple):
    """What the attempts of a sender begin with."""

    start: np.uint64
    length: np.uint64
    """Of its row."""
    base: np.uint64
    """The report, as a message has it."""
    state: np.uint64
    """Where the stream of draws begins."""


class _Wave(NamedTuple):
    """Attempts that are made together."""

    word: U64
    chance: U64
    """What the upper half of the word must lie below."""
    message: U64
    passed: U64
    """Attempts that passed, and above `_SENDER` whose these are."""


class CompiledPost(Post):
    """Sends reports: draws, counts and schedules."""

    _calendar: CompiledCalendar

    def push(self, tick: int, slot: I64, unit: I64, extra: I64) -> None:
        """Let units tell others unasked of the reports they made or read."""
        if self._record.log is not None or not slot.size:
            super().push(tick, slot, unit, extra)
            return
        store, calendar = self._store, self._calendar
        calendar.check(int(slot.max() + 1) * store.places - 1)
        columns = store.lane, store.key, store.cls, store.subject, store.unit
        reports = _Reports(*columns, store.expires, store.audience)
        rows, rules = self._rows, self._rules
        sizes = self._world.horizon, AT_ONCE, store.places
        bits = calendar.place_shift, calendar.term_bits
        now = _Now(tick, *sizes, *bits, self._release.push.stream)
        told, begin, buckets = (slot, unit, extra), 0, calendar.buckets
        while begin < slot.size:
            buckets.reserve(AT_ONCE + rows.longest)
            counts = self._counts.table
            begin = _push(now, told, begin, reports, rows, rules, buckets.blocks, counts)

    @cached_property
    def _rows(self) -> Rows:
        """Channels; they stay the same."""
        return rows_of(self._world, self._release.routes, self._calendar)

    @cached_property
    def _rules(self) -> _Rules:
        """What else stays the same for as long as the batch runs."""
        world, release = self._world, self._release
        terms, latency = world.terms, world.points.latency
        subjects, units = len(world.subjects.names), len(world.units.names)
        narrow = np.int16 if world.horizon <= np.iinfo(np.int16).max else np.int32
        return _Rules(
            terms.push,
            terms.trusted,
            release.push.delay.astype(np.uint64),
            np.minimum(world.tables.reshape(-1), world.horizon).astype(narrow),
            latency,
            world.gate,
            world.units.group,
            release.lanes.point,
            release.fusion.origins.reshape(release.lanes.size, units, subjects),
            release.trust,
            len(world.classes.names),
            not (release.concern_matters or release.trust_matters),
            release.push.delays,
            release.gate_matters,
            bool((latency != latency[0, 0]).any()) if latency.size else False,
        )


@jit
def _push(
    now: _Now,
    told: tuple[I64, I64, I64],
    begin: int,
    reports: _Reports,
    rows: Rows,
    rules: _Rules,
    blocks: Blocks,
    counts: I64,
) -> int:
    """Make attempts, from sender `begin` on, for as long as there is room for what they send.

    Return the first sender that is left.
    """
    most = now.at_once + rows.longest
    room = blocks_for(most, blocks.end.size)
    wave = _Wave(
        np.empty(most, dtype=np.uint64),
        np.empty(most, dtype=np.uint64),
        np.empty(most, dtype=np.uint64),
        np.empty(most, dtype=np.uint64),
    )
    senders = _Senders(
        np.empty(now.at_once, dtype=np.uint64),
        np.empty(now.at_once, dtype=np.uint64),
        np.empty(now.at_once, dtype=np.uint64),
        np.empty(now.at_once, dtype=np.int64),
        np.empty(now.at_once, dtype=np.int64),
        np.empty(now.at_once, dtype=np.uint64),
    )
    plain = rules.plain and _for_everyone(told[0], reports.audience)
    while begin < told[0].size and blocks.left[0] >= room:
        if plain:
            begin, count = _gather_plainly(now, told, begin, reports, rows, rules, senders, wave)
            _draw(wave.word, senders.stop[count - 1])
            passed = _choose_plainly(now, senders, count, wave, rules.chance, counts)
        else:
            begin, count = _gather(now, told, begin, reports, rows, rules, senders, wave, counts)
            _draw(wave.word, senders.stop[count - 1])
            passed = _choose(senders, count, wave, counts)
        if rules.gated:
            passed = _allow(now, senders, wave, passed, rules, counts)
        _send(now, senders, wave, passed, rules, blocks, counts)
    return begin


@jit
def _for_everyone(slots: I64, audience: U64) -> bool:
    """Whether none of some reports is for some only."""
    for slot in slots:
        if audience[slot] != _EVERYONE:
            return False
    return True


@jit
def _note(
    now: _Now,
    told: tuple[I64, I64, I64],
    at: int,
    reports: _Reports,
    rows: Rows,
    rules: _Rules,
    senders: _Senders,
    number: np.uint64,
) -> _Sender:
    """Note a sender, and return what its attempts begin with."""
    slot, unit = np.uint64(told[0][at]), np.uint64(told[1][at])
    lane, cls, maker = reports.lane[slot], reports.cls[slot], np.uint64(reports.unit[slot])
    relay = rules.group[unit] != rules.group[maker]
    row = np.uint64(2 * rules.point[np.uint64(lane)] + relay)
    row = (row * np.uint64(rules.classes) + np.uint64(cls)) * np.uint64(rules.group.size) + unit
    place = slot * np.uint64(now.places)
    senders.lane[number], senders.cls[number] = np.uint64(lane), np.uint64(cls)
    senders.extra[number], senders.expires[number] = told[2][at], reports.expires[slot]
    senders.own[number] = place + maker
    return _Sender(
        np.uint64(rows.start[row]),
        np.uint64(rows.length[row]),
        place << np.uint64(now.place_shift),
        reports.key[slot] + now.stream,
    )


@jit
def _gather_plainly(
    now: _Now,
    told: tuple[I64, I64, I64],
    begin: int,
    reports: _Reports,
    rows: Rows,
    rules: _Rules,
    senders: _Senders,
    wave: _Wave,
) -> tuple[int, int]:
    """Note who makes which attempts, where neither origins nor trust nor audience matter.

    Return where the next wave begins, and how many send. What would go back to a report's maker is
    among the attempts.
    """
    stop, number, most = np.uint64(0), np.uint64(0), np.uint64(now.at_once)
    while begin < told[0].size and stop < most and number < most:
        sender = _note(now, told, begin, reports, rows, rules, senders, number)
        for at in range(sender.length):
            wave.word[stop + at] = sender.state + rows.offset[sender.start + at]
            wave.message[stop + at] = sender.base + rows.told[sender.start + at]
        stop += sender.length
        senders.stop[number] = stop
        number, begin = number + _ONE, begin + 1
    return begin, np.int64(number)


@jit
def _gather(
    now: _Now,
    told: tuple[I64, I64, I64],
    begin: int,
    reports: _Reports,
    rows: Rows,
    rules: _Rules,
    senders: _Senders,
    wave: _Wave,
    counts: I64,
) -> tuple[int, int]:
    """Note who makes which attempts and with what chance; return as `_gather_plainly` does."""
    place_shift, term_mask = np.uint64(now.place_shift), np.uint64((1 << now.term_bits) - 1)
    stop, number, most = np.uint64(0), np.uint64(0), np.uint64(now.at_once)
    while begin < told[0].size and stop < most and number < most:
        slot, unit = told[0][begin], told[1][begin]
        sender = _note(now, told, begin, reports, rows, rules, senders, number)
        before, lane = stop, senders.lane[number]
        audience, maker = reports.audience[slot], np.uint64(reports.unit[slot])
        origins = _NONE if rules.plain else rules.origins[lane, unit, reports.subject[slot]]
        for place in range(sender.start, sender.start + sender.length):
            message = rows.told[place]
            receiver, term = message >> place_shift, message & term_mask
            group = rules.group[receiver]
            bit = _ONE << np.uint64(group)
            if origins & bit:
                message ^= term
                term = np.uint64(rows.concerned[place])
                message |= term
            chance = rules.chance[term]
            if chance == 0 or receiver == maker or (audience & bit) == 0:
                continue
            if rules.trusted[term]:
                trust = np.uint64(rules.trust[lane, rules.group[unit], group])
                chance = min(_SURE, (chance * trust) >> _TRUST_SHIFT)
            wave.word[stop] = sender.state + rows.offset[place]
            wave.message[stop] = sender.base + message
            wave.chance[stop] = chance
            stop += _ONE
        counts[_ATTEMPTS, lane] += np.int64(stop - before)
        senders.stop[number] = stop
        number, begin = number + _ONE, begin + 1
    return begin, np.int64(number)


@jit
def _draw(word: U64, count: np.uint64) -> None:
    """Turn states of SplitMix64 into its outputs."""
    for at in range(count):
        here = word[at]
        here = (here ^ (here >> _SHIFT_1)) * _FACTOR_1
        here = (here ^ (here >> _SHIFT_2)) * _FACTOR_2
        word[at] = here ^ (here >> _SHIFT_3)


@jit
def _choose_plainly(
    now: _Now, senders: _Senders, count: int, wave: _Wave, chances: U64, counts: I64
) -> np.uint64:
    """Look which attempts pass their chance; return how many."""
    passed, begin = np.uint64(0), np.uint64(0)
    place_shift, term_mask = np.uint64(now.place_shift), np.uint64((1 << now.term_bits) - 1)
    for number in range(np.uint64(count)):
        stop, before, own = senders.stop[number], passed, senders.own[number]
        attempts = stop - begin
        for at in range(begin, stop):
            message = wave.message[at]
            wanted = (message >> place_shift) != own
            wave.passed[passed] = (number << _SENDER) | at
            attempts -= np.uint64(not wanted)
            chance = chances[message & term_mask]
            passed += np.uint64(wanted & ((wave.word[at] >> _CHANCE) < chance))
        lane = senders.lane[number]
        counts[_ATTEMPTS, lane] += np.int64(attempts)
        counts[_MESSAGES, lane] += np.int64(passed - before)
        counts[_DUPLICATES, lane] += np.int64(passed - before)
        begin = stop
    return passed


@jit
def _choose(senders: _Senders, count: int, wave: _Wave, counts: I64) -> np.uint64:
    """Look which attempts pass their chance; return how many."""
    passed, begin = np.uint64(0), np.uint64(0)
    for number in range(np.uint64(count)):
        stop, before = senders.stop[number], passed
        for at in range(begin, stop):
            wave.passed[passed] = (number << _SENDER) | at
            passed += np.uint64((wave.word[at] >> _CHANCE) < wave.chance[at])
        lane = senders.lane[number]
        counts[_MESSAGES, lane] += np.int64(passed - before)
        counts[_DUPLICATES, lane] += np.int64(passed - before)
        begin = stop
    return passed


@jit
def _allow(
    now: _Now, senders: _Senders, wave: _Wave, passed: np.uint64, rules: _Rules, counts: I64
) -> np.uint64:
    """Keep what the law allows of attempts that passed; return how many these are."""
    allowed = np.uint64(0)
    place, term_bits = np.uint64((1 << now.place_shift) - 1), np.uint64(now.term_bits)
    for number in range(passed):
        one = wave.passed[number]
        channel = (wave.message[one & _ATTEMPT] & place) >> term_bits
        sender = one >> _SENDER
        wave.passed[allowed] = one
        if rules.gate[channel, senders.cls[sender]]:
            allowed += _ONE
        else:
            lane = senders.lane[sender]
            counts[_REFUSED, lane] += 1
            counts[_MESSAGES, lane] -= 1
            counts[_DUPLICATES, lane] -= 1
    return allowed


@jit
def _send(
    now: _Now,
    senders: _Senders,
    wave: _Wave,
    passed: np.uint64,
    rules: _Rules,
    blocks: Blocks,
    counts: I64,
) -> None:
    """Look when attempts that passed land; what is late has been counted as if it did."""
    below, term_bits = np.uint64((1 << now.place_shift) - 1), np.uint64(now.term_bits)
    term_mask = np.uint64((1 << now.term_bits) - 1)
    table = np.uint64(rules.latency[0, 0]) << _TABLE
    for number in range(passed):
        one = wave.passed[number]
        sender, at = one >> _SENDER, one & _ATTEMPT
        word, message = wave.word[at], wave.message[at]
        if rules.latencies:
            point = rules.point[senders.lane[sender]]
            table = np.uint64(rules.latency[point, (message & below) >> term_bits]) << _TABLE
        wait = senders.extra[sender] + rules.quantiles[table + ((word >> _FIRST) & _PLACE)]
        if rules.delays:
            start = rules.delay[message & term_mask]
            wait += rules.quantiles[start + ((word >> _SECOND) & _PLACE)]
        due = now.tick + max(wait, 1)
        if due < now.horizon and due < senders.expires[sender]:
            put(blocks, np.uint64(due), message)
            continue
        lane = senders.lane[sender]
        counts[_DUPLICATES, lane] -= 1
        counts[_EXPIRED, lane] += due < now.horizon
