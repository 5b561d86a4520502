"""The mean over settings and random worlds, where both are samples.

A value is a mean, plus what is particular to its setting, plus what is particular to its world,
plus the rest. All settings meet the same worlds, so that a world that is out of the common moves
them all: with few worlds the mean is not known well, however many settings there are. Analysis of
variance of the crossed table tells the parts apart (Searle, Casella and McCulloch, *Variance
Components*, 1992, chapter 4; recalled).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from experiments.outcomes import F64, FEWEST, NOISE, student


@dataclass(frozen=True)
class CrossedMean:
    """A mean with its standard error; NaN is what cannot be said."""

    mean: float
    error: float
    freedom: float
    """Degrees of freedom of the error, after Satterthwaite."""

    @classmethod
    def of(cls, table: F64) -> CrossedMean:
        """Estimate the mean of a table.

        Parameters
        ----------
        table
            Shape (S, R): settings and replications. A NaN is left out; a setting without a value
            is, too. With a single setting the worlds alone are a sample, with a single replication
            the settings alone.
        """
        table = table[np.isfinite(table).any(axis=1)]
        if not table.size:
            return cls(math.nan, math.nan, math.nan)
        rows = np.nanmean(table, axis=1)
        away = (table - rows[:, None])[:, np.isfinite(table).any(axis=0)]
        columns = np.nanmean(away, axis=0)
        parts = [
            (float(means.var(ddof=1)) / means.size, means.size - 1)
            for means in (rows, columns)
            if means.size >= FEWEST
        ]
        variance = sum(part for part, _ in parts)
        if not parts:
            return cls(float(rows.mean()), math.nan, math.nan)
        if len(parts) > 1:  # the rest is in both
            rest = float(np.nanmean((away - columns) ** 2))
            rest /= (rows.size - 1) * (columns.size - 1)
            variance = max(variance - rest, *(part for part, _ in parts))
        return cls(float(rows.mean()), math.sqrt(variance), _freedom(parts))

    def interval(self) -> tuple[float, float]:
        """Return the 95% interval."""
        if not math.isfinite(self.error):
            return math.nan, math.nan
        half = float(student(self.freedom)) * self.error
        return self.mean - half, self.mean + half

    def p_above(self, bound: float) -> float:
        """Return the one-sided p-value of being above a bound; 1 if it cannot be said."""
        if not math.isfinite(self.error):
            return 1.0
        from scipy.special import stdtr

        above = self.mean - bound
        if self.error <= NOISE * max(abs(above), abs(bound)):
            return 0.0 if above > 0 else 1.0
        return float(stdtr(self.freedom, -above / self.error))


def _freedom(parts: list[tuple[float, int]]) -> float:
    whole = sum(part for part, _ in parts)
    if whole == 0:
        return float(min(degrees for _, degrees in parts))
    return whole**2 / sum(part**2 / degrees for part, degrees in parts)
