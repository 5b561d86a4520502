"""Plots keep the law of lanes and of gates: alone, in company, and in the slow engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from agents import run_compiled
from scenarios import compile_world
from sim import LaneId, Reference
from tests.agents.plots import CELL, LONE, compiled_plots, small_plots
from tests.agents.small import differing, policies, values_of
from tests.agents.society.test_gates import lawless

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenarios import Compiled
    from sim import Engine

NAMES: Final = ("bilateral", "full-pool", "hit-no-hit", "need-to-know")
LANES: Final = [LaneId(point, 3, world) for point in range(len(NAMES)) for world in (0, 1)]


def reference(compiled: Compiled, lanes: Sequence[LaneId]) -> Engine:
    """Return the slow engine for a single lane."""
    (lane,) = lanes
    return Reference(compiled.world, lane)


def test_the_same_lane_alone_and_in_company() -> None:
    compiled = compiled_plots(NAMES)
    together = run_compiled(compiled, LANES)
    for number in (0, 3, len(LANES) - 1):
        alone = run_compiled(compiled, [LANES[number]])
        assert differing(values_of(alone, 0), values_of(together, number)) == []


def test_the_slow_engine_gives_the_same() -> None:
    compiled = compiled_plots(NAMES)
    slow = run_compiled(compiled, [LANES[2]], engine=reference)
    fast = run_compiled(compiled, [LANES[2]])
    assert differing(values_of(fast, 0), values_of(slow, 0)) == []


@pytest.mark.parametrize("kind", [CELL, LONE])
def test_a_kind_of_plot_comes_the_same_alone_or_beside_the_other(kind: str) -> None:
    """What is done about them differs, as they share desks; which there are does not."""
    lanes = [LaneId(0, 9, world) for world in range(4)]
    both = run_compiled(compile_world(small_plots(), policies(("bilateral",))), lanes)
    alone = run_compiled(compile_world(small_plots(kind), policies(("bilateral",))), lanes)
    named = f"{kind}.plots_begun"
    assert (both.outcomes[named] == alone.outcomes["plots_begun"]).all()
    assert both.outcomes[named].min() > 0


def test_policies_meet_the_same_plots() -> None:
    result = run_compiled(compiled_plots(NAMES), LANES)
    begun = result.outcomes["cell.plots_begun"].reshape(len(NAMES), 2)
    assert (begun == begun[0]).all()


def test_nothing_is_released_against_the_law() -> None:
    """Everybody would tell everybody everything: gates refuse, the Coordinator gets no names."""
    compiled = compile_world(small_plots(horizon_days=20), [lawless()])
    result = run_compiled(compiled, [LaneId(0, 5, world) for world in range(2)])
    assert not result.outcomes["violations"].any()
    assert (result.outcomes["refused_releases"] > 0).all()
