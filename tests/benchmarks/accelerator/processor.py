"""The same lanes in our kernels on the processor: on one core, on all, and with a log."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context
from typing import TYPE_CHECKING, Final

import numpy as np

from sim import Kernel, LaneId, Log, World, advance
from sim.kernel.choice import KernelName, kernel
from sim.seam.port import COUNTERS
from tests.benchmarks.contenders.kernels import TOGETHER, Start
from tests.benchmarks.network import SEED, draw_network
from tests.benchmarks.world import HORIZON, world_of

if TYPE_CHECKING:
    from multiprocessing.pool import Pool

    from tests.benchmarks.network import I64

COLUMNS: Final = [COUNTERS.index(name) for name in ("attempts", "messages", "delivered")]

Part = tuple[int, int, int, "I64"]
"""Units, channels of a unit, the first lane and the origins."""


def run(world: World, first: int, origins: I64, name: KernelName = KernelName.COMPILED) -> I64:
    """Return attempts, messages and first receipts of lanes from `first` on, shape (L, 3)."""
    make, counted = kernel(name), []
    for begin in range(0, len(origins), TOGETHER):
        some = origins[begin : begin + TOGETHER]
        lanes = [LaneId(0, SEED, first + begin + number) for number in range(len(some))]
        engine = make(world, lanes)
        advance(engine, Start(some), HORIZON)
        counted.append(engine.counters()[:, COLUMNS])
    return np.concatenate(counted)


def logged(world: World, lane: int, origins: I64) -> Log:
    """Return the log of a lane in the NumPy kernel; `origins` is of shape (1, reports)."""
    log = Log()
    engine = Kernel(world, [LaneId(0, SEED, lane)], log)
    advance(engine, Start(origins), HORIZON)
    return log


@cache
def _world(units: int, degree: int) -> World:
    return world_of(draw_network(units, degree))


def _do(part: Part) -> I64:
    units, degree, first, origins = part
    return run(_world(units, degree), first, origins)


def cores() -> int:
    """Return how many cores there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def workers(count: int) -> Iterator[Pool]:
    """Start processes."""
    with get_context("spawn").Pool(count) as pool:
        yield pool


def prepare(pool: Pool, count: int, units: int, degree: int) -> None:
    """Have each process compile and lay out what it needs, by a few small lanes."""
    small: list[Part] = [(units, degree, 0, np.zeros((1, 2), dtype=np.int64))] * (4 * count)
    pool.map(_do, small, chunksize=1)


def together(pool: Pool, count: int, units: int, degree: int, origins: I64) -> I64:
    """Run lanes in all processes, a batch a time."""
    size = max(1, min(TOGETHER, -(-len(origins) // count)))
    parts: list[Part] = [
        (units, degree, first, origins[first : first + size])
        for first in range(0, len(origins), size)
    ]
    return np.concatenate(pool.map(_do, parts, chunksize=1))
