"""Telling others over one channel each, compiled: answers and replies."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws import CHANCE_SHIFT, FIRST_PLACE, ONE, QUANTILE_BITS, QUANTILES, SECOND_PLACE
from sim.kernel.compiled.jit import jit, leaf
from sim.kernel.compiled.post import CompiledPost
from sim.kernel.compiled.words import word_about
from sim.kernel.release import Grant, Holding, Sending
from sim.seam import ROW, TRUST_ONE

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

_ATTEMPTS, _REFUSED, _MESSAGES = ROW["attempts"], ROW["refused"], ROW["messages"]
_EXPIRED, _DUPLICATES, _ANSWERS = ROW["expired"], ROW["duplicates"], ROW["answers"]
_VIOLATIONS = ROW["violations"]

_CHANCE, _FIRST, _SECOND = (np.uint64(shift) for shift in (CHANCE_SHIFT, FIRST_PLACE, SECOND_PLACE))
_PLACE = np.uint64(QUANTILES - 1)
_SURE = np.uint64(ONE)
_TRUST_SHIFT = np.uint64(TRUST_ONE.bit_length() - 1)


class _Reports(NamedTuple):
    """What is looked up of a report, by slot."""

    key: U64
    cls: I64
    expires: I32
    subject: I64


class _Rules(NamedTuple):
    """What is looked up of the world."""

    src: I64
    dst: I64
    offset: U64
    kind: I64
    group: I64
    gate: Bool
    gate_matters: bool
    trusted: Bool
    trust: I32
    """Shape (L, G, G, M)."""
    domain: I64
    """By subject."""
    latency: I32
    quantiles: I32
    phase: I64


class _Sizes(NamedTuple):
    """The tick, and how messages are packed."""

    tick: int
    horizon: int
    places: int
    place_shift: int
    term_bits: int


class AnsweringPost(CompiledPost):
    """Sends reports, answers and replies."""

    def send(self, tick: int, senders: Holding, sending: Sending, grant: Grant) -> None:
        """Make attempts: draw, count and schedule."""
        if self._record.log is not None:
            super().send(tick, senders, sending, grant)
            return
        if not sending.sender.size:
            return
        store, calendar = self._store, self._calendar
        calendar.check(int(senders.slot.max() + 1) * store.places - 1)
        due, packed = _sent(
            _Sizes(
                tick,
                self._world.horizon,
                store.places,
                calendar.place_shift,
                calendar.term_bits,
            ),
            senders,
            sending,
            grant,
            _Reports(store.key, store.cls, store.expires, store.subject),
            self._answering,
            self._counts.table,
            grant is self._release.pull,
        )
        calendar.buckets.put(due, packed)

    @cached_property
    def _answering(self) -> _Rules:
        """What stays the same for as long as the batch runs."""
        world, release = self._world, self._release
        return _Rules(
            world.channels.src,
            world.channels.dst,
            release.offset,
            world.channels.kind,
            world.units.group,
            world.phases.gate,
            release.gate_matters,
            world.terms.trusted,
            release.trust,
            release.domain,
            world.phases.latency,
            world.tables.reshape(-1),
            release.lanes.phase,
        )


@jit
def _sent(
    sizes: _Sizes,
    holding: Holding,
    sending: Sending,
    grant: Grant,
    reports: _Reports,
    rules: _Rules,
    counts: I64,
    answers: bool,  # noqa: FBT001 - compiled functions take no keywords
) -> tuple[I64, I64]:
    """Make attempts and count them; return when what lands is due, and the messages, packed."""
    due, packed = np.empty_like(sending.sender), np.empty_like(sending.sender)
    landed = 0
    for at in range(sending.sender.size):
        which, channel, term = sending.sender[at], sending.channel[at], sending.term[at]
        slot, lane = holding.slot[which], holding.lane[which]
        counts[_ATTEMPTS, lane] += 1
        word = word_about(reports.key[slot] + grant.stream, rules.offset[channel])
        where = lane, channel, rules.domain[reports.subject[slot]]
        if (word >> _CHANCE) >= _chance(grant.chance[term], term, where, rules):
            continue
        phase, kind, cls = rules.phase[lane], rules.kind[channel], reports.cls[slot]
        if rules.gate_matters and not rules.gate[phase, kind, cls]:
            counts[_REFUSED, lane] += 1
            continue
        counts[_VIOLATIONS, lane] += not rules.gate[phase, kind, cls]
        counts[_MESSAGES, lane] += 1
        counts[_ANSWERS, lane] += answers
        wait = holding.extra[which]
        wait += _quantile(rules.latency[phase, kind], word >> _FIRST, rules)
        wait += rules.quantiles[np.uint64(grant.delay[term]) + ((word >> _SECOND) & _PLACE)]
        lands = sizes.tick + max(wait, 1)
        if lands >= sizes.horizon:
            continue
        if lands >= reports.expires[slot]:
            counts[_EXPIRED, lane] += 1
            continue
        counts[_DUPLICATES, lane] += 1
        place = slot * sizes.places + rules.dst[channel]
        due[landed] = lands
        packed[landed] = (place << sizes.place_shift) | (channel << sizes.term_bits) | term
        landed += 1
    return due[:landed], packed[:landed]


@leaf
def _chance(chance: np.uint64, term: int, where: tuple[int, int, int], rules: _Rules) -> np.uint64:
    """Return a chance, scaled by trust in a lane, over a channel, in a domain if the term says."""
    if not rules.trusted[term]:
        return chance
    lane, channel, domain = where
    giver, receiver = rules.group[rules.src[channel]], rules.group[rules.dst[channel]]
    trust = np.uint64(rules.trust[lane, giver, receiver, domain])
    return min(_SURE, (chance * trust) >> _TRUST_SHIFT)


@leaf
def _quantile(table: int, word: np.uint64, rules: _Rules) -> int:
    """Read a table at the low bits of a word."""
    return int(rules.quantiles[(np.uint64(table) << np.uint64(QUANTILE_BITS)) + (word & _PLACE)])
