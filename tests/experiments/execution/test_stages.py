"""Stages: a ranking that goes on from another one, budgets, and time that is up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.cli import main
from experiments.store.status import status
from tests.experiments.execution import kit

pytestmark = pytest.mark.usefixtures("installed")

FAST = ("--workers", "1", "--kernel", "numpy")


def ended(*arguments: str | Path) -> int:
    """Run a command; return its exit code."""
    with pytest.raises(SystemExit) as found:
        main([*map(str, arguments), *FAST])
    return int(found.value.code or 0)


def rank(out: Path, indifference: float, *more: str) -> int:
    policies = "bilateral,full-pool,hub-and-spoke"
    return ended(
        "rank", kit.HERE / "squall.yaml", "--outcome", "disclosures", "--policies", policies,
        "--first", "10", "--step", "10", "--most", "40", "--indifference", str(indifference),
        "--out", out, "--json", *more,
    )  # fmt: skip


def test_a_ranking_goes_on_from_one_that_dropped_what_it_needs(tmp_path, capsys):
    assert rank(tmp_path / "both", 20) == 0
    first = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in first["eliminated"]] == ["full-pool", "hub-and-spoke"]
    assert rank(tmp_path / "both", 0.05) == 0
    found = json.loads(capsys.readouterr().out)
    assert rank(tmp_path / "fresh", 0.05) == 0
    assert found == json.loads(capsys.readouterr().out)
    assert found["replications"] == 40
    assert found["left_out"] == 0


def test_a_ranking_that_is_given_again_runs_nothing(tmp_path, capsys):
    assert rank(tmp_path, 20) == 0
    first, before = json.loads(capsys.readouterr().out), status(tmp_path)
    assert rank(tmp_path, 20) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert status(tmp_path).done == before.done < 3 * before.replications


def test_no_answer_is_told_when_time_is_up(tmp_path, capsys):
    assert rank(tmp_path, 20, "--wall-time", "0s") == 130
    found = capsys.readouterr()
    assert found.out == ""
    assert "time is up before there is an answer" in found.err


@pytest.mark.parametrize("most", ["0", "1"])
def test_a_budget_that_allows_no_difference_is_refused(squalls, tmp_path, most, capsys):
    arguments = ("--precision", "damage=5%", "--most", most)
    assert ended("sweep", squalls, "--out", tmp_path / "run", *arguments) == 2
    assert "--most" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_precision_begins_with_one_replication_as_with_few(squalls, tmp_path, capsys):
    arguments = ("--precision", "disclosures=1000", "--replications", "1")
    assert ended("sweep", squalls, "--out", tmp_path / "run", *arguments) == 0
    assert "is reached with 10 worlds" in capsys.readouterr().out


def test_an_outcome_that_is_none_is_told_before_anything_runs(tmp_path, capsys):
    arguments = ("--outcome", "damages", "--out", tmp_path / "run")
    assert ended("sensitivity", kit.HERE / "squall.yaml", *arguments) == 2
    assert "damage" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_what_is_good_enough_is_counted_whatever_the_headlines(calm, capsys):
    with pytest.raises(SystemExit) as found:
        main(["weigh", str(calm), "--good-enough", "backlog_mean=3", "--json"])
    assert not found.value.code
    robust = json.loads(capsys.readouterr().out)["robustness"]
    assert [(one["outcome"], one["threshold"]) for one in robust][-1] == ("backlog_mean", 3.0)


def test_good_enough_is_a_number(calm, capsys):
    with pytest.raises(SystemExit) as found:
        main(["weigh", str(calm), "--good-enough", "damage=nan"])
    assert found.value.code == 2
    assert "a number in its unit" in capsys.readouterr().err


@pytest.mark.parametrize("width", ["1000", "0.0001"])
def test_json_says_whether_the_precision_is_reached(squalls, tmp_path, width, capsys):
    aim = ("--precision", f"disclosures={width}", "--replications", "2", "--most", "40")
    assert ended("sweep", squalls, "--out", tmp_path / "run", *aim, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["complete"]
    assert found["precision"]["reached"] == (width == "1000")


def test_json_of_a_run_whose_time_is_up_says_so(squalls, tmp_path, capsys):
    aim = ("--precision", "disclosures=1000", "--wall-time", "0s", "--json")
    assert ended("sweep", squalls, "--out", tmp_path / "run", *aim) == 0
    found = json.loads(capsys.readouterr().out)
    assert not found["complete"]
    assert found["precision"] == {"reached": False, "settings": []}
