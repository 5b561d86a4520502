"""Policies in several outcomes, two at a time: which are on the front, and how surely."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.analysis import Front, Standing, Status
from experiments.figures import style
from experiments.outcomes import F64, Outcome

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS: Final = 3
PANEL_IN: Final = 2.5
FILLS: Final[dict[Status, float]] = {"front": 1.0, "possibly dominated": 0.35, "dominated": 0.0}
"""How much of its colour a marker is filled with."""
LABELS: Final[dict[Status, str]] = {
    "front": "surely not dominated",
    "possibly dominated": "possibly dominated",
    "dominated": "surely dominated",
}


def draw(found: Front, outcomes: Sequence[Outcome], baseline: str, line: str) -> Figure:
    """Draw a panel for each two outcomes.

    Parameters
    ----------
    found
        Of at least two outcomes.
    outcomes
        Those of `found`, in the same order.
    baseline
        Drawn in black.
    line
        What the data are, below the title.
    """
    pairs = list(itertools.combinations(range(len(outcomes)), 2))
    columns = min(COLUMNS, len(pairs))
    lines = -(-len(pairs) // columns)
    title = "Which policies are worth considering: means and 95% intervals"
    beside = f"{line}; standings come from paired differences, so intervals may overlap"
    figure = style.page(title, beside, 1.75 + PANEL_IN * lines)
    panels = figure.subplots(lines, columns, squeeze=False).ravel().tolist()
    looks = style.looks_of([one.policy for one in found.standings], baseline)
    for panel, (down, across) in zip(panels, pairs, strict=False):
        for standing in found.standings:
            _point(panel, standing, looks[standing.policy], across, down)
        _axes(panel, outcomes[across], outcomes[down])
        for place, vertical in ((across, False), (down, True)):
            _scale(
                panel, np.array([one.means[place] for one in found.standings]), vertical=vertical
            )
    style.hide_spare(panels, len(pairs))
    style.legend(figure, _handles(looks))
    return figure


def _point(panel: Axes, standing: Standing, look: style.Look, across: int, down: int) -> None:
    panel.errorbar(
        standing.means[across],
        standing.means[down],
        xerr=_bar(standing, across),
        yerr=_bar(standing, down),
        color=look.color,
        marker=look.marker,
        markersize=7.5,
        markerfacecolor=_face(look.color, standing.status),
        markeredgecolor=look.color,
        elinewidth=1.1,
        linestyle="",
    )


def _face(color: str, status: Status) -> tuple[float, float, float]:
    """Mix a colour with white: opaque, so that bars do not show through."""
    from matplotlib.colors import to_rgb

    share = FILLS[status]
    red, green, blue = (share * part + 1 - share for part in to_rgb(color))
    return red, green, blue


def _bar(standing: Standing, outcome: int) -> F64:
    """Return how far the interval reaches down and up; nothing where there is none."""
    mean = standing.means[outcome]
    ends = np.array([[mean - standing.lows[outcome]], [standing.highs[outcome] - mean]])
    bar: F64 = np.nan_to_num(ends).clip(0)
    return bar


def _scale(panel: Axes, means: F64, *, vertical: bool) -> None:
    if style.is_wide(means):
        style.logarithmic(panel, vertical=vertical)
    else:
        style.few_numbers(panel.yaxis if vertical else panel.xaxis)


def _axes(panel: Axes, across: Outcome, down: Outcome) -> None:
    panel.margins(0.1)
    panel.set_xlabel(_label(across, "\u2190", "\u2192", 30))
    panel.set_ylabel(_label(down, "\u2193", "\u2191", 30))
    style.best_corner(panel, right=across.better == "higher", top=down.better == "higher")


def _label(outcome: Outcome, less: str, more: str, columns: int) -> str:
    arrow = less if outcome.better == "lower" else more
    return f"{style.wrapped(outcome.label, columns)}\n{outcome.unit} ({arrow} better)"


def _handles(looks: dict[str, style.Look]) -> list[Artist]:
    from matplotlib.lines import Line2D

    policies = [
        Line2D([], [], linestyle="", marker=look.marker, color=look.color, label=policy)
        for policy, look in looks.items()
    ]
    statuses = [
        Line2D(
            [],
            [],
            linestyle="",
            marker="o",
            color=style.GREY,
            markerfacecolor=_face(style.GREY, status),
            label=label,
        )
        for status, label in LABELS.items()
    ]
    rows = -(-(len(policies) + len(statuses)) // style.MOST_COLUMNS)
    space = [Line2D([], [], linestyle="", label=" ")] * (-len(policies) % rows)
    return [*policies, *space, *statuses]
