"""The spreading work in our kernels: a replication is a lane, and lanes advance together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sim import Engine, Happenings, LaneId, Reference, World, advance
from sim.kernel.choice import KernelName, kernel as kernel_of
from sim.seam.port import COUNTERS
from tests.benchmarks.network import SEED
from tests.benchmarks.work import AbsentError, Work
from tests.benchmarks.world import HORIZON, world_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.benchmarks.network import I64, Network

    Make = Callable[[World, Sequence[LaneId]], Engine]

TOGETHER: Final = 100
"""Lanes in a batch: what is under way then stays in the cache that processors share."""


def maker(name: str) -> Make:
    """Return what makes the kernel of that name.

    Raises
    ------
    AbsentError
        If there is none of that name.
    """
    if name == "reference":
        return lambda world, lanes: Reference(world, lanes[0])
    try:
        return kernel_of(KernelName(name))
    except ValueError as error:
        raise AbsentError(f"there is no kernel {name!r}") from error
    except ModuleNotFoundError as error:
        raise AbsentError(f"{error.name} is not installed") from error


class Start:
    """A host that has reports written before tick 0, and then looks on."""

    def __init__(self, origins: I64) -> None:
        self._origins: list[list[int]] = origins.tolist()

    def start(self, engine: Engine) -> None:
        for lane, units in enumerate(self._origins):
            for unit in units:
                engine.emit(lane, unit, 0, 0)

    def react(self, tick: int, happenings: Happenings) -> None:
        """Do nothing."""

    def work(self, tick: int) -> None:
        """Do nothing."""

    def move(self, tick: int) -> None:
        """Do nothing."""

    def end(self, tick: int) -> None:
        """Do nothing."""


class Spreading:
    """The spreading work in one of our kernels."""

    def __init__(self, network: Network, *, kernel: str) -> None:
        self._make = maker(kernel)
        self._world = world_of(network)
        self._counters: list[I64] = []

    def warm_up(self) -> None:
        """Run a few reports, so that whatever is compiled is compiled."""
        self.run(np.zeros((2, 2), dtype=np.int64))

    def run(self, origins: I64) -> None:
        self._counters = []
        for first in range(0, len(origins), TOGETHER):
            some = origins[first : first + TOGETHER]
            lanes = [LaneId(0, SEED, first + number) for number in range(len(some))]
            engine = self._make(self._world, lanes)
            advance(engine, Start(some), HORIZON)
            self._counters.append(engine.counters())

    @property
    def counters(self) -> dict[str, I64]:
        """Counters of the engine, each of shape (replications,)."""
        return dict(zip(COUNTERS, np.concatenate(self._counters).T, strict=True))

    def counted(self) -> Work:
        counters = self.counters
        if np.any(counters["messages"] != counters["delivered"] + counters["duplicates"]):
            message = f"messages are under way after {HORIZON} ticks"
            raise RuntimeError(message)
        return Work(counters["attempts"][:, np.newaxis], counters["delivered"][:, np.newaxis])
