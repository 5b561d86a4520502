"""Measures in lanes: from their day on, and whatever other alternatives run beside them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from agents import run_compiled
from scenarios import LoadedPolicy, LoadedScenario, Point, compile_points, compile_world
from scenarios.changing import programme_in, with_measures
from scenarios.reading import Alternative, Dated, LoadedMeasure, LoadedProgramme
from scenarios.schema import Measure
from sim import LaneId
from tests.agents.small import Values, differing, policy, small, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

DAYS = 84
BEGINS = date(2011, 1, 1)

CHANGES: dict[str, list[dict[str, Any]]] = {
    "sooner": [{"times": "procedures.investigation.delays", "by": 0.3}],
    "surer": [{"raise": "procedures.*.chances.verified", "by": 0.9}],
    "more-people": [{"set": "posts.team.number", "to": 4}, {"set": "posts.desk.number", "to": 3}],
    "fewer-people": [{"set": "posts.analysts.number", "to": 1}],
    "longer-days": [{"times": "casework.hours_per_day", "by": 2}],
    "no-offices": [{"close": "place.members[aro_2010=true].aro_2010"}],
    "seen": [{"times": "threats[kind=organised-crime].sees.*.[*].per_year", "by": 3}],
    "told": [
        {"raise": "policies.*.rules[match.over=bilateral,match.reports=trace].push.chance", "by": 1}
    ],
    "gone": [{"add": "absent", "what": {"organisations": ["europol"]}}],
}


@cache
def scenario() -> LoadedScenario:
    return small(horizon_days=DAYS)


def measure(name: str) -> LoadedMeasure:
    made = [{"assumed": "for the test", **change} for change in CHANGES[name]]
    content = {"measure": name, "meaning": "for the test", "changes": made}
    return LoadedMeasure(Path(f"{name}.yaml"), Measure.model_validate(content))


def alternative(regime: str, *names: str, day: int | None = None) -> LoadedPolicy:
    """Return a policy with measures in force, from a day of the run on or from the first."""
    since = None if day is None else BEGINS + timedelta(days=day)
    dated = tuple(Dated(measure(name), since) for name in sorted(names))
    return Alternative.of(policy(regime), LoadedProgramme("+".join(names), "for the test", dated))


def played(policies: Sequence[LoadedPolicy], seed: int = 3) -> list[Values]:
    compiled = compile_world(scenario(), policies)
    lanes = [LaneId(number, seed, 0) for number in range(len(policies))]
    result = run_compiled(compiled, lanes)
    return [values_of(result, number) for number in range(len(lanes))]


@cache
def alone(regime: str, *names: str, day: int | None = None) -> Values:
    [found] = played([alternative(regime, *names, day=day)])
    return found


def test_the_world_has_a_calendar() -> None:
    assert scenario().spec.begins == BEGINS


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(CHANGES))
def test_from_the_first_tick_it_is_as_if_declared(name: str) -> None:
    """The same as a scenario and a policy that say so in their files."""
    scenario_, policy_ = with_measures(scenario(), policy("bilateral"), [measure(name)])
    compiled = compile_points([Point.constant(scenario_, policy_)])
    declared = values_of(run_compiled(compiled, [LaneId(0, 3, 0)]), 0)
    assert differing(alone("bilateral", name), declared) == []


@pytest.mark.parametrize("name", sorted(set(CHANGES) - {"no-offices", "fewer-people"}))
def test_each_changes_something(name: str) -> None:
    assert differing(alone("bilateral", name), alone("bilateral"))


@pytest.mark.long
def test_who_else_runs_makes_no_difference() -> None:
    asked: list[tuple[str, tuple[str, ...], int | None]] = [
        ("bilateral", (), None),
        ("bilateral", ("sooner", "more-people", "seen"), 20),
        ("full-pool", ("gone", "told"), 40),
        ("bilateral", ("surer", "no-offices", "longer-days"), None),
        ("full-pool", (), None),
    ]
    listed = [alternative(regime, *names, day=day) for regime, names, day in asked]
    for order in (listed, listed[::-1]):
        found = dict(zip([one.name for one in order], played(order), strict=True))
        for (regime, names, day), one in zip(asked, listed, strict=True):
            assert differing(found[one.name], alone(regime, *names, day=day)) == []


@pytest.mark.long
@pytest.mark.parametrize("name", ["sooner", "more-people", "seen", "told", "gone"])
def test_nothing_happens_before_its_day(name: str) -> None:
    compiled = compile_world(
        scenario(), [alternative("bilateral"), alternative("bilateral", name, day=28)]
    )
    result = run_compiled(compiled, [LaneId(0, 3, 0), LaneId(1, 3, 0)])
    before = result.series_days <= 28
    assert before.any()
    for found in result.series.values():
        assert np.array_equal(found[0, before], found[1, before])
    assert any(not np.array_equal(found[0], found[1]) for found in result.series.values())


def test_after_the_run_it_is_nothing() -> None:
    late = alternative("bilateral", "sooner", day=DAYS)
    assert [one[0] for one in programme_in(scenario(), late)] == [0]
    assert differing(alone("bilateral", "sooner", day=DAYS), alone("bilateral")) == []


def test_a_programme_is_a_timetable() -> None:
    dated = (
        Dated(measure("seen"), BEGINS + timedelta(days=14)),
        Dated(measure("sooner"), BEGINS + timedelta(days=7)),
        Dated(measure("told"), date(2009, 1, 1)),
    )
    late = Alternative.of(policy("bilateral"), LoadedProgramme("late", "for the test", dated))
    assert late.name == "bilateral + late"
    stretches = programme_in(scenario(), late)
    assert [since for since, *_ in stretches] == [0, 28, 56]
    first, second, third = (one for _, one, _ in stretches)
    assert first is scenario()
    now = [
        one.spec.procedures["investigation"].delays["verification"].median
        for one in (first, second, third)
    ]
    assert now[0] != now[1] == now[2]
    seen = [
        next(iter(one.spec.threats.values())).sees["police"][0].per_year
        for one in (first, second, third)
    ]
    assert seen[0] == seen[1] != seen[2]


def test_without_measures_an_alternative_is_its_policy() -> None:
    assert alternative("bilateral") is policy("bilateral")
