"""What a tick costs: ``python -m tests.benchmarks.tick_costs`` prints the table.

Counted in a process of its own, since the engine is imported with counters in it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tracemalloc
from typing import TYPE_CHECKING, Any, Final

from tests.benchmarks.tick_counting import Plant, counting

if TYPE_CHECKING:
    from sim import Engine, LaneId
    from sim.seam.port import Host
    from tests.benchmarks.tick_counting import Counts

PACKAGES: Final = ("sim", "scenarios", "agents")
LANES: Final = 4
SPREADING_TICKS: Final = 60
QUIET_TICKS: Final = 100
WEEKS: Final = 3
SEED: Final = 7
POLICIES: Final = ("bilateral", "full-pool")

Table = dict[str, dict[str, float]]


def table(plant: Plant | None = None) -> Table:
    """Count all cases in a new process."""
    command = [sys.executable, "-m", "tests.benchmarks.tick_costs", "--here", json.dumps(plant)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    found: Table = json.loads(done.stdout)
    return found


def counted(plant: Plant | None) -> Table:
    """Count all cases in this process, which has not imported the engine yet."""
    with counting(PACKAGES, plant) as counts:
        return {
            "spreading": _spreading(counts, reports=10, ticks=SPREADING_TICKS),
            "quiet": _spreading(counts, reports=0, ticks=QUIET_TICKS),
            "organised-crime": _organised_crime(counts),
        }


def _spreading(counts: Counts, *, reports: int, ticks: int) -> dict[str, float]:
    from sim import Kernel
    from tests.benchmarks.contenders.kernels import Start
    from tests.benchmarks.growth_worlds import Flood

    flood = Flood(200, 10, reports, LANES)
    world = flood.world()

    def start() -> tuple[Engine, Host]:
        return Kernel(world, flood.ids()), Start(flood.origins())

    engine, host = start()
    found = _run(counts, engine, host, ticks)
    engine, host = start()
    return {**found, "peak_bytes": _peak(engine, host, ticks)}


def _organised_crime(counts: Counts) -> dict[str, float]:
    from agents import load_scenario
    from agents.society.society import Society
    from scenarios import compile_world, load_policy
    from sim import Kernel, LaneId

    scenario = load_scenario("organised-crime")
    compiled = compile_world(scenario, [load_policy(name) for name in POLICIES])
    ids: list[LaneId] = [LaneId(point, SEED, world) for world in range(2) for point in range(2)]
    ticks = round(WEEKS * 7 * 24 / scenario.spec.tick_h)
    return _run(counts, Kernel(compiled.world, ids), Society(compiled), ticks)


def _run(counts: Counts, engine: Engine, host: Host, ticks: int) -> dict[str, float]:
    """Return what a tick costs in the mean, and how much was sent."""
    from sim import advance
    from sim.seam.port import COUNTERS

    counts.taken()
    advance(engine, host, ticks)
    found = counts.taken()
    sent = dict(zip(COUNTERS, engine.counters().sum(axis=0).tolist(), strict=True))
    each = {name: round(count / ticks, 1) for name, count in found.items()}
    return {**each, "attempts": sent["attempts"], "messages": sent["messages"]}


def _peak(engine: Engine, host: Host, ticks: int) -> float:
    """Bytes that running holds at most, above what there was before."""
    from sim import advance

    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    advance(engine, host, ticks)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most - before


def main() -> None:
    """Print the table, or the counts of this process."""
    parser = argparse.ArgumentParser(description="Count what a tick costs.")
    parser.add_argument("--here", metavar="PLANT", help="count in this process")
    given = parser.parse_args()
    if given.here is None:
        for case, costs in table().items():
            print(f"{case!r}: {costs},")  # noqa: T201 - what it is for
        return
    plant: Any = json.loads(given.here)
    print(json.dumps(counted(Plant(*plant) if plant else None)))  # noqa: T201 - read by `table`


if __name__ == "__main__":
    main()
