"""Morris' screening: how much each parameter matters, from few settings.

M. D. Morris, "Factorial sampling plans for preliminary computational experiments", Technometrics
33, 1991. An elementary effect is what one step of one parameter does, scaled to its whole range;
its mean size over the trajectories is mu* (Campolongo, Cariboni and Saltelli, Environmental
Modelling & Software 22, 2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.analysis.resampling import counts
from experiments.analysis.sensitivity import (
    FEWEST_WORLDS,
    RESAMPLES,
    Noise,
    Told,
    around,
    means_of,
    noise_of,
    noise_within,
    worlds_drawn,
)
from experiments.outcomes import F64, Mask

_HALF_NORMAL: Final = float(np.sqrt(2 / np.pi))
"""Mean size of a standard normal number."""


@dataclass(frozen=True, eq=False)
class Screening(Told):
    """Morris' measures, in the unit of the response for the whole range of a parameter.

    All arrays have a place for each parameter.
    """

    names: tuple[str, ...]
    mu: F64
    """Mean elementary effect: signed."""
    mu_star: F64
    """Mean size of the elementary effects: how much a parameter matters."""
    mu_star_low: F64
    mu_star_high: F64
    sigma: F64
    """Spread of the elementary effects: how much it depends on the others, or is curved."""
    floor: F64
    """mu* that noise alone gives; NaN with fewer than two worlds."""
    trajectories: int
    left_out: int
    """Trajectories with a setting that has no value."""
    noise: Noise

    @property
    def is_clear(self) -> Mask:
        """Whether a parameter is told from noise: its interval lies above what noise gives."""
        found: Mask = self.mu_star_low > np.nan_to_num(self.floor)
        return found


def screen(
    values: F64, table: F64, names: Sequence[str], *, levels: int, seed: int = 1
) -> Screening:
    """Return Morris' measures.

    Parameters
    ----------
    values
        Response, shape (S, R).
    table
        Morris' design, shape (S, K): trajectories of K + 1 rows.
    levels
        Levels of the design's grid.

    Raises
    ------
    ValueError
        If the table is no such design, or no trajectory is complete.
    """
    effects = _effects(values, table, levels)
    means = np.stack([means_of(effects[:, place]) for place in range(len(names))], axis=1)
    whole = np.isfinite(means).all(axis=1)
    if not whole.any():
        msg = "no trajectory is complete"
        raise ValueError(msg)
    effects, means = effects[whole], means[whole]
    mu_star = np.abs(means).mean(axis=0)
    low, high = around(mu_star, _screened(effects, seed))
    sigma = means.std(axis=0, ddof=1) if len(means) > 1 else np.full(len(names), np.nan)
    return Screening(
        names=tuple(names),
        mu=means.mean(axis=0),
        mu_star=mu_star,
        mu_star_low=np.maximum(low, 0),
        mu_star_high=high,
        sigma=sigma,
        floor=_floor(effects),
        trajectories=int(whole.sum()),
        left_out=int((~whole).sum()),
        noise=noise_of(values),
    )


def _effects(values: F64, table: F64, levels: int) -> F64:
    """Return elementary effects, shape (T, K, R).

    Where the step of a column left the number as it was (a count that was rounded), nothing was
    changed and the effect is 0. A step from 0 to 1 or back is a measure's: it is the whole range.
    """
    rows, columns = table.shape
    if rows % (columns + 1) or not rows:
        msg = f"a trajectory has {columns + 1} settings; the design has {rows}"
        raise ValueError(msg)
    steps = np.diff(table.reshape(-1, columns + 1, columns), axis=1)
    if ((steps != 0).sum(axis=2) > 1).any() or ((steps != 0).sum(axis=1) > 1).any():
        msg = "a step of a trajectory changes one column, and each column changes once"
        raise ValueError(msg)
    delta = levels / (2 * (levels - 1))
    changes = np.diff(values.reshape(-1, columns + 1, values.shape[1]), axis=1)
    order = np.sign(steps)
    is_switch = np.isin(table, (0, 1)).all(axis=0)
    spans = np.where(is_switch, 1.0, delta)
    found = np.zeros((len(steps), columns, values.shape[1]))
    for trajectory, step, column in np.argwhere(order):
        sign = order[trajectory, step, column]
        found[trajectory, column] = sign * changes[trajectory, step] / spans[column]
    return found


def _screened(effects: F64, seed: int) -> F64:
    """Return mu* of resamples, shape (B, K)."""
    trajectories, columns, worlds = effects.shape
    chosen = counts(seed, "screening trajectories", RESAMPLES, trajectories)
    drawn = worlds_drawn(seed, "screening worlds", worlds)
    found = np.empty((RESAMPLES, columns))
    for column in range(columns):
        sizes = np.abs(means_of(effects[:, column], drawn))
        found[:, column] = (sizes * chosen).sum(axis=1) / trajectories
    return found


def _floor(effects: F64) -> F64:
    """Return mu* that noise alone gives, shape (K,)."""
    if effects.shape[2] < FEWEST_WORLDS:
        return np.full(effects.shape[1], np.nan)
    variance = np.array([noise_within(effects[:, column]) for column in range(effects.shape[1])])
    found: F64 = _HALF_NORMAL * np.sqrt(variance)
    return found
