"""Which executor the user wants."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from experiments.errors import UserError
from experiments.execution.here import Here
from experiments.execution.processes import Processes
from experiments.planning import cpu_count

if TYPE_CHECKING:
    from experiments.execution.executor import Executor

LOCAL: Final = "local"
DASK: Final = "dask"


@contextmanager
def chosen_executor(
    name: str, scheduler: str | None, workers: int | None, lanes: int
) -> Generator[Executor]:
    """Give the executor of this name; what it started is stopped afterwards.

    Parameters
    ----------
    scheduler
        Of Dask: address, file, or ``slurm``; None starts one on this machine.
    workers
        None takes one for every processor. Of a scheduler that is there already, all that it has
        are taken, and None is the only choice.
    lanes
        Lanes to be run; there are never more workers.

    Raises
    ------
    UserError
        If there is no such executor, or it needs what is not there.
    """
    if name == LOCAL:
        if scheduler is not None:
            raise UserError(
                f"--scheduler {scheduler}",
                "only Dask has a scheduler",
                "add `--executor dask`, or leave it out",
            )
        yield local(workers, lanes)
    elif name == DASK:
        from experiments.execution.on_dask import SLURM, on_dask

        if scheduler not in {None, SLURM} and workers is not None:
            raise UserError(
                f"--workers {workers} with --scheduler {scheduler}",
                "a scheduler that runs has its own workers, and all of them are used",
                "leave --workers out; start more workers at the scheduler, or fewer",
            )
        with on_dask(scheduler, workers) as executor:
            yield executor
    else:
        raise UserError(
            f"--executor {name}", f"there are the executors {LOCAL}, {DASK}", "write one of them"
        )


def local(workers: int | None, lanes: int) -> Executor:
    """Return the executor of this machine with so many processes, by default one a processor."""
    busy = min(workers or cpu_count(), lanes)
    return Here() if busy <= 1 else Processes(busy)
