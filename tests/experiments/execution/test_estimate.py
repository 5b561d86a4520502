"""Dividing an experiment among tasks."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest

from agents import footprint
from experiments.execution import estimate
from experiments.execution.estimate import divide, lane_seconds, tasks_for
from experiments.planning import memory
from experiments.planning.memory import batch_that_fits
from experiments.planning.plan import Share
from scenarios import compile_world
from sim import LaneId
from sim.kernel.choice import KernelName
from tests.experiments.samples import real_plan

KERNEL = KernelName.NUMPY


@pytest.fixture
def takes(monkeypatch):
    """Let a lane take some time without running any."""

    def take(lane_s: float) -> None:
        monkeypatch.setattr(estimate, "lane_seconds", lambda *_: lane_s)

    return take


@pytest.fixture(scope="module")
def compiled():
    plan = real_plan(2)
    return compile_world(plan.settings.scenario(0), plan.policies)


@pytest.mark.parametrize(
    ("lanes", "lane_s", "minutes", "cpus", "tasks"),
    [
        (36_000, 0.1, 30, 1, 2),
        (36_001, 0.1, 30, 1, 3),
        (36_000, 0.1, 30, 2, 1),
        (1, 1e-9, 30, 1, 1),
    ],
)
def test_tasks_last_minutes(lanes, lane_s, minutes, cpus, tasks):
    assert tasks_for(lanes, lane_s, minutes=minutes, cpus=cpus) == tasks


@pytest.mark.parametrize("block", [1, 2, 3, 4, 7, 300, 5000])
def test_blocks_are_what_can_be_shared(block):
    plan = real_plan(100)
    nothing = np.zeros(plan.shape, np.bool_)
    count = plan.blocks(block)
    shares = [plan.missing(nothing, block, Share(number, count)) for number in range(count)]
    assert min(shares) > 0
    assert sum(shares) == plan.lanes
    assert plan.missing(nothing, block, Share(count, count + 1)) == 0


def test_a_division_lasts_as_long_as_was_wished(takes):
    takes(0.5)
    plan = real_plan(4000)
    division = divide(plan, KERNEL, cpus=2, minutes=30)
    assert division.tasks == 2  # 12,000 lanes, 6,000 s, two processors
    assert 0.5 * 30 * 60 < division.task_s <= 30 * 60
    assert division.chunk_s <= 30 * 60 / estimate.CHUNKS_EACH


def test_slow_lanes_make_small_chunks(takes):
    takes(100)
    division = divide(real_plan(400), KERNEL, cpus=1, minutes=10)
    assert division.block == 1  # of which four do not fit into ten minutes by far
    takes(20)
    assert divide(real_plan(400), KERNEL, cpus=1, minutes=10).block == 6  # two worlds


def test_every_worker_has_something_to_do(takes):
    takes(0.001)
    division = divide(real_plan(40), KERNEL, cpus=4, minutes=30, tasks=5)
    assert division.tasks == 5
    assert real_plan(40).blocks(division.block) >= 20


def test_no_more_tasks_than_can_be_shared(takes):
    takes(0.001)
    division = divide(real_plan(4), KERNEL, cpus=1, minutes=30, tasks=500)
    assert division.tasks == 4


def test_chunks_that_are_fixed_are_what_is_planned_with(takes):
    takes(0.5)
    free = divide(real_plan(4000), KERNEL, cpus=1, minutes=30)
    fixed = divide(real_plan(4000), KERNEL, cpus=1, minutes=30, block=3 * free.block)
    assert fixed.block == 3 * free.block
    assert fixed.megabytes > free.megabytes
    assert divide(real_plan(4), KERNEL, cpus=1, minutes=30, tasks=500, block=6).tasks == 2


def test_the_memory_that_is_asked_for_is_enough_and_not_much_more(takes, monkeypatch):
    takes(0.05)
    plan = real_plan(4000)
    division = divide(plan, KERNEL, cpus=3, minutes=30)
    needed = footprint(compile_world(plan.settings.scenario(0), plan.policies).world)

    def fits(megabytes: float) -> int:
        monkeypatch.setattr(memory, "available_bytes", lambda: int(megabytes * 2**20))
        return batch_that_fits(plan, needed, KERNEL, batch=None, workers=3)

    assert fits(division.megabytes - 143) >= division.block  # what Python has already
    assert fits(division.megabytes / 2) < division.block


@pytest.fixture
def clock(monkeypatch):
    """The clock of a processor that needs a second for each tick."""
    found = itertools.count()
    monkeypatch.setattr(time, "process_time", lambda: float(next(found)))
    return found


LANES = [LaneId(0, 1, replication) for replication in range(4)]


@pytest.mark.long
def test_a_lane_is_measured(compiled, clock):
    assert lane_seconds(compiled, LANES, KERNEL, budget_s=math.inf) == compiled.world.horizon / 4
    assert next(clock) == compiled.world.horizon + 1


def test_measuring_ends_in_time(compiled, clock):
    assert lane_seconds(compiled, LANES, KERNEL, budget_s=0) == compiled.world.horizon / 4
    assert next(clock) < 10
