"""What Python asks for is run, and written, as the command of the same name does it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import fivesteps
from experiments.cli import main
from tests.fivesteps.conftest import POLICIES

TABLES = ("outcomes.csv", "outcomes.parquet", "comparison.csv", "by_state.csv", "years.csv")


def command(*arguments: object) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    assert not ended.value.code


def identity(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_text("utf-8"))["identity"]


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / name)


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Hold a table to what is in a file, where a missing word and number are both empty."""
    text = io.StringIO(one.to_csv(index=False))
    pd.testing.assert_frame_equal(pd.read_csv(text), other, check_dtype=False)


def test_a_comparison_is_the_same_to_the_byte(brief, found, tmp_path):
    named = ",".join(POLICIES)
    command("compare", brief, "--policies", named, "--replications", 4, "--out", tmp_path)
    written = {name for name in TABLES if (tmp_path / name).exists()}
    assert {"outcomes.csv", "comparison.csv"} <= written
    for name in TABLES:
        assert (found.directory / name).exists() == (name in written)
    for name in written:
        assert (found.directory / name).read_bytes() == (tmp_path / name).read_bytes(), name
    assert identity(found.directory) == identity(tmp_path)


def test_either_goes_on_with_what_the_other_began(brief, tmp_path):
    out = tmp_path / "shared"
    begun = fivesteps.compare(brief, POLICIES, replications=2, out=out, workers=1)
    first = begun.frame()
    named = ",".join(POLICIES)
    command("compare", brief, "--policies", named, "--replications", 3, "--out", out)
    more = fivesteps.compare(brief, POLICIES, replications=3, out=out, workers=1)
    runs = json.loads((out / "manifest.json").read_text("utf-8"))["runs"]
    assert [run["lanes"] for run in runs if run["lanes"]] == [4, 2]
    kept = more.frame().query("replication < 2").reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, first)


def test_tables_are_those_that_are_written(found):
    same(found.frame(), table(found.directory, "outcomes.csv"))
    same(found.differences(), table(found.directory, "comparison.csv"))
    same(found.by_state(), table(found.directory, "by_state.csv"))


def test_what_was_asked_about_is_tested_together(brief, found, tmp_path):
    name = found.headlines[0]
    asked = fivesteps.compare(
        brief, POLICIES, replications=4, outcomes=[name], out=found.directory, workers=1
    )
    alone, among = asked.differences(), found.differences()
    assert asked.headlines == (name,)
    assert alone.set_index("outcome").loc[name, "tests"] == 1
    assert among.set_index("outcome").loc[name, "tests"] > 1
    pd.testing.assert_frame_equal(
        found.differences(name), alone.query("outcome == @name").reset_index(drop=True)
    )


def test_long_rows_hold_what_wide_ones_do(found):
    names = list(found.headlines)
    wide, long = found.frame(names), found.frame(names, long=True)
    assert len(long) == len(wide) * len(names)
    keys = ["policy", "replication"]
    back = long.set_index([*keys, "outcome"])["value"].unstack()[names]  # noqa: PD010 - no means
    np.testing.assert_array_equal(back, wide.set_index(keys).sort_index()[names])
    units = found.outcomes()["unit"]
    assert all(units[row.outcome] == row.unit for row in long.itertuples())


def test_arrays_hold_what_rows_do_with_units(found, tmp_path):
    arrays = found.xarray()
    assert dict(arrays.sizes) == {"policy": 2, "replication": 4}
    rows = found.frame().set_index(["policy", "replication"])
    for name, outcome in found.outcomes().iterrows():
        assert arrays[name].attrs["units"] == outcome["unit"]
        held = arrays[name].to_series().reindex(rows.index)
        np.testing.assert_array_equal(held, rows[name])
    path = tmp_path / "lanes.nc"
    command("export", found.directory, "--to", "xarray", "--out", path)
    with xr.open_dataset(path) as written:
        xr.testing.assert_equal(
            written.isel(setting=0, drop=True).astype(arrays.dtypes)[list(arrays)], arrays
        )


def test_series_are_those_of_the_directory(found):
    name = found.series_names()[0]
    rows = found.series(name)
    asked = found.query("select * from series order by policy, replication, day")
    held = rows.sort_values(["policy", "replication", "day"], ignore_index=True)
    np.testing.assert_array_equal(held[name], asked[name])
    assert list(held["day"]) == list(asked["day"])


@pytest.mark.long
def test_figures_are_those_that_are_plotted(found, tmp_path, capsys):
    command("plot", found.directory)
    written = {Path(line).stem for line in capsys.readouterr().out.splitlines()}
    assert written <= set(found.figures())
    figure = found.figure("differences")
    shown, told = figure._repr_png_()
    assert shown == (found.directory / "figures" / "differences.png").read_bytes()
    assert told["width"] > 300


SWEEP: dict[str, Any] = {
    "experiment": "telephones",
    "meaning": "how much the time on the telephone matters",
    "policies": POLICIES,
    "replications": 2,
    "parameters": {
        "read": {
            "changes": "desks.civil-protection.reads.value",
            "low": 12,
            "high": 96,
            "assumed": "for tests",
        }
    },
    "design": {"kind": "list", "settings": [{}, {"read": 12}]},
}


def test_a_sweep_is_that_of_a_file(brief, tmp_path):
    declared = {**SWEEP, "scenario": str(brief)}
    made = fivesteps.sweep(declared, out=tmp_path / "made", workers=1)
    (tmp_path / "file.yaml").write_text(json.dumps(declared), "utf-8")
    command("sweep", tmp_path / "file.yaml", "--out", tmp_path / "read")
    assert isinstance(made, fivesteps.Sweep)
    for name in ("outcomes.csv", "differences.csv", "design.csv"):
        assert (tmp_path / "made" / name).read_bytes() == (tmp_path / "read" / name).read_bytes()
    same(made.differences(), table(tmp_path / "read", "differences.csv"))
    same(made.design(), table(tmp_path / "read", "design.csv"))
    assert dict(made.xarray().sizes) == {"setting": 2, "policy": 2, "replication": 2}
    assert "2 settings" in made._repr_html_()
    assert isinstance(fivesteps.read(tmp_path / "read"), fivesteps.Sweep)


def test_a_sweep_is_as_precise_as_it_says(brief, tmp_path):
    declared = {**SWEEP, "scenario": str(brief)}
    more = fivesteps.sweep(
        declared, precision="standby_hours=1", most=4, out=tmp_path / "out", workers=1
    )
    assert more.replications == 4


def test_an_assessment_is_that_of_the_command(brief, tmp_path):
    made = fivesteps.assess(
        brief, ["5.1a", "5.4a"], replications=3, out=tmp_path / "made", workers=1
    )
    options = ("--measures", "5.1a,5.4a", "--replications", 3, "--out", tmp_path / "read")
    command("assess", brief, *options)
    for name in ("outcomes.csv", "measures.csv", "assessment.json"):
        assert (tmp_path / "made" / name).read_bytes() == (tmp_path / "read" / name).read_bytes()
    same(made.effects(), table(tmp_path / "read", "measures.csv"))
    assert list(made.verdicts().index) == ["5.1a", "5.4a"]
    assert isinstance(fivesteps.read(tmp_path / "read"), fivesteps.Assessment)
    assert "Each measure alone under bilateral" in made._repr_html_()


def test_values_measures_and_programmes_are_those_of_options(brief, tmp_path):
    made = fivesteps.compare(
        brief,
        ["bilateral"],
        replications=2,
        values={"desks.civil-protection.reads.value": 24},
        measures=["5.1a+5.4a", "5.2f"],
        programmes="none",
        out=tmp_path / "made",
        workers=1,
    )
    options = ("--set", "desks.civil-protection.reads.value=24", "--measures", "5.1a+5.4a,5.2f")
    command(
        "compare", brief, "--policies", "bilateral", "--replications", 2,
        *options, "--programmes", "none", "--out", tmp_path / "read",
    )  # fmt: skip
    assert made.policies == ("bilateral", "bilateral + 5.1a + 5.4a", "bilateral + 5.2f")
    assert identity(tmp_path / "made") == identity(tmp_path / "read")
    assert (tmp_path / "made" / "outcomes.csv").read_bytes() == (
        tmp_path / "read" / "outcomes.csv"
    ).read_bytes()
