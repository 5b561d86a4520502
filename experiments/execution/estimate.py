"""How to divide an experiment among tasks: how many, in which chunks, with how much memory."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.errors import StoppedError
from experiments.planning import (
    SHARE,
    batch_that_fits,
    bytes_of_run,
    chunk_size,
    usual_batch,
    worker_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents import Footprint
    from experiments.planning import Plan
    from scenarios import Compiled
    from sim import LaneId
    from sim.kernel import KernelName

BUDGET_S: Final = 15.0
"""Seconds that may be spent on measuring."""

CHUNKS_EACH: Final = 4
"""Chunks that each worker of a task should have at least, since a lost one is begun again."""

STEP_MB: Final = 100
"""Memory is asked for in multiples of this."""


@dataclass(frozen=True)
class Division:
    """An experiment divided among tasks of about the same length."""

    tasks: int
    block: int
    """Lanes of a chunk."""
    lane_s: float
    """Seconds that a lane takes on one processor here."""
    megabytes: int
    """Memory of a task."""
    lanes: int
    cpus: int

    @property
    def task_s(self) -> float:
        """Seconds that a task should last."""
        return self.lanes * self.lane_s / (self.tasks * self.cpus)

    @property
    def chunk_s(self) -> float:
        """Seconds that a chunk should last."""
        return self.block * self.lane_s


def divide(
    plan: Plan,
    kernel: KernelName,
    *,
    cpus: int,
    minutes: float,
    tasks: int | None = None,
    batch: int | None = None,
    block: int | None = None,
) -> Division:
    """Divide an experiment, after having measured for some seconds how long a lane takes.

    Parameters
    ----------
    minutes
        How long a task should last.
    tasks
        The user's wish; None takes as many as makes them last so long.
    batch
        Most lanes of a chunk; None takes what is usual.
    block
        Lanes of a chunk, where that is fixed already.
    """
    from agents import footprint

    compiled = plan.settings.compiled(0)
    needed = footprint(compiled.world)
    lane_s = lane_seconds(compiled, _sample(plan, needed, kernel, batch), kernel)
    wished = tasks_for(plan.lanes, lane_s, minutes=minutes, cpus=cpus) if tasks is None else tasks
    if block is None:
        most = usual_batch(needed.tick, cpus) if batch is None else batch
        most = max(1, min(most, int(minutes * 60 / CHUNKS_EACH / lane_s)))
        block = chunk_size(plan, most, wished * cpus)
    memory = bytes_of_run(plan, needed, kernel, batch=block, workers=cpus) / SHARE
    return Division(
        tasks=min(wished, plan.blocks(block)),
        block=block,
        lane_s=lane_s,
        megabytes=math.ceil((memory + worker_bytes(kernel)) / 2**20 / STEP_MB) * STEP_MB,
        lanes=plan.lanes,
        cpus=cpus,
    )


def _sample(
    plan: Plan, needed: Footprint, kernel: KernelName, batch: int | None
) -> Sequence[LaneId]:
    size = batch_that_fits(plan, needed, kernel, batch=batch, workers=1)
    nothing = np.zeros(plan.shape, np.bool_)
    return next(plan.chunks(nothing, size)).parts[0].lanes


def lane_seconds(
    compiled: Compiled, lanes: Sequence[LaneId], kernel: KernelName, budget_s: float = BUDGET_S
) -> float:
    """Return the seconds that each of some lanes takes on one processor, when they run together.

    It is the processor's time, since a login node is busy with others. Not all ticks are run if
    that would take longer than `budget_s`; the rest is taken to last as long. Nothing is kept of
    what the lanes give.
    """
    from agents import engines, run_compiled

    times: list[float] = []
    end = math.inf

    def on_tick(tick: int) -> None:
        nonlocal end
        del tick
        times.append(time.process_time())
        if len(times) == 1:
            end = time.monotonic() + budget_s
        elif time.monotonic() > end:
            raise StoppedError

    try:
        run_compiled(compiled, lanes, on_tick=on_tick, engine=engines(kernel))
        times.append(time.process_time())
    except StoppedError:
        pass
    each = (times[-1] - times[0]) / (len(times) - 1)
    return each * compiled.world.horizon / len(lanes)


def tasks_for(lanes: int, lane_s: float, *, minutes: float, cpus: int) -> int:
    """Return how many tasks make each last about so many minutes.

    Parameters
    ----------
    lane_s
        Seconds that a lane takes on one processor.
    """
    return max(1, math.ceil(lanes * lane_s / (minutes * 60 * cpus)))
