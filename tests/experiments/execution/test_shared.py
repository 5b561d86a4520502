"""One copy of the arrays for all workers: mapped, read only, and gone with the run."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from agents import run_compiled
from experiments.execution.job import Job
from experiments.execution.processes import Hiring, Wires
from experiments.execution.shared import remove_left, shared
from experiments.store.shards import Address
from scenarios import compile_world
from sim import LaneId
from sim.kernel.choice import KernelName
from tests.agents.small import differing, policies, small, values_of
from tests.experiments.inside import worlds_arrays
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
    with shared(compiled) as world:
        hiring = Hiring(0, world, job, Wires(tmp_path / "wires"))
        with ProcessPoolExecutor(1, context) as pool:
            found = pool.submit(worlds_arrays, hiring).result()
    expected = dict(arrays_in(compiled.world))
    assert len(expected) > 30
    assert found.keys() == expected.keys()
    for name, seen in found.items():
        assert seen.writable is False, name
        assert seen.mapped is True, name
        assert seen.content == expected[name].tobytes(), name
        assert (seen.kind, seen.shape) == (expected[name].dtype.str, expected[name].shape), name


def test_lanes_are_the_same_to_the_bit(compiled):
    with shared(compiled) as world:
        mapped = run_compiled(world.opened(), LANES)
    own = run_compiled(compiled, LANES)
    for place in range(len(LANES)):
        assert differing(values_of(mapped, place), values_of(own, place)) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there a mapped file cannot be removed")
def test_the_file_is_gone_afterwards_and_what_was_mapped_stays(compiled):
    with shared(compiled) as world:
        opened = world.opened()
        folder = world.file.parent
        assert world.file.stat().st_size >= compiled.world.points.term.nbytes
    assert not folder.exists()
    assert np.array_equal(opened.world.points.term, compiled.world.points.term)


def test_the_file_is_removed_if_the_run_fails(compiled):
    with pytest.raises(KeyboardInterrupt), shared(compiled) as world:
        raise KeyboardInterrupt
    assert not world.file.parent.exists()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch) -> Path:
    """A folder for temporary folders, on a machine called desk-7."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(platform, "node", lambda: "desk-7")
    return tmp_path


def ended() -> int:
    """Number of a process that was there."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def left(temporary: Path, name: str) -> Path:
    """A folder as a run that was killed leaves it."""
    folder = temporary / name
    folder.mkdir()
    (folder / "arrays").write_bytes(b"numbers")
    return folder


def test_a_folder_is_named_after_machine_and_process(compiled, temporary):
    with shared(compiled) as world:
        assert world.file.parent.parent == temporary
        assert world.file.parent.name.startswith(f"fivesteps-desk-7-{os.getpid()}-")


@pytest.mark.skipif(sys.platform == "win32", reason="there nobody asks whether a process lives")
def test_what_a_killed_run_left_goes_with_the_next_run(compiled, temporary):
    gone = left(temporary, f"fivesteps-desk-7-{ended()}-ab_1")
    remove_left()
    with shared(compiled):
        assert not gone.exists()


@pytest.mark.parametrize(
    "name",
    [
        "fivesteps-desk-7-{alive}-ab_1",
        "fivesteps-desk-8-{dead}-ab_1",
        "fivesteps-desk-{dead}-ab_1",
        "fivesteps-desk-7-{dead}-5-ab_1",
        "fivesteps-desk-7-{dead}",
        "fivesteps-desk-7-9{dead}{dead}{dead}{dead}-ab_1",
        "other-desk-7-{dead}-ab_1",
    ],
)
def test_what_others_have_stays(compiled, temporary, name):
    kept = left(temporary, name.format(alive=os.getpid(), dead=ended()))
    remove_left()
    with shared(compiled):
        pass
    assert (kept / "arrays").read_bytes() == b"numbers"


@pytest.mark.skipif(sys.platform == "win32", reason="there nobody asks whether a process lives")
def test_what_cannot_be_removed_stops_no_run(compiled, temporary):
    """A file where a folder is looked for, beside a folder that can be removed."""
    pid = ended()
    (temporary / f"fivesteps-desk-7-{pid}-file").write_bytes(b"")
    gone = left(temporary, f"fivesteps-desk-7-{pid}-ab_1")
    remove_left()
    with shared(compiled) as world:
        assert world.file.exists()
    assert not gone.exists()


def test_what_is_sent_to_a_worker_has_no_arrays(compiled):
    """The frame is small beside the arrays, and the file holds nothing but them."""
    with shared(compiled) as world:
        sizes = sum(place.size for place in world.places)
        total = sum(array.nbytes for _, array in arrays_in(compiled.world))
        assert sizes == total
        assert world.file.stat().st_size < total + 64 * len(world.places)
        content = world.file.read_bytes()
    for place, (_, array) in zip(world.places, arrays_in(compiled.world), strict=True):
        assert content[place.start : place.start + place.size] == array.tobytes()


def test_arrays_without_entries_are_mapped_too(compiled):
    """A world in which nobody watches anything."""
    empty = dataclasses.replace(compiled, world=build(Sketch()))
    with shared(empty) as world:
        opened = world.opened().world
    assert opened.watch.unit.shape == (0,)
    assert opened.watch.unit.dtype == np.int64
