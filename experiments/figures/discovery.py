"""Scenario discovery: the limits of boxes, and the settings they were found in."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.analysis import Box, Discovery, Limit
from experiments.figures import lettering, style
from experiments.figures.columns import SPREAD, Column
from experiments.outcomes import F64, Mask
from experiments.planning import Scale

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LIMIT_IN: Final = 0.34
HEAD_IN: Final = 0.55
"""Height that the line above the limits of a box takes."""
SCATTER_IN: Final = 2.6
MOST_LIMITS: Final = 6
"""Most limits drawn of a box; the most restricting come first."""
BAR: Final = 0.36
BAR_IN: Final = 3.1
"""Width of a bar, about."""
BARS: Final = 1.42
"""Right end of the axis of bars, where the range sampled ends at 1."""
INSIDE: Final = "black"
STEPS: Final = (0.7548776662, 0.5698402910)
"""Steps, modulo 1, of a sequence that fills a square evenly."""
NAME_IN: Final = 1.6


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
    rows_in = [HEAD_IN + LIMIT_IN * len(limits) for limits in shown]
    figure = style.page(
        _title(found),
        line,
        sum(rows_in) + SCATTER_IN,
        handles=_handles(of_interest, found, boxes[0]),
    )
    parts = figure.subfigures(2, 1, height_ratios=[sum(rows_in), SCATTER_IN], squeeze=False)
    upper, lower = parts[:, 0]
    panels = upper.subplots(len(boxes), 1, squeeze=False, height_ratios=rows_in)
    for number, (panel, box) in enumerate(zip(panels[:, 0], boxes, strict=True)):
        _limits(panel, box, f"Box {number + 1}: " if len(boxes) > 1 else "")
    if found.trajectory:
        room_in = 0.5 * style.WIDTH_IN - 0.4
        scatter, trade = lower.subplots(1, 2, width_ratios=[3, 2])
        _trajectory(trade, found, boxes[0])
    else:
        room_in = style.WIDTH_IN - 1.0
        scatter = lower.subplots()
    known = zip(found.names, scales or [Scale()] * len(found.names), table.T, strict=True)
    columns = {name: Column(name, scale, values) for name, scale, values in known}
    first_two = list(dict.fromkeys([*(limit.name for limit in boxes[0].limits), *columns]))[:2]
    _settings(scatter, boxes[0], [columns[name] for name in first_two], of_interest, room_in)
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
    said = (
        f"{head}{box.cases} of {box.settings} settings inside are of interest (density"
        f" {box.density:.0%}); they are {box.coverage:.0%} of all such settings (coverage)"
        f"{_not_drawn(len(box.limits) - len(limits))}"
    )
    panel.set_title(lettering.wrapped(said, BAR_IN * BARS, style.SMALL_PT), fontsize=style.SMALL_PT)
    for place, limit in enumerate(limits):
        panel.barh(place, 1, height=BAR, color="0.93", edgecolor="0.75", linewidth=0.7)
        if limit.words or limit.is_switch:
            _parts(panel, place, limit)
        else:
            low, high = _span(limit)
            panel.barh(place, high - low, left=low, height=BAR, color=style.GREY)
            _ends(panel, place, limit, (low, high))
        again = f"found again in {limit.reproduced:.0%} of halves"
        panel.text(1.02, place, again, va="center", fontsize=style.LEAST_PT, color=style.GREY)
    panel.set_yticks(
        range(len(limits)),
        [lettering.wrapped(limit.name, NAME_IN, style.SMALL_PT, most=2) for limit in limits],
    )
    panel.set_ylim(len(limits) - 0.4, -0.75)
    panel.set_xlim(-0.02, BARS)
    panel.set_xticks([])
    panel.tick_params(axis="y", length=0)
    panel.grid(visible=False)
    for side in ("left", "bottom"):
        panel.spines[side].set_visible(False)


def _not_drawn(count: int) -> str:
    return f"; {count} more limit{'s' * (count > 1)} of the box, less restricting, not drawn" * (
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
    for number, word in enumerate(words):
        chosen = word in inside
        if chosen:
            panel.barh(place, width, left=number * width, height=BAR, color=style.GREY)
        panel.text(
            (number + 0.5) * width,
            place,
            lettering.wrapped(word, width * BAR_IN - 0.05, style.LEAST_PT, most=1),
            ha="center",
            va="center",
            fontsize=style.LEAST_PT,
            color="white" if chosen else style.GREY,
        )


def _ends(panel: Axes, place: int, limit: Limit, bar: tuple[float, float]) -> None:
    """Write the limits above the bar, and the ends of the range in it."""
    write, above = limit.scale.text, place - BAR / 2 - 0.03
    for end, share in zip((limit.low, limit.high), bar, strict=True):
        if not math.isnan(end):
            panel.text(share, above, write(end), ha="center", va="bottom", fontsize=style.LEAST_PT)
    _range(panel, place, (write(limit.least), write(limit.most)), bar)


def _range(panel: Axes, place: int, ends: tuple[str, str], bar: tuple[float, float]) -> None:
    """Write the ends of the range sampled: in the bar, or beside one that is too short for it.

    An end that the bar would cut through is left out; the limit stands above it.
    """
    low, high = bar
    for share, text in zip((0.0, 1.0), ends, strict=True):
        wide = 0.012 + lettering.width_in(text, style.LEAST_PT) / BAR_IN
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
            fontsize=style.LEAST_PT,
            color="white" if inside else style.GREY,
        )


# Settings ------------------------------------------------------------------------------------


def _settings(
    panel: Axes, box: Box, columns: Sequence[Column], of_interest: Mask, room_in: float
) -> None:
    """Draw all settings by the two parameters that the first box restricts most."""
    places: list[F64] = [one.spread(step) for one, step in zip(columns, STEPS, strict=False)]
    if len(columns) == 1:
        places.append(np.arange(of_interest.size, dtype=np.float64) * STEPS[1] % 1)
    for mask, face, size, order in ((~of_interest, "white", 11, 2), (of_interest, INSIDE, 13, 3)):
        panel.scatter(
            places[0][mask],
            places[1][mask],
            s=size,
            c=face,
            edgecolors="0.35",
            linewidths=0.7,
            zorder=order,
        )
    columns[0].label(panel.xaxis, room_in=room_in)
    if len(columns) > 1:
        columns[1].label(panel.yaxis)
    else:
        panel.set_yticks([])
    panel.margins(0.04)
    _rectangles(panel, box, columns)
    more = len(box.limits) - len(columns)
    count = "" if more < 1 else f"; {more} more limit{'s' if more > 1 else ''} not shown"
    spread = f"; {SPREAD}" if any(one.levels is not None for one in columns) else ""
    said = f"All settings, and the first box{count}{spread}"
    panel.set_title(lettering.wrapped(said, room_in, style.TEXT_PT))


def _rectangles(panel: Axes, box: Box, columns: Sequence[Column]) -> None:
    """Draw the box: a rectangle, or one for each word that it holds."""
    from matplotlib.patches import Rectangle

    panel.set(xlim=panel.get_xlim(), ylim=panel.get_ylim())  # a side that is open ends there
    limits = {limit.name: limit for limit in box.limits}
    sides = [[panel.get_xlim()], [panel.get_ylim()]]
    for place, column in enumerate(columns):
        sides[place] = _spans(column, limits.get(column.name), sides[place][0])
    for wide, tall in itertools.product(*sides):
        corner, width, height = (wide[0], tall[0]), wide[1] - wide[0], tall[1] - tall[0]
        shade = Rectangle(corner, width, height, facecolor="0.5", alpha=0.22, linewidth=0, zorder=1)
        frame = Rectangle(corner, width, height, fill=False, linewidth=1.4, zorder=4)
        panel.add_patch(shade)
        panel.add_patch(frame)


def _spans(
    column: Column, limit: Limit | None, ends: tuple[float, float]
) -> list[tuple[float, float]]:
    """Return what a box holds of a parameter, between the ends of the picture."""
    if limit is None:
        return [ends]
    if limit.words:
        return [(at - 0.5, at + 0.5) for at in column.places_of(limit.words)]
    low, high = column.at(np.array([limit.low, limit.high])).tolist()
    return [(ends[0] if math.isnan(low) else low, ends[1] if math.isnan(high) else high)]


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
                markersize=6.5,
                markeredgecolor="black",
                markerfacecolor=face,
                linestyle="",
            )
    panel.axhline(found.base, color="0.6", linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    panel.text(0.0, found.base + 0.015, "all settings", fontsize=style.LEAST_PT, color=style.GREY)
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
            markersize=4.5 if shape == "o" else 6,
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
