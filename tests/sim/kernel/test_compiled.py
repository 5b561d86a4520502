"""The compiled kernel gives what the other gives, every tick, to the bit.

With a log both go the same way, so nothing is logged here: what is compared is what a host can see
at the end of every tick, and all that the kernels keep.
"""

from __future__ import annotations

import gc
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings

from sim.kernel.choice import KernelName, chosen, kernel, why_not_compiled
from sim.kernel.engine import Kernel
from sim.kernel.knowledge import Knowledge
from sim.seam.port import LaneId, advance
from tests.sim.test_exactness import STORE_ERRORS, batches, more_credit, stronger
from tests.worlds import ScriptedHost, example_script, example_world

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.kernel.stores import Stores
    from sim.seam.port import Engine
    from sim.seam.world import World
    from tests.worlds import Script

pytest.importorskip("numba", reason="the compiled kernel needs the extra `fast`")

from numba.core.dispatcher import Dispatcher

from sim.kernel.compiled import CompiledKernel, rows
from sim.kernel.compiled.answers import AnsweringPost
from sim.kernel.compiled.calendar import CompiledBuckets
from sim.kernel.compiled.delivery import CompiledDelivery
from sim.kernel.compiled.fusion import CompiledFusion
from sim.kernel.compiled.jit import jit, kept_in, source_digest
from sim.kernel.compiled.making import CompiledMaking
from sim.kernel.compiled.observation import CompiledObservation
from sim.kernel.compiled.post import CompiledPost
from sim.kernel.compiled.pull import CompiledFiles
from sim.kernel.compiled.release import CompiledRelease
from sim.kernel.compiled.stores import CompiledStores
from sim.kernel.compiled.triage import CompiledTriage, _by_key


class Witness(ScriptedHost):
    """Plays scripts and writes down, at the end of every tick, what can be seen from outside."""

    def __init__(self, scripts: Sequence[Script]) -> None:
        super().__init__(scripts)
        self.ticks: list[Any] = []

    def end(self, _tick: int) -> None:
        assert self._engine is not None
        numbers = self._engine.counters(), self._engine.by_kind(), self._engine.backlog()
        self.ticks.append([table.tolist() for table in numbers])


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
    stores = engine._stores
    return {
        "records": [] if stores is None else records(stores),
        "held": held,
        "faces": dict(zip(names, store.faces[slots].tolist(), strict=True)),
        "in flight": messages,
        "known": known(engine._known),
        "queues": [engine._triage.tail.tolist(), engine._triage.head.tolist()],
        "disclosed": [engine.disclosed(lane).tolist() for lane in range(len(engine.lanes))],
    }


def records(stores: Stores) -> list[Any]:
    """Return what stores keep."""
    kept = stores._kept
    file, place = kept.search(np.arange(kept.count.size))
    names = (name for name in kept.columns if name != "slot")
    rows = (getattr(kept, name)[place].tolist() for name in names)
    return sorted(zip(file.tolist(), *rows, strict=True))


def known(knowledge: Knowledge) -> dict[int, Any]:
    """Return what there is of each pair of unit and subject, in words that know no entries."""
    names = ("evidence", "origins", "component", "recognised", "last", "last_ask", "asks")
    pairs = np.flatnonzero(knowledge.entry)
    rows = (getattr(knowledge, name)[knowledge.entry[pairs]].tolist() for name in names)
    return dict(zip(pairs.tolist(), zip(*rows, strict=True), strict=True))


def seen(
    kind: type[Kernel], world: World, lanes: Sequence[LaneId], plans: Sequence[Script]
) -> list[Any]:
    """Run a batch; return all there is to compare."""
    engine, host = kind(world, lanes), Witness(plans)
    advance(engine, host, world.horizon)
    return [host.seen, host.ticks, kept(engine)]


@pytest.mark.long
@settings(max_examples=120, deadline=None)
@given(batch=batches())
def test_generated_batches_are_the_same(
    batch: tuple[World, list[LaneId], list[Script]],
) -> None:
    assert seen(CompiledKernel, *batch) == seen(Kernel, *batch)


def example(kind: type[Kernel]) -> list[Any]:
    lanes = [LaneId(point, 7, number) for point in (0, 1) for number in range(6)]
    return seen(kind, example_world(), lanes, [example_script()] * len(lanes))


@cache
def known_example() -> list[Any]:
    return example(Kernel)


def test_the_example_world_that_uses_every_rule_is_the_same() -> None:
    assert example(CompiledKernel) == example(Kernel)


def layouts(kind: Any) -> set[str]:
    """Return how the arrays that a type of Numba's is made of lie in memory."""
    parts = getattr(kind, "types", ())  # of a tuple
    return set().union({kind.layout} if hasattr(kind, "layout") else (), *map(layouts, parts))


def test_one_lane_and_many_are_run_by_the_same_machine_code() -> None:
    """A single lane would be compiled anew if arrays of many lay in memory otherwise."""
    example(CompiledKernel)
    seen(CompiledKernel, example_world(), [LaneId(0, 7, 0)], [example_script()])
    compiled = {
        f"{name}.{function}": value
        for name, module in list(sys.modules.items())
        if name.startswith("sim.kernel.compiled.")
        for function, value in vars(module).items()
        if isinstance(value, Dispatcher)
    }
    assert any(value.signatures for value in compiled.values())
    for name, value in compiled.items():
        found = set().union(*(layouts(kind) for given in value.signatures for kind in given))
        assert found <= {"C"}, name


def test_senders_parted_into_many_pieces_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of some three attempts instead of many hundred or thousand."""
    right = example(CompiledKernel)
    monkeypatch.setattr("sim.kernel.release.AT_ONCE", 3)
    monkeypatch.setattr("sim.kernel.compiled.post.AT_ONCE", 3)
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


def _of_the_lowest_face(original: Any) -> Any:
    """What shows several faces joins none."""

    def add(self: Any, tick: int, evidence: Any) -> Any:
        lowest = evidence.faces & (~evidence.faces + np.uint8(1))
        return original(self, tick, evidence._replace(faces=lowest))

    return add


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
    """Give one more in a column of what is returned."""

    def planted(original: Any) -> Any:
        def changed(self: Any, *args: Any) -> Any:
            columns = original(self, *args)
            return (*columns[:column], columns[column] + 1, *columns[column + 1 :])

        return changed

    return planted


def _keyed_otherwise(original: Any) -> Any:
    def make(self: Any, tick: int, draft: Any) -> Any:
        return original(self, tick, draft._replace(c=draft.c + 1))

    return make


def _blurred(original: Any) -> Any:
    """Observations show only what is sure."""

    def make(self: Any, tick: int, draft: Any) -> Any:
        return original(self, tick, draft._replace(sight=-1 - 0 * draft.sight))

    return make


def _at_twice_the_level(original: Any) -> Any:
    def change(self: Any, tick: int, lane: Any, spot: Any, level: Any) -> None:
        original(self, tick, lane, spot, 2 * level)

    return change


def _in_a_hurry(original: Any) -> Any:
    """Answers and replies wait for no permission."""

    def send(self: Any, tick: int, senders: Any, sending: Any, grant: Any) -> None:
        original(self, tick, senders._replace(extra=senders.extra * 0), sending, grant)

    return send


def _never(original: Any) -> Any:
    """Replies fall under term 0, which lets nothing through."""

    def term_of(self: Any, slot: Any, unit: Any, channel: Any) -> Any:
        return 0 * original(self, slot, unit, channel)

    return term_of


def _without_hits(original: Any) -> Any:
    def answer(self: Any, tick: int, request: Any) -> Any:
        answers = original(self, tick, request)
        return answers._replace(hit=type(request)(*(part[1:] for part in answers.hit)))

    return answer


def _without_answers(original: Any) -> Any:
    def answer(self: Any, tick: int, request: Any) -> Any:
        answers = original(self, tick, request)
        sent = type(answers.release)(*(part[:0] for part in answers.release))
        return answers._replace(release=sent)

    return answer


def _late(original: Any) -> Any:
    def put(self: Any, due: Any, values: Any) -> None:
        original(self, np.minimum(due + 1, self.blocks.end.size - 1), values)

    return put


@pytest.mark.long
@pytest.mark.parametrize(
    ("where", "name", "error"),
    [
        *STORE_ERRORS,
        (CompiledStores, "_matching", _without_the_first),
        (CompiledStores, "answer", _without_answers),
        (CompiledTriage, "serve", more_credit),
        (CompiledFusion, "add", stronger),
        (CompiledFusion, "add", _of_the_lowest_face),
        (CompiledFusion, "evidence", _without_the_first),
        (CompiledPost, "push", _later),
        (CompiledDelivery, "deliver", _lossy),
        (CompiledObservation, "_observe", _one_more(2)),
        (CompiledObservation, "_change", _at_twice_the_level),
        (CompiledMaking, "make", _keyed_otherwise),
        (CompiledMaking, "make", _blurred),
        (CompiledRelease, "relayed", _without_the_first),
        (CompiledRelease, "relayed", _one_more(2)),
        (CompiledRelease, "term_of", _never),
        (CompiledFiles, "answer", _without_hits),
        (AnsweringPost, "send", _in_a_hurry),
        (CompiledBuckets, "put", _late),
    ],
)
def test_an_error_planted_in_the_compiled_kernel_is_caught(
    monkeypatch: pytest.MonkeyPatch, where: type, name: str, error: Any
) -> None:
    right = known_example()
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


# Choosing ------------------------------------------------------------------------------------


def test_the_compiled_kernel_is_taken_where_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert why_not_compiled() is None
    assert kernel() is CompiledKernel
    assert kernel(KernelName.COMPILED) is CompiledKernel
    assert kernel(KernelName.NUMPY) is Kernel
    monkeypatch.setattr("sim.kernel.choice.why_not_compiled", lambda: "it is not there")
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
