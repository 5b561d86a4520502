"""A lane whose program fails is a row that says so; whatever runs beside it is as it would be."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from experiments.cli import main
from experiments.errors import StoppedError, WorkerLostError
from experiments.execution.executor import Executor
from experiments.execution.here import Here
from experiments.execution.job import MOST_RAISING
from experiments.execution.placing import How
from experiments.execution.processes import Processes
from experiments.execution.running import Ran, run_plan, tell_of_failures
from experiments.planning.plan import Plan
from experiments.store.directory import open_for_reading
from experiments.store.failures import failed_chunks, raised_lanes
from experiments.store.status import status
from experiments.store.writing import open_for_writing
from scenarios import SpecError, compile_points
from scenarios.changing import Change
from tests.experiments.execution import kit
from tests.experiments.execution.squall import FAULTS

pytestmark = pytest.mark.usefixtures("installed")

RAISING = {"1 4": "raises", "0 9": "raises"}
TOO_MANY = {f"{number % 2} {number // 2}": "raises" for number in range(MOST_RAISING + 1)}


@pytest.fixture
def plan(squalls: Path) -> Plan:
    return kit.plan_of(squalls)


@pytest.fixture
def broken(plan, tmp_path, monkeypatch):
    """Run with faults in some lanes."""

    def run(faults: Mapping[str, str], executor: Executor | None = None, batch: int = 32) -> Ran:
        monkeypatch.setenv(FAULTS, json.dumps(faults))
        return run_plan(plan, tmp_path / "run", How(executor or Here(), batch))

    return run


def lines(folder: Path) -> dict[tuple[str, str, str], str]:
    """Return the lines of the table of outcomes by setting, policy and replication."""
    text = (folder / "outcomes.csv").read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(text)
    keys = ((row["setting"], row["policy"], row["replication"]) for row in rows)
    return dict(zip(keys, text[1:], strict=True))


@pytest.mark.long
@pytest.mark.parametrize("batch", [2, 32])
def test_a_lane_that_raises_becomes_a_row_with_its_reason(broken, calm, tmp_path, batch):
    ran = broken(RAISING, batch=batch)
    assert (ran.work.lanes, ran.work.raised, ran.failed, ran.complete) == (96, 6, 0, True)
    found, expected = lines(tmp_path / "run"), lines(calm)
    assert list(found) == list(expected)
    fallen = {
        (setting, policy, number)
        for setting in "012"
        for policy, number in (("full-pool", "4"), ("bilateral", "9"))
    }
    for key, line in found.items():
        if key in fallen:
            assert line == f"squall,{key[0]},{key[1]},{key[2]},1,,,,raised"
        else:
            assert line == expected[key]


def test_its_address_and_traceback_are_kept(broken, tmp_path):
    broken(RAISING)
    found = raised_lanes(tmp_path / "run")
    names = sorted(path.name for path in (tmp_path / "run" / "failures").iterdir())
    assert names[:2] == ["lane-000000-000004-full-pool.json", "lane-000000-000009-bilateral.json"]
    assert len(found) == 6
    first = found[0]
    assert [first.setting, first.policy, first.replication, first.seed] == [
        *(0, "full-pool", 4, 1),
    ]
    assert first.error == "ZeroDivisionError: the mast is gone"
    text = "".join(first.traceback)
    assert "squall.py" in text
    assert "in _raise" in text


def test_the_series_of_the_others_are_as_they_would_be(broken, calm, tmp_path):
    broken(RAISING, batch=8)
    whole, part = open_for_reading(calm), open_for_reading(tmp_path / "run")
    for name in whole.series_names():
        for setting in range(3):
            days, expected = whole.series(name, setting)
            found_days, found = part.series(name, setting)
            assert np.array_equal(days, found_days)
            assert np.isnan(found[1, 4]).all()
            assert np.isnan(found[0, 9]).all()
            found[1, 4], found[0, 9] = expected[1, 4], expected[0, 9]
            assert np.array_equal(found, expected)


def test_statistics_leave_it_and_its_pair_out(broken, tmp_path):
    broken(RAISING)
    with (tmp_path / "run" / "differences.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["pairs"] for row in rows} == {"14"}


def test_the_user_is_told(broken, tmp_path, capsys):
    tell_of_failures(broken(RAISING), tmp_path)
    assert "6 lanes ended with an error of the program" in capsys.readouterr().err
    shown = status(tmp_path / "run")
    assert (shown.done, shown.raised, shown.failed, shown.complete) == (96, 6, 0, True)
    assert any("6 of them ended with an error" in line for line in shown.lines())


def test_as_many_as_are_allowed_are_rows(broken):
    faults = {f"0 {number}": "raises" for number in range(MOST_RAISING)}
    assert broken(faults).work.raised == 3 * MOST_RAISING


@pytest.mark.whole
@pytest.mark.parametrize("executor", [Here(), Processes(2)], ids=["here", "processes"])
def test_more_than_that_are_a_broken_chunk(broken, calm, tmp_path, executor):
    ran = broken(TOO_MANY, executor, batch=16)  # replications 0 to 7 of a setting, then the rest
    assert (ran.work.lanes, ran.failed, ran.complete) == (48, 48, False)
    found = failed_chunks(tmp_path / "run")
    assert [one.attempts for one in found] == [1] * 3
    assert [len(one.lanes) for one in found] == [16] * 3
    assert all("ManyRaisedError: 9 of its lanes raised" in one.error for one in found)
    assert all("the mast is gone" in one.error for one in found)
    with pytest.raises(WorkerLostError, match="48 lanes could not be run"):
        tell_of_failures(ran, tmp_path / "run")
    assert raised_lanes(tmp_path / "run") == []
    assert broken({}).complete  # the program is mended: the same again does the rest
    assert kit.tables(tmp_path / "run") == kit.tables(calm)
    assert failed_chunks(tmp_path / "run") == []


def test_a_lane_that_raised_is_not_run_again(broken, tmp_path):
    broken(RAISING)
    before = kit.tables(tmp_path / "run")
    assert broken({}).work.lanes == 0
    assert kit.tables(tmp_path / "run") == before


@pytest.mark.whole
def test_a_worker_process_tells_of_it(broken, calm, tmp_path):
    ran = broken(RAISING, Processes(2), batch=8)
    assert (ran.work.lanes, ran.work.raised, ran.complete) == (96, 6, True)
    table = pq.read_table(tmp_path / "run" / "outcomes.parquet")
    assert table["exit"].to_pylist().count("raised") == 6
    found, expected = lines(tmp_path / "run"), lines(calm)
    assert sum(found[key] != expected[key] for key in expected) == 6
    assert len(raised_lanes(tmp_path / "run")) == 6


@pytest.mark.whole
@pytest.mark.parametrize("executor", [Here(), Processes(2)], ids=["here", "processes"])
def test_a_lane_that_asks_to_end_the_program_is_one_that_raised(broken, calm, tmp_path, executor):
    ran = broken({"1 4": "quits"}, executor, batch=16)
    assert (ran.work.lanes, ran.work.raised, ran.failed, ran.complete) == (96, 3, 0, True)
    found, expected = lines(tmp_path / "run"), lines(calm)
    assert sum(found[key] != expected[key] for key in expected) == 3
    assert {one.error for one in raised_lanes(tmp_path / "run")} == {"SystemExit: 3"}


def test_a_world_that_asks_to_end_the_program_is_a_broken_chunk(broken, tmp_path, monkeypatch):
    def compiled(points):
        if points[0].timetable[0].scenario.spec.threats["squall"].force.value == 2:
            sys.exit(3)
        return compile_points(points)

    monkeypatch.setattr("experiments.planning.settings.compile_points", compiled)
    ran = broken({})
    assert (ran.work.lanes, ran.failed, ran.complete) == (64, 32, False)
    assert {one.error for one in failed_chunks(tmp_path / "run")} == {"RuntimeError: SystemExit: 3"}


def test_ctrl_c_within_a_lane_is_still_the_users(broken, tmp_path):
    with pytest.raises(StoppedError, match="the same command goes on"):
        broken({"1 4": "interrupts"})
    assert raised_lanes(tmp_path / "run") == []


# A setting that is none ----------------------------------------------------------------------


@pytest.mark.whole
@pytest.mark.parametrize("executor", [Here(), Processes(2)], ids=["here", "processes"])
def test_a_setting_that_breaks_a_rule_is_recorded_and_the_rest_goes_on(
    plan, calm, tmp_path, executor
):
    good = plan.settings
    table = np.array([[0.0], [2.0], [3.0]])
    table[1] = -1.0  # a force is above 0
    assert isinstance(good.changes[0][0], Change)
    bad = good.varied(good.names, table, good.changes)
    table[0] = good.table[0]
    bad_plan = Plan(bad, plan.baseline, plan.seed, plan.replications)
    with pytest.raises(SpecError, match=r"-1"):  # all settings are tried before anything is run
        run_plan(bad_plan, tmp_path / "run", How(executor, 16))
    assert not (tmp_path / "run").exists()
    with open_for_writing(tmp_path / "run", bad_plan):
        pass  # a directory that was prepared without that
    ran = run_plan(bad_plan, tmp_path / "run", How(executor, 16))
    assert (ran.work.lanes, ran.failed, ran.complete) == (64, 32, False)
    found = failed_chunks(tmp_path / "run")
    assert [one.attempts for one in found] == [1, 1]
    for one in found:
        assert {lane.setting for lane in one.lanes} == {1}
        assert "SpecError" in one.error
        assert "parameter force" in one.error
        assert "-1" in one.error
    futures = open_for_reading(tmp_path / "run").futures()
    expected = open_for_reading(calm).futures()
    for name, values in expected.values.items():
        for setting in (0, 2):
            assert np.array_equal(futures.values[name][setting], values[setting])


def test_the_command_says_so_and_ends_with_1(squalls, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(FAULTS, json.dumps(TOO_MANY))
    out = tmp_path / "run"
    with pytest.raises(SystemExit) as ended:
        main(["sweep", str(squalls), "--out", str(out), "--workers", "1", "--batch", "16"])
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "48 lanes could not be run" in told
    assert str(out / "failures") in told
    assert "Traceback" not in told
    assert status(out).failed == 48
