"""What the tests of execution share: small experiments, the installed command, its processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

import scenarios
from experiments.designs import load_experiment
from experiments.planning.plan import Plan, make_plan

HERE: Final = Path(__file__).parent
CATALOGUE: Final = Path(scenarios.__file__).parent / "catalogue"

TABLES: Final = ("outcomes.parquet", "outcomes.csv", "differences.csv", "design.csv")
"""Tables of a finished directory that do not depend on how it came about."""

SQUALL: Final = """\
experiment: squalls
meaning: a small threat of a user's own, in three settings
scenario: {scenario}
policies: [bilateral, full-pool]
replications: {replications}
parameters:
  force: {{changes: threats.squall.force.value, low: 1, high: 3, assumed: for tests}}
design: {{kind: list, settings: [{{}}, {{force: 2}}, {{force: 3}}]}}
"""

CRIME: Final = """\
experiment: three-weeks
meaning: a few weeks of the catalogue's scenario, in three settings
scenario: {scenario}
policies: [bilateral, full-pool]
replications: {replications}
parameters:
  read: {{changes: desks.police.reads.value, low: 8, high: 20, assumed: for tests}}
design: {{kind: list, settings: [{{}}, {{read: 8}}, {{read: 20}}]}}
"""

TIMEOUT_S: Final = 300


def make_site(folder: Path) -> Path:
    """Make a folder that has the threat as an installed package of a user's own."""
    info = folder / "squall-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: squall\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[fivesteps.threats]\nsquall = squall:THREAT\n")
    (folder / "squall.py").write_bytes((HERE / "squall.py").read_bytes())
    return folder


def write_squalls(folder: Path, replications: int) -> Path:
    """Write an experiment with the small threat; return its path."""
    path = folder / "squalls.yaml"
    path.write_text(SQUALL.format(scenario=HERE / "squall.yaml", replications=replications))
    return path


def write_weeks(folder: Path, replications: int, days: int = 21) -> Path:
    """Write an experiment with some weeks of the catalogue's scenario; return its path."""
    text = (CATALOGUE / "scenarios" / "organised-crime.yaml").read_text(encoding="utf-8")
    assert "horizon: 1461 d" in text
    scenario = folder / "short.yaml"
    scenario.write_text(text.replace("horizon: 1461 d", f"horizon: {days} d"), encoding="utf-8")
    path = folder / "weeks.yaml"
    path.write_text(CRIME.format(scenario=scenario, replications=replications))
    return path


def plan_of(experiment: Path) -> Plan:
    """Return the plan that `fivesteps sweep` makes of an experiment."""
    what = load_experiment(str(experiment))
    return make_plan(
        what.settings(),
        what.policies,
        baseline=None,
        seed=what.spec.seed,
        replications=what.spec.replications,
        experiment=what.document(),
    )


def environment(site: Path | None = None, **more: str) -> dict[str, str]:
    """Return the environment of a command that finds the packages of `site`, too."""
    before = os.environ.get("PYTHONPATH", "")
    parts = [str(site) if site else "", *(before.split(os.pathsep) if before else ())]
    path = os.pathsep.join(str(Path(part).resolve()) for part in parts if part)
    return {**os.environ, **({"PYTHONPATH": path} if path else {}), **more}


def command(*arguments: str | Path) -> list[str]:
    """Return the installed command with some arguments."""
    return [str(Path(sys.executable).with_name("fivesteps")), *map(str, arguments)]


def sweep(experiment: Path, out: Path, *more: str | Path) -> list[str]:
    """Return the command that runs an experiment into a directory."""
    return command("sweep", experiment, "--out", out, *more)


def run(
    arguments: list[str], env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        arguments,
        env=dict(env or environment()),
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )


def start(arguments: list[str], env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a command as the leader of a group of processes."""
    return subprocess.Popen(
        arguments,
        env=dict(env or environment()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def kill_group(process: subprocess.Popen[str]) -> None:
    """Kill a process and all that it started, at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=TIMEOUT_S)


def until(
    true: Callable[[], object], process: subprocess.Popen[str] | None = None, within: float = 120
) -> None:
    """Wait for something to become true; a process must not end meanwhile."""
    deadline = time.monotonic() + within
    while not true():
        if process is not None and process.poll() is not None:
            raise AssertionError(process.returncode, *process.communicate())
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def shards(out: Path) -> list[Path]:
    """Return the shards of outcomes that are there."""
    return sorted((out / "outcomes").glob("[!.]*"))


def rows(out: Path) -> set[tuple[object, ...]]:
    """Return the rows of all shards of outcomes."""
    found = [pq.read_table(path, partitioning=None).to_pylist() for path in shards(out)]
    return {tuple(row.values()) for part in found for row in part}


def tables(out: Path) -> dict[str, bytes]:
    """Return the bytes of the finished tables."""
    return {name: (out / name).read_bytes() for name in TABLES}


def left_behind(*folders: Path) -> list[Path]:
    """Return what no run may leave in its directory or in a folder for temporary files."""
    run_directory, *others = folders
    return [
        *run_directory.rglob("*.tmp"),
        *run_directory.rglob(".lock"),
        *(path for folder in others for path in folder.iterdir()),
    ]
