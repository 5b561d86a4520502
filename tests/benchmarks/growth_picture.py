"""The picture of how time and memory grow; lines differ by dash and mark, so it works in grey."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.figures.style import DPI, GREY, LINES, MARKERS, page, settings
from tests.benchmarks.growth_table import SPREADING, Row, lines, slope

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT_IN: Final = 10.5
SHADES: Final = ("black", "0.3", "0.5", "0.15")
WHAT: Final = {
    "lanes": "Lanes of 10 reports (200 units)",
    "units": "Units of 10 channels (one report)",
    "channels": "Channels (500 units, 4 reports)",
    "reports": "Reports in one lane (200 units)",
}
Lines = dict[tuple[str, str], list[Row]]


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw all axes that have been measured."""
    found = lines(rows)
    with settings():
        title = "Time grows in proportion to the messages; a lane is cheaper among many"
        note = "Seconds of the processor. Dotted: growth in proportion."
        figure = page(title, note, HEIGHT_IN)
        panels = figure.subplots(4, 2).ravel()
        for axes, axis in zip(panels[:4], SPREADING, strict=True):
            _time(axes, axis, found.get((axis, ""), []))
        _memory(panels[4], found)
        _rate(panels[5], found)
        _batches(panels[6], found)
        _workers(panels[7], found)
        figure.savefig(path, dpi=DPI)


def _time(axes: Axes, axis: str, rows: Sequence[Row]) -> None:
    """Seconds of spreading against what grows, and a line of slope one through the last."""
    if not rows:
        return
    value = np.array([row.value for row in rows], float)
    seconds = np.array([row.seconds for row in rows])
    axes.loglog(value, seconds[-1] * value / value[-1], color=GREY, linestyle=":", linewidth=1.2)
    axes.loglog(value, seconds, color="black", marker="o")
    axes.set(xlabel=WHAT[axis], ylabel="Seconds", ylim=(seconds.min() / 2, seconds.max() * 2))
    axes.set_title(f"Slope in the upper part: {slope(rows):.2f}")


def _memory(axes: Axes, found: Lines) -> None:
    """Peak memory of the same runs."""
    for number, axis in enumerate(SPREADING):
        rows = found.get((axis, ""), [])
        axes.loglog(
            [row.work for row in rows],
            [row.peak / (1 << 20) for row in rows],
            label=f"more {axis}",
            color=SHADES[number],
            linestyle=LINES[number],
            marker=MARKERS[number],
        )
    axes.axhline(4096, color=GREY, linewidth=0.8)
    axes.annotate("4 GiB", (0.02, 4096), xycoords=("axes fraction", "data"), va="bottom")
    axes.set(xlabel="Attempts to tell", ylabel="Peak memory, MiB", ylim=(50, 12_000))
    axes.set_title("Memory of those runs")
    if axes.has_data():
        axes.legend(frameon=False, handlelength=3.2)


def _rate(axes: Axes, found: Lines) -> None:
    """Attempts a second in the same runs."""
    for number, axis in enumerate(SPREADING):
        rows = found.get((axis, ""), [])
        axes.semilogx(
            [row.work for row in rows],
            [row.work / row.seconds / 1e6 for row in rows],
            label=f"more {axis}",
            color=SHADES[number],
            linestyle=LINES[number],
            marker=MARKERS[number],
        )
    axes.set(xlabel="Attempts to tell", ylabel="Million attempts a second", ylim=(0, None))
    axes.set_title("Speed of those runs")


def _batches(axes: Axes, found: Lines) -> None:
    """Cost of a whole lane by the lanes that run together; a ring is what the engine chooses."""
    parts = [rows for (axis, _), rows in found.items() if axis == "batch"]
    for number, rows in enumerate(parts):
        value = [row.value for row in rows]
        each = [row.each * 1e3 for row in rows]
        axes.loglog(
            value,
            each,
            label=rows[0].line,
            color=SHADES[number],
            linestyle=LINES[number],
            marker=MARKERS[number],
        )
        chosen = rows[0].chosen
        cost = np.interp(np.log(chosen), np.log(value), each)
        axes.plot(chosen, cost, "o", markersize=11, fillstyle="none", color="black")
    axes.set(xlabel="Lanes run together", ylabel="Milliseconds a lane")
    axes.set_title("Batches of whole lanes (ring: what `auto` takes)")
    if axes.has_data():
        axes.legend(frameon=False, handlelength=3.2)


def _workers(axes: Axes, found: Lines) -> None:
    """Time on the clock of whole comparisons by the number of processes."""
    parts = [rows for (axis, _), rows in found.items() if axis == "workers"]
    for number, rows in enumerate(parts):
        value = np.array([row.value for row in rows], float)
        clock = np.array([row.clock / row.work * 1e3 for row in rows])
        axes.plot(
            value,
            clock,
            label=rows[0].line,
            color=SHADES[number],
            linestyle=LINES[number],
            marker=MARKERS[number],
        )
        axes.plot(value, clock[0] / value, color=GREY, linestyle=":", linewidth=1.2)
        axes.set_xticks(value)
    axes.set(xlabel="Worker processes", ylabel="Milliseconds on the clock a lane", ylim=(0, None))
    axes.set_title("Whole comparisons (dotted: shared evenly)")
    if axes.has_data():
        axes.legend(frameon=False, handlelength=3.2)
