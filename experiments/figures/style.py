"""What all figures share: fonts, how policies look, titles and legends.

A policy is told apart three ways - by colour, by line and by marker - so that figures work for
colour-blind readers and printed in grey. The baseline is black.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from experiments.figures import lettering
from experiments.figures.lettering import wrapped
from experiments.outcomes import F64, Results

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

Drawing = tuple[str, "Callable[[], Figure | None]"]
"""Name of a figure, and what draws it within `settings`: None if there is nothing to show."""

Line = Literal["-"] | tuple[int, tuple[float, ...]]

WIDTH_IN: Final = 6.3
"""Width of the text of an A4 page, 16 cm: so wide a figure stands there as it was drawn."""
DPI: Final = 200
TITLE_PT: Final = 9.5
TEXT_PT: Final = 8.0
SMALL_PT: Final = 7.5
LEAST_PT: Final = 7.0
"""Smallest letters on a page."""
MARGIN_IN: Final = 0.08
PAD_IN: Final = 0.06
"""Around panels."""
LINE_LINES: Final = 3
"""Most lines below a title."""
HANDLE_IN: Final = 0.55
"""Room for the sign of a legend, and beside its words."""
SPACING_IN: Final = 0.055
"""Between the lines of a legend."""
NAME_IN: Final = 1.55
"""Longest line in the name of a policy beside a panel."""
LEGEND_IN: Final = 2.45
"""Longest line in a legend."""
MOST_COLUMNS: Final = 5
GREY: Final = "0.45"

COLORBLIND: Final = (
    "#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc",
    "#ca9161", "#fbafe4", "#949494", "#ece133", "#56b4e9",
)  # fmt: skip
DARK: Final = (
    "#001c7f", "#b1400d", "#12711c", "#8c0800", "#591e71",
    "#592f0d", "#a23582", "#3c3c3c", "#b8850a", "#006374",
)  # fmt: skip
"""Palettes of seaborn 0.13 (Waskom, Journal of Open Source Software 6, 2021) of those names."""

ORDER: Final = (0, 3, 2, 1, 4, 9, 5, 7, 6, 8)
"""Numbers in the palettes, strong colours first."""

LINES: Final[tuple[Line, ...]] = (
    (0, (6, 1.5)),
    (0, (1.5, 1.2)),
    (0, (6, 1.5, 1.2, 1.5)),
    "-",
    (0, (3, 1.2, 1.2, 1.2, 1.2, 1.2)),
    (0, (10, 2)),
    (0, (4, 3)),
)
GLOBAL: Final = frozenset({"backend", "backend_fallback"})
"""Settings of Matplotlib that concern windows, and no figure of ours."""

MARKERS: Final = "sD^vPX<>p*h"
HATCHES: Final = ("///", "...", "\\\\\\", "xxx", "|||", "---", "+++", "ooo")

WIDE: Final = 20.0
"""Ratio of the largest to the smallest value from which an axis is logarithmic."""

SETTINGS: Final[dict[Any, Any]] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": TEXT_PT,
    "axes.titlesize": TEXT_PT,
    "axes.titlelocation": "left",
    "axes.labelsize": TEXT_PT,
    "xtick.labelsize": SMALL_PT,
    "ytick.labelsize": SMALL_PT,
    "legend.fontsize": SMALL_PT,
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "0.3",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.linewidth": 0.8,
    "grid.color": "0.9",
    "grid.linewidth": 0.7,
    "hatch.linewidth": 0.5,
    "lines.linewidth": 1.4,
    "lines.markersize": 4.5,
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
    "europol-feed",
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
    found = {baseline: Look("black", "-", "o", "")}
    others = [policy for policy in policies if policy != baseline]
    places = {policy: KNOWN.index(policy) for policy in others if policy in KNOWN}
    spare = (number for number in count() if number not in places.values())
    for policy in others:
        number = places[policy] if policy in places else next(spare)
        found[policy] = Look(
            color=COLORBLIND[ORDER[number % len(ORDER)]],
            line=LINES[number % len(LINES)],
            marker=MARKERS[number % len(MARKERS)],
            hatch=HATCHES[number % len(HATCHES)],
        )
    return {policy: found[policy] for policy in policies}


@contextmanager
def settings() -> Iterator[None]:
    """Draw and save with the settings of all figures; nothing global stays changed.

    They stand on the defaults of Matplotlib: what a `matplotlibrc` of the user says is no part of
    them.
    """
    from matplotlib import rc_context, rcParamsDefault

    own = {name: value for name, value in rcParamsDefault.items() if name not in GLOBAL}
    with rc_context({**own, **SETTINGS}):
        yield


def new_figure(
    results: Results, title: str, body_in: float, note: str = "", handles: Sequence[Artist] = ()
) -> Figure:
    """Return an empty figure with its title and, below, what the data are."""
    return page(title, data_line(results) + note, body_in, handles=handles)


def page(
    title: str,
    line: str,
    body_in: float,
    width_in: float = WIDTH_IN,
    *,
    handles: Sequence[Artist] = (),
    caption: str = "",
    foot_in: float = 0.0,
) -> Figure:
    """Return an empty figure: a title, words below it, room for panels, and a legend.

    Parameters
    ----------
    body_in
        Height of the panels with their labels; the figure is as much higher as the rest needs.
    handles
        What the legend explains.
    caption
        Words above the legend, in lines.
    foot_in
        Height that is left free at the bottom.
    """
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    from experiments.figures.sheet import Sheet

    room = width_in - 2 * MARGIN_IN
    heading = wrapped(title, room, TITLE_PT, bold=True)
    below = wrapped(line, room, SMALL_PT, most=LINE_LINES)
    first_in = lettering.height_in(heading, TITLE_PT)
    header_in = MARGIN_IN + first_in + lettering.height_in(below, SMALL_PT) + 0.06
    labels, columns, legend_in = _legend_size(handles, room)
    legend_in += lettering.height_in(caption, TEXT_PT) + 0.06 if caption else 0
    height_in = header_in + body_in + legend_in + foot_in
    bottom = (foot_in + legend_in) / height_in
    layout = ConstrainedLayoutEngine(
        rect=(0, bottom, 1, body_in / height_in), w_pad=PAD_IN, h_pad=PAD_IN
    )
    figure = Sheet((width_in, height_in), layout, settings, DPI)
    left, top = MARGIN_IN / width_in, 1 - MARGIN_IN / height_in
    figure.suptitle(
        heading, x=left, y=top, ha="left", va="top", fontsize=TITLE_PT, fontweight="bold"
    )
    figure.text(left, top - first_in / height_in, below, va="top", color=GREY, fontsize=SMALL_PT)
    if handles:
        _legend(figure, handles, labels, columns, foot_in / height_in, caption)
    return figure


def free_panel(figure: Figure, left_in: float = 0.0, height_in: float | None = None) -> Axes:
    """Return a panel without axes at the bottom of a page's body, where things stand in inches.

    Parameters
    ----------
    left_in
        Room on the left.
    height_in
        Height of the panel; that of the body if left out.
    """
    engine = figure.get_layout_engine()
    rect = engine.get()["rect"] if engine is not None else (0, 0, 1, 1)
    figure.set_layout_engine("none")
    width, height = figure.get_size_inches().tolist()
    tall = rect[3] if height_in is None else height_in / height
    panel = figure.add_axes((left_in / width, rect[1], 1 - left_in / width, tall))
    panel.set_xlim(0, width - left_in)
    panel.set_ylim(0, tall * height)
    panel.axis("off")
    return panel


def _legend_size(handles: Sequence[Artist], room_in: float) -> tuple[list[str], int, float]:
    """Return the labels of a legend, in how many columns they fit, and how high it is."""
    if not handles:
        return [], 0, 0.0
    labels = [wrapped(str(handle.get_label()), LEGEND_IN, SMALL_PT) for handle in handles]
    widths = [
        max(lettering.width_in(line, SMALL_PT) for line in label.split("\n") or [""])
        for label in labels
    ]
    columns = max(1, min(MOST_COLUMNS, len(labels), int(room_in / (HANDLE_IN + max(widths)))))
    rows = -(-len(labels) // columns)
    columns = -(-len(labels) // rows)
    heights = [lettering.height_in(label, SMALL_PT) + SPACING_IN for label in labels]
    tallest = max(sum(heights[start : start + rows]) for start in range(0, len(labels), rows))
    return labels, columns, tallest + 0.12


def _legend(
    figure: Figure,
    handles: Sequence[Artist],
    labels: Sequence[str],
    columns: int,
    bottom: float,
    caption: str,
) -> None:
    """Put a legend below the panels."""
    found = figure.legend(
        list(handles),
        list(labels),
        loc="lower center",
        bbox_to_anchor=(0.5, bottom),
        ncols=columns,
        frameon=False,
        handlelength=2.9,
        handletextpad=0.6,
        columnspacing=1.2,
        labelspacing=SPACING_IN * lettering.POINTS_IN / SMALL_PT,
        borderpad=0.4,
        borderaxespad=0.0,
        title=caption or None,
        title_fontsize=TEXT_PT,
        alignment="left",
    )
    found.set_in_layout(False)


def data_line(results: Results) -> str:
    """Say which data a figure shows: scenario, replications, seed."""
    plural = "" if results.replications == 1 else "s"
    count = f"{results.replications:,} world{plural}"
    if not results.complete:
        finished = int(results.done.all(axis=0).sum())
        count = f"{finished:,} of {count} finished"
    return f"scenario {results.scenario}, {count}, seed {results.seed}"


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


def plain_numbers(axis: Axis, *, most: int = 5) -> None:
    """Write ticks as plain numbers, and not more than there is room for."""
    from experiments.figures import ticks

    ticks.plain(axis, most=most)


def is_wide(values: F64) -> bool:
    """Tell whether values, where known, are better shown on a logarithmic axis."""
    known = values[np.isfinite(values)]
    return bool(known.size) and bool(known.min() > 0) and bool(known.max() > WIDE * known.min())


def logarithmic(panel: Axes, *, vertical: bool = False) -> None:
    """Make the horizontal, or the vertical, axis logarithmic, with plain numbers."""
    from experiments.figures import ticks

    (panel.set_yscale if vertical else panel.set_xscale)("log")
    ticks.logarithmic(panel.yaxis if vertical else panel.xaxis)


def names(policies: Sequence[str]) -> list[str]:
    """Return the names of policies for an axis, long ones in several lines."""
    return [wrapped(policy, NAME_IN, SMALL_PT) for policy in policies]


def rows_height_in(labels: Sequence[str]) -> float:
    """Return the height that rows with some labels take, all as high as the highest."""
    return len(labels) * max(lettering.height_in(label, SMALL_PT) + 0.06 for label in labels)


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
        fontsize=LEAST_PT,
        style="italic",
        color=GREY,
    )


def hide_spare(panels: Sequence[Axes], used: int) -> None:
    """Hide the panels of a grid that nothing was drawn in."""
    for spare in panels[used:]:
        spare.set_visible(False)
