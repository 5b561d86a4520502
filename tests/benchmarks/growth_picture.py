"""The picture of how time and memory grow; lines differ by dash and mark, so it works in grey."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.figures.style import DPI, GREY, LINES, MARKERS, page, settings
from tests.benchmarks.growth_table import SPREADING, Row, lines, slope

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT_IN: Final = 10.5
SHADES: Final = ("black", "0.35", "0.55", "0.15")
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
            _time(axes, axis, _of(found, axis))
        _memory(panels[4], found)
        _speed(panels[5], found)
        _batches(panels[6], _of(found, "batch"))
        _workers(panels[7], _of(found, "workers"))
        for axes in panels:
            if axes.get_legend_handles_labels()[0]:
                axes.legend(frameon=False, handlelength=3.2)
        figure.savefig(path, dpi=DPI)


def _of(found: Lines, axis: str) -> list[list[Row]]:
    return [rows for (name, _), rows in found.items() if name == axis]


def _look(number: int) -> dict[str, Any]:
    return {"color": SHADES[number], "linestyle": LINES[number], "marker": MARKERS[number]}


def _time(axes: Axes, axis: str, parts: Sequence[Sequence[Row]]) -> None:
    """Seconds of spreading against what grows, and lines of slope one through the last."""
    slopes = ", ".join(f"{slope(rows):.2f} ({rows[0].line})" for rows in parts)
    for number, rows in enumerate(parts):
        value = np.array([row.value for row in rows], float)
        seconds = np.array([row.seconds for row in rows])
        rising = seconds[-1] * value / value[-1]
        shown = rising > seconds.min() / 2
        axes.loglog(value[shown], rising[shown], color=GREY, linestyle=":", linewidth=1.2)
        axes.loglog(value, seconds, label=rows[0].line, **_look(number))
    axes.set(xlabel=WHAT[axis], ylabel="Seconds")
    axes.set_title(f"Slope: {slopes}")


def _memory(axes: Axes, found: Lines) -> None:
    """Peak memory of the same runs, with the NumPy kernel."""
    for number, axis in enumerate(SPREADING):
        for rows in _of(found, axis)[-1:]:
            work = [row.work for row in rows]
            peak = [row.peak / (1 << 20) for row in rows]
            axes.loglog(work, peak, label=f"more {axis}", **_look(number))
    axes.axhline(4096, color=GREY, linewidth=0.8)
    axes.annotate("4 GiB", (0.02, 4096), xycoords=("axes fraction", "data"), va="bottom")
    axes.set(xlabel="Attempts to tell", ylabel="Peak memory, MiB", ylim=(50, 12_000))
    axes.set_title("Memory of those runs (numpy)")


def _speed(axes: Axes, found: Lines) -> None:
    """Attempts a second in the same runs, with the NumPy kernel."""
    for number, axis in enumerate(SPREADING):
        for rows in _of(found, axis)[-1:]:
            work = [row.work for row in rows]
            rate = [1e-6 / row.each for row in rows]
            axes.semilogx(work, rate, label=f"more {axis}", **_look(number))
    axes.set(xlabel="Attempts to tell", ylabel="Million attempts a second", ylim=(0, None))
    axes.set_title("Speed of those runs (numpy)")


def _batches(axes: Axes, parts: Sequence[Sequence[Row]]) -> None:
    """Cost of a whole lane by the lanes that run together; a ring is what the engine chooses."""
    for number, rows in enumerate(parts):
        value = [row.value for row in rows]
        each = [row.each * 1e3 for row in rows]
        axes.loglog(value, each, label=rows[0].line, **_look(number))
        chosen = rows[0].chosen
        cost = np.interp(np.log(chosen), np.log(value), each)
        axes.plot(chosen, cost, "o", markersize=11, fillstyle="none", color="black")
    axes.set(xlabel="Lanes run together", ylabel="Milliseconds a lane")
    axes.set_title("Batches of whole lanes (ring: what auto takes)")


def _workers(axes: Axes, parts: Sequence[Sequence[Row]]) -> None:
    """Time on the clock of whole comparisons by the number of processes."""
    for number, rows in enumerate(parts):
        value = np.array([row.value for row in rows], float)
        clock = np.array([row.clock / row.work * 1e3 for row in rows])
        axes.plot(value, clock, label=rows[0].line, **_look(number))
        axes.plot(value, clock[0] / value, color=GREY, linestyle=":", linewidth=1.2)
        axes.set_xticks(value)
    axes.set(xlabel="Worker processes", ylabel="Milliseconds a lane, on the clock", ylim=(0, None))
    axes.set_title("Whole comparisons (dotted: shared evenly)")
