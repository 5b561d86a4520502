"""Evidence that meets: sums that age, recognition, and the wish to ask."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.arrays import rank_in_run, run_starts
from sim.kernel.knowledge import DECAY_SHIFT, MOST_EVIDENCE, NEVER_ASKED, Knowledge
from sim.kernel.lanes import Lanes
from sim.kernel.reports import ReportStore
from sim.seam import Role, World

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
U8 = NDArray[np.uint8]
Bool = NDArray[np.bool_]


class Evidence(NamedTuple):
    """Evidence that reached units in one tick, arrays of shape (n,)."""

    lane: I64
    unit: I64
    subject: I64
    weight: I64
    made: I64
    origins: U64
    faces: U8
    """None where there is no report, but the unit's knowledge has changed."""

    def joined(self, other: Evidence) -> Evidence:
        """Return this evidence followed by `other`."""
        pairs: zip[tuple[Any, Any]] = zip(self, other, strict=True)
        return Evidence(*map(np.concatenate, pairs))


_NOBODY: Final = np.empty(0, dtype=np.int64)
NO_EVIDENCE: Final = Evidence(
    *(_NOBODY,) * 5, np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.uint8)
)


def touched(pairs: list[tuple[int, int, int]]) -> Evidence:
    """Return that (lane, unit, subject) are to be looked at, though nothing new was read."""
    lane, unit, subject = np.array(pairs, dtype=np.int64).reshape(-1, 3).T.copy()
    none = np.zeros_like(lane)
    return Evidence(lane, unit, subject, none, none, none.astype(np.uint64), none.astype(np.uint8))


class Noticed(NamedTuple):
    """Components that passed a threshold, or pairs of which some did; arrays of shape (n,)."""

    lane: I64
    unit: I64
    subject: I64
    faces: U8

    @classmethod
    def at(cls, which: I64, whose: tuple[I64, I64, I64], faces: U8) -> Noticed:
        """Return those in some places of lanes, units and subjects."""
        lane, unit, subject = whose
        return cls(lane[which], unit[which], subject[which], faces)


class Fusion:
    """Adds evidence to what units know, in all lanes."""

    def __init__(self, world: World, lanes: Lanes, known: Knowledge) -> None:
        self.known = known
        self._phases, self._phase = world.phases, lanes.phase
        self._is_evidence: Bool = world.classes.role == int(Role.EVIDENCE)

    def evidence(self, store: ReportStore, slot: I64, unit: I64) -> Evidence:
        """Return what reports tell the units that read or made them, if anything."""
        weight = store.weight[slot].astype(np.int64)
        tells = weight > 0
        if self.known.faces > 1:
            faces = store.faces[slot]
            tells |= self._is_evidence[store.cls[slot]] & (faces & (faces - np.uint8(1)) != 0)
        slot = slot[tells]
        return Evidence(
            store.lane[slot],
            unit[tells],
            store.subject[slot],
            weight[tells],
            store.made[slot].astype(np.int64),
            store.origins[slot],
            store.faces[slot],
        )

    def add(self, tick: int, evidence: Evidence) -> tuple[Noticed, Noticed]:
        """Add what was read, one report at least; return what is recognised, and who asks."""
        known, decay = self.known, self.known.decay
        pair = known.pair(evidence.lane, evidence.unit, evidence.subject)
        order = np.argsort(pair, kind="stable")
        pair = pair[order]
        starts = run_starts(pair)
        first = order[starts]
        lane, unit, subject = evidence.lane[first], evidence.unit[first], evidence.subject[first]
        entry = known.entries(pair[starts])
        total = known.aged(tick, entry, subject)
        origins = np.where(total == 0, np.uint64(0), known.origins[entry])
        known.last[entry] = tick
        age = tick - evidence.made
        weight = (evidence.weight * decay[known.kind[evidence.subject], age]) >> DECAY_SHIFT
        weight, told = weight[order], evidence.origins[order]
        if known.faces == 1:
            total[:, 0] += np.add.reduceat(weight, starts)
            origins[:, 0] |= np.bitwise_or.reduceat(told, starts)
        else:
            known.evidence[entry], known.origins[entry] = total, origins
            about = self._joined(pair, known.entry[pair], evidence.faces[order])
            total, origins = known.evidence[entry].astype(np.int64), known.origins[entry]
            for face in range(known.faces):
                shown = (about >> np.uint8(face) & 1) != 0
                total[:, face] += np.add.reduceat(np.where(shown, weight, 0), starts)
                origins[:, face] |= np.bitwise_or.reduceat(np.where(shown, told, 0), starts)
        total = np.minimum(total, MOST_EVIDENCE)
        known.evidence[entry], known.origins[entry] = total, origins
        whose = lane, unit, subject
        limits = self._phase[lane], unit, known.kind[subject]
        return (
            self._recognised(entry, whose, limits, total, origins),
            self._asking(tick, entry, whose, limits, total),
        )

    def _joined(self, pair: I64, entry: NDArray[np.int32], faces: U8) -> U8:
        """Join the faces that reports show; return the component that each is about.

        `pair` is ascending, and `entry` that of each.
        """
        known = self.known
        several = np.flatnonzero(faces & (faces - np.uint8(1)))
        rank = rank_in_run(pair[several])
        for turn in range(rank.max(initial=-1) + 1):
            some = several[rank == turn]
            known.join(entry[some].astype(np.int64), faces[some])
        any_face = ((faces[:, np.newaxis] & known.bit) != 0).argmax(axis=1)
        return np.where(faces == 0, faces, known.component[entry, any_face])

    def _recognised(
        self,
        entry: I64,
        whose: tuple[I64, I64, I64],
        limits: tuple[I64, I64, I64],
        total: I64,
        origins: U64,
    ) -> Noticed:
        """Recognise what has become enough; return it by lowest face."""
        known, phases = self.known, self._phases
        enough = (
            (total >= phases.recognise_at[limits][:, np.newaxis])
            & (np.bitwise_count(origins) >= phases.origins_needed[limits][:, np.newaxis])
            & ((known.recognised[entry][:, np.newaxis] & known.bit) == 0)
        )
        component = known.component[entry]
        if known.faces > 1:
            enough &= (component & (known.bit - np.uint8(1))) == 0
            enough &= (known.whole[whose[2]][:, np.newaxis] & known.bit) != 0
        which, face = np.nonzero(enough)
        faces = component[which, face]
        np.bitwise_or.at(known.recognised, entry[which], faces)
        return Noticed.at(which, whose, faces)

    def _asking(
        self,
        tick: int,
        entry: I64,
        whose: tuple[I64, I64, I64],
        limits: tuple[I64, I64, I64],
        total: I64,
    ) -> Noticed:
        """Return the pairs that ask, with the faces of all of which there is enough."""
        known, (phase, _, kind) = self.known, limits
        enough = total >= self._phases.ask_at[limits][:, np.newaxis]
        if known.faces > 1:
            enough &= (known.whole[whose[2]][:, np.newaxis] & known.bit) != 0
        faces = np.bitwise_or.reduce(np.where(enough, known.component[entry], 0), axis=1)
        last = known.last_ask[entry]
        waited = (last == NEVER_ASKED) | (tick - last >= self._phases.ask_every[phase, kind])
        asks = np.flatnonzero(waited & (faces != 0))
        known.last_ask[entry[asks]] = tick
        return Noticed.at(asks, whose, faces[asks])
