"""The design of an assessment: each measure alone, all of them, and all but one, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count, permutations
from math import factorial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.errors import UserError
from experiments.outcomes import Outcome
from experiments.planning import (
    Plan,
    in_force,
    make_plan,
    measures_of,
    outcomes_named,
    select_policies,
    touching,
    under,
    with_values,
)
from sim.draws import Draws

if TYPE_CHECKING:
    from scenarios import LoadedPolicy, LoadedScenario
    from scenarios.reading import LoadedMeasure

ASSESSMENT: Final = "assessment"
"""What such a design is called in the file of a run directory."""

Coalition = frozenset[str]
"""Measures that are in force together, by their short names."""

NOTHING: Final[Coalition] = frozenset()


@dataclass(frozen=True)
class Needs:
    """Measures that are ever in force, each with all that it needs, itself among it."""

    of: Mapping[str, Coalition]

    @property
    def everything(self) -> Coalition:
        """All of them."""
        return frozenset(self.of)

    def without(self, name: str) -> Coalition:
        """Return all measures but one, and but those that cannot do without it."""
        return frozenset(other for other, needed in self.of.items() if name not in needed)

    def joined(self, names: Iterable[str]) -> Coalition:
        """Return some measures with all that they need."""
        return NOTHING.union(*(self.of[name] for name in names))

    def stands_alone(self, name: str) -> bool:
        """Whether a measure neither needs another one nor is needed."""
        return self.of[name] == self.everything - self.without(name) == {name}


@dataclass(frozen=True, eq=False)
class Assessment:
    """A scenario, its policies, and the measures to assess in it."""

    scenario: LoadedScenario
    policies: tuple[LoadedPolicy, ...]
    named: Mapping[str, LoadedMeasure]
    """All measures that were asked for, by short name."""
    measures: tuple[str, ...]
    """Those that touch something here under some policy."""
    outcomes: tuple[Outcome, ...] = ()
    """What is asked about; the headlines if left out."""

    @cached_property
    def needs(self) -> Needs:
        """Measures that touch something, and those that they need."""
        names = {other for name in self.measures for other in self._closed(name)}
        return Needs({name: self._closed(name) for name in sorted(names)})

    @cached_property
    def _needed(self) -> dict[str, list[str]]:
        """What each needs; what was not asked for is found missing when they are put in force."""
        from scenarios.reading import needed_by

        return {
            name: [other.short for other in needed_by(one) if other.short in self.named]
            for name, one in self.named.items()
        }

    def _closed(self, name: str) -> Coalition:
        """Return a measure with all that it needs, and what that needs."""
        found, open_ = {name}, [name]
        while open_:
            for needed in self._needed[open_.pop()]:
                if needed not in found:
                    found.add(needed)
                    open_.append(needed)
        return frozenset(found)

    def first(self) -> tuple[Coalition, ...]:
        """Return none, each measure alone, all, and all but one, without what is there twice."""
        needs = self.needs
        groups = [NOTHING, *(needs.of[name] for name in self.measures), needs.everything]
        groups += map(needs.without, self.measures)
        return tuple(dict.fromkeys(groups))

    def name(self, policy: LoadedPolicy, group: Coalition) -> str:
        """Return the name of a policy with some measures in force."""
        return self._alternative(policy, group).name

    def _alternative(self, policy: LoadedPolicy, group: Coalition) -> LoadedPolicy:
        if not group:
            return policy
        listed = [self.named[name] for name in self.named if name in group]
        return under(policy, in_force(listed, self._called(group)))

    def _called(self, group: Coalition) -> str | None:
        """Return the name of a group that is known by more than its measures."""
        if len(group) == 1:
            return None
        if group == self.needs.everything:
            return "all"
        missing = next((one for one in self.measures if group == self.needs.without(one)), None)
        return None if missing is None else f"all-but-{missing}"

    def plan(
        self,
        groups: Sequence[Coalition],
        seed: int,
        replications: int,
        fewer: Mapping[str, int] | None = None,
        arrangements: Sequence[tuple[str, ...]] = (),
    ) -> Plan:
        """Return the comparison of every policy with each of some groups in force.

        Parameters
        ----------
        fewer
            Worlds of the alternatives that need fewer, by name.
        arrangements
            Orders of measures of which every beginning is among the groups.

        Raises
        ------
        UserError, SpecError
            As `make_plan`; if measures do not fit each other, the scenario or a policy.
        """
        pairs = [(policy, group) for group in groups for policy in self.policies]
        alternatives = {self.name(*pair): pair for pair in pairs}
        made = [self._alternative(policy, group) for policy, group in alternatives.values()]
        told = {
            name: {"policy": policy.name, "measures": sorted(group)}
            for name, (policy, group) in alternatives.items()
        }
        document = {**self.document(), "alternatives": told, "orders": list(arrangements)}
        plan = make_plan(
            self.scenario,
            made,
            baseline=self.policies[0].name,
            seed=seed,
            replications=replications,
            experiment=document,
        )
        return replace(plan, fewer=dict(fewer or {}))

    def folder(self, seed: int) -> Path:
        """Return the run directory if the user names none."""
        return Path("results") / f"{self.scenario.name}-assessment-{seed}"

    def document(self) -> dict[str, Any]:
        """Return what a run directory keeps of the measures, as plain JSON content."""
        return {
            "experiment": f"{self.scenario.name}-assessment"[:64],
            "meaning": f"What measures do in {self.scenario.name}",
            "scenario": self.scenario.name,
            "design": {"kind": ASSESSMENT},
            "outcomes": [one.name for one in self.outcomes] or None,
            "assessed": {name: self._told(name) for name in self.measures},
            "needs": {name: sorted(needed) for name, needed in self.needs.of.items()},
            "untouched": {
                name: one.meaning for name, one in self.named.items() if name not in self.measures
            },
        }

    def _told(self, name: str) -> dict[str, Any]:
        spec = self.named[name].spec
        return {
            "name": self.named[name].name,
            "meaning": spec.meaning,
            "objective": spec.objective,
            "guidelines": list(spec.guidelines),
            "cost": self._cost(name),
            "records_per_year": None if spec.rights is None else spec.rights.records_per_year,
            "expect": dict(spec.expect),
        }

    def _cost(self, name: str) -> dict[str, float] | None:
        """Return what a measure costs with all that it needs; None if that is not known."""
        costs = [self.named[one].spec.cost for one in self.needs.of[name]]
        known = [cost for cost in costs if cost is not None]
        if len(known) < len(costs):
            return None
        return {
            "once_meur": sum(cost.once_meur for cost in known),
            "yearly_meur": sum(cost.yearly_meur for cost in known),
        }


def assessment_of(
    scenario: LoadedScenario,
    policies: Sequence[LoadedPolicy],
    measures: Sequence[LoadedMeasure],
    outcomes: Sequence[Outcome] = (),
) -> Assessment:
    """Return the assessment of some measures in a scenario.

    Raises
    ------
    UserError
        If none of them touches anything there.
    SpecError
        If one does not fit the scenario or a policy.
    """
    touch = tuple(
        one.short for one in measures if any(touching(scenario, policy, one) for policy in policies)
    )
    if not touch:
        raise UserError(
            f"--measures {','.join(one.short for one in measures)}",
            f"none of them touches anything in {scenario.name}",
            "name others, or `all`; `fivesteps show MEASURE` says which scenarios one touches",
        )
    named = {one.short: one for one in measures}
    return Assessment(scenario, tuple(policies), named, touch, tuple(outcomes))


def plan_assessment(
    scenario: str,
    policies: str | Sequence[str] | None,
    measures: str | Sequence[str],
    *,
    outcomes: str | Sequence[str] | None = None,
    values: Sequence[str] = (),
) -> tuple[Assessment, Mapping[str, str]]:
    """Return the assessment that a user asks for, and the policies left out, with the reason.

    Parameters
    ----------
    scenario
        Name in the catalogue, or path of a file.
    policies
        As `select_policies` takes them; the scenario's baseline if left out.
    measures
        As `measures_of` takes them.
    outcomes
        What is asked about; the headlines if left out.
    values
        ``PATH=VALUE`` each, as `with_values` takes them.

    Raises
    ------
    UserError, SpecError
        If a name is not known, or as `assessment_of`.
    """
    from agents import load_scenario

    what = load_scenario(scenario)
    selection = select_policies(what.baseline if policies is None else policies, what)
    what, chosen = with_values(what, selection.policies, values)
    declared = map(Outcome.of, what.outcomes)
    asked = () if outcomes is None else outcomes_named(outcomes, declared)
    return assessment_of(what, chosen, measures_of(measures), asked), selection.left_out


def orders(names: Sequence[str], most: int, seed: int) -> list[tuple[str, ...]]:
    """Return orders in which measures may come: all of them, or a sample with each one reversed.

    Parameters
    ----------
    most
        Orders at the most; a sample has an even number of them.
    """
    if factorial(len(names)) <= most:
        return list(permutations(names))
    found: dict[tuple[str, ...], None] = {}
    for number in count():
        if len(found) >= most - 1:
            break
        draws = Draws(seed, number)
        drawn = {name: draws.uniform("order", name) for name in names}
        order = tuple(sorted(names, key=drawn.__getitem__))
        found |= {order: None, order[::-1]: None}
    return list(found)
