"""The spreading work at sizes that lists of units would not do for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim import LaneId
from tests.benchmarks.network import SEED, Network
from tests.benchmarks.world import world_of

if TYPE_CHECKING:
    from sim import World
    from tests.benchmarks.network import I64


@dataclass(frozen=True)
class Flood:
    """Reports that spread, each from a drawn unit."""

    units: int
    degree: int
    reports: int
    lanes: int

    def world(self) -> World:
        """Return the network as a world: channels from each unit to others, who may come twice."""
        shape = self.units, self.degree
        target = np.random.default_rng(SEED).integers(0, self.units - 1, shape)
        target += target >= np.arange(self.units)[:, np.newaxis]
        return world_of(Network(target))

    def origins(self) -> I64:
        """Return where reports start, shape (lanes, reports)."""
        shape = self.lanes, self.reports
        return np.random.default_rng(SEED).integers(0, self.units, shape)

    def ids(self) -> list[LaneId]:
        """Return addresses of the lanes."""
        return [LaneId(0, SEED, number) for number in range(self.lanes)]
