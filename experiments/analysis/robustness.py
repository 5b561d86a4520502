"""Which policy does well whatever the future: criteria over sampled settings.

Each setting is a possible future; m(s, p) is the mean of an outcome over the replications of
policy p in setting s. Four criteria, each per policy:

``mean``
    The average of m over the settings, as if all were equally likely.
``worst``
    The worst m of any setting. Choosing the policy with the best is *maximin*.
``regret``
    In a setting, how much worse m is than that of the best policy there; the largest of these.
    Choosing the least is *minimax regret* (Savage 1951).
``satisficing``
    The share of settings in which m is at least as good as a threshold (Starr 1963).

Compare McPhail et al., "Robustness metrics: how are they calculated, when should they be used and
why do they give different results?", Earth's Future 6, 2018 (references recalled).

Uncertainty is by bootstrap, with two sources: few replications (always), and few settings (for
the mean and the share only: resampling cannot tell how bad a future not sampled may be, so worst
and regret speak of these settings alone). Replications are resampled once for all settings and
policies, because all share their random worlds. The largest of many noisy numbers is too large on
average; the interval is the basic bootstrap one, which takes that bias back (Davison and Hinkley,
*Bootstrap methods and their application*, 1997, section 5.2; recalled).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, get_args

import numpy as np

from experiments.analysis.resampling import counts
from experiments.outcomes import F64, FEWEST, I64, LEVEL, Better, student

Criterion = Literal["mean", "worst", "regret", "satisficing"]

CRITERIA: Final[tuple[Criterion, ...]] = get_args(Criterion)
DRAWS: Final = 1000
CHUNK: Final = 4_000_000
"""Most numbers of a resampled table kept at once."""


@dataclass(frozen=True)
class Score:
    """One policy by one criterion; NaN is what cannot be said."""

    criterion: Criterion
    policy: str
    estimate: float
    bias: float
    """What noise between replications adds to the estimate, itself estimated by resampling."""
    low: float
    high: float
    setting: int | None
    """Number of the setting that decides it; None where all do."""
    first: float
    """Share of the resamples in which it is best by this criterion; a tie is shared."""
    best: bool
    """Whether no other policy has a better estimate."""


@dataclass(frozen=True)
class Robustness:
    """How policies do over all settings in one outcome."""

    outcome: str
    better: Better
    threshold: float | None
    settings: int
    """Settings used: those in which every policy has a value."""
    left_out: int
    replications: int
    scores: tuple[Score, ...]

    def of(self, criterion: Criterion) -> tuple[Score, ...]:
        """Return the scores by one criterion, in the order of the policies."""
        return tuple(score for score in self.scores if score.criterion == criterion)

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content; what cannot be said is None."""
        return asdict(self) | {
            "scores": [
                {
                    key: None if isinstance(value, float) and not math.isfinite(value) else value
                    for key, value in asdict(score).items()
                }
                for score in self.scores
            ]
        }


def robustness(
    values: F64,
    policies: Sequence[str],
    outcome: str,
    better: Better,
    *,
    threshold: float | None = None,
    bounds: tuple[float, float] = (-math.inf, math.inf),
    seed: int = 1,
) -> Robustness:
    """Score every policy by every criterion.

    Parameters
    ----------
    values
        Shape (S, P, R): settings, policies, replications. Times are restricted
        (`Results.restricted`). A NaN is left out of its mean; a setting in which a policy has no
        value at all is left out for all policies.
    better
        Which way is better.
    threshold
        A mean as good as this is good enough; without one, nothing is said of satisficing.
    bounds
        Least and largest value that the outcome can have; intervals end there.
    seed
        Of the resamples.
    """
    gains = values if better == "higher" else -values
    known = np.isfinite(gains)
    usable = np.flatnonzero(np.all(known.any(axis=2), axis=1))
    least = math.nan if threshold is None else threshold if better == "higher" else -threshold
    scores: list[Score] = []
    if usable.size:
        table = _Table.of(gains[usable], least)
        drawn = _resampled(table, seed)
        for criterion in CRITERIA:
            if criterion != "satisficing" or threshold is not None:
                scores += _scores(table, criterion, drawn[criterion], policies)
    return Robustness(
        outcome=outcome,
        better=better,
        threshold=threshold,
        settings=int(usable.size),
        left_out=int(values.shape[0] - usable.size),
        replications=int(values.shape[2]),
        scores=tuple(_signed(score, better, usable, bounds) for score in scores),
    )


@dataclass(frozen=True, eq=False)
class _Table:
    """Gains, of which more is better: their means, and how single worlds are away from them."""

    means: F64
    """Shape (S, P)."""
    away: F64
    """Shape (S, P, R); 0 where there is no value."""
    known: I64
    """Shape (S, P): how many replications have a value."""
    least: float
    """Gain that is good enough."""

    @classmethod
    def of(cls, gains: F64, least: float) -> _Table:
        known = np.isfinite(gains)
        held = known.sum(axis=2)
        means = np.where(known, gains, 0.0).sum(axis=2) / held
        away = np.where(known, gains - means[:, :, None], 0.0)
        return cls(means, away, held, least)

    def criterion(self, means: F64, criterion: Criterion, shares: F64 | None = None) -> F64:
        """Return a criterion of each policy.

        Parameters
        ----------
        means
            Shape (..., S, P).
        shares
            Shape (..., S): weights of the settings that add up to one; equal if None.
        """
        found: F64
        if criterion == "worst":
            found = means.min(axis=-2)
        elif criterion == "regret":
            found = regrets(means).max(axis=-2)
        else:
            table = means if criterion == "mean" else (means >= self.least).astype(np.float64)
            weights = np.full(table.shape[-2], 1 / table.shape[-2]) if shares is None else shares
            found = np.einsum("...s,...sp->...p", weights, table)
        return found

    def deciding(self, criterion: Criterion) -> I64 | None:
        """Return the setting that decides the criterion of each policy; None where all do."""
        if criterion not in {"worst", "regret"}:
            return None
        losses = -self.means if criterion == "worst" else regrets(self.means)
        found: I64 = losses.argmax(axis=0)
        return found


def regrets(gains: F64) -> F64:
    """Return how much each policy is worse than the best in each setting; shape (..., S, P)."""
    losses: F64 = gains.max(axis=-1, keepdims=True) - gains
    return losses


def _resampled(table: _Table, seed: int) -> dict[Criterion, F64]:
    """Return every criterion in every resample, shape (B, P); B = 0 for a single replication."""
    from scipy.special import ndtri

    settings, policies, replications = table.away.shape
    if replications < FEWEST:
        return dict.fromkeys(CRITERIA, np.empty((0, policies)))
    # Resampled means spread too little: by (R - 1) / R, and as if no spread was estimated.
    stretch = math.sqrt(replications / (replications - 1))
    stretch *= float(student(replications - 1) / ndtri((1 + LEVEL) / 2))
    weights = stretch * (counts(seed, "replications", DRAWS, replications) - 1)
    shares = counts(seed, "settings", DRAWS, settings) / settings
    at_once = max(1, CHUNK // (settings * policies))
    parts: dict[Criterion, list[F64]] = {criterion: [] for criterion in CRITERIA}
    for start in range(0, DRAWS, at_once):
        some = slice(start, start + at_once)
        shifts = np.tensordot(weights[some], table.away, axes=(1, 2)) / table.known
        means = table.means + shifts
        for criterion in CRITERIA:
            parts[criterion].append(table.criterion(means, criterion, shares[some]))
    return {criterion: np.concatenate(part) for criterion, part in parts.items()}


def _scores(
    table: _Table, criterion: Criterion, drawn: F64, policies: Sequence[str]
) -> list[Score]:
    """Score all policies by a criterion, as gains (regret: as losses)."""
    found = table.criterion(table.means, criterion)
    deciding = table.deciding(criterion)
    sign = -1 if criterion == "regret" else 1
    low, high, bias = _interval(found, drawn)
    first = _firsts(sign * drawn)
    return [
        Score(
            criterion=criterion,
            policy=policy,
            estimate=float(found[place]),
            bias=float(bias[place]),
            low=float(low[place]),
            high=float(high[place]),
            setting=None if deciding is None else int(deciding[place]),
            first=float(first[place]),
            best=bool(sign * found[place] == (sign * found).max()),
        )
        for place, policy in enumerate(policies)
    ]


def _interval(found: F64, drawn: F64) -> tuple[F64, F64, F64]:
    """Return the basic bootstrap interval and the bias; NaN without resamples."""
    if not len(drawn):
        unknown = np.full_like(found, np.nan)
        return unknown, unknown, unknown
    ends = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return 2 * found - ends[1], 2 * found - ends[0], drawn.mean(axis=0) - found


def _firsts(gains: F64) -> F64:
    """Return the share of resamples in which each policy is best; ties are shared."""
    if not len(gains):
        return np.full(gains.shape[1], np.nan)
    best = gains == gains.max(axis=1, keepdims=True)
    shares: F64 = np.mean(best / best.sum(axis=1, keepdims=True), axis=0)
    return shares


def _signed(score: Score, better: Better, numbers: I64, bounds: tuple[float, float]) -> Score:
    """Write a score in the outcome's own direction, within what is possible, by setting number."""
    setting = None if score.setting is None else int(numbers[score.setting])
    if score.criterion == "regret":
        return replace(score, setting=setting, low=max(score.low, 0.0), high=max(score.high, 0.0))
    if score.criterion == "satisficing":
        low, high = (min(max(end, 0.0), 1.0) for end in (score.low, score.high))
        return replace(score, setting=setting, low=low, high=high)
    low, high, estimate, bias = score.low, score.high, score.estimate, score.bias
    if better == "lower":
        low, high, estimate, bias = -high, -low, -estimate, -bias
    least, most = bounds
    return replace(
        score,
        setting=setting,
        estimate=estimate,
        bias=bias,
        low=min(max(low, least), most) if math.isfinite(low) else low,
        high=min(max(high, least), most) if math.isfinite(high) else high,
    )
