"""What the engine keeps, in bytes: as much as is written in docs/performance.md, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from agents.society.footprint import BYTES_A_ROUTE
from sim.draws.streams import ONE
from sim.kernel.arrays import Buckets
from sim.kernel.choice import KernelName, kernel
from sim.kernel.engine import Kernel
from sim.kernel.knowledge import bytes_an_entry
from sim.seam.port import COUNTERS, EVERYONE, KIND_COUNTERS, Component, LaneId
from sim.seam.world import Role
from tests.worlds import (
    Kind,
    Rule,
    Sight,
    Sketch,
    Threat,
    Watcher,
    build,
    example_world,
    sorted_links,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.seam.world import World

KERNELS = [KernelName.NUMPY, KernelName.COMPILED]
MESSAGES = 200_000
TICKS = 60


def arrays_in(part: Any, seen: set[int]) -> Iterator[np.ndarray]:
    """Every array that something of the engine refers to, once; a view counts as what it views."""
    while isinstance(part, np.ndarray) and isinstance(part.base, np.ndarray):
        part = part.base
    if id(part) in seen:
        return
    seen.add(id(part))
    if isinstance(part, np.ndarray):
        yield part
        return
    if isinstance(part, dict):
        parts = list(part.values())
    elif isinstance(part, list | tuple):
        parts = list(part)
    elif type(part).__module__.startswith(("sim", "tests")):
        parts = list(getattr(part, "__dict__", {}).values())
    else:
        return
    for one in parts:
        yield from arrays_in(one, seen)


def kept(engine: Any, beside: Any = None) -> int:
    """Bytes of all arrays of something, without those of a world."""
    seen: set[int] = set()
    list(arrays_in(beside, seen))
    return sum(array.nbytes for array in arrays_in(engine, seen))


def stated(world: World) -> int:
    """Bytes of a lane, as docs/performance.md says."""
    units, subjects, groups = (
        len(part) for part in (world.units.names, world.subjects.names, world.groups)
    )
    return (
        4 * units * subjects
        + 20 * world.watch.unit.size
        + (28 * world.urgencies + 4) * units
        + (48 + 8 * groups + 8 * len(world.places)) * subjects
        + (8 + 4 * groups) * groups * len(world.domains)
        + 8 * (len(COUNTERS) + len(KIND_COUNTERS) * len(world.kinds.names))
        + 12 * subjects * len(world.stores.names)
    )


def lane_bytes(made: type[Kernel], world: World) -> float:
    """Bytes that each lane more takes."""
    sizes = []
    for count in (64, 192):
        lanes = [LaneId(number % len(world.points.names), 1, 0) for number in range(count)]
        sizes.append(kept(made(world, lanes), world))
    return (sizes[1] - sizes[0]) / 128


@pytest.mark.parametrize("name", KERNELS)
def test_a_lane_takes_what_is_stated(name: KernelName) -> None:
    """But for its address, and what a batch has once."""
    world = example_world()
    assert lane_bytes(kernel(name), world) == pytest.approx(stated(world), abs=64)


def test_a_column_more_in_a_lane_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Kernel.__init__

    def fatter(self: Any, world: World, lanes: Any, log: Any = None) -> None:
        original(self, world, lanes, log)
        self._known.more = np.zeros(self._known.entry.size, dtype=np.int64)

    monkeypatch.setattr(Kernel, "__init__", fatter)
    world = example_world()
    assert lane_bytes(Kernel, world) > stated(world) + 64


# Knowledge -----------------------------------------------------------------------------------

DESKS, SUBJECTS, GROUPS, KNOWN = 300, 400, 30, 0.02
MEGABYTE = 1_000_000


def many_subjects() -> World:
    """Return a world of many desks and subjects, in which desks watch and ask each other."""
    random = np.random.default_rng(5)
    ring = [(desk, (desk + step) % DESKS, -1) for desk in range(DESKS) for step in (1, 7)]
    watched = random.integers((DESKS, SUBJECTS), size=(round(KNOWN * DESKS * SUBJECTS), 2))
    return build(
        Sketch(
            groups=[desk % GROUPS for desk in range(DESKS)],
            links=sorted_links(ring),
            kinds=[Kind(lifetime=5, persons=1), Kind(Role.REQUEST, lifetime=5)],
            rules=[Rule()],
            threats=[Threat(faces=6)],
            subjects=[0] * SUBJECTS,
            urgencies=2,
            sights=[Sight(shows=(ONE, ONE // 2))],
            watchers=[Watcher(*row) for row in {(d, 0, s) for d, s in watched.tolist()}],
            horizon=600,
        )
    )


@pytest.mark.long
@pytest.mark.parametrize("name", KERNELS)
def test_most_pairs_of_desk_and_subject_know_nothing_and_take_next_to_nothing(
    name: KernelName,
) -> None:
    world, lanes = many_subjects(), 64
    engine = kernel(name)(world, [LaneId(0, 1, number) for number in range(lanes)])
    random = np.random.default_rng(6)
    known = random.permutation(DESKS * SUBJECTS)[: round(KNOWN * DESKS * SUBJECTS)]
    for tick, some in enumerate(np.array_split(known, world.horizon - 1)):
        engine.begin(tick)
        for lane in range(lanes):
            for desk, subject in zip(*divmod(some, SUBJECTS), strict=True):
                engine.emit(lane, int(desk), int(subject), 0, EVERYONE, 0b101)
        engine.finish(tick)
    engine.begin(world.horizon - 1)
    assert engine._known.count == 1 + lanes * known.size
    assert kept(engine, world) / lanes < MEGABYTE
    held = engine._known.last.size * bytes_an_entry(world)
    assert kept(engine._known, world) == pytest.approx(held + 4 * lanes * DESKS * SUBJECTS, 0.01)
    assert held < 1.2 * lanes * known.size * bytes_an_entry(world)


def held_by(buckets: Buckets) -> float:
    """Bytes a message, with many messages under way."""
    random = np.random.default_rng(3)
    due = random.geometric(0.1, MESSAGES).clip(1, TICKS - 1)
    for part in np.array_split(due, 50):
        buckets.put(part, np.arange(part.size))
    assert buckets.left().size == MESSAGES
    return kept(buckets) / MESSAGES


def test_a_message_under_way_takes_eight_bytes_and_room_to_grow() -> None:
    """It names report, receiver, channel and term; its tick is the bucket it lies in."""
    assert 8 <= held_by(Buckets(TICKS)) < 16


def test_blocks_take_no_more() -> None:
    pytest.importorskip("numba", reason="the compiled kernel needs the extra `fast`")
    from sim.kernel.compiled.calendar import CompiledBuckets

    assert 8 <= held_by(CompiledBuckets(TICKS)) < 16


def test_memory_is_planned_with_all_that_rows_of_channels_take() -> None:
    pytest.importorskip("numba", reason="the compiled kernel needs the extra `fast`")
    from sim.kernel.compiled.rows import rows_of

    world = example_world()
    engine = Kernel(world, [LaneId(0, 1, 0)])
    routes = engine._release.routes
    rows = rows_of(world, routes, engine._calendar)
    columns = rows.told, rows.offset, routes.channel
    assert sum(column.nbytes for column in columns) == BYTES_A_ROUTE * routes.channel.size


def test_due_ticks_beside_the_messages_would_be_noticed() -> None:
    class Wide(Buckets):
        def __init__(self, horizon: int) -> None:
            super().__init__(horizon)
            self.due: list[np.ndarray] = []

        def put(self, due: np.ndarray, values: np.ndarray) -> None:
            super().put(due, values)
            self.due.append(due.copy())

    with pytest.raises(AssertionError):
        assert held_by(Wide(TICKS)) < 16


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("call", ["ask", "link"])
def test_a_call_that_makes_the_pool_grow_is_kept(name: KernelName, call: str) -> None:
    """Whoever asks or links first may be the one for whom the arrays are made anew."""
    classes = [Kind(), Kind(Role.REQUEST)]
    world = build(Sketch(kinds=classes, threats=[Threat(faces=2)]))
    lanes = [LaneId(0, 0, number) for number in range(300)]
    engine = kernel(name)(world, lanes)
    engine.begin(0)
    for lane in range(len(lanes)):
        if call == "ask":
            engine.ask(lane, 0, 0)
        else:
            engine.link(lane, 0, 0, 0, 1)
    engine.finish(0)
    if call == "ask":
        assert engine.counters()[:, COUNTERS.index("asks")].tolist() == [1] * len(lanes)
    else:
        known = [engine.knowledge(lane, 0, 0, 0) for lane in range(len(lanes))]
        assert known == [[Component(3, 0, 0, recognised=False)]] * len(lanes)
