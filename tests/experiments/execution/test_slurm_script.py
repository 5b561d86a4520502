"""The script for Slurm, as text and as bash understands it."""

from __future__ import annotations

import dataclasses
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.errors import UserError
from experiments.execution.slurm import (
    ArrayJob,
    Site,
    Task,
    commands,
    sbatch_script,
    submissions,
    this_command,
    wall_time_for,
    wall_time_s,
)

BASH = shutil.which("bash")
needs_bash = pytest.mark.skipif(BASH is None, reason="no bash here")

TASK = Task(cpus=2, memory="4G", time="01:00:00")
JOB = ArrayJob(
    experiment="/home/me/sweep.yaml",
    folder=Path("/scratch/me/run"),
    script=Path("/home/me/sweep.sh"),
    tasks=10,
    task=TASK,
    site=Site(),
    where=Path("/home/me"),
    command=("/opt/venv/bin/fivesteps",),
)
ODD = "it's $HOME; `odd` & new"


def changed(job: ArrayJob = JOB, **site) -> ArrayJob:
    return dataclasses.replace(job, site=Site(**site))


def directives(job: ArrayJob) -> dict[str, str]:
    """Return the options in the script, by name."""
    rows = [
        line.removeprefix("#SBATCH --").partition("=")
        for line in sbatch_script(job).splitlines()
        if line.startswith("#SBATCH ")
    ]
    return {name: value for name, _, value in rows}


def told(script: str, folder: Path, task: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script as a task of an array would."""
    assert BASH is not None
    path = folder / "script.sh"
    path.write_text(script, encoding="utf-8")
    return subprocess.run(
        [BASH, path, *arguments],
        env={
            "PATH": os.defpath,
            "SLURM_ARRAY_JOB_ID": "1",
            "SLURM_ARRAY_TASK_ID": str(task),
            "SLURM_JOB_END_TIME": str(2**31),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def says_its_arguments(folder: Path) -> tuple[str, ...]:
    """Return a program that prints its arguments, one a line, and the limits of threads."""
    program = folder / "says.py"
    program.write_text(
        "import os, sys\nprint('\\n'.join(sys.argv[1:]), os.environ['OMP_NUM_THREADS'], sep='\\n')",
        encoding="utf-8",
    )
    return (sys.executable, str(program))


def test_options_for_slurm():
    job = changed(partition="short", account="p-17", at_once=4, options=("--qos=low",))
    assert directives(job) == {
        "job-name": "sweep",
        "array": "0-9%4",
        "nodes": "1",
        "ntasks": "1",
        "cpus-per-task": "2",
        "mem": "4G",
        "time": "01:00:00",
        "partition": "short",
        "account": "p-17",
        "signal": "B:TERM@60",
        "chdir": "/home/me",
        "output": "/scratch/me/run/logs/%A_%a.log",
        "open-mode": "append",
        "requeue": "",
        "qos": "low",
    }
    assert {"partition", "account"}.isdisjoint(directives(JOB))


def test_options_come_before_commands():
    lines = sbatch_script(JOB).splitlines()
    options = [number for number, line in enumerate(lines) if line.startswith("#SBATCH")]
    first_command = next(n for n, line in enumerate(lines) if line and not line.startswith("#"))
    assert lines[0] == "#!/bin/bash"
    assert max(options) < first_command


@needs_bash
@pytest.mark.parametrize("task", [0, 9])
def test_a_task_runs_its_share(tmp_path, task):
    folder = tmp_path / ODD
    job = dataclasses.replace(
        JOB,
        experiment=str(folder / "my sweep.yaml"),
        folder=Path("/scratch/my $run"),
        command=says_its_arguments(tmp_path),
        extra=("--kernel", "numpy"),
    )
    done = told(sbatch_script(job), tmp_path, task)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "sweep", str(folder / "my sweep.yaml"), "--out", "/scratch/my $run",
        "--shard", f"{task}/10", "--workers", "2", "--kernel", "numpy", "1",
    ]  # fmt: skip


@needs_bash
def test_a_task_beyond_the_last_has_nothing_to_do(tmp_path):
    job = dataclasses.replace(JOB, command=says_its_arguments(tmp_path))
    done = told(sbatch_script(job), tmp_path, 3, "7")
    assert (done.returncode, done.stdout) == (0, "nothing to do: task 10 of 10, counted from 0\n")


@needs_bash
def test_lines_of_the_site_run_first_and_an_error_there_ends_the_task(tmp_path):
    says = says_its_arguments(tmp_path)
    fine = changed(
        dataclasses.replace(JOB, command=says), before=("echo $not_set loaded", "OMP_NUM_THREADS=9")
    )
    assert told(sbatch_script(fine), tmp_path, 0).stdout.startswith("loaded\nsweep\n")
    failing = changed(dataclasses.replace(JOB, command=says), before=("false",))
    done = told(sbatch_script(failing), tmp_path, 0)
    assert (done.returncode, done.stdout) == (1, "")


@needs_bash
def test_the_script_is_for_sbatch_only(tmp_path):
    path = tmp_path / "script.sh"
    path.write_text(sbatch_script(JOB), encoding="utf-8")
    done = subprocess.run(
        ["bash", path], env={"PATH": os.defpath}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "submit this script with sbatch" in done.stderr


@needs_bash
@pytest.mark.parametrize(("largest", "arrays"), [(1001, 1), (10, 1), (9, 2), (4, 3), (1, 10)])
def test_arrays_of_a_size_that_the_site_allows_run_every_share_once(tmp_path, largest, arrays):
    job = changed(dataclasses.replace(JOB, command=says_its_arguments(tmp_path)), largest=largest)
    script = sbatch_script(job)
    lines = commands(job)
    assert len(lines) == arrays
    assert all(f"#   {line}" in script.splitlines() for line in lines)
    shares = []
    for line in lines:
        words = shlex.split(line)
        place = words.index(str(JOB.script))
        given = [word.partition("=")[2] for word in words[:place] if word.startswith("--array=")]
        first, _, last = (given[0] if given else directives(job)["array"]).partition("-")
        assert first == "0"
        assert int(last) < largest
        for task in range(int(last) + 1):
            done = told(script, tmp_path, task, *words[place + 1 :])
            shares.append(done.stdout.splitlines()[5])
    assert shares == [f"{number}/10" for number in range(10)]


def test_submissions_are_all_tasks():
    job = dataclasses.replace(changed(largest=1001), tasks=2500)
    assert list(submissions(job)) == [(0, 1001), (1001, 1001), (2002, 498)]


def test_the_log_of_a_path_that_slurm_would_read_otherwise():
    job = dataclasses.replace(JOB, folder=Path("/scratch/100% mine"))
    assert directives(job)["output"] == '"/scratch/100%% mine/logs/%A_%a.log"'


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 1800),
        ("30:15", 1815),
        ("1:30:15", 5415),
        ("2-1", 49 * 3600),
        ("2-1:30", 49 * 3600 + 1800),
        ("2-01:30:15", 49 * 3600 + 1815),
    ],
)
def test_wall_times(text, seconds):
    assert wall_time_s(text) == seconds


@pytest.mark.parametrize(
    ("minutes", "text"), [(1, "00:10:00"), (30, "01:30:00"), (600, "1-06:00:00")]
)
def test_wall_time_for_tasks_of_some_minutes(minutes, text):
    assert wall_time_for(minutes) == text
    assert wall_time_s(text) >= 3 * minutes * 60


def test_the_command_of_this_environment():
    done = subprocess.run(
        [*this_command(), "--version"], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("fivesteps ")


def test_the_command_where_no_program_is_beside_python(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert this_command() == (str(tmp_path / "python"), "-P", "-m", "experiments.cli")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (lambda: Task(1, "4 GB", "30"), "--memory 4 GB"),
        (lambda: Task(1, "0", "30"), "--memory 0"),
        (lambda: Task(1, "4G\n#SBATCH --x", "30"), "--memory 4G\n"),
        (lambda: Task(1, "4G", "half an hour"), "--time half an hour"),
        (lambda: Task(1, "4G", "UNLIMITED"), "--time UNLIMITED"),
        (lambda: Task(1, "4G", "3"), "--time 3"),
        (lambda: Task(1, "4G", "30\n"), "--time 30\n"),
        (lambda: Site(partition="a b"), "--partition 'a b'"),
        (lambda: Site(account="x\ny"), "--account 'x"),
        (lambda: Site(options=("qos=low",)), "--sbatch 'qos=low'"),
        (lambda: Site(options=("--qos=low\nrm -rf /",)), "--sbatch '--qos=low"),
        (lambda: Site(options=("--array=1-9",)), "--sbatch '--array=1-9'"),
        (lambda: Site(options=("-t30",)), "--sbatch '-t30'"),
        (lambda: Site(options=("--mem 9G",)), "--sbatch '--mem 9G'"),
        (lambda: Site(before=("",)), "--before ''"),
        (lambda: dataclasses.replace(JOB, folder=Path('/a"b')), '--out /a"b'),
        (lambda: dataclasses.replace(JOB, folder=Path("/a\nb")), "--out '/a"),
        (lambda: dataclasses.replace(JOB, experiment="/a\nb"), "EXPERIMENT '/a"),
        (lambda: dataclasses.replace(JOB, script=Path("/a\nrm -rf b")), "--script '/a"),
        (lambda: dataclasses.replace(JOB, script=Path("/a\udcff")), "--script '/a"),
        (lambda: dataclasses.replace(JOB, where=Path("/a\rb")), "the working folder '/a"),
    ],
)
def test_what_cannot_be_used(wrong, named):
    with pytest.raises(UserError) as caught:
        wrong()
    assert caught.value.what.startswith(named)
    assert caught.value.rule
    assert caught.value.remedy
