"""Paired differences from the baseline, with 95% intervals, outcome by outcome."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from experiments.figures import style
from experiments.outcomes import Comparison, Outcome, Results
from experiments.terminal import LEVEL, is_clear

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS: Final = 3


def draw(results: Results, rows: Sequence[Comparison]) -> Figure:
    """Draw a panel for each headline outcome and in it a row for each policy."""
    outcomes = results.headlines()
    policies = [policy for policy in results.policies if policy != results.baseline]
    columns = min(COLUMNS, len(outcomes))
    lines = -(-len(outcomes) // columns)
    height = 1.1 + lines * (1.05 + style.rows_height_in(policies))
    title = f"Differences from {results.baseline} in the same random worlds"
    figure = style.new_figure(results, title, height, "; mean and 95% interval")
    grid = figure.subplots(lines, columns, sharey=True, squeeze=False)
    panels = grid.ravel().tolist()
    for panel, outcome in zip(panels, outcomes, strict=False):
        found = {row.policy: row for row in rows if row.outcome == outcome.name}
        _panel(panel, outcome, [found[policy] for policy in policies], style.looks(results))
    panels[0].set_yticks(range(len(policies)), style.names(policies))
    panels[0].set_ylim(len(policies) - 0.5, -0.5)
    style.hide_spare(panels, len(outcomes))
    style.legend(figure, _handles())
    return figure


def _panel(
    panel: Axes, outcome: Outcome, rows: Sequence[Comparison], looks: dict[str, style.Look]
) -> None:
    panel.axvline(0, color="black", linewidth=0.9)
    for place, row in enumerate(rows):
        if math.isnan(row.difference):
            continue
        look = looks[row.policy]
        if not math.isnan(row.low):
            panel.plot([row.low, row.high], [place, place], color=look.color, linewidth=2)
        panel.plot(
            row.difference,
            place,
            marker=look.marker,
            markersize=6,
            color=look.color if is_clear(row) else "white",
            markeredgecolor=look.color,
            linestyle="",
        )
    style.few_numbers(panel.xaxis)
    panel.grid(axis="y", visible=False)
    panel.tick_params(axis="y", length=0)
    panel.margins(x=0.08)
    panel.set_title(style.wrapped(outcome.label, 32))
    arrow = "\u2190 better" if outcome.better == "lower" else "better \u2192"
    panel.set_xlabel(f"difference in {outcome.unit}\n{arrow}")


def _handles() -> list[Artist]:
    from matplotlib.lines import Line2D

    def handle(label: str, face: str) -> Line2D:
        return Line2D(
            [],
            [],
            color=style.GREY,
            linewidth=2,
            marker="o",
            markerfacecolor=face,
            label=label,
        )

    return [
        handle(f"interval excludes zero and adjusted p < {LEVEL}", style.GREY),
        handle("unclear", "white"),
    ]
