"""Criteria of robustness: by hand on small tables, and what resampling says of them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from experiments.analysis import resampling, robustness as module
from experiments.analysis.robustness import Robustness, robustness

POLICIES = ("steady", "daring", "poor")

MEANS = np.array([[5.0, 9.0, 1.0], [5.0, 2.0, 1.0], [6.0, 8.0, 7.0]])
"""Three settings, three policies."""


def table(replications: int = 1, noise: float = 0.0) -> np.ndarray:
    draws = np.random.default_rng(2)
    away = noise * draws.standard_normal((3, 3, replications))
    return MEANS[:, :, None] + away


def estimates(found: Robustness, criterion: str) -> list[float]:
    return [score.estimate for score in found.of(criterion)]  # type: ignore[arg-type]


def test_criteria_are_those_of_the_definitions() -> None:
    found = robustness(table(), POLICIES, "x", "higher", threshold=5.0)
    assert estimates(found, "mean") == pytest.approx([16 / 3, 19 / 3, 3.0])
    assert estimates(found, "worst") == [5.0, 2.0, 1.0]
    assert estimates(found, "regret") == [4.0, 3.0, 8.0]
    assert estimates(found, "satisficing") == pytest.approx([1.0, 2 / 3, 1 / 3])
    assert [score.setting for score in found.of("worst")] == [0, 1, 0]
    assert [score.setting for score in found.of("regret")] == [0, 1, 0]
    assert [score.policy for score in found.scores if score.best] == [
        "daring",
        "steady",
        "daring",
        "steady",
    ]


def test_lower_can_be_better() -> None:
    up = robustness(table(8, 1.0), POLICIES, "x", "higher", threshold=5.0)
    down = robustness(-table(8, 1.0), POLICIES, "x", "lower", threshold=-5.0)
    for one, other in zip(up.scores, down.scores, strict=True):
        sign = -1 if one.criterion in {"mean", "worst"} else 1
        assert other.estimate == pytest.approx(sign * one.estimate)
        assert sorted((other.low, other.high)) == pytest.approx(
            sorted((sign * one.low, sign * one.high))
        )
        assert other.low <= other.high
        assert (other.first, other.best, other.setting) == (one.first, one.best, one.setting)


def test_without_a_threshold_nothing_is_said_of_satisficing() -> None:
    found = robustness(table(), POLICIES, "x", "higher")
    assert {score.criterion for score in found.scores} == {"mean", "worst", "regret"}


def test_one_replication_gives_no_interval() -> None:
    found = robustness(table(), POLICIES, "x", "higher")
    assert all(math.isnan(score.low) and math.isnan(score.first) for score in found.scores)
    document = json.loads(json.dumps(found.document(), allow_nan=False))
    assert document["scores"][0]["low"] is None


def test_settings_in_which_a_policy_has_no_value_are_left_out() -> None:
    values = np.concatenate([np.full((1, 3, 4), 100.0), table(4, 0.1)])
    values[0, 1] = np.nan
    values[2, 0, 1] = np.nan
    found = robustness(values, POLICIES, "x", "higher")
    assert (found.settings, found.left_out) == (3, 1)
    assert [score.setting for score in found.of("worst")] == [1, 2, 1]  # as numbered in the table
    empty = robustness(np.full((2, 3, 4), np.nan), POLICIES, "x", "higher")
    assert (empty.settings, empty.scores) == (0, ())


def test_noise_between_worlds_makes_intervals() -> None:
    quiet = robustness(table(30, 0.1), POLICIES, "x", "higher")
    loud = robustness(table(30, 3.0), POLICIES, "x", "higher")
    for calm, rough in zip(quiet.of("worst"), loud.of("worst"), strict=True):
        assert 0 < calm.high - calm.low < rough.high - rough.low
    assert sum(score.first for score in loud.of("regret")) == pytest.approx(1)
    assert quiet.of("worst")[0].first == 1.0
    assert loud.of("worst")[0].bias < -0.2  # its settings are close; the noisiest looks worst
    assert abs(loud.of("worst")[1].bias) < 0.05  # one of its settings is far worse than the others
    assert all(score.low >= 0 for score in loud.of("regret"))


def test_noise_shared_by_policies_does_not_blur_their_regrets() -> None:
    shared = np.random.default_rng(4).normal(0, 5, 30)
    found = robustness(MEANS[:, :, None] + shared, POLICIES, "x", "higher")
    for score in found.of("regret"):
        assert score.high - score.low == pytest.approx(0, abs=1e-9)
        assert score.bias == pytest.approx(0, abs=1e-9)
    assert found.of("worst")[0].high - found.of("worst")[0].low > 1


def test_large_tables_are_resampled_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = robustness(table(8, 1.0), POLICIES, "x", "higher", threshold=5.0)
    monkeypatch.setattr(module, "CHUNK", 100)
    parts = robustness(table(8, 1.0), POLICIES, "x", "higher", threshold=5.0)
    for one, other in zip(whole.scores, parts.scores, strict=True):
        assert one.low == pytest.approx(other.low)
        assert one.first == pytest.approx(other.first)


def test_resamples_are_the_same_every_time_and_even() -> None:
    drawn = resampling.indices(1, "x", 2000, 10)
    assert (drawn == resampling.indices(1, "x", 2000, 10)).all()
    assert (drawn != resampling.indices(1, "y", 2000, 10)).any()
    assert (drawn != resampling.indices(2, "x", 2000, 10)).any()
    shares = np.bincount(drawn.ravel(), minlength=10) / drawn.size
    assert shares == pytest.approx(0.1, abs=0.01)
    counted = resampling.counts(1, "x", 2000, 10)
    assert (counted[7] == np.bincount(drawn[7], minlength=10)).all()
    orders = resampling.orders(1, "x", 50, 9)
    assert (np.sort(orders, axis=1) == np.arange(9)).all()
    assert len({tuple(order) for order in orders}) == 50
