"""Points in time: what holds changes at a tick, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from sim.draws.streams import ONE
from sim.kernel.delivery import Delivery
from sim.kernel.drafts import Drafting
from sim.kernel.observation import Observation
from sim.kernel.timetable import Timetable
from sim.kernel.triage import Background
from sim.seam.port import LaneId
from sim.seam.world import LEVEL_ONE, NEVER, RATE_ONE, READING_ONE, UNLIMITED, Onward, Points
from tests.sim.test_exactness import reference_story, same
from tests.stories import Story, kernel_stories
from tests.worlds import (
    BEFORE,
    Action,
    Code,
    Kind,
    Link,
    Point,
    Rule,
    Script,
    Sight,
    Sketch,
    Watcher,
    build,
    scripts,
    sketches,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

Change = tuple[int, Point]


def only_first(sketch: Sketch) -> Sketch:
    """Let nothing ever change."""
    return replace(sketch, points=[replace(point, later=()) for point in sketch.points])


def timed(sketch: Sketch, later: Sequence[Change]) -> Sketch:
    """Let something change at the first point, alone."""
    return replace(sketch, points=[replace(sketch.points[0], later=later)])


def play(sketch: Sketch, script: Script, lane: LaneId) -> Story:
    """Play a lane in the kernel, and hold it to the reference."""
    world = build(sketch)
    [story] = kernel_stories(world, [lane], [script])
    same(story, reference_story(world, lane, script))
    return story


def until(story: Story, tick: int) -> dict[str, Any]:
    """What happened before a tick."""
    events = {
        name: sorted(row for row in rows if row[0] < tick) for name, rows in vars(story.log).items()
    }
    return {**events, "heard": [one for one in story.heard if one[0] < tick]}


@st.composite
def casts(draw: st.DrawFn) -> tuple[Sketch, Script, LaneId]:
    """A sketch, and what happens in one of its lanes."""
    sketch = draw(sketches())
    lane = LaneId(draw(st.integers(0, len(sketch.points) - 1)), 3, draw(st.integers(0, 2)))
    return sketch, draw(scripts(build(sketch))), lane


Cast = tuple[Sketch, Script, LaneId]


# Laws ----------------------------------------------------------------------------------------


@given(cast=casts(), ticks=st.sets(st.integers(1, 45), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_a_timetable_of_equal_phases_is_a_constant_point(cast: Cast, ticks: set[int]) -> None:
    sketch, script, lane = cast
    constant = only_first(sketch)
    parted = [
        replace(point, later=[(tick, replace(point)) for tick in sorted(ticks)])
        for point in constant.points
    ]
    stories = [play(one, script, lane) for one in (constant, replace(constant, points=parted))]
    same(*stories)


@given(cast=casts(), late=st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_a_change_at_the_horizon_changes_nothing(cast: Cast, late: int) -> None:
    sketch, script, lane = cast
    at = sketch.horizon + late

    def changed(point: Point, *changes: Change) -> Point:
        return replace(point, later=[*(c for c in point.later if c[0] < at), *changes])

    before = [changed(point) for point in sketch.points]
    blind = dict.fromkeys(range(20), 0)
    after = [
        changed(p, (at, replace(p, term={}, latency={}, background={}, rate=blind, later=())))
        for p in sketch.points
    ]
    pairs = [replace(sketch, points=points) for points in (before, after)]
    same(*(play(one, script, lane) for one in pairs))


@pytest.mark.long
@given(cast=casts())
@settings(max_examples=40, deadline=None)
def test_nothing_is_known_of_a_change_before_it(cast: Cast) -> None:
    sketch, script, lane = cast
    first = min((tick for tick, _ in sketch.points[lane.point].later), default=sketch.horizon)
    stories = (play(one, script, lane) for one in (sketch, only_first(sketch)))
    changing, constant = (until(story, first) for story in stories)
    assert changing == constant


# Single rules, as examples ---------------------------------------------------------------------

SEE = Action(BEFORE, "set_activity", (0, 0, 0, LEVEL_ONE))
LANE = LaneId(0, 3, 0)
PAIR = Sketch(links=[Link(0, 1, 1), Link(1, 0, 0)], rules=[Rule(push=ONE), Rule()], horizon=30)


def write(tick: int, unit: int = 0) -> Action:
    return Action(tick, "emit", (unit, 0, 0))


def test_what_is_under_way_keeps_its_term() -> None:
    slow = Point(latency={0: 4, 1: 4})
    shut = {(situation, channel, 0): 2 for situation in range(4) for channel in range(2)}
    sketch = timed(replace(PAIR, points=[slow]), [(2, Point(term=shut))])
    story = play(sketch, [write(1), write(2)], LANE)
    assert [row[0] for row in story.log.deliveries] == [5]


def test_the_law_that_holds_is_that_of_the_moment_of_sending() -> None:
    slow = replace(PAIR, points=[Point(latency={0: 4, 1: 4})])
    story = play(timed(slow, [(2, Point(forbids=[(0, 0), (1, 0)]))]), [write(1), write(2)], LANE)
    assert story.counters["refused"] == 1
    assert [row[0] for row in story.log.deliveries] == [5]


def test_what_waits_stays_in_its_queue() -> None:
    """A desk that reads nothing until tick 5 reads one report a tick from then on."""
    sketch = timed(
        replace(PAIR, points=[Point(capacity={1: [0]})]), [(5, Point(capacity={1: [READING_ONE]}))]
    )
    story = play(sketch, [write(0), write(1)], LANE)
    assert [row[0] for row in story.log.reads] == [5, 6]


def test_a_rate_that_changes_keeps_the_exposure_so_far() -> None:
    half = Sketch(sights=[Sight(rate=RATE_ONE // 2)], watchers=[Watcher()], links=[], horizon=12)
    # Of two parts of the gap one is used up at tick 1; the other takes four ticks from there.
    slower = timed(half, [(1, Point(rate={0: RATE_ONE // 8}))])
    assert [row[0] for row in play(slower, [SEE], LANE).log.made] == [5]
    lull = timed(half, [(1, Point(rate={0: 0})), (7, Point())])
    assert [row[0] for row in play(lull, [SEE], LANE).log.made] == [8, 10]


def test_codes_change_their_meaning_under_those_who_hold_them() -> None:
    sketch = Sketch(
        groups=(0, 1, 2),
        links=[Link(0, 1), Link(1, 2)],
        points=[Point(codes=[Code(Onward.FORBIDDEN)], capacity={1: [0]})],
        horizon=12,
    )
    freed = timed(sketch, [(3, Point(codes=[Code(Onward.FREE)]))])
    assert [row[3] for row in play(freed, [write(0)], LANE).log.deliveries] == [0, 1]


def closing(ticks: Sequence[Change]) -> Sketch:
    return timed(replace(PAIR, points=[Point(latency={0: 3, 1: 3})]), ticks)


def test_a_closed_unit_does_not_get_what_arrives_and_gets_what_comes_again() -> None:
    """Two copies of one report: the first finds the door shut."""
    twice = replace(
        PAIR,
        links=[Link(0, 1), Link(0, 1)],
        points=[Point(latency={0: 3, 1: 6})],
    )
    shut = timed(twice, [(2, Point(shut=[1])), (5, Point())])
    story = play(shut, [write(0)], LANE)
    assert story.counters["closed_to"] == 1
    assert [row[0] for row in story.log.deliveries] == [6]
    together = replace(twice, points=[Point(latency={0: 3, 1: 3})])
    story = play(timed(together, [(2, Point(shut=[1])), (5, Point())]), [write(0)], LANE)
    assert (story.counters["closed_to"], story.counters["duplicates"]) == (1, 1)


def test_nobody_tells_a_closed_unit() -> None:
    story = play(closing([(1, Point(shut=[1]))]), [write(0), write(1), write(2)], LANE)
    assert story.counters["attempts"] == 1


def test_a_closed_unit_neither_writes_nor_asks() -> None:
    questions = replace(
        closing([(1, Point(shut=[0])), (5, Point())]),
        kinds=[Kind(), Kind(role=1)],  # type: ignore[arg-type]
    )
    asks = [Action(tick, "ask", (0, 0)) for tick in (0, 2, 6)]
    story = play(questions, [write(0), write(2), write(6), *asks], LANE)
    assert sorted(row[0] for row in story.log.made) == [0, 0, 6, 6]
    alone = play(only_first(questions), [write(0), write(6), asks[0], asks[2]], LANE)
    assert {row[2] for row in story.log.made} == {row[2] for row in alone.log.made}


def test_questions_of_a_unit_that_has_closed_are_not_answered() -> None:
    answering = replace(
        PAIR,
        kinds=[Kind(), Kind(role=1)],  # type: ignore[arg-type]
        rules=[Rule(push=ONE, pull_mode=1, pull=ONE)],  # type: ignore[arg-type]
        points=[Point(term={(s, 0, 0): 0 for s in range(4)}, latency={0: 3, 1: 1})],
    )
    script = [write(0, unit=1), Action(1, "ask", (0, 0))]
    silent = {(s, x, 0): 0 for s in range(4) for x in range(2)}
    assert play(answering, script, LANE).counters["answers"] + len(silent) >= 8
    away = timed(answering, [(3, Point(shut=[0]))])
    assert play(away, script, LANE).counters["answers"] == 0


# What a world is held to -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "phase", "rule"),
    [
        ([[0, 3]], [[0, 1]], None),
        ([[1, 3]], [[0, 1]], "begin at tick 0"),
        ([[0, 0]], [[0, 1]], "ascend"),
        ([[0, NEVER]], [[0, 0]], None),
        ([[0, NEVER, NEVER]], [[0, 0, 0]], None),
        ([[0, NEVER, 5]], [[0, 0, 0]], "ascend"),
        ([[0, 3]], [[0, 2]], "phases of points exist"),
        ([[0], [0]], [[0], [0]], "have timetables"),
    ],
)
def test_timetables_are_checked(starts: list[Any], phase: list[Any], rule: str | None) -> None:
    world = build(Sketch(points=[Point(later=[(4, Point())])]))
    points = Points(("one",), np.array(starts, np.int32), np.array(phase, np.int64))
    if rule is None:
        replace(world, points=points)
    else:
        with pytest.raises(ValueError, match=rule):
            replace(world, points=points)


def test_a_desk_without_limit_does_not_get_one() -> None:
    both = Point(capacity={0: [UNLIMITED]}, later=[(3, Point())])
    with pytest.raises(ValueError, match="in all of a timetable"):
        build(Sketch(points=[both]))
    build(Sketch(points=[replace(both, later=[(3, Point(shut=[0]))])]))
    build(Sketch(points=[Point(capacity={0: [UNLIMITED]}), Point()]))


@pytest.mark.parametrize(
    ("name", "value"),
    [("capacity", 1), ("background", 0), ("recognise_at", 5), ("ask_at", 5), ("rate", 1)],
)
def test_closed_units_do_nothing(name: str, value: int) -> None:
    world = build(Sketch(points=[Point(shut=[0])], watchers=[Watcher()]))
    spoilt = np.array(getattr(world.phases, name))
    spoilt[0, 0] = value
    with pytest.raises(ValueError, match="closed units do nothing"):
        replace(world, phases=replace(world.phases, **{name: spoilt}))


def test_the_phase_in_force_at_a_tick() -> None:
    points = build(Sketch(points=[Point(), Point(later=[(4, Point()), (9, Point())])])).points
    assert [points.phase_at(1, tick) for tick in (0, 3, 4, 8, 9, 99)] == [1, 1, 2, 2, 3, 3]
    assert points.phase_at(0, 99) == 0


# The oracle notices errors -----------------------------------------------------------------------


def _not_gone_over(original: Any) -> Any:
    def turn(self: Any, tick: int) -> Any:
        turn = original(self, tick)
        self._lanes.phase[turn.lane] = turn.before
        return turn._replace(after=turn.before)

    return turn


def _not_planned_anew(original: Any) -> Any:
    def turn(self: Any, tick: int, turn: Any) -> None:
        del self, tick, turn

    return turn


def _as_before(original: Any) -> Any:
    def renew(self: Any) -> None:
        if not hasattr(self, "_which"):
            original(self)

    return renew


def _not_counted(original: Any) -> Any:
    def there(self: Any, lane: Any, unit: Any) -> Any:
        return np.ones_like(original(self, lane, unit))

    return there


def _always_there(original: Any) -> Any:
    def emit(self: Any, *args: Any) -> Any:
        self._open = np.ones_like(self._open)
        return original(self, *args)

    return emit


PLANTED = [
    (Timetable, "turn", _not_gone_over),
    (Observation, "turn", _not_planned_anew),
    (Background, "renew", _as_before),
    (Delivery, "_there", _not_counted),
    (Drafting, "emit", _always_there),
]


@pytest.mark.parametrize(("where", "name", "error"), PLANTED)
def test_an_error_planted_in_phases_is_caught(
    monkeypatch: pytest.MonkeyPatch, where: type, name: str, error: Any
) -> None:
    sketch = timed(
        Sketch(
            links=[Link(0, 1), Link(1, 0)],
            points=[Point(background={(1, 0): 2}, latency={0: 3, 1: 3})],
            watchers=[Watcher()],
            horizon=20,
        ),
        [
            (5, Point(background={(1, 0): 3}, rate={0: RATE_ONE // 5}, latency={0: 3, 1: 3})),
            (9, Point(shut=[1])),
            (15, Point()),
        ],
    )
    world, script = (
        build(sketch),
        [SEE, *(write(tick, unit) for tick in range(18) for unit in (0, 1))],
    )
    monkeypatch.setattr(where, name, error(getattr(where, name)))
    [story] = kernel_stories(world, [LANE], [script])
    assert story.sorted() != reference_story(world, LANE, script).sorted()
