"""What a day of a lane costs in each scenario; ``pytest -m bench -s`` shows it.

LANES_A_POLICY sets the size of the batch. `tests.benchmarks.traffic` sets a lane of a batch beside
the same lane in the reference.
"""

from __future__ import annotations

import os
from functools import partial

import pytest

from agents import load_scenario, run_compiled
from scenarios import compile_world, load_policy, policy_entries, scenario_entries
from sim import LaneId
from tests.benchmarks.clocks import timed

pytestmark = pytest.mark.bench

REPLICATIONS = int(os.environ.get("LANES_A_POLICY", "25"))
SEED = 1


def test_a_day_of_each_scenario() -> None:
    """What a day of a lane costs in a full batch, beside that of organised crime."""
    costs: dict[str, float] = {}
    ticks: dict[str, float] = {}
    for entry in scenario_entries():
        scenario = load_scenario(entry.name)
        policies = [load_policy(policy.name) for policy in policy_entries()]
        meant = [one for one in policies if scenario.why_not(one) is None]
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
