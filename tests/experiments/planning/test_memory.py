"""Memory: what fits is run, what does not is refused with what would."""

from __future__ import annotations

import re

import pytest

from agents import Footprint
from experiments.errors import UserError
from experiments.planning import memory
from experiments.planning.memory import batch_that_fits, readable, worker_bytes
from sim.kernel.choice import KernelName
from tests.experiments.samples import real_plan

GB = 10**9
PLAN = real_plan(2000)


NEEDED = Footprint(shared=40_000_000, process=60_000_000, lane=1_000_000, tick=10_000)
USUAL = 1000


@pytest.fixture(autouse=True)
def same_machine(monkeypatch):
    """One size of cache, wherever the tests run."""
    monkeypatch.setattr(memory, "usual_batch", lambda *_: USUAL)


def fit(monkeypatch, free: int | None, batch: int | None, workers: int = 2) -> int:
    monkeypatch.setattr(memory, "available_bytes", lambda: free)
    return batch_that_fits(PLAN, NEEDED, KernelName.COMPILED, batch=batch, workers=workers)


def test_what_fits_is_taken(monkeypatch):
    assert fit(monkeypatch, 8 * GB, 1000) == 1000
    assert fit(monkeypatch, 8 * GB, None) == 1000
    assert fit(monkeypatch, None, 3000) == 3000


def test_the_default_shrinks(monkeypatch):
    found = fit(monkeypatch, 2 * GB, None)
    assert 0 < found < USUAL
    in_workers = 2 * (worker_bytes(KernelName.COMPILED) + NEEDED.process + found * NEEDED.lane)
    assert NEEDED.shared + in_workers < 0.8 * 2 * GB


def test_what_is_shared_does_not_grow_with_the_workers(monkeypatch):
    """Half a gigabyte of arrays is held by the parent and once for all its workers."""
    needed = NEEDED._replace(shared=500_000_000)
    monkeypatch.setattr(memory, "available_bytes", lambda: 8 * GB)
    found = batch_that_fits(PLAN, needed, KernelName.COMPILED, batch=None, workers=8)
    in_workers = 8 * (worker_bytes(KernelName.COMPILED) + needed.process + found * needed.lane)
    assert 0.78 * 8 * GB < 2 * needed.shared + in_workers < 0.8 * 8 * GB


def test_a_wish_that_does_not_fit_is_refused_with_one_that_does(monkeypatch):
    with pytest.raises(UserError, match=r"2\.\d+ GB is free|3 GB is free") as caught:
        fit(monkeypatch, 3 * GB, 3000)
    remedy = re.search(r"--batch (\d+) would fit", str(caught.value))
    assert remedy is not None
    assert 0 < fit(monkeypatch, 3 * GB, int(remedy.group(1))) <= int(remedy.group(1))


def test_too_many_lanes_for_any_batch(monkeypatch):
    with pytest.raises(UserError, match=r"use fewer --workers|--replications \d+ would fit"):
        fit(monkeypatch, 100_000_000, None, workers=64)


@pytest.mark.parametrize(("workers", "remedy"), [(1, "use a machine"), (2, "use fewer --workers")])
def test_where_nothing_fits_no_number_is_given(monkeypatch, workers, remedy):
    for free in (0, 1, 1000):
        with pytest.raises(UserError) as caught:
            fit(monkeypatch, free, None, workers)
        assert caught.value.remedy.startswith(remedy)


@pytest.mark.parametrize(("count", "text"), [(999, "999 B"), (1.5e9, "1.5 GB"), (3e15, "3,000 TB")])
def test_readable(count, text):
    assert readable(count) == text


def test_numpy_plans_without_the_compiler() -> None:
    assert worker_bytes(KernelName.NUMPY) < worker_bytes(KernelName.COMPILED)
