"""Scenario discovery: the limits of boxes, and the settings they were found in."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.analysis import Box, Discovery, Limit
from experiments.figures import style
from experiments.outcomes import F64, Mask
from experiments.planning import Scale

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

LIMIT_IN: Final = 0.34
HEAD_IN: Final = 0.42
"""Height that the line above the limits of a box takes."""
SCATTER_IN: Final = 3.0
MOST_LIMITS: Final = 6
"""Most limits drawn of a box; the most restricting come first."""
BAR: Final = 0.36
CHARACTER: Final = 0.0105
"""Width of a character in a bar, as a share of it."""
INSIDE: Final = "black"
JITTER: Final = 0.28
"""How far settings that share a value are spread out: a part of the gap to the next value."""
MOST_LEVELS: Final = 12
"""Values that settings share; where there are more, they hide each other little."""
STEPS: Final = (0.7548776662, 0.5698402910)
"""Steps, modulo 1, of a sequence that fills a square evenly."""
NAME_COLUMNS: Final = 26
TICK_COLUMNS: Final = 14


def draw(
    found: Discovery,
    table: F64,
    of_interest: Mask,
    line: str,
    scales: Sequence[Scale] = (),
) -> Figure | None:
    """Draw the boxes over the ranges sampled, and below them the settings; None without a box.

    Parameters
    ----------
    found
        Its boxes worth telling are drawn; if none is, all, and the title says so.
    table
        Shape (S, K): the settings that `found` was found in.
    of_interest
        Shape (S,).
    line
        What the data are, below the title.
    scales
        What the numbers of the columns stand for; left out, they are what they say.
    """
    boxes = found.told or found.boxes
    if not boxes:
        return None
    shown = [box.limits[:MOST_LIMITS] for box in boxes]
    rows_in = sum(HEAD_IN + LIMIT_IN * len(limits) for limits in shown)
    figure = style.page(_title(found), line, 1.2 + rows_in + SCATTER_IN)
    parts = figure.subfigures(2, 1, height_ratios=[rows_in + 0.1, SCATTER_IN + 0.3], squeeze=False)
    upper, lower = parts[:, 0]
    panels = upper.subplots(
        len(boxes), 1, squeeze=False, height_ratios=[HEAD_IN + LIMIT_IN * len(s) for s in shown]
    )
    for number, (panel, box) in enumerate(zip(panels[:, 0], boxes, strict=True)):
        _limits(panel, box, f"Box {number + 1}: " if len(boxes) > 1 else "")
    if found.trajectory:
        scatter, trade = lower.subplots(1, 2, width_ratios=[3, 2])
        _trajectory(trade, found, boxes[0])
    else:
        scatter = lower.subplots()
    columns = zip(found.names, scales or [Scale()] * len(found.names), table.T, strict=True)
    axes = {name: _Axis.of(name, scale, values) for name, scale, values in columns}
    _settings(scatter, axes, boxes[0], of_interest)
    style.legend(figure, _handles(of_interest, found, boxes[0]))
    return figure


def _title(found: Discovery) -> str:
    count = len(found.told)
    by = {"prim": "PRIM", "cart": "CART"}[found.method]
    meaning = found.meaning[:1].upper() + found.meaning[1:]
    if not count:
        return f"{meaning}: no box worth telling ({by})"
    return f"{meaning}: {'a box' if count == 1 else f'{count} boxes'} of conditions ({by})"


# Limits --------------------------------------------------------------------------------------


def _limits(panel: Axes, box: Box, head: str) -> None:
    """Draw each limit of a box as a bar over the range sampled."""
    limits = box.limits[:MOST_LIMITS]
    panel.set_title(
        f"{head}{box.cases} of {box.settings} settings inside are of interest (density "
        f"{box.density:.0%}); they are {box.coverage:.0%} of all such settings (coverage)"
        f"{_not_drawn(len(box.limits) - len(limits))}"
    )
    for place, limit in enumerate(limits):
        panel.barh(place, 1, height=BAR, color="0.93", edgecolor="0.75", linewidth=0.7)
        if limit.words or limit.is_switch:
            _parts(panel, place, limit)
        else:
            low, high = _span(limit)
            panel.barh(place, high - low, left=low, height=BAR, color=style.GREY)
            _ends(panel, place, limit, (low, high))
        again = f"found again in {limit.reproduced:.0%} of halves"
        panel.text(1.02, place, again, va="center", fontsize=8, color=style.GREY)
    panel.set_yticks(
        range(len(limits)), [style.wrapped(limit.name, NAME_COLUMNS) for limit in limits]
    )
    panel.set_ylim(len(limits) - 0.4, -0.75)
    panel.set_xlim(-0.02, 1.3)
    panel.set_xticks([])
    panel.tick_params(axis="y", length=0)
    panel.grid(visible=False)
    for side in ("left", "bottom"):
        panel.spines[side].set_visible(False)


def _not_drawn(count: int) -> str:
    return f"\n{count} more limit{'s' * (count > 1)} of the box, less restricting, not drawn" * (
        count > 0
    )


def _span(limit: Limit) -> tuple[float, float]:
    """Return a limit as shares of the range sampled."""
    whole = limit.most - limit.least
    low = 0.0 if math.isnan(limit.low) else (limit.low - limit.least) / whole
    high = 1.0 if math.isnan(limit.high) else (limit.high - limit.least) / whole
    return low, high


def _parts(panel: Axes, place: int, limit: Limit) -> None:
    """Divide the bar among the words sampled, or a measure's two ways, and fill those inside."""
    words, inside = limit.sampled, limit.words
    if limit.is_switch:
        words = ("without", "with")
        inside = words[1:] if math.isnan(limit.high) else words[:1]
    width = 1 / len(words)
    most = max(1, int(width / CHARACTER) - 1)
    for number, word in enumerate(words):
        chosen = word in inside
        if chosen:
            panel.barh(place, width, left=number * width, height=BAR, color=style.GREY)
        shown = word if len(word) <= most else f"{word[: most - 1]}…"
        color = "white" if chosen else style.GREY
        at = (number + 0.5) * width
        panel.text(at, place, shown, ha="center", va="center", fontsize=8, color=color)


def _ends(panel: Axes, place: int, limit: Limit, bar: tuple[float, float]) -> None:
    """Write the limits above the bar, and the ends of the range in it."""
    write, above = limit.scale.text, place - BAR / 2 - 0.03
    for end, share in zip((limit.low, limit.high), bar, strict=True):
        if not math.isnan(end):
            panel.text(share, above, write(end), ha="center", va="bottom", fontsize=8)
    _range(panel, place, (write(limit.least), write(limit.most)), bar)


def _range(panel: Axes, place: int, ends: tuple[str, str], bar: tuple[float, float]) -> None:
    """Write the ends of the range sampled: in the bar, or beside one that is too short for it.

    An end that the bar would cut through is left out; the limit stands above it.
    """
    low, high = bar
    for share, text in zip((0.0, 1.0), ends, strict=True):
        wide = 0.012 + CHARACTER * len(text)
        reached = low <= share <= high
        inside = reached and high - low > wide
        beside = (high if share == 0 else low) if reached and not inside else share
        if not reached and abs(share - (low if share == 0 else high)) < wide:
            continue
        panel.text(
            beside + (0.006 if share == 0 else -0.006),
            place,
            text,
            ha="left" if share == 0 else "right",
            va="center",
            fontsize=8,
            color="white" if inside else style.GREY,
        )


# Settings ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Axis:
    """A parameter along a side of the picture of settings: words stand side by side."""

    label: str
    values: F64
    ticks: dict[float, str]
    """What is written, by value; empty where numbers are."""
    words: bool

    @classmethod
    def of(cls, name: str, scale: Scale, values: F64) -> _Axis:
        if scale.kind == "switch":
            return cls(name, values, {0.0: "without", 1.0: "with"}, words=False)
        if scale.is_ordered:
            return cls(f"{name} (hours)" * (scale.kind == "hours") or name, values, {}, words=False)
        there, place = np.unique(values, return_inverse=True)
        ticks = {float(at): scale.text(number) for at, number in enumerate(there.tolist())}
        return cls(name, place.astype(np.float64), ticks, words=True)

    def mark(self, axis: Axis) -> None:
        """Write the ticks."""
        if self.ticks:
            axis.set_ticks(
                list(self.ticks), [style.wrapped(t, TICK_COLUMNS) for t in self.ticks.values()]
            )
        else:
            style.few_numbers(axis)

    def spans(self, limit: Limit | None, least: float, most: float) -> list[tuple[float, float]]:
        """Return what a box holds of it, between the ends of the picture."""
        if limit is None:
            return [(least, most)]
        if self.words:
            held = [at for at, word in self.ticks.items() if word in limit.words]
            return [(at - 0.5, at + 0.5) for at in held]
        low, high = limit.low, limit.high
        return [(least if math.isnan(low) else low, most if math.isnan(high) else high)]


def _settings(panel: Axes, axes: Mapping[str, _Axis], box: Box, of_interest: Mask) -> None:
    """Draw all settings by the two parameters that the first box restricts most."""
    limits = {limit.name: limit for limit in box.limits}
    first, *others = dict.fromkeys((*limits, *axes))
    across, x_limit = axes[first], limits[first]
    down = axes[others[0]] if others else None
    x = _spread(across.values, STEPS[0])
    y = _spread(down.values, STEPS[1]) if down else np.arange(x.size) * STEPS[1] % 1
    for mask, face, size, order in ((~of_interest, "white", 14, 2), (of_interest, INSIDE, 17, 3)):
        panel.scatter(
            x[mask], y[mask], s=size, c=face, edgecolors="0.35", linewidths=0.7, zorder=order
        )
    panel.set_xlabel(across.label)
    across.mark(panel.xaxis)
    if down:
        panel.set_ylabel(down.label)
        down.mark(panel.yaxis)
    else:
        panel.set_yticks([])
    panel.margins(0.04)
    panel.set(xlim=panel.get_xlim(), ylim=panel.get_ylim())  # a side that is open ends there
    y_limit = limits.get(others[0]) if others else None
    wide = across.spans(x_limit, *panel.get_xlim())
    tall = down.spans(y_limit, *panel.get_ylim()) if down else [panel.get_ylim()]
    for x_span, y_span in itertools.product(wide, tall):
        _rectangle(panel, x_span, y_span)
    more = len(box.limits) - 2
    count = "" if more < 1 else f"; {more} more limit{'s' if more > 1 else ''} not shown"
    panel.set_title(f"All settings, and the first box{count}")


def _spread(values: F64, step: float) -> F64:
    """Spread settings that share few values out around each, so that all of them can be seen."""
    levels, place = np.unique(values, return_inverse=True)
    if len(levels) < 2 or len(levels) > MOST_LEVELS:  # noqa: PLR2004 - a gap has two ends
        return values
    gaps = np.diff(levels)
    room = np.fmin(np.append(gaps, np.inf), np.append(np.inf, gaps))
    steps = np.arange(values.size) * step % 1
    found: F64 = values + JITTER * room[place] * (2 * steps - 1)
    return found


def _rectangle(panel: Axes, wide: tuple[float, float], tall: tuple[float, float]) -> None:
    from matplotlib.patches import Rectangle

    corner, width, height = (wide[0], tall[0]), wide[1] - wide[0], tall[1] - tall[0]
    shade = Rectangle(corner, width, height, facecolor="0.5", alpha=0.22, linewidth=0, zorder=1)
    frame = Rectangle(corner, width, height, fill=False, linewidth=1.4, zorder=4)
    panel.add_patch(shade)
    panel.add_patch(frame)


# Trajectory ----------------------------------------------------------------------------------


def _trajectory(panel: Axes, found: Discovery, box: Box) -> None:
    """Draw what density cost in coverage, step by step of peeling, and where the box came to be."""
    from matplotlib.ticker import PercentFormatter

    steps = found.trajectory
    panel.plot(
        [step.coverage for step in steps],
        [step.density for step in steps],
        color=style.GREY,
        marker="o",
        markersize=3,
        linewidth=0.9,
    )
    if found.picked is not None:
        picked = steps[found.picked]
        panel.plot(
            [picked.coverage, box.coverage],
            [picked.density, box.density],
            color="black",
            linewidth=0.9,
            linestyle=(0, (1, 2)),
        )
        for place, face in ((picked, "white"), (box, "black")):
            panel.plot(
                place.coverage,
                place.density,
                marker="D",
                markersize=8,
                markeredgecolor="black",
                markerfacecolor=face,
                linestyle="",
            )
    panel.axhline(found.base, color="0.6", linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    panel.text(0.0, found.base + 0.015, "all settings", fontsize=8, color=style.GREY)
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    panel.set_xlim(-0.03, 1.03)
    panel.set_ylim(0, 1.05)
    panel.set_xlabel("coverage")
    panel.set_ylabel("density")
    panel.set_title("Peeling the first box")


def _handles(of_interest: Mask, found: Discovery, box: Box) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def mark(label: str, face: str, shape: str = "o", edge: str = "0.35") -> Line2D:
        return Line2D(
            [],
            [],
            linestyle="",
            marker=shape,
            markersize=5 if shape == "o" else 7,
            markeredgecolor=edge,
            markerfacecolor=face,
            label=label,
        )

    handles: list[Artist] = [
        mark(f"of interest ({int(of_interest.sum()):,})", INSIDE),
        mark(f"others ({int((~of_interest).sum()):,})", "white"),
        Patch(facecolor=style.GREY, label="within the limits"),
    ]
    if found.picked is None:
        return handles
    handles.append(mark("the box", "black", "D", "black"))
    picked = found.trajectory[found.picked]
    if (picked.coverage, picked.density) != (box.coverage, box.density):
        handles.append(mark("before limits of chance were taken off", "white", "D", "black"))
    return handles
