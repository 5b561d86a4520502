"""The traffic of a scenario, repeated without its agents, is the same traffic."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from scenarios import compile_world
from sim import Engine, Kernel, LaneId
from tests.agents.small import policies, small
from tests.benchmarks.traffic import WRITES, chosen, names, repeated, written_down

if TYPE_CHECKING:
    from agents import BatchResult
    from scenarios import Compiled
    from tests.benchmarks.traffic import Request

LANES = [LaneId(point, 1, number) for point in range(2) for number in range(2)]


@cache
def compiled() -> Compiled:
    return compile_world(small(horizon_days=42), policies(("bilateral", "full-pool")))


@cache
def noted() -> tuple[BatchResult, list[list[Request]]]:
    return written_down(compiled(), LANES, Kernel)


def test_the_agents_asked_something_and_all_of_it_was_written_down() -> None:
    result, requests = noted()
    assert len(requests) == compiled().world.horizon + 1
    methods = {request.method for some in requests for request in some}
    assert {"set_activity", "emit"} <= methods <= set(WRITES)
    assert result.counters["reports"].min() > 0


def test_all_that_changes_an_engine_is_written_down() -> None:
    commands = {name for name, part in vars(Engine).items() if _returns_nothing(part)}
    assert commands - {"finish"} == set(WRITES)


def _returns_nothing(part: object) -> bool:
    public = not getattr(part, "__name__", "_").startswith("_")
    return public and getattr(part, "__annotations__", {}).get("return") == "None"


def test_repeated_without_agents_it_is_the_same_to_the_last_message() -> None:
    result, requests = noted()
    counters = repeated(compiled(), LANES, requests, Kernel)
    for name, values in counters.items():
        assert np.array_equal(values, result.counters[name]), name


def test_a_request_left_out_makes_a_difference() -> None:
    result, requests = noted()
    late = next(tick for tick, some in enumerate(requests) if tick > 0 and some)
    fewer = [some if tick != late else some[1:] for tick, some in enumerate(requests)]
    counters = repeated(compiled(), LANES, fewer, Kernel)
    assert any(not np.array_equal(counters[name], result.counters[name]) for name in counters)


def test_the_chosen_lane_is_of_the_status_quo() -> None:
    assert names()[chosen().point] == "bilateral"
