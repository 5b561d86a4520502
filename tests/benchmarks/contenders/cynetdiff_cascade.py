"""The spreading work in CyNetDiff: an independent cascade in C++, which has no delays.

Who is reached does not depend on delays. CyNetDiff gives the number of those reached at no cost,
but not who they are: so the runs are done again from the same random seed, off the clock, and
attempts are counted from that.
"""

from __future__ import annotations

import array
from typing import TYPE_CHECKING

import numpy as np
from cynetdiff.models import IndependentCascadeModel

from tests.benchmarks.network import CHANCE, SEED
from tests.benchmarks.work import Work

if TYPE_CHECKING:
    from tests.benchmarks.network import I64, Network


class Spreading:
    """One model; it is given a new seed node for every report."""

    def __init__(self, network: Network) -> None:
        self._network = network
        starts = range(0, network.target.size, network.degree)
        self._model = IndependentCascadeModel(
            array.array("I", starts),
            array.array("I", network.target.reshape(-1).tolist()),
            activation_prob=CHANCE,
        )
        self._receipts: list[int] = []
        self._origins = np.empty((0, 0), dtype=np.int64)

    def warm_up(self) -> None:
        """Nothing is made on the first run."""

    def run(self, origins: I64) -> None:
        self._origins, self._receipts = origins, []
        model, receipts = self._model, self._receipts
        model.set_rng(SEED)
        for origin in origins.reshape(-1).tolist():
            model.set_seeds([origin])
            model.advance_until_completion()
            receipts.append(model.get_num_activated_nodes() - 1)

    def counted(self) -> Work:
        model, origins = self._model, self._origins
        model.set_rng(SEED)
        attempts = []
        for origin, receipts in zip(origins.reshape(-1).tolist(), self._receipts, strict=True):
            model.set_seeds([origin])
            model.advance_until_completion()
            holders = list(model.get_activated_nodes())
            if len(holders) != receipts + 1:
                message = "CyNetDiff did not repeat its runs from the same seed"
                raise RuntimeError(message)
            attempts.append(self._network.attempts(origin, holders))
        shape = origins.shape
        return Work(np.array(attempts).reshape(shape), np.array(self._receipts).reshape(shape))
