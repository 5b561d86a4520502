"""How things went over time: medians of all policies, and bands of each."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.figures import lettering, scale, style
from experiments.outcomes import F64, Results

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
MEDIAN: Final = 2
TURN: Final = (0, (1, 1.5))
COLUMNS: Final = 2
DETAIL_COLUMNS: Final = 4
TITLES: Final = {
    "aware_organisations": "Pairs of an organisation and a subject that it knows of",
    "backlog": "Backlog of all desks at that moment (reports)",
    "open_cases": "Teams and desks at work",
}
"""Series of every scenario. A backlog changes within a week: this is no mean over days."""


def bands(values: F64) -> F64:
    """Return the quantiles over replications, shape (len(QUANTILES), P, T).

    Parameters
    ----------
    values
        Shape (P, R, T); NaN is left out.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a policy without a finished lane
        found: F64 = np.nanquantile(values, QUANTILES, axis=1)
    return found


def draw(results: Results, days: F64, series: Mapping[str, F64]) -> Figure:
    """Draw a panel for each series with all policies: medians and 50% bands.

    Parameters
    ----------
    series
        The `bands` of each series by name.
    """
    columns = min(COLUMNS, len(series))
    lines = -(-len(series) // columns)
    figure = style.new_figure(
        results,
        "Over time, by policy",
        0.3 + 1.9 * lines,
        "; medians and 50% bands",
        style.line_handles(results),
    )
    grid = figure.subplots(lines, columns, sharex=True, squeeze=False)
    panels = grid.ravel().tolist()
    for panel, (name, levels) in zip(panels, series.items(), strict=False):
        for point, look in enumerate(style.looks(results).values()):
            _, lower, median, upper, _ = levels[:, point]
            panel.fill_between(days, lower, upper, color=look.color, alpha=0.1, linewidth=0)
            panel.plot(
                days,
                median,
                color=look.color,
                linestyle=look.line,
                marker=look.marker,
                markersize=4,
                markevery=max(1, days.size // 6),
            )
        panel.set_title(lettering.wrapped(title(results, name), 2.7, style.TEXT_PT, most=2))
        panel.set_xlim(min(0.0, days.min()), days.max())
        style.plain_numbers(panel.yaxis)
        style.plain_numbers(panel.xaxis)
    for panel in panels[len(series) - columns : len(series)]:
        panel.set_xlabel("day")
        panel.tick_params(labelbottom=True)
    style.hide_spare(panels, len(series))
    return figure


def draw_one(
    results: Results,
    days: F64,
    name: str,
    levels: F64,
    turns: Mapping[str, Sequence[float]] | None = None,
) -> Figure:
    """Draw one series with a panel for each policy: median, 50% and 90% bands, and the baseline.

    Panels share their vertical axis, unless one policy would leave the others flat on it.

    Parameters
    ----------
    turns
        Days from which on measures are in force, by the name of the alternative.
    """
    turning = {policy: found for policy, found in (turns or {}).items() if found}
    columns = min(DETAIL_COLUMNS, len(results.policies))
    lines = -(-len(results.policies) // columns)
    shared = not _sets_axis_alone(levels)
    names = [
        lettering.wrapped(policy, style.WIDTH_IN / columns - 0.45, style.TEXT_PT, most=3)
        for policy in results.policies
    ]
    names_in = max(lettering.height_in(text, style.TEXT_PT) for text in names)
    figure = style.new_figure(
        results,
        f"{title(results, name)}: over time, by policy",
        0.35 + (1.2 + names_in) * lines,
        "; 50% and 90% bands" + ("" if shared else "; each panel has a vertical axis of its own"),
        _handles(results, turning=bool(turning)),
    )
    grid = figure.subplots(lines, columns, sharex=True, sharey=shared, squeeze=False)
    panels = grid.ravel().tolist()
    base = levels[MEDIAN, results.policies.index(results.baseline)]
    for point, look in enumerate(style.looks(results).values()):
        low, lower, median, upper, high = levels[:, point]
        panel = panels[point]
        panel.fill_between(days, low, high, color=look.color, alpha=0.16, linewidth=0)
        panel.fill_between(days, lower, upper, color=look.color, alpha=0.32, linewidth=0)
        panel.plot(days, base, color="black", linestyle=(0, (2, 1.5)), linewidth=1.1)
        panel.plot(days, median, color=look.color)
        for day in turning.get(results.policies[point], ()):
            panel.axvline(day, color=style.GREY, linestyle=TURN, linewidth=0.9)
        panel.set_title(names[point])
        panel.set_xlim(min(0.0, days.min()), days.max())
        style.plain_numbers(panel.yaxis)
        style.plain_numbers(panel.xaxis)
        if not shared:
            _from_zero(panel, np.stack([*levels[:, point], base]))
    if shared:
        _from_zero(panels[0], levels)  # all panels share the axis: only now is its range known
    for panel in panels[len(results.policies) - columns : len(results.policies)]:
        panel.set_xlabel("day")
        panel.tick_params(labelbottom=True)
    for row in grid:
        row[0].set_ylabel(lettering.wrapped(title(results, name), 1.3, style.SMALL_PT, most=2))
    style.hide_spare(panels, len(results.policies))
    return figure


def _sets_axis_alone(levels: F64) -> bool:
    """Whether the highest policy reaches many times as far as most do."""
    known = np.nan_to_num(np.abs(levels), nan=0.0).max(axis=(0, 2))
    return bool(known.max() > scale.FAR * np.median(known) > 0)


def title(results: Results, name: str) -> str:
    """Return words for a series: its own, those of the outcome of the same name, or its name."""
    if name in TITLES:
        return TITLES[name]
    for outcome in results.outcomes:
        if outcome.name == name:
            return f"{outcome.label} ({outcome.unit})"
    return name.replace("_", " ").capitalize()


def _from_zero(panel: Axes, levels: F64) -> None:
    """Start the vertical axis at zero if nothing lies below."""
    if np.nanmin(levels, initial=0.0) >= 0:
        panel.set_ylim(bottom=0)


def _handles(results: Results, *, turning: bool) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    turn = Line2D(
        [], [], color=style.GREY, linestyle=TURN, linewidth=0.9, label="a measure comes into force"
    )
    return [
        Line2D([], [], color=style.GREY, label="median"),
        Patch(color=style.GREY, alpha=0.5, linewidth=0, label="50% of worlds"),
        Patch(color=style.GREY, alpha=0.2, linewidth=0, label="90% of worlds"),
        Line2D(
            [],
            [],
            color="black",
            linestyle=(0, (2, 1.5)),
            linewidth=1.1,
            label=f"median of {results.baseline}",
        ),
        *([turn] if turning else []),
    ]
