"""The store of reports and the files that are searched; memory follows what is alive."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from sim.kernel import engine as kernel_module
from sim.kernel.engine import Kernel
from sim.kernel.pool import FIRST_SLOTS
from sim.kernel.reports import UNSEEN, NewReports, Postings, ReportStore
from sim.seam.port import COUNTERS, Happenings, LaneId, advance
from sim.seam.world import LEVEL_ONE, RATE_ONE, READING_ONE, Pull, Role
from tests.worlds import (
    BEFORE,
    Action,
    Code,
    Kind,
    Link,
    Point,
    Rule,
    Script,
    ScriptedHost,
    Sight,
    Sketch,
    Threat,
    Watcher,
    build,
)

# The store -----------------------------------------------------------------------------------

STORE_SKETCH = Sketch(groups=(0, 1, 2), links=(), kinds=(Kind(lifetime=3), Kind(lifetime=7)))


def add(store: ReportStore, tick: int, keys: list[int], cls: int = 0) -> list[int]:
    """Store reports that unit 1 made; return their slots."""
    count = len(keys)
    units = np.ones(count, dtype=np.int64)
    none = np.zeros(count, dtype=np.int64)
    new = NewReports(
        lane=none,
        unit=units,
        subject=none,
        cls=np.full(count, cls),
        key=np.array(keys, dtype=np.uint64),
        weight=np.full(count, 5, dtype=np.int32),
        origins=np.full(count, 2, dtype=np.uint64),
        audience=np.full(count, 7, dtype=np.uint64),
        faces=np.ones(count, dtype=np.uint8),
    )
    slots = store.add(tick, new)
    return [int(slot) for slot in slots]


def _slots(number: int) -> NDArray[np.int64]:
    """Slot of the report made as that number: the last of the pool first."""
    return np.array([FIRST_SLOTS - 5 + number])


def copies(store: ReportStore, slot: int) -> list[int]:
    """Return what each unit holds of a report."""
    units = np.arange(3)
    return [int(held) for held in store.held(np.full(3, slot), units)]


def test_a_new_report_is_held_by_its_maker_alone() -> None:
    store = ReportStore(build(STORE_SKETCH))
    (slot,) = add(store, 4, [99], cls=1)
    assert copies(store, slot) == [UNSEEN, 1, UNSEEN]
    fields = (store.made, store.expires, store.key, store.weight, store.origins, store.audience)
    assert [int(field[slot]) for field in fields] == [4, 11, 99, 5, 2, 7]
    assert store.alive == 1


def test_reports_die_when_their_time_is_up() -> None:
    store = ReportStore(build(STORE_SKETCH))
    short, long = add(store, 0, [1])[0], add(store, 0, [2], cls=1)[0]
    assert store.dead(2).tolist() == []
    assert store.dead(3).tolist() == [short]
    assert sorted(store.dead(7).tolist()) == sorted([short, long])


def test_a_slot_used_again_remembers_nothing() -> None:
    store = ReportStore(build(STORE_SKETCH))
    (slot,) = add(store, 0, [1])
    store.hold(store.place(np.array([slot]), 0), np.array([1], dtype=np.uint8))
    assert copies(store, slot) == [1, 1, UNSEEN]
    store.free(np.array([slot]))
    assert store.alive == 0
    assert store.dead(100).size == 0
    (again,) = add(store, 5, [2])
    assert again == slot
    assert copies(store, again) == [UNSEEN, 1, UNSEEN]


@settings(max_examples=100)
@given(
    codes=st.sampled_from((1, 2, 3, 4, 15, 16, 128)),
    units=st.integers(2, 40),
    holders=st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 39)), st.integers(0, 127)),
)
def test_copies_packed_into_bits_are_what_was_put(
    codes: int, units: int, holders: dict[tuple[int, int], int]
) -> None:
    sketch = Sketch(groups=[0] * units, links=(), points=[Point(codes=[Code()] * codes)])
    store = ReportStore(build(sketch))
    add(store, 0, [1, 2, 3, 4, 5])
    plain = {(slot, 1): 1 for slot in range(5)}
    for (number, unit), code in holders.items():
        place = (number, unit % units)
        if place not in plain:
            plain[place] = 1 + code % codes
            held = np.array([plain[place]], dtype=np.uint8)
            store.hold(store.place(_slots(number), unit % units), held)
    for number in range(5):
        found = store.held(np.full(units, _slots(number)[0]), np.arange(units))
        assert found.tolist() == [plain.get((number, unit), UNSEEN) for unit in range(units)]


@pytest.mark.parametrize(("codes", "bits"), [(1, 1), (2, 2), (3, 2), (4, 4), (15, 4), (16, 8)])
def test_a_copy_takes_as_few_bits_as_its_codes_need(codes: int, bits: int) -> None:
    """A seen bit is a bit; within twice of what the codes need."""
    sketch = Sketch(groups=[0] * 800, links=(), points=[Point(codes=[Code()] * codes)])
    store = ReportStore(build(sketch))
    assert store.copies.nbytes * 8 == store.used.size * 800 * bits
    assert bits < 2 * np.log2(codes + 1) or bits == 1


def test_the_store_grows_and_keeps_what_it_has() -> None:
    store = ReportStore(build(STORE_SKETCH))
    slots = [
        slot for start in range(0, 1000, 50) for slot in add(store, 0, [*range(start, start + 50)])
    ]
    assert len(set(slots)) == 1000
    assert store.key[slots].tolist() == list(range(1000))
    assert store.used.size == 4 * FIRST_SLOTS
    assert store.alive == 1000


def test_a_large_batch_grows_the_store_at_once() -> None:
    store = ReportStore(build(STORE_SKETCH))
    slots = add(store, 0, list(range(5000)))
    assert len(set(slots)) == 5000


@given(turns=st.lists(st.tuples(st.integers(0, 120), st.floats(0, 1)), min_size=1, max_size=20))
@settings(max_examples=50)
def test_no_slot_is_given_out_twice(turns: list[tuple[int, float]]) -> None:
    store = ReportStore(build(STORE_SKETCH))
    alive: dict[int, int] = {}
    for number, (count, share) in enumerate(turns):
        keys = [1000 * number + key for key in range(count)]
        slots = add(store, number, keys)
        assert not set(slots) & set(alive)
        alive |= dict(zip(slots, keys, strict=True))
        gone = [slot for rank, slot in enumerate(sorted(alive)) if rank < share * len(alive)]
        store.free(np.array(gone, dtype=np.int64))
        for slot in gone:
            del alive[slot]
        assert store.alive == len(alive)
        assert np.flatnonzero(store.used).tolist() == sorted(alive)
        assert [int(store.key[slot]) for slot in alive] == list(alive.values())


# Files ---------------------------------------------------------------------------------------

GROUPS = 4
filings = st.lists(
    st.tuples(
        st.lists(st.integers(0, GROUPS - 1), max_size=15), st.sets(st.integers(0, 60), max_size=8)
    ),
    max_size=12,
)


@given(filings=filings)
@settings(max_examples=100)
def test_files_are_lists_by_group(filings: list[tuple[list[int], set[int]]]) -> None:
    postings, plain = Postings(GROUPS), defaultdict[int, list[int]](list)
    slots = 0
    for groups, dying in filings:
        new = list(range(slots, slots + len(groups)))
        slots += len(groups)
        postings.add(np.array(groups, dtype=np.int64), np.array(new, dtype=np.int64))
        for group, slot in zip(groups, new, strict=True):
            plain[group].append(slot)
        dead = np.zeros(max(slots, 61), dtype=np.bool_)
        dead[list(dying)] = True
        postings.drop(dead)
        for group, held in plain.items():
            plain[group] = [slot for slot in held if slot not in dying]
        asked = [3, 0, 0, 1, 2]
        index, found = postings.search(np.array(asked))
        pairs = list(zip(index.tolist(), found.tolist(), strict=True))
        assert pairs == [(at, slot) for at, group in enumerate(asked) for slot in plain[group]]


def test_nothing_is_filed_at_first() -> None:
    index, slots = Postings(3).search(np.array([0, 1, 2]))
    assert index.size == slots.size == 0


# Memory --------------------------------------------------------------------------------------


class Gauge(ScriptedHost):
    """Notes, every tick, the size of what a kernel keeps."""

    def __init__(self, scripts: list[Script], engine: Kernel) -> None:
        super().__init__(scripts)
        self.engine = engine
        self.slots: list[int] = []
        self.alive: list[int] = []
        self.entries: list[int] = []
        self.flight: list[int] = []

    def react(self, _tick: int, _happenings: Happenings) -> None:
        """Hear nothing."""

    def end(self, _tick: int) -> None:
        store, triage = self.engine._store, self.engine._triage
        self.slots.append(store.used.size)
        self.alive.append(store.alive)
        self.entries.append(triage._entries.used.size)
        self.flight.append(self.engine._calendar.in_flight().size)


LIFETIME = 50
LANES = 8


ENDS = ((0, 1, 2), (0, 2, 4), (1, 0, 0), (1, 2, 5), (2, 0, 1), (2, 1, 3))


def steady(horizon: int) -> Sketch:
    """Three desks see something every other tick and tell all; the last of them cannot keep up."""
    return Sketch(
        groups=(0, 1, 2),
        links=[
            Link(0, 1, 2),
            Link(0, 2, 4),
            Link(1, 0, 0),
            Link(1, 2, 5),
            Link(2, 0, 1),
            Link(2, 1, 3),
        ],
        kinds=(Kind(lifetime=LIFETIME), Kind(Role.REQUEST, lifetime=20)),
        rules=[Rule(push=1 << 32, pull_mode=Pull.RELEASE, pull=1 << 31)],
        points=[Point(capacity={2: [READING_ONE // 4]}, ask_at={1: 1000}, ask_every=5)],
        sights=[Sight(rate=RATE_ONE // 2)],
        watchers=[Watcher(unit) for unit in range(3)],
        threats=[Threat(decay=0.9)],
        horizon=horizon,
    )


def gauged(horizon: int) -> Gauge:
    script = [Action(BEFORE, "set_activity", (0, 0, 0, LEVEL_ONE))]
    lanes = [LaneId(0, 1, number) for number in range(LANES)]
    engine = Kernel(build(steady(horizon)), lanes)
    host = Gauge([script] * LANES, engine)
    advance(engine, host, horizon)
    return host


def test_memory_stays_with_what_is_alive_however_long_it_runs() -> None:
    """Three reports every other tick and the requests live 50 ticks; swept every 64."""
    horizon, early = 2500, 400
    host = gauged(horizon)
    made = int(host.engine.counters()[:, COUNTERS.index("reports")].sum())
    rate = made / horizon
    most = rate * (LIFETIME + kernel_module.SWEEP)
    assert made > 20 * most
    assert max(host.alive) <= 1.1 * most
    for sizes in (host.slots, host.entries):
        assert sizes[-1] == sizes[early]
    assert host.slots[-1] <= max(FIRST_SLOTS, 2 * 1.1 * most)
    assert max(host.flight[early:]) <= 2 * max(host.flight[:early])
    assert host.engine.backlog().min() > 300


def test_without_sweeping_memory_would_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_module, "SWEEP", 10**9)
    host = gauged(1500)
    assert host.slots[-1] > 2 * host.slots[200]
