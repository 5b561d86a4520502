"""The random network that reports spread over, and where they start."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]

CHANCE: Final = 0.5
"""That a channel passes a report on."""
MEAN_DELAY: Final = 4
"""Ticks; delays are exponential."""
SEED: Final = 12


@dataclass(frozen=True)
class Network:
    """Directed channels, the same number from every unit, to units drawn without repetition."""

    target: I64
    """Where the channels of each unit lead, shape (units, degree), each row sorted."""

    @property
    def units(self) -> int:
        return len(self.target)

    @property
    def degree(self) -> int:
        return int(self.target.shape[1])

    @cached_property
    def channels(self) -> list[list[int]]:
        """The targets of each unit, as plain lists."""
        listed: list[list[int]] = self.target.tolist()
        return listed

    def attempts(self, origin: int, holders: list[int]) -> int:
        """Return how often `holders` of a report from `origin` tried to pass it on.

        Each tries each of its channels once, except one that leads to the origin.
        """
        back = int((self.target[holders] == origin).sum())
        return self.degree * len(holders) - back


def draw_network(units: int, degree: int) -> Network:
    """Draw the channels of each unit; the same for every contender."""
    random = np.random.default_rng([SEED, units, degree])
    target = np.empty((units, degree), dtype=np.int64)
    for unit in range(units):
        others = np.sort(random.choice(units - 1, degree, replace=False))
        target[unit] = others + (others >= unit)
    return Network(target)


def draw_origins(units: int, reports: int, replications: int) -> I64:
    """Draw where reports start, shape (replications, reports); more of either change none."""
    drawn = [
        np.random.default_rng([SEED, number]).integers(units, size=reports)
        for number in range(replications)
    ]
    return np.array(drawn).reshape(replications, reports)
