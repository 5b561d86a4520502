"""Evidence that meets: sums that age, recognition, and the wish to ask."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.arrays import run_starts
from sim.kernel.lanes import Lanes
from sim.kernel.reports import ReportStore
from sim.seam import DECAY_ONE, World

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]

MOST_EVIDENCE = 1 << 30
DECAY_SHIFT = DECAY_ONE.bit_length() - 1


class Evidence(NamedTuple):
    """Evidence that reached units in one tick, arrays of shape (n,)."""

    lane: I64
    unit: I64
    subject: I64
    weight: I64
    made: I64
    origins: U64

    def joined(self, other: Evidence) -> Evidence:
        """Return this evidence followed by `other`."""
        return Evidence(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))


_NOBODY: Final = np.empty(0, dtype=np.int64)
NO_EVIDENCE: Final = Evidence(*(_NOBODY,) * 5, np.empty(0, dtype=np.uint64))


class Noticed(NamedTuple):
    """Pairs of unit and subject that passed a threshold, arrays of shape (n,)."""

    lane: I64
    unit: I64
    subject: I64


class Fusion:
    """Evidence of all lanes; pair number ``(lane * U + unit) * S + subject``."""

    def __init__(self, world: World, lanes: Lanes) -> None:
        self._units = len(world.units.names)
        self._subjects = len(world.subjects.names)
        pairs = lanes.size * self._units * self._subjects
        self.sum = np.zeros(pairs, dtype=np.int32)
        self.last = np.full(pairs, -1, dtype=np.int32)
        self.origins = np.zeros(pairs, dtype=np.uint64)
        self.recognised = np.zeros(pairs, dtype=np.bool_)
        self.last_ask = np.full(pairs, -1, dtype=np.int32)
        self._decay, self._kind = world.kinds.decay, world.subjects.kind
        self._points = world.points
        self._point = lanes.point

    def pair(self, lane: I64, unit: I64, subject: I64) -> I64:
        """Return pair numbers."""
        return (lane * self._units + unit) * self._subjects + subject

    def aged(self, pair: int, tick: int) -> int:
        """Evidence of one pair as it stands at `tick`."""
        kind = self._kind[pair % self._subjects]
        return int(self.sum[pair]) * int(self._decay[kind, tick - self.last[pair]]) >> DECAY_SHIFT

    def evidence(self, store: ReportStore, slot: I64, unit: I64) -> Evidence:
        """Return what reports prove to the units that read or made them, if anything."""
        weight = store.weight[slot].astype(np.int64)
        proves = weight > 0
        slot = slot[proves]
        return Evidence(
            store.lane[slot],
            unit[proves],
            store.subject[slot],
            weight[proves],
            store.made[slot].astype(np.int64),
            store.origins[slot],
        )

    def add(self, tick: int, evidence: Evidence) -> tuple[Noticed, Noticed]:
        """Add what was read, one report at least; return the pairs that recognise, and that ask."""
        pair = self.pair(evidence.lane, evidence.unit, evidence.subject)
        order = np.argsort(pair, kind="stable")
        pair = pair[order]
        kind = self._kind[evidence.subject]
        weight = (evidence.weight * self._decay[kind, tick - evidence.made]) >> DECAY_SHIFT
        starts = run_starts(pair)
        pair, kind = pair[starts], kind[order[starts]]
        total = (self.sum[pair] * self._decay[kind, tick - self.last[pair]]) >> DECAY_SHIFT
        origins = np.where(total == 0, np.uint64(0), self.origins[pair])
        total = np.minimum(total + np.add.reduceat(weight[order], starts), MOST_EVIDENCE)
        origins |= np.bitwise_or.reduceat(evidence.origins[order], starts)
        self.sum[pair] = total
        self.last[pair] = tick
        self.origins[pair] = origins
        return self._noticed(tick, pair, kind, total, origins)

    def _noticed(
        self, tick: int, pair: I64, kind: I64, total: I64, origins: U64
    ) -> tuple[Noticed, Noticed]:
        points = self._points
        at, subject = np.divmod(pair, self._subjects)
        lane, unit = np.divmod(at, self._units)
        point = self._point[lane]
        known = (
            (total >= points.recognise_at[point, unit, kind])
            & (np.bitwise_count(origins) >= points.origins_needed[point, unit, kind])
            & ~self.recognised[pair]
        )
        self.recognised[pair[known]] = True
        last_ask = self.last_ask[pair]
        asks = (total >= points.ask_at[point, unit, kind]) & (
            (last_ask < 0) | (tick - last_ask >= points.ask_every[point, kind])
        )
        self.last_ask[pair[asks]] = tick
        return (
            Noticed(lane[known], unit[known], subject[known]),
            Noticed(lane[asks], unit[asks], subject[asks]),
        )
