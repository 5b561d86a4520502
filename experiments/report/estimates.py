"""What charts and tables show of an outcome: means and percentiles, each with its interval.

A mean has Student's interval. A percentile has the interval of order statistics: the values at two
places of the sorted sample between which the percentile lies with a probability of 95% or more,
whatever the distribution (H. A. David and H. N. Nagaraja, *Order statistics*, 3rd edition, 2003,
section 7.1). Where the sample is too small to have such places, there is no interval.

Per cent are of the baseline's mean. The mean has the interval of a ratio of two means of the same
worlds (the delta method, with Student's quantile); differences at a percentile are divided by the
baseline's mean as if that was known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from experiments.outcomes import (
    F64,
    FEWEST,
    LEVEL,
    Outcome,
    Results,
    in_both,
    mean_interval,
    mean_of,
    student,
)

Way = Literal["value", "difference", "per cent"]
WAYS: Final[tuple[Way, ...]] = ("value", "difference", "per cent")

MEAN: Final = "mean"
PERCENTILES: Final = {"10th percentile": 0.1, "median": 0.5, "90th percentile": 0.9}


@dataclass(frozen=True)
class Mark:
    """An estimate with its interval; NaN is what cannot be said."""

    kind: str
    at: float
    low: float
    high: float


@dataclass(frozen=True)
class Standing:
    """Where an alternative stands in an outcome, told in one way."""

    policy: str
    marks: tuple[Mark, ...]

    def mark(self, kind: str) -> Mark:
        """Return the mark of a kind."""
        return next(mark for mark in self.marks if mark.kind == kind)


def standings(results: Results, outcome: Outcome, way: Way) -> tuple[Standing, ...]:
    """Return where all alternatives stand: the baseline among them only if it is values."""
    values = results.restricted(outcome)
    base = values[results.policies.index(results.baseline)]
    found = []
    for point, policy in enumerate(results.policies):
        if way == "value":
            found.append(Standing(policy, marks(values[point][np.isfinite(values[point])])))
        elif policy != results.baseline:
            one, other = in_both(values[point], base)
            told = marks(one - other) if way == "difference" else per_cent(one, other)
            found.append(Standing(policy, told))
    return tuple(found)


def marks(values: F64) -> tuple[Mark, ...]:
    """Return mean and percentiles of values, shape (n,), all of them finite."""
    mean = Mark(MEAN, mean_of(values), *mean_interval(values))
    return (mean, *(_percentile(values, kind, share) for kind, share in PERCENTILES.items()))


def per_cent(one: F64, other: F64) -> tuple[Mark, ...]:
    """Return the marks of the differences of pairs, shape (n,) each, in per cent of `other`."""
    scale = mean_of(other)
    if not scale or math.isnan(scale):
        nothing = (math.nan, math.nan, math.nan)
        return tuple(Mark(kind, *nothing) for kind in (MEAN, *PERCENTILES))
    _, *rest = marks((one - other) * (100 / abs(scale)))
    at = 100 * mean_of(one - other) / abs(scale)
    half = _half_width(one, other)
    return (Mark(MEAN, at, at - half, at + half), *rest)


def _half_width(one: F64, other: F64) -> float:
    """Return half the interval of 100 x (mean of one / mean of other - 1)."""
    if one.size < FEWEST:
        return math.nan
    scale = float(other.mean())
    away = one - float(one.mean()) / scale * other
    error = float(away.std(ddof=1)) / math.sqrt(one.size) / abs(scale)
    return float(100 * student(one.size - 1) * error)


def _percentile(values: F64, kind: str, share: float) -> Mark:
    if not values.size:
        return Mark(kind, math.nan, math.nan, math.nan)
    ordered = np.sort(values)
    at = float(np.quantile(ordered, share))
    places = percentile_places(values.size, share)
    if places is None:
        return Mark(kind, at, math.nan, math.nan)
    low, high = places
    return Mark(kind, at, float(ordered[low]), float(ordered[high]))


def percentile_places(count: int, share: float) -> tuple[int, int] | None:
    """Return the places, from 0, of the two sorted values around a percentile; None if too few.

    Parameters
    ----------
    count
        Values in the sample.
    share
        Which percentile: 0.5 is the median.
    """
    from scipy.special import bdtr

    tail = (1 - LEVEL) / 2
    below = bdtr(np.arange(count + 1), count, share)  # chance that so many or fewer lie below
    low = int((below <= tail).sum())  # as many places are surely below
    high = int((below < 1 - tail).sum()) + 1
    return None if low < 1 or high > count else (low - 1, high - 1)
