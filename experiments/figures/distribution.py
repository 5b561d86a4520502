"""Distribution of one outcome under each policy: cumulative shares, and violins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.figures import lettering, style
from experiments.outcomes import F64, Outcome, Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GRID_POINTS: Final = 160
FEWEST: Final = 3
"""Fewest different values that have a density worth drawing."""


def draw(results: Results, outcome: Outcome) -> Figure:
    """Draw one outcome.

    The curve of a time ends at the horizon, below 1 if it was not always reached; the violins
    show the times that were reached, and the figures beside them how often.
    """
    names = style.names(results.policies)
    figure = style.new_figure(
        results,
        f"{outcome.label}: distribution by policy",
        max(2.6, 0.95 + style.rows_height_in(names)),
        handles=style.line_handles(results),
    )
    left, right = figure.subplots(1, 2)
    unit = lettering.wrapped(
        f"{outcome.unit} ({outcome.better} is better)", 2.0, style.TEXT_PT, most=3
    )
    log = not outcome.time and style.is_wide(results.values[outcome.name])
    for panel in (left, right):
        if log:
            style.logarithmic(panel)
        else:
            style.plain_numbers(panel.xaxis)
        panel.set_xlabel(unit)
    _cumulative(left, results, outcome)
    _violins(right, results, outcome, log=log)
    if outcome.time and not log:
        for panel in (left, right):
            panel.set_xlim(0, results.horizon(outcome))
    return figure


def _cumulative(panel: Axes, results: Results, outcome: Outcome) -> None:
    """Draw the share of lanes at or below each value; lanes never reached count below the line."""
    panel.set_ylim(0, 1.02)
    panel.set_ylabel("share of replications")
    panel.set_title("Cumulative share" + (" reached" if outcome.time else ""))
    values = results.values[outcome.name]
    known = values[np.isfinite(values)]
    if not known.size:
        said = (
            "not reached in any replication" if outcome.time else "not defined in any replication"
        )
        panel.text(0.5, 0.5, said, transform=panel.transAxes, ha="center", color=style.GREY)
        return
    start = 0.0 if outcome.time else known.min()
    end = results.horizon(outcome) if outcome.time else known.max()
    for number, (policy, look) in enumerate(style.looks(results).items()):
        values = results.row(outcome, policy)
        reached = np.sort(values[np.isfinite(values)])
        of = values.size if outcome.time else reached.size
        if not of:
            continue
        x = np.concatenate(([start], reached, [end]))
        y = np.concatenate(([0], np.arange(1, reached.size + 1), [reached.size])) / of
        every = max(1, x.size // 5)
        panel.step(
            x,
            y,
            where="post",
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            markersize=4,
            markevery=(min(number * every // len(results.policies) + 1, x.size - 1), every),
            label=policy,
        )


def _violins(panel: Axes, results: Results, outcome: Outcome, *, log: bool) -> None:
    places = np.arange(len(results.policies))
    beside: list[tuple[float, str]] = []
    for place, (policy, look) in zip(places.tolist(), style.looks(results).items(), strict=True):
        values = results.row(outcome, policy)
        known = values[np.isfinite(values)]
        if known.size:
            _violin(panel, place, known, look, log=log)
        if outcome.time and values.size:
            beside.append((float(place), f"{known.size / values.size:.0%}"))
    at = panel.get_yaxis_transform()
    for height, text in [(-0.75, "reached"), *beside] if beside else ():
        panel.text(
            1.12, height, text, transform=at, ha="right", va="center", fontsize=style.LEAST_PT
        )
    panel.set_yticks(places, style.names(results.policies))
    panel.set_ylim(len(places) - 0.4, -0.6)
    panel.grid(axis="y", visible=False)
    panel.set_title("Density, quartiles, 90% range")


def _violin(panel: Axes, place: int, values: F64, look: style.Look, *, log: bool) -> None:
    """Draw the density (in logarithms on a logarithmic axis) and the quantiles of `values`."""
    scale = np.log10(values) if log else values
    if np.unique(scale).size >= FEWEST:
        from scipy.stats import gaussian_kde

        at = np.linspace(scale.min(), scale.max(), GRID_POINTS)
        density = gaussian_kde(scale)(at)
        half = 0.38 * density / density.max()
        x = 10**at if log else at
        panel.fill_between(
            x,
            place - half,
            place + half,
            facecolor=(look.color, 0.22),
            edgecolor=look.color,
            hatch=look.hatch,
            linewidth=0.9,
        )
    low, lower, median, upper, high = np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95))
    panel.plot([low, high], [place, place], color="black", linewidth=0.9)
    panel.plot([lower, upper], [place, place], color="black", linewidth=3.6)
    panel.plot(
        median,
        place,
        marker=look.marker,
        color="white",
        markeredgecolor="black",
        markersize=5.5,
        zorder=5,
    )
