"""Telling others unasked, compiled: attempts become messages under way."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.draws import FIRST_PLACE, QUANTILE_BITS, QUANTILES, SECOND_PLACE
from sim.kernel.compiled.attempts import (
    ATTEMPT,
    SENDER,
    Now,
    Reports,
    Rules,
    Senders,
    Wave,
    choose,
    choose_plainly,
    draw,
    for_everyone,
    gather,
    gather_plainly,
)
from sim.kernel.compiled.calendar import Blocks, CompiledCalendar, blocks_for, put
from sim.kernel.compiled.jit import jit, leaf
from sim.kernel.compiled.knowledge import known_now
from sim.kernel.compiled.rows import Rows, rows_of
from sim.kernel.post import Post
from sim.seam import ROW

I64 = NDArray[np.int64]

_REFUSED, _MESSAGES, _VIOLATIONS = ROW["refused"], ROW["messages"], ROW["violations"]
_EXPIRED, _DUPLICATES = ROW["expired"], ROW["duplicates"]

AT_ONCE: Final = 512
"""Attempts of a wave, and as many more as the last sender has."""

_FIRST, _SECOND = np.uint64(FIRST_PLACE), np.uint64(SECOND_PLACE)
_PLACE, _TABLE = np.uint64(QUANTILES - 1), np.uint64(QUANTILE_BITS)


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
        about = store.expires, store.audience, store.faces
        reports = Reports(*columns, *about, known_now(self._release.known))
        rows, rules = self._rows, self._rules
        sizes = self._world.horizon, AT_ONCE, store.places
        bits = calendar.place_shift, calendar.term_bits
        now = Now(tick, *sizes, *bits, self._release.push.stream)
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
    def _rules(self) -> Rules:
        """What else stays the same for as long as the batch runs."""
        world, release = self._world, self._release
        terms, latency = world.terms, world.phases.latency
        narrow = np.int16 if world.horizon <= np.iinfo(np.int16).max else np.int32
        return Rules(
            terms.push,
            terms.push[self._rows.term],
            terms.trusted,
            release.push.delay.astype(np.uint64),
            np.minimum(world.tables.reshape(-1), world.horizon).astype(narrow),
            latency,
            world.phases.gate,
            world.units.group,
            release.lanes.phase,
            release.trust,
            release.domain,
            terms.contact,
            release.contacts,
            len(world.classes.names),
            not (release.concern_matters or release.trust_matters or release.contact_matters),
            release.push.delays,
            release.gate_matters,
            self._some_forbidden,
            bool((latency != latency[0, 0]).any()) if latency.size else False,
        )


@jit
def _push(
    now: Now,
    told: tuple[I64, I64, I64],
    begin: int,
    reports: Reports,
    rows: Rows,
    rules: Rules,
    blocks: Blocks,
    counts: I64,
) -> int:
    """Make attempts, from sender `begin` on, for as long as there is room for what they send.

    Return the first sender that is left.
    """
    most = now.at_once + rows.longest
    room = blocks_for(most, blocks.end.size)
    wave = Wave(
        np.empty(most, dtype=np.uint64),
        np.empty(most, dtype=np.uint64),
        np.empty(most, dtype=np.uint64),
        np.empty(most, dtype=np.uint64),
    )
    senders = Senders(
        np.empty(now.at_once, dtype=np.uint64),
        np.empty(now.at_once, dtype=np.uint64),
        np.empty(now.at_once, dtype=np.uint64),
        np.empty(now.at_once, dtype=np.uint64),
        np.empty(now.at_once, dtype=np.int64),
        np.empty(now.at_once, dtype=np.int64),
        np.empty(now.at_once, dtype=np.uint64),
        np.empty(now.at_once, dtype=np.uint64),
        np.empty(now.at_once, dtype=np.uint64),
        np.empty(now.at_once, dtype=np.uint64),
        np.empty(now.at_once, dtype=np.uint64),
        np.empty(now.at_once, dtype=np.int64),
        np.zeros(now.at_once, dtype=np.uint64),
    )
    plain = rules.plain and for_everyone(told[0], reports.audience)
    while begin < told[0].size and blocks.left[0] >= room:
        if plain:
            begin, count = gather_plainly(now, told, begin, reports, rows, rules, senders, wave)
            draw(wave.word, senders.stop[count - 1])
            passed = choose_plainly(now, senders, count, wave, rules.by_case, counts)
        else:
            begin, count = gather(now, told, begin, reports, rows, rules, senders, wave)
            draw(wave.word, senders.stop[count - 1])
            passed = choose(senders, count, wave, counts)
        if rules.gated:
            passed = _allow(now, senders, wave, passed, rows.kinds, rules, counts)
        if rules.forbids:
            _check(now, senders, wave, passed, rows.kinds, rules, counts)
        _send(now, senders, wave, passed, rows, rules, blocks, counts)
    return begin


@leaf
def _allow(
    now: Now,
    senders: Senders,
    wave: Wave,
    passed: np.uint64,
    kinds: int,
    rules: Rules,
    counts: I64,
) -> np.uint64:
    """Keep what the law allows of attempts that passed; return how many these are."""
    allowed = np.uint64(0)
    for number in range(passed):
        one = wave.passed[number]
        wave.passed[allowed] = one
        if _lawful(now, senders, wave, one, kinds, rules):
            allowed += np.uint64(1)
        else:
            lane = senders.lane[one >> SENDER]
            counts[_REFUSED, lane] += 1
            counts[_MESSAGES, lane] -= 1
            counts[_DUPLICATES, lane] -= 1
    return allowed


@leaf
def _check(
    now: Now,
    senders: Senders,
    wave: Wave,
    passed: np.uint64,
    kinds: int,
    rules: Rules,
    counts: I64,
) -> None:
    """Count what is sent against the law."""
    for number in range(passed):
        one = wave.passed[number]
        lawful = _lawful(now, senders, wave, one, kinds, rules)
        counts[_VIOLATIONS, senders.lane[one >> SENDER]] += not lawful


@leaf
def _lawful(
    now: Now, senders: Senders, wave: Wave, one: np.uint64, kinds: int, rules: Rules
) -> bool:
    """Whether the law allows an attempt that passed."""
    sender, case_mask = one >> SENDER, np.uint64((1 << now.term_bits) - 1)
    kind = (wave.message[one & ATTEMPT] & case_mask) % np.uint64(kinds)
    return bool(rules.gate[rules.phase[senders.lane[sender]], kind, senders.cls[sender]])


@leaf
def _send(
    now: Now,
    senders: Senders,
    wave: Wave,
    passed: np.uint64,
    rows: Rows,
    rules: Rules,
    blocks: Blocks,
    counts: I64,
) -> None:
    """Look when attempts that passed land; what is late has been counted as if it did."""
    if passed == 0:
        return  # without channels there is no table to begin with
    case_mask, kinds = np.uint64((1 << now.term_bits) - 1), np.uint64(rows.kinds)
    table = np.uint64(rules.latency[0, 0]) << _TABLE
    for number in range(passed):
        one = wave.passed[number]
        sender, at = one >> SENDER, one & ATTEMPT
        word, message = wave.word[at], wave.message[at]
        case = message & case_mask
        term = rows.term[senders.term[sender] + case]
        if rules.latencies:
            phase = rules.phase[senders.lane[sender]]
            table = np.uint64(rules.latency[phase, case % kinds]) << _TABLE
        wait = senders.extra[sender] + rules.quantiles[table + ((word >> _FIRST) & _PLACE)]
        if rules.delays:
            start = rules.delay[term]
            wait += rules.quantiles[start + ((word >> _SECOND) & _PLACE)]
        due = now.tick + max(wait, 1)
        if due < now.horizon and due < senders.expires[sender]:
            put(blocks, np.uint64(due), message ^ case ^ np.uint64(term))
            continue
        lane = senders.lane[sender]
        counts[_DUPLICATES, lane] -= 1
        counts[_EXPIRED, lane] += due < now.horizon
