"""The guide to a threat of one's own: its example is installed, run, and held to the laws."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from agents import load_scenario, run_compiled
from agents.mechanisms.network import ORGANISED_CRIME
from agents.society.kinds import _loaded, offers
from scenarios import Compiled, SpecError, compile_world, load_policy
from sim import LaneId, Reference
from tests.agents.small import differing, values_of

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs" / "examples" / "travelling-gang"
SCENARIO = EXAMPLE / "travelling-gang.yaml"
POLICIES = ("bilateral", "full-pool")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the example as a package of its own."""
    folder = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source")
    for path in EXAMPLE.iterdir():
        if path.is_file():
            (source / path.name).write_bytes(path.read_bytes())
    options: list[str | Path] = [
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--target",
        folder,
    ]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, source], check=True)
    return folder


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process find the package."""
    monkeypatch.syspath_prepend(str(site))
    offers.cache_clear()
    yield
    offers.cache_clear()


def compiled() -> Compiled:
    return compile_world(load_scenario(str(SCENARIO)), [load_policy(name) for name in POLICIES])


def command(*arguments: str | Path, site: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ) | ({"PYTHONPATH": str(site)} if site else {})
    program = Path(sys.executable).with_name("fivesteps")
    return subprocess.run(
        [program, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_the_guide_shows_the_file() -> None:
    page = (ROOT / "docs" / "your-own-threat.md").read_text(encoding="utf-8")
    code = (EXAMPLE / "travelling_gang.py").read_text(encoding="utf-8")
    assert f"```python\n{code}```" in page


@pytest.mark.whole
def test_the_command_runs_it_in_several_processes(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "gang"
    policies = ",".join(POLICIES)
    done = command(
        "compare", SCENARIO, "--policies", policies, "--replications", "6", "--workers", "2",
        "--batch", "4", "--out", out, site=site,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with (out / "outcomes.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert all(float(row["burglaries"]) > 0 for row in rows)


@pytest.mark.whole
def test_without_the_package_its_kind_is_unknown() -> None:
    done = command("validate", SCENARIO)
    assert done.returncode == 2
    assert "travelling-gang.yaml:" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("installed")
def test_kernel_and_reference_agree() -> None:
    world = compiled()
    for point in range(len(POLICIES)):
        lane = LaneId(point, 5, 2)
        fast = run_compiled(world, [lane])
        slow = run_compiled(world, [lane], engine=lambda c, lanes: Reference(c.world, lanes[0]))
        assert differing(values_of(fast, 0), values_of(slow, 0)) == []
        assert fast.counters["reports"][0] > 0


@pytest.mark.long
@pytest.mark.usefixtures("installed")
def test_a_lane_is_the_same_in_any_batch() -> None:
    world = compiled()
    lanes = [LaneId(point, 5, number) for number in range(6) for point in range(len(POLICIES))]
    together = run_compiled(world, lanes)
    backwards = run_compiled(world, lanes[::-1])
    for number, lane in enumerate(lanes):
        alone = values_of(run_compiled(world, [lane]), 0)
        assert differing(alone, values_of(together, number)) == []
        assert differing(alone, values_of(backwards, len(lanes) - 1 - number)) == []


@pytest.mark.usefixtures("installed")
def test_sharing_changes_what_becomes_of_the_gang() -> None:
    world = compiled()
    lanes = [LaneId(point, 1, number) for point in range(2) for number in range(40)]
    arrest = run_compiled(world, lanes).outcomes["days_to_arrest"].reshape(2, 40)
    caught = np.isfinite(arrest).mean(axis=1)
    assert 0 < caught.min() < 1
    assert not np.array_equal(arrest[0], arrest[1], equal_nan=True)


@pytest.mark.whole
def test_a_package_that_fails_is_named(tmp_path: Path) -> None:
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[fivesteps.threats]\nstorm = broken_storm:THREAT\n")
    (tmp_path / "broken_storm.py").write_text("raise RuntimeError('no wind')\n")
    done = command("validate", ROOT / "docs" / "examples" / "my-scenario.yaml", site=tmp_path)
    assert done.returncode == 2
    assert "storm" in done.stderr
    assert "broken" in done.stderr
    assert "no wind" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("ending", ["0", "1", "'bye'", ""])
def test_a_package_that_ends_the_program_ends_it_with_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """Also with the code of success."""
    monkeypatch.syspath_prepend(str(tmp_path))
    module = f"quits_with_{len(ending)}"
    (tmp_path / f"{module}.py").write_text(f"raise SystemExit({ending})\n")
    with pytest.raises(SpecError, match="fails when it is loaded: SystemExit"):
        _loaded(EntryPoint("storm", f"{module}:THREAT", "fivesteps.threats"))


@pytest.mark.usefixtures("installed")
def test_two_threats_of_one_kind_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.society.kinds._loaded", lambda _entry: ORGANISED_CRIME)
    with pytest.raises(SpecError, match="once"):
        offers()
