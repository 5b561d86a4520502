"""Distributions of parameters, as quantile functions.

A sampler gives numbers in [0, 1]; a distribution makes of each the value of a parameter. Every one
is bounded, so that both ends can be tried when a file is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from experiments.outcomes import F64

TAIL: Final = 0.001
"""Chance that is cut off at either end of a lognormal distribution."""

_LEAST: Final = 1e-300
"""In the place of zero, where it is divided by or a logarithm is taken."""

_Z95: Final = 1.6448536269514722
"""Standard normal quantile of 0.95."""


class Distribution(Protocol):
    """How likely the values of a parameter are."""

    def quantile(self, chance: F64) -> F64:
        """Return the values that are not exceeded with these chances, of the same shape."""

    def place(self, values: F64) -> F64:
        """Return where values lie, by their chances, from 0 (the least) to 1 (the largest)."""


@dataclass(frozen=True)
class Uniform:
    """Evenly from low to high, both included; or evenly on a logarithmic scale."""

    low: float
    high: float
    log: bool = False

    def quantile(self, chance: F64) -> F64:
        """Return the values that are not exceeded with these chances."""
        if self.log:
            values: F64 = self.low * (self.high / self.low) ** chance
        else:
            values = self.low + (self.high - self.low) * chance
        inside: F64 = np.clip(values, self.low, self.high)
        return inside

    def place(self, values: F64) -> F64:
        """Return where values lie, from 0 to 1."""
        inside = np.clip(values, self.low, self.high)
        if self.log:
            found: F64 = np.log(inside / self.low) / np.log(self.high / self.low)
        else:
            found = (inside - self.low) / (self.high - self.low)
        return found


@dataclass(frozen=True)
class WholeUniform:
    """Every whole number from low to high with the same chance."""

    low: int
    high: int

    def quantile(self, chance: F64) -> F64:
        """Return the values that are not exceeded with these chances."""
        number = np.floor(chance * (self.high - self.low + 1))
        inside: F64 = np.minimum(self.low + number, self.high)
        return inside

    def place(self, values: F64) -> F64:
        """Return where values lie, from 0 to 1."""
        return (values - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Triangular:
    """From low to high, most likely at the mode."""

    low: float
    mode: float
    high: float

    def quantile(self, chance: F64) -> F64:
        """Return the values that are not exceeded with these chances."""
        span = self.high - self.low
        rising = self.low + np.sqrt(chance * span * (self.mode - self.low))
        falling = self.high - np.sqrt((1 - chance) * span * (self.high - self.mode))
        return np.where(chance * span < self.mode - self.low, rising, falling)

    def place(self, values: F64) -> F64:
        """Return where values lie, from 0 to 1."""
        span = self.high - self.low
        inside = np.clip(values, self.low, self.high)
        rising = (inside - self.low) ** 2 / (span * max(self.mode - self.low, _LEAST))
        falling = 1 - (self.high - inside) ** 2 / (span * max(self.high - self.mode, _LEAST))
        return np.where(inside < self.mode, rising, falling)


@dataclass(frozen=True)
class Lognormal:
    """By median and 95th percentile, without the outermost `TAIL` at either end."""

    median: float
    p95: float

    def quantile(self, chance: F64) -> F64:
        """Return the values that are not exceeded with these chances."""
        from scipy.special import ndtri

        inner = TAIL + (1 - 2 * TAIL) * chance
        values: F64 = self.median * (self.p95 / self.median) ** (ndtri(inner) / _Z95)
        return values

    def place(self, values: F64) -> F64:
        """Return where values lie, from 0 to 1."""
        from scipy.special import ndtr

        inside = np.maximum(values, _LEAST)
        inner = ndtr(np.log(inside / self.median) / np.log(self.p95 / self.median) * _Z95)
        found: F64 = np.clip((inner - TAIL) / (1 - 2 * TAIL), 0, 1)
        return found


@dataclass(frozen=True)
class Levels:
    """Some values, each with the same chance, in the order given."""

    values: tuple[float, ...]

    def quantile(self, chance: F64) -> F64:
        """Return the values at these shares of the list."""
        place = np.floor(chance * len(self.values)).astype(np.int64)
        return np.array(self.values, np.float64)[np.minimum(place, len(self.values) - 1)]

    def place(self, values: F64) -> F64:
        """Return where values lie, from 0 to 1: those of the list are evenly apart."""
        return np.searchsorted(np.sort(self.values), values) / (len(self.values) - 1)


@dataclass(frozen=True)
class Rounded:
    """Another distribution, rounded to whole numbers."""

    inner: Distribution

    def quantile(self, chance: F64) -> F64:
        """Return the values that are not exceeded with these chances."""
        return np.rint(self.inner.quantile(chance))

    def place(self, values: F64) -> F64:
        """Return where values lie, from 0 to 1: at the middle of the chances of each."""
        ends = self.quantile(np.array([0.0, 1.0]))
        halves = np.array([[-0.5], [0.5]])
        both = self.inner.place(np.append(values, ends) + halves).mean(axis=0)
        low, high = both[-2:]
        found: F64 = (both[:-2] - low) / (high - low)
        return found
