"""What drives an answer: changes one at a time, Morris' measures, Sobol' indices.

Each picture has a row for a parameter, the most influential on top. Of many parameters it shows
`MOST_ROWS` and says how far the rest reach.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.figures import lettering, style, ticks
from experiments.outcomes import F64, I64, Mask, Outcome

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.analysis import Indices, Noise, Screening, Swing, Swings

MOST_ROWS: Final = 20
LABEL_IN: Final = 2.3
ROW_IN: Final = 0.22
FRAME_IN: Final = 0.75
"""Height that the axis takes."""
PALE: Final = 0.3
"""Opacity of a bar whose interval leaves open which way it goes."""

DARK: Final = "#0173b2"
LIGHT: Final = "#de8f05"
"""The first two of the palette of policies; also told apart in grey."""
SHADE: Final = "0.88"


STEP: Final = 0.38
"""Height of a bar, as a part of a row."""
GAP: Final = 0.24
LEVEL_IN: Final = 1.4

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
    words
        What parameters are called; those that are left out, by their names.
    """

    outcome: Outcome
    policy: str
    baseline: str | None
    line: str
    words: Mapping[str, str] = field(default_factory=dict)

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
    bars = [
        _Bar.of(swings, row, number, middle)
        for row, middle in zip(order.tolist(), middles.tolist(), strict=True)
        for number in range(len(swings.swings[row]))
    ]
    usual = {way: _usual(bars, way, len(order)) for way in _WAYS}
    drawn = [way for way in _WAYS if any(bar.way == way for bar in bars)]
    unless = {way: f" ({level} unless written)" if level else "" for way, level in usual.items()}
    handles = [_patch(f"{way}{unless[way]}", *_WAYS[way]) for way in drawn]
    figure, (panel,) = _page(
        f"One guess at a time. {answer.title}",
        f"{answer.line}; 95% intervals",
        _labels(answer, swings.names, order),
        [1],
        [*handles, _patch("pale: the interval includes zero", "0.8", "")],
        middles,
    )
    panel.axvline(0, color="black", linewidth=0.9)
    for bar in bars:
        bar.draw(panel, usual[bar.way])
    panel.margins(x=0.12)
    _nothing(panel, swings.sizes)
    style.plain_numbers(panel.xaxis)
    declared = ticks.number(float(f"{swings.declared:.3g}"))
    _across(
        panel,
        f"change from {declared} as declared, in {answer.outcome.unit}",
        _rest(swings.sizes, order, "changes it by more than"),
    )
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
            alpha=PALE if swing.low <= 0 <= swing.high else 1,
        )
        known = [end for end in (swing.low, swing.high) if np.isfinite(end)]
        if known:
            panel.hlines(self.place, known[0], known[-1], color="0.2", linewidth=0.9, zorder=2.5)
        if not np.isfinite(swing.change) or not swing.change or swing.level == usual:
            return
        right = swing.change >= 0
        ends = [*known, swing.change, 0.0]
        panel.annotate(
            lettering.wrapped(swing.level, LEVEL_IN, style.LEAST_PT, most=1),
            (max(ends) if right else min(ends), self.place),
            xytext=(3 if right else -3, 0),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
            fontsize=style.LEAST_PT,
            color="0.35",
        )


def draw_screening(screening: Screening, answer: Answer) -> Figure:
    """Draw Morris' measures: how much each parameter matters, and how evenly."""
    order = _order(screening.mu_star)
    floor = np.nan_to_num(screening.floor[order])
    handles = [
        _mark("more of it: higher", ">", DARK),
        _mark("more of it: lower", "<", DARK),
        _mark("either way", "o", DARK),
        _mark("not told from noise", "o", "white"),
        _patch("what noise alone gives", SHADE, ""),
    ]
    figure, (left, right) = _page(
        f"What drives the answer. {answer.title}",
        f"{answer.line}; {_noise(screening.noise)}",
        _labels(answer, screening.names, order),
        [1.9, 1],
        handles if floor.any() else handles[:-2],
    )
    places = np.arange(len(order))
    left.barh(places, floor, height=0.9, color=SHADE, linewidth=0)
    low, high = screening.mu_star_low[order], screening.mu_star_high[order]
    _whiskers(left, places, low, high, DARK, 1.8)
    _dots(left, places, screening.mu_star[order], screening.mu[order], screening.is_clear[order])
    left.set_xlim(left=0)
    _nothing(left, screening.mu_star)
    _across(
        left,
        f"mu*: mean size of the effect of the whole range, in {answer.outcome.unit}",
        _rest(screening.mu_star, order, "has more than"),
    )
    right.plot(screening.sigma[order], places, "o", color=DARK, markersize=4.5)
    right.set_xlim(left=0)
    right.set_xlabel("sigma: spread (curved,\nor with others)", fontsize=style.SMALL_PT)
    right.tick_params(axis="y", length=0)
    right.grid(axis="y", visible=False)
    for panel in (left, right):
        style.plain_numbers(panel.xaxis, most=4)
    return figure


def draw_indices(indices: Indices, answer: Answer) -> Figure:
    """Draw Sobol' indices of first and total order with their intervals."""
    order = _order(indices.total)
    floor = np.nan_to_num(indices.floor)
    handles = [
        _mark("first order: by itself", "s", LIGHT),
        _mark("total: with the others", "o", DARK),
        _mark("not told from noise", "o", "white"),
        _patch("total that noise alone gives", SHADE, ""),
    ]
    figure, (panel,) = _page(
        f"What drives the answer. {answer.title}",
        f"{answer.line}; {_noise(indices.noise)}",
        _labels(answer, indices.names, order),
        [1],
        handles if floor > 0 else handles[:-2],
    )
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
    _across(
        panel,
        "share of the variance between settings",
        _rest(indices.total, order, "has a total index above"),
    )
    style.plain_numbers(panel.xaxis)
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


def _page(
    title: str,
    line: str,
    labels: Sequence[str],
    widths: Sequence[float],
    handles: Sequence[Artist],
    middles: F64 | None = None,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with a label beside each row.

    Parameters
    ----------
    middles
        Of rows that differ in height, in rows from the top; left out, all are one high.
    """
    at = np.arange(len(labels)) if middles is None else middles
    ends = np.array([-0.5, *((at[1:] + at[:-1]) / 2), 0.0])
    ends[-1] = 2 * at[-1] - ends[-2] if len(at) else 0.5
    least = min(np.diff(ends), default=1.0)
    row_in = max(ROW_IN, style.rows_height_in(labels) / len(labels) / least if labels else ROW_IN)
    figure = style.page(title, line, FRAME_IN + row_in * max(3, ends[-1] + 0.5), handles=handles)
    grid = figure.subplots(
        1, len(widths), sharey=True, squeeze=False, gridspec_kw={"width_ratios": list(widths)}
    )
    panels: list[Axes] = grid.ravel().tolist()
    panels[0].set_yticks(at.tolist(), labels, linespacing=1.0)
    panels[0].set_ylim(ends[-1], -0.5)
    panels[0].grid(axis="y", visible=False)
    panels[0].tick_params(axis="y", length=0)
    return figure, panels


def _labels(answer: Answer, names: Sequence[str], order: I64) -> list[str]:
    """Return what stands beside each row."""
    said = (answer.words.get(names[row], names[row]) for row in order)
    return [lettering.wrapped(text, LABEL_IN, style.SMALL_PT, most=2) for text in said]


def _across(panel: Axes, text: str, rest: str) -> None:
    """Say below a panel what its values are, and what is not shown."""
    room = style.WIDTH_IN - LABEL_IN - 0.4
    if panel.get_subplotspec().colspan.stop < panel.get_gridspec().ncols:  # type: ignore[union-attr]
        room = room * 1.9 / 2.9
    parts = [lettering.wrapped(part, room, style.SMALL_PT, most=3) for part in (text, rest) if part]
    panel.set_xlabel("\n".join(parts), fontsize=style.SMALL_PT)


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
    return f"not shown: {left.size} more, none of which {verb} {known.max():.2g}"


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
