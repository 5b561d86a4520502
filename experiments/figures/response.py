"""An outcome against the parameters of a design: a panel for each, the strongest first.

Where settings share few values of a parameter, they are averaged at each: main effects, with
95% intervals. Where they are sampled from a range, each is a point, with a running mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.analysis import CrossedMean, Study
from experiments.figures import lettering, style
from experiments.figures.columns import JITTER, Column
from experiments.outcomes import F64, Outcome, mean_interval

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS: Final = 3
WIDE_COLUMNS: Final = 2
"""Panels beside each other where values are words."""
MOST_PANELS: Final = 12
PANEL_IN: Final = 1.45
WINDOW: Final = 0.25
"""Share of the settings that a running mean is taken over."""
FEWEST: Final = 8
"""Settings from which a running mean says anything."""
FIXED: Final = frozenset({"factorial", "list"})
"""Designs whose settings were chosen: worlds alone are a sample."""


@dataclass(frozen=True)
class Answer:
    """What is drawn.

    Parameters
    ----------
    values
        Shape (S, P, R): the outcome, or its differences from the baseline in the same worlds.
    baseline
        What differences are from; None for the outcome itself.
    """

    outcome: Outcome
    values: F64
    policies: tuple[str, ...]
    baseline: str | None

    @property
    def title(self) -> str:
        """What is drawn, in words."""
        if self.baseline is None:
            return f"{self.outcome.label}, by parameter"
        return f"{self.outcome.label}: difference from {self.baseline}, by parameter"


def of_study(study: Study, outcome: Outcome, *, differ: bool) -> Answer:
    """Return an outcome of a study, or its differences from the baseline."""
    values, policies = study.values(outcome), study.futures.policies
    if not differ:
        return Answer(outcome, values, policies, None)
    rows = [study.policy(name) for name in study.others]
    base = values[:, [study.policy(study.futures.baseline)]]
    return Answer(outcome, values[:, rows] - base, study.others, study.futures.baseline)


def draw(study: Study, answer: Answer) -> Figure:
    """Draw a panel for each parameter."""
    futures = study.futures
    columns = [
        Column(name, scale, values)
        for name, scale, values in zip(
            futures.parameters, study.scales, futures.table.T, strict=True
        )
    ]
    with np.errstate(invalid="ignore"):
        means = np.stack([_mean(answer.values[:, point]) for point in range(len(answer.policies))])
    order = sorted(range(len(columns)), key=lambda place: -_strength(columns[place], means))
    drawn = [columns[place] for place in order[:MOST_PANELS]]
    across = WIDE_COLUMNS if any(one.has_words for one in drawn) else COLUMNS
    across = min(across, len(drawn))
    lines = -(-len(drawn) // across)
    looks = style.looks_of(futures.policies, futures.baseline)
    looks = {policy: looks[policy] for policy in answer.policies}
    figure = style.page(
        answer.title,
        _line(study, drawn, len(columns) - len(drawn)),
        lines * (PANEL_IN + 0.62),
        handles=_handles(looks),
    )
    grid = figure.subplots(lines, across, sharey=True, squeeze=False)
    panels = grid.ravel().tolist()
    chosen = study.design.get("kind") in FIXED
    for panel, column in zip(panels, drawn, strict=False):
        if answer.baseline is not None:
            panel.axhline(0, color="black", linewidth=0.9, zorder=1)
        for place, look in enumerate(looks.values()):
            if column.levels is None:
                _points(panel, column, means[place], look)
            else:
                aside = JITTER * (2 * (place + 0.5) / len(looks) - 1)
                _levels(panel, column, answer.values[:, place], look, aside, chosen=chosen)
        room_in = style.WIDTH_IN / across - 0.6
        column.label(panel.xaxis, room_in=room_in, name=study.words.get(column.name))
        if column.levels is not None:
            panel.set_xlim(-0.5, len(column.levels) - 0.5)
            panel.grid(axis="x", visible=False)
    style.plain_numbers(panels[0].yaxis)
    unit = answer.outcome.unit
    way = "\u2193" if answer.outcome.better == "lower" else "\u2191"
    said = lettering.wrapped(f"{unit} ({way}\u00a0better)", PANEL_IN, style.SMALL_PT, most=2)
    for row in grid:
        row[0].set_ylabel(said, fontsize=style.SMALL_PT)
    style.hide_spare(panels, len(drawn))
    return figure


def _mean(table: F64) -> F64:
    """Return the mean over worlds in each setting, shape (S,); NaN where there is none."""
    known = np.isfinite(table)
    count = known.sum(axis=1)
    sums = np.where(known, table, 0.0).sum(axis=1)
    return np.where(count > 0, sums / np.maximum(count, 1), np.nan)


def _strength(column: Column, means: F64) -> float:
    """Return the largest share of the variance between settings that a parameter explains.

    Of many values, those between two fifths are taken together.
    """
    if column.levels is None:
        edges = np.quantile(column.values, np.arange(1, 5) / 5)
        group = np.searchsorted(edges, column.values)
    else:
        group = np.searchsorted(column.levels, column.values)
    found = 0.0
    for values in means:
        known = np.isfinite(values)
        whole = float(np.var(values[known])) if known.any() else 0.0
        if whole <= 0:
            continue
        parts = [values[known & (group == number)] for number in np.unique(group)]
        middle = values[known].mean()
        between = sum(p.size * (p.mean() - middle) ** 2 for p in parts if p.size) / known.sum()
        found = max(found, float(between) / whole)
    return found


def _points(panel: Axes, column: Column, means: F64, look: style.Look) -> None:
    """Draw settings, and the mean of those around each."""
    known = np.isfinite(means)
    order = np.argsort(column.values[known], kind="stable")
    x, y = column.values[known][order], means[known][order]
    panel.scatter(x, y, s=7, marker=look.marker, color=look.color, alpha=0.45, linewidths=0)
    if x.size < FEWEST:
        return
    half = max(1, round(WINDOW * x.size / 2))
    at = range(half, x.size - half)
    windows = [slice(place - half, place + half + 1) for place in at]
    panel.plot(
        [x[window].mean() for window in windows],
        [y[window].mean() for window in windows],
        color=look.color,
        linestyle=look.line,
        zorder=3,
    )


def _levels(
    panel: Axes, column: Column, values: F64, look: style.Look, aside: float, *, chosen: bool
) -> None:
    """Draw the mean over the settings that share each value, with its interval."""
    at, middles = [], []
    for place, level in enumerate(np.unique(column.values)):
        middle, low, high = _interval(values[column.values == level], chosen=chosen)
        if not np.isfinite(middle):
            continue
        at.append(place + aside)
        middles.append(middle)
        if np.isfinite(low):
            panel.plot([at[-1]] * 2, [low, high], color=look.color, linewidth=1.2, zorder=2)
    panel.plot(
        at,
        middles,
        color=look.color,
        linestyle="" if column.has_words else look.line,
        linewidth=0.8,
        marker=look.marker,
        markersize=4.5,
        zorder=3,
    )


def _interval(table: F64, *, chosen: bool) -> tuple[float, float, float]:
    """Return mean and interval over settings and worlds; worlds alone if settings were chosen."""
    if not chosen:
        found = CrossedMean.of(table)
        return (found.mean, *found.interval())
    worlds = _mean(table.T)
    known = worlds[np.isfinite(worlds)]
    if not known.size:
        return np.nan, np.nan, np.nan
    return (float(known.mean()), *mean_interval(known))


def _line(study: Study, drawn: Sequence[Column], left: int) -> str:
    several = any(one.levels is not None for one in drawn)
    sampled = any(one.levels is None for one in drawn)
    parts = [
        study.line,
        "means of the settings that share a value, with 95% intervals" if several else "",
        f"points are settings, lines are means of the {WINDOW:.0%} around" if sampled else "",
        f"{left} more parameters, which tell less, are not drawn" if left else "",
    ]
    return "; ".join(part for part in parts if part)


def _handles(looks: Mapping[str, style.Look]) -> list[Artist]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=look.color, linestyle=look.line, marker=look.marker, label=policy)
        for policy, look in looks.items()
    ]
