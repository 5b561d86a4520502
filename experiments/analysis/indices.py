"""Sobol' indices: which shares of the variance between settings parameters bring about.

A. Saltelli et al., "Variance based sensitivity analysis of model output", Computer Physics
Communications 181, 2010: the estimators, as SALib has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.analysis.resampling import indices
from experiments.analysis.sensitivity import (
    RESAMPLES,
    Noise,
    Told,
    around,
    means_of,
    noise_of,
    worlds_drawn,
)
from experiments.outcomes import F64, I64, Mask

ROUNDING: Final = 1e-12
"""Spread of means, as a share of the largest, that is no more than rounding."""

MOST_AT_ONCE: Final = 5_000_000
"""Means held at once while resampling."""


@dataclass(frozen=True, eq=False)
class Indices(Told):
    """Sobol' indices: shares of the variance between settings.

    All arrays have a place for each parameter. The noise counts as variance here; see
    `without_noise`.
    """

    names: tuple[str, ...]
    first: F64
    """Share of the variance that goes if the parameter is known."""
    first_low: F64
    first_high: F64
    total: F64
    """Share that is left if all the others are known."""
    total_low: F64
    total_high: F64
    mean: float
    """Mean response over the settings."""
    points: int
    """Base points, N."""
    left_out: int
    """Base points with a setting that has no value."""
    noise: Noise

    @property
    def floor(self) -> float:
        """Total index that noise alone gives; NaN with fewer than two worlds."""
        return self.noise.share

    @property
    def is_clear(self) -> Mask:
        """Whether a parameter is told from noise: its total index lies above what noise gives."""
        found: Mask = self.total_low > np.nan_to_num(self.floor)
        return found

    def without_noise(self) -> tuple[F64, F64]:
        """Return first and total indices as shares of the variance that is no noise.

        NaN if the noise is not known or is everything.
        """
        share = self.floor
        if not share < 1:
            unknown = np.full(len(self.names), np.nan)
            return unknown, unknown
        return self.first / (1 - share), (self.total - share) / (1 - share)


def sobol_indices(values: F64, names: Sequence[str], *, seed: int = 1) -> Indices:
    """Return Sobol' indices of first and total order.

    Parameters
    ----------
    values
        Response, shape (S, R), of Saltelli's design: blocks of K + 2 settings.

    Raises
    ------
    ValueError
        If the design has another size, or fewer than two blocks are complete.
    """
    columns, worlds = len(names), values.shape[1]
    if values.shape[0] % (columns + 2) or not values.shape[0]:
        msg = f"a block has {columns + 2} settings; the design has {values.shape[0]}"
        raise ValueError(msg)
    blocks = values.reshape(-1, columns + 2, worlds)
    whole = np.isfinite(means_of(values)).reshape(-1, columns + 2).all(axis=1)
    if whole.sum() <= 1:
        msg = "fewer than two blocks of the design are complete"
        raise ValueError(msg)
    blocks = blocks[whole]
    points = len(blocks)
    flat = blocks.reshape(-1, worlds)
    mean = float(means_of(flat).mean())
    alone = _estimates(means_of(flat)[None], np.arange(points)[None])
    resampled = _resampled(flat, points, seed)
    first, total = alone[:, 0]
    first_low, first_high = around(first, resampled[0])
    total_low, total_high = around(total, resampled[1])
    return Indices(
        names=tuple(names),
        first=first,
        first_low=first_low,
        first_high=first_high,
        total=total,
        total_low=total_low,
        total_high=total_high,
        mean=mean,
        points=points,
        left_out=int((~whole).sum()),
        noise=noise_of(values),
    )


def _resampled(values: F64, points: int, seed: int) -> F64:
    """Return first and total indices of all resamples, shape (2, B, K)."""
    chosen = indices(seed, "indices points", RESAMPLES, points)
    worlds = worlds_drawn(seed, "indices worlds", values.shape[1])
    at_once = max(1, MOST_AT_ONCE // len(values))
    parts = []
    for start in range(0, RESAMPLES, at_once):
        part = slice(start, start + at_once)
        parts.append(_estimates(means_of(values, worlds[part]), chosen[part]))
    return np.concatenate(parts, axis=1)


def _estimates(means: F64, chosen: I64) -> F64:
    """Return first and total indices of resamples, shape (2, B, K).

    Parameters
    ----------
    means
        Means of all settings, block after block, shape (B, N * (K + 2)).
    chosen
        Base points of each resample, shape (B, N).
    """
    from SALib.analyze.sobol import first_order, total_order

    resamples, points = chosen.shape
    blocks = means.reshape(resamples, points, -1)
    centre, spread = means.mean(axis=1), means.std(axis=1)
    varies = spread > ROUNDING * np.abs(means).max(axis=1)
    spread = np.where(varies, spread, 1.0)
    blocks = (blocks - centre[:, None, None]) / spread[:, None, None]  # as SALib does
    blocks = np.take_along_axis(blocks, chosen[:, :, None], axis=1)
    columns = blocks.shape[2] - 2
    found = np.zeros((2, resamples, columns))
    if not varies.any():  # SALib would warn
        return found
    a, b = blocks[:, :, 0].T, blocks[:, :, -1].T
    for column in range(columns):
        ab = blocks[:, :, column + 1].T
        found[0, :, column] = first_order(a, ab, b)
        found[1, :, column] = total_order(a, ab, b)
    found[:, ~varies] = 0
    return found
