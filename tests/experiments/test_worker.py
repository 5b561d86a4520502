"""A worker process: one job, stopped between ticks."""

from __future__ import annotations

import multiprocessing

import numpy as np
import pytest

from experiments import worker
from experiments.errors import StoppedError
from experiments.shards import Address
from experiments.shared import shared
from experiments.worker import Wires, Work, hire, run_chunk
from scenarios import compile_world
from sim.kernels import KernelName
from tests.experiments.samples import real_plan


def test_work_adds_up():
    assert Work(1, 10, 100) + Work(2, 20, 200) == Work(3, 30, 300)


def test_nothing_runs_before_hiring():
    with pytest.raises(RuntimeError, match="hire"):
        run_chunk([])


def test_a_chunk_stops_at_the_next_tick(tmp_path, monkeypatch):
    plan = real_plan(1)
    names = tuple(outcome.name for outcome in plan.outcomes)
    address = Address(tmp_path, plan.scenario.name, plan.names, names, plan.seed, 1)
    context = multiprocessing.get_context("spawn")
    wires = Wires(context.Value("q", 0), context.Event())
    wires.stop.set()
    monkeypatch.setattr(worker, "_hired", None)
    with shared(compile_world(plan.scenario, plan.policies)) as world:
        hire(world, address, KernelName.NUMPY, wires)
    [lanes] = plan.chunks(np.zeros((3, 1), np.bool_), 3)
    with pytest.raises(StoppedError):
        run_chunk(lanes)
    assert wires.ticked.value == 0
    assert list(tmp_path.iterdir()) == []
