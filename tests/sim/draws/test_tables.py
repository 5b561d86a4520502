"""Inverse-CDF tables against the distributions they stand for.

A table of N midpoint quantiles of a distribution is a step function whose distance to its
distribution function is at most ``1 / (2 N)`` everywhere; nothing can be nearer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from sim.draws.streams import QUANTILES
from sim.draws.tables import (
    LARGEST,
    Z95,
    Table,
    TableStore,
    constant,
    exponential,
    geometric,
    lognormal,
    midpoints,
    piecewise,
    poisson,
)

NEAREST = 0.5 / QUANTILES
"""Largest distance of a table to its distribution."""

ROUNDING = 1e-9
means = st.floats(0.05, 5000.0)


def lognormal_law(median: float, p95: float) -> Any:
    """SciPy's lognormal of that median and 95th percentile."""
    return stats.lognorm(np.log(p95 / median) / stats.norm.ppf(0.95), scale=median)


def distance(table: Table, law: Any, *, whole: bool) -> float:
    """Largest distance of distribution functions, at whole numbers.

    A continuous law is rounded, so that the table says ``k`` or less where the law says below
    ``k + 1/2``.
    """
    values, counts = np.unique(table, return_counts=True)
    below = np.cumsum(counts) / QUANTILES
    edge = values if whole else values + 0.5
    before = values - 1 if whole else values - 0.5
    at_value = np.abs(below - law.cdf(edge)).max()
    ahead = np.abs(below - counts / QUANTILES - law.cdf(before)).max()
    return float(max(at_value, ahead))


LAWS: list[tuple[str, Table, Any, bool]] = [
    ("exponential 3", exponential(3.0), stats.expon(scale=3.0), False),
    ("exponential 2000", exponential(2000.0), stats.expon(scale=2000.0), False),
    ("geometric 1.2", geometric(1.2), stats.geom(1 / 1.2), True),
    ("geometric 40", geometric(40.0), stats.geom(1 / 40.0), True),
    ("poisson 0.4", poisson(0.4), stats.poisson(0.4), True),
    ("poisson 25", poisson(25.0), stats.poisson(25.0), True),
    ("lognormal 10 60", lognormal(10.0, 60.0), lognormal_law(10.0, 60.0), False),
    ("lognormal 500 600", lognormal(500.0, 600.0), lognormal_law(500.0, 600.0), False),
    (
        "piecewise",
        piecewise([0.0, 0.5, 1.0], [0.0, 100.0, 1000.0]),
        stats.rv_histogram((np.array([0.5, 0.5]), np.array([0.0, 100.0, 1000.0])), density=False),
        False,
    ),
]
law_cases = pytest.mark.parametrize(
    ("table", "law", "whole"), [case[1:] for case in LAWS], ids=[case[0] for case in LAWS]
)


@law_cases
def test_tables_are_as_near_as_midpoints_allow(table: Table, law: Any, whole: bool) -> None:
    assert distance(table, law, whole=whole) <= NEAREST + ROUNDING


@law_cases
def test_a_table_moved_by_two_cells_is_too_far(table: Table, law: Any, whole: bool) -> None:
    moved = np.r_[table[:2], table[:-2]]
    assert distance(moved, law, whole=whole) > NEAREST + ROUNDING


@law_cases
def test_entries_are_rounded_quantiles(table: Table, law: Any, whole: bool) -> None:
    exact = law.ppf(midpoints())
    assert np.abs(table - exact).max() <= (0 if whole else 0.5) + 1e-6


@law_cases
def test_means(table: Table, law: Any, whole: bool) -> None:
    """Cells of one width: the error is at most the spread of the values over N, and the tail."""
    last = law.ppf(1 - 1 / QUANTILES)
    tail = law.expect(lb=last) - law.sf(last) * last
    most = (table[-1] - table[0]) / QUANTILES + tail + (0 if whole else 0.5)
    assert abs(table.mean() - law.mean()) <= most
    assert abs(table.mean() - law.mean()) < 0.02 * law.mean() + 0.1


@law_cases
def test_tables_rise(table: Table, law: Any, whole: bool) -> None:
    assert table.shape == (QUANTILES,)
    assert table.dtype == np.int32
    assert np.all(np.diff(table) >= 0)


@given(mean=means)
@settings(max_examples=50)
def test_exponentials_of_any_mean(mean: float) -> None:
    table = exponential(mean)
    assert distance(table, stats.expon(scale=mean), whole=False) <= NEAREST + ROUNDING


@given(mean=st.floats(1.001, 5000.0))
@settings(max_examples=50, deadline=None)
def test_geometrics_start_at_one(mean: float) -> None:
    table = geometric(mean)
    assert table[0] >= 1
    assert distance(table, stats.geom(1 / mean), whole=True) <= NEAREST + ROUNDING


def test_a_geometric_of_mean_one_is_constant() -> None:
    assert set(geometric(1.0).tolist()) == {1}


@given(median=means, spread=st.floats(1.001, 20.0))
@settings(max_examples=50, deadline=None)
def test_lognormals_have_the_median_and_percentile_given(median: float, spread: float) -> None:
    p95 = median * spread
    table = lognormal(median, p95)
    assert abs(np.median(table) - median) <= 0.5 + 0.002 * median * np.log(spread)
    at = int(0.95 * QUANTILES)
    assert table[at - 1] - 1 <= p95 <= table[at + 1] + 1


def test_a_lognormal_without_spread_is_constant() -> None:
    assert np.array_equal(lognormal(7.0, 7.0), constant(7))


def test_the_normal_percentile() -> None:
    assert stats.norm.cdf(Z95) == pytest.approx(0.95, abs=1e-15)


def test_constants() -> None:
    assert set(constant(5).tolist()) == {5}
    assert set(constant(2.5).tolist()) == {3}
    assert set(constant(LARGEST).tolist()) == {LARGEST}
    assert set(poisson(0).tolist()) == {0}


def test_midpoints_lie_in_the_middle() -> None:
    points = midpoints()
    assert points[0] == NEAREST
    assert points[-1] == 1 - NEAREST
    assert np.ptp(np.diff(points)) == 0


def test_straight_lines_between_published_quantiles() -> None:
    table = piecewise([0.0, 0.25, 1.0], [10.0, 20.0, 20.0])
    assert table[0] == 10
    assert set(table[QUANTILES // 4 :].tolist()) == {20}
    middle = QUANTILES // 8
    assert table[middle] == 15


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: constant(-1),
        lambda: constant(LARGEST + 1),
        lambda: constant(float("nan")),
        lambda: constant(float("inf")),
        lambda: exponential(-2.0),
        lambda: exponential(1e9),
        lambda: geometric(0.5),
        lambda: poisson(-0.1),
        lambda: lognormal(0.0, 1.0),
        lambda: lognormal(-1.0, 1.0),
        lambda: lognormal(3.0, 2.0),
        lambda: lognormal(float("nan"), 2.0),
        lambda: piecewise([0.0, 1.0], [-5.0, 5.0]),
    ],
)
def test_what_is_no_number_of_ticks_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"quantiles must|a lognormal needs|NaN"):
        wrong()


def test_equal_tables_share_a_number() -> None:
    store = TableStore()
    numbers = [store.add(table) for table in (constant(1), exponential(4.0), constant(1.2))]
    assert numbers == [0, 1, 0]
    stacked = store.stack()
    assert stacked.shape == (2, QUANTILES)
    assert np.array_equal(stacked[1], exponential(4.0))


def test_no_tables_stack_to_one_of_zeros() -> None:
    assert np.array_equal(TableStore().stack(), np.zeros((1, QUANTILES)))
