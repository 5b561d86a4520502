"""Which parameters drive an answer: one at a time, Morris' screening, Sobol' indices.

All take a *response*, shape (S, R): a row for each setting of the design, a column for each random
world. Settings are compared by their means over the worlds, which are the same for all settings; so
what a world does to every setting alike cancels. What is left is noise: how a world and a setting
happen to go together. It blurs the means and makes parameters look influential that are not. The
results say how much of the variance between settings it is, and how large a measure comes out for a
parameter without any influence.

- M. D. Morris, "Factorial sampling plans for preliminary computational experiments", Technometrics
  33, 1991; mu* by Campolongo, Cariboni and Saltelli, Environmental Modelling & Software 22, 2007.
- A. Saltelli et al., "Variance based sensitivity analysis of model output", Computer Physics
  Communications 181, 2010: the estimators, as SALib has them.

Intervals come from resampling the design's independent parts (trajectories or base points) and the
worlds together. Resampling worlds adds the noise once more, so the resamples lie too high where a
measure cannot be negative; their spread is therefore put around the estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

import numpy as np

from experiments.analysis.plain import plain
from experiments.analysis.resampling import counts
from experiments.outcomes import F64, LEVEL, student
from experiments.planning import Scale

RESAMPLES: Final = 1_000
FEWEST_WORLDS: Final = 2
"""Replications from which noise can be told."""


class Told:
    """A result that can be written as plain JSON content; what is not known is null."""

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content."""
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]
        found = ((name, getattr(self, name)) for name in names)
        return {name: plain(_as_mappings(value)) for name, value in found}


def _as_mappings(value: object) -> object:
    if isinstance(value, tuple):
        return [_as_mappings(one) for one in value]
    return asdict(value) if isinstance(value, Noise | Swing) else value


@dataclass(frozen=True)
class Noise:
    """How much of what differs between settings is chance.

    Parameters
    ----------
    replications
        Random worlds of each setting, R.
    between
        Variance of the settings' means.
    noise
        Part of it that comes from having no more than R worlds: the variance of what is left after
        the effects of setting and world, over R. NaN with fewer than two worlds.
    """

    replications: int
    between: float
    noise: float

    @property
    def share(self) -> float:
        """Share of the variance between settings that is noise, at most 1; NaN if not known."""
        if self.between <= 0 or np.isnan(self.noise):
            return float("nan")
        return min(1.0, self.noise / self.between)


def response(values: F64, policies: Sequence[str], policy: str, baseline: str | None) -> F64:
    """Return what is analysed: an outcome under a policy, or its difference from the baseline.

    Parameters
    ----------
    values
        The outcome, shape (S, P, R); NaN where there is none.
    baseline
        Policy that is subtracted, in the same setting and world; None for the outcome itself.

    Returns
    -------
    F64
        Shape (S, R).
    """
    names = list(policies)
    found: F64 = values[:, names.index(policy)]
    return found if baseline is None else found - values[:, names.index(baseline)]


def noise_of(values: F64) -> Noise:
    """Tell noise from differences between settings; `values` has shape (S, R).

    Worlds with a missing value are left out where at least two are complete. Where not, the
    variance within settings is taken, which is more, as it holds what all settings share.
    """
    settings, worlds = values.shape
    between = float(np.var(means_of(values), ddof=1)) if settings > 1 else 0.0
    whole = values[:, np.isfinite(values).all(axis=0)]
    if min(settings, whole.shape[1]) >= FEWEST_WORLDS:
        left = whole - whole.mean(axis=1, keepdims=True) - whole.mean(axis=0) + whole.mean()
        freedom = (whole.shape[0] - 1) * (whole.shape[1] - 1)
        noise = float((left**2).sum() / freedom / worlds)
    else:
        noise = noise_within(values)
    return Noise(worlds, between, noise)


def noise_within(values: F64) -> float:
    """Return the mean variance within settings over their number of worlds; NaN if unknown."""
    found = np.isfinite(values).sum(axis=1)
    known = found >= FEWEST_WORLDS
    if not known.any():
        return float("nan")
    variances = np.nanvar(values[known], axis=1, ddof=1)
    return float(np.mean(variances / found[known]))


def means_of(values: F64, weights: F64 | None = None) -> F64:
    """Return means over worlds, of what there is: shape (S,), or (B, S) with weights (B, R)."""
    there = np.isfinite(values)
    filled = np.where(there, values, 0.0)
    if weights is None:
        weights = np.ones((1, values.shape[1]))
        alone: F64 = _ratio(weights @ filled.T, weights @ there.T)[0]
        return alone
    plain = means_of(values)
    found = _ratio(weights @ filled.T, weights @ there.T)
    return np.where(np.isfinite(found), found, plain)


def _ratio(sums: F64, numbers: F64) -> F64:
    with np.errstate(invalid="ignore", divide="ignore"):
        found: F64 = sums / numbers
    return found


def worlds_drawn(seed: int, stream: str, worlds: int) -> F64:
    """Return how often each world is in each resample, shape (B, R)."""
    if worlds < FEWEST_WORLDS:
        return np.ones((RESAMPLES, worlds))
    return counts(seed, stream, RESAMPLES, worlds)


def around(estimate: F64, resampled: F64) -> tuple[F64, F64]:
    """Return the ends of intervals: the spread of the resamples, put around the estimate."""
    spread = resampled - resampled.mean(axis=0)
    tail = (1 - LEVEL) / 2
    return (
        estimate + np.quantile(spread, tail, axis=0),
        estimate + np.quantile(spread, 1 - tail, axis=0),
    )


# One at a time -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Swing:
    """What one level of one parameter does by itself.

    The change is the mean difference from the scenario as declared in the same worlds; `low` and
    `high` are the ends of its 95% interval (Student's; NaN with fewer than two worlds).
    """

    at: float
    """Number of the parameter."""
    level: str
    """The same as a reader knows it."""
    change: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Swings(Told):
    """What each parameter does by itself, at each of its levels but the declared one."""

    names: tuple[str, ...]
    declared: float
    """Mean response as declared."""
    swings: tuple[tuple[Swing, ...], ...]
    """Of each parameter; by number, the lowest first, or words as the file orders them."""
    declared_at: F64
    """Number of each parameter as declared."""
    ordered: tuple[bool, ...]
    """Whether more and less of a parameter mean something."""
    replications: int

    @property
    def sizes(self) -> F64:
        """The largest change that each parameter makes, either way; NaN if none is known."""
        changes = [np.abs([one.change for one in swings]) for swings in self.swings]
        return np.array([np.fmax.reduce(found, initial=np.nan) for found in changes])


def one_at_a_time(
    values: F64, table: F64, names: Sequence[str], scales: Sequence[Scale] = ()
) -> Swings:
    """Return the changes that each parameter makes by itself.

    Parameters
    ----------
    values
        Response, shape (S, R).
    table
        Design, shape (S, K): the first row as declared, the others differ from it in one column.
    scales
        What the numbers of the columns stand for; left out, they are what they say.

    Raises
    ------
    ValueError
        If the table is no such design.
    """
    moved = table[1:] != table[0]
    if (moved.sum(axis=1) != 1).any():
        msg = "a design one at a time changes one column in each row after the first"
        raise ValueError(msg)
    column = moved.argmax(axis=1)
    known = scales or [Scale()] * len(names)
    found = []
    for place, scale in enumerate(known):
        rows = 1 + np.flatnonzero(column == place)
        by_number = rows[np.argsort(table[rows, place], kind="stable")]
        found.append(tuple(_swing(values, table[row, place], row, scale) for row in by_number))
    return Swings(
        names=tuple(names),
        declared=float(means_of(values[:1])[0]),
        swings=tuple(found),
        declared_at=table[0],
        ordered=tuple(scale.is_ordered for scale in known),
        replications=values.shape[1],
    )


def _swing(values: F64, number: float, row: int, scale: Scale) -> Swing:
    return Swing(float(number), scale.text(float(number)), *_paired(values[row] - values[0]))


def _paired(differences: F64) -> tuple[float, float, float]:
    """Return the mean of paired differences and the ends of its interval."""
    known = differences[np.isfinite(differences)]
    if not known.size:
        return (float("nan"),) * 3
    mean = float(known.mean())
    if known.size < FEWEST_WORLDS:
        return mean, float("nan"), float("nan")
    error = float(known.std(ddof=1) / np.sqrt(known.size))
    half = error * float(student(known.size - 1))
    return mean, mean - half, mean + half
