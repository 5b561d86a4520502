"""How much memory a run needs, and what of it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from experiments.errors import UserError
from experiments.planning.batching import usual_batch
from experiments.planning.machine import available_bytes
from experiments.planning.plan import Plan, chunk_size

if TYPE_CHECKING:
    from agents import Footprint
    from sim.kernel import KernelName

SHARE: Final = 0.8
"""Share of the free memory that a run may plan with."""

WORKER_BYTES: Final = 150_000_000
"""What a worker process holds before it has run a lane (interpreter and libraries)."""

COMPILED_BYTES: Final = 160_000_000
"""What the compiled kernel and its compiler add to that."""

TABLE_COPIES: Final = 4
"""Copies of the finished table that merging and statistics hold at a time."""

KILO: Final = 1000


def batch_that_fits(
    plan: Plan, needed: Footprint, kernel: KernelName, *, batch: int | None, workers: int
) -> int:
    """Return the lanes to run together in each worker.

    Parameters
    ----------
    needed
        Bytes that the world takes, its processes and its lanes.
    kernel
        The kernel that will run, not `auto`.
    batch
        The user's wish; None takes what is usual, or less where that does not fit.

    Raises
    ------
    UserError
        If the lanes do not fit into the memory; it says what would.
    """
    wish = usual_batch(needed.tick, workers) if batch is None else batch
    size = chunk_size(plan, wish, workers)
    room = _Room.of(plan, needed, kernel, workers)
    if room is None or room.fitting >= size:
        return size
    if batch is None and room.fitting:
        return room.fitting
    raise _too_much(plan, room, size, workers, "--batch {} would fit")


def refuse_too_large(
    plan: Plan, needed: Footprint, kernel: KernelName, *, block: int, workers: int
) -> None:
    """Refuse chunks of a size that cannot be changed any more, if they do not fit.

    Parameters
    ----------
    block
        Lanes of a chunk.

    Raises
    ------
    UserError
        As `batch_that_fits`.
    """
    room = _Room.of(plan, needed, kernel, workers)
    if room is not None and room.fitting < block:
        remedy = "use fewer --workers, or divide it anew: another --out with --batch {}"
        raise _too_much(plan, room, block, workers, remedy)


class _Room(NamedTuple):
    """The memory that is free, and what a run takes of it; all in bytes."""

    free: int
    beside: int
    """What the run needs without any lane."""
    lane: int
    """What a lane more in each worker needs."""

    @classmethod
    def of(cls, plan: Plan, needed: Footprint, kernel: KernelName, workers: int) -> _Room | None:
        """Return it, or None where it cannot be told."""
        free = available_bytes()
        if free is None:
            return None
        beside = bytes_of_run(plan, needed, kernel, batch=0, workers=workers)
        return cls(free, beside, workers * needed.lane)

    @property
    def fitting(self) -> int:
        """Lanes that fit into each worker."""
        return max(0, int(self.free * SHARE) - self.beside) // self.lane


def bytes_of_run(
    plan: Plan, needed: Footprint, kernel: KernelName, *, batch: int, workers: int
) -> int:
    """Return what a run needs beside what this process has already.

    Parameters
    ----------
    batch
        Lanes that run together in each worker.
    """
    copies = 1 if workers == 1 else 2  # the parent's own, and that of the workers
    if len(plan.settings) > 1:
        copies += workers  # each compiles the setting it is at
    many = plan.together
    each = worker_bytes(kernel) + many * needed.process + batch * needed.lane
    return _table_bytes(plan) + copies * many * needed.shared + workers * each


def worker_bytes(kernel: KernelName) -> int:
    """Return what a worker process holds before it has run a lane."""
    return WORKER_BYTES + COMPILED_BYTES * (kernel == "compiled")


def _too_much(plan: Plan, room: _Room, size: int, workers: int, remedy: str) -> UserError:
    """Return the refusal; `remedy` has a place for the lanes that fit, if any do."""
    replications = int(room.free * SHARE / 2 / _table_bytes(plan) * plan.replications)
    if room.fitting:
        remedy = remedy.format(_rounded(room.fitting))
    elif 0 < replications < plan.replications:
        remedy = f"--replications {_rounded(replications)} would fit (with a smaller --batch)"
    elif workers > 1:
        remedy = "use fewer --workers, or a machine with more memory"
    else:
        remedy = "use a machine with more memory, or free some of this one's"
    needed = room.beside + size * room.lane
    return UserError(
        f"{size:,} lanes together in each of {workers} workers, {plan.lanes:,} lanes in all",
        f"need about {readable(needed)} of memory, and {readable(room.free)} is free",
        remedy,
    )


def _table_bytes(plan: Plan) -> int:
    columns = len(plan.scenario.outcomes) + 4
    return plan.lanes * columns * 8 * TABLE_COPIES


def _rounded(count: int) -> int:
    """Round down to two digits."""
    step = int(10 ** max(0, len(str(count)) - 2))
    return count // step * step


def readable(count: float) -> str:
    """Write a number of bytes for a reader."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < KILO:
            return f"{count:.3g} {unit}"
        count /= KILO
    return f"{count:,.0f} TB"
