"""What a lane costs: by itself in the reference, and as one of a full batch.

Both run the same agents in one process and give the same lane, to the bit. Run with
``pytest -m bench -s tests/benchmarks`` to see the times. LANES_A_POLICY sets the size of the batch.
"""

from __future__ import annotations

import os
from functools import partial

import numpy as np
import pytest

from agents import load_scenario, run_compiled
from scenarios import compile_world, load_policy, policy_entries, scenario_entries
from sim import LaneId, Reference
from tests.agents.small import differing, values_of
from tests.benchmarks.clocks import timed

pytestmark = pytest.mark.bench

REPLICATIONS = int(os.environ.get("LANES_A_POLICY", "25"))
SEED = 1
CHOSEN = "bilateral"


def test_a_lane_alone_and_as_a_share_of_a_batch() -> None:
    """Two years of organised crime: the status quo, and a batch of all policies."""
    names = [entry.name for entry in policy_entries()]
    scenario = load_scenario("organised-crime")
    compiled, compiling = timed(lambda: compile_world(scenario, list(map(load_policy, names))))
    points = range(len(names))
    lanes = [LaneId(point, SEED, number) for point in points for number in range(REPLICATIONS)]
    place = lanes.index(LaneId(names.index(CHOSEN), SEED, 0))

    batch, in_batch = timed(lambda: run_compiled(compiled, lanes))
    one, by_kernel = timed(lambda: run_compiled(compiled, [lanes[place]]))
    slow, by_reference = timed(
        lambda: run_compiled(
            compiled, [lanes[place]], engine=lambda made, ids: Reference(made.world, ids[0])
        )
    )

    expected = values_of(batch, place)
    assert differing(values_of(one, 0), expected) == []
    assert differing(values_of(slow, 0), expected) == []
    assert np.all(batch.counters["attempts"] > 0)
    share = in_batch / len(lanes)
    print(  # noqa: T201 - the measurement is the result
        f"\n{compiled.world.horizon} ticks, {len(compiled.world.units.names)} units, "
        f"{len(compiled.world.channels.names)} channels; compiling {compiling:.1f} s"
        f"\nreference, a lane by itself: {by_reference:.2f} s"
        f"\nkernel, a lane by itself:    {by_kernel:.2f} s"
        f"\nkernel, one of {len(lanes)} lanes:    {share:.3f} s"
        f"\nreference over kernel in a batch: {by_reference / share:.1f}"
        f"\nattempts a second in the batch, agents included: "
        f"{batch.attempts / in_batch / 1e6:.2f} million"
    )


def test_a_day_of_each_scenario() -> None:
    """What a day of a lane costs in a full batch, beside that of organised crime."""
    costs: dict[str, float] = {}
    ticks: dict[str, float] = {}
    for entry in scenario_entries():
        scenario = load_scenario(entry.name)
        policies = [load_policy(policy.name) for policy in policy_entries()]
        meant = [one for one in policies if scenario.family not in one.spec.not_for]
        compiled = compile_world(scenario, meant)
        numbers = range(8 * REPLICATIONS // len(meant))
        lanes = [LaneId(point, SEED, number) for number in numbers for point in range(len(meant))]
        batch, seconds = timed(partial(run_compiled, compiled, lanes))
        assert batch.counters["read"].sum() > len(lanes)
        assert len(batch.lanes) == len(lanes)
        costs[entry.name] = seconds / len(lanes) / scenario.horizon_days
        ticks[entry.name] = scenario.ticks / scenario.horizon_days
    for name, cost in costs.items():
        print(  # noqa: T201 - the measurement is the result
            f"{name}: {cost * 1e3:.3f} ms a lane-day ({ticks[name]:.0f} ticks), "
            f"{cost / costs['organised-crime']:.1f} times organised-crime"
        )
