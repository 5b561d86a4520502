"""What drives an answer: changes one at a time, Morris' measures, Sobol' indices.

Each picture has a row for a parameter, the most influential on top. Of many parameters it shows
`MOST_ROWS` and says how far the rest reach.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.figures import style
from experiments.outcomes import F64, I64, Mask, Outcome

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.analysis import Indices, Noise, Screening, Swing, Swings

MOST_ROWS: Final = 20
LABEL_COLUMNS: Final = 40
ROW_IN: Final = 0.25
FRAME_IN: Final = 1.75
"""Height that title, axis and legend take."""

DARK: Final = "#0173b2"
LIGHT: Final = "#de8f05"
"""The first two of seaborn's `colorblind` palette; also told apart in grey."""
SHADE: Final = "0.88"

STEP: Final = 0.38
"""Height of a bar, as a part of a row."""
GAP: Final = 0.24
LEVEL_COLUMNS: Final = 30

LESS, MORE, WORD = "less than declared", "more than declared", "other than declared"
_WAYS: Final = {LESS: (LIGHT, "///"), MORE: (DARK, ""), WORD: ("0.6", "")}
"""Colour and hatching of what levels do."""


@dataclass(frozen=True)
class Answer:
    """What the pictures are about.

    Parameters
    ----------
    baseline
        Policy that is subtracted in the same worlds; None for the outcome itself.
    line
        What the data are: scenario, settings, replications, seed.
    """

    outcome: Outcome
    policy: str
    baseline: str | None
    line: str

    @property
    def title(self) -> str:
        """What is explained."""
        label = self.outcome.label
        if self.baseline is None:
            return f"{label} under {self.policy}"
        return f"{label}: {self.policy} minus {self.baseline}"


def draw_swings(swings: Swings, answer: Answer) -> Figure:
    """Draw what each parameter does by itself, at each of its levels."""
    order = _order(swings.sizes)
    heights = [max(1.0, STEP * len(swings.swings[row]) + GAP) for row in order.tolist()]
    middles = np.cumsum(heights) - np.array(heights) / 2 - 0.5
    figure, (panel,) = _page(
        f"One guess at a time. {answer.title}", f"{answer.line}; 95% intervals", sum(heights), [1]
    )
    _rows(panel, swings.names, order, middles)
    panel.axvline(0, color="black", linewidth=0.9)
    bars = [
        _Bar.of(swings, row, number, middle)
        for row, middle in zip(order.tolist(), middles.tolist(), strict=True)
        for number in range(len(swings.swings[row]))
    ]
    usual = {way: _usual(bars, way, len(order)) for way in _WAYS}
    for bar in bars:
        bar.draw(panel, usual[bar.way])
    panel.margins(x=0.12)
    _nothing(panel, swings.sizes)
    style.plain_numbers(panel.xaxis)
    panel.set_xlabel(
        f"change from {swings.declared:.4g} as declared, in {answer.outcome.unit}"
        f"{_rest(swings.sizes, order, 'changes it by more than')}"
    )
    drawn = [way for way in _WAYS if any(bar.way == way for bar in bars)]
    unless = {way: f" ({level} unless written)" if level else "" for way, level in usual.items()}
    style.legend(figure, [_patch(f"{way}{unless[way]}", *_WAYS[way]) for way in drawn])
    return figure


@dataclass(frozen=True)
class _Bar:
    """What a level does, with its place from the top and on which side of the declared it is."""

    swing: Swing
    place: float
    way: str

    @classmethod
    def of(cls, swings: Swings, row: int, number: int, middle: float) -> _Bar:
        levels = swings.swings[row]
        swing, place = levels[number], middle + (number - (len(levels) - 1) / 2) * STEP
        if not swings.ordered[row]:
            return cls(swing, place, WORD)
        return cls(swing, place, MORE if swing.at > swings.declared_at[row] else LESS)

    def draw(self, panel: Axes, usual: str) -> None:
        """Draw it, with its level beside it if that is not the usual one."""
        (color, hatch), swing = _WAYS[self.way], self.swing
        panel.barh(
            self.place,
            float(np.nan_to_num(swing.change)),
            height=STEP - 0.02,
            color="white" if hatch else color,
            edgecolor=color,
            hatch=hatch,
            linewidth=0.9,
        )
        known = [end for end in (swing.low, swing.high) if np.isfinite(end)]
        if known:
            panel.hlines(self.place, known[0], known[-1], color="0.2", linewidth=0.9, zorder=2.5)
        if not np.isfinite(swing.change) or not swing.change or swing.level == usual:
            return
        right = swing.change >= 0
        ends = [*known, swing.change, 0.0]
        panel.annotate(
            textwrap.shorten(swing.level, LEVEL_COLUMNS, placeholder="…"),
            (max(ends) if right else min(ends), self.place),
            xytext=(3 if right else -3, 0),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
            fontsize=8,
            color="0.35",
        )


def draw_screening(screening: Screening, answer: Answer) -> Figure:
    """Draw Morris' measures: how much each parameter matters, and how evenly."""
    order = _order(screening.mu_star)
    line = f"{answer.line}; {_noise(screening.noise)}"
    figure, (left, right) = _page(
        f"What drives the answer. {answer.title}", line, len(order), [2.2, 1]
    )
    places = np.arange(len(order))
    _rows(left, screening.names, order, places)
    floor = np.nan_to_num(screening.floor[order])
    left.barh(places, floor, height=0.9, color=SHADE, linewidth=0)
    low, high = screening.mu_star_low[order], screening.mu_star_high[order]
    _whiskers(left, places, low, high, DARK, 1.8)
    _dots(left, places, screening.mu_star[order], screening.mu[order], screening.is_clear[order])
    left.set_xlim(left=0)
    _nothing(left, screening.mu_star)
    left.set_xlabel(
        f"mu*: mean size of the effect\nof the whole range ({answer.outcome.unit})"
        f"{_rest(screening.mu_star, order, 'has more than')}"
    )
    right.plot(screening.sigma[order], places, "o", color=DARK, markersize=4.5)
    right.set_xlim(left=0)
    right.set_xlabel("sigma: spread of the effect\n(curved, or with others)")
    right.tick_params(axis="y", length=0)
    right.grid(axis="y", visible=False)
    for panel in (left, right):
        style.few_numbers(panel.xaxis)
    handles = [
        _mark("more of it: higher", ">", DARK),
        _mark("more of it: lower", "<", DARK),
        _mark("either way", "o", DARK),
        _mark("not told from noise", "o", "white"),
        _patch("what noise alone gives", SHADE, ""),
    ]
    style.legend(figure, handles if floor.any() else handles[:-2])
    return figure


def draw_indices(indices: Indices, answer: Answer) -> Figure:
    """Draw Sobol' indices of first and total order with their intervals."""
    order = _order(indices.total)
    line = f"{answer.line}; {_noise(indices.noise)}"
    figure, (panel,) = _page(f"What drives the answer. {answer.title}", line, len(order), [1])
    _rows(panel, indices.names, order, np.arange(len(order)))
    floor = np.nan_to_num(indices.floor)
    if floor > 0:
        panel.axvspan(0, floor, color=SHADE, linewidth=0)
    panel.axvline(0, color="black", linewidth=0.9)
    _nothing(panel, indices.total)
    clear = indices.is_clear[order]
    kinds: tuple[tuple[float, F64, F64, F64, str, str], ...] = (
        (-0.16, indices.first, indices.first_low, indices.first_high, LIGHT, "s"),
        (0.16, indices.total, indices.total_low, indices.total_high, DARK, "o"),
    )
    for shift, values, low, high, color, marker in kinds:
        places: F64 = np.arange(len(order), dtype=np.float64) + shift
        _whiskers(panel, places, low[order], high[order], color, 1.6)
        for place, value, is_clear in zip(places, values[order], clear, strict=True):
            face = color if is_clear else "white"
            panel.plot(
                value, place, marker, markersize=5, color=face, markeredgecolor=color, zorder=3
            )
    panel.set_xlabel(
        "share of the variance between settings"
        f"{_rest(indices.total, order, 'has a total index above')}"
    )
    style.plain_numbers(panel.xaxis)
    handles = [
        _mark("first order: by itself", "s", LIGHT),
        _mark("total: with the others", "o", DARK),
        _mark("not told from noise", "o", "white"),
        _patch("total that noise alone gives", SHADE, ""),
    ]
    style.legend(figure, handles if floor > 0 else handles[:-2])
    return figure


def _nothing(panel: Axes, sizes: F64) -> None:
    """Say so, if no parameter changes anything."""
    if np.nan_to_num(sizes).any():
        return
    panel.text(
        0.5,
        0.5,
        "in no setting is it any different",
        transform=panel.transAxes,
        ha="center",
        va="center",
        bbox={"facecolor": "white", "edgecolor": "0.7", "boxstyle": "round,pad=0.6"},
    )


def _order(sizes: F64) -> I64:
    """Return the rows to draw: the largest first, what is not known last."""
    return np.argsort(-np.nan_to_num(sizes, nan=-1.0), kind="stable")[:MOST_ROWS]


def _page(title: str, line: str, rows: float, widths: Sequence[float]) -> tuple[Figure, list[Axes]]:
    figure = style.page(title, line, FRAME_IN + ROW_IN * max(3, rows))
    grid = figure.subplots(
        1, len(widths), sharey=True, squeeze=False, gridspec_kw={"width_ratios": list(widths)}
    )
    return figure, grid.ravel().tolist()


def _rows(panel: Axes, names: Sequence[str], order: I64, places: F64 | I64) -> None:
    """Write the names beside their rows, which lie evenly around their places."""
    labels = [_label(names[row]) for row in order]
    panel.set_yticks(places.tolist(), labels, linespacing=0.95)
    last = float(places[-1]) if len(places) else 0.0
    below = 2 * last - float(places[-2]) if len(places) > 1 else last + 1
    panel.set_ylim((last + below) / 2, -0.5)
    panel.grid(axis="y", visible=False)
    panel.tick_params(axis="y", length=0)


def _label(name: str) -> str:
    """Return a name that fits beside a row: a long path is broken at the dot next to its middle."""
    if len(name) <= LABEL_COLUMNS:
        return name
    dots = [place for place, letter in enumerate(name) if letter in ".+"]
    if not dots:
        return style.wrapped(name, LABEL_COLUMNS)
    middle = min(dots, key=lambda place: abs(place - len(name) / 2))
    return f"{name[:middle]}\n{name[middle:]}"


def _whiskers(
    panel: Axes, places: F64 | I64, low: F64, high: F64, color: str, width: float
) -> None:
    known = np.isfinite(low) & np.isfinite(high)
    panel.hlines(places[known], low[known], high[known], color=color, linewidth=width, zorder=2.5)


def _dots(panel: Axes, places: I64, values: F64, signed: F64, clear: Mask) -> None:
    """Draw a mark for each value that says in which direction it goes, if in one."""
    for place, value, way, is_clear in zip(places, values, signed, clear, strict=True):
        one_way = abs(way) > value / 2
        marker = ("o" if not one_way else ">" if way > 0 else "<") if value > 0 else "o"
        panel.plot(
            value,
            place,
            marker,
            markersize=6.5,
            color=DARK if is_clear else "white",
            markeredgecolor=DARK,
            zorder=3,
        )


def _usual(bars: Sequence[_Bar], way: str, rows: int) -> str:
    """Return the level that most parameters have on a side, if most have the same; else nothing."""
    levels = Counter(bar.swing.level for bar in bars if bar.way == way).most_common(1)
    return levels[0][0] if levels and levels[0][1] > rows / 2 > 1 else ""


def _rest(sizes: F64, order: I64, verb: str) -> str:
    """Say how many rows are not drawn, and how far the largest of them reaches."""
    left = np.delete(sizes, order)
    known = left[np.isfinite(left)]
    if not known.size:
        return ""
    return f"\nnot shown: {left.size} more, none of which {verb} {known.max():.2g}"


def _noise(noise: Noise) -> str:
    if not np.isfinite(noise.share):
        return "95% intervals; noise not known"
    return f"95% intervals; noise is {noise.share:.0%} of the variance"


def _patch(label: str, color: str, hatch: str) -> Artist:
    from matplotlib.patches import Patch

    face = "white" if hatch else color
    return Patch(facecolor=face, edgecolor=color, hatch=hatch, label=label)


def _mark(label: str, marker: str, face: str) -> Artist:
    from matplotlib.lines import Line2D

    edge = DARK if face == "white" else face
    return Line2D(
        [], [], linestyle="", marker=marker, color=face, markeredgecolor=edge, label=label
    )
