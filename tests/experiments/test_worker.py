"""A worker process: one job, stopped between ticks."""

from __future__ import annotations

import multiprocessing

import numpy as np
import pytest

from experiments.errors import StoppedError
from experiments.execution import processes
from experiments.execution.job import Job, Work, Worker
from experiments.execution.processes import Wires, hire, run_chunk
from experiments.plan import Chunk
from experiments.shards import OUTCOMES, SERIES, write_shard
from experiments.shared import shared
from scenarios import compile_world
from sim.kernels import KernelName
from tests.experiments.samples import address_of, batch_of, real_plan


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


def test_a_chunk_whose_shard_is_there_is_not_run_again(tmp_path, monkeypatch):
    plan = real_plan(1)
    address = address_of(plan, tmp_path)
    [chunk] = plan.chunks(np.zeros(plan.shape, np.bool_), 3)
    for name in (OUTCOMES, SERIES):
        (tmp_path / name).mkdir()
    write_shard(address, chunk, batch_of(plan, chunk.lanes))
    worker = Worker(Job(plan, address, KernelName.NUMPY))
    monkeypatch.setattr(worker, "_rows", lambda *_: pytest.fail("it was run"))
    assert worker.run(chunk, lambda _: None) == Work(lanes=3)
    next((tmp_path / OUTCOMES).iterdir()).unlink()
    with pytest.raises(pytest.fail.Exception, match="it was run"):
        worker.run(chunk, lambda _: None)
