"""The spreading work in EoN: an epidemic without recovery, one run a report.

EoN asks for delays to those neighbours only that do not have the report yet. Attempts are
therefore counted afterwards, from who had it.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

import EoN
import networkx as nx
import numpy as np

from tests.benchmarks.network import CHANCE, MEAN_DELAY, SEED
from tests.benchmarks.work import Work

if TYPE_CHECKING:
    from tests.benchmarks.network import I64, Network

NEVER: Final = float("inf")
LATEST: Final = 1e9
"""A finite end keeps recoveries, which never come, out of EoN's queue."""


class Spreading:
    """One run of `EoN.fast_nonMarkov_SIR` a report."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._graph = nx.DiGraph()
        self._graph.add_nodes_from(range(network.units))
        self._graph.add_edges_from(
            (unit, target) for unit, some in enumerate(network.channels) for target in some
        )
        self._random = Random(SEED)
        self._holders: list[list[int]] = []
        self._receipts: list[int] = []
        self._origins = np.empty((0, 0), dtype=np.int64)

    def warm_up(self) -> None:
        """Nothing is made on the first run."""

    def run(self, origins: I64) -> None:
        self._origins, self._holders, self._receipts = origins, [], []
        for origin in origins.reshape(-1).tolist():
            holders: list[int] = []
            _, _, infected, _ = EoN.fast_nonMarkov_SIR(
                self._graph,
                trans_and_rec_time_fxn=self._delays,
                trans_and_rec_time_args=(holders,),
                initial_infecteds=[origin],
                tmax=LATEST,
            )
            self._holders.append(holders)
            self._receipts.append(int(infected[-1]) - 1)

    def _delays(
        self, node: int, neighbours: list[int], holders: list[int]
    ) -> tuple[dict[int, float], float]:
        """Return when `node` passes the report to whom, and that it never recovers."""
        random, delay, rate = self._random.random, self._random.expovariate, 1 / MEAN_DELAY
        holders.append(node)
        return {other: delay(rate) for other in neighbours if random() < CHANCE}, NEVER

    def counted(self) -> Work:
        pairs = zip(self._origins.reshape(-1).tolist(), self._holders, strict=True)
        attempts = [self._network.attempts(origin, holders) for origin, holders in pairs]
        shape = self._origins.shape
        return Work(np.array(attempts).reshape(shape), np.array(self._receipts).reshape(shape))
