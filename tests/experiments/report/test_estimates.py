"""What charts show: means, percentiles and intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from experiments.report.estimates import marks, per_cent, percentile_places, standings
from tests.experiments.samples import TIME, sample_results


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("count", [1, 5, 6, 20, 36, 37, 40, 100, 1000])
def test_the_interval_of_a_percentile_covers_it_whatever_the_distribution(count, share):
    """The places bracket the percentile if so many values lie below, which is binomial."""
    below = stats.binom(count, share)
    places = percentile_places(count, share)
    if places is None:
        assert max(below.pmf(0), below.pmf(count)) > 0.025
        return
    low, high = places
    assert below.cdf(high) - below.cdf(low) >= 0.95
    if high - low > 1:
        narrower = [below.cdf(high) - below.cdf(low + 1), below.cdf(high - 1) - below.cdf(low)]
        assert below.cdf(low + 1) > 0.025
        assert 1 - below.cdf(high - 1) > 0.025
        assert max(narrower) < below.cdf(high) - below.cdf(low)


def test_few_worlds_have_no_interval_of_the_outer_percentiles():
    assert percentile_places(35, 0.1) is None
    assert percentile_places(36, 0.1) == (0, 7)
    _, tenth, median, _ = marks(np.arange(20.0))
    assert math.isnan(tenth.low)
    assert median.low < median.at < median.high


def test_per_cent_are_of_the_mean_of_the_baseline():
    other = np.array([10.0, 20.0, 30.0, 40.0])
    mean, *rest = per_cent(1.5 * other, other)
    assert (mean.at, mean.low, mean.high) == pytest.approx((50.0, 50.0, 50.0))
    assert rest[1].at == pytest.approx(50.0)
    assert all(math.isnan(mark.at) for mark in per_cent(other, np.zeros(4)))


def test_the_interval_of_a_ratio_holds_it_as_often_as_it_says():
    draws = np.random.default_rng(3)
    held = 0
    for _ in range(1000):
        world = draws.lognormal(2, 0.6, 40)
        one, other = 1.3 * world * draws.lognormal(0, 0.2, 40), world
        found = per_cent(one, other)[0]
        held += found.low <= 100 * (1.3 * math.exp(0.02) - 1) <= found.high
    assert 0.92 < held / 1000 < 0.98


def test_differences_leave_the_baseline_out_and_values_do_not():
    results = sample_results()
    assert [one.policy for one in standings(results, TIME, "value")] == list(results.policies)
    for way in ("difference", "per cent"):
        assert [one.policy for one in standings(results, TIME, way)] == list(results.policies[1:])
    [first, _] = standings(results, TIME, "difference")
    values = results.restricted(TIME)
    assert first.mark("mean").at == pytest.approx((values[1] - values[0]).mean())
