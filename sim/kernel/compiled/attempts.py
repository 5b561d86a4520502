"""Attempts to tell others unasked, compiled: a wave of them at a time.

A wave goes through one short loop after another: what each attempt is about, its draw (which the
compiler does several at once), who passes. It is so small that it stays in the nearest cache.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws import CHANCE_SHIFT, MIX, MIX_LAST, ONE
from sim.kernel.compiled.jit import leaf
from sim.kernel.compiled.knowledge import Known
from sim.kernel.compiled.rows import Rows
from sim.seam import EVERYONE, ROW, TRUST_ONE

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

_ATTEMPTS, _MESSAGES, _DUPLICATES = ROW["attempts"], ROW["messages"], ROW["duplicates"]

(_SHIFT_1, _FACTOR_1), (_SHIFT_2, _FACTOR_2) = (
    (np.uint64(shift), np.uint64(factor)) for shift, factor in MIX
)
_SHIFT_3, _CHANCE = np.uint64(MIX_LAST), np.uint64(CHANCE_SHIFT)
_SURE, _EVERYONE = np.uint64(ONE), np.uint64(EVERYONE)
_TRUST_SHIFT = np.uint64(TRUST_ONE.bit_length() - 1)
_NONE, _ONE = np.uint64(0), np.uint64(1)

SENDER: Final = np.uint64(32)
"""Lowest bit of the sender of an attempt that passed."""
ATTEMPT: Final = np.uint64((1 << 32) - 1)
"""Mask of the attempt itself."""


class Reports(NamedTuple):
    """What sending looks up of a report, by slot."""

    lane: I64
    key: U64
    cls: I64
    subject: I64
    unit: I64
    expires: I32
    audience: U64
    faces: U8
    known: Known
    """What units know of their subjects."""


class Rules(NamedTuple):
    """Policies, lanes, and what units know."""

    chance: U64
    by_case: U64
    """The chances of the terms in `Rows`."""
    trusted: Bool
    delay: U64
    """Where the table of each term begins."""
    quantiles: NDArray[np.signedinteger]
    latency: I32
    """Table numbers, shape (D, X)."""
    gate: Bool
    """Shape (D, X, R)."""
    group: I64
    phase: I64
    trust: I32
    """Shape (L, G, G, M)."""
    domain: I64
    """By subject."""
    contact: Bool
    """By term."""
    contacts: U64
    """Shape (L, G)."""
    classes: int
    plain: bool
    """Whether neither origins nor trust nor contacts matter."""
    delays: bool
    """Whether any term takes time."""
    gated: bool
    """Whether the law is heeded, where it forbids anything."""
    forbids: bool
    """Whether the law forbids anything."""
    latencies: bool
    """Whether kinds of channels differ in their tables."""


class Now(NamedTuple):
    """The tick, the sizes, and how messages are packed."""

    tick: int
    horizon: int
    at_once: int
    places: int
    place_shift: int
    term_bits: int
    stream: np.uint64


class Senders(NamedTuple):
    """Units that tell others of a report each, by their number in a wave."""

    stop: U64
    """Where their attempts end."""
    lane: U64
    cls: U64
    term: U64
    """Where the terms of their cases begin."""
    extra: I64
    expires: I64
    own: U64
    """The place of the report's maker."""
    start: U64
    """Where their rows begin, and likewise what else their attempts begin with."""
    length: U64
    base: U64
    state: U64
    entry: I64
    """What they know of the subject."""
    origins: U64
    """Groups whose knowledge is in that."""


class _Sender(NamedTuple):
    """What the attempts of a sender begin with."""

    start: np.uint64
    length: np.uint64
    """Of its row."""
    base: np.uint64
    """The report, as a message has it."""
    state: np.uint64
    """Where the stream of draws begins."""


class Wave(NamedTuple):
    """Attempts that are made together."""

    word: U64
    chance: U64
    """What the upper half of the word must lie below."""
    message: U64
    """With the case instead of the term, see `sim.kernel.compiled.rows`."""
    passed: U64
    """Attempts that passed, and above `SENDER` whose these are."""


@leaf
def for_everyone(slots: I64, audience: U64) -> bool:
    """Whether none of some reports is for some only."""
    for slot in slots:  # noqa: SIM110 - Numba knows no `all` of a generator
        if audience[slot] != _EVERYONE:
            return False
    return True


@leaf
def _note(
    now: Now,
    told: tuple[I64, I64, I64],
    at: int,
    reports: Reports,
    rows: Rows,
    rules: Rules,
    senders: Senders,
    number: np.uint64,
) -> _Sender:
    """Note a sender, and return what its attempts begin with."""
    slot, unit = np.uint64(told[0][at]), np.uint64(told[1][at])
    lane, cls, maker = reports.lane[slot], reports.cls[slot], np.uint64(reports.unit[slot])
    relay = rules.group[unit] != rules.group[maker]
    whose = np.uint64(2 * rules.phase[np.uint64(lane)] + relay)
    whose = whose * np.uint64(rules.classes) + np.uint64(cls)
    row = np.uint64(rows.pattern[whose]) * np.uint64(rules.group.size) + unit
    place = slot * np.uint64(now.places)
    senders.lane[number], senders.cls[number] = np.uint64(lane), np.uint64(cls)
    senders.term[number] = whose * np.uint64(2 * rows.kinds)
    senders.extra[number], senders.expires[number] = told[2][at], reports.expires[slot]
    senders.own[number] = place + maker
    return _Sender(
        np.uint64(rows.start[row]),
        np.uint64(rows.length[row]),
        place << np.uint64(now.place_shift),
        reports.key[slot] + now.stream,
    )


@leaf
def gather_plainly(
    now: Now,
    told: tuple[I64, I64, I64],
    begin: int,
    reports: Reports,
    rows: Rows,
    rules: Rules,
    senders: Senders,
    wave: Wave,
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
    return begin, int(number)


@leaf
def gather(
    now: Now,
    told: tuple[I64, I64, I64],
    begin: int,
    reports: Reports,
    rows: Rows,
    rules: Rules,
    senders: Senders,
    wave: Wave,
) -> tuple[int, int]:
    """Note who makes which attempts and with what chance; return as `gather_plainly` does.

    What is far away in memory is looked up in loops of its own, in which nothing is decided, so
    that the processor can fetch for many senders at a time.
    """
    place_shift, case_mask = np.uint64(now.place_shift), np.uint64((1 << now.term_bits) - 1)
    end, count = _note_all(now, told, begin, reports, rows, rules, senders)
    if not rules.plain:
        _look_up(told, begin, count, reports, senders)
    stop = np.uint64(0)
    for number in range(np.uint64(count)):
        slot, unit = told[0][begin + number], told[1][begin + number]
        lane, first, origins = senders.lane[number], senders.term[number], senders.origins[number]
        audience, maker = reports.audience[slot], np.uint64(reports.unit[slot])
        giver, domain = rules.group[unit], rules.domain[reports.subject[slot]]
        known = rules.contacts[lane, giver, domain]
        start = senders.start[number]
        for place in range(start, start + senders.length[number]):
            message = rows.told[place]
            receiver = message >> place_shift
            group = np.uint64(rules.group[receiver])
            message += np.uint64(rows.kinds) * ((origins >> group) & _ONE)
            term = rows.term[first + (message & case_mask)]
            chance = rules.chance[term]
            if chance == 0 or receiver == maker or ((audience >> group) & _ONE) == 0:
                continue
            if ((known >> group) & _ONE) == 0 and rules.contact[term]:
                continue
            if rules.trusted[term]:
                trust = np.uint64(rules.trust[lane, giver, group, domain])
                chance = min(_SURE, (chance * trust) >> _TRUST_SHIFT)
            wave.word[stop] = senders.state[number] + rows.offset[place]
            wave.message[stop] = senders.base[number] + message
            wave.chance[stop] = chance
            stop += _ONE
        senders.stop[number] = stop
    return end, count


@leaf
def _note_all(
    now: Now,
    told: tuple[I64, I64, I64],
    begin: int,
    reports: Reports,
    rows: Rows,
    rules: Rules,
    senders: Senders,
) -> tuple[int, int]:
    """Note the senders of a wave; return where the next begins, and how many these are."""
    stop, number, most = np.uint64(0), np.uint64(0), np.uint64(now.at_once)
    while begin < told[0].size and stop < most and number < most:
        sender = _note(now, told, begin, reports, rows, rules, senders, number)
        senders.start[number], senders.length[number] = sender.start, sender.length
        senders.base[number], senders.state[number] = sender.base, sender.state
        stop += sender.length
        number, begin = number + _ONE, begin + 1
    return begin, int(number)


@leaf
def _look_up(
    told: tuple[I64, I64, I64], begin: int, count: int, reports: Reports, senders: Senders
) -> None:
    """Look up what senders know of the subjects of what they tell of."""
    known = reports.known
    for number in range(count):
        slot, unit = told[0][begin + number], told[1][begin + number]
        pair = (reports.lane[slot] * known.units + unit) * known.subjects + reports.subject[slot]
        senders.entry[number] = known.entry[pair]
    for number in range(count):
        faces = int(reports.faces[told[0][begin + number]])
        origins = _NONE
        for face in range(known.origins.shape[1]):
            if (faces >> face) & 1:
                origins |= known.origins[senders.entry[number], face]
        senders.origins[number] = origins


@leaf
def draw(word: U64, count: np.uint64) -> None:
    """Turn states of SplitMix64 into its outputs."""
    for at in range(count):
        here = word[at]
        here = (here ^ (here >> _SHIFT_1)) * _FACTOR_1
        here = (here ^ (here >> _SHIFT_2)) * _FACTOR_2
        word[at] = here ^ (here >> _SHIFT_3)


@leaf
def choose_plainly(
    now: Now, senders: Senders, count: int, wave: Wave, chances: U64, counts: I64
) -> np.uint64:
    """Look which attempts pass their chance, given by case; return how many."""
    passed, begin = np.uint64(0), np.uint64(0)
    place_shift, case_mask = np.uint64(now.place_shift), np.uint64((1 << now.term_bits) - 1)
    for number in range(np.uint64(count)):
        stop, before, own = senders.stop[number], passed, senders.own[number]
        first = senders.term[number]
        attempts = stop - begin
        for at in range(begin, stop):
            message = wave.message[at]
            wanted = (message >> place_shift) != own
            wave.passed[passed] = (number << SENDER) | at
            attempts -= np.uint64(not wanted)
            chance = chances[first + (message & case_mask)]
            passed += np.uint64(wanted & ((wave.word[at] >> _CHANCE) < chance))
        lane = senders.lane[number]
        counts[_ATTEMPTS, lane] += np.int64(attempts)
        counts[_MESSAGES, lane] += np.int64(passed - before)
        counts[_DUPLICATES, lane] += np.int64(passed - before)
        begin = stop
    return passed


@leaf
def choose(senders: Senders, count: int, wave: Wave, counts: I64) -> np.uint64:
    """Look which attempts pass their chance; return how many."""
    passed, begin = np.uint64(0), np.uint64(0)
    for number in range(np.uint64(count)):
        stop, before = senders.stop[number], passed
        for at in range(begin, stop):
            wave.passed[passed] = (number << SENDER) | at
            passed += np.uint64((wave.word[at] >> _CHANCE) < wave.chance[at])
        lane = senders.lane[number]
        counts[_ATTEMPTS, lane] += np.int64(stop - begin)
        counts[_MESSAGES, lane] += np.int64(passed - before)
        counts[_DUPLICATES, lane] += np.int64(passed - before)
        begin = stop
    return passed
