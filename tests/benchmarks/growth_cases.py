"""One measurement in a process of its own: ``python -m tests.benchmarks.growth_cases CASE``.

A case is a line of JSON, and so is what it prints. Seconds are those of the processor, spent by
this process and those it started. Spreading runs under a limit of 4 GiB of addresses.
"""

from __future__ import annotations

import itertools
import json
import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tests.benchmarks.machine import peak_mib

if TYPE_CHECKING:
    from experiments.planning.plan import Plan
    from scenarios import Compiled
    from sim import Engine, LaneId

LIMIT: Final = 4 << 30
"""Bytes that a process which spreads reports may map."""

SEED: Final = 1
LEAST_SECONDS: Final = 0.5
LEAST_REPEATS: Final = 3
"""The first run in a process meets memory that it has not had before."""
MOST_REPEATS: Final = 9
FEWEST_LANES: Final = 48
"""Whole lanes that are run at least, in batches."""


def spread(
    *, kernel: str, units: int, degree: int, reports: int, lanes: int, limit: int = LIMIT
) -> dict[str, float]:
    """Let reports spread through a network; the fastest of a few runs counts."""
    if sys.platform == "linux":  # others do not heed it, or refuse it
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    from sim import advance
    from sim.seam.port import COUNTERS
    from tests.benchmarks.contenders.kernels import Start, maker
    from tests.benchmarks.growth_worlds import Flood

    make = maker(kernel)
    small = Flood(units=20, degree=3, reports=2, lanes=2)
    world = small.world()
    advance(make(world, small.ids()), Start(small.origins()), world.horizon)  # compiles, if any
    flood = Flood(units, degree, reports, lanes)
    begun = process_time()
    world = flood.world()
    compiled = process_time() - begun
    making: list[float] = []
    seconds: list[float] = []
    while len(seconds) < LEAST_REPEATS or (
        len(seconds) < MOST_REPEATS and sum(seconds) < LEAST_SECONDS
    ):
        begun = process_time()
        engine = make(world, flood.ids())
        host = Start(flood.origins())
        made = process_time()
        advance(engine, host, world.horizon)
        seconds.append(process_time() - made)
        making.append(made - begun)
    counted = dict(zip(COUNTERS, engine.counters().sum(axis=0).tolist(), strict=True))
    return {
        "seconds": min(seconds),
        "making": min(making),
        "compiling": compiled,
        "work": counted["attempts"],
        "reached": (counted["delivered"] + counted["reports"]) / (units * reports * lanes),
    }


def in_batches(scenario: str, batch: int) -> dict[str, float]:
    """Run whole lanes of a scenario, all policies in turn, so many at a time.

    With the kernel that is taken if nobody chooses one.
    """
    from agents import run_compiled
    from scenarios import compile_world
    from sim.kernel.choice import kernel

    def make(compiled: Compiled, ids: Sequence[LaneId]) -> Engine:
        return kernel()(compiled.world, ids)

    plan = _plan(scenario, batch)
    compiled = compile_world(plan.scenario, plan.policies)
    none = np.zeros(plan.shape, np.bool_)
    chunks = (chunk.parts[0].lanes for chunk in plan.chunks(none, batch))
    lanes = list(itertools.islice(itertools.chain(*chunks), batch))
    run_compiled(compiled, lanes[:1], engine=make)
    rounds = max(1, FEWEST_LANES // batch)
    begun = process_time()
    for _ in range(rounds):
        run_compiled(compiled, lanes, engine=make)
    seconds = process_time() - begun
    return {"seconds": seconds, "work": rounds * batch, "batch": batch}


def comparison(scenario: str, lanes: int, workers: int) -> dict[str, float]:
    """Run whole lanes as `fivesteps compare` does, from the files to the tables."""
    from experiments.execution.choose import local
    from experiments.execution.placing import How
    from experiments.execution.running import run_plan

    plan = _plan(scenario, lanes)
    with tempfile.TemporaryDirectory() as folder:
        begun, clock = _processor_seconds(), perf_counter()
        run_plan(plan, Path(folder) / "run", How(local(workers, plan.lanes)))
        seconds, clock = _processor_seconds() - begun, perf_counter() - clock
        manifest = json.loads((Path(folder) / "run" / "manifest.json").read_text("utf-8"))
    size = manifest["runs"][-1]["batch"]
    return {"seconds": seconds, "clock": clock, "work": plan.lanes, "batch": size}


def chosen(scenario: str) -> dict[str, float]:
    """Return the lanes that the engine would run together in one process."""
    from agents import footprint
    from experiments.planning.batching import usual_batch
    from scenarios import compile_world

    plan = _plan(scenario, 1)
    needed = footprint(compile_world(plan.scenario, plan.policies).world)
    return {"batch": usual_batch(needed.tick, 1)}


def _plan(scenario: str, lanes: int) -> Plan:
    """Return a comparison of all policies with at least so many lanes."""
    from agents import load_scenario
    from experiments.planning.plan import make_plan
    from experiments.planning.selecting import select_policies

    loaded = load_scenario(scenario)
    policies = select_policies("all", loaded).policies
    replications = -(-lanes // len(policies))
    return make_plan(loaded, policies, baseline=None, seed=SEED, replications=replications)


def _processor_seconds() -> float:
    """Seconds of this process and of those that it started and that have ended."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, who))


def peak_bytes() -> int:
    """Return the most memory that this process held, or one that it started."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    in_children = children if sys.platform == "darwin" else children * 1024
    return max(round((peak_mib() or 0) * (1 << 20)), in_children)


KINDS: Final[dict[str, Callable[..., dict[str, float]]]] = {
    "spread": spread,
    "batch": in_batches,
    "comparison": comparison,
    "chosen": chosen,
}


def main(text: str) -> None:
    """Measure a case and print what came out."""
    case: dict[str, Any] = json.loads(text)
    kind = case.pop("kind")
    found = KINDS[kind](**case)
    print(json.dumps({**found, "peak": peak_bytes()}))  # noqa: T201 - read by who asked for it


if __name__ == "__main__":
    main(sys.argv[1])
