"""The spreading work in NDlib: its independent cascade, which has no delays.

Who is reached does not depend on delays. NDlib tries only neighbours that are not reached yet;
attempts are counted afterwards, from who was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from ndlib.models import ModelConfig, epidemics

from tests.benchmarks.network import CHANCE, SEED
from tests.benchmarks.work import Work

if TYPE_CHECKING:
    from tests.benchmarks.network import I64, Network

SUSCEPTIBLE, INFECTED = 0, 1


class Spreading:
    """One model; it is reset for every report."""

    def __init__(self, network: Network) -> None:
        self._network = network
        graph = nx.DiGraph()
        graph.add_nodes_from(range(network.units))
        graph.add_edges_from(
            (unit, target) for unit, some in enumerate(network.channels) for target in some
        )
        self._model = epidemics.IndependentCascadesModel(graph, seed=SEED)
        config = ModelConfig.Configuration()
        config.add_model_initial_configuration("Infected", [0])
        for edge in graph.edges:
            config.add_edge_configuration("threshold", edge, CHANCE)
        self._model.set_initial_status(config)
        self._holders: list[list[int]] = []
        self._origins = np.empty((0, 0), dtype=np.int64)

    def warm_up(self) -> None:
        """Nothing is made on the first run."""

    def run(self, origins: I64) -> None:
        self._origins, self._holders = origins, []
        model = self._model
        for origin in origins.reshape(-1).tolist():
            model.reset([origin])
            spreading = True
            while spreading:
                step = model.iteration(node_status=False)
                spreading = step["node_count"][INFECTED] > 0
            status = model.status.items()
            self._holders.append([node for node, state in status if state != SUSCEPTIBLE])

    def counted(self) -> Work:
        pairs = list(zip(self._origins.reshape(-1).tolist(), self._holders, strict=True))
        attempts = [self._network.attempts(origin, holders) for origin, holders in pairs]
        receipts = [len(holders) - 1 for _, holders in pairs]
        shape = self._origins.shape
        return Work(np.array(attempts).reshape(shape), np.array(receipts).reshape(shape))
