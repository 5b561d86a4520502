"""Outcomes that are told by Member State, as maps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from experiments.figures import maps, style
from experiments.outcomes import F64, Outcome, Results, states_of
from scenarios.schema import NO_STATE

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(results: Results, outcome: Outcome) -> Figure:
    """Draw a map for each policy: means over replications, all with the same shades."""
    states = {code: one for code, one in states_of(results, outcome).items() if code != NO_STATE}
    means = {
        policy: {code: _mean(results.restricted(one)[point]) for code, one in states.items()}
        for point, policy in enumerate(results.policies)
    }
    title = f"{outcome.label}, by state and policy"
    unit = f"{outcome.unit}, mean of worlds ({outcome.better} is better)"
    return maps.draw_many(means, title, unit, style.data_line(results))


def _mean(values: F64) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan
