"""What all figures share: fonts, how policies look, titles and legends.

A policy is told apart three ways - by colour, by line and by marker - so that figures work for
colour-blind readers and printed in grey. The baseline is black.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from experiments.outcomes import F64, Results

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

Line = Literal["-"] | tuple[int, tuple[float, ...]]

WIDTH_IN: Final = 8.0
DPI: Final = 150
MARGIN_IN: Final = 0.08
TITLE_LINE_IN: Final = 0.18
TITLE_COLUMNS: Final = 88
HANDLE_IN: Final = 0.7
CHARACTER_IN: Final = 0.062
NAME_COLUMNS: Final = 32
"""Longest line in the name of a policy."""
ROW_IN: Final = 0.24
MOST_COLUMNS: Final = 4
HEADER_IN: Final = 0.22
"""Space for the line below the title."""
GREY: Final = "0.45"

ORDER: Final = (0, 3, 2, 1, 4, 9, 5, 7, 6, 8)
"""Seaborn's `colorblind` palette, strong colours first."""

LINES: Final[tuple[Line, ...]] = (
    (0, (6, 1.5)),
    (0, (1.5, 1.2)),
    (0, (6, 1.5, 1.2, 1.5)),
    "-",
    (0, (3, 1.2, 1.2, 1.2, 1.2, 1.2)),
    (0, (10, 2)),
    (0, (4, 3)),
)
MARKERS: Final = "sD^vPX<>p*h"
HATCHES: Final = ("///", "...", "\\\\\\", "xxx", "|||", "---", "+++", "ooo")

THOUSANDS_FROM: Final = 10_000
WIDE: Final = 20.0
"""Ratio of the largest to the smallest value from which an axis is logarithmic."""

SETTINGS: Final[dict[Any, Any]] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "0.3",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.linewidth": 0.8,
    "grid.color": "0.9",
    "grid.linewidth": 0.7,
    "hatch.linewidth": 0.5,
    "lines.linewidth": 1.6,
    "lines.markersize": 5,
    "svg.hashsalt": "fivesteps",
    "svg.fonttype": "none",
}


KNOWN: Final = (
    "availability",
    "full-pool",
    "hit-no-hit",
    "hub-and-spoke",
    "need-to-know",
    "originator-control",
    "request-response",
)
"""Policies of the catalogue whose looks never change; a new one goes to the end."""


@dataclass(frozen=True)
class Look:
    """How a policy is drawn."""

    color: str
    line: Line
    marker: str
    hatch: str


def looks(results: Results) -> dict[str, Look]:
    """Return how each policy is drawn, the same in every figure of a run."""
    return looks_of(results.policies, results.baseline)


def looks_of(policies: Sequence[str], baseline: str) -> dict[str, Look]:
    """Return how each of some policies is drawn.

    Those of the catalogue look the same in every figure, but for the baseline, which is black;
    others get what is left, in their order.
    """
    from seaborn import color_palette

    palette = color_palette("colorblind").as_hex()
    found = {baseline: Look("black", "-", "o", "")}
    others = [policy for policy in policies if policy != baseline]
    places = {policy: KNOWN.index(policy) for policy in others if policy in KNOWN}
    spare = (number for number in count() if number not in places.values())
    for policy in others:
        number = places[policy] if policy in places else next(spare)
        found[policy] = Look(
            color=palette[ORDER[number % len(ORDER)]],
            line=LINES[number % len(LINES)],
            marker=MARKERS[number % len(MARKERS)],
            hatch=HATCHES[number % len(HATCHES)],
        )
    return {policy: found[policy] for policy in policies}


@contextmanager
def settings() -> Iterator[None]:
    """Draw and save with the settings of all figures; nothing global stays changed."""
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        yield


def new_figure(results: Results, title: str, height_in: float, note: str = "") -> Figure:
    """Return an empty figure with its title and, below, what the data are."""
    return page(title, data_line(results) + note, height_in)


def page(title: str, line: str, height_in: float, width_in: float = WIDTH_IN) -> Figure:
    """Return an empty figure with its title and one line below."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    heading = textwrap.fill(title, round(TITLE_COLUMNS * width_in / WIDTH_IN))
    depth_in = MARGIN_IN + TITLE_LINE_IN * (heading.count("\n") + 1)
    left = MARGIN_IN / width_in
    top = 1 - MARGIN_IN / height_in
    figure.suptitle(heading, x=left, y=top, ha="left", va="top", fontsize=10.5, fontweight="bold")
    figure.text(left, 1 - depth_in / height_in, line, va="top", color=GREY, fontsize=9)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0, 0, 1, 1 - (depth_in + HEADER_IN) / height_in))  # type: ignore[call-arg]
    return figure


def data_line(results: Results) -> str:
    """Say which data a figure shows: scenario, replications, seed."""
    plural = "" if results.replications == 1 else "s"
    count = f"{results.replications:,} world{plural}"
    if not results.complete:
        finished = int(results.done.all(axis=0).sum())
        count = f"{finished:,} of {count} finished"
    return f"scenario {results.scenario}, {count}, seed {results.seed}"


def legend(figure: Figure, handles: Sequence[Artist]) -> None:
    """Put a legend below the panels, in as many columns as fit."""
    labels = [wrapped(str(handle.get_label()), NAME_COLUMNS) for handle in handles]
    longest = max(len(line) for label in labels for line in label.splitlines())
    columns = int(figure.get_figwidth() / (HANDLE_IN + CHARACTER_IN * longest))
    figure.legend(
        list(handles),
        labels,
        loc="outside lower center",
        ncols=max(1, min(MOST_COLUMNS, columns, len(labels))),
        frameon=False,
        handlelength=3.4,
        columnspacing=1.8,
    )


def line_handles(results: Results, *, markers: bool = True) -> list[Artist]:
    """Return legend entries for policies as lines."""
    from matplotlib.lines import Line2D

    return [
        Line2D(
            [],
            [],
            color=look.color,
            linestyle=look.line,
            marker=look.marker if markers else "",
            label=_with_baseline(policy, results),
        )
        for policy, look in looks(results).items()
    ]


def _with_baseline(policy: str, results: Results) -> str:
    return f"{policy} (baseline)" if policy == results.baseline else policy


def plain_numbers(axis: Axis) -> None:
    """Write ticks as plain numbers with separators, and not too many."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))


def few_numbers(axis: Axis) -> None:
    """Write at most five ticks, ten thousands and more as 10k: for narrow panels."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(_short))


def _short(value: float, _place: int | None = None) -> str:
    if abs(value) >= THOUSANDS_FROM:
        return f"{value / 1000:,.10g}k"
    return f"{value:,.10g}"


def is_wide(values: F64) -> bool:
    """Tell whether values, where known, are better shown on a logarithmic axis."""
    known = values[np.isfinite(values)]
    return bool(known.size) and bool(known.min() > 0) and bool(known.max() > WIDE * known.min())


def logarithmic(panel: Axes, *, vertical: bool = False) -> None:
    """Make the horizontal, or the vertical, axis logarithmic, with plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis = panel.yaxis if vertical else panel.xaxis
    (panel.set_yscale if vertical else panel.set_xscale)("log")
    axis.set_major_locator(LogLocator(numticks=6))
    axis.set_major_formatter(FuncFormatter(_plain))
    axis.set_minor_formatter(NullFormatter())


def _plain(value: float, _place: int | None = None) -> str:
    return f"{value:,.10g}"


def names(policies: Sequence[str]) -> list[str]:
    """Return the names of policies for an axis, long ones in several lines."""
    return [wrapped(policy, NAME_COLUMNS) for policy in policies]


def rows_height_in(policies: Sequence[str]) -> float:
    """Return the height that a row for each policy takes."""
    return ROW_IN * sum(1 + 0.7 * label.count("\n") for label in names(policies))


def wrapped(text: str, columns: int) -> str:
    """Break a text into lines."""
    return textwrap.fill(text, columns)


def best_corner(panel: Axes, *, right: bool, top: bool) -> None:
    """Mark the corner in which a policy would be best."""
    panel.annotate(
        "best",
        (float(right), float(top)),
        xycoords="axes fraction",
        xytext=(-4 if right else 4, -4 if top else 4),
        textcoords="offset points",
        ha="right" if right else "left",
        va="top" if top else "bottom",
        fontsize=8,
        style="italic",
        color=GREY,
    )


def hide_spare(panels: Sequence[Axes], used: int) -> None:
    """Hide the panels of a grid that nothing was drawn in."""
    for spare in panels[used:]:
        spare.set_visible(False)
