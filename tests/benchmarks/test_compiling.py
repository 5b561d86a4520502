"""What it costs to compile many points that change on dates; ``pytest -m bench -s`` shows it.

Fifty points of `organised-crime` in five phases each, all policies in turn: 250 scenarios that
differ in their desks' numbers, then 250 that also differ in which desks and channels there are.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Final

import pytest

from agents import load_scenario
from scenarios import (
    LoadedScenario,
    Point,
    Stretch,
    compile_points,
    load_policy,
    policy_entries,
)
from tests.agents.small import changed
from tests.benchmarks.clocks import timed
from tests.scenarios.compiling.variants import with_centre, with_place, with_spec

pytestmark = pytest.mark.bench

POINTS: Final = 50
PHASES: Final = 5
MOST_BYTES: Final = 200_000_000

Vary = Callable[[LoadedScenario, int], LoadedScenario]


def in_numbers(loaded: LoadedScenario, number: int) -> LoadedScenario:
    """Return a scenario in which everybody reads and sees a little more."""
    more = 1 + number / 1000
    desks = {
        kind: changed(desk, reads=desk.reads.value * more)
        for kind, desk in loaded.spec.desks.items()
    }
    threats = {
        name: changed(
            threat,
            sees={
                kind: tuple(changed(sight, per_year=sight.per_year * more) for sight in sights)
                for kind, sights in threat.sees.items()
            },
        )
        for name, threat in loaded.spec.threats.items()
    }
    return with_spec(loaded, desks=desks, threats=threats)


def in_what_there_is(loaded: LoadedScenario, number: int) -> LoadedScenario:
    """Return a scenario that also lacks channels by the bits of its number, or has a new desk."""
    ways = dict(loaded.atlas.place.instruments)
    for bit, (name, way) in enumerate(ways.items()):
        if number >> bit & 1 and len(way.connections) > 1:
            ways[name] = changed(way, connections=way.connections[:-1])
        elif number >> bit & 1:
            ways[name] = changed(way, clearance="confidential")
    made = with_place(in_numbers(loaded, number), instruments=ways)
    return with_centre(made) if number % 2 else made


@pytest.mark.parametrize("vary", [in_numbers, in_what_there_is], ids=["numbers", "things"])
def test_many_points_fit_into_little_memory(vary: Vary) -> None:
    loaded = load_scenario("organised-crime")
    policies = [load_policy(entry.name) for entry in policy_entries()]
    length = loaded.ticks // PHASES
    points = [
        Point(
            f"point {point}",
            tuple(
                Stretch(
                    phase * length,
                    vary(loaded, point * PHASES + phase),
                    policies[(point + phase) % len(policies)],
                )
                for phase in range(PHASES)
            ),
        )
        for point in range(POINTS)
    ]
    compiled, seconds = timed(partial(compile_points, points))
    tracemalloc.start()
    compile_points(points)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    phases = compiled.world.phases
    size = sum(array.nbytes for array in vars(phases).values())
    print(  # noqa: T201 - the measurement is the result
        f"{len(phases.term)} phases: {seconds:.1f} s, {peak / 1e6:.0f} MB at most, of which "
        f"{size / 1e6:.1f} MB of phases and {compiled.world.tables.nbytes / 1e6:.0f} MB of tables"
    )
    assert len(phases.term) == POINTS * PHASES
    assert peak <= MOST_BYTES
