"""What an attempt to tell costs: reports that flood a random network.

200 desks of ten channels each, 50 reports, everybody passes everything on with chance one half
and an exponential latency of four ticks in the mean; 100 lanes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from sim import Engine, Happenings, Kernel, LaneId, Reference, World, advance
from sim.port import COUNTERS
from sim.streams import ONE
from sim.tables import exponential
from tests.benchmarks.clocks import timed
from tests.worlds import Kind, Link, Point, Rule, Sketch, build

pytestmark = pytest.mark.bench

UNITS, DEGREE, REPORTS, LANES = 200, 10, 50, 100
COMPARED = 4
"""Lanes of the reference; each takes seconds."""


@cache
def network() -> World:
    """Return a network in which each desk has ten channels to others, drawn once."""
    random = np.random.default_rng(12)
    links = []
    for unit in range(UNITS):
        others = np.setdiff1d(np.arange(UNITS), [unit])
        targets = np.sort(random.choice(others, DEGREE, replace=False))
        links += [Link(unit, int(target)) for target in targets]
    latency = exponential(4)
    return build(
        Sketch(
            groups=[min(unit, 63) for unit in range(UNITS)],
            links=links,
            kinds=[Kind(lifetime=1000)],
            rules=[Rule(push=ONE // 2)],
            points=[Point(latency=dict.fromkeys(range(len(links)), latency))],
            horizon=160,
        )
    )


class Flood:
    """A host that has the first desks write a report each, before tick 0."""

    def start(self, engine: Engine) -> None:
        for lane in range(len(engine.lanes)):
            for unit in range(REPORTS):
                engine.emit(lane, unit, 0, 0)

    def react(self, tick: int, happenings: Happenings) -> None:
        """Do nothing."""

    def work(self, tick: int) -> None:
        """Do nothing."""

    def move(self, tick: int) -> None:
        """Do nothing."""

    def end(self, tick: int) -> None:
        """Do nothing."""


def flooded(engine: Engine) -> dict[str, list[int]]:
    """Run to the end; return the counters, by lane."""
    advance(engine, Flood(), network().horizon)
    return dict(zip(COUNTERS, engine.counters().T.tolist(), strict=True))


def lanes(first: int, count: int) -> Sequence[LaneId]:
    return [LaneId(0, 6, first + number) for number in range(count)]


def test_attempts_a_second() -> None:
    world = network()
    counters, by_kernel = timed(lambda: flooded(Kernel(world, lanes(0, LANES))))
    others = lanes(LANES, COMPARED)
    slow, by_reference = timed(lambda: [flooded(Reference(world, lane)) for lane in others])

    fast = np.array(counters["attempts"])
    expected = np.array([one["attempts"][0] for one in slow])
    error = fast.std(ddof=1) * (1 / fast.size + 1 / expected.size) ** 0.5
    assert abs(fast.mean() - expected.mean()) <= 4 * error
    assert np.array(counters["reports"]).tolist() == [REPORTS] * LANES
    assert counters["read"] == counters["delivered"]
    print(  # noqa: T201 - the measurement is the result
        f"\n{fast.sum():,} attempts in {LANES} lanes: {fast.sum() / by_kernel / 1e6:.2f} million "
        f"a second in the kernel, {expected.sum() / by_reference / 1e6:.3f} in the reference"
    )


def test_the_kernel_floods_as_the_reference_does() -> None:
    """The same lane gives the same counters, alone and among others."""
    world = network()
    some = lanes(0, 3)
    batch = flooded(Kernel(world, some))
    slow = flooded(Reference(world, some[1]))
    assert {name: values[1] for name, values in batch.items()} == {
        name: values[0] for name, values in slow.items()
    }


def test_a_flood_reaches_nearly_everybody() -> None:
    """A desk with d ways in hears nothing with chance ``2 ** -d`` where all others know."""
    world = network()
    counters = flooded(Kernel(world, lanes(0, 20)))
    ways_in = np.bincount(world.channels.dst, minlength=UNITS)
    reached = np.array(counters["delivered"]) / (REPORTS * (UNITS - 1))
    assert reached.mean() == pytest.approx(np.mean(1 - 0.5**ways_in), abs=0.01)
    told = (reached * (UNITS - 1) + 1) * REPORTS * DEGREE
    assert np.array(counters["attempts"]) == pytest.approx(told, rel=0.02)
