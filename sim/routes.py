"""Channels over which units may push, ready to be expanded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.world import World

I64 = NDArray[np.int64]


class Routes:
    """Compressed rows of channels, one row for each design point, class and unit.

    A channel is in a row if some rule may push over it, whatever the situation.
    """

    def __init__(self, world: World) -> None:
        points, push = world.points, world.terms.push
        designs, _, channels, self._classes = points.term.shape
        self._units = len(world.units.names)
        rows = designs * self._classes * self._units
        self.count = np.zeros(rows, dtype=np.int32)
        self.always = True
        """Whether rules may push over the channels of a row in every situation."""
        parts: list[NDArray[np.int64]] = []
        for design in range(designs):
            may = push[points.term[design]] > 0
            some = may.any(axis=0).reshape(channels, self._classes)
            self.always &= bool((may.all(axis=0) == some).all())
            for cls in range(self._classes):
                used = np.flatnonzero(some[:, cls])
                row = (design * self._classes + cls) * self._units
                self.count[row : row + self._units] = np.bincount(
                    world.channels.src[used], minlength=self._units
                )
                parts.append(used)
        self.channel = np.concatenate(parts)
        self.start = np.cumsum(self.count, dtype=np.int64) - self.count

    def of(self, point: I64, cls: I64, unit: I64) -> tuple[I64, I64]:
        """Where rows begin in `channel`, and how long they are."""
        row = (point * self._classes + cls) * self._units + unit
        return self.start[row], self.count[row].astype(np.int64)
