"""Where lanes run and how many together, settled for a whole plan before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.execution.choose import local
from experiments.execution.executor import Executor
from experiments.planning import (
    WHOLE,
    Plan,
    Share,
    batch_that_fits,
    choose_kernel,
    chunk_size,
    refuse_other_batch,
    refuse_too_large,
)
from experiments.store import NAME, RunDirectory, read_manifest

if TYPE_CHECKING:
    from agents import Footprint
    from scenarios import Compiled
    from sim.kernel import KernelName


@dataclass(frozen=True)
class How:
    """How to run an experiment; nothing of it changes a result."""

    executor: Executor | None = None
    """None takes a process for every processor."""
    batch: int | None = None
    """Most lanes that run together; None takes what is usual and fits."""
    kernel: str = "auto"
    share: Share = WHOLE
    ends_at: float | None = None
    """When to begin no more chunks, by `time.monotonic`."""


@dataclass(frozen=True)
class Placed:
    """A plan with the place where it runs."""

    plan: Plan
    compiled: Compiled
    """The world of the first setting."""
    needed: Footprint
    kernel: KernelName
    executor: Executor
    share: Share
    ends_at: float | None
    batch: int | None
    """The user's wish."""

    @property
    def shared(self) -> bool:
        """Whether other processes may run other shares of the plan."""
        return self.share != WHOLE

    def block(self, out: Path) -> int:
        """Return the lanes in a block of the directory, which shares have in common.

        Raises
        ------
        UserError
            If it is fixed already, and is not what is wished or does not fit into the memory.
        """
        if self.shared and (out / NAME).exists():
            return self._allowed(read_manifest(out).block, out)
        return self._size(self.plan.lanes)

    def chunk(self, directory: RunDirectory, missing: int, block: int) -> int:
        """Return the lanes of a chunk in a directory that lacks so many.

        Raises
        ------
        UserError
            As `block`, where another share was first.
        """
        if not self.shared:
            return self._size(missing)
        fixed = directory.manifest.block
        return block if fixed == block else self._allowed(fixed, directory.folder)

    @cached_property
    def _most(self) -> int:
        """Most lanes that run together."""
        workers = self.executor.workers_here
        return batch_that_fits(
            self.plan, self.needed, self.kernel, batch=self.batch, workers=workers
        )

    def _size(self, missing: int) -> int:
        return chunk_size(self.plan, self._most, self.executor.workers, missing)

    def _allowed(self, block: int, folder: Path) -> int:
        """Return the lanes of a chunk as they are fixed, if they are what is wished, and fit."""
        refuse_other_batch(self.batch, block, folder)
        workers = self.executor.workers_here
        refuse_too_large(self.plan, self.needed, self.kernel, block=block, workers=workers)
        return block


def place(plan: Plan, how: How) -> Placed:
    """Settle where a plan runs.

    Raises
    ------
    UserError, SpecError
        If there is no such kernel, or the first setting breaks a rule.
    """
    from agents import footprint

    kernel = choose_kernel(how.kernel)
    executor = how.executor or local(None, plan.lanes)
    compiled = plan.settings.compiled(0)
    needed = footprint(compiled.world)
    return Placed(plan, compiled, needed, kernel, executor, how.share, how.ends_at, how.batch)
