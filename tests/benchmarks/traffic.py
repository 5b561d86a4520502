"""The whole kernel on the traffic of four years of organised crime, with and without its agents.

``python -m tests.benchmarks.traffic KERNEL REPLICATIONS`` prints what it measured as JSON. What the
agents ask of the engine is written down in one run and asked again in another, tick by tick: that
run is the kernel's work to the last message, and nothing else. With ``reference`` for the kernel,
one of the lanes is run by itself in the reference, with its agents.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from agents import load_scenario, run_compiled
from scenarios import compile_world, load_policy, policy_entries
from sim import Engine, Happenings, LaneId, Reference, advance
from sim.seam.port import COUNTERS
from tests.benchmarks.clocks import timed
from tests.benchmarks.contenders import kernels
from tests.benchmarks.network import draw_network, draw_origins
from tests.benchmarks.work import AbsentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents import BatchResult
    from scenarios import Compiled

SCENARIO: Final = "organised-crime"
SEED: Final = 1
WRITES: Final = ("set_activity", "emit", "ask", "link", "spend", "set_trust", "set_contact")
"""What a host may ask of an engine that changes anything."""
CHOSEN: Final = "bilateral"
"""The policy whose first lane the reference runs."""
BARE: Final = (200, 10, 50, 50)
"""Units, channels of each, reports and replications of the spreading work set beside it."""


class Request(NamedTuple):
    """A call of the engine by its host."""

    method: str
    arguments: tuple[Any, ...]
    named: dict[str, Any]


class Recorder:
    """An engine that notes what its host asks of it.

    ``requests[0]`` was asked before tick 0, ``requests[tick + 1]`` in that tick.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.requests: list[list[Request]] = [[]]
        for method in WRITES:
            setattr(self, method, self._noting(method))

    def _noting(self, method: str) -> Any:
        plain = getattr(self._engine, method)

        def noting(*arguments: Any, **named: Any) -> None:
            self.requests[-1].append(Request(method, arguments, named))
            plain(*arguments, **named)

        return noting

    def begin(self, tick: int) -> Happenings:
        """Begin a tick, and its requests."""
        self.requests.append([])
        return self._engine.begin(tick)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


class Repeater:
    """A host without agents, which asks what was asked before."""

    def __init__(self, requests: Sequence[Sequence[Request]]) -> None:
        self._requests = requests

    def start(self, engine: Engine) -> None:
        """Ask what was asked before tick 0."""
        self._methods = {method: getattr(engine, method) for method in WRITES}
        self._ask(0)

    def _ask(self, place: int) -> None:
        for method, arguments, named in self._requests[place]:
            self._methods[method](*arguments, **named)

    def react(self, tick: int, happenings: Happenings) -> None:
        """Ask what was asked in this tick."""
        self._ask(tick + 1)

    def work(self, tick: int) -> None:
        """Do nothing."""

    def move(self, tick: int) -> None:
        """Do nothing."""

    def end(self, tick: int) -> None:
        """Do nothing."""


def written_down(
    compiled: Compiled, lanes: Sequence[LaneId], make: kernels.Make
) -> tuple[BatchResult, list[list[Request]]]:
    """Run lanes with their agents; return what these asked of the engine, too."""
    recorders: list[Recorder] = []

    def engine(made: Compiled, ids: Sequence[LaneId]) -> Any:
        recorders.append(Recorder(make(made.world, ids)))
        return recorders[0]

    return run_compiled(compiled, lanes, engine=engine), recorders[0].requests


def repeated(
    compiled: Compiled,
    lanes: Sequence[LaneId],
    requests: Sequence[Sequence[Request]],
    make: kernels.Make,
) -> dict[str, Any]:
    """Run lanes without agents; return the counters, each of shape (L,)."""
    engine = make(compiled.world, lanes)
    advance(engine, Repeater(requests), compiled.world.horizon)
    return dict(zip(COUNTERS, engine.counters().T, strict=True))


def measure(kernel: str, replications: int) -> dict[str, Any]:
    """Measure all policies of the catalogue together; seconds are those of this process's work."""
    try:
        make = kernels.maker(kernel)
    except AbsentError as error:
        return {"absent": str(error)}
    compiled, compiling = timed(read)
    points = range(len(compiled.world.points.names))
    lanes = [LaneId(point, SEED, number) for point in points for number in range(replications)]
    units, degree, reports, spread = BARE
    bare = kernels.Spreading(draw_network(units, degree), kernel=kernel)
    bare.warm_up()
    _, bare_s = timed(lambda: bare.run(draw_origins(units, reports, spread)))
    (result, requests), agents_s = timed(lambda: written_down(compiled, lanes, make))
    counters, kernel_s = timed(lambda: repeated(compiled, lanes, requests, make))
    differing = [n for n in COUNTERS if not np.array_equal(counters[n], result.counters[n])]
    if differing:
        message = f"the lanes differ without their agents in {', '.join(differing)}"
        raise RuntimeError(message)
    return {
        "lanes": len(lanes),
        "ticks": compiled.world.horizon,
        "set_up_s": compiling,
        "kernel_s": kernel_s,
        "agents_s": agents_s,
        "bare_s": bare_s,
        "bare_messages": int(bare.counters["messages"].sum()),
        "counters": {name: int(values.sum()) for name, values in counters.items()},
        "chosen": of_lane(result, lanes.index(chosen())),
    }


def measure_reference() -> dict[str, Any]:
    """Measure one lane by itself in the reference, with its agents."""
    compiled, compiling = timed(read)
    result, seconds = timed(
        lambda: run_compiled(
            compiled, [chosen()], engine=lambda made, ids: Reference(made.world, ids[0])
        )
    )
    return {"set_up_s": compiling, "agents_s": seconds, "chosen": of_lane(result, 0)}


def read() -> Compiled:
    """Read and compile the scenario under all policies of the catalogue."""
    policies = [load_policy(name) for name in names()]
    return compile_world(load_scenario(SCENARIO), policies)


def names() -> list[str]:
    """Return the policies of the catalogue; a lane's design point is a place among them."""
    return [entry.name for entry in policy_entries()]


def chosen() -> LaneId:
    """Return the lane that the reference runs."""
    return LaneId(names().index(CHOSEN), SEED, 0)


def of_lane(result: BatchResult, place: int) -> dict[str, int]:
    """Return the counters of one lane."""
    return {name: int(values[place]) for name, values in result.counters.items()}


if __name__ == "__main__":
    kernel, replications = sys.argv[1:]
    reference = kernel == "reference"
    measured = measure_reference() if reference else measure(kernel, int(replications))
    json.dump(measured, sys.stdout)
