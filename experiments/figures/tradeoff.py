"""What an effect costs: effects against load, rights and fairness, two at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.analysis import apart, front
from experiments.figures import style
from experiments.outcomes import F64, Group, Outcome, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from experiments.figures import pareto

MOST_EFFECTS: Final = 3
GAINS: Final = ("proceeds",)
"""In the names of outcomes that tell what a threat earns; drawn beside the headlines."""
COSTS: Final[tuple[tuple[Group, tuple[str, ...]], ...]] = (
    ("cost", ("load", "backlog")),
    ("rights", ("unnecessary",)),
    ("rights", ("person_years", "kept")),
    ("fairness", ("unequal", "gap")),
)
"""What stands across: of each group the outcome with the first of some words in its name, or else
the group's headline, or its first."""
ALIKE: Final = 0.01
"""A difference smaller than this part of the baseline's mean counts as none."""


def draw(results: Results) -> Figure | None:
    """Draw effects (down) against what they cost (across); None if the scenario lacks either."""
    from experiments.figures import pareto

    effects, costs = effects_of(results), costs_of(results)
    if not effects or not costs:
        return None
    outcomes = [*effects, *costs]
    values = np.stack([results.restricted(outcome)[:, None] for outcome in outcomes])
    differences = apart(values, results.policies, results.baseline)
    rows = [
        [
            _pair(values, results, outcomes, differences.base, (across, down))
            for across in range(len(effects), len(outcomes))
        ]
        for down in range(len(effects))
    ]
    line = (
        f"{style.data_line(results)}; {pareto.BARS}; filled by what is known of the two outcomes"
        f" of a panel, where less than {ALIKE:.0%} of the mean of {results.baseline} counts as"
        " no difference"
    )
    title = f"What the effect costs: differences from {results.baseline}"
    return pareto.grid(rows, differences, outcomes, results.baseline, title, line)


def _pair(
    values: F64, results: Results, outcomes: Sequence[Outcome], base: F64, places: tuple[int, int]
) -> pareto.Pair:
    """Return where policies stand in two outcomes."""
    from experiments.figures import pareto

    two = [outcomes[place] for place in places]
    found = front(
        values[list(places)],
        results.policies,
        [one.name for one in two],
        [one.better for one in two],
        indifference=[ALIKE * abs(float(np.nan_to_num(base[place]))) for place in places],
    )
    return pareto.Pair(*places, {one.policy: one.status for one in found.standings})


def effects_of(results: Results) -> list[Outcome]:
    """Return the effects to draw: headlines, and what the threat earns."""
    every = [o for o in results.outcomes if o.group == "effect" and o.tested]
    chosen = ([o for o in every if o.headline] or every)[:MOST_EFFECTS]
    return [*chosen, *(o for o in every if o not in chosen and _named(o, GAINS))][
        : MOST_EFFECTS + 1
    ]


def costs_of(results: Results) -> list[Outcome]:
    """Return what effects are drawn against: load, rights and fairness."""
    return list(dict.fromkeys(c for group, words in COSTS for c in _cost(results, group, words)))


def _cost(results: Results, group: Group, words: Sequence[str]) -> list[Outcome]:
    """Return the outcome of a group to draw: by its name, or its headline, or its first."""
    every = [o for o in results.outcomes if o.group == group and o.tested]
    named = [outcome for word in words for outcome in every if word in outcome.name]
    return [*named, *(outcome for outcome in every if outcome.headline), *every][:1]


def _named(outcome: Outcome, words: Sequence[str]) -> bool:
    return any(word in outcome.name for word in words)
