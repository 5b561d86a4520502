"""The law of lanes: a lane depends on its world, point, seed and replication, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from sim.draws.streams import ONE, Draws, name_key, world_key
from sim.draws.tables import exponential
from sim.kernel.lanes import Lanes
from sim.kernel.release import Release
from sim.seam.port import LaneId, Log
from sim.seam.world import LEVEL_ONE, SITUATIONS, World
from tests.stories import Story, kernel_stories
from tests.worlds import (
    BEFORE,
    Action,
    Kind,
    Link,
    Point,
    Rule,
    Script,
    Sight,
    Sketch,
    Watcher,
    build,
    example_script,
    example_world,
    lane_ids,
    scripts,
    sketches,
    worlds,
)

# Batches -------------------------------------------------------------------------------------

Batch = tuple[World, list[LaneId], list[Script]]


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """A small world, lanes in any order, and what their hosts do."""
    world = draw(worlds())
    lanes = draw(st.lists(lane_ids(world), min_size=2, max_size=5))
    return world, lanes, [draw(scripts(world)) for _ in lanes]


def told(stories: list[Story]) -> list[dict[str, Any]]:
    return [story.sorted() for story in stories]


def alone(world: World, lanes: list[LaneId], plans: list[Script]) -> list[Story]:
    """Stories of lanes that each run in a batch of their own."""
    return [
        kernel_stories(world, [lane], [plan])[0] for lane, plan in zip(lanes, plans, strict=True)
    ]


@pytest.mark.long
@given(batch=batches())
@settings(max_examples=40, deadline=None)
def test_a_batch_is_its_lanes_run_alone(batch: Batch) -> None:
    assert told(kernel_stories(*batch)) == told(alone(*batch))


@pytest.mark.long
@given(batch=batches(), data=st.data())
@settings(max_examples=40, deadline=None)
def test_order_and_company_of_lanes_do_not_matter(batch: Batch, data: st.DataObject) -> None:
    world, lanes, plans = batch
    chosen = data.draw(st.lists(st.sampled_from(range(len(lanes))), min_size=1, max_size=7))
    whole = told(kernel_stories(world, lanes, plans))
    part = kernel_stories(world, [lanes[i] for i in chosen], [plans[i] for i in chosen])
    assert told(part) == [whole[number] for number in chosen]


def example_batch(points: tuple[int, ...] = (0, 1), replications: int = 4) -> Batch:
    lanes = [LaneId(point, 7, number) for number in range(replications) for point in points]
    return example_world(), lanes, [example_script()] * len(lanes)


def test_the_example_in_one_batch_and_alone() -> None:
    world, lanes, plans = example_batch()
    whole = told(kernel_stories(world, lanes, plans))
    assert whole == told(alone(world, lanes, plans))
    assert whole[::-1] == told(kernel_stories(world, lanes[::-1], plans))
    assert all(story["counters"]["messages"] > 100 for story in whole)
    assert len({str(story["counters"]) for story in whole}) == len(lanes)


def _by_position(original: Any) -> Any:
    def draw(self: Any, lane: Any, stream: Any, *entity: Any) -> Any:
        return original(self, lane, stream + lane % 2, *entity)

    return draw


def _by_batch(original: Any) -> Any:
    def draw(self: Any, lane: Any, stream: Any, *entity: Any) -> Any:
        return original(self, lane, stream + self.size % 2, *entity)

    return draw


def _by_turn(original: Any) -> Any:
    turn = 0

    def draw(self: Any, lane: Any, stream: Any, *entity: Any) -> Any:
        nonlocal turn
        turn += 1
        return original(self, lane, stream + turn % 7, *entity)

    return draw


@pytest.mark.long
@pytest.mark.parametrize("error", [_by_position, _by_batch, _by_turn])
def test_a_draw_that_knows_its_batch_breaks_the_law(
    monkeypatch: pytest.MonkeyPatch, error: Any
) -> None:
    monkeypatch.setattr(Lanes, "draw", error(Lanes.draw))
    batch = example_batch()
    assert told(kernel_stories(*batch)) != told(alone(*batch))


# More of the world ---------------------------------------------------------------------------

Cast = tuple[Sketch, Script, LaneId]


@st.composite
def casts(draw: st.DrawFn) -> Cast:
    """A sketch, what its host does, and one of its lanes."""
    sketch = draw(sketches())
    world = build(sketch)
    return sketch, draw(scripts(world)), draw(lane_ids(world))


def play(sketch: Sketch, script: Script, lane: LaneId) -> Story:
    return kernel_stories(build(sketch), [lane], [script])[0]


def among(story: Story, units: int, channels: int) -> dict[str, Any]:
    """Return what happened among the first units and channels of a world."""
    log, last = story.log, dict.fromkeys(("sends", "deliveries", "attempts"), channels)
    column = {"sends": 3, "deliveries": 3, "attempts": 3, "reads": 3, "recognitions": 2, "made": 5}
    column |= {"contacts": 3, "changes": 2}
    events = {
        name: sorted(row for row in getattr(log, name) if row[place] < last.get(name, units))
        for name, place in column.items()
    }
    keys = {row[2] for row in events["made"]}
    for name in ("contents", "matches"):
        events[name] = sorted(row for row in getattr(log, name) if row[2] in keys)
    assert events.keys() == {field.name for field in fields(Log)}
    heard = [
        (tick, [[row for row in rows if row.unit < units] for rows in happenings])
        for tick, happenings in story.heard
    ]
    return {**events, "heard": heard}


def whole_sights(sketch: Sketch) -> list[Sight]:
    """Sights of all faces, one for each kind of subject."""
    evidence = next(cls for cls, kind in enumerate(sketch.kinds) if kind.role == 0)
    return [Sight(evidence, 0, (ONE,) * threat.faces) for threat in sketch.threats]


def with_strangers(sketch: Sketch) -> Sketch:
    """Add two desks that watch everything and talk to each other and to nobody else."""
    one, two = len(sketch.groups), len(sketch.groups) + 1
    here, kind = len(sketch.links), 1 + max(sketch.channel_kinds, default=-1)
    sights = whole_sights(sketch)
    return replace(
        sketch,
        sights=(*sketch.sights, *sights),
        groups=(*sketch.groups, 0, max(sketch.groups) + 1),
        links=(*sketch.links, Link(one, two, here + 1), Link(two, one, here)),
        alike=(*sketch.channel_kinds, kind, kind + 1),
        watchers=(
            *sketch.watchers,
            *(
                Watcher(unit, len(sketch.sights) + kind, subject, place)
                for unit in (one, two)
                for subject, kind in enumerate(sketch.subjects)
                for place in (subject % sketch.places,)
            ),
        ),
    )


@given(cast=casts())
@settings(max_examples=30, deadline=None)
def test_desks_that_nobody_knows_change_nothing(cast: Cast) -> None:
    sketch, script, lane = cast
    units, channels = len(sketch.groups), len(sketch.links)
    before = play(sketch, script, lane)
    after = play(with_strangers(sketch), script, lane)
    assert among(after, units, channels) == among(before, units, channels)


def test_those_desks_do_something() -> None:
    sketch = Sketch(horizon=40)
    script = [Action(BEFORE, "set_activity", (0, 0, 0, LEVEL_ONE))]
    story = play(with_strangers(sketch), script, LaneId(0, 1, 2))
    assert {row[3] for row in story.log.sends} == {1, 2}


def in_each_phase(points: Sequence[Point], change: Callable[[Point], Point]) -> list[Point]:
    """Change what holds at points, at any time."""
    return [
        replace(change(point), later=[(tick, change(one)) for tick, one in point.later])
        for point in points
    ]


def with_idle_channel(sketch: Sketch) -> Sketch:
    """Add a way, from the last desk, over which no rule ever lets anything."""
    last, here = len(sketch.groups) - 1, 1 + max(sketch.channel_kinds, default=-1)
    never = {
        (situation, here, cls): 0 for situation in range(4) for cls in range(len(sketch.kinds))
    }
    return replace(
        sketch,
        links=(*sketch.links, Link(last, 0)),
        alike=(*sketch.channel_kinds, here),
        points=in_each_phase(
            sketch.points, lambda point: replace(point, term={**point.term, **never})
        ),
    )


def with_subject(sketch: Sketch) -> Sketch:
    """Add a subject that the first desk watches."""
    watcher = Watcher(0, len(sketch.sights), len(sketch.subjects), 0)
    return replace(
        sketch,
        sights=(*sketch.sights, whole_sights(sketch)[0]),
        subjects=(*sketch.subjects, 0),
        watchers=(*sketch.watchers, watcher),
    )


def with_class(sketch: Sketch) -> Sketch:
    """Add a class of report that nobody writes, and a rule that nobody uses."""
    return replace(
        sketch,
        kinds=(*sketch.kinds, Kind(lifetime=7, weight=exponential(9.0))),
        rules=(*sketch.rules, Rule(push=ONE, push_delay=exponential(11.0))),
    )


def with_point(sketch: Sketch) -> Sketch:
    """Add a design point with tables of its own."""
    other = Point(latency={channel: exponential(5.0) for channel in range(len(sketch.links))})
    codes = [replace(code) for code in sketch.points[0].codes]
    return replace(sketch, points=(*sketch.points, replace(other, codes=codes)))


@pytest.mark.long
@pytest.mark.parametrize("add", [with_idle_channel, with_subject, with_class, with_point])
@given(cast=casts())
@settings(max_examples=20, deadline=None)
def test_what_nobody_uses_changes_nothing(add: Any, cast: Cast) -> None:
    sketch, script, lane = cast
    if add is with_subject:  # stores may take it for another
        sketch = replace(sketch, stores=[replace(one, false_match=()) for one in sketch.stores])
    units, channels = len(sketch.groups), len(sketch.links)
    before, after = play(sketch, script, lane), play(add(sketch), script, lane)
    assert among(after, units, channels) == among(before, units, channels)
    assert after.counters == before.counters


def told_apart(sketch: Sketch) -> Sketch:
    """Make each channel a kind of its own, with what holds for its kind."""
    channels, classes = list(enumerate(sketch.channel_kinds)), range(len(sketch.kinds))

    def among_channels(cells: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        shut = set(cells)
        pairs = product(channels, classes)
        return [(channel, cls) for (channel, kind), cls in pairs if (kind, cls) in shut]

    def apart(point: Point) -> Point:
        cells = product(range(SITUATIONS), channels, classes)
        return replace(
            point,
            term={(s, channel, cls): point.term[s, kind, cls] for s, (channel, kind), cls in cells},
            latency={channel: point.latency[kind] for channel, kind in channels},
            forbids=among_channels(point.forbids),
        )

    return replace(
        sketch,
        alike=None,
        points=in_each_phase(sketch.points, apart),
        closed=among_channels(sketch.closed),
    )


@given(cast=casts())
@settings(max_examples=30, deadline=None)
def test_channels_of_a_kind_are_as_if_each_were_its_own(cast: Cast) -> None:
    sketch, script, lane = cast
    apart, alike = (play(one, script, lane) for one in (told_apart(sketch), sketch))
    assert apart.sorted() == alike.sorted()


def test_a_horizon_further_off_changes_nothing_before() -> None:
    sketch = Sketch(
        groups=(0, 1, 2),
        links=(Link(0, 1), Link(1, 2)),
        points=[Point(latency={0: exponential(4.0)})],
        watchers=[Watcher()],
        gap=exponential(1 << 24),
        horizon=30,
    )
    script = [Action(BEFORE, "set_activity", (0, 0, 0, LEVEL_ONE))]
    short, long = (
        play(replace(sketch, horizon=horizon), script, LaneId(0, 5, 5)) for horizon in (30, 60)
    )
    for name in ("deliveries", "reads", "made", "sends"):
        rows = [row for row in getattr(long.log, name) if row[0] < 30]
        assert rows == getattr(short.log, name)
        assert rows


# The policy is not among the names -----------------------------------------------------------


@st.composite
def paired_sketches(draw: st.DrawFn) -> Sketch:
    """Two points that differ in one chance of release; everybody may pass on."""
    units = draw(st.integers(2, 6))
    pairs = st.tuples(st.integers(0, units - 1), st.integers(0, units - 1))
    ends = draw(st.lists(pairs.filter(lambda pair: pair[0] != pair[1]), min_size=1, max_size=15))
    low, high = sorted(draw(st.tuples(st.integers(0, ONE), st.integers(0, ONE))))
    links = [Link(*pair) for pair in sorted(ends)]
    eager = {(situation, c, 0): 2 for situation in range(4) for c in range(len(links))}
    latency = {channel: exponential(2.0) for channel in range(len(links))}
    return Sketch(
        groups=range(units),
        links=links,
        rules=[Rule(push=low, push_delay=exponential(1.0)), Rule(high, exponential(1.0))],
        points=[Point(latency=latency), Point(latency=latency, term=eager)],
        watchers=[Watcher(unit) for unit in range(units)],
        gap=exponential(1 << 25),
        horizon=25,
    )


def first_hops(story: Story, sketch: Sketch) -> set[tuple[int, ...]]:
    """Sends by the makers of reports, each with its due tick."""
    maker = {row[2]: row[5] for row in story.log.made}
    return {row for row in story.log.sends if sketch.links[row[3]].src == maker[row[2]]}


PAIR_SCRIPT = [Action(BEFORE, "set_activity", (0, 0, 0, LEVEL_ONE))]


def pair_of(sketch: Sketch, replication: int) -> tuple[Story, Story]:
    lanes = [LaneId(point, 3, replication) for point in (0, 1)]
    strict, eager = kernel_stories(build(sketch), lanes, [PAIR_SCRIPT] * 2)
    return strict, eager


@given(sketch=paired_sketches(), replication=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_a_stricter_policy_sends_part_of_what_an_eager_one_sends(
    sketch: Sketch, replication: int
) -> None:
    strict, eager = pair_of(sketch, replication)
    assert strict.log.made == eager.log.made
    assert first_hops(strict, sketch) <= first_hops(eager, sketch)


@given(sketch=paired_sketches(), replication=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_passing_on_is_paired_as_well(sketch: Sketch, replication: int) -> None:
    """Whoever is told under the strict policy is told no later under the eager one."""
    strict, eager = pair_of(sketch, replication)
    told_at = {(row[2], sketch.links[row[3]].dst): row[0] for row in eager.log.deliveries}
    for tick, _, key, channel in strict.log.deliveries:
        assert told_at[key, sketch.links[channel].dst] <= tick


COUPLED = Sketch(
    groups=range(4),
    links=[Link(src, dst) for src in range(4) for dst in range(4) if src != dst],
    rules=[Rule(push=ONE // 4), Rule(push=ONE // 2)],
    points=[Point(), Point(term={(s, c, 0): 2 for s in range(4) for c in range(12)})],
    watchers=[Watcher(unit) for unit in range(4)],
    horizon=30,
)


def test_half_as_strict_sends_twice_as_much() -> None:
    strict, eager = (len(first_hops(story, COUPLED)) for story in pair_of(COUPLED, 1))
    assert 0 < strict < eager
    assert strict / eager == pytest.approx(0.5, abs=0.15)


def _by_policy(original: Any) -> Any:
    def decide(self: Any, tick: int, senders: Any, sending: Any, grant: Any) -> Any:
        point = self.lanes.point[senders.lane].astype(np.uint64)
        moved = grant._replace(stream=grant.stream + point)
        return original(self, tick, senders, sending, moved)

    return decide


def test_a_draw_that_knows_the_policy_breaks_the_pairing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Release, "decide", _by_policy(Release.decide))
    strict, eager = pair_of(COUPLED, 1)
    assert strict.log.made == eager.log.made
    assert not first_hops(strict, COUPLED) <= first_hops(eager, COUPLED)


# Addresses -----------------------------------------------------------------------------------


def test_lanes_of_one_world_share_its_key() -> None:
    ids = [LaneId(0, 5, 1), LaneId(1, 5, 2), LaneId(1, 5, 1), LaneId(0, 2**64 - 1, 0)]
    lanes = Lanes.of(ids)
    assert lanes.ids == tuple(ids)
    assert lanes.size == 4
    assert lanes.point.tolist() == [0, 1, 1, 0]
    assert lanes.world.tolist() == [0, 1, 0, 2]
    for number, lane in enumerate(ids):
        key = world_key(lane.seed, lane.replication)
        assert tuple(lanes.key[:, number].tolist()) == key
        assert tuple(lanes.world_keys[:, lanes.world[number]].tolist()) == key


def test_lanes_draw_what_agents_draw() -> None:
    ids = [LaneId(0, 5, 1), LaneId(1, 5, 2), LaneId(1, 5, 1)]
    which, entity = np.array([2, 0, 1, 1]), np.array([10, 11, 12, 13])
    found = Lanes.of(ids).draw(which, name_key("release"), entity, 3)
    for column, (number, about) in enumerate(zip(which, entity.tolist(), strict=True)):
        draws = Draws(ids[number].seed, ids[number].replication)
        assert tuple(found[:, column].tolist()) == draws.words("release", about, 3)
