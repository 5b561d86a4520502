"""A worker process: one job, stopped between ticks."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.errors import StoppedError
from experiments.execution.job import Job, Work, Worker
from experiments.execution.processes import Files, outcome, stretched
from experiments.planning.plan import Chunk, Plan
from scenarios import compile_world
from sim.kernel.choice import KernelName
from tests.experiments.samples import address_of, real_plan


@pytest.fixture(scope="module")
def plan():
    return real_plan(1)


@pytest.fixture
def worker(plan, tmp_path):
    job = Job(plan, address_of(plan, tmp_path / "run"), KernelName.NUMPY)
    return Worker(job, compile_world(plan.scenario, plan.policies))


@pytest.fixture
def numbers():
    with stretched(2) as wires:
        yield Files(wires, wires).numbers()


def first_chunk(plan: Plan) -> Chunk:
    [chunk] = plan.chunks(np.zeros(plan.shape, np.bool_), 3)
    return chunk


def test_work_adds_up():
    assert Work(1, 10, 100) + Work(2, 20, 200) == Work(3, 30, 300)


def test_a_chunk_stops_at_the_next_tick(plan, worker, numbers, tmp_path):
    numbers[0] = 1
    with pytest.raises(StoppedError):
        outcome(worker, first_chunk(plan), numbers, 2)
    assert numbers.tolist() == [1, 0, 0]
    assert list(tmp_path.iterdir()) == []


class OddError(Exception):
    """An error that cannot be made again from what it was made of, as some libraries have."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")
        self.hook = lambda: None  # what no pipe carries, whoever has taught pickling more


def test_an_error_comes_through_a_pipe_whatever_its_class(plan, worker, numbers, monkeypatch):
    def fail(*_: object) -> None:
        raise OddError(1, 2)

    monkeypatch.setattr(worker, "_world", fail)
    found = outcome(worker, first_chunk(plan), numbers, 1)
    assert repr(found) == repr(RuntimeError("OddError: 1 and 2"))
