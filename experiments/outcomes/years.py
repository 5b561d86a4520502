"""Outcomes by year: means of each policy, and pairs of policies whose order turns.

Every pair of policies is compared in every year of each outcome asked about that is told by year:
the mean of the paired differences with Student's interval, and Wilcoxon's signed-rank test,
adjusted by Holm over all of these tests. A pair is *surely* in an order in a year if the interval
leaves zero out and the adjusted p is below `SURE`. Its order *turns* if it surely is one way round
in one year and the other way in another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from experiments.outcomes.paired import holm, in_both, mean_interval, mean_of, signed_rank
from experiments.outcomes.values import Outcome, Results, plain

SURE: Final = 0.05


@dataclass(frozen=True)
class YearMean:
    """What an outcome came to under a policy in a year; NaN is what cannot be said."""

    outcome: str
    label: str
    unit: str
    year: str
    policy: str
    worlds: int
    mean: float
    low: float
    high: float

    def document(self) -> dict[str, Any]:
        """Return the row as plain JSON content; NaN becomes None."""
        return plain(self)


@dataclass(frozen=True)
class Turn:
    """Two policies that surely are one way round in a year, and surely the other in another.

    Differences are `policy` minus `other` in the same worlds.
    """

    outcome: str
    label: str
    unit: str
    policy: str
    other: str
    better_in: str
    """Year in which `policy` is better."""
    difference: float
    low: float
    high: float
    p_adjusted: float
    worse_in: str
    worse_difference: float
    worse_low: float
    worse_high: float
    worse_p_adjusted: float
    tests: int
    """Tests for which both were adjusted."""

    def document(self) -> dict[str, Any]:
        """Return the row as plain JSON content; NaN becomes None."""
        return plain(self)


@dataclass(frozen=True)
class _Pair:
    """Two policies in one year of one outcome."""

    outcome: Outcome
    year: str
    policy: str
    other: str
    difference: float
    low: float
    high: float
    p: float

    @property
    def gain(self) -> float:
        """By how much the first is better; below 0 the other is."""
        return self.difference if self.outcome.better == "higher" else -self.difference


def years_of(results: Results, outcome: Outcome) -> tuple[Outcome, ...]:
    """Return what is recorded of an outcome by year, in order of years."""
    return tuple(
        one for one in results.outcomes if one.year is not None and one.total == outcome.name
    )


def year_means(results: Results) -> list[YearMean]:
    """Return the means of all that is told by year, by outcome, year and policy."""
    found = []
    for outcome in results.outcomes:
        for part in years_of(results, outcome):
            values = results.restricted(part)
            for point, policy in enumerate(results.policies):
                known = values[point][np.isfinite(values[point])]
                told = (outcome.name, outcome.label, outcome.unit, part.year or "", policy)
                found.append(YearMean(*told, known.size, mean_of(known), *mean_interval(known)))
    return found


def turns(results: Results, asked: Sequence[Outcome]) -> list[Turn]:
    """Return the pairs of policies whose order turns from a year to another.

    Of the years in which a pair is one way round the clearest is told: the one in which the
    difference is greatest, against the width of its interval.

    Parameters
    ----------
    asked
        Outcomes that are asked about together; those that are not told by year do not count.
    """
    pairs = [pair for outcome in asked for pair in _pairs(results, outcome)]
    adjusted = holm([pair.p for pair in pairs])
    tests = sum(not math.isnan(p) for p in adjusted)
    sure: dict[tuple[str, str, str], list[tuple[_Pair, float]]] = {}
    for pair, p in zip(pairs, adjusted, strict=True):
        key = pair.outcome.name, pair.policy, pair.other
        sure.setdefault(key, [])
        if p < SURE and (pair.low > 0 or pair.high < 0):
            sure[key].append((pair, p))
    return [turn for found in sure.values() if (turn := _turn(found, tests)) is not None]


def _pairs(results: Results, outcome: Outcome) -> Iterator[_Pair]:
    """Give every pair of policies in every year of an outcome."""
    for part in years_of(results, outcome):
        values = results.restricted(part)
        for one, other in combinations(range(len(results.policies)), 2):
            first, second = in_both(values[one], values[other])
            differences = first - second
            low, high = mean_interval(differences)
            yield _Pair(
                outcome,
                part.year or "",
                *(results.policies[one], results.policies[other]),
                mean_of(differences),
                *(low, high, signed_rank(differences)),
            )


def _turn(found: Sequence[tuple[_Pair, float]], tests: int) -> Turn | None:
    """Return how a pair turns, from the years in which its order is sure; None if it does not."""
    better = [row for row in found if row[0].gain > 0]
    worse = [row for row in found if row[0].gain < 0]
    if not better or not worse:
        return None
    (best, p), (worst, worse_p) = max(better, key=_clear), max(worse, key=_clear)
    return Turn(
        *(best.outcome.name, best.outcome.label, best.outcome.unit, best.policy, best.other),
        *(best.year, best.difference, best.low, best.high, p),
        *(worst.year, worst.difference, worst.low, worst.high, worse_p),
        tests,
    )


def _clear(row: tuple[_Pair, float]) -> float:
    """Say how clear a difference is: its size, against the width of its interval."""
    pair, _ = row
    width = pair.high - pair.low
    return abs(pair.difference) / width if width > 0 else math.inf
