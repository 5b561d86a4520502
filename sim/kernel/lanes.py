"""Lanes as arrays: which design point and which random world each column of a batch is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.draws import key_within, philox4x32, world_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.draws import U32
    from sim.seam import LaneId, Points

I64 = NDArray[np.int64]
Generator = Callable[[tuple[ArrayLike, ...], tuple[ArrayLike, ...]], NDArray[np.uint32]]


@dataclass(frozen=True)
class Lanes:
    """Addresses of L lanes and the keys of their N different random worlds."""

    ids: tuple[LaneId, ...]
    point: I64
    """Design point of each lane, shape (L,)."""
    phase: I64
    """Phase that each lane is in now, changed in place, shape (L,); 0 where there are no points."""
    world: I64
    """Number of each lane's random world, shape (L,)."""
    key: U32
    """Key of each lane's world, shape (2, L)."""
    world_keys: U32
    """Shape (2, N)."""
    generator: Generator = philox4x32
    """What draws words."""

    @classmethod
    def of(
        cls,
        ids: Sequence[LaneId],
        generator: Generator = philox4x32,
        points: Points | None = None,
    ) -> Lanes:
        """Lay out lanes in the order given; those of `points` are in their first phases."""
        worlds: dict[tuple[int, int], int] = {}
        number = [worlds.setdefault((lane.seed, lane.replication), len(worlds)) for lane in ids]
        keys = np.array([world_key(*world) for world in worlds], dtype=np.uint32).T.copy()
        index = np.array(number, dtype=np.int64)
        point = np.array([lane.point for lane in ids], dtype=np.int64)
        phase = np.zeros_like(point) if points is None else points.phase[point, 0]
        return cls(tuple(ids), point, phase, index, keys.take(index, axis=1), keys, generator)

    def within(self, part: str) -> Lanes:
        """Return the same lanes with the draws of a part of their worlds."""
        keys = [key_within((int(a), int(b)), part) for a, b in self.world_keys.T.tolist()]
        world_keys = np.array(keys, dtype=np.uint32).T.copy()
        return replace(self, key=world_keys.take(self.world, axis=1), world_keys=world_keys)

    @property
    def size(self) -> int:
        """Number of lanes."""
        return len(self.ids)

    def draw(
        self, lane: I64, stream: int | NDArray[np.integer], *entity: int | NDArray[np.integer]
    ) -> U32:
        """Four words each for decisions of lanes `lane`; shape (4, n)."""
        a, b, c = (*entity, 0, 0, 0)[:3]
        return self.generator((stream, a, b, c), (self.key[0][lane], self.key[1][lane]))
