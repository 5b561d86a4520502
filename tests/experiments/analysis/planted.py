"""Settings in which the cases of interest lie in boxes whose limits are known."""

from __future__ import annotations

import numpy as np

from experiments.analysis.cases import Cases
from experiments.outcomes.values import F64, Mask
from experiments.planning.scales import Scale

NAMES = ("latency", "staff", "threshold", "more-desks")
SCALES = (Scale(), Scale(), Scale(), Scale("switch"))


def cases_of(of_interest: Mask) -> Cases:
    every = np.ones(len(of_interest), np.bool_)
    return Cases("the policy fails", of_interest, every, ~every)


def table(settings: int, seed: int = 1) -> F64:
    """Three parameters, each uniform on a range of its own, and a measure that is on or off."""
    draws = np.random.default_rng(seed)
    values = draws.random((settings, 4)) * (1.0, 10.0, 100.0, 1.0)
    values[:, 3] = values[:, 3] < 0.5
    return values


def blurred(of_interest: Mask, share: float, seed: int = 2) -> Mask:
    """Return the cases with some settings swapped: what replications do near a bound."""
    return of_interest ^ (np.random.default_rng(seed).random(len(of_interest)) < share)


def corner(values: F64) -> Mask:
    """Fails where latency is above 0.6 and staff below 5."""
    found: Mask = (values[:, 0] > 0.6) & (values[:, 1] < 5)
    return found


def two_corners(values: F64) -> Mask:
    """Fails with the measure at a high latency, and without it at a low threshold."""
    found: Mask = np.where(values[:, 3] == 1, values[:, 0] > 0.7, values[:, 2] < 25)
    return found
