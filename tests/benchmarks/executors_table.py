"""Tables of what each way to run chunks takes."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

BASE: Final = "in-process"
OWN: Final = 1
"""Processes that the measurement has at work at a time, beyond one a processor."""

EXPLAINED: Final = (
    "Efficiency is half the time of one worker over that of two, on the clock; of local processes"
    ", of shares and of Slurm, beside one process. Peak memory is that of the largest process that"
    " the command started. Shares are two commands on one directory. Slurm ran an array of two"
    " tasks on two nodes that are this machine, and is timed from submission to the end of the"
    " last; its scheduler is `slurmctld`."
)


@dataclass(frozen=True)
class Row:
    """An experiment run one way."""

    executor: str
    workers: int
    what: str
    """``large`` chunks, many ``small`` ones, or just the ``start``."""
    lanes: int
    chunks: int
    clock: float
    """Seconds on the clock, from the command's start to its end."""
    working: float
    """Of these, seconds in which chunks were run."""
    processor: float
    """Seconds of the processor, with those of Dask's scheduler and workers; NaN if not known."""
    peak_mib: float
    """Memory of its largest process; 0 if not known."""
    scheduler_mib: float
    """Memory of the scheduler; 0 where there is none."""


def overhead(rows: Sequence[Row], executor: str, measure: str) -> float:
    """Seconds that a chunk takes beyond the same one in the process itself.

    Many chunks less few: what starting takes is in both.

    Parameters
    ----------
    measure
        ``working`` (for each worker) or ``processor`` (of all processes).
    """
    return each(rows, executor, measure) - each(rows, BASE, measure)


def each(rows: Sequence[Row], executor: str, measure: str) -> float:
    """Seconds for a small chunk."""
    few, many = (_row(rows, executor, what) for what in ("start", "small"))
    taken: float = getattr(many, measure) - getattr(few, measure)
    if measure == "working":
        taken *= many.workers
    return taken / (many.chunks - few.chunks)


def efficiency(rows: Sequence[Row], row: Row) -> float:
    """Return the share of the time of so many workers that was not lost, beside one."""
    alone = next(
        one
        for name in (row.executor, BASE)
        for one in rows
        if (one.executor, one.workers, one.what) == (name, 1, row.what)
    )
    return alone.clock / row.workers / row.clock


def _row(rows: Sequence[Row], executor: str, what: str) -> Row:
    """Return the row with the fewest workers."""
    found = [row for row in rows if (row.executor, row.what) == (executor, what)]
    return min(found, key=lambda row: row.workers)


def write_tables(rows: Sequence[Row], folder: Path, about: dict[str, Any]) -> None:
    """Write all rows as CSV, and what a reader wants of them as Markdown."""
    with (folder / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            values = asdict(row).items()
            writer.writerow(
                {name: _rounded(v) if isinstance(v, float) else v for name, v in values}
            )
    (folder / "table.md").write_text("\n".join(_text(rows, about)) + "\n", encoding="utf-8")


def _text(rows: Sequence[Row], about: dict[str, Any]) -> list[str]:
    large = [row for row in rows if row.what == "large"]
    lanes, chunks = large[0].lanes, large[0].chunks
    head = (
        "executor | workers | seconds | of the processor | lanes a second | efficiency"
        " | peak MiB | scheduler MiB"
    )
    text = [
        "# Ways to run chunks",
        "",
        _surroundings(about),
        "",
        f"{lanes:,} lanes of a small scenario in {chunks:,} chunks, whole commands on the clock:",
        "",
        f"| {head} |",
        "| --- |" + " ---: |" * 7,
    ]
    text += [
        f"| {row.executor} | {row.workers} | {row.clock:.1f} | {_known(row.processor, '.1f')} |"
        f" {row.lanes / row.clock:,.0f} | {_share(rows, row)} | {_known(row.peak_mib, '.0f')} |"
        f" {_known(row.scheduler_mib, '.0f')} |"
        for row in large
    ]
    many = _row(rows, BASE, "small")
    overheads = (
        "executor | workers | milliseconds of a worker | of the processor"
        " | seconds of the whole command with ten chunks"
    )
    return [
        *text,
        "",
        EXPLAINED,
        "",
        f"A chunk of {many.lanes // many.chunks} lanes; from the second line on, the difference:",
        "",
        f"| {overheads} |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(_overhead(rows, name) for name in dict.fromkeys(row.executor for row in few_rows(rows))),
    ]


def few_rows(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that show what starting takes."""
    return [row for row in rows if row.what == "start"]


def _overhead(rows: Sequence[Row], name: str) -> str:
    taken = each if name == BASE else overhead
    sign = "" if name == BASE else "+"
    cells = (f"{taken(rows, name, one) * 1e3:{sign}.1f}" for one in ("working", "processor"))
    few = _row(rows, name, "start")
    return f"| {name} | {few.workers} | {' | '.join(cells)} | {few.clock:.1f} |"


def _surroundings(about: dict[str, Any]) -> str:
    text = f"Measured on {about['cores']} processors ({about['processor']}). Processes that wanted"
    text += f" one in the quarter of an hour before the end: {about['load']} in the mean"
    quiet = about["load"] <= about["cores"] + OWN
    return text + ("." if quiet else ", so that all of it took longer.")


def _share(rows: Sequence[Row], row: Row) -> str:
    return f"{efficiency(rows, row):.0%}" if row.workers > 1 else ""


def _rounded(value: float) -> float | str:
    return "" if math.isnan(value) else float(f"{value:.6g}")


def _known(value: float, form: str) -> str:
    """Write a number, or nothing for one that is not known."""
    return format(value, form) if value > 0 else ""
