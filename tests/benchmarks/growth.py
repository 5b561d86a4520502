"""How time and memory grow: ``python -m tests.benchmarks.growth [OUT] [--only AXIS,...]``.

Each measurement runs in a process of its own (see `growth_cases`). Writes ``table.csv``,
``table.md``, ``growth.png`` and ``machine.json``; with ``--only``, rows of other axes stay.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from experiments.planning.batching import cache_share
from tests.benchmarks.cases import OURS
from tests.benchmarks.contenders.kernels import maker
from tests.benchmarks.growth_table import Row, read_rows, write_tables
from tests.benchmarks.machine import machine
from tests.benchmarks.work import AbsentError

OUT: Final = Path("results/reference/growth")
SCENARIOS: Final = ("organised-crime", "cyber-outbreak", "forest-fire")
BATCHES: Final = (8, 40, 200, 400, 800, 1600)
WORKERS: Final = (1, 2)
LANES_A_SCENARIO: Final = 400
"""Lanes that are run for each number of workers."""


@dataclass(frozen=True)
class Case:
    """A measurement: a place on an axis, and what to run there."""

    axis: str
    line: str
    """Kernel or scenario."""
    value: int
    what: dict[str, Any]


def cases() -> list[Case]:
    """Return all measurements."""
    spreading = {
        "lanes": [flood(lanes=2**power) for power in range(13)],
        "units": [flood(units=units, reports=1) for units in _steps(100, 1_000_000)],
        "channels": [
            flood(units=500, degree=channels // 500, reports=4)
            for channels in _steps(1_000, 10_000_000)
        ],
        "reports": [flood(reports=reports) for reports in _steps(1, 10_000)],
    }
    found = [
        Case(
            axis,
            kernel,
            one["units"] * one["degree"] if axis == "channels" else one[axis],
            {"kind": "spread", "kernel": kernel, **one},
        )
        for axis, floods in spreading.items()
        for kernel in kernels()
        for one in floods
    ]
    found += [
        Case("batch", name, size, {"kind": "batch", "scenario": name, "batch": size})
        for name in SCENARIOS
        for size in BATCHES
    ]
    lanes = LANES_A_SCENARIO
    found += [
        Case(
            "workers",
            name,
            count,
            {"kind": "comparison", "scenario": name, "lanes": lanes, "workers": count},
        )
        for name in SCENARIOS
        for count in WORKERS
    ]
    return found


def kernels() -> list[str]:
    """Return our kernels, as far as they are there."""
    found = []
    for name in OURS:
        with suppress(AbsentError):
            maker(name)
            found.append(name)
    return found


def _steps(first: int, last: int) -> list[int]:
    """Return 1, 3, 10, 30, ... times `first`, up to `last`."""
    found = [first]
    while found[-1] < last:
        found.append(found[-1] * 3 if len(found) % 2 else found[-2] * 10)
    return found


def flood(
    *, units: int = 200, degree: int = 10, reports: int = 10, lanes: int = 1
) -> dict[str, int]:
    """Return a flood as a case has it."""
    return {"units": units, "degree": degree, "reports": reports, "lanes": lanes}


def measured(case: Case) -> Row:
    """Run a case, and ask what the engine would choose where that is the question."""
    found = asked(case.what)
    if case.axis == "batch":
        found["chosen"] = asked({"kind": "chosen", "scenario": case.line})["batch"]
    return Row(axis=case.axis, line=case.line, value=case.value, **found)


def asked(what: dict[str, Any]) -> dict[str, Any]:
    """Run something in a process of its own; return what it measured."""
    command = [sys.executable, "-m", "tests.benchmarks.growth_cases", json.dumps(what)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure, and write what came out."""
    parser = argparse.ArgumentParser(description="Measure how time and memory grow.")
    parser.add_argument("out", nargs="?", type=Path, default=OUT)
    parser.add_argument("--only", default="", help="axes with commas between")
    given = parser.parse_args()
    only = set(filter(None, given.only.split(",")))
    unknown = only - {case.axis for case in cases()}
    if unknown:
        parser.error(f"--only {min(unknown)}: no such axis")
    given.out.mkdir(parents=True, exist_ok=True)
    rows = [row for row in read_rows(given.out) if only and row.axis not in only]
    for case in cases():
        if not only or case.axis in only:
            rows.append(measured(case))
            print(json.dumps(asdict(rows[-1])), flush=True)  # noqa: T201 - shows how far it is
    write_all(rows, given.out)


def write_all(rows: list[Row], out: Path) -> None:
    """Write tables, picture, and what it was measured with."""
    from tests.benchmarks.growth_picture import draw

    about = {**machine(), "cache_bytes": cache_share(1), "load": round(os.getloadavg()[2], 1)}
    write_tables(rows, out, note=surroundings(about))
    draw(rows, out / "growth.png")
    (out / "machine.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def surroundings(about: dict[str, Any]) -> str:
    """Say on what it was measured, and how busy that was in the last quarter of an hour."""
    text = f"Measured on {about['cores']} processors ({about['processor']})"
    text += f", {about['cache_bytes'] >> 20} MiB of last cache. Processes that wanted a processor"
    text += f" in the quarter of an hour before the end: {about['load']} in the mean"
    if about["load"] <= about["cores"]:
        return text + "."
    return text + ", so that seconds on the clock are longer than they would be alone."


if __name__ == "__main__":
    main()
