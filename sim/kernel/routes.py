"""Channels over which units may push, ready to be expanded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.seam import World

I64 = NDArray[np.int64]


class Routes:
    """Compressed rows of channels: a row for each design point, relay or not, class and unit.

    A channel is in a row if some rule may push over it, whether or not the receiver is concerned.
    Where it is all the same whether a report is one's own or another's, rows are shared.
    """

    def __init__(self, world: World) -> None:
        points, push = world.points, world.terms.push
        designs, _, channels, self._classes = points.term.shape
        self._units = len(world.units.names)
        rows = designs * 2 * self._classes * self._units
        self.count = np.zeros(rows, dtype=np.int32)
        self.start = np.zeros(rows, dtype=np.int64)
        self.always = True
        """Whether rules may push over the channels of a row whoever is concerned."""
        parts: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        by_relay = points.term.reshape(designs * 2, 2, channels, self._classes)
        span = self._classes * self._units
        for number, terms in enumerate(by_relay):
            some = slice(number * span, (number + 1) * span)
            if number % 2 and np.array_equal(terms, by_relay[number - 1]):
                own = slice((number - 1) * span, number * span)
                self.count[some], self.start[some] = self.count[own], self.start[own]
                continue
            begin = sum(part.size for part in parts)
            may = push[terms] > 0
            self.always &= bool((may[0] == may[1]).all())
            used = [np.flatnonzero(either) for either in (may[0] | may[1]).T]
            source = world.channels.src
            counts = [np.bincount(source[one], minlength=self._units) for one in used]
            self.count[some] = np.concatenate(counts)
            self.start[some] = begin + np.cumsum(self.count[some], dtype=np.int64)
            self.start[some] -= self.count[some]
            parts += used
        self.channel = np.concatenate(parts)

    def row(self, point: I64, relay: NDArray[np.bool_], cls: I64, unit: I64) -> I64:
        """Return the numbers of rows."""
        number: I64 = ((point * 2 + relay) * self._classes + cls) * self._units + unit
        return number
