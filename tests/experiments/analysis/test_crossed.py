"""Means over settings and worlds: their errors are those of the analysis of variance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from experiments.analysis.crossed import CrossedMean
from experiments.outcomes.paired import mean_interval


def table(settings: int, worlds: int, seed: int = 1) -> np.ndarray:
    draws = np.random.default_rng(seed)
    return (
        3.0
        + draws.normal(0, 1, (settings, 1))
        + draws.normal(0, 2, (1, worlds))
        + draws.normal(0, 0.5, (settings, worlds))
    )


@pytest.mark.parametrize("shape", [(1, 12), (12, 1)])
def test_a_single_setting_or_world_is_students(shape: tuple[int, int]) -> None:
    values = table(*shape)
    assert CrossedMean.of(values).interval() == pytest.approx(mean_interval(values.ravel()))


def test_the_error_is_that_of_the_mean_squares() -> None:
    values = table(8, 5)
    rows, columns = values.mean(axis=1), values.mean(axis=0)
    rest = values - rows[:, None] - columns + values.mean()
    of_rows, of_columns = 5 * rows.var(ddof=1), 8 * columns.var(ddof=1)
    expected = (of_rows + of_columns - (rest**2).sum() / (7 * 4)) / 40
    found = CrossedMean.of(values)
    assert found.mean == pytest.approx(values.mean())
    assert found.error**2 == pytest.approx(expected)
    assert 4 < found.freedom < 11


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    intervals = [CrossedMean.of(table(20, 6, seed)).interval() for seed in range(600)]
    held = np.mean([low <= 3 <= high for low, high in intervals])
    assert 0.93 < held < 0.98
    alone = [mean_interval(table(20, 6, seed).mean(axis=1)) for seed in range(600)]
    assert np.mean([low <= 3 <= high for low, high in alone]) < 0.6  # worlds forgotten


def test_what_is_missing_is_left_out() -> None:
    values = table(6, 5)
    whole = CrossedMean.of(values)
    more = np.vstack([values, np.full((1, 5), np.nan)])
    assert CrossedMean.of(more) == whole
    values[2, 3] = np.nan
    assert CrossedMean.of(values).mean == pytest.approx(np.nanmean(values, axis=1).mean())
    nothing = CrossedMean.of(np.full((2, 2), np.nan))
    assert math.isnan(nothing.mean)
    assert nothing.p_above(0.0) == 1.0
    assert all(map(math.isnan, CrossedMean.of(np.ones((1, 1))).interval()))


def test_what_never_varies_is_sure() -> None:
    found = CrossedMean.of(np.full((4, 4), 2.0))
    assert found.interval() == (2.0, 2.0)
    assert (found.p_above(1.0), found.p_above(2.0), found.p_above(3.0)) == (0.0, 1.0, 1.0)
