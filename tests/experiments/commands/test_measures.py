"""Measures and programmes from the command line: list, show, validate, compare, trace, plot."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from experiments.cli import main
from experiments.store import open_for_reading
from scenarios.reading import CATALOGUE, measure_entries, programme_entries


class Shown(NamedTuple):
    code: int
    out: str
    err: str


Command = Callable[..., Shown]


@pytest.fixture
def fivesteps(capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: object) -> Shown:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return Shown(int(ended.value.code or 0), shown.out, shown.err)

    return run


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shipped scenario, cut to some weeks."""
    text = (CATALOGUE / "scenarios" / "organised-crime.yaml").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("own") / "short.yaml"
    path.write_text(text.replace("horizon: 1461 d", "horizon: 42 d"), encoding="utf-8")
    return path


def test_they_are_listed(fivesteps: Command) -> None:
    shown = json.loads(fivesteps("list", "--json").out)
    assert [row["name"] for row in shown["measures"]] == [one.name for one in measure_entries()]
    assert [row["name"] for row in shown["programmes"]] == ["annex", "history", "none"]
    assert len(programme_entries()) == 3


def test_a_measure_is_told_in_words(fivesteps: Command) -> None:
    shown = fivesteps("show", "3.3b")
    assert shown.code == 0, shown.err
    words = " ".join(shown.out.split())
    assert "measure 3.3b-alert-system" in words
    assert "changes cyber-outbreak, three-at-once" in words
    assert "raise 0.4" in words
    assert "assumed: a common system instead of mail" in words
    found = json.loads(fivesteps("show", "3.3b-alert-system", "--json").out)
    assert found["kind"] == "measure"
    assert [row["change"] for row in found["tables"]["changes"]] == [0, 1, 2, 3, 4]
    refused = fivesteps("show", "3.3b", "--map", "population")
    assert refused.code == 2


def test_a_programme_is_told_in_words(fivesteps: Command) -> None:
    found = json.loads(fivesteps("show", "history", "--json").out)
    rows = found["tables"]["measures"]
    assert [row["from"] for row in rows] == sorted(row["from"] for row in rows)
    assert "3.3b-alert-system" in found["facts"]["without"]


def test_a_measure_is_checked(fivesteps: Command, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    change = "{times: procedures.joint-teams.delays, by: 0.5, assumed: x}"
    path.write_text(f"measure: mine\nmeaning: x\nchanges: [{change}]\nexpect: {{joy: higher}}\n")
    shown = fivesteps("validate", path, CATALOGUE / "programmes" / "annex.yaml")
    assert shown.code == 0, shown.err
    assert "touches nothing in the catalogue" in shown.out
    assert "expect.joy" in shown.out
    assert "programme annex" in shown.out
    path.write_text(path.read_text().replace("by: 0.5", "by: much"))
    shown = fivesteps("validate", path)
    assert shown.code == 2
    assert f"{path}:3" in shown.err


@pytest.mark.long
def test_alternatives_run_trace_and_go_on(fivesteps: Command, short: Path, tmp_path: Path) -> None:
    own = tmp_path / "sooner.yaml"
    own.write_text(
        "measure: sooner\nmeaning: x\nchanges:\n"
        "  - {times: 'policies.*.rules[*].push.delay', by: 0.1, assumed: x}\n"
        "  - {times: 'threats.*.sees.*.[*].per_year', by: 3, assumed: x}\n"
    )
    plan = tmp_path / "plan.yaml"
    plan.write_text(f"programme: plan\nmeaning: x\nmeasures: {{{own}: 2011-01-15}}\n")
    folder = tmp_path / "run"

    def compare(worlds: int) -> Shown:
        given = ("--measures", f"{own},5.4a", "--programmes", plan, "--replications", worlds)
        options = ("--policies", "bilateral", "--workers", "1", "--out", folder)
        return fivesteps("compare", short, *given, *options)

    shown = compare(1)
    assert shown.code == 0, shown.err
    assert "5.4a touches nothing in organised-crime" in " ".join(shown.out.split())
    names = ("bilateral", "bilateral + sooner", "bilateral + 5.4a", "bilateral + plan")
    first = open_for_reading(folder).results()
    assert first.policies == names
    seen = [first.values["disclosures"][place, 0] for place in range(4)]
    assert seen[0] == seen[2]
    assert len({seen[0], seen[1], seen[3]}) == 3
    assert compare(2).code == 0
    again = open_for_reading(folder).results()
    assert list(again.values["disclosures"][:, 0]) == seen
    assert again.replications == 2
    told = fivesteps("trace", folder, "--policy", "bilateral + plan", "--against", "bilateral")
    assert told.code == 0, told.err
    story = fivesteps("trace", folder, "--policy", "bilateral + plan")
    assert "in force: sooner" in story.out
    drawn = fivesteps("trace", folder, "--policy", "bilateral + plan", "--plot")
    assert drawn.code == 0, drawn.err
    assert (folder / "figures" / "trace-bilateral+plan-0.png").is_file()
    asked = fivesteps("query", folder, "select distinct policy from outcomes order by 1")
    assert "bilateral + plan" in asked.out


def test_what_cannot_be_is_said(fivesteps: Command, short: Path, tmp_path: Path) -> None:
    shown = fivesteps("compare", short, "--measures", "9.9z", "--out", tmp_path / "run")
    assert shown.code == 2
    assert "--measures 9.9z" in shown.err
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    for path in (one, two):
        change = "{set: procedures.joint-team.chances.proposed.value, to: 0.5, assumed: x}"
        path.write_text(f"measure: {path.stem}\nmeaning: x\nchanges: [{change}]\n")
    shown = fivesteps("compare", short, "--measures", f"{one}+{two}", "--out", tmp_path / "run")
    assert shown.code == 2
    assert "a place gets one value" in shown.err
    assert str(one) in shown.err
    assert str(two) in shown.err


def test_alternatives_are_ranked(fivesteps: Command, short: Path, tmp_path: Path) -> None:
    given = ("--outcome", "disclosures", "--indifference", "5", "--first", "10", "--most", "10")
    wanted = ("--policies", "bilateral", "--measures", "5.4a", "--programmes", "annex")
    shown = fivesteps("rank", short, *given, *wanted, "--workers", "1", "--out", tmp_path / "r")
    assert shown.code == 0, shown.err
    words = " ".join(shown.out.split())
    assert "bilateral + 5.4a 10" in words
    assert "bilateral + annex 10" in words
    assert "5.4a touches nothing in organised-crime" in words
