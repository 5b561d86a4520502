"""A comparison as a user asks for it: names in, a plan out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.planning.alternatives import alternatives
from experiments.planning.assigned import with_values
from experiments.planning.plan import make_plan
from experiments.planning.selecting import select_policies

if TYPE_CHECKING:
    from experiments.outcomes import Outcome
    from experiments.planning.plan import Plan


@dataclass(frozen=True)
class Planned:
    """A plan, and what there is to say of it."""

    plan: Plan
    left_out: Mapping[str, str]
    """Policies that ``all`` left out, with the reason."""
    remarks: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Run directory if the user names none."""
        return Path("results") / f"{self.plan.scenario.name}-{self.plan.seed}"


def plan_comparison(
    scenario: str,
    policies: str | Sequence[str],
    *,
    baseline: str | None,
    seed: int,
    replications: int,
    values: Sequence[str] = (),
    measures: str | Sequence[str] | None = None,
    programmes: str | Sequence[str] | None = None,
) -> Planned:
    """Plan a comparison of policies, under measures and programmes of them.

    Parameters
    ----------
    scenario
        Name in the catalogue, or path of a file.
    policies, measures, programmes
        Names and paths, as `select_policies` and `alternatives` take them.
    values
        ``PATH=VALUE`` each, as `with_values` takes them.

    Raises
    ------
    UserError, SpecError
        If a name is not known, or anything breaks a rule.
    """
    from agents import load_scenario

    what = load_scenario(scenario)
    selection = select_policies(policies, what)
    what, chosen = with_values(what, selection.policies, values)
    made = alternatives(what, chosen, measures, programmes)
    plan = make_plan(what, made.policies, baseline=baseline, seed=seed, replications=replications)
    return Planned(plan, selection.left_out, made.remarks)


def outcomes_named(names: str | Sequence[str], outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Return the outcomes of these names; a text has commas between them.

    Raises
    ------
    UserError
        If there is none of such a name.
    """
    from scenarios.errors import unknown_name

    known = {outcome.name: outcome for outcome in outcomes}
    wanted = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
    for name in wanted:
        if name not in known:
            raise unknown_name("outcome", name, known, where="--outcomes")
    return tuple(known[name] for name in dict.fromkeys(wanted))
