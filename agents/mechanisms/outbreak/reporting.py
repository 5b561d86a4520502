"""What operators that are down report: by how many they are, and less once somebody listens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.mechanisms.outbreak.compartments import Compartments, noticeable
from agents.mechanisms.outbreak.declaration import Sectors
from agents.mechanisms.versions import Versions
from sim.seam import LEVEL_ONE, Engine

I64 = NDArray[np.int64]


class Heard(NamedTuple):
    """How much operators report."""

    most: int
    """Operators of a state that are down beyond which no more reports come."""
    less: float
    """Share of reports that still come once somebody in the state handles the case."""

    @classmethod
    def of(cls, spec: Sectors) -> Heard:
        """Return the plain numbers of a declaration."""
        return cls(spec.most_reporting.value, spec.report_less.value)


class Reporting:
    """Levels of activity of one subject in all lanes and states, arrays of shape (L, P)."""

    def __init__(
        self,
        heard: Versions[Heard],
        compartments: Compartments,
        engine: Engine,
        subject: int,
        aspect: int,
    ) -> None:
        self._compartments, self._engine = compartments, engine
        self._subject, self._aspect = subject, aspect
        most = int(compartments.operators.sum(axis=1).max())
        self._version = heard.of
        down = np.minimum(np.arange(most + 1), heard.array("most")[:, None])
        self._levels = np.stack([noticeable(row) for row in down])
        """By version and operators down, shape (V, most + 1)."""
        self._less = [round(row.less * LEVEL_ONE) for row in heard.rows]
        shape = compartments.down.shape
        self._shown = np.zeros(shape, dtype=np.int64)
        self._heard = np.full(shape, LEVEL_ONE, dtype=np.int64)

    def show(self, lane: I64, place: I64) -> None:
        """Set what there is to see where that changed noticeably."""
        level = self._levels[self._version[lane], self._compartments.down[lane, place]]
        level = (level * self._heard[lane, place]) // LEVEL_ONE
        changed = np.flatnonzero(level != self._shown[lane, place])
        lane, place, level = lane[changed], place[changed], level[changed]
        self._shown[lane, place] = level
        for number, spot, value in zip(lane.tolist(), place.tolist(), level.tolist(), strict=True):
            self._engine.set_activity(number, self._subject, spot, self._aspect, value)

    def show_all(self, lanes: Sequence[int]) -> None:
        """Set what there is to see in all states of some lanes."""
        places = self._compartments.places
        lane = np.repeat(np.array(lanes, dtype=np.int64), places)
        self.show(lane, np.arange(lane.size) % places)

    def handled(self, lane: int, place: int) -> None:
        """Let fewer reports come from a state where the case is handled."""
        self._heard[lane, place] = self._less[self._version.item(lane)]
        self.show(np.array([lane]), np.array([place]))
