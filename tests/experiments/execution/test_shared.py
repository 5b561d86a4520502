"""One copy of the arrays for all workers: mapped, read only, and without a name."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from agents import run_compiled
from experiments.execution.course import Course
from experiments.execution.job import Job
from experiments.execution.placing import How
from experiments.execution.processes import Files, Hiring, Processes, stretched
from experiments.execution.running import run_plan
from experiments.execution.shared import shared
from experiments.execution.starting import SAFE_PATH
from experiments.planning.plan import Chunk
from experiments.store.shards import Address
from scenarios import compile_world
from sim import LaneId
from sim.kernel.choice import KernelName
from tests.agents.small import differing, policies, small, values_of
from tests.experiments.inside import given, worlds_arrays
from tests.experiments.samples import plan_of
from tests.worlds import Sketch, build

LANES = [LaneId(point, 3, number) for number in range(2) for point in range(2)]


@pytest.fixture(scope="module")
def compiled():
    return compile_world(small(), policies(("bilateral", "full-pool")))


def arrays_in(part: object, name: str = "world") -> Iterator[tuple[str, np.ndarray]]:
    """Every array of a world, by where it is."""
    if isinstance(part, np.ndarray):
        yield name, part
    elif dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            yield from arrays_in(getattr(part, field.name), f"{name}.{field.name}")


def test_a_worker_maps_every_array_and_cannot_write_to_it(compiled, tmp_path):
    """As the worker itself sees it, in a process of a pool."""
    context = multiprocessing.get_context("spawn")
    plan = plan_of(small(), policies(("bilateral", "full-pool")), 2, 3)
    job = Job(plan, Address(tmp_path, "small", plan.names, (), 3, 1, 2), KernelName.NUMPY)
    with shared(compiled) as (world, file), ProcessPoolExecutor(1, context, given, (file,)) as pool:
        found = pool.submit(worlds_arrays, Hiring(0, world, job)).result()
    expected = dict(arrays_in(compiled.world))
    assert len(expected) > 30
    assert found.keys() == expected.keys()
    for name, seen in found.items():
        assert seen.writable is False, name
        assert seen.mapped is True, name
        assert seen.content == expected[name].tobytes(), name
        assert (seen.kind, seen.shape) == (expected[name].dtype.str, expected[name].shape), name


def test_lanes_are_the_same_to_the_bit(compiled):
    with shared(compiled) as (world, file):
        mapped = run_compiled(world.opened(file), LANES)
    own = run_compiled(compiled, LANES)
    for place in range(len(LANES)):
        assert differing(values_of(mapped, place), values_of(own, place)) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there a file that is open has a name")
def test_nothing_stands_in_the_folder_for_temporary_files(compiled, tmp_path, monkeypatch):
    """So nobody can take it away, and a run that is killed leaves nothing."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with shared(compiled) as (world, file), stretched(2) as wires:
        assert list(tmp_path.iterdir()) == []
        opened, numbers = world.opened(file), Files(file, wires).numbers()
        numbers[2] = 7
        assert Files(file, wires).numbers().tolist() == [0, 0, 7]
    assert np.array_equal(opened.world.phases.term, compiled.world.phases.term)
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(file.descriptor)


@pytest.mark.whole
def test_the_folder_for_temporary_files_may_vanish_while_a_run_is_on(tmp_path, monkeypatch):
    """With a worker that starts after that."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    plan = plan_of(small(), policies(("bilateral", "full-pool")), 3, 3)
    begin = Course.begun

    def begun(course: Course, chunk: Chunk) -> None:
        if folder.exists():
            folder.rmdir()
        begin(course, chunk)

    monkeypatch.setattr(Course, "begun", begun)
    ran = run_plan(plan, tmp_path / "run", How(Processes(2), batch=2, kernel="numpy"))
    assert not folder.exists()
    assert (ran.complete, ran.work.lanes, ran.failed) == (True, 6, 0)


@pytest.mark.whole
def test_what_lies_in_the_working_folder_is_not_imported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [part for part in sys.path if part])
    for name in ("types", "numpy", "random", "signal", "experiments", "multiprocessing"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a stranger')\n")
    plan = plan_of(small(), policies(("bilateral",)), 2, 3)
    ran = run_plan(plan, tmp_path / "run", How(Processes(2), batch=1, kernel="numpy"))
    assert (ran.complete, ran.work.lanes, ran.failed) == (True, 2, 0)
    assert SAFE_PATH not in os.environ


def test_what_is_sent_to_a_worker_has_no_arrays(compiled):
    """The frame is small beside the arrays, and the file holds nothing but them."""
    with shared(compiled) as (world, file):
        sizes = sum(place.size for place in world.places)
        total = sum(array.nbytes for _, array in arrays_in(compiled.world))
        assert sizes == total
        content = file.read_only().read()
        assert len(content) < total + 64 * len(world.places)
    for place, (_, array) in zip(world.places, arrays_in(compiled.world), strict=True):
        assert content[place.start : place.start + place.size] == array.tobytes()


def test_arrays_without_entries_are_mapped_too(compiled):
    """A world in which nobody watches anything."""
    empty = dataclasses.replace(compiled, world=build(Sketch()))
    with shared(empty) as (world, file):
        opened = world.opened(file).world
    assert opened.watch.unit.shape == (0,)
    assert opened.watch.unit.dtype == np.int64
