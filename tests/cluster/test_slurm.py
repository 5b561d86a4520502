"""The private Slurm itself: it runs jobs, loses a node, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster import keeper, packages
from tests.cluster.slurm import MOST_TASKS, SlurmError, wait_until

pytestmark = pytest.mark.cluster

STARTS_AND_WAITS = """
from tests.cluster.slurm import private_slurm
with private_slurm(nodes=1) as slurm:
    began = slurm.folder / "began"
    slurm.submit("--output=/dev/null", "--wrap", f"touch {began}; sleep 600")
    slurm.until(began.exists)
    print(slurm.folder, flush=True)
    input()
"""


def test_tasks_of_an_array_end_as_they_should(slurm):
    job = slurm.submit(
        "--array=0-1", "--output=/dev/null", "--wrap", "exit $((SLURM_ARRAY_TASK_ID == 1))"
    )
    assert slurm.wait(job) == {0: "COMPLETED", 1: "FAILED"}


def test_an_array_is_no_larger_than_the_site_allows(slurm):
    with pytest.raises(SlurmError, match="Invalid job array"):
        slurm.submit(f"--array=0-{MOST_TASKS}", "--wrap", "true")


def test_nothing_is_left_when_the_owner_is_killed():
    if reason := packages.why_not():
        pytest.skip(reason)
    owner = subprocess.Popen(
        [sys.executable, "-c", STARTS_AND_WAITS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        assert (folder / "slurm.conf").is_file()
        started = keeper.descendants(owner.pid)
        assert any(b"slurm_script" in keeper.command_line(process) for process in started)
        os.kill(owner.pid, signal.SIGKILL)
    wait_until(lambda: not folder.exists())
    wait_until(lambda: not any(map(keeper.command_line, started)))
