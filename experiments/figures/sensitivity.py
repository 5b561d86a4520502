"""What drives an answer: changes one at a time, Morris' measures, Sobol' indices.

Each picture has a row for a parameter, the most influential on top. Of many parameters it shows
`MOST_ROWS` and says how far the rest reach.
"""

from __future__ import annotations

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

    from experiments.analysis import Indices, Noise, Screening, Swings

MOST_ROWS: Final = 20
LABEL_COLUMNS: Final = 40
ROW_IN: Final = 0.25
FRAME_IN: Final = 1.75
"""Height that title, axis and legend take."""

DARK: Final = "#0173b2"
LIGHT: Final = "#de8f05"
"""The first two of seaborn's `colorblind` palette; also told apart in grey."""
SHADE: Final = "0.88"


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
    """Draw what each parameter does by itself, at its low and at its high end."""
    sizes = np.fmax(np.abs(swings.low), np.abs(swings.high))
    order = _order(sizes)
    figure, (panel,) = _page(
        f"One guess at a time. {answer.title}", f"{answer.line}; 95% intervals", order, [1]
    )
    _rows(panel, swings.names, order)
    panel.axvline(0, color="black", linewidth=0.9)
    sides = (
        (-0.19, LIGHT, "///", swings.low, swings.low_from, swings.low_to, swings.low_at),
        (0.19, DARK, "", swings.high, swings.high_from, swings.high_to, swings.high_at),
    )
    for shift, color, hatch, change, low, high, at in sides:
        places: F64 = np.arange(len(order), dtype=np.float64) + shift
        panel.barh(
            places,
            np.nan_to_num(change[order]),
            height=0.36,
            color=color if not hatch else "white",
            edgecolor=color,
            hatch=hatch,
            linewidth=0.9,
        )
        _whiskers(panel, places, low[order], high[order], "0.2", 0.9)
        apart = np.where(np.isclose(at, _usual(at), rtol=1e-9, atol=0), np.nan, at)
        _say_ends(panel, places, change[order], low[order], high[order], apart[order])
    panel.margins(x=0.12)
    _nothing(panel, sizes)
    style.plain_numbers(panel.xaxis)
    panel.set_xlabel(
        f"change from {swings.declared:.4g} as declared, in {answer.outcome.unit}"
        f"{_rest(sizes, order, 'changes it by more than')}"
    )
    handles = [
        _patch(f"low end{_unless(swings.low_at)}", LIGHT, "///"),
        _patch(f"high end{_unless(swings.high_at)}", DARK, ""),
    ]
    style.legend(figure, handles)
    return figure


def draw_screening(screening: Screening, answer: Answer) -> Figure:
    """Draw Morris' measures: how much each parameter matters, and how evenly."""
    order = _order(screening.mu_star)
    line = f"{answer.line}; {_noise(screening.noise)}"
    figure, (left, right) = _page(f"What drives the answer. {answer.title}", line, order, [2.2, 1])
    _rows(left, screening.names, order)
    places = np.arange(len(order))
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
    figure, (panel,) = _page(f"What drives the answer. {answer.title}", line, order, [1])
    _rows(panel, indices.names, order)
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


def _page(title: str, line: str, order: I64, widths: Sequence[float]) -> tuple[Figure, list[Axes]]:
    figure = style.page(title, line, FRAME_IN + ROW_IN * max(3, len(order)))
    grid = figure.subplots(
        1, len(widths), sharey=True, squeeze=False, gridspec_kw={"width_ratios": list(widths)}
    )
    return figure, grid.ravel().tolist()


def _rows(panel: Axes, names: Sequence[str], order: I64) -> None:
    labels = [_label(names[row]) for row in order]
    panel.set_yticks(range(len(order)), labels, linespacing=0.95)
    panel.set_ylim(len(order) - 0.5, -0.5)
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


def _say_ends(panel: Axes, places: F64, change: F64, low: F64, high: F64, at: F64) -> None:
    """Write at the end of each bar which number the parameter has there."""
    for place, value, *ends, number in zip(places, change, low, high, at, strict=True):
        if not np.isfinite(value) or not np.isfinite(number) or not value:
            continue
        known = [end for end in (*ends, value) if np.isfinite(end)]
        right = value >= 0
        panel.annotate(
            f"{number:.3g}",
            (max(*known, 0) if right else min(*known, 0), place),
            xytext=(3 if right else -3, 0),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
            fontsize=8,
            color="0.35",
        )


def _usual(at: F64) -> float:
    """Return the end that most parameters have, if most have the same; else NaN."""
    known, number = np.unique(at[np.isfinite(at)], return_counts=True)
    if number.size and number.max() > at.size / 2 > 1:
        return float(known[number.argmax()])
    return float("nan")


def _unless(at: F64) -> str:
    usual = _usual(at)
    return f" ({usual:.3g} unless written)" if np.isfinite(usual) else ""


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
