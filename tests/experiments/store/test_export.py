"""One file for other programs, and one screen for a reader: the same numbers as in the lanes."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from experiments.analysis.overview import overview
from experiments.cli import main
from experiments.designs import load_experiment
from experiments.errors import UserError
from experiments.outcomes.differences import differences_of, restricted
from experiments.planning.plan import Plan, make_plan
from experiments.planning.scales import Scale
from experiments.store.directory import open_for_reading
from experiments.store.export import export
from experiments.store.writing import open_for_writing
from scenarios.changing import Change
from tests.experiments.store.test_settings import EXPERIMENT, write


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    path = tmp_path_factory.mktemp("design") / "trial.yaml"
    path.write_text(EXPERIMENT)
    what = load_experiment(str(path))
    return make_plan(what.settings(), what.policies, baseline=None, seed=3, replications=7)


@pytest.fixture(scope="module")
def folder(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "run"
    with open_for_writing(folder, plan) as directory:
        write(directory, plan, 9)
    return folder


def test_csv_has_every_lane_with_the_parameters_of_its_setting(folder, plan):
    rows = list(csv.DictReader(export(folder, "csv", None).read_text().splitlines()))
    assert len(rows) == plan.lanes
    futures = open_for_reading(folder).futures()
    for row in rows:
        setting = int(row["setting"])
        place = setting, futures.policies.index(row["policy"]), int(row["replication"])
        for column, name in enumerate(futures.parameters):
            assert float(row[name]) == futures.table[setting, column]
        for name, values in futures.values.items():
            read = float(row[name]) if row[name] else np.nan
            assert np.array_equal(read, values[place], equal_nan=True)


def test_netcdf_has_the_same_numbers(folder, plan, tmp_path):
    xarray = pytest.importorskip("xarray")
    path = export(folder, "xarray", tmp_path / "lanes.nc")
    futures = open_for_reading(folder).futures()
    with xarray.open_dataset(path) as found:
        assert dict(found.sizes) == {"setting": 4, "policy": 3, "replication": 7}
        assert found["policy"].values.tolist() == list(futures.policies)
        for name, values in futures.values.items():
            assert np.array_equal(found[name].values, values, equal_nan=True)
        assert np.array_equal(found["parameter_read"].values, futures.table[:, 0])


@pytest.mark.parametrize(("to", "name"), [("csv", "lanes.nc"), ("xarray", "lanes.CSV")])
def test_a_name_that_speaks_of_another_format_is_refused(folder, tmp_path, to, name):
    with pytest.raises(UserError, match="is taken for the format"):
        export(folder, to, tmp_path / name)
    assert not (tmp_path / name).exists()


def test_another_format_is_refused(folder):
    with pytest.raises(UserError, match="--to parquet"):
        export(folder, "parquet", None)


def test_levels_that_are_words_are_written_as_words(plan, tmp_path):
    levels = Change("reports.police-trace.urgency", "set", ("routine", "priority"))
    words = Scale("words", ((0.0, "routine"), (1.0, "priority")))
    table = np.array([[0.0], [1.0]])
    settings = plan.settings.varied(("urgency",), table, ((levels,),), (words,))
    changed = replace(plan, settings=settings)
    with open_for_writing(tmp_path / "run", changed) as directory:
        write(directory, changed, 9)
    lines = (tmp_path / "run" / "design.csv").read_text().splitlines()
    assert lines == ["setting,urgency", "0,routine", "1,priority"]
    rows = list(csv.DictReader(export(tmp_path / "run", "csv", None).read_text().splitlines()))
    assert {(row["setting"], row["urgency"]) for row in rows} == {
        ("0", "routine"),
        ("1", "priority"),
    }


def test_differences_are_students(folder):
    futures = open_for_reading(folder).futures()
    name = futures.outcomes[0].name
    found = differences_of(futures, name)
    values = restricted(futures, name)
    base = futures.policies.index(futures.baseline)
    for setting in range(4):
        for point in range(3):
            if point == base:
                continue
            pairs = values[setting, point] - values[setting, base]
            pairs = pairs[np.isfinite(pairs)]
            low, high = stats.t.interval(
                0.95, pairs.size - 1, loc=pairs.mean(), scale=stats.sem(pairs)
            )
            assert found.pairs[setting, point] == pairs.size
            assert found.difference[setting, point] == pytest.approx(pairs.mean(), rel=1e-12)
            assert found.low[setting, point] == pytest.approx(low, rel=1e-9)
            assert found.high[setting, point] == pytest.approx(high, rel=1e-9)


def test_the_overview_counts_settings(folder):
    futures = open_for_reading(folder).futures()
    found = overview(folder)
    assert {row.policy for row in found.rows} == set(futures.policies) - {futures.baseline}
    for row in found.rows:
        assert row.better + row.worse + row.unclear == 4
        values = differences_of(futures, row.outcome)
        point = futures.policies.index(row.policy)
        known = values.difference[:, point]
        known = known[np.isfinite(known)]
        if not known.size:
            assert np.isnan([row.middle, row.least, row.most]).all()
            assert row.unclear == 4
            continue
        assert row.middle == pytest.approx(np.median(known))
        assert (row.least, row.most) == (known.min(), known.max())


def test_a_lane_that_raised_is_not_taken_for_one_that_was_censored(plan, tmp_path):
    """A time of NaN is one not reached; of a lane that did not end it is nothing at all."""
    with open_for_writing(tmp_path / "run", plan) as directory:
        write(directory, plan, 9)
        futures = directory.futures()
    time = replace(futures.outcomes[0], time=True, unit="days")
    futures = replace(futures, outcomes=(time, *futures.outcomes[1:]))
    assert np.isnan(futures.values[time.name][0]).any()
    held = futures.done.copy()
    held[0, 1, 2] = False
    values = restricted(replace(futures, done=held), time.name)
    assert np.isnan(values[0, 1, 2])
    assert np.isfinite(restricted(futures, time.name)[0]).all()


def test_the_command(folder, tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["export", str(folder), "--out", str(tmp_path / "lanes.csv")])
    assert not caught.value.code
    assert capsys.readouterr().out == f"{tmp_path / 'lanes.csv'}\n"
