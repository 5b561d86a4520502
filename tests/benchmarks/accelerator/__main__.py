"""The spreading work on a graphics processor: ``python -m tests.benchmarks.accelerator [OUT]``.

Checks that it is the work that our kernels do, times both, and writes ``table.csv``, ``table.md``
and ``machine.json``. Needs Numba for CUDA and a device that it can use.
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path
from typing import Final

from tests.benchmarks.accelerator import processor
from tests.benchmarks.accelerator.measure import QUICK, SIZES, Host, measured, surroundings
from tests.benchmarks.accelerator.table import write_tables

OUT: Final = Path("results/reference/accelerator")


def main() -> None:
    """Check, measure, print and write."""
    parser = argparse.ArgumentParser(description="Measure spreading on a graphics processor.")
    parser.add_argument("out", nargs="?", type=Path, default=OUT)
    parser.add_argument("--quick", action="store_true", help="few lanes, to see that it runs")
    given = parser.parse_args()
    warnings.filterwarnings("ignore", message=".*Grid size")  # few lanes are measured, too
    cores, rows = processor.cores(), []
    about = surroundings(cores)
    with processor.workers(cores) as pool:
        for size in QUICK if given.quick else SIZES:
            for row in measured(size, Host(pool, cores)):
                print(row, flush=True)  # noqa: T201 - shows how far it is
                rows.append(row)
    print(write_tables(rows, given.out, about))  # noqa: T201 - the measurement is the result
    text = json.dumps(about, indent=2) + "\n"
    (given.out / "machine.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
