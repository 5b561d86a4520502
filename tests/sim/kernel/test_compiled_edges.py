"""The compiled kernel where generated batches do not lead it: logs, sweeps, long runs, no channels.

What is compiled is held to the other kernel, and with a log to the reference, event by event.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings

from sim.kernel.engine import Kernel
from sim.seam.port import COUNTERS, LaneId, Log, advance
from tests.sim.test_exactness import batches, reference_story, same
from tests.stories import Story, knows
from tests.worlds import (
    Action,
    Kind,
    Link,
    Point,
    ScriptedHost,
    Sketch,
    build,
    example_script,
    example_world,
)

if TYPE_CHECKING:
    from sim.seam.world import World
    from tests.worlds import Script

pytest.importorskip("numba", reason="the compiled kernel needs the extra `fast`")

from sim.kernel.compiled import CompiledKernel
from tests.sim.kernel.test_compiled import example, seen


def logged(world: World, lane: LaneId, script: Script) -> Story:
    """Run one lane in the compiled kernel with a log."""
    log, host = Log(), ScriptedHost([script])
    engine = CompiledKernel(world, [lane], log)
    advance(engine, host, world.horizon)
    counters = dict(zip(COUNTERS, engine.counters()[0].tolist(), strict=True))
    numbers = engine.by_kind()[0].tolist(), int(engine.backlog()[0])
    disclosed = engine.disclosed(0).tolist()
    return Story(log, host.heard(0), counters, *numbers, disclosed, knows(engine, world, 0))


@settings(max_examples=30, deadline=None)
@given(batch=batches())
def test_with_a_log_every_event_is_that_of_the_reference(
    batch: tuple[World, list[LaneId], list[Script]],
) -> None:
    world, lanes, plans = batch
    same(logged(world, lanes[0], plans[0]), reference_story(world, lanes[0], plans[0]))


def test_sweeping_dead_reports_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slots, blocks and entries are used again."""
    right = example(CompiledKernel)[:2]
    for sweep in (1, 7):
        monkeypatch.setattr("sim.kernel.engine.SWEEP", sweep)
        assert example(CompiledKernel)[:2] == right
        assert example(CompiledKernel) == example(Kernel)


def test_a_world_that_may_only_be_read_is_the_same() -> None:
    """Worker processes map worlds; their arrays cannot be written to."""
    lanes, script = [LaneId(1, 7, 0), LaneId(0, 7, 0)], example_script()
    world = example_world()
    for part in (world, *(getattr(world, field.name) for field in fields(world))):
        for array in getattr(part, "__dict__", {}).values():
            if isinstance(array, np.ndarray):
                array.setflags(write=False)
    right = seen(Kernel, example_world(), lanes, [script] * 2)
    assert seen(CompiledKernel, world, lanes, [script] * 2) == right


def test_worlds_that_take_turns_keep_their_own_rows() -> None:
    first = build(Sketch(links=(Link(0, 1),), horizon=9))
    other = build(Sketch(groups=(0, 1, 2), links=(Link(0, 1), Link(0, 2)), horizon=9))
    script = [Action(tick, "emit", (0, 0, 0)) for tick in range(5)]
    lanes = [LaneId(0, 7, 0)]
    right = {id(world): seen(Kernel, world, lanes, [script]) for world in (first, other)}
    for world in (first, other, first, other):
        assert seen(CompiledKernel, world, lanes, [script]) == right[id(world)]


def under_way(kind: type[Kernel], world: World, ticks: int) -> list[list[int]]:
    """Return what is due at the last ticks after a report was made at the first."""
    engine = kind(world, [LaneId(0, 7, 0)])
    engine.emit(0, 0, 0, 0)
    for tick in range(2):
        engine.begin(tick)
        engine.finish(tick)
    last = range(world.horizon - ticks, world.horizon)
    return [engine._calendar.take(tick).tolist() for tick in last]


@pytest.mark.long
@pytest.mark.parametrize("horizon", [2**15 - 1, 2**15, 40_000])
@pytest.mark.parametrize("early", [1, 2, 3, 0, -1])
def test_what_takes_nearly_a_whole_long_run_lands_when_it_should(horizon: int, early: int) -> None:
    """A year of quarters of an hour has more ticks than sixteen bits count."""
    point = Point(latency={0: horizon - early})
    world = build(Sketch(points=[point], kinds=[Kind(lifetime=horizon)], horizon=horizon))
    right = under_way(Kernel, world, 4)
    assert under_way(CompiledKernel, world, 4) == right
    assert sum(map(len, right)) == (early > 0)


BY_HAND = """
import warnings
from sim.kernel.compiled import CompiledKernel
from sim.kernel.engine import Kernel
from sim.seam.port import LaneId
from tests.sim.kernel.test_compiled import seen
from tests.worlds import Action, Sketch, build, example_script, example_world

warnings.simplefilter("ignore")  # numbers of NumPy tell when they wrap
lanes = [LaneId(point, 7, 0) for point in (1, 0)]
world = example_world()
plans = [example_script()] * len(lanes)
assert seen(CompiledKernel, world, lanes, plans) == seen(Kernel, world, lanes, plans)
alone, script = build(Sketch(links=())), [Action(2, "emit", (0, 0, 0))]
assert seen(CompiledKernel, alone, lanes[1:], [script]) == seen(Kernel, alone, lanes[1:], [script])
"""


def test_no_index_is_out_of_range() -> None:
    """Machine code does not look; what it is made of, run by Python itself, does."""
    run = subprocess.run(
        [sys.executable, "-c", BY_HAND],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
