"""Outcomes by Member State: each policy against the baseline, state by state.

As in `paired`, without tests: the states of one outcome describe one thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.outcomes.paired import in_both, mean_interval, mean_of
from experiments.outcomes.values import Outcome, Results, plain


@dataclass(frozen=True)
class StateRow:
    """What a state's part of an outcome came to under a policy, and against the baseline.

    Differences are policy minus baseline in the same worlds; NaN is what cannot be said.
    """

    outcome: str
    label: str
    unit: str
    state: str
    """Code of the state; `EU` for what is of none."""
    policy: str
    baseline: str
    pairs: int
    mean: float
    mean_baseline: float
    difference: float
    low: float
    high: float

    def document(self) -> dict[str, Any]:
        """Return the row as plain JSON content; NaN becomes None."""
        return plain(self)


def states_of(results: Results, outcome: Outcome) -> Mapping[str, Outcome]:
    """Return what is recorded of an outcome by state, by the codes of states."""
    return {one.state: one for one in results.outcomes if one.state and one.total == outcome.name}


def state_rows(results: Results) -> list[StateRow]:
    """Return a row for each outcome told by state, each state, and each policy but the baseline."""
    base = results.policies.index(results.baseline)
    found = []
    for outcome in results.outcomes:
        for state, part in states_of(results, outcome).items():
            values = results.restricted(part)
            for point, policy in enumerate(results.policies):
                if point != base:
                    told = (outcome.name, outcome.label, outcome.unit, state, policy)
                    one, other = in_both(values[point], values[base])
                    found.append(
                        StateRow(
                            *told,
                            results.baseline,
                            one.size,
                            mean_of(one),
                            mean_of(other),
                            mean_of(one - other),
                            *mean_interval(one - other),
                        )
                    )
    return found
