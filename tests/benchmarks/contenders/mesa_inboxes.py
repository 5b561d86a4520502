"""The spreading work in Mesa: agents with an inbox, all stepped every tick."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import mesa
import numpy as np

from tests.benchmarks.network import CHANCE, MEAN_DELAY, SEED
from tests.benchmarks.work import Work

if TYPE_CHECKING:
    from tests.benchmarks.network import I64, Network


class Desk(mesa.Agent):
    """An agent that reads what is due and passes on what is new to it."""

    def __init__(self, model: Office) -> None:
        super().__init__(model)
        self.inbox: defaultdict[int, list[int]] = defaultdict(list)
        """Reports by the tick at which they are due."""
        self.seen: set[int] = set()
        self.contacts: list[Desk] = []

    def step(self) -> None:
        """Read what is due."""
        for report in self.inbox.pop(self.model.now, ()):
            if report not in self.seen:
                self.seen.add(report)
                self.tell(report)

    def tell(self, report: int) -> None:
        """Try to pass a report on."""
        model = self.model
        random, delay = model.random.random, model.random.expovariate
        now, maker = model.now, model.makers[report]
        for contact in self.contacts:
            if contact is not maker:
                model.attempts += 1
                if random() < CHANCE:
                    due = now + max(1, round(delay(1 / MEAN_DELAY)))
                    contact.inbox[due].append(report)
                    model.last = max(model.last, due)


class Office(mesa.Model):
    """A replication: all its reports spread side by side."""

    def __init__(self, channels: list[list[int]], origins: list[int], seed: int) -> None:
        super().__init__(seed=seed)
        self.now = self.last = 0
        self.attempts = 0
        desks = list(Desk.create_agents(self, len(channels)))
        for desk, targets in zip(desks, channels, strict=True):
            desk.contacts = [desks[target] for target in targets]
        self.makers = [desks[unit] for unit in origins]
        for report, maker in enumerate(self.makers):
            maker.seen.add(report)
            maker.tell(report)

    def step(self) -> None:
        """Advance a tick; stop when nothing is under way any more."""
        self.now += 1
        self.agents.do("step")
        self.running = self.last > self.now

    @property
    def receipts(self) -> int:
        """First receipts, the makers' own copies not among them."""
        return sum(len(desk.seen) for desk in self.agents) - len(self.makers)


class Spreading:
    """One model a replication."""

    def __init__(self, network: Network) -> None:
        self._channels = network.channels
        self._counts: list[tuple[int, int]] = []

    def warm_up(self) -> None:
        """Nothing is made on the first run."""

    def run(self, origins: I64) -> None:
        self._counts = []
        for number, units in enumerate(origins.tolist()):
            office = Office(self._channels, units, SEED + number)
            office.run_model()
            self._counts.append((office.attempts, office.receipts))

    def counted(self) -> Work:
        counts = np.array(self._counts, dtype=np.int64)
        return Work(counts[:, :1], counts[:, 1:])
