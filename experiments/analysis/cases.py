"""Which settings are of interest: those in which a policy fails, or wins.

Every setting has few replications, so a mean may be on one side of the bound by chance. `Cases`
therefore says how many settings are unclear; the cases of interest are those by the mean, or, if
asked for, only those in which the whole 95% interval lies beyond the bound.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from experiments.outcomes import F64, FEWEST, Better, Mask, student

Event = Literal["fails", "wins"]


@dataclass(frozen=True, eq=False)
class Cases:
    """Settings of interest, each mask of shape (S,)."""

    meaning: str
    """What makes a setting one of interest, in words."""
    of_interest: Mask
    usable: Mask
    """Settings with a value; the others are never of interest."""
    unclear: Mask
    """Settings whose 95% interval holds the bound, or that have none."""

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content: counts only."""
        return {
            key: value if isinstance(value, str) else int(value.sum())
            for key, value in asdict(self).items()
        }


def against_baseline(
    policy: F64, baseline: F64, better: Better, event: Event, meaning: str, *, surely: bool = False
) -> Cases:
    """Return the settings in which a policy does worse (fails) or better (wins) than the baseline.

    Parameters
    ----------
    policy, baseline
        Shape (S, R): one outcome in the same worlds; pairs with a NaN are left out.
    better
        Which way the outcome is better.
    meaning
        What it is, in words.
    surely
        Whether only settings count in which the whole interval is beyond zero.
    """
    return against_bound(policy - baseline, 0.0, better, event, meaning, surely=surely)


def against_bound(
    values: F64, bound: float, better: Better, event: Event, meaning: str, *, surely: bool = False
) -> Cases:
    """Return the settings whose mean is worse than a bound (fails), or better (wins).

    Parameters are those of `against_baseline`; `values` has shape (S, R).
    """
    above = (better == "higher") == (event == "wins")
    beyond = values - bound if above else bound - values
    known = np.isfinite(beyond)
    count = known.sum(axis=1)
    held = np.maximum(count, 1)
    mean = np.where(known, beyond, 0.0).sum(axis=1) / held
    away = np.where(known, beyond - mean[:, None], 0.0)
    freedom = np.maximum(count - 1, 1)
    error = np.sqrt((away**2).sum(axis=1) / freedom / held)
    half = np.where(count >= FEWEST, student(freedom) * error, np.inf)
    usable: Mask = count > 0
    unclear: Mask = ~usable | (np.abs(mean) <= half)
    found: Mask = usable & (mean > 0)
    return Cases(meaning, found & ~unclear if surely else found, usable, unclear)
