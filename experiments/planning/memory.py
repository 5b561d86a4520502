"""How much memory a run needs, and how much there is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from experiments.errors import UserError
from experiments.planning.batching import usual_batch
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

CGROUPS: Final = Path("/sys/fs/cgroup")


def cpu_count() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available_bytes() -> int | None:
    """Return the memory that is free for this process, or None where that cannot be told."""
    free = (_free_of_machine(), _free_of_cgroup(), _free_of_limit(), _free_of_job())
    return min((bytes_ for bytes_ in free if bytes_ is not None), default=None)


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
    size = chunk_size(plan.lanes, len(plan.settings), len(plan.policies), wish, workers)
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
    each = worker_bytes(kernel) + needed.process + batch * needed.lane
    return _table_bytes(plan) + copies * needed.shared + workers * each


def worker_bytes(kernel: KernelName) -> int:
    """Return what a worker process holds before it has run a lane."""
    return WORKER_BYTES + COMPILED_BYTES * (kernel == "compiled")


def _too_much(plan: Plan, room: _Room, size: int, workers: int, remedy: str) -> UserError:
    """Return the refusal; `remedy` has a place for the lanes that fit, if any do."""
    replications = int(room.free * SHARE / 2 / _table_bytes(plan) * plan.replications)
    if room.fitting:
        remedy = remedy.format(_rounded(room.fitting))
    elif replications < plan.replications:
        remedy = f"--replications {_rounded(replications)} would fit (with a smaller --batch)"
    else:
        remedy = "use fewer --workers, or a machine with more memory"
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


def _free_of_machine() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _free_of_limit() -> int | None:
    """Return what the limit of this process (``ulimit -v``) leaves free."""
    try:
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit == resource.RLIM_INFINITY:
            return None
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return max(0, limit - pages * resource.getpagesize())
    except (ImportError, OSError, ValueError):
        return None


def _free_of_job() -> int | None:
    """Return what a job of Slurm's leaves free, which holds also where nothing enforces it."""
    try:
        if "SLURM_MEM_PER_NODE" in os.environ:
            megabytes = int(os.environ["SLURM_MEM_PER_NODE"])
        else:
            each, cpus = os.environ["SLURM_MEM_PER_CPU"], os.environ["SLURM_CPUS_ON_NODE"]
            megabytes = int(each) * int(cpus)
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return max(0, (megabytes << 20) - pages * os.sysconf("SC_PAGE_SIZE"))
    except (KeyError, OSError, ValueError):
        return None


def _free_of_cgroup() -> int | None:
    """Return what the control groups of this process (a container, a batch job) leave free."""
    try:
        own = Path("/proc/self/cgroup").read_text(encoding="utf-8").strip().rpartition("::/")[2]
    except OSError:
        return None
    folder = CGROUPS / own
    found = []
    for group in (folder, *folder.parents):
        if not group.is_relative_to(CGROUPS):
            break
        try:
            limit = int((group / "memory.max").read_text(encoding="ascii"))
            used = int((group / "memory.current").read_text(encoding="ascii"))
            statistics = (group / "memory.stat").read_text(encoding="ascii").split()
            cached = int(statistics[statistics.index("inactive_file") + 1])
        except (OSError, ValueError):
            continue
        found.append(max(0, limit - used + cached))
    return min(found, default=None)
