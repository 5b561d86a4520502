"""Running chunks with Dask: workers on this machine, on others, or in jobs of a batch system.

A task is a chunk and the path of the run directory, which scheduler and workers see alike; a worker
reads what to run from the manifest there, and writes the shard there. So tasks are small, nothing
but their numbers comes back, and what is done stays done whoever dies. Dask gives a task whose
worker died to another one; a task that killed several is recorded as failed.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.errors import UserError, WorkerLostError, tell
from experiments.execution.absence import Absence
from experiments.execution.course import ATTEMPTS, Course
from experiments.execution.dask_clusters import PROFILE, Jobs, local_cluster, require, slurm_cluster
from experiments.execution.job import Job, Work, Worker
from experiments.planning import Chunk, cpu_count

if TYPE_CHECKING:
    from distributed import Client, Future

    from scenarios import Compiled
    from sim.kernel import KernelName

POLL_S: Final = 0.5
FETCH_S: Final = 5
"""How long to wait for what came of a chunk, which its worker keeps until it is fetched."""

ANSWER_S: Final = 15
"""How long to wait for a scheduler's answer, and for the file that it writes when it starts."""

PATIENCE_S: Final = 300
"""How long to wait for a worker where there is none and nobody is known to start one."""

RENEW_S: Final = 30
"""How often to look whether jobs of a batch system have ended that are to be started again."""

SCHEDULER_GONE: Final = "the scheduler is gone"

SLURM: Final = "slurm"

LONGEST_FILE: Final = 1 << 16
"""Bytes of a scheduler's file that are read; it has some hundred."""


@dataclass(frozen=True)
class OnDask:
    """Has chunks run by the workers of a Dask scheduler."""

    client: Client
    workers: int
    workers_here: int
    patience_s: float | None
    """How long to wait for a worker where there is none; None for as long as it takes."""
    jobs: Jobs | None = None
    """Those that the workers are, where they can be started anew."""
    name: str = "dask"

    def run(self, job: Job, compiled: Compiled, chunks: Iterator[Chunk], course: Course) -> None:
        """Run chunks; workers compile the worlds themselves."""
        _refuse_other_text(job.address.folder)
        ticks = compiled.world.horizon
        running: dict[Future[Work], Chunk] = {}
        absence = Absence(self.patience_s)
        renewed = time.monotonic()
        try:
            while True:
                if self.jobs is not None and time.monotonic() - renewed >= RENEW_S:
                    renewed = time.monotonic()
                    self.jobs.renew()
                at_hand = _workers_now(self.client)
                if self.jobs is not None and (why := self.jobs.refusal()):
                    tell(f"the batch system refuses jobs ({why}); they are submitted again")
                # One each, since a worker that dies is held against all that it was given; and one
                # that waits where there is none, to know whether anything is left to do.
                room = max(1, at_hand) - len(running)
                for chunk in islice(chunks, max(0, room)):
                    running[self._begin(job, chunk, course)] = chunk
                if not running:
                    return
                if absence.saw(at_hand):
                    for chunk in running.values():  # what waited begins now
                        course.begun(chunk)
                elif not at_hand and course.time_is_up():
                    return
                self._collect(running, job, course)
                course.ticked(course.work.lanes * ticks)
        finally:
            self.client.cancel(list(running), reason="the run has ended")

    def _collect(self, running: dict[Future[Work], Chunk], job: Job, course: Course) -> None:
        """Report what has ended, and begin again what is to be tried again."""
        for future in _ended(list(running)):
            told = _told(future)
            if told is None:
                continue
            chunk = running.pop(future)
            if _settle(told, chunk, course):
                running[self._begin(job, chunk, course)] = chunk

    def _begin(self, job: Job, chunk: Chunk, course: Course) -> Future[Work]:
        course.begun(chunk)
        folder = str(job.address.folder.resolve())
        told = folder, job.plan.digest, job.kernel, chunk
        return self.client.submit(run_chunk, *told, pure=False, retries=0)


def _refuse_other_text(folder: Path) -> None:
    """Refuse a directory whose whole path, by which workers know it, is no UTF-8.

    Raises
    ------
    UserError
        If it is not.
    """
    try:
        str(folder.resolve()).encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"--executor dask in {error.object!r}",
            "workers open the run directory by its whole path, which must be UTF-8",
            "rename the folder, or leave --executor out",
        ) from None


def _ended(running: list[Future[Work]]) -> list[Future[Work]]:
    """Wait a little; return what has ended, however it did."""
    from concurrent.futures import CancelledError

    from distributed import wait

    try:
        return list(wait(running, POLL_S, "FIRST_COMPLETED").done)
    except TimeoutError:
        return []
    except CancelledError:  # of all futures, since the connection is lost
        raise WorkerLostError(SCHEDULER_GONE) from None


def _told(future: Future[Work]) -> Work | Exception | None:
    """Fetch what came of a chunk; None if its worker died before that, so that it runs anew."""
    from concurrent.futures import CancelledError

    if future.cancelled():
        raise WorkerLostError(SCHEDULER_GONE)
    try:
        return future.result(timeout=FETCH_S)
    except CancelledError:
        raise WorkerLostError(SCHEDULER_GONE) from None
    except TimeoutError as error:
        return error if future.status == "error" else None
    except Exception as error:  # noqa: BLE001 - recorded, and the rest goes on
        return error


def _settle(told: Work | Exception, chunk: Chunk, course: Course) -> bool:
    """Report a chunk that ended; say whether to run it again."""
    from distributed import KilledWorker

    if isinstance(told, Work):
        course.done(chunk, told)
        return False
    return course.try_again(chunk, told, final=isinstance(told, KilledWorker))


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
    require("distributed", "Dask")
    import dask
    from distributed import Client

    _silence()
    wanted = workers or cpu_count()
    told = {"distributed.scheduler.allowed-failures": ATTEMPTS - 1, PROFILE: False}
    with dask.config.set(told):
        if scheduler is None:
            with local_cluster(wanted) as cluster, Client(cluster) as client:
                yield OnDask(client, wanted, wanted, PATIENCE_S)
        elif scheduler == SLURM:
            with slurm_cluster(wanted) as jobs, Client(jobs.cluster) as client:
                # They come when the batch system has room, and go when their wall time is over.
                yield OnDask(client, wanted, 1, None, jobs)
        else:
            with _connected(scheduler) as client:
                yield OnDask(client, _workers_of(client, scheduler), 1, PATIENCE_S)


def _silence() -> None:
    """Keep Dask from writing about deaths and lost connections, which we do ourselves."""
    for name in ("distributed", *logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":  # each has a level of its own
            logging.getLogger(name).setLevel(logging.CRITICAL)


def _connected(scheduler: str) -> Client:
    from distributed import Client

    try:
        return Client(_address(scheduler), timeout=ANSWER_S)
    except (OSError, ValueError, ImportError) as error:
        reason = str(error).partition("\n")[0]
        raise UserError(
            f"--scheduler {scheduler}: no scheduler answers ({reason})",
            "it is the address of a running Dask scheduler, the file that it wrote, or `slurm`",
            "start one with `dask scheduler --scheduler-file FILE`, and workers that read it",
        ) from None


def _address(scheduler: str) -> str:
    """Return the address of a scheduler; of a file, the one that the scheduler wrote there.

    Raises
    ------
    ValueError
        If the file does not come, or has none.
    """
    path = Path(scheduler)
    if "://" in scheduler or not (path.exists() or "/" in scheduler or path.suffix == ".json"):
        return scheduler
    end = time.monotonic() + ANSWER_S
    while True:  # a scheduler that was just started is about to write it
        if path.exists() and not path.is_file():
            raise ValueError(f"{path} is no regular file")
        try:
            with path.open("rb") as file:
                return str(json.loads(file.read(LONGEST_FILE))["address"])
        except OSError as error:
            reason = error.strerror or str(error)
        except (ValueError, KeyError, TypeError, RecursionError):
            reason = "the file has no address"
        if time.monotonic() >= end:
            raise ValueError(reason)
        time.sleep(POLL_S)


def _workers_of(client: Client, scheduler: str) -> int:
    """Wait for the first worker of a scheduler; return how many it has.

    Raises
    ------
    UserError
        If none comes.
    """
    absence = Absence(PATIENCE_S)
    try:
        while not (found := _workers_now(client)):
            absence.saw(found)
            time.sleep(POLL_S)
        absence.saw(found)
    except WorkerLostError as error:
        raise UserError(
            f"--scheduler {scheduler}: {error}",
            "a scheduler needs workers to have chunks run",
            "start workers (one thread each) that read the scheduler's file",
        ) from None
    return found


def _workers_now(client: Client) -> int:
    """Return how many workers there are; on a cluster they come and go.

    Raises
    ------
    WorkerLostError
        If the scheduler is gone.
    """
    if client.status == "running":
        try:
            return len(client.nthreads())
        except OSError:  # the connection has just broken
            pass
    raise WorkerLostError(SCHEDULER_GONE)


_at_work: Final = threading.Lock()
"""One chunk at a time in a process: a lane may use what belongs to the whole process."""

_jobs: dict[tuple[str, str, KernelName], Worker] = {}
"""What this worker process is at; one at most."""


def run_chunk(folder: str, digest: str, kernel: KernelName, chunk: Chunk) -> Work:
    """Run a chunk in a worker of Dask.

    Parameters
    ----------
    digest
        Of the plan. A worker may outlive the command, and a directory be made anew.
    """
    what = folder, digest, kernel
    with _at_work:
        if what not in _jobs:
            _jobs.clear()
            _jobs[what] = Worker(_job_of(Path(folder), digest, kernel))
        return _jobs[what].run(chunk, _unheard)


def _unheard(tick: int) -> None:
    """Nobody counts ticks across machines."""
    del tick


def _job_of(folder: Path, digest: str, kernel: KernelName) -> Job:
    """Return the job of a run directory, from its manifest.

    Raises
    ------
    UserError
        If this worker has another version of the engine.
    RuntimeError
        If the directory that this worker sees is not what is to be run.
    """
    from experiments.store import engine_digest, open_for_reading, plan_of

    directory = open_for_reading(folder)
    manifest = directory.manifest
    if manifest.identity["engine"]["digest"] != engine_digest(manifest.kinds):
        raise UserError(
            f"{folder}: a worker has another version of fivesteps than made this directory",
            "all lanes of a directory come from the same code",
            "install the same version for scheduler, workers and command",
        )
    plan = plan_of(manifest, folder)
    if plan.digest != digest:
        msg = f"{folder} is another experiment here, or not yet what it is to be"
        raise RuntimeError(msg)
    return Job(plan, directory.address, kernel)
