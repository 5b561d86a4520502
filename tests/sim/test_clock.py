"""Clocks of casework: what falls in ``[t, t + 1)`` fires in tick t, and nothing runs idle."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
import simpy
from hypothesis import given, strategies as st

from sim.clock import Clock, Clocks, Either

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
    for tick in range(1, 80):
        if isinstance(environment, Clock):
            environment.run_before(tick)
        else:
            while environment.peek() < tick:
                environment.step()
    return told


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_a_clock_tells_the_story_that_simpy_tells(gaps: list[int]) -> None:
    told = live(Clock(), gaps)
    assert len(told) == 2 * len(gaps)
    assert told == live(simpy.Environment(), gaps)
