"""Paired differences in every setting of an experiment.

As in `paired`, without tests: with hundreds of settings the question is where and how much, not
whether. Each row has the mean difference (policy minus baseline) over the random
worlds of one setting, with Student's 95% interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from experiments.outcomes.paired import FEWEST, student
from experiments.outcomes.values import F64, I64, Futures

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Differences:
    """One outcome in S settings under P policies; everything of shape (S, P).

    The row of the baseline itself is 0. NaN is what cannot be said: the mean without a pair, the
    limits with fewer than two.
    """

    pairs: I64
    mean: F64
    difference: F64
    low: F64
    high: F64


def differences_of(futures: Futures, outcome: str) -> Differences:
    """Return the paired differences of one outcome; times are restricted to the horizon."""
    usable = restricted(futures, outcome)
    base = usable[:, [futures.policies.index(futures.baseline)]]
    both = np.isfinite(usable) & np.isfinite(base)
    pairs = both.sum(axis=2)
    found = np.where(both, usable - base, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = found.sum(axis=2) / pairs
        mean = np.where(both, usable, 0.0).sum(axis=2) / pairs
        squares = np.where(both, (found - difference[..., None]) ** 2, 0.0).sum(axis=2)
        half = _quantile(pairs) * np.sqrt(squares / (pairs - 1) / pairs)
    return Differences(pairs, mean, difference, difference - half, difference + half)


def restricted(futures: Futures, outcome: str) -> F64:
    """Return the values of an outcome that can be averaged, shape (S, P, R)."""
    [declared] = [one for one in futures.outcomes if one.name == outcome]
    settings = range(len(futures.table))
    return np.stack([futures.setting(number).restricted(declared) for number in settings])


def _quantile(pairs: I64) -> F64:
    """Return Student's quantile for each number of pairs, NaN for fewer than two."""
    return np.where(pairs >= FEWEST, student(np.maximum(pairs, FEWEST) - 1), np.nan)


def differences(futures: Futures) -> pd.DataFrame:
    """Return a row for each setting, policy but the baseline, and outcome."""
    import pandas as pd

    base = futures.policies.index(futures.baseline)
    others = [point for point in range(len(futures.policies)) if point != base]
    settings = len(futures.table)
    frames = []
    for outcome in (one for one in futures.outcomes if not one.state):
        found = differences_of(futures, outcome.name)
        count = settings * len(others)
        columns = {
            "setting": np.repeat(np.arange(settings), len(others)),
            "policy": np.tile(np.array(futures.policies, object)[others], settings),
            "baseline": [futures.baseline] * count,
            "outcome": [outcome.name] * count,
            "pairs": found.pairs[:, others].ravel(),
            "mean": found.mean[:, others].ravel(),
            "mean_baseline": np.repeat(found.mean[:, base], len(others)),
            "difference": found.difference[:, others].ravel(),
            "low": found.low[:, others].ravel(),
            "high": found.high[:, others].ravel(),
        }
        frames.append(pd.DataFrame(columns))
    table = pd.concat(frames, ignore_index=True)
    return table.sort_values(["setting", "policy", "outcome"], kind="stable", ignore_index=True)
