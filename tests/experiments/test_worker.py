"""A worker process: one job, stopped between ticks."""

from __future__ import annotations

import multiprocessing

import numpy as np
import pytest

from experiments.errors import StoppedError
from experiments.execution import processes
from experiments.execution.job import Job, Work
from experiments.execution.processes import Wires, hire, run_chunk
from experiments.plan import Chunk
from experiments.shared import shared
from scenarios import compile_world
from sim.kernels import KernelName
from tests.experiments.samples import address_of, real_plan


def test_work_adds_up():
    assert Work(1, 10, 100) + Work(2, 20, 200) == Work(3, 30, 300)


def test_nothing_runs_before_hiring():
    with pytest.raises(RuntimeError, match="hire"):
        run_chunk(Chunk(0, ()))


def test_a_chunk_stops_at_the_next_tick(tmp_path, monkeypatch):
    plan = real_plan(1)
    job = Job(plan, address_of(plan, tmp_path), KernelName.NUMPY)
    context = multiprocessing.get_context("spawn")
    wires = Wires(context.Value("q", 0), context.Event())
    wires.stop.set()
    monkeypatch.setattr(processes, "_hired", None)
    with shared((job, compile_world(plan.scenario, plan.policies))) as sent:
        hire(sent, wires)
    [chunk] = plan.chunks(np.zeros(plan.shape, np.bool_), 3)
    with pytest.raises(StoppedError):
        run_chunk(chunk)
    assert wires.ticked.value == 0
    assert list(tmp_path.iterdir()) == []
