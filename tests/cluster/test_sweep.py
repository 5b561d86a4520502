"""A sweep on a real Slurm: it gives the same as one here, whatever dies meanwhile."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.cluster.slurm import MOST_TASKS
from tests.cluster.sweeps import Sweep, tables

pytestmark = pytest.mark.cluster


def test_arrays_of_a_site_that_allows_few_tasks(slurm, place, experiment, here):
    """All of them are submitted twice at once: two tasks run each share at the same time."""
    few = "--max-array", str(MOST_TASKS)
    sweep = Sweep(slurm, experiment, place / "arrays", "--tasks", str(MOST_TASKS + 1), *few)
    assert len(sweep.lines) == 2
    for job in (*sweep.submit(), *sweep.submit()):
        assert set(sweep.end(job).values()) == {"COMPLETED"}, sweep.log()
    assert tables(sweep.folder) == here


def test_a_task_that_is_killed_and_one_whose_time_is_over(slurm, place, experiment, here):
    sweep = Sweep(slurm, experiment, place / "early", "--tasks", "2")
    (job,) = sweep.submit()
    sweep.until_some_is_done()
    os.kill(sweep.process(0), signal.SIGSTOP)  # as if it took long; Slurm's signal wakes it
    slurm.ends_in(job, 0, 90)
    end = time.monotonic() + 90
    os.kill(sweep.process(1), signal.SIGKILL)
    assert sweep.end(job) == {0: "FAILED", 1: "FAILED"}
    assert end - time.monotonic() > 20
    assert slurm.task(job, 0)["ExitCode"] == "130:0"
    assert slurm.task(job, 1)["ExitCode"] == "0:9"
    assert slurm.task(job, 1)["Restarts"] == "0"
    assert "the same command goes on from there" in sweep.log()
    before = sweep.rows()
    assert not (sweep.folder / "outcomes.parquet").exists()
    (again,) = sweep.submit()
    assert set(sweep.end(again).values()) == {"COMPLETED"}, sweep.log()
    assert before
    assert before <= sweep.rows()
    assert list(sweep.folder.rglob("*.tmp")) == []
    assert tables(sweep.folder) == here


def test_a_node_that_is_lost(slurm, place, experiment, here):
    sweep = Sweep(slurm, experiment, place / "lost", "--tasks", "2", "--sbatch=--exclusive")
    (job,) = sweep.submit()
    sweep.until_some_is_done()
    lost = next(task for task in (0, 1) if slurm.task(job, task)["NodeList"] == slurm.nodes[0])
    slurm.kill_node(slurm.nodes[0])
    before = sweep.rows()
    assert sweep.end(job) == {0: "COMPLETED", 1: "COMPLETED"}
    assert slurm.task(job, lost)["Restarts"] == "1"
    assert slurm.task(job, 1 - lost)["Restarts"] == "0"
    assert before
    assert before <= sweep.rows()
    assert tables(sweep.folder) == here
