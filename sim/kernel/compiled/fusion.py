"""Evidence that meets, compiled."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.compiled.jit import jit
from sim.kernel.fusion import DECAY_SHIFT, MOST_EVIDENCE, Evidence, Fusion, Noticed
from sim.kernel.reports import ReportStore

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
I32 = NDArray[np.int32]
Bool = NDArray[np.bool_]


class CompiledFusion(Fusion):
    """Evidence of all lanes."""

    def evidence(self, store: ReportStore, slot: I64, unit: I64) -> Evidence:
        """Return what reports prove to the units that read or made them, if anything."""
        proofs = _Proofs(store.lane, store.subject, store.weight, store.made, store.origins)
        return Evidence(*_evidence(slot, unit, proofs))

    def add(self, tick: int, evidence: Evidence) -> tuple[Noticed, Noticed]:
        """Add what was read, one report at least; return the pairs that recognise, and that ask."""
        touched = _add_up(tick, evidence, self._held, self._decay, self._kind)
        known, asks = _noticed(tick, touched, evidence, self._held, self._limits)
        whole = evidence.lane, evidence.unit, evidence.subject
        return Noticed(*(part[known] for part in whole)), Noticed(*(part[asks] for part in whole))

    @cached_property
    def _held(self) -> _Held:
        """What all pairs of unit and subject hold."""
        sizes = self._units, self._subjects
        return _Held(self.sum, self.last, self.origins, self.recognised, self.last_ask, *sizes)

    @cached_property
    def _limits(self) -> _Limits:
        """What stays the same for as long as the batch runs."""
        points = self._points
        return _Limits(
            points.recognise_at,
            points.origins_needed,
            points.ask_at,
            points.ask_every,
            self._point,
            self._kind,
        )


class _Proofs(NamedTuple):
    """What reports prove, by slot."""

    lane: I64
    subject: I64
    weight: I32
    made: I32
    origins: U64


class _Held(NamedTuple):
    """Evidence of all pairs."""

    total: I32
    last: I32
    origins: U64
    recognised: Bool
    last_ask: I32
    units: int
    subjects: int


class _Limits(NamedTuple):
    """Evidence from which units recognise and ask, by design point and kind."""

    recognise_at: I32
    origins_needed: I32
    ask_at: I32
    ask_every: I32
    point: I64
    kind: I64
    """Of each subject."""


@jit
def _evidence(slots: I64, units: I64, proofs: _Proofs) -> tuple[I64, I64, I64, I64, I64, U64]:
    """Return the columns of the evidence in some reports."""
    out, origins = np.empty((5, slots.size), dtype=np.int64), np.empty(slots.size, dtype=np.uint64)
    count = 0
    for at in range(slots.size):
        slot = slots[at]
        weight = proofs.weight[slot]
        if weight > 0:
            out[0, count], out[1, count] = proofs.lane[slot], units[at]
            out[2, count], out[3, count] = proofs.subject[slot], weight
            out[4, count], origins[count] = proofs.made[slot], proofs.origins[slot]
            count += 1
    lane, unit, subject, given, made = out[0], out[1], out[2], out[3], out[4]
    return lane[:count], unit[:count], subject[:count], given[:count], made[:count], origins[:count]


@jit
def _add_up(tick: int, new: Evidence, held: _Held, decays: I64, kind: I64) -> I64:
    """Add evidence to that of its pairs; return where in `new` every pair is first."""
    touched = np.empty(new.lane.size, dtype=np.int64)
    count = 0
    for at in range(new.lane.size):
        pair = (new.lane[at] * held.units + new.unit[at]) * held.subjects + new.subject[at]
        total, decay = np.int64(held.total[pair]), decays[kind[new.subject[at]]]
        if held.last[pair] != tick:
            total = (total * decay[tick - held.last[pair]]) >> DECAY_SHIFT
            if total == 0:
                held.origins[pair] = 0
            held.last[pair] = tick
            touched[count] = at
            count += 1
        total += (new.weight[at] * decay[tick - new.made[at]]) >> DECAY_SHIFT
        held.total[pair] = min(total, MOST_EVIDENCE)
        held.origins[pair] |= new.origins[at]
    return touched[:count]


@jit
def _noticed(
    tick: int, touched: I64, new: Evidence, held: _Held, limits: _Limits
) -> tuple[I64, I64]:
    """Return where in `new` the pairs are that recognise now, and those that ask."""
    known, asks = np.empty_like(touched), np.empty_like(touched)
    found, asking = 0, 0
    for at in touched:
        lane, unit, subject = new.lane[at], new.unit[at], new.subject[at]
        pair = (lane * held.units + unit) * held.subjects + subject
        kind, point, total = limits.kind[subject], limits.point[lane], held.total[pair]
        enough = total >= limits.recognise_at[point, unit, kind] and not held.recognised[pair]
        if enough and _members(held.origins[pair]) >= limits.origins_needed[point, unit, kind]:
            held.recognised[pair] = True
            known[found] = at
            found += 1
        if total >= limits.ask_at[point, unit, kind]:
            before = held.last_ask[pair]
            if before < 0 or tick - before >= limits.ask_every[point, kind]:
                held.last_ask[pair] = tick
                asks[asking] = at
                asking += 1
    return known[:found], asks[:asking]


@jit
def _members(groups: np.uint64) -> int:
    """Return how many groups a set has."""
    count, left = 0, groups
    while left != 0:
        left &= left - np.uint64(1)
        count += 1
    return count
