"""The compiled kernel gives what the other gives, every tick, to the bit.

With a log both go the same way, so nothing is logged here: what is compared is what a host can see
at the end of every tick, and all that the kernels keep.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings

from sim.kernel import Kernel
from sim.kernels import KernelName, chosen, kernel, why_not_compiled
from sim.port import COUNTERS, LaneId, Log, advance
from tests.sim.test_exactness import batches, more_credit, reference_story, same, stronger
from tests.stories import Story
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
    from collections.abc import Sequence
    from pathlib import Path

    from sim.port import Engine
    from sim.world import World
    from tests.worlds import Script

pytest.importorskip("numba", reason="the compiled kernel needs the extra `fast`")

from sim.compiled import CompiledKernel, rows
from sim.compiled.answers import AnsweringPost
from sim.compiled.calendar import CompiledBuckets
from sim.compiled.delivery import CompiledDelivery
from sim.compiled.fusion import CompiledFusion
from sim.compiled.jit import jit, kept_in, source_digest
from sim.compiled.making import CompiledMaking
from sim.compiled.observation import CompiledObservation
from sim.compiled.post import CompiledPost
from sim.compiled.pull import CompiledFiles
from sim.compiled.release import CompiledRelease
from sim.compiled.triage import CompiledTriage, _by_key


class Witness(ScriptedHost):
    """Plays scripts and writes down, at the end of every tick, what can be seen from outside."""

    def __init__(self, scripts: Sequence[Script]) -> None:
        super().__init__(scripts)
        self.ticks: list[Any] = []

    def end(self, _tick: int) -> None:
        assert self._engine is not None
        self.ticks.append((self._engine.counters().tolist(), self._engine.backlog().tolist()))


def kept(engine: Kernel) -> dict[str, Any]:
    """Return what a kernel keeps, in words that do not depend on slots."""
    store, calendar = engine._store, engine._calendar
    slots = np.flatnonzero(store.used)
    units = np.arange(len(engine._world.units.names))
    names = [(int(store.lane[slot]), int(store.key[slot])) for slot in slots]
    held = {
        name: store.held(np.full(units.size, slot), units).tolist()
        for name, slot in zip(names, slots, strict=True)
    }
    by_slot = dict(zip(slots.tolist(), names, strict=True))
    flying = calendar.in_flight()
    slot, unit = np.divmod(calendar.place(flying), store.places)
    columns = (unit, calendar.channel(flying), calendar.term(flying))
    rows = zip(*(column.tolist() for column in columns), strict=True)
    messages = sorted((by_slot[one], row) for one, row in zip(slot.tolist(), rows, strict=True))
    fusion = engine._fusion
    return {
        "held": held,
        "in flight": messages,
        "evidence": [fusion.sum.tolist(), fusion.last.tolist(), fusion.origins.tolist()],
        "recognised": fusion.recognised.tolist(),
        "queues": [engine._triage.tail.tolist(), engine._triage.head.tolist()],
        "disclosed": [engine.disclosed(lane).tolist() for lane in range(len(engine.lanes))],
    }


def seen(
    kind: type[Kernel], world: World, lanes: Sequence[LaneId], plans: Sequence[Script]
) -> list[Any]:
    """Run a batch; return all there is to compare."""
    engine, host = kind(world, lanes), Witness(plans)
    advance(engine, host, world.horizon)
    return [host.seen, host.ticks, kept(engine)]


@settings(max_examples=120, deadline=None)
@given(batch=batches())
def test_generated_batches_are_the_same(
    batch: tuple[World, list[LaneId], list[Script]],
) -> None:
    assert seen(CompiledKernel, *batch) == seen(Kernel, *batch)


def example(kind: type[Kernel]) -> list[Any]:
    lanes = [LaneId(point, 7, number) for point in (0, 1) for number in range(6)]
    return seen(kind, example_world(), lanes, [example_script()] * len(lanes))


def test_the_example_world_that_uses_every_rule_is_the_same() -> None:
    assert example(CompiledKernel) == example(Kernel)


def test_senders_parted_into_many_pieces_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of some three attempts instead of many hundred or thousand."""
    right = example(CompiledKernel)
    monkeypatch.setattr("sim.release.AT_ONCE", 3)
    monkeypatch.setattr("sim.compiled.post.AT_ONCE", 3)
    assert example(Kernel) == right
    assert example(CompiledKernel) == right


def test_the_rows_of_a_world_are_laid_out_once_and_go_with_it() -> None:
    world = example_world()
    number, laid = id(world), []
    for replication in range(2):
        post = CompiledKernel(world, [LaneId(0, 7, replication)])._post
        assert isinstance(post, CompiledPost)
        laid.append(post._rows)
    assert laid[0] is laid[1] is rows._KEPT[number][1]
    del world, post, laid
    gc.collect()
    assert number not in rows._KEPT


def _later(original: Any) -> Any:
    def push(self: Any, tick: int, slot: Any, unit: Any, extra: Any) -> None:
        original(self, tick, slot, unit, extra + 3)

    return push


def _lossy(original: Any) -> Any:
    def deliver(self: Any, tick: int) -> Any:
        arrived = original(self, tick)
        return arrived._replace(waiting=type(arrived.waiting)(*(p[1:] for p in arrived.waiting)))

    return deliver


def _without_the_first(original: Any) -> Any:
    """Leave out the first of what is returned, in all its columns."""

    def shorter(self: Any, *args: Any) -> Any:
        columns = original(self, *args)
        short = (column[1:] for column in columns)
        return type(columns)(*short) if hasattr(columns, "_fields") else tuple(short)

    return shorter


def _one_more(column: int) -> Any:
    """Give one more in a column of what is returned; a single column is column 0."""

    def planted(original: Any) -> Any:
        def changed(self: Any, *args: Any) -> Any:
            columns = original(self, *args)
            if isinstance(columns, np.ndarray):
                return columns + 1
            return (*columns[:column], columns[column] + 1, *columns[column + 1 :])

        return changed

    return planted


def _keyed_otherwise(original: Any) -> Any:
    def make(self: Any, tick: int, draft: Any) -> Any:
        return original(self, tick, draft._replace(c=draft.c + 1))

    return make


def _at_twice_the_level(original: Any) -> Any:
    def change(self: Any, tick: int, lane: Any, subject: Any, place: Any, level: Any) -> None:
        original(self, tick, lane, subject, place, 2 * level)

    return change


def _in_a_hurry(original: Any) -> Any:
    """Answers and replies wait for no permission."""

    def send(self: Any, tick: int, senders: Any, sending: Any, grant: Any) -> None:
        original(self, tick, senders._replace(extra=senders.extra * 0), sending, grant)

    return send


def _without_hits(original: Any) -> Any:
    def answer(self: Any, tick: int, request: Any) -> Any:
        answers = original(self, tick, request)
        return answers._replace(hit=type(request)(*(part[1:] for part in answers.hit)))

    return answer


def _late(original: Any) -> Any:
    def put(self: Any, due: Any, values: Any) -> None:
        original(self, np.minimum(due + 1, self.blocks.end.size - 1), values)

    return put


@pytest.mark.parametrize(
    ("where", "name", "error"),
    [
        (CompiledTriage, "serve", more_credit),
        (CompiledFusion, "add", stronger),
        (CompiledFusion, "evidence", _without_the_first),
        (CompiledPost, "push", _later),
        (CompiledDelivery, "deliver", _lossy),
        (CompiledObservation, "_observe", _one_more(2)),
        (CompiledObservation, "_change", _at_twice_the_level),
        (CompiledMaking, "make", _keyed_otherwise),
        (CompiledRelease, "relayed", _without_the_first),
        (CompiledRelease, "relayed", _one_more(2)),
        (CompiledFiles, "answer", _without_hits),
        (AnsweringPost, "send", _in_a_hurry),
        (CompiledBuckets, "put", _late),
    ],
)
def test_an_error_planted_in_the_compiled_kernel_is_caught(
    monkeypatch: pytest.MonkeyPatch, where: type, name: str, error: Any
) -> None:
    right = example(Kernel)
    monkeypatch.setattr(where, name, error(getattr(where, name)))
    assert example(CompiledKernel) != right


def test_where_very_many_arrive_at_a_desk_they_are_sorted_otherwise() -> None:
    """Ascending keys are the worst for lists that are filled from the front."""
    count = 400
    queue = np.zeros(count, dtype=np.int64)
    arriving = np.full(3, -1, dtype=np.int32)
    worst = np.arange(count, dtype=np.uint64)
    assert _by_key(queue, worst, arriving).size == 0
    assert arriving.tolist() == [-1, -1, -1]
    assert _by_key(queue, worst[::-1].copy(), arriving).size == count
    lanes, world = [LaneId(0, 7, 0)], example_world()
    engines = Kernel(world, lanes), CompiledKernel(world, lanes)
    for engine in engines:
        triage = engine._triage
        triage.enqueue(queue, worst, queue.copy(), queue.copy())
        triage.enqueue(queue, worst[::-1].copy(), queue.copy(), queue.copy())
    one, other = (engine._triage for engine in engines)
    assert one.tail.tolist() == other.tail.tolist()
    assert one.waiting_reports() == other.waiting_reports() == 2 * count
    assert one._first_ticket.tolist() == other._first_ticket.tolist()


# What generated worlds are too small for ------------------------------------------------------


def logged(world: World, lane: LaneId, script: Script) -> Story:
    """Run one lane in the compiled kernel with a log."""
    log, host = Log(), ScriptedHost([script])
    engine = CompiledKernel(world, [lane], log)
    advance(engine, host, world.horizon)
    counters = dict(zip(COUNTERS, engine.counters()[0].tolist(), strict=True))
    backlog = int(engine.backlog()[0])
    return Story(log, host.heard(0), counters, backlog, engine.disclosed(0).tolist())


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
        monkeypatch.setattr("sim.kernel.SWEEP", sweep)
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
from sim.compiled import CompiledKernel
from sim.kernel import Kernel
from sim.port import LaneId
from tests.sim.test_compiled import seen
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


# Choosing ------------------------------------------------------------------------------------


def test_the_compiled_kernel_is_taken_where_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert why_not_compiled() is None
    assert kernel() is CompiledKernel
    assert kernel(KernelName.COMPILED) is CompiledKernel
    assert kernel(KernelName.NUMPY) is Kernel
    monkeypatch.setattr("sim.kernels.why_not_compiled", lambda: "it is not there")
    assert kernel() is Kernel
    assert chosen() is KernelName.NUMPY


def test_a_numba_that_cannot_be_imported_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    why_not_compiled.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    assert why_not_compiled() is not None
    why_not_compiled.cache_clear()
    monkeypatch.undo()
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert why_not_compiled() == "NUMBA_DISABLE_JIT is set"
    why_not_compiled.cache_clear()


# Machine code that is kept -------------------------------------------------------------------


def test_machine_code_is_kept_by_the_content_of_all_sources(tmp_path: Path) -> None:
    """Numba asks only for the file of a function, and it takes in constants of others."""
    (tmp_path / "a.py").write_text("A = 1\n")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "b.py").write_text("B = 1\n")
    before = source_digest(tmp_path)
    assert source_digest(tmp_path) == before
    (tmp_path / "deeper" / "b.py").write_text("B = 2\n")
    assert source_digest(tmp_path) != before


def test_machine_code_is_kept_in_the_folder_given_or_nowhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept_in.cache_clear()
    monkeypatch.setattr("numba.config.CACHE_DIR", str(tmp_path / "here"))
    folder = kept_in()
    assert folder is not None
    assert folder.parent == tmp_path / "here"
    kept_in.cache_clear()
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("numba.config.CACHE_DIR", str(tmp_path / "file"))
    assert kept_in() is None
    assert jit(_twice)(4) == 8
    kept_in.cache_clear()


def _twice(number: int) -> int:
    return 2 * number


def engines() -> list[Engine]:
    return [kind(example_world(), [LaneId(0, 1, 0)]) for kind in (Kernel, CompiledKernel)]


def test_both_offer_what_an_engine_offers() -> None:
    assert [engine.lanes for engine in engines()] == [(LaneId(0, 1, 0),)] * 2
