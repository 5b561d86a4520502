"""A sweep whose chunks are run by Dask workers that are jobs of a real Slurm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.cluster import keeper
from tests.cluster.slurm import Slurm
from tests.cluster.sweeps import CHUNKS_BEFORE, LANES_OF_A_CHUNK, PATIENCE_S, tables
from tests.experiments.execution import kit

pytestmark = pytest.mark.cluster

PREFIX = "DASK_JOBQUEUE__SLURM__"
JOBQUEUE = {
    f"{PREFIX}INTERFACE": "lo",
    f"{PREFIX}MEMORY": "1GB",
    f"{PREFIX}WALLTIME": "00:30:00",
    "DASK_DISTRIBUTED__DEPLOY__LOST_WORKER_TIMEOUT": "1s",
    "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "15s",  # of one whose connection stays open
    f"{PREFIX}JOB_EXTRA_DIRECTIVES": "['--exclusive']",
}


def workers(slurm: Slurm) -> dict[str, set[int]]:
    """Return the processes of the Dask worker on each node that has one: nanny and worker."""
    found = {
        node: {
            process
            for process in slurm.processes(node)
            if b"dask_worker" in keeper.command_line(process)
            or b"multiprocessing.spawn" in keeper.command_line(process)
        }
        for node in slurm.nodes
    }
    return {node: processes for node, processes in found.items() if processes}


@pytest.mark.parametrize("nodes", [1, 2], ids=["one-of-two", "all"])
def test_workers_and_their_nannies_are_killed(slurm, place, experiment, here, nodes):
    """As when the wall time of their jobs is over; jobs are submitted in their place."""
    folder = place / f"dask-{nodes}"
    command = [
        sys.executable, "-m", "experiments.cli", "sweep", experiment, "--out", folder,
        "--executor", "dask", "--scheduler", "slurm", "--workers", "2",
        "--batch", str(LANES_OF_A_CHUNK),
    ]  # fmt: skip
    with subprocess.Popen(
        list(map(str, command)),
        cwd=place,
        env=os.environ
        | slurm.environment
        | JOBQUEUE
        | {"DASK_JOBQUEUE__SLURM__LOG_DIRECTORY": str(place)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        slurm.until(
            lambda: len(workers(slurm)) == 2 and len(kit.shards(folder)) >= CHUNKS_BEFORE,
            PATIENCE_S,
        )
        for node in slurm.nodes[-nodes:]:
            for process in workers(slurm)[node]:
                os.kill(process, signal.SIGKILL)
        before = kit.rows(folder)
        said, _ = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0, said
    assert ("no worker is left" in said) == (nodes == 2)
    assert before
    assert before <= kit.rows(folder)
    assert tables(folder) == here
