"""What operators that are down report: by how many they are, and less once somebody listens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.mechanisms.outbreak.compartments import Compartments, noticeable
from agents.mechanisms.outbreak.declaration import Sectors
from sim.seam import LEVEL_ONE, Engine

I64 = NDArray[np.int64]


class Reporting:
    """Levels of activity of one subject in all lanes and states, arrays of shape (L, P)."""

    def __init__(
        self,
        spec: Sectors,
        compartments: Compartments,
        engine: Engine,
        subject: int,
        aspect: int,
    ) -> None:
        self._compartments, self._engine = compartments, engine
        self._subject, self._aspect = subject, aspect
        most = int(compartments.operators.sum(axis=1).max())
        self._levels = noticeable(np.minimum(np.arange(most + 1), spec.most_reporting.value))
        self._less = round(spec.report_less.value * LEVEL_ONE)
        shape = compartments.down.shape
        self._shown = np.zeros(shape, dtype=np.int64)
        self._heard = np.full(shape, LEVEL_ONE, dtype=np.int64)

    def show(self, lane: I64, place: I64) -> None:
        """Set what there is to see where that changed noticeably."""
        level = self._levels[self._compartments.down[lane, place]]
        level = (level * self._heard[lane, place]) // LEVEL_ONE
        changed = np.flatnonzero(level != self._shown[lane, place])
        lane, place, level = lane[changed], place[changed], level[changed]
        self._shown[lane, place] = level
        for number, spot, value in zip(lane.tolist(), place.tolist(), level.tolist(), strict=True):
            self._engine.set_activity(number, self._subject, spot, self._aspect, value)

    def handled(self, lane: int, place: int) -> None:
        """Let fewer reports come from a state where the case is handled."""
        self._heard[lane, place] = self._less
        self.show(np.array([lane]), np.array([place]))
