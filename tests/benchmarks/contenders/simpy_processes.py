"""The spreading work in SimPy: every message on its way is a process that waits."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import numpy as np
import simpy

from tests.benchmarks.network import CHANCE, MEAN_DELAY, SEED
from tests.benchmarks.work import Work

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.benchmarks.network import I64, Network


class Report:
    """A report, who has it, and how often it was passed on."""

    def __init__(self, origin: int) -> None:
        self.origin = origin
        self.holders = {origin}
        self.attempts = 0


class Spreading:
    """All reports of a replication in one environment, where they could meet; or one a report.

    The latter is faster: the queue of events stays short.
    """

    def __init__(self, network: Network, *, side_by_side: bool) -> None:
        self._side_by_side = side_by_side
        self._channels = network.channels
        self._random = Random(SEED)
        self._reports: list[list[Report]] = []

    def warm_up(self) -> None:
        """Nothing is made on the first run."""

    def run(self, origins: I64) -> None:
        self._reports = []
        for units in origins.tolist():
            reports = list(map(Report, units))
            together = [reports] if self._side_by_side else [[report] for report in reports]
            for some in together:
                env = simpy.Environment()
                for report in some:
                    self._tell(env, report, report.origin)
                env.run()
            self._reports.append(reports)

    def _tell(self, env: simpy.Environment, report: Report, unit: int) -> None:
        """Let `unit` try to pass a report on."""
        random, origin = self._random.random, report.origin
        for target in self._channels[unit]:
            if target != origin:
                report.attempts += 1
                if random() < CHANCE:
                    env.process(self._message(env, report, target))

    def _message(
        self, env: simpy.Environment, report: Report, unit: int
    ) -> Generator[simpy.Event, None, None]:
        """Travel to `unit`."""
        yield env.timeout(self._random.expovariate(1 / MEAN_DELAY))
        if unit not in report.holders:
            report.holders.add(unit)
            self._tell(env, report, unit)

    def counted(self) -> Work:
        reports = self._reports
        return Work(
            np.array([[report.attempts for report in some] for some in reports]),
            np.array([[len(report.holders) - 1 for report in some] for some in reports]),
        )
