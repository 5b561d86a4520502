"""Paired statistics of a comparison.

All policies meet the same random worlds, so replication r under a policy is compared with
replication r under the baseline, and with nothing else.

Numbers and shares
    The estimate is the mean of the paired differences (policy minus baseline), with Student's 95%
    interval for a mean. A pair in which either value is undefined (NaN) is left out; ``pairs``
    says how many remained.
Times
    A time that was not reached is censored, not dropped. Every lane ends at the same horizon, so
    min(time, horizon) is known in every lane and its mean is the *restricted mean time* up to the
    horizon: the difference of two restricted means needs no assumption about what comes later. It
    is the area between the two curves of the share not yet reached. ``reached`` is the share that
    got there, with Wilson's interval. In ranks, two censored times are a tie.
Effect size
    ``effect_size`` is the mean difference over the standard deviation of the differences (Cohen's
    d_z). ``probability_better`` is the share of worlds in which the policy is better than the
    baseline, ties counting half.
Tests
    Wilcoxon's signed-rank test with Pratt's treatment of zeros (censored pairs are zeros, and
    dropping them would overstate the evidence); exact for up to 50 pairs. ``p_adjusted`` is Holm's
    adjustment over a *family* of tests: all policies in the outcomes that are asked about together.
    The chance of even one false finding in a family stays below the level. It holds under any
    dependence, and the outcomes of a lane depend on each other. An outcome that is not asked about
    is a family of its own, as if it were asked about alone. Outcomes that a scenario declares as
    not tested (27 maps of one thing, say) have no p-value and do not count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np

from experiments.outcomes.values import F64, I64, Better, Group, Mask, Outcome, Results, plain

LEVEL: Final = 0.95
FEWEST: Final = 2
"""Fewest values that have a spread."""
MOST_EXACT: Final = 50
"""Pairs up to which p-values are exact."""
NOISE: Final = 1e-12
"""Spread of the differences, relative to the values, below which they count as all equal."""


Family = Literal["asked", "alone"]


@dataclass(frozen=True)
class Comparison:
    """One outcome under one policy against the baseline; NaN is what cannot be said."""

    outcome: str
    label: str
    unit: str
    better: Better
    group: Group
    policy: str
    baseline: str
    pairs: int
    mean: float
    mean_baseline: float
    difference: float
    low: float
    high: float
    effect_size: float
    probability_better: float
    p: float
    p_adjusted: float
    family: Family = "asked"
    """What `p_adjusted` is adjusted for: all outcomes asked about, or this one alone."""
    tests: int = 0
    """Tests in the family."""
    reached: float = math.nan
    reached_baseline: float = math.nan
    reached_low: float = math.nan
    reached_high: float = math.nan

    @property
    def is_better(self) -> bool:
        """Whether the difference is the way that is better; of none it cannot be said."""
        return (self.difference > 0) == (self.better == "higher")

    def document(self) -> dict[str, Any]:
        """Return the row as plain JSON content; NaN becomes None."""
        return plain(self)

    def brief(self) -> dict[str, Any]:
        """Return what came out as plain JSON content, without who is compared with whom."""
        keys = (
            "outcome", "unit", "better", "pairs", "mean", "mean_baseline", "difference", "low",
            "high", "effect_size", "p", "p_adjusted",
        )  # fmt: skip
        row = self.document()
        return {key: row[key] for key in keys}


def one_family(rows: Sequence[Comparison]) -> list[Comparison]:
    """Return rows with p-values adjusted for all of them together, in their order."""
    adjusted = holm([row.p for row in rows])
    tests = sum(not math.isnan(p) for p in adjusted)
    return [replace(row, p_adjusted=p, tests=tests) for row, p in zip(rows, adjusted, strict=True)]


def compare_policies(results: Results, asked: Sequence[Outcome] | None = None) -> list[Comparison]:
    """Compare each policy with the baseline, outcome by outcome, over the finished pairs.

    What is of one state is left out, unless it is asked about; `by_state` has all states.

    Parameters
    ----------
    asked
        Outcomes that are asked about together; the headlines if left out.
    """
    names = {outcome.name for outcome in (results.headlines() if asked is None else asked)}
    base = results.policies.index(results.baseline)
    rows = []
    for outcome in results.outcomes:
        if outcome.state and outcome.name not in names:
            continue
        usable = results.restricted(outcome)
        for point, policy in enumerate(results.policies):
            if point == base:
                continue
            row = _compare(outcome, usable[point], usable[base])
            row = replace(row, policy=policy, baseline=results.baseline)
            if outcome.time:
                pairs = results.done[point] & results.done[base]
                values = results.values[outcome.name]
                row = _with_reached(row, values[point][pairs], values[base][pairs])
            rows.append(row)
    families: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        families.setdefault("" if row.outcome in names else row.outcome, []).append(place)
    for name, places in families.items():
        adjusted = holm([rows[place].p for place in places])
        tests = sum(not math.isnan(p) for p in adjusted)
        for place, p in zip(places, adjusted, strict=True):
            family: Family = "alone" if name else "asked"
            rows[place] = replace(rows[place], p_adjusted=p, family=family, tests=tests)
    return rows


def _compare(outcome: Outcome, policy: F64, baseline: F64) -> Comparison:
    x, b = in_both(policy, baseline)
    differences = x - b
    low, high = mean_interval(differences)
    return Comparison(
        outcome=outcome.name,
        label=outcome.label,
        unit=outcome.unit,
        better=outcome.better,
        group=outcome.group,
        policy="",
        baseline="",
        pairs=x.size,
        mean=mean_of(x),
        mean_baseline=mean_of(b),
        difference=mean_of(differences),
        low=low,
        high=high,
        effect_size=standardised(differences, scale=max(_size(x), _size(b))),
        probability_better=probability_better(differences, outcome.better),
        p=signed_rank(differences) if outcome.tested else math.nan,
        p_adjusted=math.nan,
    )


def _with_reached(row: Comparison, policy: F64, baseline: F64) -> Comparison:
    low, high = share_interval(int(np.isfinite(policy).sum()), policy.size)
    return replace(
        row,
        reached=mean_of(np.isfinite(policy).astype(np.float64)),
        reached_baseline=mean_of(np.isfinite(baseline).astype(np.float64)),
        reached_low=low,
        reached_high=high,
    )


def mean_interval(values: F64) -> tuple[float, float]:
    """Return Student's interval for the mean of `values`, NaN for fewer than two of them."""
    if values.size < FEWEST:
        return math.nan, math.nan
    mean = float(values.mean())
    half = float(student(values.size - 1) * values.std(ddof=1))
    half /= math.sqrt(values.size)
    return mean - half, mean + half


def student(freedom: I64 | float) -> F64:
    """Return how many standard errors Student's interval reaches to either side of a mean.

    That is `scipy.stats.t.ppf`, but importing `scipy.stats` takes as long as a small comparison.
    """
    from scipy.special import stdtrit

    return np.asarray(stdtrit(freedom, (1 + LEVEL) / 2), np.float64)


def share_interval(count: int, of: int) -> tuple[float, float]:
    """Return Wilson's interval for a share, NaN for a share of nothing."""
    if of == 0:
        return math.nan, math.nan
    from scipy.special import ndtri

    share, z = count / of, ndtri((1 + LEVEL) / 2)
    width = 2 * (of + z**2)
    middle = (2 * of * share + z**2) / width
    half = z / width * math.sqrt(4 * of * share * (1 - share) + z**2)
    return 0.0 if count == 0 else float(middle - half), 1.0 if count == of else float(middle + half)


def standardised(differences: F64, scale: float = 1.0) -> float:
    """Return the mean difference over the standard deviation of the differences.

    0 if all differences are 0; NaN if they are all equal otherwise, or fewer than two. `scale` is
    the size of the values that were subtracted, against which rounding is judged.
    """
    if differences.size < FEWEST:
        return math.nan
    if not differences.any():
        return 0.0
    spread = float(differences.std(ddof=1))
    return float(differences.mean()) / spread if spread > NOISE * scale else math.nan


def probability_better(differences: F64, better: Better) -> float:
    """Return the share of worlds in which the policy is better; a tie counts half."""
    gains = differences if better == "higher" else -differences
    return mean_of((gains > 0) + 0.5 * (gains == 0))


def signed_rank(differences: F64) -> float:
    """Return the two-sided p-value of Wilcoxon's signed-rank test with Pratt's zeros.

    Exact for up to `MOST_EXACT` differences, with any ties; by the normal approximation for more.
    1 if all differences are zero; NaN if there are none.
    """
    if differences.size == 0:
        return math.nan
    if not differences.any():
        return 1.0
    if differences.size <= MOST_EXACT:
        return _exact_signed_rank(differences)
    return _signed_rank_of_many(differences)


def _signed_rank_of_many(differences: F64) -> float:
    """Return the p-value by the normal approximation, with Cureton's variance for zeros and ties.

    That of `scipy.stats.wilcoxon`, whose import takes as long as a small comparison.
    """
    from scipy.special import ndtr

    ranks, equal = _doubled_ranks(differences)
    count, zeros = differences.size, int((differences == 0).sum())
    ties = equal[1:] if zeros else equal
    expected = (count * (count + 1) - zeros * (zeros + 1)) / 4
    variance = sum(sign * n * (n + 1) * (2 * n + 1) for sign, n in ((1, count), (-1, zeros)))
    variance = (variance - (ties**3 - ties).sum() / 2) / 24
    away = ranks[differences > 0].sum() / 2 - expected
    return float(2 * ndtr(-abs(away / math.sqrt(variance))))


def _doubled_ranks(differences: F64) -> tuple[I64, I64]:
    """Return the ranks of sizes, doubled as ties have halves, and how many are of each size."""
    _, place, equal = np.unique(np.abs(differences), return_inverse=True, return_counts=True)
    ranks: I64 = 2 * np.cumsum(equal) - equal + 1
    return ranks[place], equal


def _exact_signed_rank(differences: F64) -> float:
    """Count, over all assignments of signs to the ranks, the sums as extreme as the one found.

    SciPy is exact without ties only; with ties it goes through all assignments one by one.
    """
    ranks, _ = _doubled_ranks(differences)
    found = int(ranks[differences > 0].sum())
    ranks = ranks[differences != 0]
    ways = np.zeros(ranks.sum() + 1)  # ways[s]: assignments whose positive ranks add up to s
    ways[0] = 1
    for rank in ranks:
        ways[rank:] = ways[rank:] + ways[:-rank]
    fewest = min(ways[: found + 1].sum(), ways[found:].sum())
    return float(min(1.0, 2 * fewest / ways.sum()))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted by Holm's step-down; NaN stays NaN and is not counted."""
    known = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    adjusted = [math.nan] * len(p_values)
    most = 0.0
    for rank, (p, place) in enumerate(known):
        most = max(most, min(1.0, p * (len(known) - rank)))
        adjusted[place] = most
    return adjusted


def fewest_pairs(tests: int, level: float) -> int:
    """Return the pairs from which one of so many adjusted exact p-values can be below `level`.

    The least exact p-value of n pairs is 2 / 2**n, and Holm multiplies the least by `tests`.
    """
    pairs = 1
    while tests * 2.0 ** (1 - pairs) >= level:
        pairs += 1
    return pairs


def in_both(one: F64, other: F64) -> tuple[F64, F64]:
    """Return the values of the worlds in which both have one, shape (n,) each."""
    both = np.isfinite(one) & np.isfinite(other)
    return one[both], other[both]


def unlike(one: F64, other: F64) -> Mask:
    """Return where values are not the same; NaN is NaN."""
    same: Mask = (one == other) | (np.isnan(one) & np.isnan(other))
    return ~same


def mean_of(values: F64) -> float:
    """Return the mean; NaN of nothing."""
    return float(values.mean()) if values.size else math.nan


def _size(values: F64) -> float:
    return float(np.abs(values).max(initial=0.0))
