"""Boxes of conditions: how they are described, chosen, simplified and checked.

Coverage
    Share of all cases of interest that are in the box.
Density
    Share of the settings in the box that are of interest.
Mass
    Share of all settings that are in the box.
Quasi-p-value
    Of one limit: the one-sided binomial probability of as many cases of interest in the box, if
    the density were that of the box without this limit (Bryant and Lempert, "Thinking inside the
    box", Technological Forecasting and Social Change 77, 2010). *Quasi*, because limit and p-value
    come from the same settings: on noise it is small too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.analysis.workbench import Limits
from experiments.outcomes import F64, I64, Mask

SIGNIFICANT: Final = 0.05


@dataclass(frozen=True)
class Tally:
    """Numbers of settings, and of cases of interest, in a box and in all."""

    inside: int
    hits: int
    of: int
    hits_of: int

    @classmethod
    def of_box(cls, inside: Mask, of_interest: Mask) -> Tally:
        """Count."""
        return cls(
            int(inside.sum()),
            int((inside & of_interest).sum()),
            int(inside.size),
            int(of_interest.sum()),
        )

    @property
    def coverage(self) -> float:
        """Share of the cases of interest that are inside."""
        return self.hits / self.hits_of if self.hits_of else 0.0

    @property
    def density(self) -> float:
        """Share of what is inside that is of interest."""
        return self.hits / self.inside if self.inside else 0.0

    @property
    def mass(self) -> float:
        """Share of the settings that are inside."""
        return self.inside / self.of if self.of else 0.0

    @property
    def surprise(self) -> float:
        """Minus the logarithm of the p-value of Fisher's exact test: more inside than by chance."""
        from scipy.stats import hypergeom

        found = -float(hypergeom.logsf(self.hits - 1, self.of, self.hits_of, self.inside))
        return max(found, 0.0)


def quasi_p(box: Limits, table: F64, of_interest: Mask) -> F64:
    """Return the quasi-p-values of limits, shape (3, K); NaN where there is none.

    In the first row of lower limits, then of upper ones, then of words that are left out.
    """
    from scipy.stats import binomtest

    here = box.inside(table)
    inside, hits = int(here.sum()), int((here & of_interest).sum())
    found = np.full(box.sides.shape, np.nan)
    for side, place in np.argwhere(box.sides).tolist():
        wider = box.without(side, place).inside(table)
        share = (wider & of_interest).sum() / wider.sum() if wider.any() else 0.0
        if inside:
            test = binomtest(hits, inside, float(share), alternative="greater")
            found[side, place] = test.pvalue
        else:
            found[side, place] = 1.0
    return found


def simplified(box: Limits, table: F64, of_interest: Mask) -> Limits:
    """Return the box without limits that are not significant, the least so first."""
    while True:
        found = quasi_p(box, table, of_interest)
        if not (found > SIGNIFICANT).any():
            return box
        side, place = np.unravel_index(np.nanargmax(found), found.shape)
        box = box.without(int(side), int(place))


def chosen(trajectory: list[Limits], table: F64, of_interest: Mask) -> int:
    """Return the place of the box least likely by chance; the one with fewer limits on a tie."""
    surprises = [Tally.of_box(box.inside(table), of_interest).surprise for box in trajectory]
    limits = [int(box.restricted.sum()) for box in trajectory]
    return max(range(len(trajectory)), key=lambda place: (surprises[place], -limits[place]))


def union(boxes: list[Limits], table: F64) -> Mask:
    """Return which rows are in any of the boxes."""
    found = np.zeros(len(table), np.bool_)
    for box in boxes:
        found |= box.inside(table)
    return found


def p_enriched(tally: Tally) -> float:
    """Return the one-sided p-value of Fisher's exact test: more of interest inside than outside."""
    return math.exp(-tally.surprise)


def halves(orders: I64) -> list[tuple[I64, I64]]:
    """Return pairs of halves to look in and to check in, two from each order of the settings."""
    middle = orders.shape[1] // 2
    pairs = []
    for order in orders:
        one, other = np.sort(order[:middle]), np.sort(order[middle:])
        pairs += [(one, other), (other, one)]
    return pairs
