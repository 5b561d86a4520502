"""The script as Slurm understands it."""

from __future__ import annotations

import dataclasses
import sys
from datetime import datetime
from pathlib import Path

import pytest

from experiments.execution.slurm import LOGS, ArrayJob, Site, Task, commands, sbatch_script
from tests.cluster.slurm import MOST_TASKS

pytestmark = pytest.mark.cluster

SAYS = (
    "import os, sys; "
    "print(sys.argv[1:], os.getcwd(), os.getpid() == int(os.environ['SLURM_TASK_PID']))"
)


@pytest.fixture(params=["plain", "100% of %A, mine"])
def job(tmp_path, request):
    """An array whose tasks say what they would do, in a folder that Slurm must not misread."""
    folder = tmp_path / request.param
    (folder / LOGS).mkdir(parents=True)
    return ArrayJob(
        experiment=str(tmp_path / "my sweep.yaml"),
        folder=folder,
        script=folder / "script.sh",
        tasks=MOST_TASKS + 2,
        task=Task(cpus=1, memory="50M", time="10"),
        site=Site(partition="debug", largest=MOST_TASKS, at_once=3, options=("--nice=5",)),
        where=folder,
        command=(sys.executable, "-c", SAYS),
    )


def written(job: ArrayJob) -> Path:
    job.script.write_text(sbatch_script(job), encoding="utf-8")
    return job.script


def test_slurm_takes_it(slurm, job):
    slurm.run("sbatch", "--test-only", written(job))


def test_slurm_reads_the_options(slurm, job):
    number = slurm.submit("--hold", written(job))
    shown = slurm.run("scontrol", "show", "job", str(number))
    for expected in (
        "JobName=my-sweep",
        f"ArrayTaskId=0-{MOST_TASKS - 1}%3",
        "NumNodes=1",
        "CPUs/Task=1",
        "MinMemoryNode=50M",
        "TimeLimit=00:10:00",
        "Partition=debug",
        "Requeue=1",
        "Nice=5",
    ):
        assert expected in shown


def test_a_task_knows_when_its_time_ends(slurm, job):
    says = "import os; print(os.environ['SLURM_JOB_END_TIME'])"
    job = dataclasses.replace(job, command=(sys.executable, "-c", says), tasks=2)
    number = slurm.submit(written(job))
    assert set(slurm.wait(number).values()) == {"COMPLETED"}
    for task in range(2):
        log = job.folder / LOGS / f"{number}_{task}.log"
        start = datetime.fromisoformat(slurm.task(number, task)["StartTime"]).astimezone()
        assert int(log.read_text(encoding="utf-8")) == start.timestamp() + 10 * 60


def test_every_share_runs_in_the_process_that_slurm_signals(slurm, job):
    written(job)
    said = set()
    submissions = [slurm.submit_line(line) for line in commands(job)]
    assert len(submissions) == 2
    for submission in submissions:
        assert set(slurm.wait(submission).values()) == {"COMPLETED"}
        logs = job.folder.joinpath(LOGS).glob(f"{submission}_*.log")
        said |= {log.read_text(encoding="utf-8").strip() for log in logs}
    assert said == {
        str(
            [
                "sweep", job.experiment, "--out", str(job.folder),
                "--shard", f"{share}/{job.tasks}", "--workers", "1",
            ]
        ) + f" {job.folder} True"
        for share in range(job.tasks)
    }  # fmt: skip
