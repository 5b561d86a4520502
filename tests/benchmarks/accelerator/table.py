"""Tables of the spreading work on a graphics processor."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """A number of lanes of a network; seconds on the clock."""

    units: int
    degree: int
    reports: int
    lanes: int
    attempts: int
    threads: int
    """Of a block, which does a report."""
    resident: float
    """One launch, all data on the device."""
    counters: float
    """The same, with origins sent there and counters fetched."""
    everything: float
    """The same, with who heard when fetched."""
    stepwise: float
    """A launch a tick, after each of which the host looks whether there is more to come."""
    ticks: int
    core: float
    """The compiled kernel on one core; scaled by lanes if it ran `core_lanes` only."""
    cores: float
    """On all cores, a process each."""
    core_lanes: int
    written: float
    """Bytes of who heard when, which a launch writes at least."""

    def speed(self, measure: str) -> float:
        """Return million attempts a second."""
        seconds: float = getattr(self, measure)
        return self.attempts / seconds / 1e6


HEAD = (
    "units | reports | lanes | million attempts | resident | and counters fetched"
    " | and who heard when fetched | a launch a tick | one core | {cores} cores"
    " | resident: times one core | times {cores} cores"
)

SURROUNDINGS = (
    "{accelerator} ({multiprocessors} multiprocessors; it copies {copies_gb_s:,} GB/s, bytes read"
    " and written) beside the compiled kernel on {processor} ({cores} cores) of the same machine;"
    " Python {python}, {packages}."
)
EXPLAINED = (
    "Million attempts a second on the clock, medians of several runs. All counters of all lanes"
    " were the same on both, and of some lanes every first copy with its tick and channel."
)


def write_tables(rows: Sequence[Row], folder: Path, about: dict[str, Any]) -> str:
    """Write rows as CSV and Markdown; return the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            values = asdict(row).items()
            writer.writerow(
                {name: float(f"{v:.6g}") if isinstance(v, float) else v for name, v in values}
            )
    text = "\n".join(markdown(rows, about)) + "\n"
    (folder / "table.md").write_text(text, encoding="utf-8")
    return text


def markdown(rows: Sequence[Row], about: dict[str, Any]) -> list[str]:
    """Return the lines of the table."""
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    plain = {name: value for name, value in about.items() if name != "packages"}
    return [
        "# The spreading work on a graphics processor",
        "",
        SURROUNDINGS.format(packages=packages, **plain),
        "",
        EXPLAINED,
        "",
        f"| {HEAD.format(cores=about['cores'])} |",
        "|" + " ---: |" * 12,
        *map(_line, rows),
    ]


def _line(row: Row) -> str:
    measures = ("resident", "counters", "everything", "stepwise", "core", "cores")
    cells = [
        *(f"{value:,}" for value in (row.units, row.reports, row.lanes)),
        f"{row.attempts / 1e6:,.1f}",
        *(f"{row.speed(measure):,.0f}" for measure in measures),
        *(f"{seconds / row.resident:,.1f}" for seconds in (row.core, row.cores)),
    ]
    return f"| {' | '.join(cells)} |"
