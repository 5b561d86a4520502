"""Running chunks with Dask: workers on this machine, on others, or in jobs of a batch system.

A task is a chunk and the path of the run directory, which scheduler and workers see alike; a worker
reads what to run from the manifest there, and writes the shard there. So tasks are small, nothing
but their numbers comes back, and what is done stays done whoever dies. Dask gives a task whose
worker died to another one; a task that killed several is recorded as failed.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.errors import UserError, WorkerLostError
from experiments.execution.course import ATTEMPTS, Course
from experiments.execution.job import Job, Work, Worker
from experiments.memory import cpu_count
from experiments.plan import Chunk

if TYPE_CHECKING:
    from distributed import Client, Future

    from scenarios import Compiled
    from sim.kernels import KernelName

POLL_S: Final = 0.5
PATIENCE_S: Final = 120
"""How long to wait for a scheduler that does not answer, and for its first worker."""

SCHEDULER_GONE: Final = "the scheduler is gone"

SLURM: Final = "slurm"
LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True)
class OnDask:
    """Has chunks run by the workers of a Dask scheduler."""

    client: Client
    workers: int
    workers_here: int
    name: str = "dask"

    def run(self, job: Job, compiled: Compiled, chunks: Iterator[Chunk], course: Course) -> None:
        """Run chunks; workers compile the worlds themselves."""
        ticks = compiled.world.horizon
        running: dict[Future[Work], Chunk] = {}
        try:
            while True:
                # One each, since a worker that dies is held against all that it was given.
                room = self._at_hand() - len(running)
                for chunk in islice(chunks, max(0, room)):
                    running[self._begin(job, chunk, course)] = chunk
                if not running:
                    return
                for future in self._ended(list(running)):
                    chunk = running.pop(future)
                    if _settle(future, chunk, course):
                        running[self._begin(job, chunk, course)] = chunk
                course.ticked(course.work.lanes * ticks)
        finally:
            self.client.cancel(list(running), reason="the run has ended")

    def _at_hand(self) -> int:
        """Return how many workers there are now, at least one."""
        try:
            return max(1, _workers_now(self.client))
        except (OSError, TimeoutError):  # seen to where results are waited for
            return 1

    def _begin(self, job: Job, chunk: Chunk, course: Course) -> Future[Work]:
        course.begun(chunk)
        folder = str(job.address.folder.resolve())
        return self.client.submit(run_chunk, folder, job.kernel, chunk, pure=False, retries=0)

    def _ended(self, running: list[Future[Work]]) -> list[Future[Work]]:
        """Wait a little; return what has ended, however it did."""
        from concurrent.futures import CancelledError

        from distributed import wait

        if self.client.status != "running":
            raise WorkerLostError(SCHEDULER_GONE)
        try:
            return list(wait(running, POLL_S, "FIRST_COMPLETED").done)
        except TimeoutError:
            return []
        except CancelledError:  # of all futures, since the connection is lost
            raise WorkerLostError(SCHEDULER_GONE) from None


def _settle(future: Future[Work], chunk: Chunk, course: Course) -> bool:
    """Report a chunk that ended; say whether to run it again."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker

    if future.cancelled():
        raise WorkerLostError(SCHEDULER_GONE)
    try:
        course.done(chunk, future.result())
    except CancelledError:
        raise WorkerLostError(SCHEDULER_GONE) from None
    except KilledWorker as error:
        return course.try_again(chunk, error, final=True)
    except Exception as error:  # noqa: BLE001 - recorded, and the rest goes on
        return course.try_again(chunk, error)
    return False


@contextmanager
def on_dask(scheduler: str | None, workers: int | None) -> Generator[OnDask]:
    """Connect to a scheduler, or start one; what was started is stopped afterwards.

    Parameters
    ----------
    scheduler
        Address, path of a scheduler file, or ``slurm``; None starts one on this machine that
        listens to this machine alone.
    workers
        Workers to start; None takes one for every processor.

    Raises
    ------
    UserError
        If Dask is not installed, or there is no scheduler or worker.
    """
    if importlib.util.find_spec("distributed") is None:
        raise UserError(
            "--executor dask",
            "this executor needs Dask, which is not installed",
            "run `pip install 'fivesteps[cluster]'`, or leave it out",
        )
    import dask
    from distributed import Client

    _silence()
    wanted = workers or cpu_count()
    with dask.config.set({"distributed.scheduler.allowed-failures": ATTEMPTS - 1}):
        if scheduler is None:
            with _local_cluster(wanted) as cluster, Client(cluster) as client:
                yield OnDask(client, wanted, wanted)
        elif scheduler == SLURM:
            with _slurm_cluster(wanted) as cluster, Client(cluster) as client:
                _workers_of(client, scheduler)  # the others come when the batch system has room
                yield OnDask(client, wanted, 1)
        else:
            with _connected(scheduler) as client:
                yield OnDask(client, _workers_of(client, scheduler), 1)


def _silence() -> None:
    """Keep Dask from writing about deaths and lost connections, which we do ourselves."""
    for name in ("distributed", *logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":  # each has a level of its own
            logging.getLogger(name).setLevel(logging.CRITICAL)


def _local_cluster(workers: int) -> Any:  # noqa: ANN401 - a class without types
    from distributed import LocalCluster

    return LocalCluster(
        n_workers=workers, threads_per_worker=1, host=LOOPBACK, dashboard_address=None
    )


def _slurm_cluster(workers: int) -> Any:  # noqa: ANN401 - a class without types
    """Start workers as jobs of Slurm, as the user's configuration of dask-jobqueue says."""
    import dask

    jobqueue: Any = importlib.import_module("dask_jobqueue")
    told = {
        name: default
        for name, default in (("cores", 1), ("processes", 1), ("memory", "2 GB"))
        if dask.config.get(f"jobqueue.slurm.{name}", None) is None
    }
    cluster = jobqueue.SLURMCluster(**told, scheduler_options={"dashboard_address": None})
    cluster.scale(workers)
    return cluster


def _connected(scheduler: str) -> Client:
    from distributed import Client

    where = {"scheduler_file": scheduler} if Path(scheduler).is_file() else {"address": scheduler}
    try:
        return Client(**where, timeout=PATIENCE_S if "://" not in scheduler else 15)
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise UserError(
            f"--scheduler {scheduler}: no scheduler answers ({reason})",
            "it is the address of a running Dask scheduler, the file that it wrote, or `slurm`",
            "start one with `dask scheduler --scheduler-file FILE`, and workers that read it",
        ) from None


def _workers_of(client: Client, scheduler: str) -> int:
    try:
        client.wait_for_workers(1, timeout=PATIENCE_S)
    except TimeoutError:
        raise UserError(
            f"--scheduler {scheduler}: no worker came within {PATIENCE_S} s",
            "a scheduler needs workers to have chunks run",
            "start workers (one thread each), or look why the batch system does not",
        ) from None
    return _workers_now(client)


def _workers_now(client: Client) -> int:
    """Return how many workers there are; on a cluster they come and go."""
    return len(client.scheduler_info(n_workers=-1)["workers"])


_at_work: Final = threading.Lock()
"""One chunk at a time in a process: a lane may use what belongs to the whole process."""

_jobs: dict[str, Worker] = {}
"""What this worker process is at, by run directory; one at most."""


def run_chunk(folder: str, kernel: KernelName, chunk: Chunk) -> Work:
    """Run a chunk in a worker of Dask."""
    with _at_work:
        if folder not in _jobs:
            _jobs.clear()
            _jobs[folder] = Worker(_job_of(Path(folder), kernel))
        return _jobs[folder].run(chunk, _unheard)


def _unheard(tick: int) -> None:
    """Nobody counts ticks across machines."""
    del tick


def _job_of(folder: Path, kernel: KernelName) -> Job:
    """Return the job of a run directory, from its manifest.

    Raises
    ------
    UserError
        If this worker has another version of the engine.
    """
    from experiments.provenance import engine_digest
    from experiments.rebuild import plan_of
    from experiments.store import open_for_reading

    directory = open_for_reading(folder)
    manifest = directory.manifest
    if manifest.identity["engine"]["digest"] != engine_digest():
        raise UserError(
            f"{folder}: a worker has another version of fivesteps than made this directory",
            "all lanes of a directory come from the same code",
            "install the same version for scheduler, workers and command",
        )
    return Job(plan_of(manifest, folder), directory.address, kernel)
