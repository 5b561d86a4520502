"""Sweeps of a few seconds for the private Slurm, and what they leave."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import scenarios
from tests.cluster import keeper
from tests.cluster.slurm import Slurm
from tests.experiments.execution import kit

CATALOGUE = Path(scenarios.__file__).parent / "catalogue"
TABLES = ("outcomes.parquet", "outcomes.csv", "differences.csv", "design.csv")
LANES_OF_A_CHUNK = 8
CHUNKS_BEFORE = 4
"""Of 32, before something dies."""
PATIENCE_S = 600
"""For what takes some seconds on a machine that does nothing else."""

EXPERIMENT = """\
experiment: small
meaning: a sweep of some seconds
scenario: {scenario}
policies: [bilateral, full-pool]
replications: {replications}
parameters:
  officers-read:
    changes: desks.police.reads.value
    low: 8
    high: 20
    assumed: for a test
design: {{kind: latin-hypercube, points: 4}}
"""


def fivesteps(*arguments: str | Path, cwd: Path) -> str:
    command = [sys.executable, "-m", "experiments.cli", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in TABLES}


class Sweep:
    """A sweep as an array of jobs."""

    def __init__(self, slurm: Slurm, experiment: Path, folder: Path, *options: str) -> None:
        self.slurm = slurm
        self.folder = folder
        said = fivesteps(
            "slurm-script", experiment, "--out", folder, "--batch", str(LANES_OF_A_CHUNK),
            *options, cwd=folder.parent,
        )  # fmt: skip
        lines = [line.partition(": ") for line in said.splitlines()]
        self.lines = [line for what, _, line in lines if what == "Submit"]

    def submit(self) -> list[int]:
        return [self.slurm.submit_line(line) for line in self.lines]

    def end(self, job: int) -> dict[int, str]:
        return self.slurm.wait(job, PATIENCE_S)

    def rows(self) -> set[tuple[object, ...]]:
        """Return the rows of the lanes that are finished."""
        return kit.rows(self.folder)

    def until_some_is_done(self) -> None:
        self.slurm.until(lambda: len(kit.shards(self.folder)) >= CHUNKS_BEFORE, PATIENCE_S)

    def process(self, task: int) -> int:
        """Return the process that runs a share."""
        share = f"--shard\0{task}/".encode()
        return next(
            process
            for node in self.slurm.nodes
            for process in self.slurm.processes(node)
            if share in keeper.command_line(process)
        )

    def log(self) -> str:
        return "\n".join(path.read_text() for path in sorted((self.folder / "logs").iterdir()))
