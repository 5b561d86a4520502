"""Paired statistics against hand calculation, SciPy and known truths."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from experiments.outcomes.paired import (
    Comparison,
    compare_policies,
    holm,
    mean_interval,
    probability_better,
    share_interval,
    signed_rank,
    standardised,
    student,
)
from experiments.outcomes.values import Outcome
from experiments.store.tables import write_rows
from tests.experiments.samples import HORIZON_DAYS, SHARE, TIME, results_of, sample_results

PLAIN = Outcome("x", "X", "things", "lower", "effect")
NAN = math.nan


def only(rows: list[Comparison]) -> Comparison:
    assert len(rows) == 1
    return rows[0]


def compare_two(baseline: list[float], policy: list[float], outcome: Outcome = PLAIN) -> Comparison:
    values = {outcome.name: np.array([baseline, policy])}
    return only(compare_policies(results_of(values, [outcome])))


def test_by_hand():
    row = compare_two([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0])  # differences 1, 2, 3, 4
    assert (row.policy, row.baseline, row.pairs) == ("hub-and-spoke", "bilateral", 4)
    assert (row.mean, row.mean_baseline, row.difference) == (5.0, 2.5, 2.5)
    spread = math.sqrt(5 / 3)
    half = 3.182446305284263 * spread / 2  # Student's t, 3 degrees of freedom
    assert row.low == pytest.approx(2.5 - half, rel=1e-12)
    assert row.high == pytest.approx(2.5 + half, rel=1e-12)
    assert row.effect_size == pytest.approx(2.5 / spread, rel=1e-12)
    assert row.probability_better == 0  # lower is better, and all are higher
    assert row.p == 2 / 2**4  # only one of 16 assignments of signs is as extreme, two-sided
    assert row.p_adjusted == row.p
    assert math.isnan(row.reached)


def test_against_scipy():
    draws = np.random.default_rng(1)
    x, b = draws.normal(0.3, 1, 60), draws.normal(0, 1, 60)
    row = compare_two(b.tolist(), x.tolist())
    interval = stats.ttest_rel(x, b).confidence_interval(0.95)
    assert (row.low, row.high) == pytest.approx((interval.low, interval.high), rel=1e-12)
    assert row.p == stats.wilcoxon(x, b, zero_method="pratt").pvalue


def test_intervals_are_those_of_scipy_to_the_bit():
    freedom = np.arange(1, 2000)
    assert np.array_equal(student(freedom), stats.t.ppf(0.975, freedom))
    assert student(2.5) == stats.t.ppf(0.975, 2.5)
    for of in (1, 2, 7, 150):
        for count in range(of + 1):
            expected = stats.binomtest(count, of).proportion_ci(0.95, method="wilson")
            assert share_interval(count, of) == (expected.low, expected.high)


@pytest.mark.parametrize("decimals", [0, 1, 9], ids=["many ties and zeros", "ties", "no ties"])
def test_p_of_many_pairs_is_scipys(decimals):
    draws = np.random.default_rng(4)
    for size in (51, 80, 200):
        differences = np.round(draws.normal(0.2, 1, size), decimals)
        expected = stats.wilcoxon(differences, zero_method="pratt").pvalue
        assert signed_rank(differences) == expected


def test_interval_covers_the_truth_in_95_of_100_experiments():
    draws = np.random.default_rng(2)
    skewed = draws.exponential(1, (4000, 40)) - draws.exponential(2, (4000, 40)) + 1
    covered = sum(low <= 0 <= high for low, high in map(mean_interval, skewed)) / len(skewed)
    assert 0.93 < covered < 0.965


def test_pairing_is_used():
    draws = np.random.default_rng(3)
    world = draws.normal(0, 10, 50)
    baseline, policy = world + draws.normal(0, 1, 50), world + 1 + draws.normal(0, 1, 50)
    row = compare_two(baseline.tolist(), policy.tolist())
    unpaired = stats.ttest_ind(policy, baseline).confidence_interval(0.95)
    assert row.high - row.low < 0.3 * (unpaired.high - unpaired.low)
    shuffled = compare_two(baseline.tolist(), draws.permutation(policy).tolist())
    assert shuffled.high - shuffled.low > 3 * (row.high - row.low)  # a planted error shows
    assert shuffled.difference == pytest.approx(row.difference)


def test_times_are_censored_not_dropped():
    # Under the policy the slow world is reached late; under the baseline never.
    row = compare_two([10.0, NAN, NAN], [10.0, 90.0, NAN], TIME)
    assert row.pairs == 3
    assert row.mean_baseline == pytest.approx((10 + 2 * HORIZON_DAYS) / 3)
    assert row.mean == pytest.approx((10 + 90 + HORIZON_DAYS) / 3)
    assert row.difference == pytest.approx(-10 / 3)
    assert row.probability_better == pytest.approx((1 + 2 * 0.5) / 3)
    assert (row.reached, row.reached_baseline) == pytest.approx((2 / 3, 1 / 3))
    # Dropping what was not reached would say the opposite: (10 + 90) / 2 > 10.
    assert row.difference < 0


def test_restricted_mean_is_the_area_under_the_curve_of_those_not_yet_reached():
    draws = np.random.default_rng(4)
    times = draws.exponential(80, 200)
    row = compare_two([0.0] * 200, np.where(times < HORIZON_DAYS, times, NAN).tolist(), TIME)
    at = np.linspace(0, HORIZON_DAYS, 200_001)
    waiting = (times[:, None] > at[None, ::100]).mean(axis=0)
    assert row.mean == pytest.approx(np.trapezoid(waiting, at[::100]), rel=1e-2)


def test_times_in_hours_are_censored_at_the_horizon_in_hours():
    hours = replace(TIME, unit="hours")
    row = compare_two([24.0, NAN], [NAN, NAN], hours)
    assert row.mean == 24 * HORIZON_DAYS
    assert row.mean_baseline == (24 + 24 * HORIZON_DAYS) / 2


def test_wilson_interval():
    low, high = share_interval(8, 10)
    z = 1.959963984540054
    centre = (0.8 + z**2 / 20) / (1 + z**2 / 10)
    half = z * math.sqrt(0.8 * 0.2 / 10 + z**2 / 400) / (1 + z**2 / 10)
    assert (low, high) == pytest.approx((centre - half, centre + half), rel=1e-9)
    assert all(math.isnan(end) for end in share_interval(0, 0))


def test_undefined_pairs_are_left_out():
    row = compare_two([1.0, NAN, 3.0, 4.0], [2.0, 2.0, NAN, 6.0], SHARE)
    assert row.pairs == 2
    assert (row.mean, row.mean_baseline, row.difference) == (4.0, 2.5, 1.5)


def test_unfinished_lanes_are_left_out():
    values = {"x": np.array([[1.0, 2.0, NAN], [2.0, 4.0, 9.0]])}
    done = np.array([[True, True, False], [True, True, True]])
    row = only(compare_policies(results_of(values, [PLAIN], done=done)))
    assert (row.pairs, row.difference) == (2, 1.5)
    times = {"days": values["x"]}
    row = only(compare_policies(results_of(times, [TIME], done=done)))
    assert (row.pairs, row.difference, row.reached_baseline) == (2, 1.5, 1.0)


@pytest.mark.parametrize(
    ("baseline", "policy", "expected"),
    [
        ([1.0], [2.0], {"difference": 1.0, "low": NAN, "effect_size": NAN, "p": 1.0}),
        ([1.0, 1.0], [1.0, 1.0], {"low": 0.0, "high": 0.0, "effect_size": 0.0, "p": 1.0}),
        ([1.0, 2.0], [2.0, 3.0], {"low": 1.0, "high": 1.0, "effect_size": NAN, "p": 0.5}),
        ([0.1, 0.3], [0.4, 0.6], {"effect_size": NAN}),  # equal but for rounding
        ([NAN, NAN], [1.0, 1.0], {"pairs": 0, "difference": NAN, "p": NAN, "p_adjusted": NAN}),
    ],
)
def test_degenerate_numbers(baseline, policy, expected):
    row = compare_two(baseline, policy)
    found = {name: getattr(row, name) for name in expected}
    assert found == pytest.approx(expected, nan_ok=True)


def test_all_censored():
    row = compare_two([NAN] * 5, [NAN] * 5, TIME)
    assert (row.difference, row.low, row.high, row.p) == (0, 0, 0, 1)
    assert (row.reached, row.reached_low) == (0, 0)
    assert row.probability_better == 0.5


@pytest.mark.parametrize("size", [1, 5, 20, 50])
def test_exact_p_without_ties_is_scipys(size):
    differences = np.random.default_rng(size).normal(0.3, 1, size)
    expected = stats.wilcoxon(differences, method="exact").pvalue
    assert signed_rank(differences) == pytest.approx(expected, rel=1e-12)


@settings(deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=7))
def test_exact_p_with_ties_is_the_count_over_all_signs(differences):
    d = np.array(differences, np.float64)
    ranks = stats.rankdata(np.abs(d))[d != 0]
    found = stats.rankdata(np.abs(d))[d > 0].sum()
    sums = [sum(chosen) for chosen in product(*((0.0, rank) for rank in ranks))]
    low = np.mean([total <= found for total in sums])
    high = np.mean([total >= found for total in sums])
    assert signed_rank(d) == pytest.approx(min(1.0, 2 * min(low, high)), rel=1e-12)


def test_p_of_many_pairs_continues_that_of_few():
    d = np.round(np.random.default_rng(8).normal(0.3, 2, 51))
    d[:10] = 0
    few, many = signed_rank(d[1:]), signed_rank(d)  # 50 exactly, 51 by approximation
    assert many == pytest.approx(few, rel=0.1)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=12))
def test_holm_is_monotone_and_never_below_the_raw_p(p_values):
    adjusted = holm(p_values)
    known = [(p, a) for p, a in zip(p_values, adjusted, strict=True) if not math.isnan(p)]
    assert all(p <= a <= 1 for p, a in known)
    assert [a for _, a in sorted(known)] == sorted(a for _, a in known)
    if known:
        least, first = min(known)
        assert first == min(1.0, least * len(known))
    assert [math.isnan(a) for a in adjusted] == [math.isnan(p) for p in p_values]


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.01, NAN, 0.04]) == pytest.approx([0.02, NAN, 0.04], nan_ok=True)


@settings(deadline=None)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=30).map(lambda d: np.array(d, np.float64)))
def test_signs_turn_with_the_direction(differences):
    better = probability_better(differences, "higher")
    assert better == pytest.approx(1 - probability_better(differences, "lower"))
    assert probability_better(-differences, "lower") == better
    assert signed_rank(differences) == pytest.approx(signed_rank(-differences))
    turned = standardised(-differences)
    assert standardised(differences) == pytest.approx(-turned, nan_ok=True)


def test_false_findings_are_rare_without_a_difference():
    draws = np.random.default_rng(6)
    found = 0
    for _ in range(200):
        values = {f"x{k}": draws.normal(size=(3, 30)) for k in range(4)}
        outcomes = [Outcome(name, name, "things", "lower", "cost") for name in values]
        rows = compare_policies(results_of(values, outcomes))
        found += any(row.p_adjusted < 0.05 for row in rows)
    assert found / 200 < 0.09  # 8 comparisons each; unadjusted it would be about 0.34


def test_a_family_is_what_is_asked_about_together():
    draws = np.random.default_rng(6)
    values = {f"x{k}": draws.normal(0.4 * k, size=(3, 30)) for k in range(4)}
    outcomes = [
        Outcome(name, name, "things", "lower", "cost", headline=name < "x2") for name in values
    ]
    results = results_of(values, outcomes)
    rows = compare_policies(results)
    asked = [row for row in rows if row.outcome in {"x0", "x1"}]
    assert [row.p_adjusted for row in asked] == holm([row.p for row in asked])
    assert {(row.family, row.tests) for row in asked} == {("asked", 4)}
    for name in ("x2", "x3"):
        alone = [row for row in rows if row.outcome == name]
        assert [row.p_adjusted for row in alone] == holm([row.p for row in alone])
        assert {(row.family, row.tests) for row in alone} == {("alone", 2)}
        named = compare_policies(results, [outcomes[int(name[1])]])
        again = [row for row in named if row.outcome == name]
        assert [row.p_adjusted for row in again] == [row.p_adjusted for row in alone]
        assert {row.family for row in again} == {"asked"}
    assert [row.p for row in compare_policies(results, outcomes)] == [row.p for row in rows]


def test_table_as_csv(tmp_path):
    results = sample_results()
    rows = compare_policies(results)
    write_rows(tmp_path / "comparison.csv", Comparison, rows)
    with (tmp_path / "comparison.csv").open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert len(read) == len(results.outcomes) * 2
    assert list(read[0])[:5] == ["outcome", "label", "unit", "better", "group"]
    for row, written in zip(rows, read, strict=True):
        assert written["outcome"] == row.outcome
        assert float(written["difference"]) == row.difference
        assert (written["reached"] == "") == (row.outcome != "days")


def test_outcomes_that_are_not_tested_do_not_weaken_the_others() -> None:
    described = [replace(PLAIN, name=f"y_{number}", tested=False) for number in range(30)]
    pair = np.array([[1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 4.0, 6.0, 8.0, 10.5]])
    values = {outcome.name: pair for outcome in (PLAIN, *described)}
    alone = only(compare_policies(results_of(values, [PLAIN])))
    first, *others = compare_policies(results_of(values, [PLAIN, *described]))
    assert (first.p, first.p_adjusted) == (alone.p, alone.p_adjusted)
    assert all(math.isnan(row.p) and math.isnan(row.p_adjusted) for row in others)
    assert all(row.low < row.difference < row.high for row in others)
