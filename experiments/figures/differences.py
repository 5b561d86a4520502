"""Paired differences from the baseline, with 95% intervals, outcome by outcome."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.figures import lettering, scale, style
from experiments.outcomes import Comparison, Outcome, Results
from experiments.terminal import LEVEL, is_clear

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS: Final = 3
PALE: Final = 0.4
"""Opacity of an interval that leaves open which way a difference goes."""


def draw(results: Results, rows: Sequence[Comparison]) -> Figure:
    """Draw a panel for each headline outcome and in it a row for each policy."""
    outcomes = results.headlines()
    policies = [policy for policy in results.policies if policy != results.baseline]
    columns = min(COLUMNS, len(outcomes))
    lines = -(-len(outcomes) // columns)
    names = style.names(policies)
    room_in = (style.WIDTH_IN - style.NAME_IN) / columns - 0.15
    words = [_words(outcome, room_in) for outcome in outcomes]
    words_in = max(
        lettering.height_in(title, style.TEXT_PT) + lettering.height_in(unit, style.SMALL_PT)
        for title, unit in words
    )
    figure = style.new_figure(
        results,
        f"Differences from {results.baseline} in the same random worlds",
        lines * (0.4 + words_in + style.rows_height_in(names)),
        "; means and 95% intervals",
        _handles(),
    )
    grid = figure.subplots(lines, columns, sharey=True, squeeze=False)
    panels = grid.ravel().tolist()
    for panel, outcome, (title, unit) in zip(panels, outcomes, words, strict=False):
        found = {row.policy: row for row in rows if row.outcome == outcome.name}
        _panel(panel, [found[policy] for policy in policies], style.looks(results))
        panel.set_title(title)
        panel.set_xlabel(unit, fontsize=style.SMALL_PT)
    panels[0].set_yticks(range(len(policies)), names)
    panels[0].set_ylim(len(policies) - 0.5, -0.5)
    style.hide_spare(panels, len(outcomes))
    return figure


def _words(outcome: Outcome, room_in: float) -> tuple[str, str]:
    """Return title and unit of a panel, in lines."""
    title = lettering.wrapped(outcome.label, room_in, style.TEXT_PT, most=3)
    arrow = "\u2190 better" if outcome.better == "lower" else "better \u2192"
    return title, lettering.wrapped(f"{outcome.unit} ({arrow})", room_in, style.SMALL_PT, most=3)


def _panel(panel: Axes, rows: Sequence[Comparison], looks: dict[str, style.Look]) -> None:
    ends = scale.window(
        np.array([row.difference for row in rows]),
        np.array([row.low for row in rows]),
        np.array([row.high for row in rows]),
    )
    panel.axvline(0, color="black", linewidth=0.9)
    panel.set_xlim(ends or (-1, 1))
    notes: list[scale.Note] = []
    for place, row in enumerate(rows):
        if not math.isnan(row.difference):
            look = looks[row.policy]
            at = scale.within(row.difference, ends)
            _row(panel, (at, place), row, look)
            notes += scale.notes([row.difference], [ends], (at, place), look.color)
    scale.write(panel, notes)
    style.plain_numbers(panel.xaxis, most=4)
    panel.grid(axis="y", visible=False)
    panel.tick_params(axis="y", length=0)


def _row(panel: Axes, at: tuple[float, float], row: Comparison, look: style.Look) -> None:
    """Draw a difference: what is not sure is pale, broken and hollow."""
    clear = is_clear(row)
    if at[0] == row.difference and not math.isnan(row.low):
        panel.plot(
            [row.low, row.high],
            [at[1], at[1]],
            color=look.color,
            alpha=1 if clear else PALE,
            linewidth=2 if clear else 1.2,
            linestyle="-" if clear else (0, (3, 1.5)),
        )
    panel.plot(
        *at,
        marker=look.marker,
        markersize=5.5 if clear else 4.5,
        color=look.color if clear else "white",
        markeredgecolor=look.color,
        linestyle="",
        clip_on=False,
        zorder=4,
    )


def _handles() -> list[Artist]:
    from matplotlib.lines import Line2D

    clear = Line2D(
        [],
        [],
        color=style.GREY,
        linewidth=2,
        marker="o",
        label=f"sure: interval without zero, and adjusted p < {LEVEL}",
    )
    unclear = Line2D(
        [],
        [],
        color=style.GREY,
        alpha=PALE,
        linewidth=1.2,
        linestyle=(0, (3, 1.5)),
        marker="o",
        markerfacecolor="white",
        label="unclear",
    )
    outside = Line2D([], [], linestyle="", label="arrow: lies outside, at the value given")
    return [clear, unclear, outside]
