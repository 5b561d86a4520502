"""Reports of every kind of run directory, of one year, and beside another directory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.errors import UserError
from experiments.outcomes import Outcome, compare_policies
from experiments.report import beside, building, experiment
from experiments.report.content import Report, Section
from tests.experiments.outcomes.test_years import yearly
from tests.experiments.report.conftest import fivesteps
from tests.experiments.samples import LOAD

EXPERIMENT = """
experiment: tiny
meaning: desks that read less and more
scenario: {scenario}
policies: [bilateral, full-pool]
replications: 3
parameters:
  read: {{changes: desks.civil-protection.reads.value, low: 4, high: 40, assumed: to see it run}}
design: {{kind: one-at-a-time}}
"""
ALWAYS = {"verdict", "rests-on", "not-modelled", "validation", "method", "provenance"}


def section(report: Report, name: str) -> Section:
    return next(one for one in report.sections if one.name == name)


def names(report: Report) -> set[str]:
    return {one.name for one in report.sections}


@pytest.fixture(scope="session")
def swept(fires: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("swept")
    (folder / "tiny.yaml").write_text(EXPERIMENT.format(scenario=fires), "utf-8")
    out = folder / "out"
    assert fivesteps("sweep", folder / "tiny.yaml", "--workers=1", "--out", out) == 0
    return out


@pytest.mark.whole
def test_an_experiment_tells_what_holds_and_what_drives_it(swept):
    report = building.content_of(swept)
    assert names(report) >= ALWAYS | {"questions", "trade-off", "robust", "drivers"}
    [verdict] = section(report, "verdict").verdicts
    assert verdict.name == "full-pool"
    assert all("settings" in one.how for one in verdict.sentences)
    assert "told" not in names(report)
    assert fivesteps("report", swept) == 0


@pytest.mark.whole
def test_beside_a_sensitivity_the_assumed_numbers_that_drive_it_are_told(run, swept):
    report = building.content_of(run, against=swept, tell=False)
    assert "Which assumed numbers drive it" in section(report, "drivers").title
    assert "read" in str(section(report, "drivers").charts[0].table)


@pytest.mark.whole
def test_a_ranking_says_who_was_dropped(fires, tmp_path):
    out = tmp_path / "ranked"
    ended = fivesteps(
        "rank", fires, "--outcome=standby_hours", "--indifference=2000", "--first=10", "--step=5",
        "--most=20", "--policies=bilateral,full-pool", "--workers=1", "--out", out,
    )  # fmt: skip
    assert ended == 0
    report = building.content_of(out, tell=False)
    assert names(report) >= ALWAYS
    told = " ".join(section(report, "verdict").paragraphs)
    assert "Only" not in told


def test_who_was_dropped_is_no_unfinished_lane():
    from experiments.report.comparison import verdict_section

    results = yearly(LOAD, one=(0, 0), other=(1, 1))
    rows = compare_policies(results)
    done = results.done.copy()
    done[1, 5:] = False
    fewer = replace(results, done=done)
    unfinished = " ".join(verdict_section(fewer, rows, {}).paragraphs)
    assert "lanes are finished" in unfinished
    dropped = " ".join(verdict_section(fewer, rows, {"other": 5}).paragraphs)
    assert "lanes are finished" not in dropped
    assert "A ranking dropped other after 5 worlds" in dropped


@pytest.mark.whole
def test_an_assessment_tells_measures_by_objective(fires, tmp_path):
    out = tmp_path / "assessed"
    ended = fivesteps(
        "assess", fires, "--measures=5.4a,5.2a", "--replications=4", "--top=2", "--workers=1",
        "--out", out,
    )  # fmt: skip
    assert ended == 0
    report = building.content_of(out)
    assert names(report) >= ALWAYS | {"questions", "together"}
    found = {verdict.name.partition(",")[0] for verdict in section(report, "verdict").verdicts}
    assert found == {"5.4a", "5.2a"}
    chart = section(report, "questions").charts[0]
    assert [panel["title"] for panel in chart.views[0].spec["vconcat"]] == ["objective 5"]
    assert fivesteps("report", out) == 0


@pytest.mark.whole
def test_an_audit_tells_what_each_part_does(fires, tmp_path):
    out = tmp_path / "audited"
    ended = fivesteps(
        "audit", fires, "--only=desks*", "--replications=3", "--workers=1", "--out", out
    )
    assert ended == 0
    report = building.content_of(out)
    assert names(report) >= ALWAYS | {"questions"}
    facts = section(report, "verdict").facts
    assert len(facts) == 3
    assert sum(int(fact.name.split()[0]) for fact in facts) > 0
    assert fivesteps("report", out) == 0


def test_a_year_alone_is_told_and_tested_as_if_asked_about_alone(tmp_path):
    results = yearly(LOAD, one=(0, 0), other=(1, -1))
    first, asked = beside.of_year(results, [LOAD], "2011", tmp_path)
    assert [outcome.label for outcome in asked] == ["Reports read in 2011"]
    [row] = compare_policies(first, asked)
    [second] = compare_policies(*beside.of_year(results, [LOAD], "2012", tmp_path))
    assert row.difference > 0 > second.difference
    assert row.tests == 1


def test_a_year_of_which_nothing_is_told_is_refused(run, tmp_path):
    assert fivesteps("report", run, "--year=2012", "--out", tmp_path / "a.html") == 2
    with pytest.raises(UserError, match="--year 2019"):
        beside.of_year(yearly(LOAD, one=(0, 0), other=(1, 1)), [LOAD], "2019", tmp_path)


def test_the_same_run_beside_itself_agrees(run):
    found = section(building.content_of(run, against=run, tell=False), "against")
    assert "No sure difference of the one is surely the other way" in found.paragraphs[0]
    assert {row[3] for row in found.tables[0].rows} <= {
        "sure in both, the same way",
        "sure in neither",
    }
    assert all(row[1] == row[2] for row in found.tables[0].rows)


def test_an_answer_that_turns_is_told():
    rows = compare_policies(yearly(LOAD, one=(0,), other=(3,)))
    [row] = [one for one in rows if one.outcome == "load"]
    other = replace(row, difference=-row.difference, low=-row.high, high=-row.low)
    assert beside._turned(row, other)
    assert beside._word(row, other) == "surely the other way"
    assert not beside._turned(row, row)
    unsure = replace(other, p_adjusted=0.2)
    assert not beside._turned(row, unsure)
    assert beside._word(row, unsure) == "sure here only"


def test_another_scenario_is_not_put_beside(run, tmp_path):
    import shutil

    from tests.experiments.store.forging import reseal

    other = tmp_path / "other"
    shutil.copytree(run, other)
    reseal(other, lambda found: found["identity"]["scenario"].update(name="elsewhere"))
    assert fivesteps("report", run, "--against", other, "--out", tmp_path / "a.html") == 2


class Settings:
    """As much of a study as a sentence over settings asks for: `gains` by setting and world."""

    def __init__(self, gains: np.ndarray) -> None:
        from experiments.outcomes import Futures

        settings = len(gains)
        values = np.stack([np.zeros_like(gains), gains], axis=1)
        there = np.ones(values.shape, np.bool_)
        self.outcome = Outcome("saved", "Saved", "units", "higher", "effect", headline=True)
        self.futures = Futures(
            "sample", ("x",), np.arange(float(settings))[:, None], ("base", "other"), "base", 1,
            10.0, (self.outcome,), {"saved": values}, there, there,
        )  # fmt: skip

    def policy(self, name: str) -> int:
        return self.futures.policies.index(name)


@pytest.mark.parametrize(
    ("middles", "says", "sure"),
    [
        ([5.0] * 20, "better in nearly all settings", "sure"),
        ([-5.0] * 20, "worse in nearly all settings", "sure"),
        ([5.0] * 19 + [0.0], "better in nearly all settings", "sure"),
        ([5.0] * 18 + [0.0] * 2, "no answer that holds", "open"),
        ([5.0] * 10 + [-5.0] * 10, "it depends on the setting", "open"),
        ([0.0] * 20, "no answer that holds", "open"),
    ],
)
def test_what_holds_over_settings_is_told_by_rule(middles, says, sure):
    noise = np.tile([-0.5, 0.5], 10)
    study = Settings(np.array(middles)[:, None] + noise)
    said = experiment.holds(study, study.outcome, "other")  # type: ignore[arg-type]
    assert says in said.text
    assert said.sure == sure
    assert "not adjusted" in said.how
