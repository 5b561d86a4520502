"""The organised-crime scenario gives the same in the fast kernel and in the reference."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest

from agents import BatchResult, engines, load_scenario, run_compiled
from scenarios import Compiled, compile_world
from sim import Engine, LaneId, Reference
from sim.kernel.choice import KernelName
from sim.kernel.release import Release
from sim.kernel.triage import Triage
from sim.seam.port import COUNTERS
from tests.agents.small import POLICIES, compiled_small, differing, policies, values_of

LANES = [LaneId(point, 8, 4) for point in range(len(POLICIES))]


def reference(compiled: Compiled, lanes: Sequence[LaneId]) -> Engine:
    """Return the slow engine for a single lane."""
    (lane,) = lanes
    return Reference(compiled.world, lane)


def by_reference(compiled: Compiled, lane: LaneId) -> BatchResult:
    return run_compiled(compiled, [lane], engine=reference)


@cache
def by_kernel() -> BatchResult:
    return run_compiled(compiled_small(), LANES)


@pytest.mark.long
@pytest.mark.parametrize("lane", LANES, ids=POLICIES)
def test_kernel_and_reference_agree(lane: LaneId) -> None:
    slow = by_reference(compiled_small(), lane)
    assert differing(values_of(by_kernel(), lane.point), values_of(slow, 0)) == []


def test_the_lanes_compared_do_everything() -> None:
    """Else the agreement would say little."""
    result = by_kernel()
    idle = [name for name in COUNTERS if not result.counters[name].any()]
    assert idle == ["violations", "closed_to"]
    whole = {name: found for name, found in result.outcomes.items() if "@" not in name}
    unmoved = [name for name, values in whole.items() if not np.any(values > 0)]
    assert unmoved == ["violations"]
    flat = [name for name, values in result.series.items() if not np.ptp(values, axis=1).all()]
    assert set(flat) <= {"members_arrested", "victims_freed"}


def _later(original: Any) -> Any:
    def decide(self: Any, tick: int, *args: Any) -> Any:
        outcome = original(self, tick, *args)
        return outcome._replace(due=outcome.due + 1)

    return decide


def _generous(original: Any) -> Any:
    def serve(self: Any, tick: int) -> Any:
        self._credit += 4
        return original(self, tick)

    return serve


@pytest.mark.long
@pytest.mark.parametrize(
    ("where", "name", "error"), [(Release, "decide", _later), (Triage, "serve", _generous)]
)
def test_a_small_error_in_the_kernel_is_noticed(
    monkeypatch: pytest.MonkeyPatch, where: type, name: str, error: Any
) -> None:
    """One tick of delay more, or 1/64 of a report read more in a tick."""
    lane = LANES[POLICIES.index("full-pool")]
    right = values_of(by_kernel(), lane.point)
    monkeypatch.setattr(where, name, error(getattr(where, name)))
    wrong = run_compiled(compiled_small(), [lane], engine=engines(KernelName.NUMPY))
    assert differing(values_of(wrong, 0), right)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bilateral", "availability"])
def test_four_years_of_the_catalogue_agree(name: str) -> None:
    compiled = compile_world(load_scenario("organised-crime"), policies((name,)))
    lane = LaneId(0, 11, 5)
    fast, slow = run_compiled(compiled, [lane]), by_reference(compiled, lane)
    assert differing(values_of(fast, 0), values_of(slow, 0)) == []
    assert fast.counters["reports"][0] > 500
