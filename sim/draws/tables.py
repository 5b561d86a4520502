"""Inverse-CDF tables: distributions compiled to whole numbers.

`scipy.special` has what is needed; importing `scipy.stats` would take half of a command's start.

A table has `QUANTILES` integer entries; entry ``i`` is the rounded quantile at the midpoint
``(i + 0.5) / QUANTILES``. Looking a word up is exact on every machine.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sim.draws.streams import QUANTILES

Table = NDArray[np.int32]

LARGEST: Final = 2**31 - 1
Z95: Final = 1.6448536269514722


def midpoints() -> NDArray[np.float64]:
    """Probabilities at which a table holds its quantiles, shape (QUANTILES,)."""
    return (np.arange(QUANTILES) + 0.5) / QUANTILES


def from_quantiles(values: NDArray[np.float64]) -> Table:
    """Round quantiles to whole numbers in 0..2**31-1.

    Raises
    ------
    ValueError
        If a value is not finite, negative, or too large.
    """
    if not np.all(np.isfinite(values)) or values.min() < 0 or values.max() > LARGEST:
        msg = "quantiles must be finite and within 0..2**31-1"
        raise ValueError(msg)
    return np.floor(values + 0.5).astype(np.int32)


def constant(value: float) -> Table:
    """Return a table that always gives `value`, rounded."""
    return from_quantiles(np.full(QUANTILES, value))


def exponential(mean: float) -> Table:
    """Exponential distribution of the given mean."""
    return from_quantiles(-mean * np.log1p(-midpoints()))


def geometric(mean: float) -> Table:
    """Whole ticks 1, 2, ... until an event of chance ``1 / mean`` a tick; `mean` at least 1.

    Raises
    ------
    ValueError
        If `mean` is less.
    """
    if not mean >= 1:
        msg = f"quantiles must be of a mean of at least one tick; got {mean}"
        raise ValueError(msg)
    if mean == 1:
        return constant(1)
    shares, none_yet = midpoints(), np.log1p(-1.0 / mean)
    ticks = np.ceil(np.log1p(-shares) / none_yet)
    reached_before = -np.expm1(none_yet * (ticks - 1)) >= shares  # where the quotient rounded up
    return from_quantiles(ticks - reached_before)


def poisson(mean: float) -> Table:
    """Poisson counts of the given mean (0 or above)."""
    if mean == 0:
        return constant(0)
    most = math.ceil(special.pdtrik(1 - 0.25 / QUANTILES, mean)) + 1
    below = special.pdtr(np.arange(most + 1), mean)
    return np.searchsorted(below, midpoints()).astype(np.int32)


@lru_cache(maxsize=512)
def lognormal(median: float, p95: float) -> Table:
    """Lognormal distribution given by its median and 95th percentile (``0 < median <= p95``).

    The table is kept for whoever asks next, and cannot be written to.
    """
    if not 0 < median <= p95:
        msg = f"a lognormal needs 0 < median <= p95; got median {median}, p95 {p95}"
        raise ValueError(msg)
    sigma = np.log(p95 / median) / Z95
    with np.errstate(over="ignore"):  # what is beyond all numbers is refused as too large
        values = median * np.exp(sigma * _normal())
    table = from_quantiles(values)
    table.flags.writeable = False
    return table


@cache
def _normal() -> NDArray[np.float64]:
    """Quantiles of the standard normal distribution at `midpoints`, which every lognormal needs."""
    quantiles: NDArray[np.float64] = special.ndtri(midpoints())
    quantiles.flags.writeable = False
    return quantiles


def piecewise(probabilities: list[float], values: list[float]) -> Table:
    """Published quantiles joined by straight lines; probabilities from 0 to 1, both rising."""
    return from_quantiles(np.interp(midpoints(), probabilities, values))


class TableStore:
    """Collects tables, gives equal tables one number, and stacks them."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._tables: list[Table] = []

    def add(self, table: Table) -> int:
        """Return the number of `table`, adding it if it is new."""
        key = table.tobytes()
        if key not in self._numbers:
            self._numbers[key] = len(self._tables)
            self._tables.append(table)
        return self._numbers[key]

    def stack(self) -> NDArray[np.int32]:
        """Return all tables, shape (number, QUANTILES)."""
        if not self._tables:
            return np.zeros((1, QUANTILES), dtype=np.int32)
        return np.stack(self._tables)
