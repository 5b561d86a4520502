"""Which phase every lane is in, and when that changes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.lanes import Lanes
from sim.seam import Points

I64 = NDArray[np.int64]


class Turn(NamedTuple):
    """Lanes that go over to another phase, arrays of shape (n,)."""

    lane: I64
    before: I64
    after: I64


class Timetable:
    """Moves the lanes of a batch from phase to phase."""

    def __init__(self, points: Points, lanes: Lanes) -> None:
        self._points, self._lanes = points, lanes
        used = np.unique(lanes.point)
        self.ticks = frozenset(np.unique(points.starts[used, 1:]).tolist())
        """When lanes go over."""

    def turn(self, tick: int) -> Turn:
        """Let lanes go over that do so at `tick`; return what changes."""
        points, lanes = self._points, self._lanes
        lane, entry = np.nonzero(points.starts[lanes.point] == tick)
        before, after = lanes.phase[lane], points.phase[lanes.point[lane], entry]
        lanes.phase[lane] = after
        return Turn(lane, before, after)
