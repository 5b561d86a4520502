"""Tables of how time and memory grow, and the slopes."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np

TABLE: Final = "table.csv"

AXES: Final = {
    "lanes": "Lanes (200 units, 10 channels each; 10 reports a lane)",
    "units": "Units (10 channels each; one lane, one report)",
    "channels": "Channels (500 units; one lane, 4 reports)",
    "reports": "Reports (200 units, 10 channels each; one lane)",
    "batch": "Whole lanes run together, all policies",
    "workers": "Worker processes, whole comparisons from files to tables",
}
"""What grows along each axis."""

CLEAR: Final = 5
"""How many times the least time an axis shows a place of its upper part takes."""

SPREADING: Final = ("lanes", "units", "channels", "reports")


@dataclass(frozen=True)
class Row:
    """A measurement."""

    axis: str
    line: str
    """Kernel or scenario."""
    value: int
    """Place on the axis."""
    work: int
    """Attempts to tell, or whole lanes."""
    seconds: float
    """Of the processor, without making the world and the engine."""
    peak: int
    """Bytes that the largest process held."""
    making: float = math.nan
    """Seconds that making the engine took."""
    compiling: float = math.nan
    """Seconds that making and checking the world took."""
    reached: float = math.nan
    """Share of the units that had each report in the end."""
    clock: float = math.nan
    """Seconds on the clock."""
    batch: int = 0
    """Lanes run together."""
    chosen: int = 0
    """Lanes that the engine would choose."""

    @property
    def each(self) -> float:
        """Seconds for one piece of work."""
        return self.seconds / self.work


def slope(rows: Sequence[Row]) -> float:
    """Exponent of growth: a straight line through the upper part of an axis, both logarithmic.

    The upper part is what took at least `CLEAR` times as long as the fastest: there the ticks' own
    cost, which does not grow, hardly counts.
    """
    value = np.array([row.value for row in rows], float)
    seconds = np.array([row.seconds for row in rows])
    upper = seconds >= CLEAR * seconds.min()
    upper[-2:] = True
    return float(np.polyfit(np.log(value[upper]), np.log(seconds[upper]), 1)[0])


def lines(rows: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    """Return the rows of each axis and line, in order."""
    order = list(AXES)
    ordered = sorted(rows, key=lambda row: (order.index(row.axis), row.line, row.value))
    groups = groupby(ordered, key=lambda row: (row.axis, row.line))
    return {key: list(group) for key, group in groups}


def read_rows(folder: Path) -> list[Row]:
    """Return the rows that were written into a folder before, if any."""
    path = folder / TABLE
    if not path.exists():
        return []
    kinds = {"str": str, "int": int, "float": float}
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Row(**{field.name: kinds[str(field.type)](row[field.name]) for field in fields(Row)})
            for row in csv.DictReader(file)
        ]


def write_tables(rows: Sequence[Row], folder: Path, note: str = "") -> None:
    """Write all rows as CSV, and what a reader wants of them as Markdown."""
    sorted_rows = [row for line in lines(rows).values() for row in line]
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(_rounded, sorted_rows))
    (folder / "table.md").write_text("\n".join(_text(rows, note)) + "\n", encoding="utf-8")


def _rounded(row: Row) -> dict[str, object]:
    return {
        name: float(f"{value:.6g}") if isinstance(value, float) else value
        for name, value in asdict(row).items()
    }


def _text(rows: Iterable[Row], note: str) -> list[str]:
    text = ["# How time and memory grow", "", *([note, ""] if note else ())]
    by_axis = groupby(lines(rows).items(), key=lambda item: item[0][0])
    for axis, found in by_axis:
        text += [f"## {AXES[axis]}", ""]
        parts = [line for _, line in found]
        if axis in SPREADING:
            text += [line for rows in parts for line in (*_spreading(rows), "")]
        else:
            text += [*(_batches(parts) if axis == "batch" else _workers(parts)), ""]
    return text


def _spreading(rows: Sequence[Row]) -> list[str]:
    head = "seconds | ns an attempt | million attempts a second | reached | peak MiB"
    text = [f"The {rows[0].line} kernel:", ""]
    text += [f"| {rows[0].axis} | attempts | {head} |", "| ---: | ---: |" + " ---: |" * 5]
    text += [
        f"| {row.value:,} | {row.work:,} | {row.seconds:.3g} | {row.each * 1e9:,.0f} |"
        f" {1e-6 / row.each:.3g} | {row.reached:.1%} | {_mib(row)} |"
        for row in rows
    ]
    return [*text, "", f"Slope from {CLEAR} times the least time on: {slope(rows):.2f}."]


def _batches(parts: Sequence[Sequence[Row]]) -> list[str]:
    sizes = [row.value for row in parts[0]]
    text = ["| milliseconds a lane |" + "".join(f" {size:,} |" for size in sizes) + " chosen |"]
    text.append("| --- |" + " ---: |" * (len(sizes) + 1))
    for rows in parts:
        cells = "".join(f" {row.each * 1e3:.1f} |" for row in rows)
        text.append(f"| {rows[0].line} |{cells} {rows[0].chosen:,} |")
    text += ["", "Peak memory of these, MiB:", ""]
    text += ["| |" + "".join(f" {size:,} |" for size in sizes), "| --- |" + " ---: |" * len(sizes)]
    text += [f"| {rows[0].line} |" + "".join(f" {_mib(row)} |" for row in rows) for rows in parts]
    costs = ", ".join(f"{rows[0].line} {above_best(rows):.0%}" for rows in parts)
    return [*text, "", f"What is chosen costs more than the best of these by: {costs}."]


def above_best(rows: Sequence[Row]) -> float:
    """By what share a lane costs more at the size chosen than at the best size measured.

    Between sizes that were measured, the cost is read off a straight line over the logarithm.
    """
    value = np.log([row.value for row in rows])
    each = np.array([row.each for row in rows])
    return float(np.interp(np.log(rows[0].chosen), value, each) / each.min() - 1)


def _workers(parts: Sequence[Sequence[Row]]) -> list[str]:
    head = "lanes | batch | seconds on the clock | of the processor | ms of it a lane | peak MiB"
    text = [f"| scenario | workers | {head} |", "| --- |" + " ---: |" * 7]
    text += [
        f"| {row.line} | {row.value} | {row.work:,} | {row.batch:,} | {row.clock:.1f} |"
        f" {row.seconds:.1f} | {row.each * 1e3:.1f} | {_mib(row)} |"
        for rows in parts
        for row in rows
    ]
    return [*text, "", "Peak memory is that of the largest process."]


def _mib(row: Row) -> str:
    return f"{row.peak / (1 << 20):,.0f}"
