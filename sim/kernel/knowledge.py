"""What units know of subjects: an entry for each pair of them that ever held or asked anything.

A unit parts the faces of a subject into *components*, faces that belong together. Here all faces of
a component hold the same: its evidence, its origins, whether it is recognised, and the component
itself, as a set of faces. So most of what is asked can be looked up by any of its faces.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.kernel.arrays import Scalar
from sim.kernel.lanes import Lanes
from sim.seam import ALL_UNITS, DECAY_ONE, Component, World

I64 = NDArray[np.int64]
Ticks = NDArray[np.signedinteger]
U64 = NDArray[np.uint64]
U8 = NDArray[np.uint8]
Bool = NDArray[np.bool_]

DECAY_SHIFT: Final = DECAY_ONE.bit_length() - 1
MOST_EVIDENCE: Final = 1 << 30
NOBODY: Final = 0
"""The entry of all pairs that hold nothing; it stays empty."""
NEVER_ASKED: Final = -1
_FIRST: Final = 64


def bytes_an_entry(world: World) -> int:
    """Return what it takes to keep what one unit knows of one subject, beside its number."""
    return int(world.kinds.faces.max()) * (4 + 8 + 1) + 1 + 3 * _of_ticks(world).itemsize


def _of_ticks(world: World) -> np.dtype[np.signedinteger]:
    short = world.horizon <= np.iinfo(np.int16).max
    return np.dtype(np.int16 if short else np.int32)


class Knowledge:
    """Entries by pair, number ``(lane * U + unit) * S + subject``, and what they hold."""

    def __init__(self, world: World, lanes: Lanes) -> None:
        self.units, self.subjects = len(world.units.names), len(world.subjects.names)
        self.faces = int(world.kinds.faces.max())
        """Faces of the kind that has most, F."""
        self.decay, self.kind = world.kinds.decay, world.subjects.kind
        self.whole = world.kinds.whole[world.subjects.kind]
        self.bit: U8 = np.left_shift(1, np.arange(self.faces)).astype(np.uint8)
        self.entry = np.zeros(lanes.size * self.units * self.subjects, dtype=np.int32)
        self.count = 1
        self.evidence = np.zeros((_FIRST, self.faces), dtype=np.int32)
        self.origins = np.zeros((_FIRST, self.faces), dtype=np.uint64)
        self.component = np.zeros((_FIRST, self.faces), dtype=np.uint8)
        self.component[NOBODY] = self.bit
        self.recognised = np.zeros(_FIRST, dtype=np.uint8)
        """The faces of components that are recognised."""
        narrow = _of_ticks(world)
        self.last: Ticks = np.zeros(_FIRST, dtype=narrow)
        self.last_ask: Ticks = np.full(_FIRST, NEVER_ASKED, dtype=narrow)
        self.asks: Ticks = np.zeros(_FIRST, dtype=narrow)
        """Requests made."""

    def pair(self, lane: I64, unit: I64, subject: I64) -> I64:
        """Return pair numbers."""
        return (lane * self.units + unit) * self.subjects + subject

    def reserve(self, more: int) -> None:
        """Make room for that many entries more."""
        needed, have = self.count + more, self.last.size
        if needed <= have:
            return
        size = max(needed, have + have // 8)
        for name in ("evidence", "origins", "component", "recognised", "last", "last_ask", "asks"):
            setattr(self, name, _longer(getattr(self, name), size))

    def entries(self, pair: I64) -> I64:
        """Return the entries of pairs, each named once; what has none gets one."""
        entry = self.entry[pair].astype(np.int64)
        new = np.flatnonzero(entry == NOBODY)
        if new.size:
            self.reserve(new.size)
            entry[new] = np.arange(self.count, self.count + new.size)
            self.entry[pair[new]] = entry[new]
            self._open(slice(self.count, self.count + new.size))
        return entry

    def entry_of(self, lane: int, unit: int, subject: int) -> int:
        """Return the entry of one pair; it gets one if it has none."""
        pair = np.array([(lane * self.units + unit) * self.subjects + subject])
        return int(self.entries(pair)[0])

    def _open(self, new: slice) -> None:
        """Begin entries: every face stands alone, and nothing is held."""
        self.count = new.stop
        self.component[new] = self.bit
        self.last[new] = self.last_ask[new] = NEVER_ASKED

    def aged(self, tick: int, entry: I64, subject: I64) -> I64:
        """Return the evidence of entries by face as it stands at `tick`, shape (n, F)."""
        left = self.decay[self.kind[subject], tick - self.last[entry]]
        evidence: I64 = (self.evidence[entry] * left[:, np.newaxis]) >> DECAY_SHIFT
        return evidence

    def known(self, pair: I64, faces: U8) -> U64:
        """Return the origins of the components that have one of some faces, shape (n,)."""
        entry = self.entry[pair]
        if self.faces == 1:
            only: U64 = self.origins[entry, 0]
            return only
        shown = (faces[:, np.newaxis] & self.bit) != 0
        known: U64 = np.bitwise_or.reduce(np.where(shown, self.origins[entry], 0), axis=1)
        return known

    def told(self, tick: int, pair: I64, faces: U8) -> tuple[U8, U64]:
        """Return what reports show that units write about faces, and whose knowledge is in them.

        Where no face is named it is the component that holds most, or everything if none holds
        anything.
        """
        if self.faces == 1:
            return np.ones(pair.size, dtype=np.uint8), self.known(pair, faces)
        entry = self.entry[pair].astype(np.int64)
        faces = np.where(faces == 0, self._strongest(tick, entry, pair % self.subjects), faces)
        named = (faces[:, np.newaxis] & self.bit) != 0
        faces |= np.bitwise_or.reduce(np.where(named, self.component[entry], 0), axis=1)
        return faces, self.known(pair, faces)

    def _strongest(self, tick: int, entry: I64, subject: I64) -> U8:
        evidence, holds = self._held(tick, entry, subject)
        most = np.where(holds, evidence, -1).argmax(axis=1)
        strongest: U8 = np.where(
            holds.any(axis=1), self.component[entry, most], self.whole[subject]
        )
        return strongest

    def _held(self, tick: int, entry: I64, subject: I64) -> tuple[I64, Bool]:
        """Return the evidence of entries by face, and whether its component holds anything."""
        evidence = self.aged(tick, entry, subject)
        holds = (evidence > 0) | (self.origins[entry] != 0)
        holds |= self.component[entry] != self.bit
        holds |= (self.recognised[entry][:, np.newaxis] & self.bit) != 0
        return evidence, holds

    def held(self, tick: int, lane: int, unit: int, subject: int) -> list[Component]:
        """Return the components on which a unit holds something, by lowest face."""
        pair = (lane * self.units + unit) * self.subjects + subject
        entry = self.entry[pair : pair + 1].astype(np.int64)
        evidence, holds = self._held(tick, entry, np.array([subject]))
        part, at = self.component[entry[0]], int(entry[0])
        first = (part & (self.bit - np.uint8(1))) == 0
        return [
            Component(
                int(part[face]),
                int(evidence[0, face]),
                int(self.origins[at, face]),
                bool(self.recognised[at] >> face & 1),
            )
            for face in np.flatnonzero(holds[0] & first).tolist()
        ]

    def all_origins(self, lane: int, unit: int, subject: int) -> int:
        """Return all origins of what a unit holds on a subject."""
        entry = self.entry[(lane * self.units + unit) * self.subjects + subject]
        return int(np.bitwise_or.reduce(self.origins[entry]))

    def link(self, tick: int, lane: int, unit: int, subject: int, faces: int) -> None:
        """Let what a unit holds age to `tick`, and let faces belong together."""
        entry = np.array([self.entry_of(lane, unit, subject)])
        evidence = self.aged(tick, entry, np.array([subject]))
        self.origins[entry] = np.where(evidence == 0, np.uint64(0), self.origins[entry])
        self.evidence[entry], self.last[entry] = evidence, tick
        self.join(entry, np.array([faces], dtype=np.uint8))

    def join(self, entry: I64, faces: U8) -> None:
        """Make the components one that have one of some faces, in entries each named once."""
        component = self.component[entry]
        named = (faces[:, np.newaxis] & self.bit) != 0
        whole = np.bitwise_or.reduce(np.where(named, component, 0), axis=1, keepdims=True)
        within = (whole & self.bit) != 0
        first = within & ((component & (self.bit - np.uint8(1))) == 0)
        evidence = np.where(first, self.evidence[entry], 0).sum(axis=1, keepdims=True)
        evidence = np.minimum(evidence, MOST_EVIDENCE)
        origins = np.bitwise_or.reduce(
            np.where(first, self.origins[entry], 0), axis=1, keepdims=True
        )
        self.component[entry] = np.where(within, whole, component)
        self.evidence[entry] = np.where(within, evidence, self.evidence[entry])
        self.origins[entry] = np.where(within, origins, self.origins[entry])
        recognised, whole = self.recognised[entry], whole[:, 0]
        self.recognised[entry] |= np.where(recognised & whole, whole, 0).astype(np.uint8)

    def spend(self, lane: int, subject: int, unit: int, *, links: bool) -> None:
        """Let a unit, or all, forget what they hold on a subject."""
        units = slice(None) if unit == ALL_UNITS else slice(unit, unit + 1)
        entry = self.entry.reshape(-1, self.units, self.subjects)[lane, units, subject]
        self.evidence[entry], self.origins[entry], self.recognised[entry] = 0, 0, 0
        self.last_ask[entry] = NEVER_ASKED
        if links:
            self.component[entry] = self.bit


def _longer(array: NDArray[Scalar], size: int) -> NDArray[Scalar]:
    """Return an array of `size` rows that begins with those given; the others are zero."""
    longer = np.zeros((size, *array.shape[1:]), dtype=array.dtype)
    longer[: len(array)] = array
    return longer
