"""One benchmark: the same work through every contender, and the whole kernel beside it.

``python -m tests.benchmarks.run`` measures, prints the tables, writes them with a picture, and
compares with the committed table; it exits with 1 if a ratio fell or the work was not the same.
``--out results/reference/benchmark`` replaces the committed one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tests.benchmarks.agreement import differences
from tests.benchmarks.cases import CASES, CONTENDERS, OURS, Case, case_of, contender_of
from tests.benchmarks.committed import dearer, fallen, missing
from tests.benchmarks.machine import machine
from tests.benchmarks.picture import draw
from tests.benchmarks.table import (
    Row,
    TrafficRow,
    markdown,
    read_rows,
    spreading_rows,
    traffic_row,
    write_rows,
)
from tests.benchmarks.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.benchmarks.table import Measured

    Rounds = dict[tuple[str, str], list[Measured]]

ROOT: Final = Path(__file__).parents[2]
COMMITTED: Final = ROOT / "results" / "reference" / "benchmark"
LANES_A_POLICY: Final = 25


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write and compare; return the exit code."""
    options = _options(arguments)
    before = read_rows(COMMITTED / "table.csv", Row)
    traffic_before = read_rows(COMMITTED / "traffic.csv", TrafficRow)
    cases = list(map(case_of, options.cases))
    with TemporaryDirectory() as cache:
        rounds = measure_spreading(cases, options.contenders, options.rounds, cache)
        traffic_rounds = measure_traffic(options.contenders, options.rounds, options.lanes, cache)
    rows = spreading_rows(rounds)
    reference = traffic_rounds.get("reference", [])
    traffic = [
        traffic_row(kernel, some, reference)
        for kernel, some in traffic_rounds.items()
        if kernel != "reference"
    ]
    text = markdown(rows, traffic, options.rounds)
    write(options.out, rows, traffic, text)
    print(text)
    problems = [
        *unlike(rounds),
        *unlike_traffic(traffic_rounds),
        *fallen(before, rows),
        *dearer(traffic_before, traffic),
        *missing(before, rows, options.cases, options.contenders),
    ]
    print("\n".join(problems) or "The work is the same everywhere, and no ratio fell.")
    return 1 if problems else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    def names(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser(description="Measure the engine beside others.")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--cases", type=names, default=[case.name for case in CASES])
    parser.add_argument("--contenders", type=names, default=[one.name for one in CONTENDERS])
    parser.add_argument(
        "--lanes",
        type=int,
        default=LANES_A_POLICY,
        help="lanes a policy of the scenario's traffic; 0 leaves that out",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "benchmark")
    return parser.parse_args(arguments)


# Measuring -----------------------------------------------------------------------------------


def measure_spreading(
    cases: Sequence[Case], contenders: Sequence[str], rounds: int, cache: str
) -> Rounds:
    """Measure each contender on each case; contenders alternate within each round of a case."""
    measured: Rounds = defaultdict(list)
    absent: set[str] = set()
    for case in cases:
        for number in range(rounds):
            for name in contenders:
                if name in absent:
                    continue
                one = process(cache, "tests.benchmarks.one", case.name, name)
                if "absent" in one:
                    absent.add(name)
                    _say(f"{contender_of(name).title}: left out, {one['absent']}")
                    continue
                measured[case.name, name].append(one)
                _say(f"{case.name}, round {number + 1}, {name}: {one['seconds']:.2f} s")
    return measured


def measure_traffic(
    contenders: Sequence[str], rounds: int, lanes: int, cache: str
) -> dict[str, list[Measured]]:
    """Measure each of our kernels, and the reference, on the traffic of a scenario."""
    measured: dict[str, list[Measured]] = defaultdict(list)
    kernels = [name for name in contenders if name in OURS] if lanes else []
    for number in range(rounds):
        for name in [*kernels, "reference"] if kernels else []:
            one = process(cache, "tests.benchmarks.traffic", name, str(lanes))
            if "absent" not in one:
                measured[name].append(one)
                _say(f"traffic, round {number + 1}, {name}: {one['agents_s']:.2f} s with agents")
    return measured


def process(cache: str, module: str, *arguments: str) -> Any:
    """Return what a module prints as JSON in a process of its own.

    Machine code is kept in the folder `cache`: new for every benchmark, so that compiling is
    measured once.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "NUMBA_CACHE_DIR": cache},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


# Was it the same work? -----------------------------------------------------------------------


def unlike(rounds: Mapping[tuple[str, str], Sequence[Measured]]) -> list[str]:
    """Return where contenders did not do the same work, and our kernels not exactly the same."""
    found = []
    for case in dict.fromkeys(case for case, _ in rounds):
        first = {name: some[0] for (key, name), some in rounds.items() if key == case}
        works = {name: _work(one) for name, one in first.items()}
        reports = {name: one["reports"] for name, one in first.items()}
        if any(works[name].attempts.shape[1] == reports[name] for name in works):
            lines = differences(works, reports, case_of(case).degree)
            found += [f"other work on {case}: {line}" for line in lines]
        ours = [works[name] for name in OURS if name in works]
        if any(
            not np.array_equal(a, b) for other in ours for a, b in zip(other, ours[0], strict=True)
        ):
            found.append(f"other work on {case}: our kernels differ")
    return found


def _work(one: Measured) -> Work:
    return Work(np.array(one["attempts"]), np.array(one["receipts"]))


def unlike_traffic(rounds: Mapping[str, Sequence[Measured]]) -> list[str]:
    """Return in which counters our kernels differ on the traffic of a scenario."""
    found = []
    for what in ("counters", "chosen"):
        counters = [some[0][what] for some in rounds.values() if what in some[0]]
        names = counters[0] if counters else {}
        differing = [name for name in names if any(c[name] != counters[0][name] for c in counters)]
        found += [f"other work on the traffic: our kernels differ in {name}" for name in differing]
    return found


def write(out: Path, rows: Sequence[Row], traffic: Sequence[TrafficRow], text: str) -> None:
    """Write the tables, the picture, and what they were measured on."""
    out.mkdir(parents=True, exist_ok=True)
    write_rows(out / "table.csv", rows)
    if traffic:
        write_rows(out / "traffic.csv", traffic)
    (out / "table.md").write_text(text, encoding="utf-8")
    (out / "machine.json").write_text(json.dumps(machine(), indent=2) + "\n", encoding="utf-8")
    draw(rows, out / "speed.png")


if __name__ == "__main__":
    sys.exit(main())
