"""The values of finished lanes, laid out for paired comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from scenarios.schema import OF_PART

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

HOURS: Final = "hours"
"""Unit of times that are not in days."""

HOURS_A_DAY: Final = 24

Better = Literal["lower", "higher"]
Group = Literal["effect", "cost", "rights", "fairness"]


class Declared(Protocol):
    """An outcome as a scenario declares it."""

    @property
    def name(self) -> str:
        """Column name."""

    @property
    def label(self) -> str:
        """Words for a reader."""

    @property
    def unit(self) -> str:
        """Unit of the values."""

    @property
    def better(self) -> Better:
        """Which way is better."""

    @property
    def group(self) -> Group:
        """What the outcome speaks of."""

    @property
    def time(self) -> bool:
        """Whether it is a time, in days or hours, that may not be reached."""

    @property
    def headline(self) -> bool:
        """Whether it belongs in a summary."""

    @property
    def tested(self) -> bool:
        """Whether differences are tested."""


@dataclass(frozen=True)
class Outcome:
    """An outcome as the run directory records it (so that no engine is needed to read it)."""

    name: str
    label: str
    unit: str
    better: Better
    group: Group
    time: bool = False
    headline: bool = False
    tested: bool = True

    @property
    def total(self) -> str:
        """Name of the outcome that this is, or of which it is a part."""
        return self.name.partition(OF_PART)[0]

    @property
    def year(self) -> str | None:
        """Name of the year of which this tells; None if it is of no year alone."""
        return None if self.state else self.name.partition(OF_PART)[2] or None

    @property
    def state(self) -> str | None:
        """Code of the state of which this tells; None if it is of no state alone."""
        part = self.name.partition(OF_PART)[2]
        return part if part.isalpha() else None

    @property
    def is_whole(self) -> bool:
        """Whether it is of the whole run and of all states."""
        return self.total == self.name

    @classmethod
    def of(cls, declared: Declared) -> Outcome:
        """Copy a scenario's declaration."""
        return cls(**{field.name: getattr(declared, field.name) for field in fields(cls)})

    def document(self) -> dict[str, Any]:
        """Return the outcome as plain JSON content."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def plain(row: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """Return a row as plain JSON content; NaN becomes None."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in asdict(row).items()
    }


def headlines(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """Return the outcomes for a summary: the headlines, or all of the whole run if none is one."""
    found = tuple(outcome for outcome in outcomes if outcome.headline)
    return found or tuple(outcome for outcome in outcomes if outcome.is_whole)


@dataclass(frozen=True, eq=False)
class Results:
    """Outcomes of all lanes of a comparison.

    ``values[name]`` has shape (P, R): a row for each policy, a column for each replication, so
    that the lanes of one random world stand in one column. NaN is a time that was not reached by
    the horizon, or a number that is undefined in that lane. ``done``, shape (P, R), says which
    lanes ran to the horizon; values of the others are NaN and mean nothing.
    """

    scenario: str
    policies: tuple[str, ...]
    baseline: str
    seed: int
    horizon_days: float
    outcomes: tuple[Outcome, ...]
    values: dict[str, F64]
    done: Mask

    @property
    def replications(self) -> int:
        """Replications asked for."""
        return int(self.done.shape[1])

    @property
    def complete(self) -> bool:
        """Whether every lane ran to the horizon."""
        return bool(self.done.all())

    def headlines(self) -> tuple[Outcome, ...]:
        """Return the outcomes for a summary."""
        return headlines(self.outcomes)

    def row(self, outcome: Outcome, policy: str) -> F64:
        """Return the values of the finished lanes of `policy`, shape (n,); NaN as stored."""
        point = self.policies.index(policy)
        lanes: F64 = self.values[outcome.name][point][self.done[point]]
        return lanes

    def restricted(self, outcome: Outcome) -> F64:
        """Return values that can be averaged, shape (P, R); NaN where there is none.

        Times that were not reached are set to the horizon (all lanes are censored there and only
        there, so the mean is the restricted mean time); other outcomes stay as they are.
        """
        values = self.values[outcome.name]
        if not outcome.time:
            return np.where(np.isfinite(values) & self.done, values, np.nan)
        reached = np.where(np.isnan(values), np.inf, values)
        return np.where(self.done, np.minimum(reached, self.horizon(outcome)), np.nan)

    def horizon(self, outcome: Outcome) -> float:
        """Return the horizon in the unit of a time."""
        return self.horizon_days * (HOURS_A_DAY if outcome.unit == HOURS else 1)


@dataclass(frozen=True, eq=False)
class Futures:
    """Outcomes of all lanes of an experiment: S settings x P policies x R replications.

    As in `Results`, with an axis for the settings in front. ``table``, shape (S, K), has the
    values of the parameters called ``parameters``.
    """

    scenario: str
    parameters: tuple[str, ...]
    table: F64
    policies: tuple[str, ...]
    baseline: str
    seed: int
    horizon_days: float
    outcomes: tuple[Outcome, ...]
    values: dict[str, F64]
    held: Mask
    """Which lanes have a row, shape (S, P, R)."""
    done: Mask
    """Which of them ran to the horizon, shape (S, P, R)."""

    def setting(self, number: int) -> Results:
        """Return the outcomes of one setting."""
        return Results(
            scenario=self.scenario,
            policies=self.policies,
            baseline=self.baseline,
            seed=self.seed,
            horizon_days=self.horizon_days,
            outcomes=self.outcomes,
            values={name: values[number] for name, values in self.values.items()},
            done=self.done[number],
        )
