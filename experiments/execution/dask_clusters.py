"""Clusters of Dask that a run starts, and that nobody else can use.

Scheduler and workers do whatever they are told by anybody who reaches them. So those that a run
starts speak TLS, with a key that is made for the run and that they show each other: whoever does
not have it is refused. Workers on this machine get it with their start, and those that are jobs of
a batch system with the script of the job, which only its owner can read.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import shlex
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from experiments.errors import UserError
from experiments.execution.starting import SAFE_PATH, strangers_left_out

if TYPE_CHECKING:
    from distributed import LocalCluster

LOOPBACK: Final = "127.0.0.1"

PROFILE: Final = "distributed.worker.profile.enabled"
"""What has a worker look a hundred times a second at what it does: a tenth to a fifth of its time,
as a chunk is many short calls."""

SUBMITTED_S: Final = 60
"""How long to wait until the batch system has taken or refused the first job."""

POLL_S: Final = 0.1

FILES: Final = 64
FILES_EACH: Final = 24
"""Open files that scheduler and client need, and what each worker adds to that."""


def require(module: str, what: str) -> None:
    """Refuse to go on without a library of the extra.

    Raises
    ------
    UserError
        If it is not installed.
    """
    if importlib.util.find_spec(module) is None:
        raise UserError(
            "--executor dask",
            f"this executor needs {what}, which is not installed",
            "run `pip install 'fivesteps[cluster]'`, or leave it out",
        )


def key_of_the_run() -> Any:  # noqa: ANN401 - a class without types
    """Make the key of a run; it is in no file."""
    from distributed import Security

    require("cryptography", "`cryptography` to make keys for its workers")
    return Security.temporary()


@contextmanager
def local_cluster(workers: int) -> Generator[LocalCluster]:
    """Start workers on this machine, which listen to this machine alone."""
    from distributed import LocalCluster

    make_room_for_files(workers)
    with (
        strangers_left_out(),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host=LOOPBACK,
            security=key_of_the_run(),
            silence_logs=logging.CRITICAL,  # also in the workers: we say ourselves what matters
            dashboard_address=f"{LOOPBACK}:0",
            scheduler_kwargs={"dashboard": False},
        ) as cluster,
    ):
        yield cluster


def make_room_for_files(workers: int) -> None:
    """Raise this process's limit of open files to what so many workers need.

    Raises
    ------
    UserError
        If the system does not let it.
    """
    if sys.platform == "win32":
        return
    import resource

    needed = FILES + FILES_EACH * workers
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise UserError(
            f"--executor dask with {workers:,} workers",
            f"needs about {needed:,} open files, and this process may have {hard:,}",
            f"raise the limit (`ulimit -n {needed}`), or take fewer --workers",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


# Jobs of Slurm ---------------------------------------------------------------------------------


@dataclass
class Jobs:
    """Workers that are jobs of a batch system."""

    cluster: Any
    """That of dask-jobqueue, a class without types."""
    wanted: int
    refused: dict[str, str]
    """What the batch system said about jobs that it did not take, by the name of the worker."""
    _told: set[str] = field(default_factory=set)

    def renew(self) -> None:
        """Submit jobs in place of those that have ended, or were refused."""
        for name in list(self.refused):
            del self.refused[name]
            self.cluster.loop.add_callback(self.cluster.workers.pop, name, None)
        self.cluster.scale(self.wanted)

    def refusal(self) -> str | None:
        """Return what the batch system said when it refused jobs, each thing once."""
        for why in list(self.refused.values()):
            if why not in self._told:
                self._told.add(why)
                return why
        return None


@contextmanager
def slurm_cluster(workers: int) -> Generator[Jobs]:
    """Start workers as jobs of Slurm, as the user's configuration of dask-jobqueue says.

    Raises
    ------
    UserError
        If jobs cannot be submitted, or are refused.
    """
    require("dask_jobqueue", "dask-jobqueue to submit workers")
    module: Any = importlib.import_module("dask_jobqueue")
    command = shlex.split(module.slurm.SLURMJob.submit_command)[0]
    if shutil.which(command) is None:
        raise UserError(
            "--scheduler slurm",
            f"workers are submitted with `{command}`, which is not on this machine",
            "run it where jobs are submitted, such as a login node, or leave --scheduler out",
        )
    make_room_for_files(workers)
    refused: dict[str, str] = {}
    with _as_configured(module, key_of_the_run(), refused) as cluster:
        cluster.scale(workers)
        _await_first(cluster, refused)
        yield Jobs(cluster, workers, refused)


def _as_configured(module: Any, key: Any, refused: dict[str, str]) -> Any:  # noqa: ANN401 - as above
    """Return a cluster without workers; what the user's configuration says goes first."""
    import dask

    def configured(name: str) -> Any:  # noqa: ANN401 - of any type
        return dask.config.get(f"jobqueue.slurm.{name}", None)

    usual = {"cores": 1, "processes": 1, "memory": "2 GB"}
    options = {"dashboard_address": ":0", **(configured("scheduler-options") or {})}
    if not {"host", "interface"} & options.keys() and configured("interface") is None:
        options["host"] = address_of_this_machine()
    prologue = [*(configured("job-script-prologue") or []), *_environment(key)]
    return _cluster_class(module.SLURMCluster)(
        security=key,
        job_cls=_job_class(module.slurm.SLURMJob, refused),
        **{name: value for name, value in usual.items() if configured(name) is None},
        job_script_prologue=prologue,
        protocol="tls://",
        scheduler_options={**options, "dashboard": False},
    )


def address_of_this_machine() -> str:
    """Return the address by which other machines reach this one, as far as can be told.

    Raises
    ------
    UserError
        If there is none.
    """
    from distributed.utils import get_ip

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # said below
        found = str(get_ip())
    if found.startswith("127."):
        raise UserError(
            "--scheduler slurm",
            "the network by which the nodes reach this machine cannot be told",
            "name it in ~/.config/dask/jobqueue.yaml, as `interface: ib0`",
        )
    return found


def _environment(key: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    """Yield lines of shell that give a worker the key of the run, and what else it goes by."""
    told = {
        "distributed.comm.require-encryption": "True",
        PROFILE: "False",
        **{
            f"distributed.comm.tls.{name}": text
            for name, text in (
                ("ca-file", key.tls_ca_file),
                ("worker.cert", key.tls_worker_cert),
                ("worker.key", key.tls_worker_key),
            )
        },
    }
    yield f"export {SAFE_PATH}=1"
    for name, value in told.items():
        yield f"export {environment_name(name)}={shlex.quote(value)}"


def environment_name(setting: str) -> str:
    """Return the variable by which Dask is told a setting."""
    return "DASK_" + setting.replace(".", "__").replace("-", "_").upper()


def _cluster_class(base: Any) -> Any:  # noqa: ANN401 - as above
    """Return clusters that write the key into no file for their jobs, whose scripts have it."""

    class Cluster(base):  # type: ignore[misc]
        def _get_worker_security(self, security: object) -> None:
            del security

    return Cluster


def _job_class(base: Any, refused: dict[str, str]) -> Any:  # noqa: ANN401 - a class without types
    """Return jobs whose scripts only their owner reads, and that take note of being refused."""
    from distributed.core import Status

    class Job(base):  # type: ignore[misc]
        @contextmanager
        def job_file(self) -> Iterator[str]:
            with tempfile.NamedTemporaryFile("w", suffix=".sh", encoding="utf-8") as file:
                file.write(self.job_script())
                file.flush()
                yield file.name

        async def start(self) -> None:
            try:
                await super().start()
            except (OSError, RuntimeError, ValueError) as error:
                refused[self.name] = _words(str(error))
                self.status = Status.running  # it is no job, but the others go on

        async def close(self) -> None:
            await super().close()
            self.status = Status.closed

    return Job


def _words(error: str) -> str:
    """Return what the command itself said, of an error that says more about it."""
    said = error.partition("stderr:\n")[2].strip() or error.strip()
    return said.splitlines()[0] if said else "no reason was given"


def _await_first(cluster: Any, refused: dict[str, str]) -> None:  # noqa: ANN401 - as above
    """Wait until the first job is taken.

    Raises
    ------
    UserError
        If it is refused.
    """
    end = time.monotonic() + SUBMITTED_S
    while time.monotonic() < end:
        jobs = list(cluster.workers.values())
        if any(job.job_id for job in jobs):
            return
        if jobs and refused:
            raise UserError(
                f"--scheduler slurm: {next(iter(refused.values()))}",
                "the batch system must take the jobs of the workers",
                "set partition, account, memory and time in ~/.config/dask/jobqueue.yaml as your"
                " site wants them",
            )
        time.sleep(POLL_S)
