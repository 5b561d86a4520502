"""Dask: the same bytes as in one process, whoever dies meanwhile; and it listens to us alone."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.errors import WorkerLostError, tell
from experiments.execution import absence, on_dask as executor
from experiments.execution.placing import How
from experiments.execution.running import run_plan
from experiments.store.failures import failed_chunks
from experiments.store.status import status
from tests.experiments.execution import kit
from tests.experiments.execution.squall import FAULTS

pytest.importorskip("distributed", reason="needs the extra `cluster`")
pytest.importorskip("cryptography", reason="needs the extra `cluster`")
pytestmark = [
    pytest.mark.whole,
    pytest.mark.skipif(
        not Path("/proc/self/task").exists(), reason="finds processes and ports in /proc"
    ),
]

PYTHON = sys.executable
LOOPBACK = {"0100007F", "00000000000000000000000001000000"}
LISTENS = "0A"


def offspring(process: int) -> list[int]:
    """Return all processes that a process started, directly or not."""
    found = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *offspring(int(child))]
    return found


def workers_of(process: int) -> list[int]:
    """Return those of them that run chunks."""
    found = []
    for child in offspring(process):
        with contextlib.suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
    return found


def addresses(process: int) -> set[str]:
    """Return the addresses, as in /proc/net, that a process and its offspring listen at."""
    inodes = set()
    for one in (process, *offspring(process)):
        with contextlib.suppress(OSError):
            for link in Path(f"/proc/{one}/fd").iterdir():
                with contextlib.suppress(OSError):
                    inodes.add(str(link.readlink()).removeprefix("socket:[").rstrip("]"))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == LISTENS and parts[9] in inodes:
                found.add(parts[1].rpartition(":")[0])
    return found


def on_dask(experiment: Path, out: Path, *more: str | Path) -> list[str]:
    return kit.sweep(experiment, out, "--executor", "dask", *more)


def ended_well(process: subprocess.Popen[str]) -> None:
    _, err = process.communicate(timeout=kit.TIMEOUT_S)
    assert process.returncode == 0, err
    assert "Traceback" not in err


def test_the_same_bytes_as_in_one_process(squalls, calm, site, tmp_path):
    out = tmp_path / "run"
    process = kit.start(
        on_dask(squalls, out, "--workers", "1", "--batch", "8"), kit.environment(site)
    )
    kit.until(lambda: kit.shards(out), process)
    os.kill(process.pid, signal.SIGSTOP)
    listening = addresses(process.pid)
    os.kill(process.pid, signal.SIGCONT)
    ended_well(process)
    assert listening
    assert listening <= LOOPBACK
    assert kit.tables(out) == kit.tables(calm)
    assert kit.left_behind(out) == []
    [entry] = json.loads((out / "manifest.json").read_bytes())["runs"]
    assert (entry["executor"], entry["workers"], entry["lanes"]) == ("dask", 1, 96)


def test_a_worker_that_outlives_a_directory_runs_the_one_that_is_there(tmp_path):
    """Workers stay when the command has ended, and a user may make the directory anew."""
    from experiments.planning.plan import make_plan
    from experiments.store.writing import open_for_writing
    from scenarios.changing import Change
    from sim.kernel.choice import KernelName
    from tests.agents.small import policies, small

    found = []
    for number in (8.0, 20.0):
        folder = tmp_path / "run"
        plan = make_plan(small(), policies(("bilateral",)), baseline=None, seed=1, replications=2)
        changes = (Change("desks.police.reads.value"),)
        settings = plan.settings.varied(("read",), np.array([[number]]), (changes,))
        plan = replace(plan, settings=settings)
        with open_for_writing(folder, plan, block=2):
            pass
        [chunk] = plan.chunks(np.zeros(plan.shape, np.bool_), 2)
        with pytest.raises(RuntimeError, match="another experiment"):
            executor.run_chunk(str(folder), "0" * 64, KernelName.NUMPY, chunk)
        assert executor.run_chunk(str(folder), plan.digest, KernelName.NUMPY, chunk).lanes == 2
        found.append([path.read_bytes() for path in kit.shards(folder)])
        folder.rename(tmp_path / f"before-{number}")
    assert found[0] != found[1]


@pytest.mark.slow
def test_ports_that_others_can_reach_are_noticed():
    code = "import socket, time; s = socket.socket(); s.bind(('', 0)); s.listen(); time.sleep(60)"
    with subprocess.Popen([PYTHON, "-c", code]) as process:
        kit.until(lambda: addresses(process.pid))
        assert not addresses(process.pid) <= LOOPBACK
        process.kill()


# A cluster that it started itself ------------------------------------------------------------


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced(weeks, quiet, tmp_path):
    out = tmp_path / "run"
    process = kit.start(on_dask(weeks, out, "--workers", "2", "--batch", "2"))
    for wanted in (1, 4):
        kit.until(lambda: len(kit.shards(out)) >= wanted, process)  # noqa: B023
        os.kill(workers_of(process.pid)[0], signal.SIGKILL)
    ended_well(process)
    assert kit.tables(out) == kit.tables(quiet)
    assert failed_chunks(out) == []


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "how"), [("1", "exits"), ("2", "kills")])
def test_a_poisoned_chunk_is_recorded_and_the_rest_is_done(
    squalls, calm, site, tmp_path, workers, how
):
    out = tmp_path / "run"
    arguments = on_dask(squalls, out, "--workers", workers, "--batch", "8")
    done = kit.run(arguments, kit.environment(site, **{FAULTS: json.dumps({"1 5": how})}))
    assert done.returncode == 1, done.stderr
    assert "24 lanes could not be run" in done.stderr
    assert "Traceback" not in done.stderr
    found = failed_chunks(out)
    assert [{lane.setting for lane in one.lanes} for one in found] == [{0}, {1}, {2}]
    for one in found:
        assert "KilledWorker" in one.error
        assert ("full-pool", 5) in {(lane.policy, lane.replication) for lane in one.lanes}
    shown = status(out)
    assert (shown.done, shown.failed, shown.complete) == (72, 24, False)
    again = kit.run(arguments, kit.environment(site))
    assert again.returncode == 0, again.stderr
    assert kit.tables(out) == kit.tables(calm)
    assert failed_chunks(out) == []


@pytest.mark.slow
def test_all_killed_and_the_same_command_again(weeks, quiet, tmp_path):
    out = tmp_path / "run"
    arguments = on_dask(weeks, out, "--workers", "2", "--batch", "2")
    process = kit.start(arguments)
    kit.until(lambda: len(kit.shards(out)) >= 2, process)
    workers = workers_of(process.pid)
    kit.kill_group(process)
    kit.until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    kept = kit.shards(out)
    ended_well(kit.start(arguments))
    assert set(kept) <= set(kit.shards(out))
    assert kit.tables(out) == kit.tables(quiet)
    assert kit.left_behind(out) == []


@pytest.mark.slow
def test_a_run_that_is_asked_to_end_ends_its_workers(weeks, tmp_path):
    out = tmp_path / "run"
    process = kit.start(on_dask(weeks, out, "--workers", "2", "--batch", "2"))
    kit.until(lambda: kit.shards(out), process)
    workers = workers_of(process.pid)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=kit.TIMEOUT_S)
    assert process.returncode == 130
    assert "the same command goes on from there" in err
    assert "Traceback" not in err
    kit.until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    assert kit.left_behind(out) == []


# Somebody else's scheduler -------------------------------------------------------------------


class Cluster:
    """A scheduler and workers, each a command of its own as on other machines."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.file = folder / "scheduler.json"
        self.env = env
        self.workers: list[subprocess.Popen[str]] = []
        self.scheduler = self._start(
            "scheduler", "--scheduler-file", str(self.file), "--port", "0", "--no-dashboard"
        )
        kit.until(self.file.exists, self.scheduler)

    def _start(self, what: str, *more: str) -> subprocess.Popen[str]:
        arguments = [PYTHON, "-m", "dask", what, "--host", "127.0.0.1", *more]
        return subprocess.Popen(
            arguments,
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )

    def hire(self) -> subprocess.Popen[str]:
        """Start a worker with its nanny."""
        more = ("--scheduler-file", str(self.file), "--nthreads", "1", "--no-dashboard")
        self.workers.append(self._start("worker", *more))
        return self.workers[-1]

    def end(self) -> None:
        """Kill all of it."""
        for process in (self.scheduler, *self.workers):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)


@pytest.fixture
def cluster(site: Path, tmp_path: Path) -> Iterator[Cluster]:
    found = Cluster(tmp_path, kit.environment(site))
    yield found
    found.end()


@pytest.mark.slow
def test_a_worker_and_its_nanny_are_killed(weeks, quiet, cluster, tmp_path):
    out = tmp_path / "run"
    first = cluster.hire()
    process = kit.start(on_dask(weeks, out, "--scheduler", cluster.file, "--batch", "2"))
    kit.until(lambda: len(kit.shards(out)) >= 2, process)
    os.killpg(first.pid, signal.SIGKILL)
    before = len(kit.shards(out))
    cluster.hire()
    ended_well(process)
    assert before < 12
    assert kit.tables(out) == kit.tables(quiet)
    assert failed_chunks(out) == []


@pytest.mark.slow
def test_the_scheduler_is_killed(weeks, quiet, cluster, tmp_path):
    out = tmp_path / "run"
    cluster.hire()
    arguments = on_dask(weeks, out, "--scheduler", cluster.file, "--batch", "2")
    process = kit.start(arguments)
    kit.until(lambda: len(kit.shards(out)) >= 2, process)
    os.killpg(cluster.scheduler.pid, signal.SIGKILL)
    _, err = process.communicate(timeout=kit.TIMEOUT_S)
    assert process.returncode == 1, err
    assert "the scheduler is gone" in err
    assert "the same command goes on from there" in err
    assert "Traceback" not in err
    kept = kit.shards(out)
    assert 2 <= len(kept) <= 12
    assert not (out / "outcomes.csv").exists()
    cluster.end()
    cluster.file.unlink()
    another = Cluster(tmp_path, cluster.env)
    another.hire()
    try:
        ended_well(kit.start(arguments))
    finally:
        another.end()
    assert set(kept) <= set(kit.shards(out))
    assert kit.tables(out) == kit.tables(quiet)
    assert failed_chunks(out) == []


@pytest.mark.slow
@pytest.mark.parametrize("another", [False, True], ids=["nobody-comes", "another-comes"])
def test_all_workers_go_away(weeks, quiet, cluster, tmp_path, monkeypatch, capsys, another):
    """Killed when a chunk is done and its result not fetched; another comes when that is told."""
    monkeypatch.setattr(executor, "FETCH_S", 1)
    first, ended = cluster.hire(), executor._ended

    def ended_and_killed(running):
        found = ended(running)
        if found and first.poll() is None:
            os.killpg(first.pid, signal.SIGKILL)
            first.wait(60)
        return found

    def say_and_hire(line: str) -> None:
        tell(line)
        if another and "no worker is left" in line:
            cluster.hire()

    monkeypatch.setattr(executor, "_ended", ended_and_killed)
    monkeypatch.setattr(absence, "tell", say_and_hire)
    with executor.on_dask(str(cluster.file), None) as chosen:
        patient = replace(chosen, patience_s=kit.TIMEOUT_S if another else 1)
        how = How(patient, batch=2)
        if another:
            assert run_plan(kit.plan_of(weeks), tmp_path / "run", how).complete
        else:
            with pytest.raises(
                WorkerLostError, match=r"no worker came within 1 s: .* goes on from"
            ):
                run_plan(kit.plan_of(weeks), tmp_path / "run", how)
    assert "no worker is left; waiting up to" in capsys.readouterr().err
    assert failed_chunks(tmp_path / "run") == []
    if another:
        assert kit.tables(tmp_path / "run") == kit.tables(quiet)
    else:
        assert 1 <= len(kit.shards(tmp_path / "run")) < 12
