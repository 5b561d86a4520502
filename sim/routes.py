"""Channels over which units may push, ready to be expanded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.world import World

I64 = NDArray[np.int64]


class Routes:
    """Compressed rows of channels: a row for each design point, relay or not, class and unit.

    A channel is in a row if some rule may push over it, whether or not the receiver is concerned.
    """

    def __init__(self, world: World) -> None:
        points, push = world.points, world.terms.push
        designs, _, channels, self._classes = points.term.shape
        self._units = len(world.units.names)
        rows = designs * 2 * self._classes * self._units
        self.count = np.zeros(rows, dtype=np.int32)
        self.always = True
        """Whether rules may push over the channels of a row whoever is concerned."""
        parts: list[NDArray[np.int64]] = []
        by_relay = points.term.reshape(designs * 2, 2, channels, self._classes)
        for number, terms in enumerate(by_relay):
            may = push[terms] > 0
            some: NDArray[np.bool_] = may[0] | may[1]
            self.always &= bool((may[0] == may[1]).all())
            for cls in range(self._classes):
                used = np.flatnonzero(some[:, cls])
                row = (number * self._classes + cls) * self._units
                self.count[row : row + self._units] = np.bincount(
                    world.channels.src[used], minlength=self._units
                )
                parts.append(used)
        self.channel = np.concatenate(parts)
        self.start = np.cumsum(self.count, dtype=np.int64) - self.count

    def row(self, point: I64, relay: NDArray[np.bool_], cls: I64, unit: I64) -> I64:
        """Return the numbers of rows."""
        number: I64 = ((point * 2 + relay) * self._classes + cls) * self._units + unit
        return number
