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
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

_ATTEMPTS, _REFUSED, _MESSAGES = ROW["attempts"], ROW["refused"], ROW["messages"]
_EXPIRED, _DUPLICATES = ROW["expired"], ROW["duplicates"]

AT_ONCE: Final = 1 << 17
"""Channels of a piece: its messages stay near the processor until they are sorted by tick."""

(_SHIFT_1, _FACTOR_1), (_SHIFT_2, _FACTOR_2) = (
    (np.uint64(shift), np.uint64(factor)) for shift, factor in MIX
)
_SHIFT_3 = np.uint64(MIX_LAST)
_CHANCE, _FIRST, _SECOND = (np.uint64(shift) for shift in (CHANCE_SHIFT, FIRST_PLACE, SECOND_PLACE))
_PLACE, _TABLE = np.uint64(QUANTILES - 1), np.uint64(QUANTILE_BITS)
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


class _Rows(NamedTuple):
    """Channels in rows, and what they are; see `sim.routes`."""

    start: I64
    length: I32
    channel: U32
    term: U16
    """Of each place in the rows, receiver concerned or not, shape (places, 2)."""
    dst: U32
    """By channel, as what follows."""
    offset: U64
    bit: U64
    """Group of the receiver."""
    gate: Bool
    """Shape (C, R)."""
    latency: I32
    """Shape (D, C)."""


class _Rules(NamedTuple):
    """Policies, lanes, and what units know."""

    chance: U64
    trusted: Bool
    delay: U64
    """Where the table of each term begins."""
    quantiles: I32
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


class _Sender(NamedTuple):
    """A unit about to tell others of a report."""

    slot: int
    lane: int
    cls: np.uint64
    maker: int
    group: int
    extra: int
    expires: int
    origins: np.uint64
    audience: np.uint64
    state: np.uint64
    start: np.uint64
    length: np.uint64


class _Chosen(NamedTuple):
    """Attempts of one sender that passed their chance."""

    channel: U32
    term: U16
    word: U64


class _Sent(NamedTuple):
    """Messages of a piece, and the counters."""

    wait: I32
    """In how many ticks each lands."""
    packed: I64
    after: I64
    """How many land so many ticks from now."""
    counts: I64

    @classmethod
    def of(cls, most: int, ticks: int, counts: I64) -> _Sent:
        """Make room for `most` messages that land within some ticks."""
        wait, packed = np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int64)
        return cls(wait, packed, np.zeros(ticks, dtype=np.int64), counts)


class _Now(NamedTuple):
    """The tick, and how messages are packed."""

    tick: int
    horizon: int
    places: int
    place_shift: int
    term_bits: int
    stream: np.uint64


class CompiledPost(Post):
    """Sends reports: draws, counts and schedules."""

    def push(self, tick: int, slot: I64, unit: I64, extra: I64) -> None:
        """Let units tell others unasked of the reports they made or read."""
        if self._record.log is not None or not slot.size:
            super().push(tick, slot, unit, extra)
            return
        store, calendar = self._store, self._calendar
        calendar.check(int(slot.max() + 1) * store.places - 1)
        columns = store.lane, store.key, store.cls, store.subject, store.unit
        reports = _Reports(*columns, store.expires, store.audience)
        rows, rules = self._tables
        now = _Now(
            tick,
            self._world.horizon,
            store.places,
            calendar.place_shift,
            calendar.term_bits,
            self._release.push.stream,
        )
        begin = 0
        stops, most, longest = _reach(slot, unit, reports, rows, rules, AT_ONCE)
        for stop in stops.tolist():
            told = slot[begin:stop], unit[begin:stop], extra[begin:stop]
            sent = _Sent.of(most, self._world.horizon - tick, self._counts.table)
            packed = _push(now, told, longest, reports, rows, rules, sent)
            calendar.buckets.put_sorted(tick, sent.after, packed)
            begin = stop

    @cached_property
    def _tables(self) -> tuple[_Rows, _Rules]:
        """What stays the same for as long as the batch runs."""
        world, release = self._world, self._release
        points, terms, routes = world.points, world.terms, release.routes
        classes, units = points.term.shape[3], len(world.units.names)
        row = np.repeat(np.arange(routes.count.size), routes.count)
        number, cls = np.divmod(row // units, classes)
        by_relay = points.term.reshape(2 * len(points.names), 2, *points.term.shape[2:])
        rows = _Rows(
            routes.start,
            routes.count,
            routes.channel.astype(np.uint32),
            np.stack([by_relay[number, one, routes.channel, cls] for one in (0, 1)], axis=1),
            world.channels.dst.astype(np.uint32),
            release.offset,
            release.target_bit,
            world.gate,
            points.latency,
        )
        return rows, _Rules(
            terms.push,
            terms.trusted,
            release.push.delay.astype(np.uint64),
            world.tables.reshape(-1),
            world.units.group,
            release.lanes.point,
            release.fusion.origins.reshape(release.lanes.size, units, len(world.subjects.names)),
            release.trust,
            classes,
            not (release.concern_matters or release.trust_matters),
            release.push.delays,
            release.gate_matters,
        )


@jit
def _row(slot: int, unit: int, reports: _Reports, rules: _Rules) -> int:
    """Return the row of channels over which a unit may tell others of a report."""
    relay = rules.group[unit] != rules.group[reports.unit[slot]]
    number = 2 * rules.point[reports.lane[slot]] + relay
    row: int = (number * rules.classes + reports.cls[slot]) * rules.group.size + unit
    return row


@jit
def _reach(
    slot: I64, unit: I64, reports: _Reports, rows: _Rows, rules: _Rules, at_once: int
) -> tuple[I64, int, int]:
    """Part senders into pieces that have about `at_once` channels each.

    Return where the pieces stop, how many channels a piece has at most, and how many a sender.
    """
    stops = np.empty(slot.size, dtype=np.int64)
    pieces, channels, most, longest = 0, 0, 0, 0
    for at in range(slot.size):
        length = int(rows.length[_row(slot[at], unit[at], reports, rules)])
        channels, longest = channels + length, max(longest, length)
        most = max(most, channels)
        if channels >= at_once or at == slot.size - 1:
            stops[pieces] = at + 1
            pieces, channels = pieces + 1, 0
    return stops[:pieces], most, longest


@jit
def _push(
    now: _Now,
    told: tuple[I64, I64, I64],
    longest: int,
    reports: _Reports,
    rows: _Rows,
    rules: _Rules,
    sent: _Sent,
) -> I64:
    """Make attempts and count them; return what is sent, packed, in order of the ticks."""
    slots, units, extras = told
    chosen = _Chosen(
        np.empty(longest, dtype=np.uint32),
        np.empty(longest, dtype=np.uint16),
        np.empty(longest, dtype=np.uint64),
    )
    landed = np.uint64(0)
    for at in range(slots.size):
        slot, unit = slots[at], units[at]
        lane, row = reports.lane[slot], _row(slot, unit, reports, rules)
        sender = _Sender(
            slot,
            lane,
            np.uint64(reports.cls[slot]),
            reports.unit[slot],
            rules.group[unit],
            extras[at],
            reports.expires[slot],
            np.uint64(0) if rules.plain else rules.origins[lane, unit, reports.subject[slot]],
            reports.audience[slot],
            reports.key[slot] + now.stream,
            np.uint64(rows.start[row]),
            np.uint64(rows.length[row]),
        )
        if rules.plain and sender.audience == _EVERYONE:
            attempts, passed = _choose_plainly(sender, rows, rules, chosen)
        else:
            attempts, passed = _choose(sender, rows, rules, chosen)
        sent.counts[_ATTEMPTS, lane] += attempts
        allowed = passed
        if rules.gated:
            allowed = _allow(sender, rows, chosen, passed)
            sent.counts[_REFUSED, lane] += np.int64(passed - allowed)
        landed = _send(now, sender, chosen, allowed, rows, rules, sent, landed)
    return _by_tick(sent, landed)


@jit
def _allow(sender: _Sender, rows: _Rows, chosen: _Chosen, passed: np.uint64) -> np.uint64:
    """Keep what the law allows of the attempts chosen; return how many these are."""
    allowed = np.uint64(0)
    for number in range(passed):
        channel = chosen.channel[number]
        chosen.channel[allowed] = channel
        chosen.term[allowed], chosen.word[allowed] = chosen.term[number], chosen.word[number]
        allowed += np.uint64(rows.gate[channel, sender.cls])
    return allowed


@jit
def _send(
    now: _Now,
    sender: _Sender,
    chosen: _Chosen,
    passed: np.uint64,
    rows: _Rows,
    rules: _Rules,
    sent: _Sent,
    landed: np.uint64,
) -> np.uint64:
    """Look when chosen attempts land, and count them; return how many have landed by now."""
    before, expired = landed, 0
    first_place = sender.slot * now.places
    latencies = rows.latency[rules.point[sender.lane]]
    for number in range(passed):
        channel, term, word = chosen.channel[number], chosen.term[number], chosen.word[number]
        table = np.uint64(latencies[channel]) << _TABLE
        wait = sender.extra + rules.quantiles[table + ((word >> _FIRST) & _PLACE)]
        if rules.delays:
            wait += rules.quantiles[rules.delay[term] + ((word >> _SECOND) & _PLACE)]
        due = now.tick + max(wait, 1)
        if due >= now.horizon:
            continue
        if due >= sender.expires:
            expired += 1
            continue
        message = (first_place + np.int64(rows.dst[channel])) << now.place_shift
        message |= (np.int64(channel) << now.term_bits) | np.int64(term)
        sent.packed[landed] = message
        sent.wait[landed] = due - now.tick
        sent.after[due - now.tick] += 1
        landed += np.uint64(1)
    sent.counts[_MESSAGES, sender.lane] += np.int64(passed)
    sent.counts[_EXPIRED, sender.lane] += expired
    sent.counts[_DUPLICATES, sender.lane] += np.int64(landed - before)
    return landed


@jit
def _by_tick(sent: _Sent, landed: np.uint64) -> I64:
    """Return packed messages in order of their ticks."""
    place = (np.cumsum(sent.after) - sent.after).astype(np.uint64)
    ordered = np.empty(landed, dtype=np.int64)
    for at in range(landed):
        wait = np.uint64(sent.wait[at])
        ordered[place[wait]] = sent.packed[at]
        place[wait] += np.uint64(1)
    return ordered


@jit
def _word(state: np.uint64, offset: np.uint64) -> np.uint64:
    """Output of SplitMix64 so far from a state."""
    word = state + offset
    word = (word ^ (word >> _SHIFT_1)) * _FACTOR_1
    word = (word ^ (word >> _SHIFT_2)) * _FACTOR_2
    return word ^ (word >> _SHIFT_3)


@jit
def _choose_plainly(
    sender: _Sender, rows: _Rows, rules: _Rules, chosen: _Chosen
) -> tuple[int, np.uint64]:
    """Look who passes their chance, where neither origins nor trust nor audience matter.

    Return the number of attempts, and of those that pass, which are in `chosen`.
    """
    attempts, passed = 0, np.uint64(0)
    for at in range(sender.length):
        channel, term = rows.channel[sender.start + at], rows.term[sender.start + at, 0]
        word = _word(sender.state, rows.offset[channel])
        chance = rules.chance[term]
        wanted = (chance > 0) & (rows.dst[channel] != sender.maker)
        chosen.channel[passed], chosen.term[passed], chosen.word[passed] = channel, term, word
        attempts += wanted
        passed += np.uint64(wanted & ((word >> _CHANCE) < chance))
    return attempts, passed


@jit
def _choose(sender: _Sender, rows: _Rows, rules: _Rules, chosen: _Chosen) -> tuple[int, np.uint64]:
    """Look who passes as `_choose_plainly` does, with origins, trust and audience."""
    attempts, passed = 0, np.uint64(0)
    for at in range(sender.length):
        channel = rows.channel[sender.start + at]
        receiver, bit = rows.dst[channel], rows.bit[channel]
        term = rows.term[sender.start + at, np.uint64((sender.origins & bit) != 0)]
        chance = rules.chance[term]
        if chance == 0 or receiver == sender.maker or (sender.audience & bit) == 0:
            continue
        attempts += 1
        if rules.trusted[term]:
            trust = rules.trust[sender.lane, sender.group, rules.group[receiver]]
            chance = min(_SURE, (chance * np.uint64(trust)) >> _TRUST_SHIFT)
        word = _word(sender.state, rows.offset[channel])
        if (word >> _CHANCE) < chance:
            chosen.channel[passed], chosen.term[passed], chosen.word[passed] = channel, term, word
            passed += np.uint64(1)
    return attempts, passed
