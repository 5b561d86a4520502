"""The spreading work by hand: a heap of messages in the order in which they land."""

from __future__ import annotations

import heapq
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.network import CHANCE, MEAN_DELAY, SEED
from tests.benchmarks.work import Work

if TYPE_CHECKING:
    from tests.benchmarks.network import I64, Network


class Spreading:
    """One report after the other, each with a heap of its own, which stays small."""

    def __init__(self, network: Network, chance: float = CHANCE) -> None:
        self._channels, self._chance = network.channels, chance
        self._random = Random(SEED)
        self._counts: list[list[tuple[int, int]]] = []

    def warm_up(self) -> None:
        """Nothing is made on the first run."""

    def run(self, origins: I64) -> None:
        self._counts = [list(map(self._spread, units)) for units in origins.tolist()]

    def _spread(self, origin: int) -> tuple[int, int]:
        """Return attempts and first receipts of one report."""
        channels, chance, push, pop = self._channels, self._chance, heapq.heappush, heapq.heappop
        draw, delay, rate = self._random.random, self._random.expovariate, 1 / MEAN_DELAY
        holders: set[int] = set()
        attempts = 0
        landing = [(0.0, origin)]
        while landing:
            now, unit = pop(landing)
            if unit in holders:
                continue
            holders.add(unit)
            for target in channels[unit]:
                if target != origin:
                    attempts += 1
                    if draw() < chance:
                        push(landing, (now + delay(rate), target))
        return attempts, len(holders) - 1

    def counted(self) -> Work:
        counts = np.array(self._counts, dtype=np.int64)
        return Work(counts[..., 0], counts[..., 1])
