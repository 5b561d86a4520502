"""What a process may use of the machine: a job, a container and a limit may give it less."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

import pytest

from experiments.planning import machine

UNLIMITED = 9223372036854771712
"""How version 1 writes that there is no limit."""

SLURM = ("SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU", "SLURM_CPUS_ON_NODE", "SLURM_CPUS_PER_TASK")


@pytest.fixture(autouse=True)
def large(monkeypatch, tmp_path):
    """A machine of 64 processors that gives all of it: no job, no control groups."""
    monkeypatch.setattr(machine, "_cpus_of_machine", lambda: 64)
    monkeypatch.setattr(machine, "CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(machine, "OWN_CGROUPS", tmp_path / "own")
    for name in SLURM:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def unknown(monkeypatch):
    """A machine that does not tell its memory."""
    monkeypatch.setattr(machine, "_free_of_machine", lambda: None)
    monkeypatch.setattr(machine, "_free_of_limit", lambda: None)


def groups(tmp_path: Path, own: str, files: dict[str, str]) -> None:
    """Write control groups."""
    (tmp_path / "own").write_text(own)
    for name, text in files.items():
        path = tmp_path / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_this_machine_has_memory():
    free = machine.available_bytes()
    assert free is None or free > 10_000_000


@pytest.mark.parametrize(
    ("environment", "count"),
    [
        ({}, 64),
        ({"SLURM_CPUS_PER_TASK": "3"}, 3),
        ({"SLURM_CPUS_PER_TASK": "3", "SLURM_CPUS_ON_NODE": "12"}, 3),
        ({"SLURM_CPUS_ON_NODE": "12"}, 12),
        ({"SLURM_CPUS_PER_TASK": "100"}, 64),
        *(({"SLURM_CPUS_PER_TASK": odd}, 64) for odd in ("0", "", "-1", "four", "9" * 5000, "٣")),
    ],
)
def test_processors_of_a_job(monkeypatch, environment, count):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert machine.cpu_count() == count


@pytest.mark.parametrize(
    ("own", "files", "count"),
    [
        ("0::/\n", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 2),  # none of what is given is left
        ("0::/\n", {"cpu.max": "1000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "max 100000\n"}, 64),
        ("0::/\n", {"cpu.max": "\n"}, 64),
        ("0::/\n", {"cpu.max": "1 0\n"}, 64),
        ("0::/a/b\n", {"a/cpu.max": "300000 100000\n", "a/b/cpu.max": "max 100000\n"}, 3),
        ("0::/gone\n", {"cpu.max": "300000 100000\n"}, 3),
        ("0::/\n", {"unified/cpu.max": "300000 100000\n"}, 3),
        (
            "5:cpu,cpuacct:/docker/x\n",
            {"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"},
            4,
        ),
        ("5:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 64),
        ("5:cpuset:/\n", {"cpu/cpu.cfs_quota_us": "1\n", "cpu/cpu.cfs_period_us": "1\n"}, 64),
        ("nonsense", {}, 64),
    ],
)
def test_processors_of_a_container(tmp_path, own, files, count):
    groups(tmp_path, own, files)
    assert machine.cpu_count() == count


@pytest.mark.usefixtures("unknown")
@pytest.mark.parametrize(
    ("own", "files", "free"),
    [
        (
            "0::/a\n",
            {
                "a/memory.max": "1000\n",
                "a/memory.current": "700\n",
                "a/memory.stat": "anon 5\ninactive_file 100\n",
            },
            400,
        ),
        (
            "4:memory:/a\n",
            {
                "memory/a/memory.limit_in_bytes": "1000\n",
                "memory/a/memory.usage_in_bytes": "700\n",
                "memory/a/memory.stat": "inactive_file 1\ntotal_inactive_file 100\n",
                "memory/memory.limit_in_bytes": f"{UNLIMITED}\n",
                "memory/memory.usage_in_bytes": "900\n",
                "memory/memory.stat": "total_inactive_file 0\n",
            },
            400,
        ),
        (
            "0::/a\n",
            {
                "a/memory.max": "max\n",
                "a/memory.current": "7\n",
                "a/memory.stat": "inactive_file 1",
            },
            None,
        ),
        ("0::/a\n", {"a/memory.max": "1000\n"}, None),
        ("", {}, None),
    ],
)
def test_memory_of_a_container(tmp_path, own, files, free):
    groups(tmp_path, own, files)
    assert machine.available_bytes() == free


@pytest.mark.usefixtures("unknown")
@pytest.mark.skipif(sys.platform != "linux", reason="Slurm runs on Linux")
@pytest.mark.parametrize(
    ("environment", "megabytes"),
    [
        ({"SLURM_MEM_PER_NODE": "90000", "SLURM_MEM_PER_CPU": "1"}, 90_000),
        ({"SLURM_MEM_PER_CPU": "22500", "SLURM_CPUS_ON_NODE": "4"}, 90_000),
        ({"SLURM_MEM_PER_CPU": "750"}, None),
        ({"SLURM_MEM_PER_NODE": "all"}, None),
        ({"SLURM_MEM_PER_NODE": "0"}, None),  # the whole node
        ({"SLURM_MEM_PER_CPU": "0", "SLURM_CPUS_ON_NODE": "4"}, None),
        ({"SLURM_MEM_PER_NODE": "-3"}, None),
    ],
)
def test_a_job_of_slurm_has_what_it_asked_for(monkeypatch, environment, megabytes):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    free = machine.available_bytes()
    if megabytes is None:
        assert free is None
    else:
        assert free is not None
        assert 0.5 < free / (megabytes << 20) < 1  # the rest is what this process holds


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="there is no affinity")
def test_processors_that_a_process_is_bound_to(monkeypatch):
    monkeypatch.undo()
    for name in SLURM:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {7})
    assert machine.cpu_count() == 1
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(1, 1000)))
    quota = machine._cpus_of_cgroup() or math.inf
    assert machine.cpu_count() == min(999, quota)
