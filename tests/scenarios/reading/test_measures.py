"""The measures and programmes of the catalogue, and those of users."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from agents import load_scenario
from experiments.planning import touched_by, touching
from scenarios import LoadedScenario, Point, SpecError, compile_points, load_policy
from scenarios.reading import (
    Alternative,
    Dated,
    LoadedMeasure,
    LoadedProgramme,
    load_measure,
    load_measures,
    load_programme,
    programme_of,
    scenario_entries,
)
from sim.seam import World

MEASURES = load_measures()
ANNEX = {
    *("1.1a", "1.1b", "1.1c", "1.1d", "1.1e", "1.2a", "1.2b", "1.2c", "1.3a", "1.3b", "1.3c"),
    *("2.1a", "2.1b", "2.1c", "2.2a", "2.2b", "2.2c", "2.3a"),
    *("3.1a", "3.1b", "3.2a", "3.2b", "3.3a", "3.3b"),
    *("4.1a", "4.1b", "4.2a", "4.3a", "4.4a", "4.4b", "4.4c"),
    *("5.1a", "5.2a", "5.2b", "5.2c", "5.2d", "5.2e", "5.2f", "5.3a", "5.3b", "5.4a"),
}


@cache
def scenarios() -> dict[str, LoadedScenario]:
    return {entry.name: load_scenario(entry.name) for entry in scenario_entries()}


AGENTS_GO_BY = ("threats", "procedures", "posts", "casework")


def alone(measure: LoadedMeasure) -> LoadedProgramme:
    return programme_of(measure.short, measure.meaning, [Dated(measure, None)])


def holds(world: World, point: int) -> dict[str, bytes]:
    """Return what holds at a point, whatever its terms are called."""
    phase = world.points.phase[point, 0]
    parts = {
        field.name: getattr(world.phases, field.name)[phase].tobytes()
        for field in fields(world.phases)
        if field.name != "term"
    }
    return parts | {
        f"term.{name}": getattr(world.terms, name)[world.phases.term[phase]].tobytes()
        for name in (field.name for field in fields(world.terms))
    }


# The catalogue -------------------------------------------------------------------------------


def test_measures_are_of_the_annex() -> None:
    assert len(ANNEX) == 41
    shorts = [measure.short for measure in MEASURES]
    assert len(set(shorts)) == len(shorts) == 33
    assert set(shorts) <= ANNEX
    for measure in MEASURES:
        objective, action = measure.short.split(".")
        assert (measure.spec.objective, measure.spec.action) == (int(objective), int(action[0]))


@pytest.mark.long
@pytest.mark.parametrize("measure", MEASURES, ids=lambda one: one.short)
def test_each_change_reaches_something_in_the_catalogue(measure: LoadedMeasure) -> None:
    touched = list(touched_by(measure))
    reached = {number for one in touched for number in one.changes}
    assert reached == set(range(len(measure.spec.changes)))
    known = {
        outcome.name
        for one in touched
        if one.changes
        for outcome in scenarios()[one.scenario].spec.outcomes
    }
    assert measure.spec.expect
    assert set(measure.spec.expect) <= known


@pytest.mark.long
@pytest.mark.parametrize("measure", MEASURES, ids=lambda one: one.short)
def test_each_makes_another_point_of_the_same_world(measure: LoadedMeasure) -> None:
    """Paired with the policy alone; and untouched scenarios are the same points to the bit."""
    for name in ("organised-crime", "cyber-outbreak", "forest-fire"):
        scenario = scenarios()[name]
        policy = load_policy(scenario.baseline)
        other = Alternative.of(policy, alone(measure))
        compiled = compile_points([Point.of(scenario, one) for one in (policy, other)])
        one, two = (holds(compiled.world, point) for point in (0, 1))
        before, after = (
            [getattr(each[0].scenario, part) for part in AGENTS_GO_BY]
            for each in compiled.layout.force
        )
        offices = [list(each[0].atlas.members.values()) for each in compiled.layout.force]
        is_same = one == two and before == after and offices[0] == offices[1]
        assert is_same == (not touching(scenario, policy, measure)), name


def test_all_of_them_fit_each_other() -> None:
    programme = programme_of("all", "all", [Dated(one, None) for one in MEASURES])
    for scenario in scenarios().values():
        other = Alternative.of(load_policy(scenario.baseline), programme)
        assert compile_points([Point.of(scenario, other)]).world.horizon == scenario.ticks


@pytest.mark.long
def test_programmes_of_the_catalogue_move_with_the_years() -> None:
    scenario = scenarios()["organised-crime"]
    policy = load_policy("bilateral")
    annex, history = load_programme("annex"), load_programme("history")
    assert load_programme("none").measures == ()
    assert Alternative.of(policy, load_programme("none")) is policy
    days = {one.measure.short: one.since for one in history.measures}
    assert days["5.4a"] == date(2014, 1, 1)
    assert "3.3b" not in days
    assert days.keys() < {one.measure.short for one in annex.measures}
    points = [Point.of(scenario, Alternative.of(policy, one)) for one in (annex, history)]
    compiled = compile_points([Point.of(scenario, policy), *points])
    turns = [len(point.timetable) for point in points]
    assert min(turns) > 4
    assert [one[0].since for one in compiled.layout.force] == [0, 0, 0]
    assert [one[0].scenario for one in compiled.layout.force] == [scenario.spec] * 3


def test_what_an_alternative_is_comes_back_from_its_document() -> None:
    from scenarios.reading import policy_from

    made = Alternative.of(load_policy("bilateral"), load_programme("history"))
    again = policy_from(made.document(), Path("manifest.json"))
    assert isinstance(again, Alternative)
    assert (again.name, again.digest) == (made.name, made.digest)
    assert made.digest != load_policy("bilateral").digest
    points = [Point.of(scenarios()["organised-crime"], one) for one in (made, again)]
    assert points[0].timetable[-1].scenario.digest == points[1].timetable[-1].scenario.digest


# Of one's own --------------------------------------------------------------------------------

CHANGE = "changes:\n  - {times: procedures.joint-team.delays, by: 0.5, assumed: x}\n"


def test_measures_are_found_by_number_name_and_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("measure: mine\nmeaning: x\n" + CHANGE)
    assert load_measure("3.3b").name == load_measure("3.3b-alert-system").name
    assert load_measure(str(path)).short == "mine"
    with pytest.raises(SpecError, match="no measure of this name"):
        load_measure("3.3z")


def test_a_programme_of_ones_own_gives_days(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("measure: mine\nmeaning: x\n" + CHANGE)
    path = tmp_path / "plan.yaml"
    text = "programme: plan\nmeaning: x\nmeasures: {1.1e: 2012, ./mine.yaml: 2013-05-01}\n"
    path.write_text(text)
    found = load_programme(str(path))
    assert [(one.measure.short, str(one.since)) for one in found.measures] == [
        ("1.1e", "2012-01-01"),
        ("mine", "2013-05-01"),
    ]


@pytest.mark.parametrize(
    ("text", "where", "rule"),
    [
        ("measures: [1.1e, 1.1e-joint-teams]", "measures", "twice"),
        ("measures: [1.1e, 9.9z]", "measures[1]", "no measure of this name"),
        ("measures: all\nwithout: [9.9z]", "without[0]", "no measure of this name"),
        ("measures: {1.1e: soon}", "measures.1.1e", "a day is written as"),
        ("measures: {1.1e: 2012}\ndates: applies", "", "have dates of their own"),
        ("measures: all\nlags: {body: {value: 1 y, assumed: x}}", "", "counted from proposals"),
        ("measures: [1.1e]\nwithout: [1.1c]", "", "leaves measures out of all"),
    ],
)
def test_a_programme_that_breaks_a_rule_says_where(
    tmp_path: Path, text: str, where: str, rule: str
) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(f"programme: plan\nmeaning: x\n{text}\n")
    with pytest.raises(SpecError, match=rule) as caught:
        load_programme(str(path))
    assert caught.value.file == str(path)
    assert caught.value.where == where
    assert caught.value.line


def test_a_measure_waits_for_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("measure: mine\nmeaning: x\nneeds: [1.1e]\n" + CHANGE)
    mine, teams = load_measure(str(path)), load_measure("1.1e")
    days = [Dated(mine, date(2012, 1, 1)), Dated(teams, date(2013, 1, 1))]
    assert {one.since for one in programme_of("p", "x", days).measures} == {date(2013, 1, 1)}
    with pytest.raises(SpecError, match=r"mine cannot do without 1\.1e-joint-teams") as caught:
        programme_of("p", "x", days[:1])
    assert (caught.value.where, caught.value.line) == ("needs[0]", 3)
