"""Morris' screening: how much each parameter matters, from few settings.

M. D. Morris, "Factorial sampling plans for preliminary computational experiments", Technometrics
33, 1991. An elementary effect is what one step of one parameter does, scaled to its whole range;
its mean size over the trajectories is mu* (Campolongo, Cariboni and Saltelli, Environmental
Modelling & Software 22, 2007). A step of a parameter with few values goes further than the grid
says, and is scaled by how far it went; of words, which have no range, the effect is that of another
word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """Mean elementary effect: signed; NaN of words, which have no direction."""
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
    values: F64,
    table: F64,
    names: Sequence[str],
    *,
    levels: int,
    seed: int = 1,
    places: Sequence[Mapping[float, float]] | None = None,
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
    places
        Where the numbers of each column lie in its range, from 0 to 1; of a column of words it is
        empty, and each step is the whole. Left out, the numbers that occur lie evenly apart.

    Raises
    ------
    ValueError
        If the table is no such design, or no trajectory is complete.
    """
    steps = _steps(_in_range(table, places), len(names))
    if max(len(np.unique(numbers)) for numbers in table.T) > levels:
        msg = f"a column of the design has more numbers than its grid has levels, {levels}"
        raise ValueError(msg)
    words = np.array([places is not None and not places[column] for column in range(len(names))])
    steps[:, :, words] = np.sign(steps[:, :, words])
    effects = _effects(values, steps)
    means = np.stack([means_of(effects[:, place]) for place in range(len(names))], axis=1)
    whole = np.isfinite(means).all(axis=1)
    if not whole.any():
        msg = "no trajectory is complete"
        raise ValueError(msg)
    moved = (steps[whole] != 0).any(axis=1)
    effects, means = effects[whole], means[whole]
    means[:, words] = np.abs(means[:, words])
    mu_star = _over(moved, np.abs(means))
    low, high = around(mu_star, _screened(effects, moved, seed))
    mu = _over(moved, means)
    spread = _over(moved, (means - mu) ** 2)
    counted = moved.sum(axis=0)
    freedom = np.where(counted > 1, counted - 1, np.nan)
    return Screening(
        names=tuple(names),
        mu=np.where(words, np.nan, mu),
        mu_star=mu_star,
        mu_star_low=np.maximum(low, 0),
        mu_star_high=high,
        sigma=np.sqrt(spread * counted / freedom),
        floor=_floor(effects, moved),
        trajectories=int(whole.sum()),
        left_out=int((~whole).sum()),
        noise=noise_of(values),
    )


def _in_range(table: F64, places: Sequence[Mapping[float, float]] | None) -> F64:
    """Return where the numbers of a table lie in their ranges, shape (S, K)."""
    found = np.empty_like(table)
    for column, numbers in enumerate(table.T):
        there, which = np.unique(numbers, return_inverse=True)
        if places is None or not places[column]:
            lie = np.arange(there.size) / max(there.size - 1, 1)
        else:
            lie = np.array([places[column][number] for number in there.tolist()])
        found[:, column] = lie[which]
    return found


def _steps(places: F64, columns: int) -> F64:
    """Return how far each step goes in each column, as a part of its range: shape (T, K, K)."""
    rows = len(places)
    if rows % (columns + 1) or not rows:
        msg = f"a trajectory has {columns + 1} settings; the design has {rows}"
        raise ValueError(msg)
    steps: F64 = np.diff(places.reshape(-1, columns + 1, columns), axis=1)
    if ((steps != 0).sum(axis=2) > 1).any() or ((steps != 0).sum(axis=1) > 1).any():
        msg = "a step of a trajectory changes one column, and each column changes once"
        raise ValueError(msg)
    return steps


def _effects(values: F64, steps: F64) -> F64:
    """Return elementary effects, shape (T, K, R).

    Where the step of a column left the number as it was (a count that was rounded), nothing was
    tried; there is 0, and it is not counted.
    """
    columns = steps.shape[1]
    changes = np.diff(values.reshape(-1, columns + 1, values.shape[1]), axis=1)
    found = np.zeros((len(steps), columns, values.shape[1]))
    for trajectory, step, column in np.argwhere(steps):
        found[trajectory, column] = changes[trajectory, step] / steps[trajectory, step, column]
    return found


def _over(moved: Mask, found: F64) -> F64:
    """Return means over the trajectories in which a column moved, shape (K,); 0 if in none."""
    means: F64 = np.where(moved, found, 0.0).sum(axis=0) / np.maximum(moved.sum(axis=0), 1)
    return means


def _screened(effects: F64, moved: Mask, seed: int) -> F64:
    """Return mu* of resamples, shape (B, K)."""
    trajectories, columns, worlds = effects.shape
    chosen = counts(seed, "screening trajectories", RESAMPLES, trajectories)
    drawn = worlds_drawn(seed, "screening worlds", worlds)
    found = np.empty((RESAMPLES, columns))
    for column in range(columns):
        sizes = np.abs(means_of(effects[:, column], drawn))
        counted = chosen * moved[:, column]
        found[:, column] = (sizes * counted).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    return found


def _floor(effects: F64, moved: Mask) -> F64:
    """Return mu* that noise alone gives, shape (K,)."""
    if effects.shape[2] < FEWEST_WORLDS:
        return np.full(effects.shape[1], np.nan)
    kept = [effects[there, column] for column, there in enumerate(moved.T)]
    variance = np.array([noise_within(found) if found.size else 0.0 for found in kept])
    found: F64 = _HALF_NORMAL * np.sqrt(variance)
    return found
