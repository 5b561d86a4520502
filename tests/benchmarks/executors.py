"""Each way to run chunks: ``python -m tests.benchmarks.executors [OUT] [--lanes N]``.

The same lanes of a small scenario go through every executor, by the installed command, and must
give the same bytes. Writes ``table.csv``, ``table.md`` and ``machine.json``. Slurm is a private one
that runs on this machine; it needs root and Slurm's packages, as `make test-cluster` does.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final, NamedTuple

from experiments.execution.dask_clusters import PROFILE, environment_name
from tests.benchmarks.executors_table import Row, write_tables
from tests.benchmarks.machine import machine
from tests.cluster.packages import why_not
from tests.cluster.slurm import private_slurm
from tests.experiments.execution import kit

OUT: Final = Path("results/reference/executors")
LANES: Final = 100_000
LARGE: Final = 1_000
"""Lanes in a chunk where the whole is measured."""
SMALL: Final = 20
"""Lanes in a chunk where its overhead is measured."""
MANY: Final = 500
"""Chunks of that size."""

SETTINGS: Final = 10
POLICIES: Final = 2

EXPERIMENT: Final = """\
experiment: squalls
meaning: a small scenario in ten settings
scenario: {scenario}
policies: [bilateral, full-pool]
replications: {replications}
parameters:
  force:
    changes: threats.squall.force.value
    values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assumed: for a measurement
design: {{kind: factorial}}
"""


class Way(NamedTuple):
    """A way to run chunks."""

    executor: str
    workers: int


WAYS: Final = (  # a single local worker is the process itself
    Way("in-process", 1),
    Way("processes", 2),
    Way("dask", 1),
    Way("dask", 2),
    Way("shares", 2),
    Way("slurm", 2),
)

FEWEST: Final = (Way("in-process", 1), Way("processes", 2), Way("dask", 1))
"""Those with which the overhead of a chunk is measured."""


class Used(NamedTuple):
    """What processes took, from their start to their end."""

    clock: float
    processor: float
    peak_kib: int
    """Most that one of them held."""


def main() -> None:
    """Measure, and write what came out."""
    parser = argparse.ArgumentParser(description="Measure every way to run chunks.")
    parser.add_argument("out", nargs="?", type=Path, default=OUT)
    parser.add_argument("--lanes", type=int, default=LANES)
    given = parser.parse_args()
    if reason := why_not():
        sys.exit(f"error: no Slurm to measure: {reason}")
    with tempfile.TemporaryDirectory() as folder:
        rows = list(measured(Path(folder), given.lanes))
    given.out.mkdir(parents=True, exist_ok=True)
    about = {**machine(), "load": round(os.getloadavg()[2], 1)}
    write_tables(rows, given.out, about)
    text = json.dumps(about, indent=2) + "\n"
    (given.out / "machine.json").write_text(text, encoding="utf-8")


def measured(folder: Path, lanes: int) -> Iterator[Row]:
    """Run every way with few large chunks, with many small ones, and with a single one."""
    env = kit.environment(kit.make_site(folder / "site"))
    expected: dict[str, bytes] = {}
    for way in WAYS:
        for what, count, batch in (
            ("start", SETTINGS * SMALL, SMALL),
            ("small", MANY * SMALL, SMALL),
            ("large", lanes, LARGE),
        ):
            if what != "large" and way not in FEWEST:
                continue
            stage = folder / f"{way.executor}-{way.workers}-{what}"
            stage.mkdir()
            experiment = stage / "squalls.yaml"
            replications = count // SETTINGS // POLICIES
            experiment.write_text(
                EXPERIMENT.format(scenario=kit.HERE / "squall.yaml", replications=replications)
            )
            row = run(way, what, experiment, batch, env)
            found = (stage / "run" / "outcomes.parquet").read_bytes()
            assert expected.setdefault(what, found) == found, f"{way} gives other results"
            print(json.dumps(asdict(row)), flush=True)  # noqa: T201 - shows how far it is
            yield row


def run(way: Way, what: str, experiment: Path, batch: int, env: dict[str, str]) -> Row:
    """Run an experiment one way."""
    out = experiment.parent / "run"
    arguments = kit.sweep(experiment, out, "--batch", str(batch))
    scheduler = 0
    if way.executor == "slurm":
        used, scheduler = by_slurm(experiment, out, batch, env)
    elif way.executor == "shares":
        shares = [[*arguments, "--workers", "1", "--shard", f"{n}/2"] for n in range(way.workers)]
        used = together(shares, env)
    elif way.executor == "dask":
        file = experiment.parent / "scheduler.json"
        spent: list[float] = []
        with cluster(file, way.workers, env, spent) as process:
            more = ("--executor", "dask", "--scheduler", str(file))
            used = together([[*arguments, *more]], env)
            scheduler = peak_kib(process)
        used = used._replace(processor=used.processor + sum(spent))
    else:
        used = together([[*arguments, "--workers", str(way.workers)]], env)
    manifest = json.loads((out / "manifest.json").read_bytes())
    assert manifest["complete"]
    assert all(entry["executor"] == way.executor for entry in manifest["runs"])
    return Row(
        executor=way.executor,
        workers=way.workers,
        what=what,
        lanes=manifest["replications"] * SETTINGS * POLICIES,
        chunks=len(kit.shards(out)),
        clock=used.clock,
        working=manifest["runs"][0]["seconds"] if manifest["runs"] else used.clock,
        processor=used.processor,
        peak_mib=used.peak_kib / 1024,
        scheduler_mib=scheduler / 1024,
    )


def by_slurm(experiment: Path, out: Path, batch: int, env: dict[str, str]) -> tuple[Used, int]:
    """Run an experiment as an array of two jobs; return what it took, and the controller's KiB.

    The clock runs from submission to the end of the last task. What tasks take of processor and
    memory is not known.
    """
    options = ("--tasks", "2", "--batch", str(batch))
    with private_slurm(nodes=2, cpus=1) as slurm:
        there = {**env, **slurm.environment}
        made = kit.run(kit.command("slurm-script", experiment, "--out", out, *options), there)
        assert made.returncode == 0, made.stderr
        lines = [line.partition(": ") for line in made.stdout.splitlines()]
        [submit] = [shlex.split(line) for what, _, line in lines if what == "Submit"]
        begun = time.perf_counter()
        [program, *arguments] = submit
        said = kit.run([program, "--parsable", *arguments], there)
        assert said.returncode == 0, said.stderr
        ended = slurm.wait(int(said.stdout.partition(";")[0]), 3600)
        clock = time.perf_counter() - begun
        assert set(ended.values()) == {"COMPLETED"}, slurm.report()
        return Used(clock, math.nan, 0), peak_kib(slurm.controller())


def together(commands: list[list[str]], env: dict[str, str]) -> Used:
    """Run commands at the same time, each with all that it starts, to their end."""
    begun = time.perf_counter()
    processes = [
        subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) for command in commands
    ]
    ended = [waited(process) for process in processes]
    assert all(process.returncode == 0 for process in processes), commands
    clock = time.perf_counter() - begun
    return Used(clock, sum(map(seconds, ended)), max(used.ru_maxrss for used in ended))


def waited(process: subprocess.Popen[bytes]) -> resource.struct_rusage:
    """Wait for a process to end; return what it and all that it waited for took."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used


def seconds(used: resource.struct_rusage) -> float:
    """Return seconds of the processor."""
    return used.ru_utime + used.ru_stime


@contextmanager
def cluster(file: Path, workers: int, env: dict[str, str], spent: list[float]) -> Iterator[int]:
    """Start a scheduler of Dask and workers; give the number of the scheduler's process.

    Seconds of the processor that they took are added to `spent` in the end. Dask's own profiling
    is off, as `docs/cluster.md` advises.
    """
    env = {**env, environment_name(PROFILE): "False"}
    common = (sys.executable, "-m", "dask")
    here = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file))
    commands = [
        [*common, "scheduler", *here, "--port", "0"],
        *([*common, "worker", *here, "--nthreads", "1"] for _ in range(workers)),
    ]
    processes = []
    for command in commands:
        processes.append(subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL))
        kit.until(file.exists, within=60)
    try:
        yield processes[0].pid
    finally:
        for process in reversed(processes):
            process.send_signal(signal.SIGTERM)
            spent.append(seconds(waited(process)))


def peak_kib(process: int) -> int:
    """Return the most memory that a process held so far."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM:")))


if __name__ == "__main__":
    main()
