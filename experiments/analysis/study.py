"""The results of an experiment, ready for analysis: what drives them, when a policy fails.

Brings together what a run directory has and the pure functions of this room.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from experiments.errors import UserError
from experiments.outcomes import F64, HOURS, HOURS_A_DAY, Futures, Outcome, restricted
from experiments.store import RunDirectory, open_for_reading

if TYPE_CHECKING:
    from experiments.analysis.cases import Cases
    from experiments.analysis.discovery import Discovery, Method
    from experiments.analysis.indices import Indices
    from experiments.analysis.pareto import Apart, Front
    from experiments.analysis.robustness import Robustness
    from experiments.analysis.screening import Screening
    from experiments.analysis.sensitivity import Swings
    from experiments.planning import Scale

Event = Literal["fails", "wins"]

ONE_AT_A_TIME, MORRIS, SALTELLI = "one-at-a-time", "morris", "saltelli"
"""Kinds of design that tell what drives an answer."""

AUDIT = "audit"
"""Kind of design that tells what each part of a model does."""


@dataclass(frozen=True, eq=False)
class Study:
    """The finished lanes of an experiment."""

    directory: RunDirectory
    futures: Futures

    @classmethod
    def of(cls, folder: Path) -> Study:
        """Read a run directory.

        Raises
        ------
        UserError
            If it is none, or a setting has no finished lane.
        """
        directory = open_for_reading(folder)
        futures = directory.futures()
        if not futures.done.any(axis=2).all():
            raise UserError(
                f"{folder}: some settings have no finished lane under some policy",
                "an experiment is analysed when every setting has been run",
                "run the same command again; `fivesteps status` says how far it is",
            )
        return cls(directory, futures)

    @cached_property
    def design(self) -> dict[str, Any]:
        """Declaration of the design; empty for a single setting."""
        found: dict[str, Any] = self.directory.manifest.documents["experiment"].get("design") or {}
        return found

    @cached_property
    def meanings(self) -> dict[str, str]:
        """What parameters and measures are, in words, of those that say so."""
        experiment = self.directory.manifest.documents["experiment"]
        parts = (experiment.get("parameters") or {}, experiment.get("measures") or {})
        return {
            name: one["meaning"] for part in parts for name, one in part.items() if "meaning" in one
        }

    @cached_property
    def words(self) -> dict[str, str]:
        """What pictures call the parameters that are named by where they stand in a rule."""
        found = {}
        for name, meaning in self.meanings.items():
            where, rule, part = name.partition(".rules[")
            if rule:
                policy = where.rpartition(".")[2]
                found[name] = f"{policy}: {meaning} ({part.partition('.')[2]})"
        return found

    @cached_property
    def scales(self) -> tuple[Scale, ...]:
        """What the numbers of each parameter stand for."""
        return tuple(self.directory.manifest.scales().values())

    @cached_property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Outcomes that the experiment asks about."""
        return self.directory.asked()

    @cached_property
    def objectives(self) -> tuple[Outcome, ...]:
        """One outcome of each group, effect, rights and cost among them: what is at odds."""
        found = {outcome.group: outcome for outcome in self.outcomes[::-1]}
        return tuple(outcome for outcome in self.outcomes if found[outcome.group] is outcome)

    @property
    def others(self) -> tuple[str, ...]:
        """Policies but the baseline."""
        return tuple(name for name in self.futures.policies if name != self.futures.baseline)

    @property
    def line(self) -> str:
        """What the data are."""
        settings, _, replications = self.futures.held.shape
        return (
            f"scenario {self.futures.scenario}, {settings:,} settings x {replications:,}"
            f" worlds, seed {self.futures.seed}"
        )

    def outcome(self, name: str, *, option: str = "--outcome") -> Outcome:
        """Return an outcome by its name."""
        from scenarios.errors import unknown_name

        for outcome in self.futures.outcomes:
            if outcome.name == name:
                return outcome
        known = [outcome.name for outcome in self.futures.outcomes]
        raise unknown_name("outcome", name, known, where=option)

    def policy(self, name: str, *, option: str = "--policy") -> int:
        """Return the row of a policy by its name."""
        from scenarios.errors import unknown_name

        if name not in self.futures.policies:
            raise unknown_name("policy", name, self.futures.policies, where=option)
        return self.futures.policies.index(name)

    def values(self, outcome: Outcome) -> F64:
        """Return an outcome, shape (S, P, R); times are restricted to the horizon."""
        return restricted(self.futures, outcome.name)

    def drivers(
        self, outcome: Outcome, policy: str, baseline: str | None
    ) -> Swings | Screening | Indices:
        """Return what drives an outcome under a policy, or its difference from a baseline.

        Raises
        ------
        UserError
            If the design of the experiment does not tell.
        """
        from experiments.analysis.indices import sobol_indices
        from experiments.analysis.screening import screen
        from experiments.analysis.sensitivity import one_at_a_time, response

        found = response(self.values(outcome), self.futures.policies, policy, baseline)
        kind, names = self.design.get("kind"), self.futures.parameters
        if kind == ONE_AT_A_TIME:
            return one_at_a_time(found, self.futures.table, names, self.scales)
        if kind == MORRIS:
            return screen(
                found,
                self.futures.table,
                names,
                levels=int(self.design["levels"]),
                seed=self.futures.seed,
                places=[dict(scale.places) for scale in self.scales],
            )
        if kind == SALTELLI:
            return sobol_indices(found, names, seed=self.futures.seed)
        raise UserError(
            f"{self.directory.folder}: the design is {kind or 'a single setting'}",
            f"what drives an answer is told by the designs {ONE_AT_A_TIME}, {MORRIS}, {SALTELLI}",
            "run an experiment with such a design, or `fivesteps sensitivity SCENARIO`",
        )

    def cases(
        self, outcome: Outcome, policy: str, event: Event, *, bound: float | None, surely: bool
    ) -> Cases:
        """Return the settings in which a policy fails or wins.

        Parameters
        ----------
        bound
            What to compare with, in the unit of the outcome; None is the baseline.
        surely
            Whether the 95% interval must be on that side.
        """
        from experiments.analysis.cases import against_baseline, against_bound

        values = self.values(outcome)
        row = self.policy(policy)
        way = "worse" if event == "fails" else "better"
        beside = self.futures.baseline if bound is None else f"{bound:g} {outcome.unit}"
        sure = "surely " if surely else ""
        meaning = f"{outcome.label}: {policy} is {sure}{way} than {beside}"
        if bound is not None:
            return against_bound(
                values[:, row], bound, outcome.better, event, meaning, surely=surely
            )
        if not self.others:
            raise UserError(
                f"{self.directory.folder}: {policy} is its only policy",
                "a policy fails or wins beside another one, or beside a bound",
                f"give a --bound, in {outcome.unit}",
            )
        if policy == self.futures.baseline:
            raise UserError(
                f"--policy {policy}",
                "the baseline is not compared with itself",
                f"name one of {', '.join(self.others)}, or give a --bound",
            )
        base = values[:, self.policy(self.futures.baseline)]
        return against_baseline(values[:, row], base, outcome.better, event, meaning, surely=surely)

    def conditions(self, cases: Cases, method: Method) -> Discovery:
        """Return the conditions under which the cases of interest occur.

        Raises
        ------
        UserError
            If there is a single setting, or a library is missing.
        """
        from experiments.analysis.discovery import discover

        if not self.futures.parameters:
            raise UserError(
                f"{self.directory.folder}: nothing was varied",
                "conditions are looked for among the settings of a design",
                "run an experiment whose design samples its parameters (latin-hypercube, sobol)",
            )
        return discover(
            self.futures.table, self.futures.parameters, cases, method, scales=self.scales
        )

    def robustness(self, outcome: Outcome, threshold: float | None) -> Robustness:
        """Return how well each policy holds over the settings."""
        from experiments.analysis.robustness import robustness

        return robustness(
            self.values(outcome),
            self.futures.policies,
            outcome.name,
            outcome.better,
            threshold=threshold,
            bounds=self._bounds(outcome),
            seed=self.futures.seed,
        )

    def _bounds(self, outcome: Outcome) -> tuple[float, float]:
        """Return the least and the largest value that an outcome can have, where it is known."""
        if outcome.time:
            hours = outcome.unit == HOURS
            return 0.0, self.futures.horizon_days * (HOURS_A_DAY if hours else 1)
        return (0.0, 1.0) if outcome.unit == "share" else (-math.inf, math.inf)

    def front(self, outcomes: tuple[Outcome, ...]) -> Front:
        """Return which policies no other beats in every outcome.

        With several settings it is their mean that is compared.
        """
        from experiments.analysis.pareto import front

        found = self._weighed(outcomes)
        names = [outcome.name for outcome in outcomes]
        return front(found, self.futures.policies, names, [one.better for one in outcomes])

    def apart(self, outcomes: tuple[Outcome, ...]) -> Apart:
        """Return how far policies are from the baseline, on average over the settings."""
        from experiments.analysis.pareto import apart

        return apart(self._weighed(outcomes), self.futures.policies, self.futures.baseline)

    def _weighed(self, outcomes: tuple[Outcome, ...]) -> F64:
        """Return outcomes, shape (O, P, S, R)."""
        return np.stack([self.values(outcome).transpose(1, 0, 2) for outcome in outcomes])
