"""Clocks of casework: what falls in ``[t, t + 1)`` fires in tick t, and nothing runs idle."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
import simpy
from hypothesis import given, strategies as st

from sim.seam.clock import Clock, Clocks, Either

Fired = list[tuple[int, float]]


def start(clocks: Clocks, lane: int, tick: int, delays: list[float], fired: Fired) -> None:
    """Start, at `tick`, a process for each delay."""
    environment = clocks.at(lane, tick)

    def wait(delay: float) -> Generator[simpy.Event, None, None]:
        yield environment.timeout(delay)
        fired.append((lane, environment.now))

    for delay in delays:
        environment.process(wait(delay))
    clocks.planned(lane)


def test_events_before_the_next_tick_fire_and_events_at_it_do_not() -> None:
    clocks, fired = Clocks(1), Fired()
    start(clocks, 0, 0, [0.0, 0.25, 0.999, 1.0, 1.5, 2.0], fired)
    assert fired == []
    clocks.run_before(1)
    assert fired == [(0, 0.0), (0, 0.25), (0, 0.999)]
    clocks.run_before(2)
    assert fired[3:] == [(0, 1.0), (0, 1.5)]
    clocks.run_before(3)
    assert fired[5:] == [(0, 2.0)]


def test_a_process_started_at_a_tick_sees_that_time() -> None:
    clocks, fired = Clocks(1), Fired()
    start(clocks, 0, 7, [0.5], fired)
    assert clocks.at(0, 7).now == 7
    clocks.run_before(8)
    assert fired == [(0, 7.5)]


def test_processes_started_in_one_tick_share_their_time() -> None:
    clocks, fired = Clocks(1), Fired()
    start(clocks, 0, 3, [0.5], fired)
    start(clocks, 0, 3, [0.25], fired)
    clocks.run_before(4)
    assert fired == [(0, 3.25), (0, 3.5)]


def test_only_lanes_with_something_due_run() -> None:
    clocks, fired = Clocks(3), Fired()
    start(clocks, 1, 0, [4.5], fired)
    idle = clocks.at(0, 0)
    # A process starts with an event at once, so the first tick has something to do.
    assert clocks.run_before(1) == [1]
    assert [clocks.run_before(tick) for tick in (2, 3, 4)] == [[], [], []]
    assert clocks.run_before(5) == [1]
    assert fired == [(1, 4.5)]
    assert clocks.run_before(100) == []
    assert idle.now == 0


def test_what_is_due_at_a_tick_can_be_fired_before_the_rest_of_it() -> None:
    clocks, fired = Clocks(2), Fired()
    start(clocks, 0, 0, [3.0, 3.25], fired)
    start(clocks, 1, 0, [3.5], fired)
    clocks.run_before(3)
    assert clocks.run_through(3) == [0]
    assert fired == [(0, 3.0)]
    assert [clocks.at(lane, 3).now for lane in range(2)] == [3, 3]
    assert clocks.run_before(4) == [0, 1]
    assert sorted(fired) == [(0, 3.0), (0, 3.25), (1, 3.5)]


def test_a_clock_catches_up_when_it_is_needed() -> None:
    clocks, fired = Clocks(1), Fired()
    for tick in range(1, 41):
        clocks.run_before(tick)
    start(clocks, 0, 40, [2.0], fired)
    assert clocks.run_before(42) == [0]
    assert fired == []
    assert clocks.run_before(43) == [0]
    assert fired == [(0, 42.0)]


def test_lanes_run_in_order_and_apart() -> None:
    clocks, fired = Clocks(3), Fired()
    for lane in (2, 0, 1):
        start(clocks, lane, 0, [0.5], fired)
    clocks.run_before(1)
    assert fired == [(0, 0.5), (1, 0.5), (2, 0.5)]


def test_an_error_in_a_process_is_not_swallowed() -> None:
    clocks = Clocks(1)
    environment = clocks.at(0, 0)

    def fail() -> Generator[simpy.Event, None, None]:
        yield environment.timeout(0.5)
        message = "no such desk"
        raise LookupError(message)

    environment.process(fail())
    clocks.planned(0)
    with pytest.raises(LookupError, match="no such desk"):
        clocks.run_before(1)


plans = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 8),
        st.lists(st.sampled_from((0.0, 0.5, 1.0, 1.25, 3.0, 7.5)), min_size=1, max_size=3),
    ),
    max_size=8,
)


@given(plan=plans)
def test_everything_fires_once_at_its_time_in_its_tick(
    plan: list[tuple[int, int, list[float]]],
) -> None:
    clocks, fired = Clocks(3), Fired()
    for tick in range(20):
        before = len(fired)
        for lane, when, delays in plan:
            if when == tick:
                start(clocks, lane, tick, delays, fired)
        # Reaching a tick fires nothing that was not fired before it.
        assert len(fired) == before
        clocks.run_before(tick + 1)
        assert all(tick <= time < tick + 1 for _, time in fired[before:])
    wanted = [(lane, when + delay) for lane, when, delays in plan for delay in delays]
    assert sorted(fired) == sorted(wanted)


# Clocks do what SimPy does -------------------------------------------------------------------


Story = list[tuple[str, int, float]]


def case(
    environment: simpy.Environment, people: simpy.PriorityResource, number: int, told: Story
) -> Generator[simpy.Event, Any, None]:
    """Wait for somebody, work unless broken off, and wait for the first of three things."""
    with people.request(priority=number % 2) as turn:
        try:
            yield turn
            told.append(("begins", number, environment.now))
            yield environment.timeout(1 + number % 3 / 2)
        except simpy.Interrupt:
            told.append(("is broken off", number, environment.now))
            return
    waits = [environment.timeout(number * step % 4 / 4) for step in (1, 2, 3)]
    yield either(environment, either(environment, waits[0], waits[1]), waits[2])
    told.append(("ends", number, environment.now))


def either(environment: simpy.Environment, one: simpy.Event, other: simpy.Event) -> simpy.Event:
    """Return what happens as soon as one of two events does, by SimPy or by its stand-in."""
    return Either(one, other) if isinstance(environment, Clock) else one | other


def live(environment: simpy.Environment, gaps: list[int]) -> Story:
    """Run cases that begin after some gaps; the fourth breaks into the third."""
    told, running = Story(), list[simpy.Process]()
    people = simpy.PriorityResource(environment, capacity=2)

    def begin() -> Generator[simpy.Event, Any, None]:
        for number, gap in enumerate(gaps):
            yield environment.timeout(gap / 4)
            running.append(environment.process(case(environment, people, number, told)))
            if number == 3 and running[2].is_alive and ("begins", 2) in [one[:2] for one in told]:
                running[2].interrupt()

    environment.process(begin())
    run(environment)
    return told


def run(environment: simpy.Environment) -> None:
    """Run for 80 ticks."""
    for tick in range(1, 80):
        if isinstance(environment, Clock):
            environment.run_before(tick)
        else:
            while environment.peek() < tick:
                environment.step()


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_a_clock_tells_the_story_that_simpy_tells(gaps: list[int]) -> None:
    told = live(Clock(), gaps)
    assert len(told) == 2 * len(gaps)
    assert told == live(simpy.Environment(), gaps)


def errand(
    environment: simpy.Environment, number: int
) -> Generator[simpy.Event, Any, tuple[str, int]]:
    """Work for less than a tick; every third errand fails."""
    yield environment.timeout(number % 4 / 4)
    if number % 3 == 0:
        raise LookupError(number)
    return ("done", number)


def sender(
    environment: simpy.Environment, number: int, told: Story
) -> Generator[simpy.Event, Any, None]:
    """Wait for an errand, for one or a time, and for one that was over before anybody asked."""
    unattended = environment.process(errand(environment, 1))
    alone = environment.process(errand(environment, number))
    try:
        word, _ = yield alone
        told.append((f"hears {word}", number, environment.now))
    except LookupError:
        told.append(("is let down", number, environment.now))
    try:
        beside = environment.process(errand(environment, number // 2))
        waits = environment.timeout(2), environment.timeout(3)
        yield either(environment, either(environment, waits[0], beside), waits[1])
        told.append(("goes on", number, environment.now))
    except LookupError:
        told.append(("is let down again", number, environment.now))
    yield environment.timeout(1)
    word, which = yield unattended
    told.append((f"finds {which} {word}", number, environment.now))


def waiter(
    environment: simpy.Environment, answer: simpy.Event, number: int, told: Story
) -> Generator[simpy.Event, Any, None]:
    """Wait for an answer or a time, and if called away for the answer or another time."""
    for patience in (2, 1):
        waits = environment.timeout(patience), environment.timeout(3)
        try:
            yield either(environment, either(environment, answer, waits[0]), waits[1])
        except simpy.Interrupt:
            told.append(("is called away", number, environment.now))
        except LookupError:
            told.append(("gets no answer", number, environment.now))
            return
    told.append(("has waited", number, environment.now))


def live_with_failures(environment: simpy.Environment, gaps: list[int], *, fails: bool) -> Story:
    """Run errands and people who wait, and are called away unless their answer fails at the end."""
    told, answer = Story(), environment.event()

    def begin() -> Generator[simpy.Event, Any, None]:
        for number, gap in enumerate(gaps):
            environment.process(sender(environment, number + gap, told))
            waiting = environment.process(waiter(environment, answer, number, told))
            yield environment.timeout(gap / 2)
            if gap and not fails and waiting.is_alive:
                waiting.interrupt()
        waiting = environment.process(waiter(environment, answer, len(gaps), told))
        if fails:
            answer.fail(LookupError("no answer"))
        else:
            answer.succeed()

    environment.process(begin())
    run(environment)
    return told


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.booleans())
def test_a_clock_tells_of_failures_and_interruptions_as_simpy_does(
    gaps: list[int], fails: bool
) -> None:
    told = live_with_failures(Clock(), gaps, fails=fails)
    assert told == live_with_failures(simpy.Environment(), gaps, fails=fails)
    words = [word for word, _, _ in told]
    assert words.count("finds 1 done") == len(gaps)
    assert words.count("hears done") + words.count("is let down") == len(gaps)


def test_the_stories_have_failures_and_interruptions() -> None:
    gaps = [1, 3, 2, 0, 4, 1]
    told = [*live_with_failures(Clock(), gaps, fails=True)]
    told += live_with_failures(Clock(), gaps, fails=False)
    words = {word for word, _, _ in told}
    assert words >= {"is let down", "is let down again", "goes on", "is called away"}
    assert words >= {"gets no answer", "has waited"}


# The first of two events ---------------------------------------------------------------------


def test_a_long_lived_event_keeps_nothing_of_what_is_over() -> None:
    clock = Clock()
    ended, called, over = clock.event(), clock.event(), clock.timeout(0)

    def wait() -> Generator[simpy.Event, Any, None]:
        for _ in range(5):
            yield Either(Either(ended, called), clock.timeout(1))
        yield Either(over, ended)
        yield Either(ended, over)
        yield Either(over, Either(ended, called))

    clock.process(wait())
    clock.run_before(4)
    assert [len(event.callbacks) for event in (ended, called)] == [1, 1]
    clock.run_before(10)
    assert [event.callbacks for event in (ended, called)] == [[], []]


def test_what_somebody_else_waits_for_is_not_given_up() -> None:
    clock, heard = Clock(), list[float]()
    long = clock.event()
    both = Either(long, clock.timeout(5))

    def wait(event: simpy.Event) -> Generator[simpy.Event, Any, None]:
        yield event
        heard.append(clock.now)

    clock.process(wait(Either(both, clock.timeout(1))))
    clock.process(wait(both))
    clock.run_before(10)
    assert heard == [1, 5]
    assert long.callbacks == []


def test_a_failure_after_the_first_of_two_events_is_not_swallowed() -> None:
    clock = Clock()
    late = clock.event()
    Either(clock.timeout(1), late)
    clock.run_before(2)
    late.fail(LookupError("too late"))
    with pytest.raises(LookupError, match="too late"):
        clock.run_before(3)


def test_one_event_twice_happens_once() -> None:
    clock, heard = Clock(), list[float]()
    moment = clock.timeout(1)

    def wait() -> Generator[simpy.Event, Any, None]:
        yield Either(moment, moment)
        heard.append(clock.now)

    clock.process(wait())
    clock.run_before(10)
    assert heard == [1]
