"""Two commands on one run directory: refused, or each with a share of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.experiments.execution import kit

pytestmark = [
    pytest.mark.whole,
    pytest.mark.skipif(sys.platform == "win32", reason="there files have no such locks"),
]

WHOLE: tuple[str, ...] = ()
FIRST = ("--shard", "0/2")
SECOND = ("--shard", "1/2")


class Scene:
    """An experiment and its directory."""

    def __init__(self, experiment: Path, out: Path) -> None:
        self.experiment, self.out = experiment, out
        self.env = kit.environment()

    def arguments(self, share: tuple[str, ...]) -> list[str]:
        """Return the command that runs a share."""
        return kit.sweep(self.experiment, self.out, "--workers", "1", "--batch", "2", *share)

    def start(self, share: tuple[str, ...]) -> subprocess.Popen[str]:
        """Start it, and wait until it is at work."""
        process = kit.start(self.arguments(share), self.env)
        before = len(kit.shards(self.out))
        kit.until(lambda: len(kit.shards(self.out)) > before, process)
        return process


@contextmanager
def still(process: subprocess.Popen[str]) -> Iterator[None]:
    """Have a command stand still meanwhile, in the middle of what it does."""
    os.kill(process.pid, signal.SIGSTOP)
    yield
    os.kill(process.pid, signal.SIGCONT)


@pytest.fixture
def scene(weeks: Path, tmp_path: Path) -> Scene:
    return Scene(weeks, tmp_path / "run")


def ended(process: subprocess.Popen[str]) -> str:
    """Wait for a command to end well; return what it wrote."""
    out, err = process.communicate(timeout=kit.TIMEOUT_S)
    assert process.returncode == 0, err
    return out


@pytest.mark.parametrize(
    ("first", "second", "holder"),
    [
        (WHOLE, WHOLE, "in use by process {}"),
        (FIRST, WHOLE, "in use by processes that share it"),
    ],
)
def test_the_second_is_refused_and_the_first_goes_on(scene, quiet, first, second, holder):
    process = scene.start(first)
    with still(process):
        done = kit.run(scene.arguments(second), scene.env)
    assert done.returncode == 2
    assert holder.format(process.pid) in done.stderr
    assert str(scene.out) in done.stderr
    assert "remedy:" in done.stderr
    assert "Traceback" not in done.stderr
    ended(process)
    if first == WHOLE:
        assert kit.tables(scene.out) == kit.tables(quiet)
    assert kit.left_behind(scene.out) == []


@pytest.mark.slow
def test_a_share_waits_for_the_whole_and_finds_it_done(scene, quiet):
    first = scene.start(WHOLE)
    with still(first):
        second = kit.start(scene.arguments(FIRST), scene.env)
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(5)
    for process in (first, second):
        ended(process)
    assert kit.tables(scene.out) == kit.tables(quiet)


def test_two_shares_at_once_are_the_whole(scene, quiet):
    processes = [kit.start(scene.arguments(share), scene.env) for share in (FIRST, SECOND)]
    for process in processes:
        ended(process)
    assert kit.tables(scene.out) == kit.tables(quiet)
    assert kit.left_behind(scene.out) == []
    assert len(kit.shards(scene.out)) == 1


@pytest.mark.slow
def test_the_same_share_twice_at_once_harms_nothing(scene, quiet):
    processes = [scene.start(FIRST)]
    with still(processes[0]):
        processes.append(scene.start(FIRST))  # it does the chunk that the first one is at, too
    for process in processes:
        assert "more is to be done" in ended(process)
    assert len(kit.rows(scene.out)) == 48
    done = kit.run(scene.arguments(SECOND), scene.env)
    assert done.returncode == 0, done.stderr
    assert kit.tables(scene.out) == kit.tables(quiet)
    assert kit.left_behind(scene.out) == []


@pytest.mark.slow
def test_a_share_that_is_killed_holds_nobody_up(scene, quiet):
    process = scene.start(FIRST)
    other = kit.start(scene.arguments(SECOND), scene.env)
    kit.kill_group(process)
    ended(other)
    ended(kit.start(scene.arguments(FIRST), scene.env))
    assert kit.tables(scene.out) == kit.tables(quiet)
    assert kit.left_behind(scene.out) == []


@pytest.mark.slow
def test_what_is_going_on_is_seen_from_another_terminal(scene):
    process = scene.start(WHOLE)
    with still(process):
        shown = kit.run(kit.command("status", scene.out), scene.env)
    assert f"at work: process {process.pid}" in shown.stdout
    ended(process)
    shown = kit.run(kit.command("status", scene.out), scene.env)
    assert "state   complete" in shown.stdout
