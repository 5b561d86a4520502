"""Outcomes are the same to the bit whichever way `sum` of this Python adds fractions."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents.lane.sums import total
from agents.society.catalogue import load_scenario
from agents.society.outcomes import outcomes_of
from agents.society.society import Society
from scenarios import LoadedScenario, compile_world, load_policy
from sim.kernel import Kernel
from sim.seam import LaneId, advance
from tests.agents.small import changed

LANES = 12
TICKS = 720
"""Enough for every kind of work, and for the whole of `forest-fire`."""


def test_numbers_are_added_one_after_the_other():
    assert total([]) == 0
    assert total([0.1] * 10) == 0.9999999999999999
    assert total([1.0, 1e100, 1.0, -1e100]) == 0


def one_by_one(values: Iterable[Any], start: Any = 0) -> Any:
    """Add as Python 3.11 did."""
    for value in values:
        start = start + value
    return start


def carrying(values: Iterable[Any], start: Any = 0) -> Any:
    """Add without losing anything, as later versions nearly do."""
    listed = list(values)
    fractions = any(isinstance(value, float) for value in listed)
    return math.fsum([start, *listed]) if fractions else one_by_one(listed, start)


def shortened(loaded: LoadedScenario) -> LoadedScenario:
    """Return a scenario that ends after `TICKS`, if it would last longer."""
    spec = loaded.spec
    return replace(loaded, spec=changed(spec, horizon=min(spec.horizon, TICKS * spec.tick_h)))


@pytest.mark.long
@pytest.mark.parametrize("name", ["forest-fire", "organised-crime", "cyber-outbreak"])
def test_no_outcome_depends_on_the_python(name, monkeypatch):
    scenario = shortened(load_scenario(name))
    compiled = compile_world(scenario, [load_policy("bilateral")])
    lanes = [LaneId(0, 5, number) for number in range(LANES if name == "forest-fire" else 2)]

    def outcomes(adds: Callable[..., Any]) -> dict[str, np.ndarray]:
        monkeypatch.setattr(builtins, "sum", adds)
        society = Society(compiled)
        engine = Kernel(compiled.world, lanes)
        advance(engine, society, compiled.world.horizon)
        return outcomes_of(compiled, society, engine)

    one, other = outcomes(one_by_one), outcomes(carrying)
    monkeypatch.undo()
    for outcome, values in one.items():
        assert values.tobytes() == other[outcome].tobytes(), outcome
