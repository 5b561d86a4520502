"""Commands on a run whose outcomes are told by year."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

import scenarios
from experiments.cli import main
from experiments.outcomes.years import Turn, YearMean
from experiments.store.manifest import read_manifest

SHIPPED: Final = (
    Path(scenarios.__file__).parent / "catalogue" / "scenarios" / "organised-crime.yaml"
)
YEARS: Final = ("2011-12-20..12-31", "2012-01-01..01-09")
TOLD: Final = ("disclosures", "casework_hours", "unnecessary_disclosures")
POLICIES: Final = ("bilateral", "full-pool")


def fivesteps(*arguments: object) -> int:
    """Run a command in this process."""
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three weeks around New Year, with outcomes by year."""
    text = SHIPPED.read_text(encoding="utf-8")
    days = "from: 2011-01-01\nhorizon: 1461 d\n"
    assert text.count(days) == 1
    text = text.replace(days, "from: 2011-12-20\nhorizon: 21 d\n").replace(", by_year: true", "")
    for name in TOLD:
        assert text.count(f"- {{name: {name},") == 1
        text = text.replace(f"- {{name: {name},", f"- {{name: {name}, by_year: true,")
    path = tmp_path_factory.mktemp("own") / "new-year.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def compare(scenario: Path, out: Path, *more: object) -> int:
    """Compare two policies in this process."""
    policies = f"--policies={','.join(POLICIES)}"
    return fivesteps("compare", scenario, policies, "--workers=1", "--out", out, *more)


@pytest.fixture(scope="module")
def run(scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished comparison of four worlds."""
    folder = tmp_path_factory.mktemp("run") / "out"
    assert compare(scenario, folder, "--replications=4") == 0
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_years_of_each_lane_add_up(run: Path) -> None:
    lanes = rows(run / "outcomes.csv")
    assert len(lanes) == 8
    for lane in lanes:
        for name in TOLD:
            parts = [float(lane[f"{name}@{year}"]) for year in YEARS]
            assert sum(parts) == pytest.approx(float(lane[name]), rel=1e-12)
    assert any(float(lane[f"disclosures@{year}"]) for lane in lanes for year in YEARS)


def test_the_table_of_years_has_the_means(run: Path) -> None:
    lanes, found = rows(run / "outcomes.csv"), rows(run / "years.csv")
    assert [*found[0]] == list(YearMean.__dataclass_fields__)
    assert len(found) == len(TOLD) * len(YEARS) * len(POLICIES)
    for row in found:
        name = f"{row['outcome']}@{row['year']}"
        values = [float(lane[name]) for lane in lanes if lane["policy"] == row["policy"]]
        assert float(row["mean"]) == pytest.approx(np.mean(values))
        assert int(row["worlds"]) == 4
    header = (run / "turns.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.split(",") == list(Turn.__dataclass_fields__)


def test_tables_are_sealed(run: Path) -> None:
    assert {"years.csv", "turns.csv"} < set(read_manifest(run).files)


def test_a_grown_run_has_the_tables_of_a_whole_one(
    scenario: Path, run: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    assert compare(scenario, folder, "--replications=2") == 0
    assert compare(scenario, folder, "--replications=4", "--batch=1") == 0
    for name in ("outcomes.csv", "comparison.csv", "years.csv", "turns.csv"):
        assert (folder / name).read_bytes() == (run / name).read_bytes(), name


def test_what_is_printed(scenario: Path, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(scenario, run, "--replications=4") == 0
    shown = capsys.readouterr().out
    assert "By year: Casework (hours; lower is better)" in shown
    assert "By year: Disclosures of personal data" not in shown  # no headline
    assert "In none of these does the order of two policies surely turn" in shown
    assert compare(scenario, run, "--replications=4", "--outcomes=disclosures") == 0
    shown = capsys.readouterr().out
    assert "By year: Disclosures of personal data (reports; lower is better)" in shown
    assert all(len(line) <= 80 for line in shown.splitlines() if str(run) not in line)


def test_json_has_the_years_of_what_is_asked(
    scenario: Path, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--replications=4", "--outcomes=disclosures", "--json")
    assert compare(scenario, run, *asked) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert [row["outcome"] for row in found] == [
        "disclosures",
        *(f"disclosures@{year}" for year in YEARS),
    ]
    assert [row["p"] is None for row in found] == [False, True, True]
    assert sum(row["difference"] for row in found[1:]) == pytest.approx(found[0]["difference"])


def test_one_policy(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fivesteps("run", scenario) == 0
    shown = capsys.readouterr().out
    assert "By year: Disclosures of personal data (reports; lower is better)" in shown
    assert all(year in shown for year in YEARS)
    assert "turn" not in shown


def test_other_commands_cope_with_the_names(
    run: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    name = f"disclosures@{YEARS[1]}"
    assert (
        fivesteps(
            "query", run, 'select sum("disclosures@2012-01-01..01-09") as total from outcomes'
        )
        == 0
    )
    total = sum(float(lane[name]) for lane in rows(run / "outcomes.csv"))
    assert f"{total:,.0f}" in capsys.readouterr().out.replace(".0", "")
    assert fivesteps("query", run, "select count(*) as n from years") == 0
    assert "12" in capsys.readouterr().out
    assert fivesteps("query", run, "select * from turns") == 0
    for to, out in (("csv", "lanes.csv"), ("xarray", "lanes.nc")):
        assert fivesteps("export", run, "--to", to, "--out", tmp_path / out) == 0
    assert name in rows(tmp_path / "lanes.csv")[0]
    capsys.readouterr()
    assert fivesteps("trace", run, "--json") == 0
    assert name in capsys.readouterr().out
    assert fivesteps("status", run) == 0


def test_a_changed_table_is_told(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    assert compare(scenario, folder, "--replications=1") == 0
    table = folder / "years.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("2011", "2010"), encoding="utf-8")
    capsys.readouterr()
    assert fivesteps("query", folder, "select * from years") == 2
    assert "years.csv" in capsys.readouterr().err


@pytest.mark.slow
def test_figures(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fivesteps("plot", run) == 0
    capsys.readouterr()
    names = {path.name for path in (run / "figures").iterdir()}
    assert "years.png" in names
    assert not [name for name in names if "@" in name]


def test_settings_have_the_same_years(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An experiment may not vary the first day where outcomes are told by year."""
    path = tmp_path / "days.yaml"
    path.write_text(
        f"experiment: days\nmeaning: x\nscenario: {scenario}\npolicies: [bilateral, full-pool]\n"
        "replications: 1\nparameters:\n  first-day:\n    meaning: x\n    assumed: x\n"
        '    changes: [from]\n    values: ["2011-12-20", "2011-12-21"]\n'
        "design: {kind: factorial}\n",
        encoding="utf-8",
    )
    assert fivesteps("validate", path) == 2
    assert "the same years" in " ".join(capsys.readouterr().err.split())
