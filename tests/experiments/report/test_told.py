"""One world told, maps and years: what is chosen, counted and drawn."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.outcomes import Outcome, compare_policies
from experiments.report import building, states, told, years
from experiments.report.content import Report
from experiments.store import open_for_reading
from tests.experiments.outcomes.test_years import yearly
from tests.experiments.samples import LOAD, results_of, sample_results


@pytest.fixture(scope="module")
def content(run: Path) -> Report:
    return building.content_of(run)


def test_a_usual_world_is_told_of_what_is_clearest():
    results = sample_results(21)
    rows = compare_policies(results)
    found = told.choose(results, rows)
    assert found is not None
    clearest = max(rows, key=lambda row: abs(row.effect_size))
    assert found.policy == clearest.policy
    values = results.restricted(next(o for o in results.outcomes if o.name == clearest.outcome))
    differences = values[results.policies.index(found.policy)] - values[0]
    assert differences[found.world] == np.median(differences)


def test_without_a_pair_no_world_is_told():
    results = sample_results(3)
    nothing = replace(results, done=np.zeros_like(results.done))
    assert told.choose(nothing, compare_policies(nothing)) is None


def test_a_world_is_told_with_the_moment_where_two_part(content, run):
    by_name = {section.name: section for section in content.sections}
    section = by_name["told"]
    assert section.facts[0].name.startswith("They part on day ")
    assert [chart.name for chart in section.charts] == ["told", "course"]
    timeline = section.charts[0].views[0].spec
    assert any(layer["mark"]["type"] == "rule" for layer in timeline["layer"])
    assert "came out to the bit" in by_name["validation"].facts[1].text


def test_days_waited_are_those_of_the_replay(content, run):
    from experiments.trace import tell

    section = next(one for one in content.sections if one.name == "limited")
    choice = told.choose(open_for_reading(run).results(), _asked(run))
    assert choice is not None
    shown = tell(run, policy=choice.baseline, replication=choice.world)
    waited = {str(queue.unit): queue.waited for queue in shown.story.queues}
    rows = section.charts[0].views[0].spec["data"]["values"]
    mine = {row["name"]: row["days"] for row in rows if row["policy"] == choice.baseline}
    assert mine
    clock = shown.story.events.clock
    assert mine == {name: pytest.approx(clock.days(waited.get(name, 0))) for name in mine}


def _asked(run: Path) -> list:
    directory = open_for_reading(run)
    rows = compare_policies(directory.results(), directory.asked())
    return [row for row in rows if row.family == "asked"]


def test_a_slider_goes_up_to_all_that_happened(content):
    section = next(one for one in content.sections if one.name == "told")
    [course] = [chart for chart in section.charts if chart.slider]
    assert len(course.views) == 2  # nine days have two weeks
    totals = [
        [
            sum(row["value"] for row in layer["data"]["values"])
            for part in view.spec["hconcat"]
            for layer in part["layer"][2:]
        ]
        for view in course.views
    ]
    assert all(early <= late for early, late in zip(*totals, strict=True))
    assert course.table is not None
    assert len(course.table.rows) == len(course.views)


def test_a_lane_that_cannot_be_run_again_is_said_to_be_so(run, monkeypatch):
    from experiments.errors import UserError

    def refused(*_given: object, **_named: object) -> None:
        raise UserError(f"{run}: came out otherwise", "rule", "remedy")

    monkeypatch.setattr("experiments.trace.tell", refused)
    found = building.content_of(run)
    section = next(one for one in found.sections if one.name == "told")
    assert section.paragraphs == (f"No world can be told: {run.name}: came out otherwise.",)


def test_no_world_is_run_again_if_that_is_not_wanted(run):
    names = [section.name for section in building.content_of(run, tell=False).sections]
    assert "told" not in names
    assert "validation" in names


# Maps and years --------------------------------------------------------------------------------


def test_outlines_are_closed_areas_of_all_states_in_few_bytes():
    codes = ("FR", "DE", "MT", "CY", "LU")
    found = states.outlines(codes)
    assert {feature["code"] for feature in found} >= set(codes) - {"MT"}
    assert len(json.dumps(found, separators=(",", ":"))) < 140_000
    for feature in found:
        for [ring] in feature["geometry"]["coordinates"]:
            assert ring[0] == ring[-1]
            assert len(ring) >= states.LEAST_POINTS


def test_all_maps_of_an_outcome_have_the_same_shades_and_the_table_has_intervals():
    whole = Outcome("burnt", "Burnt", "hectares", "lower", "effect", headline=True)
    parts = [replace(whole, name=f"burnt@{code}", headline=False) for code in ("FR", "DE")]
    draws = np.random.default_rng(1)
    values = {one.name: draws.normal(10, 2, (2, 12)) for one in (whole, *parts)}
    results = results_of(values, (whole, *parts))
    section = states.by_state(results, [whole])
    assert section is not None
    [chart] = section.charts
    scales = {
        json.dumps(view.spec["layer"][1]["encoding"]["color"]["scale"]) for view in chart.views
    }
    assert len(scales) == 1
    assert chart.table is not None
    [first, _] = chart.table.rows
    assert first[0] == "FR"
    assert " to " in first[2]
    assert states.by_state(results_of({"burnt": values["burnt"]}, (whole,)), [whole]) is None


def test_a_state_without_a_value_has_no_shade():
    spec = states.one_map({"FR": math.nan, "DE": 1.0}, [1.0, 2.0], "unit", states.WIDTH)
    rows = {row["code"]: row for row in spec["layer"][2]["data"]["values"]}
    assert rows["FR"]["value"] is None
    assert rows["FR"]["text"] == "FR"
    assert rows["DE"]["text"] == "DE 1"


def test_years_are_told_with_a_turn_by_name():
    results = yearly(LOAD, one=(0, 0), other=(1, -1))
    section = years.by_year(results, [LOAD])
    assert section is not None
    [item] = section.items
    assert item.startswith("Reports read: one is better than other in 2011 (")
    assert "and worse in 2012" in item
    [chart] = section.charts
    assert chart.table is not None
    assert [row[0] for row in chart.table.rows] == ["2011", "2012"]


def test_where_no_order_turns_that_is_said():
    section = years.by_year(yearly(LOAD, one=(0, 0), other=(1, 1)), [LOAD])
    assert section is not None
    assert section.items == ("No order of two alternatives surely turns.",)
    assert years.by_year(sample_results(), [LOAD]) is None
