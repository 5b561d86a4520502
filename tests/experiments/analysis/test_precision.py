"""When a difference is precise, what is asked for next, and what is refused."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from experiments.analysis.precision import Goal, Rule, judge, progress
from experiments.errors import UserError
from experiments.outcomes.paired import mean_interval

NAMES = ("arrested_share", "unmet_need_h")
POLICIES = ("hub", "bilateral", "pool")


def worlds(replications: int, spread: float = 1.0) -> np.ndarray:
    """Return values of three policies that share a noisy world; `pool` differs most."""
    draws = np.random.default_rng(3)
    world = draws.normal(10, 3, replications)
    noise = draws.normal(0, spread, (3, replications))
    return np.array([world + 1 + noise[0], world, world + 2 + 3 * noise[2]])


# Goals ---------------------------------------------------------------------------------------


def test_a_goal_is_a_width_or_a_share() -> None:
    assert Goal.parse("unmet_need_h=5%", NAMES) == Goal("unmet_need_h", 0.05, relative=True)
    assert Goal.parse("arrested_share = 0.3 ", NAMES) == Goal("arrested_share", 0.3)
    assert Goal.of("arrested_share", 2, NAMES) == Goal("arrested_share", 2.0)
    assert Goal.of("arrested_share", "1e-2", NAMES) == Goal("arrested_share", 0.01)


@pytest.mark.parametrize("text", ["unmet_need_h=5%", "arrested_share=0.3"])
def test_a_goal_is_written_as_it_is_read(text: str) -> None:
    assert str(Goal.parse(text, NAMES)) == text


@pytest.mark.parametrize(
    ("text", "rule", "remedy"),
    [
        ("unmet_need_h", "an outcome and the width", "OUTCOME=WIDTH"),
        ("unmet_need=5%", "no outcome of this name", "did you mean unmet_need_h?"),
        ("unmet_need_h=", "a number above zero", "5%"),
        ("unmet_need_h=0%", "a number above zero", "5%"),
        ("unmet_need_h=-1", "a number above zero", "5%"),
        ("unmet_need_h=nan", "a number above zero", "5%"),
        ("unmet_need_h=1e999", "a number above zero", "5%"),
        ("unmet_need_h=1.2.3", "a number above zero", "5%"),
        ("unmet_need_h=5 percent", "a number above zero", "5%"),
        ("", "an outcome and the width", "OUTCOME=WIDTH"),
    ],
)
def test_what_is_no_goal_is_refused_in_one_message(text: str, rule: str, remedy: str) -> None:
    with pytest.raises(UserError) as refused:
        Goal.parse(text, NAMES)
    assert rule in refused.value.rule
    assert remedy in refused.value.remedy
    assert "--precision" in refused.value.what


def test_a_share_is_of_the_size_of_the_baselines_mean() -> None:
    goal = Goal("x", 0.1, relative=True)
    assert goal.target(np.array([-4.0, -6.0, np.nan])) == pytest.approx(0.5)
    assert math.isnan(goal.target(np.zeros(3)))
    assert math.isnan(goal.target(np.full(3, np.nan)))
    assert Goal("x", 0.1).target(np.zeros(3)) == 0.1


# Stages --------------------------------------------------------------------------------------


def test_the_interval_is_the_one_of_the_comparison() -> None:
    values = worlds(50)
    found = progress(Goal("x", 1.0), values, POLICIES, "bilateral")
    assert [row.policy for row in found.differences] == ["hub", "pool"]
    for row, value in zip(found.differences, values[[0, 2]], strict=True):
        assert (row.low, row.high) == pytest.approx(mean_interval(value - values[1]))
        assert row.width == pytest.approx(row.high - row.low)


def test_only_the_policy_that_is_not_precise_gets_more() -> None:
    found = progress(Goal("x", 0.8), worlds(50), POLICIES, "bilateral")
    hub, pool = found.differences
    assert hub.precise
    assert hub.wanted == 50
    assert not pool.precise
    assert found.open == ("pool",)
    assert found.wanted == pool.wanted == 100  # about 220 are needed; a stage doubles at most


def test_the_next_stage_is_estimated_from_the_spread() -> None:
    found = progress(Goal("x", 0.8), worlds(160), POLICIES, "bilateral")
    pool = found.differences[1]
    assert pool.wanted == math.ceil(160 * (pool.width / 0.8) ** 2 / 10) * 10
    assert 160 < pool.wanted < 320


def test_before_the_first_stage_nothing_is_precise() -> None:
    found = progress(Goal("x", 1000.0), worlds(10), POLICIES, "bilateral")
    assert found.open == ("hub", "pool")
    assert found.wanted == 30
    assert progress(Goal("x", 1000.0), worlds(30), POLICIES, "bilateral").reached


def test_the_budget_ends_it() -> None:
    rule = Rule(most=50)
    found = progress(Goal("x", 0.01), worlds(50), POLICIES, "bilateral", rule)
    assert found.spent
    assert not found.reached
    assert found.wanted == 50
    assert progress(Goal("x", 0.01), worlds(40), POLICIES, "bilateral", rule).wanted == 50
    assert Rule(first=30, most=8).start() == 8
    assert Rule(first=25, step=10).start() == 30


def test_following_the_advice_ends() -> None:
    ran = Rule().start()
    stages = []
    while not (found := progress(Goal("x", 0.5), worlds(ran), POLICIES, "bilateral")).reached:
        assert not found.spent
        assert ran < found.wanted <= max(2 * ran, 30)
        stages.append(ran)
        ran = found.wanted
    assert 3 <= len(stages) <= 8
    assert all(row.width <= 0.5 for row in found.differences)


def test_a_share_of_a_mean_of_zero_is_never_reached() -> None:
    values = worlds(50)
    values[1] = 0.0
    found = progress(Goal("x", 0.5, relative=True), values, POLICIES, "bilateral")
    assert found.open == ("hub", "pool")
    assert found.wanted == 100


def test_pairs_without_a_value_are_left_out_and_made_up_for() -> None:
    values = worlds(160)
    whole = progress(Goal("x", 0.8), values, POLICIES, "bilateral").differences[1]
    holed = np.repeat(values, 2, axis=1)
    holed[2, 1::2] = np.nan
    row = progress(Goal("x", 0.8), holed, POLICIES, "bilateral").differences[1]
    assert row.pairs == 160
    assert row.width == pytest.approx(whole.width)
    assert row.wanted == pytest.approx(2 * whole.wanted, abs=10)


def test_nothing_but_holes_is_not_precise() -> None:
    values = worlds(40)
    values[0] = np.nan
    found = progress(Goal("x", 100.0), values, POLICIES, "bilateral")
    assert found.open == ("hub",)
    assert found.differences[0].pairs == 0
    assert math.isnan(found.differences[0].difference)
    assert found.document()["differences"][0]["difference"] is None


def test_skewed_differences_wait_for_more() -> None:
    even = np.tile([1.0, -1.0], 50)
    rare = np.zeros(100)
    rare[:3] = 1.0
    for differences, precise in ((even, True), (rare, False)):
        found = judge(differences[None], np.zeros(100), 10.0, Rule())
        assert bool(found.precise[0]) is precise


def test_equal_differences_are_not_taken_for_certain() -> None:
    world = np.random.default_rng(1).normal(10, 3, 1000)
    few = judge(world[None, :40], world[:40], 0.5, Rule())
    many = judge(world[None], world, 0.5, Rule())
    assert not few.precise[0]
    assert few.half[0] > 0
    assert many.precise[0]
    constant = judge(np.full((1, 40), 3.0), np.full(40, 3.0), 0.5, Rule())
    assert constant.precise[0]
    assert constant.half[0] == 0


def test_the_document_is_plain() -> None:
    found = progress(Goal("x", 0.8), worlds(50), POLICIES, "bilateral")
    document = json.loads(json.dumps(found.document(), allow_nan=False))
    assert document["wanted"] == 100
    assert document["reached"] is False
    assert document["differences"][0]["policy"] == "hub"


@pytest.mark.parametrize("rule", [{"first": 1}, {"step": 0}, {"growth": 1.0}, {"most": 1}])
def test_stages_that_lead_nowhere_are_refused(rule: dict) -> None:
    with pytest.raises(ValueError, match="no stages follow"):
        Rule(**rule)
