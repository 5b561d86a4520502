"""Outcomes that a scenario declares for each Member State, as maps."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.figures import maps, style
from experiments.outcomes import F64, Outcome, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

JOINING: Final = ("", "at", "by", "for", "from", "in", "of", "to")
"""Words that a label does not end with."""
FEWEST: Final = 2
"""Fewest states that make a map."""


def found(results: Results, codes: Sequence[str]) -> dict[str, dict[str, Outcome]]:
    """Return the outcomes by state: those named after a state, as ``assistance_el``.

    Returns
    -------
    dict[str, dict[str, Outcome]]
        By the name without the state, then by the state's code.
    """
    states = {code.lower(): code for code in codes}
    groups: dict[str, dict[str, Outcome]] = defaultdict(dict)
    for outcome in results.outcomes:
        name, _, code = outcome.name.rpartition("_")
        if name and code in states:
            groups[name][states[code]] = outcome
    return {name: group for name, group in groups.items() if len(group) >= FEWEST}


def draw(results: Results, name: str, outcomes: Mapping[str, Outcome]) -> Figure:
    """Draw a map for each policy: means over replications, all with the same shades."""
    means = {
        policy: {
            code: _mean(results.restricted(outcome)[point]) for code, outcome in outcomes.items()
        }
        for point, policy in enumerate(results.policies)
    }
    first = next(iter(outcomes.values()))
    label = _common([outcome.label for outcome in outcomes.values()])
    title = f"{label or name.replace('_', ' ').capitalize()}, by state and policy"
    unit = f"{first.unit}, mean of worlds ({first.better} is better)"
    return maps.draw_many(means, title, unit, style.data_line(results))


def _mean(values: F64) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan


def _common(labels: Sequence[str]) -> str:
    """Return the whole words with which all labels begin."""
    words = zip(*(label.split() for label in labels), strict=False)
    same = takewhile(lambda word: len(set(word)) == 1, words)
    found = [word[0].rstrip(",:(-") for word in same]
    while found and found[-1] in JOINING:
        found.pop()
    return " ".join(found)
