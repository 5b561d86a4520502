"""Runs that are killed with all that belongs to them, and the same command again."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.experiments.execution import kit
from tests.experiments.execution.squall import FAULTS

pytestmark = [
    pytest.mark.whole,
    pytest.mark.skipif(
        not Path("/proc/self/task").exists(),
        reason="kills a group of processes and looks into /proc",
    ),
]

BATCH = 2
"""Lanes in a chunk, so that there are enough moments between chunks."""

KILLS = 50


def named_semaphores(process: subprocess.Popen[str]) -> list[str]:
    """Return the semaphores of a process and its children that would outlive a SIGKILL."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    maps = [Path(f"/proc/{number}/maps").read_text() for number in (process.pid, *children)]
    return [line for text in maps for line in text.splitlines() if "/sem." in line]


class Scene:
    """A directory for runs, and a folder for their temporary files."""

    def __init__(self, folder: Path, experiment: Path, workers: int) -> None:
        self.out = folder / "run"
        self.temporary = folder / "temporary"
        self.temporary.mkdir(parents=True)
        self.arguments = kit.sweep(
            experiment, self.out, "--workers", str(workers), "--batch", str(BATCH)
        )
        self.env = kit.environment(TMPDIR=str(self.temporary))

    def start(self) -> subprocess.Popen[str]:
        """Start the command."""
        return kit.start(self.arguments, self.env)

    def finish(self) -> dict[str, bytes]:
        """Give the same command again; return the finished tables."""
        done = kit.run(self.arguments, self.env)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        assert kit.left_behind(self.out, self.temporary) == []
        return kit.tables(self.out)


@contextlib.contextmanager
def kept(scene: Scene) -> Iterator[None]:
    """Hold that no finished lane is lost or changed meanwhile."""
    before = kit.rows(scene.out)
    yield
    assert before <= kit.rows(scene.out)


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_as_a_shard_appears_and_continued(weeks, quiet, tmp_path, workers):
    scene = Scene(tmp_path, weeks, workers)
    for wanted in (1, 5):
        with kept(scene):
            process = scene.start()
            kit.until(lambda: len(kit.shards(scene.out)) >= wanted, process)  # noqa: B023
            assert named_semaphores(process) == []
            kit.kill_group(process)
    assert not (scene.out / "outcomes.csv").exists()
    with kept(scene):
        assert scene.finish() == kit.tables(quiet)


def test_killed_before_there_is_a_manifest(weeks, quiet, tmp_path):
    scene = Scene(tmp_path, weeks, 1)
    process = scene.start()
    kit.until(scene.out.exists, process)
    kit.kill_group(process)
    assert scene.finish() == kit.tables(quiet)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_any_moment_and_continued(weeks, quiet, tmp_path, workers):
    """Directory after directory, each run again and again until one gets through."""
    draws = np.random.default_rng()
    seed = draws.bit_generator.seed_seq.entropy  # type: ignore[attr-defined]
    expected = kit.tables(quiet)
    begun = time.monotonic()
    Scene(tmp_path / "whole", weeks, workers).finish()
    length = time.monotonic() - begun
    kills = whole = 0
    moments: list[float] = []
    while kills < KILLS // 2:
        scene = Scene(tmp_path / str(whole), weeks, workers)
        while kills < KILLS // 2:
            with kept(scene):
                process = scene.start()
                moments.append(float(draws.uniform(0, length)))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.communicate(timeout=moments[-1])
                    break
                kit.kill_group(process)
                kills += 1
        with kept(scene):
            assert scene.finish() == expected, (seed, moments)
        whole += 1


def test_a_run_that_is_asked_to_end_leaves_nothing(weeks, tmp_path):
    scene = Scene(tmp_path, weeks, 2)
    process = scene.start()
    kit.until(lambda: kit.shards(scene.out), process)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=kit.TIMEOUT_S)
    assert process.returncode == 130
    assert "the same command goes on from there" in err
    assert "Traceback" not in err
    assert kit.left_behind(scene.out, scene.temporary) == []


@pytest.mark.slow
def test_a_worker_that_is_stuck_does_not_hold_the_end_up(squalls, calm, site, tmp_path):
    out = tmp_path / "run"
    arguments = kit.sweep(squalls, out, "--workers", "2", "--batch", "8")
    process = kit.start(arguments, kit.environment(site, **{FAULTS: '{"0 0": "hangs"}'}))
    kit.until(lambda: len(kit.shards(out)) >= 2, process)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=kit.TIMEOUT_S)
    assert process.returncode == 130, err
    done = kit.run(arguments, kit.environment(site))
    assert done.returncode == 0, done.stderr
    assert kit.tables(out) == kit.tables(calm)
    assert kit.left_behind(out) == []
