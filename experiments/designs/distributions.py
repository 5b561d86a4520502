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

_Z95: Final = 1.6448536269514722
"""Standard normal quantile of 0.95."""


class Distribution(Protocol):
    """How likely the values of a parameter are."""

    def quantile(self, chance: F64) -> F64:
        """Return the values that are not exceeded with these chances, of the same shape."""


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


@dataclass(frozen=True)
class Levels:
    """Some values, each with the same chance, in the order given."""

    values: tuple[float, ...]

    def quantile(self, chance: F64) -> F64:
        """Return the values at these shares of the list."""
        place = np.floor(chance * len(self.values)).astype(np.int64)
        return np.array(self.values, np.float64)[np.minimum(place, len(self.values) - 1)]


@dataclass(frozen=True)
class Rounded:
    """Another distribution, rounded to whole numbers."""

    inner: Distribution

    def quantile(self, chance: F64) -> F64:
        """Return the values that are not exceeded with these chances."""
        return np.rint(self.inner.quantile(chance))
