"""What runs in a worker process: one chunk of lanes after the other, each to its shard."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from typing import TYPE_CHECKING

from experiments.errors import StoppedError
from experiments.shards import Address, write_shard
from experiments.shared import Shared

if TYPE_CHECKING:
    from scenarios import Compiled
    from sim import LaneId
    from sim.kernels import KernelName


@dataclass(frozen=True)
class Work:
    """Work done."""

    lanes: int = 0
    messages: int = 0
    attempts: int = 0

    def __add__(self, other: Work) -> Work:
        """Add up."""
        return Work(
            self.lanes + other.lanes,
            self.messages + other.messages,
            self.attempts + other.attempts,
        )


@dataclass(frozen=True)
class Job:
    """What every chunk of a comparison has in common."""

    compiled: Compiled
    address: Address
    kernel: KernelName

    def run(self, lanes: Sequence[LaneId], on_tick: Callable[[int], None]) -> Work:
        """Run lanes and write their shards."""
        from agents import engines, run_compiled

        engine = engines(self.kernel)
        result = run_compiled(self.compiled, lanes, on_tick=on_tick, engine=engine)
        write_shard(self.address, lanes, result)
        return Work(len(lanes), int(result.messages), int(result.attempts))


@dataclass(frozen=True)
class Wires:
    """What the processes share: lane-ticks done so far, and whether to stop."""

    ticked: Synchronized[int]
    stop: Event


_hired: tuple[Job, Wires] | None = None
"""The job of this worker process; set once when it starts."""


def hire(world: Shared, address: Address, kernel: KernelName, wires: Wires) -> None:
    """Start a worker process."""
    global _hired  # noqa: PLW0603  (the only way to hand a pool's process its job once)
    threading.Thread(target=_leave_with_parent, args=(world,), daemon=True).start()
    _hired = Job(world.opened(), address, kernel), wires


def run_chunk(lanes: Sequence[LaneId]) -> Work:
    """Run a chunk in a worker process that was hired."""
    if _hired is None:
        msg = "run_chunk needs a process started with hire"
        raise RuntimeError(msg)
    job, wires = _hired

    def on_tick(tick: int) -> None:
        del tick
        if wires.stop.is_set():
            raise StoppedError
        with wires.ticked.get_lock():
            wires.ticked.value += len(lanes)

    return job.run(lanes, on_tick)


def _leave_with_parent(world: Shared) -> None:
    """End this process when the one that started it is gone, even if that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        with suppress(OSError):  # a file in use stays on some systems; another worker was first
            world.remove()
        os._exit(1)
