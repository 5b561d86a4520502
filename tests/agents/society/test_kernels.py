"""Whole scenarios, agents and casework included, give the same bits whichever kernel runs them."""

from __future__ import annotations

import pytest

from agents import engines, run_compiled
from scenarios import Compiled
from sim import LaneId
from sim.kernel.choice import KernelName
from tests.agents.cyber import compiled_outbreak
from tests.agents.plots import compiled_plots
from tests.agents.small import compiled_small, differing, values_of
from tests.agents.small_fire import compiled_fire

pytest.importorskip("numba", reason="the compiled kernel needs the extra `fast`")

SCENARIOS = {
    "crime": compiled_small,
    "cyber": compiled_outbreak,
    "fire": compiled_fire,
    "plot": compiled_plots,
}


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
def test_both_kernels_give_the_same_lanes(name: str) -> None:
    compiled: Compiled = SCENARIOS[name]()
    points = range(len(compiled.world.points.names))
    lanes = [LaneId(point, 3, number) for number in (0, 1) for point in points]
    numpy = run_compiled(compiled, lanes, engine=engines(KernelName.NUMPY))
    fast = run_compiled(compiled, lanes, engine=engines(KernelName.COMPILED))
    for number in range(len(lanes)):
        assert differing(values_of(numpy, number), values_of(fast, number)) == []
    assert numpy.messages > 0
