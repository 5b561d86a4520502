"""What came in each year: means of all policies with 95% intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.figures import lettering, style
from experiments.outcomes import Outcome, Results, mean_interval, years_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS: Final = 2
PANEL_IN: Final = 2.7
APART: Final = 0.2
"""Part of the room between two years over which policies stand side by side."""


def draw(results: Results, outcomes: Sequence[Outcome]) -> Figure:
    """Draw a panel for each outcome that is told by year.

    Parameters
    ----------
    outcomes
        Outcomes of the whole run that have years.
    """
    columns = min(COLUMNS, len(outcomes))
    lines = -(-len(outcomes) // columns)
    figure = style.new_figure(
        results,
        "By year and policy",
        0.3 + 2.1 * lines,
        "; means and 95% intervals",
        style.line_handles(results),
    )
    grid = figure.subplots(lines, columns, squeeze=False)
    panels = grid.ravel().tolist()
    for panel, outcome in zip(panels, outcomes, strict=False):
        _panel(panel, results, outcome, style.WIDTH_IN / columns)
    style.hide_spare(panels, len(outcomes))
    return figure


def _panel(panel: Axes, results: Results, outcome: Outcome, room_in: float) -> None:
    parts = years_of(results, outcome)
    place = np.arange(len(parts))
    beside = np.linspace(-APART / 2, APART / 2, len(results.policies))
    looks = list(style.looks(results).values())
    for point, look in enumerate(looks):
        rows = [results.restricted(part)[point] for part in parts]
        known = [row[np.isfinite(row)] for row in rows]
        means = np.array([row.mean() if row.size else np.nan for row in known])
        low, high = np.array([mean_interval(row) for row in known]).T
        at = place + (beside[point] if len(looks) > 1 else 0.0)
        panel.vlines(at, low, high, color=look.color, linewidth=1.1)
        panel.plot(
            at, means, color=look.color, linestyle=look.line, marker=look.marker, markersize=4
        )
    title = f"{outcome.label} ({outcome.unit}; {outcome.better} is better)"
    panel.set_title(lettering.wrapped(title, PANEL_IN, style.TEXT_PT, most=2))
    names = [part.year or "" for part in parts]
    each_in = room_in / (len(parts) + 1)
    panel.set_xticks(place, [lettering.wrapped(_broken(n), each_in, style.SMALL_PT) for n in names])
    if panel.get_ylim()[0] < 0 <= min(np.nanmin(results.values[part.name]) for part in parts):
        panel.set_ylim(bottom=0)
    style.plain_numbers(panel.yaxis)


def _broken(year: str) -> str:
    """Return the name of a year with a place to break it, if it is one of several days."""
    return year.replace("..", " .. ")
