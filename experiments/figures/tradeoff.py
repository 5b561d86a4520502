"""What an effect costs: effect against unnecessary disclosures and against load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.figures import style
from experiments.outcomes import F64, Group, Mask, Outcome, Results, mean_interval

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_EFFECTS: Final = 3
NEEDLESS: Final = ("unnecessary",)
"""In the name of the outcome that counts disclosures nobody needed."""
SHARE: Final = "share"
"""Unit of outcomes from 0 to 1."""
LOADS: Final = ("load", "backlog")
"""In the names of outcomes that tell how much there is to read, best first."""


def draw(results: Results) -> Figure | None:
    """Draw effects (down) against costs (across); None if the scenario lacks either."""
    effects = [o for o in results.outcomes if o.group == "effect"]
    effects = ([o for o in effects if o.headline] or effects)[:MOST_EFFECTS]
    costs = [*_cost(results, "rights", NEEDLESS), *_cost(results, "cost", LOADS)]
    if not effects or not costs:
        return None
    height = 1.4 + 2.5 * len(effects)
    title = "What the effect costs: means of each policy and the Pareto front"
    figure = style.new_figure(results, title, height, "; bars are 95% intervals of the means")
    grid = figure.subplots(len(effects), len(costs), sharex="col", sharey="row", squeeze=False)
    for line, effect in enumerate(effects):
        for place, cost in enumerate(costs):
            _panel(grid[line, place], results, cost, effect)
        grid[line, 0].set_ylabel(_label(effect, results, "\u2193", "\u2191", 34))
    for place, cost in enumerate(costs):
        grid[-1, place].set_xlabel(_label(cost, results, "\u2190", "\u2192", 48))
    style.legend(figure, _handles(results))
    return figure


def pareto(x: F64, y: F64, *, lower_x: bool, lower_y: bool) -> Mask:
    """Return which points no other point beats: as good in both and better in one.

    Parameters
    ----------
    x, y
        Shape (n,); points with NaN are never on the front.
    lower_x, lower_y
        Whether lower is better.
    """
    a = x if lower_x else -x
    b = y if lower_y else -y
    as_good = (a[:, None] <= a) & (b[:, None] <= b)
    better = (a[:, None] < a) | (b[:, None] < b)
    beaten = (as_good & better).any(axis=0)
    front: Mask = ~beaten & np.isfinite(x) & np.isfinite(y)
    return front


def _cost(results: Results, group: Group, parts: Sequence[str]) -> list[Outcome]:
    """Return the outcome of a group to draw: by its name, or its headline, or its first."""
    every = [outcome for outcome in results.outcomes if outcome.group == group]
    named = [outcome for part in parts for outcome in every if part in outcome.name]
    return [*named, *(outcome for outcome in every if outcome.headline), *every][:1]


def _panel(panel: Axes, results: Results, cost: Outcome, effect: Outcome) -> None:
    x, y = results.restricted(cost), results.restricted(effect)
    at_x, at_y = _means(x), _means(y)
    lower_x, lower_y = cost.better == "lower", effect.better == "lower"
    front = pareto(at_x, at_y, lower_x=lower_x, lower_y=lower_y)
    order = np.flatnonzero(front)[np.argsort(at_x[front])]
    panel.plot(at_x[order], at_y[order], color=style.GREY, linewidth=1.1, zorder=1)
    for point, look in enumerate(style.looks(results).values()):
        panel.errorbar(
            at_x[point],
            at_y[point],
            xerr=_bar(x[point], *_range(results, cost)),
            yerr=_bar(y[point], *_range(results, effect)),
            color=look.color,
            marker=look.marker,
            markersize=7,
            markerfacecolor=look.color if front[point] else "white",
            elinewidth=1.1,
            linestyle="",
        )
    if style.is_wide(at_x):
        style.logarithmic(panel)
    else:
        style.plain_numbers(panel.xaxis)
    style.plain_numbers(panel.yaxis)
    panel.margins(0.08)
    style.best_corner(panel, right=not lower_x, top=not lower_y)


def _means(values: F64) -> F64:
    known = [row[np.isfinite(row)] for row in values]
    return np.array([row.mean() if row.size else np.nan for row in known])


def _range(results: Results, outcome: Outcome) -> tuple[float, float]:
    """Return the values that an outcome can have; one that was never negative cannot be."""
    if outcome.time:
        return 0.0, results.horizon(outcome)
    values = results.restricted(outcome)
    known = values[np.isfinite(values)]
    least = 0.0 if (known >= 0).all() else -np.inf
    most = 1.0 if outcome.unit == SHARE and (known <= 1).all() else np.inf
    return least, most


def _bar(values: F64, least: float, most: float) -> F64:
    """Return how far the interval of the mean reaches down and up, within what is possible."""
    known = values[np.isfinite(values)]
    low, high = mean_interval(known)
    if not np.isfinite(high - low):
        return np.zeros((2, 1))
    mean = known.mean()
    return np.array([[mean - max(low, least)], [min(high, most) - mean]]).clip(0)


def _label(outcome: Outcome, results: Results, less: str, more: str, columns: int) -> str:
    arrow = less if outcome.better == "lower" else more
    unit = f"up to {results.horizon(outcome):g} {outcome.unit}" if outcome.time else outcome.unit
    return f"{style.wrapped(outcome.label, columns)}\nmean, {unit} ({arrow} better)"


def _handles(results: Results) -> Sequence[Artist]:
    from matplotlib.lines import Line2D

    policies = [
        Line2D([], [], linestyle="", marker=look.marker, color=look.color, label=policy)
        for policy, look in style.looks(results).items()
    ]
    front = Line2D([], [], color=style.GREY, label="Pareto front (filled)")
    return [*policies, front]
