"""Desks that read: queues against plain deques, credit, background, purges."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from sim.draws.streams import QUANTILE_SHIFT, name_key, philox4x32_scalar, world_key
from sim.draws.tables import poisson
from sim.kernel.engine import Kernel
from sim.kernel.lanes import Lanes
from sim.kernel.triage import Taken, Triage
from sim.seam.port import LaneId, Log, advance
from sim.seam.world import READING_ONE, World
from tests.worlds import (
    BEFORE,
    Action,
    Kind,
    Link,
    Point,
    Rule,
    ScriptedHost,
    Sketch,
    Spread,
    build,
)

HERE = [LaneId(0, 1, 0)]


class Arrival(NamedTuple):
    """A report that comes to a queue."""

    lane: int
    unit: int
    urgency: int
    key: int


def small(**changes: object) -> World:
    """Return one desk that nobody writes to, with two urgencies."""
    point = Point(**changes)  # type: ignore[arg-type]
    return build(Sketch(groups=(0,), links=(), urgencies=2, points=[point]))


def lanes_of(world: World, lanes: list[LaneId]) -> Lanes:
    """Return lanes in their first phases."""
    return Lanes.of(lanes, points=world.points)


class Desk:
    """Queues, and reports that come to them with slots in order of arrival."""

    def __init__(self, world: World, lanes: list[LaneId]) -> None:
        self.triage = Triage(world, lanes_of(world, lanes))
        self.slots = 0

    def bring(self, arrivals: list[Arrival]) -> list[int]:
        """Put reports into queues; return their slots."""
        slots = list(range(self.slots, self.slots + len(arrivals)))
        self.slots += len(arrivals)
        rows = [(row.lane, row.unit, row.urgency) for row in arrivals]
        lane, unit, urgency = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        self.triage.enqueue(
            self.triage.queue(lane, unit, urgency),
            np.array([row.key for row in arrivals], dtype=np.uint64),
            np.array(slots, dtype=np.int64),
            np.array(slots, dtype=np.int64) + 1000,
        )
        return slots

    def read(self, tick: int) -> list[int]:
        """Return the slots read at `tick`, sorted."""
        return sorted(self.triage.serve(tick).slot.tolist())

    def purge(self, slots: list[int]) -> None:
        dead = np.zeros(max(self.slots, 1), dtype=np.bool_)
        dead[slots] = True
        self.triage.purge(dead)


def reading(amount: float) -> dict[str, object]:
    """Return a desk that reads so many reports a tick."""
    return {"capacity": {0: [int(amount * READING_ONE)]}}


# Single rules --------------------------------------------------------------------------------


def test_first_in_first_out() -> None:
    desk = Desk(small(**reading(1)), HERE)
    first = desk.bring([Arrival(0, 0, 0, 9)])
    second = desk.bring([Arrival(0, 0, 0, 1)])
    assert [desk.read(tick) for tick in range(3)] == [first, second, []]


def test_what_comes_together_is_read_in_order_of_key() -> None:
    desk = Desk(small(**reading(1)), HERE)
    slots = desk.bring([Arrival(0, 0, 0, key) for key in (2**64 - 1, 0, 2**63)])
    order = [slots[1], slots[2], slots[0]]
    assert [desk.read(tick) for tick in range(3)] == [[slot] for slot in order]


def test_the_urgent_is_read_first_however_late_it_comes() -> None:
    desk = Desk(small(**reading(2)), HERE)
    slow = desk.bring([Arrival(0, 0, 1, key) for key in range(3)])
    urgent = desk.bring([Arrival(0, 0, 0, 7)])
    assert desk.read(0) == [slow[0], *urgent]
    assert desk.read(1) == slow[1:]


def test_what_is_taken_says_slot_channel_and_desk() -> None:
    world = build(Sketch(groups=(0, 0, 0), links=(), urgencies=2))
    desk = Desk(world, [*HERE, LaneId(0, 1, 1)])
    desk.bring([Arrival(1, 2, 1, 5), Arrival(0, 1, 0, 5)])
    taken = desk.triage.serve(0)
    assert sorted(zip(*(part.tolist() for part in taken), strict=True)) == [
        (0, 1000, 2),
        (1, 1001, 1),
    ]
    assert isinstance(taken, Taken)
    assert desk.triage.served().tolist() == [1, 1]


def test_fractions_of_a_place_add_up_and_idle_time_is_lost() -> None:
    desk = Desk(small(**reading(0.75)), HERE)
    assert [desk.read(tick) for tick in range(4)] == [[]] * 4
    # Four idle ticks leave no more than the fraction: 4 * 0.75 = 3 places, all gone.
    slots = desk.bring([Arrival(0, 0, 0, key) for key in range(6)])
    counts = [len(desk.read(tick)) for tick in range(4, 12)]
    assert counts == [0, 1, 1, 1, 0, 1, 1, 1]
    assert len(slots) == 6


def test_capacity_follows_the_week() -> None:
    desk = Desk(small(capacity={0: [0, 256, 512]}), HERE)
    desk.bring([Arrival(0, 0, 0, key) for key in range(9)])
    assert [len(desk.read(tick)) for tick in range(7)] == [0, 1, 2, 0, 1, 2, 0]


def test_a_calendar_says_which_tick_of_the_week_it_is() -> None:
    points = [Point(capacity={0: [0, 256, 512]})]
    sketch = Sketch(groups=(0, 0), links=(), week=3, days=[0, 0, 2, 1, 2], points=points, horizon=5)
    desk = Desk(build(sketch), HERE)
    desk.bring([Arrival(0, 0, 0, key) for key in range(9)])
    assert [len(desk.read(tick)) for tick in range(5)] == [0, 0, 2, 1, 2]


def test_a_desk_without_capacity_reads_nothing() -> None:
    desk = Desk(small(**reading(0)), HERE)
    desk.bring([Arrival(0, 0, 0, 1)])
    assert [desk.read(tick) for tick in range(5)] == [[]] * 5
    assert desk.triage.backlog().tolist() == [1]
    assert desk.triage.waiting_reports() == 1


def test_background_takes_places_before_reports_of_its_tick() -> None:
    desk = Desk(small(capacity={0: [READING_ONE]}, background={(0, 0): 2}), HERE)
    desk.triage.background(0)
    assert desk.triage.tickets().tolist() == [2]
    slots = desk.bring([Arrival(0, 0, 0, 1)])
    assert [desk.read(0), desk.read(1)] == [[], []]
    assert desk.read(2) == slots
    assert desk.triage.backlog().tolist() == [0]


def test_background_differs_by_point_and_is_shared_by_the_lanes_of_a_world() -> None:
    points = [
        Point(background={(0, 1): poisson(3.0), (1, 0): poisson(3.0)}),
        Point(background={(0, 1): poisson(9.0)}),
    ]
    world = build(Sketch(groups=(0, 0), links=(), urgencies=2, points=points))
    lanes = [LaneId(1, 4, 0), LaneId(0, 4, 0), LaneId(0, 4, 1)]
    triage = Triage(world, lanes_of(world, lanes))
    before = triage.tickets()
    for tick in range(11):
        triage.background(tick)
        came = triage.tickets() - before
        assert came.tolist() == [by_name(world, lane, tick) for lane in lanes]
        before += came


def test_background_is_drawn_for_the_points_of_the_lanes_alone() -> None:
    points = [Point(background={(0, 0): number}) for number in range(1, 20)]
    world = build(Sketch(groups=(0, 0), links=(), points=points))
    triage = Triage(world, lanes_of(world, [LaneId(17, 4, number) for number in range(5)]))
    triage.background(0)
    assert triage.tickets().tolist() == [18] * 5
    assert triage._routine._drawn.size == 4 * 5 * 2


def by_name(world: World, lane: LaneId, tick: int) -> int:
    """Background that comes to all desks of a lane."""
    return sum(named_count(world, lane, *queue, tick) for queue in ((0, 1), (1, 0)))


def named_count(world: World, lane: LaneId, unit: int, urgency: int, tick: int) -> int:
    """Background of one queue by its written rule."""
    table = int(world.phases.background[lane.point, unit, urgency])
    counter = (name_key("background"), int(world.units.key[unit]), urgency, tick // 4)
    word = philox4x32_scalar(counter, world_key(lane.seed, lane.replication))[tick % 4]
    return 0 if table < 0 else int(world.tables[table, word >> QUANTILE_SHIFT])


def test_served_counts_places_not_reports() -> None:
    desk = Desk(small(capacity={0: [3 * READING_ONE]}, background={(0, 0): 2}), HERE)
    desk.bring([Arrival(0, 0, 1, 1), Arrival(0, 0, 1, 2)])
    desk.triage.background(0)
    assert desk.triage.serve(0).slot.size == 1
    assert desk.triage.served().tolist() == [3]
    assert desk.triage.tickets().tolist() == [4]


def test_purged_reports_leave_their_places() -> None:
    desk = Desk(small(**reading(1)), HERE)
    slots = desk.bring([Arrival(0, 0, 0, key) for key in range(4)])
    desk.purge([slots[0], slots[2]])
    assert desk.triage.waiting_reports() == 2
    assert desk.triage.backlog().tolist() == [4]
    assert [desk.read(tick) for tick in range(4)] == [[], [slots[1]], [], [slots[3]]]


# Any sequence --------------------------------------------------------------------------------

UNITS, URGENCIES, LANES = 2, 2, 2
CAPACITIES = {0: [300, 0, 640], 1: [128, 128, 128]}
COUNTS: dict[tuple[int, int], Spread] = {(0, 0): poisson(0.5), (1, 1): 1}


@dataclass
class Plain:
    """The same queues as deques; what waits is a slot, or None for background."""

    world: World
    lanes: list[LaneId]
    queues: dict[tuple[int, int, int], deque[int | None]] = field(default_factory=dict)
    credit: dict[tuple[int, int], int] = field(default_factory=dict)

    def queue(self, lane: int, unit: int, urgency: int) -> deque[int | None]:
        return self.queues.setdefault((lane, unit, urgency), deque())

    def background(self, tick: int) -> None:
        for number, lane in enumerate(self.lanes):
            for unit, urgency in COUNTS:
                count = named_count(self.world, lane, unit, urgency, tick)
                self.queue(number, unit, urgency).extend([None] * count)

    def bring(self, arrivals: list[Arrival], slots: list[int]) -> None:
        for row, slot in sorted(zip(arrivals, slots, strict=True), key=lambda pair: pair[0].key):
            self.queue(row.lane, row.unit, row.urgency).append(slot)

    def read(self, tick: int) -> list[int]:
        found: list[int | None] = []
        for lane in range(len(self.lanes)):
            for unit, week in CAPACITIES.items():
                credit = self.credit.get((lane, unit), 0) + week[tick % len(week)]
                budget, self.credit[lane, unit] = divmod(credit, READING_ONE)
                for urgency in range(URGENCIES):
                    queue = self.queue(lane, unit, urgency)
                    places = min(budget, len(queue))
                    found += [queue.popleft() for _ in range(places)]
                    budget -= places
        return sorted(slot for slot in found if slot is not None)

    def purge(self, dead: list[int]) -> None:
        for where, queue in self.queues.items():
            self.queues[where] = deque(None if slot in dead else slot for slot in queue)

    def waiting_reports(self) -> int:
        return sum(slot is not None for queue in self.queues.values() for slot in queue)

    def backlog(self) -> list[int]:
        return [
            sum(len(queue) for where, queue in self.queues.items() if where[0] == lane)
            for lane in range(len(self.lanes))
        ]


arrivals = st.builds(
    Arrival,
    st.integers(0, LANES - 1),
    st.integers(0, UNITS - 1),
    st.integers(0, URGENCIES - 1),
    st.integers(0, 2**64 - 1),
)
turns = st.lists(
    st.tuples(
        st.lists(arrivals, max_size=6, unique_by=lambda row: row.key),
        st.lists(st.integers(0, 40), max_size=4),
    ),
    min_size=1,
    max_size=25,
)


Turn = tuple[list[Arrival], list[int]]


def outcomes(turns: list[Turn], replications: tuple[int, int]) -> tuple[list, list]:
    """Play the same turns with the queues and with the deques; return what each tells."""
    point = Point(capacity=CAPACITIES, background=COUNTS)
    sketch = Sketch(groups=(0, 0), links=(), urgencies=URGENCIES, week=3, points=[point])
    world = build(replace(sketch, horizon=max(1, len(turns))))
    lanes = [LaneId(0, 5, number) for number in replications]
    desk, plain = Desk(world, lanes), Plain(world, lanes)
    found: list[Any] = []
    wanted: list[Any] = []
    for tick, (arriving, dying) in enumerate(turns):
        desk.triage.background(tick)
        plain.background(tick)
        plain.bring(arriving, desk.bring(arriving))
        found.append(desk.read(tick))
        wanted.append(plain.read(tick))
        dead = [slot for slot in dying if slot < desk.slots]
        desk.purge(dead)
        plain.purge(dead)
        found += [desk.triage.backlog().tolist(), desk.triage.waiting_reports()]
        wanted += [plain.backlog(), plain.waiting_reports()]
    return found, wanted


@given(turns=turns, replications=st.tuples(st.integers(0, 3), st.integers(0, 3)))
@settings(max_examples=150, deadline=None)
def test_queues_are_deques(turns: list[Turn], replications: tuple[int, int]) -> None:
    found, wanted = outcomes(turns, replications)
    assert found == wanted


def _backwards(original: Any) -> Any:
    return lambda self, queue, key, slot, channel: original(self, queue, ~key, slot, channel)


def _twice(original: Any) -> Any:
    def serve(self: Triage, tick: int) -> Any:
        original(self, tick)
        return original(self, tick)

    return serve


def _lossy(original: Any) -> Any:
    def purge(self: Triage, dead: Any) -> None:
        before = self.waiting_reports()
        original(self, dead)
        self.head[0] += before - self.waiting_reports()

    return purge


@pytest.mark.parametrize(
    ("name", "error"), [("enqueue", _backwards), ("serve", _twice), ("purge", _lossy)]
)
def test_an_error_planted_in_the_queues_is_noticed(
    monkeypatch: pytest.MonkeyPatch, name: str, error: Any
) -> None:
    monkeypatch.setattr(Triage, name, error(getattr(Triage, name)))
    turns = [
        ([Arrival(0, 0, 0, 9 * tick), Arrival(0, 0, 0, 9 * tick + 4)], [tick]) for tick in range(12)
    ]
    found, wanted = outcomes(turns, (0, 1))
    assert found != wanted


# In the kernel -------------------------------------------------------------------------------


def test_an_overloaded_desk_reads_the_oldest_of_the_most_urgent() -> None:
    """Desk 1 reads one report a tick; three plain ones come at tick 1 and an urgent one at 2."""
    sketch = Sketch(
        kinds=(Kind(urgency=1), Kind(urgency=0)),
        rules=[Rule(push=1 << 32)],
        points=[Point(capacity={1: [READING_ONE]})],
        urgencies=2,
    )
    script = [Action(BEFORE, "emit", (0, 0, 0))] * 3 + [Action(1, "emit", (0, 0, 1))]
    log = Log()
    engine = Kernel(build(sketch), HERE, log)
    advance(engine, ScriptedHost([script]), 8)
    plain = sorted(row[2] for row in log.made if row[3] == 0)
    urgent = [row[2] for row in log.made if row[3] == 1]
    order = [(row[0], row[2]) for row in log.reads]
    assert order == list(zip(range(1, 5), [plain[0], *urgent, *plain[1:]], strict=True))


def test_a_report_that_dies_waiting_takes_its_place_unread() -> None:
    sketch = Sketch(
        kinds=(Kind(lifetime=3),),
        links=(Link(0, 1),),
        points=[Point(capacity={1: [READING_ONE]})],
    )
    script = [Action(BEFORE, "emit", (0, 0, 0))] * 5
    log = Log()
    engine = Kernel(build(sketch), HERE, log)
    advance(engine, ScriptedHost([script]), 10)
    assert [row[0] for row in log.reads] == [1, 2]
    counted = dict(zip(("queued", "read", "served"), engine.counters()[0, [5, 6, 8]], strict=True))
    assert counted == {"queued": 5, "read": 2, "served": 5}
