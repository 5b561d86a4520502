"""The law of lanes: what a lane gives depends on its scenario, policy and world, on nothing else.

Agents and SimPy included; compared to the bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings, strategies as st

from agents import run_batch, run_compiled
from agents.mechanisms.network.network import CriminalNetwork
from agents.procedures.course import Course
from agents.society import batch
from sim import LaneId
from sim.kernel.engine import Kernel
from sim.kernel.lanes import Lanes
from tests.agents.small import (
    POLICIES,
    Values,
    compiled_small,
    differing,
    policies,
    small,
    values_of,
)


class Address(NamedTuple):
    """A lane by the name of its policy, whichever batch it is in."""

    policy: str
    seed: int
    replication: int


POOL = (
    Address("bilateral", 1, 0),
    Address("full-pool", 1, 0),
    Address("hit-no-hit", 1, 2),
    Address("hub-and-spoke", 2**63 + 5, 0),
    Address("originator-control", 2, 4_000_000_000),
    Address("bilateral", 2, 1),
)


def together(lanes: Sequence[Address], names: tuple[str, ...] = POLICIES) -> list[Values]:
    """Run lanes in one batch, in a world compiled for some policies in some order."""
    ids = [LaneId(names.index(lane.policy), lane.seed, lane.replication) for lane in lanes]
    result = run_compiled(compiled_small(names), ids)
    return [values_of(result, number) for number in range(len(lanes))]


@cache
def alone(lane: Address) -> Values:
    """Run a lane by itself, in a world compiled for its policy only."""
    return together([lane], (lane.policy,))[0]


def broken(lanes: Sequence[Address], names: tuple[str, ...] = POLICIES) -> dict[str, list[str]]:
    """Return what differs between lanes of a batch and the same lanes alone."""
    pairs = zip(lanes, together(lanes, names), strict=True)
    found = {str(lane): differing(values, alone(lane)) for lane, values in pairs}
    return {lane: names for lane, names in found.items() if names}


def test_a_batch_is_the_union_of_its_lanes() -> None:
    assert broken(POOL) == {}


def test_the_lanes_of_the_pool_have_different_fates() -> None:
    names = [
        f"outcome {name}" for name in ("arrested_share", "casework_hours", "confiscated_share")
    ]
    for name in names:
        assert len({alone(lane)[name] for lane in POOL}) == len(POOL)


@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_any_lanes_in_any_order_with_any_policies(data: st.DataObject) -> None:
    lanes = data.draw(st.lists(st.sampled_from(POOL), min_size=1, max_size=5), label="lanes")
    used = {lane.policy for lane in lanes}
    others = data.draw(st.sets(st.sampled_from(POLICIES), max_size=2), label="others")
    names = data.draw(st.permutations(sorted(used | others)), label="policies")
    assert broken(lanes, tuple(names)) == {}


def test_running_from_declarations_is_the_same() -> None:
    lane = POOL[2]
    ids = [LaneId(0, lane.seed, lane.replication)]
    result = run_batch(small(networks=2), policies((lane.policy,)), ids)
    assert differing(values_of(result, 0), alone(lane)) == []


def test_an_onlooker_changes_nothing() -> None:
    lane, ticks = POOL[3], list[int]()
    ids = [LaneId(0, lane.seed, lane.replication)]
    compiled = compiled_small((lane.policy,))
    result = run_compiled(compiled, ids, on_tick=ticks.append)
    assert differing(values_of(result, 0), alone(lane)) == []
    assert ticks == list(range(compiled.world.horizon))


# The law can be seen to be broken ------------------------------------------------------------


def _by_lane_number(_: Any) -> Any:
    def drawn(self: Course, delay: str) -> float:
        lane, (organisation, subject, turn) = self._lane, self._case.names
        name, entity = f"{self._work.key}:{delay}", f"{turn} of lane {lane.number}"
        return lane.durations.draw(lane.draws, name, organisation, subject, entity)

    return drawn


def _stream_by_lane(original: Any) -> Any:
    def draw(self: Lanes, lane: Any, stream: Any, *entity: Any) -> Any:
        return original(self, lane, stream ^ lane, *entity)

    return draw


def _by_order_of_calls(original: Any) -> Any:
    calls: list[int] = []

    def step(self: CriminalNetwork) -> None:
        calls.append(0)
        if len(calls) % 7 == 0:
            self.warn()
        original(self)

    return step


@pytest.mark.parametrize(
    ("where", "name", "error"),
    [
        (Course, "_drawn", _by_lane_number),
        (Lanes, "draw", _stream_by_lane),
        (CriminalNetwork, "step", _by_order_of_calls),
    ],
)
def test_a_draw_that_knows_its_lane_is_caught(
    monkeypatch: pytest.MonkeyPatch, where: type, name: str, error: Any
) -> None:
    monkeypatch.setattr(batch, "kernel", lambda _: Kernel)  # compiled code cannot be patched
    lanes = POOL[:3]
    expected = [alone(lane) for lane in lanes]
    monkeypatch.setattr(where, name, error(getattr(where, name)))
    changed = [differing(*pair) for pair in zip(together(lanes), expected, strict=True)]
    assert any(changed)
