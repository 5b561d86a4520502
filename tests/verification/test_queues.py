"""Desks against the exact law of their queue, casework against M/M/c."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import simpy
from scipy import stats

from sim.draws.streams import Draws
from sim.draws.tables import poisson
from sim.kernel.engine import Kernel
from sim.kernel.triage import Triage
from sim.seam.clock import Clocks
from sim.seam.port import Engine, LaneId, Log, advance
from sim.seam.world import READING_ONE, World
from tests.verification import laws
from tests.verification.laws import Sample, sample
from tests.verification.spreading import lanes
from tests.worlds import Action, Link, Point, ScriptedHost, Sketch, build

pytestmark = pytest.mark.verify

# Desks ---------------------------------------------------------------------------------------

TICKS = 600
LANES = 600


def arrivals(mean: float) -> Any:
    """Chances of 0, 1, 2, ... arrivals a tick."""
    return stats.poisson.pmf(np.arange(60), mean)


def places(capacity: int, ticks: int) -> list[int]:
    """Return places a tick of a desk whose fractions of a place add up."""
    return [
        (capacity * (tick + 1)) // READING_ONE - (capacity * tick) // READING_ONE
        for tick in range(ticks)
    ]


def desk_world(mean: float, capacity: int, horizon: int = TICKS) -> World:
    """Return desk 1, with Poisson routine work, and desk 0 that may write to it."""
    point = Point(background={(1, 0): poisson(mean)}, capacity={1: [capacity]})
    return build(Sketch(links=(Link(0, 1),), points=[point], horizon=horizon))


class Gauge(ScriptedHost):
    """Notes the backlog at the end of every tick."""

    def __init__(self, scripts: Any) -> None:
        super().__init__(scripts)
        self.backlog: list[Any] = []

    def end(self, _tick: int) -> None:
        assert self._engine is not None
        self.backlog.append(self._engine.backlog().copy())


def backlogs(mean: float, capacity: int) -> Any:
    """Backlogs of a desk, shape (TICKS, LANES)."""
    host = Gauge([[]] * LANES)
    advance(Kernel(desk_world(mean, capacity), lanes(LANES)), host, TICKS)
    return np.array(host.backlog)


def law_of_lengths(mean: float, capacity: int) -> Any:
    """Distributions of the backlog, shape (TICKS, lengths)."""
    return np.array(list(laws.queue_lengths(arrivals(mean), [0] * TICKS, places(capacity, TICKS))))


DESKS = pytest.mark.parametrize(
    ("mean", "capacity"), [(0.8, 256), (2.4, 3 * 256), (1.2, 384), (0.2, 64), (1.1, 256)]
)
"""Whole places, fractions of a place, and a desk that cannot keep up."""


def agreement(found: Any, law: Any) -> list[bool]:
    """Whether a queue's mean length, idle share and length at the end agree with a law."""
    lengths = np.arange(law.shape[1])
    return [
        sample(found.mean(axis=0)).agrees(float((law @ lengths).mean())),
        sample((found == 0).mean(axis=0)).agrees(float(law[:, 0].mean())),
        sample(found[-1]).agrees(float(law[-1] @ lengths)),
    ]


@DESKS
def test_the_backlog_of_a_desk(mean: float, capacity: int) -> None:
    law = law_of_lengths(mean, capacity)
    assert law.sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert all(agreement(backlogs(mean, capacity), law))


def test_the_length_of_a_queue_has_the_right_distribution() -> None:
    """Not the mean alone: the last tick of every lane is an independent draw."""
    found, law = backlogs(0.8, 256)[-1], law_of_lengths(0.8, 256)[-1]
    counts = np.bincount(np.minimum(found, 6), minlength=7)
    expected = np.append(law[:6], law[6:].sum()) * LANES
    assert stats.chisquare(counts, expected * counts.sum() / expected.sum()).pvalue > 1e-3
    wrong = law_of_lengths(0.7, 256)[-1]
    expected = np.append(wrong[:6], wrong[6:].sum()) * LANES
    assert stats.chisquare(counts, expected * counts.sum() / expected.sum()).pvalue < 1e-3


@DESKS
def test_the_law_of_the_backlog_notices_a_place_too_many(
    monkeypatch: pytest.MonkeyPatch, mean: float, capacity: int
) -> None:
    original = Triage.serve

    def serve(self: Any, tick: int) -> Any:
        self._credit += 256 * (tick % 20 == 0)
        return original(self, tick)

    monkeypatch.setattr(Triage, "serve", serve)
    assert not all(agreement(backlogs(mean, capacity), law_of_lengths(mean, capacity)))


def test_the_law_of_the_backlog_notices_other_work() -> None:
    assert not all(agreement(backlogs(0.8, 256), law_of_lengths(0.76, 256)))


EVERY = 15
"""Ticks between two reports to a busy desk."""


def waits(mean: float) -> Any:
    """Ticks that reports wait at a desk that reads one thing a tick, shape (reports, LANES)."""
    script = [Action(tick - 1, "emit", (0, 0, 0)) for tick in range(EVERY, TICKS - 100, EVERY)]
    log = Log()
    engine = Kernel(desk_world(mean, READING_ONE), lanes(LANES), log)
    advance(engine, ScriptedHost([script] * LANES), TICKS)
    came = {(row[1], row[2]): row[0] for row in log.deliveries}
    assert len(log.reads) == len(came) == LANES * len(script)
    found: dict[int, list[int]] = {}
    for tick, lane, key, _ in log.reads:
        found.setdefault(came[lane, key], [0] * LANES)[lane] = tick - came[lane, key]
    return np.array([found[tick] for tick in sorted(found)])


def law_of_waits(mean: float) -> float:
    """Mean wait: what was left the tick before, and the routine work of the same tick."""
    extra = [int(tick % EVERY == 0 and EVERY <= tick < TICKS - 100) for tick in range(TICKS)]
    law = list(laws.queue_lengths(arrivals(mean), extra, [1] * TICKS))
    left = [float(length @ np.arange(length.size)) for length in law]
    return float(np.mean([left[tick - 1] + mean for tick in range(TICKS) if extra[tick]]))


def test_reports_wait_their_turn_among_routine_work() -> None:
    found = sample(waits(0.8).mean(axis=0))
    assert found.agrees(law_of_waits(0.8))
    assert not found.agrees(law_of_waits(0.8) - 0.8)
    assert not found.agrees(law_of_waits(0.76))


# Casework ------------------------------------------------------------------------------------


class Office:
    """Cases that come at random and need one of some people for a random time.

    Cases of a tick are started in its casework step, each at its own instant within the tick.
    """

    def __init__(self, ids: list[LaneId], people: int, load: float, step: float = 1.0) -> None:
        self.clocks, self.step = Clocks(len(ids)), step
        self.waited: list[list[float]] = [[] for _ in ids]
        self._draws = [Draws(lane.seed, lane.replication) for lane in ids]
        self._people = [
            simpy.PriorityResource(self.clocks.at(lane, 0), capacity=people)
            for lane in range(len(ids))
        ]
        self._load = load
        self._number = [0] * len(ids)
        self._next = [self._gap(lane) for lane in range(len(ids))]

    def start(self, engine: Engine) -> None:
        """Nothing is there at the start."""

    def react(self, tick: int, happenings: object) -> None:
        """Hear nothing."""

    def work(self, tick: int) -> None:
        """Start the cases of this tick and run everything due in it."""
        for lane, when in enumerate(self._next):
            if when >= tick + 1:
                continue
            environment = self.clocks.at(lane, tick)
            while self._next[lane] < tick + 1:
                takes = self._draw("case takes", lane)
                environment.process(self._case(lane, environment, self._next[lane] - tick, takes))
                self._next[lane] += self._gap(lane)
            self.clocks.planned(lane)
        self.clocks.run_before(tick + 1)

    def move(self, tick: int) -> None:
        """Do nothing: no threats."""

    def end(self, tick: int) -> None:
        """Do nothing."""

    def _gap(self, lane: int) -> float:
        self._number[lane] += 1
        return self._draw("case comes", lane) / self._load

    def _draw(self, stream: str, lane: int) -> float:
        """Exponential time of mean one service, in ticks, for the case that comes next."""
        return -math.log(self._draws[lane].uniform(stream, self._number[lane])) / self.step

    def _case(
        self, lane: int, environment: simpy.Environment, delay: float, takes: float
    ) -> Generator[simpy.Event, None, None]:
        yield environment.timeout(delay)
        came = environment.now
        with self._people[lane].request(priority=0) as turn:
            yield turn
            self.waited[lane].append((environment.now - came) * self.step)
            yield environment.timeout(takes)


WARM_UP = 100
"""Services before waits count; the slowest queue forgets its start within about ninety."""


def office(
    people: int, load: float, *, count: int = 20, length: int = 800, step: float = 1.0
) -> tuple[Sample, Sample]:
    """Share of cases that wait, and mean wait, a value each lane; load in services."""
    host = Office(lanes(count), people, load, step)
    horizon = int(length / step)
    advance(Kernel(build(Sketch(horizon=horizon)), lanes(count)), host, horizon)
    kept = [np.array(waited[int(WARM_UP * load) :]) for waited in host.waited]
    return sample([np.mean(one > 0) for one in kept]), sample([one.mean() for one in kept])


MMC = pytest.mark.parametrize(
    ("people", "load", "chance", "wait"),
    [(1, 0.8, 0.8, 4.0), (3, 2.4, 0.64719, 1.07865), (5, 4.0, 0.55411, 0.55411)],
)


@MMC
def test_the_law_of_casework_gives_the_published_numbers(
    people: int, load: float, chance: float, wait: float
) -> None:
    assert laws.erlang_c(people, load) == pytest.approx(chance, rel=1e-5)
    assert laws.mean_wait(people, load) == pytest.approx(wait, rel=1e-5)


@MMC
def test_waits_for_people(people: int, load: float, chance: float, wait: float) -> None:
    """M/M/c: Erlang's chance of having to wait, and the mean wait."""
    share, mean = office(people, load)
    assert share.agrees(chance)
    assert mean.agrees(wait)
    assert not share.agrees(laws.erlang_c(people + 1, load))
    assert not mean.agrees(laws.mean_wait(people + 1, load))


@pytest.mark.parametrize("step", [0.25, 7.0])
def test_waits_do_not_depend_on_the_length_of_a_tick(step: float) -> None:
    share, mean = office(3, 2.4, count=12, step=step)
    assert share.agrees(laws.erlang_c(3, 2.4))
    assert mean.agrees(laws.mean_wait(3, 2.4))


def test_waits_are_the_same_to_rounding_whatever_the_tick() -> None:
    """The agenda of a lane is its own: ticks only cut it into pieces."""
    waited = []
    for step in (1.0, 0.5):
        host = Office(lanes(4), 3, 2.4, step)
        horizon = int(200 / step)
        advance(Kernel(build(Sketch(horizon=horizon)), lanes(4)), host, horizon)
        waited.append(host.waited)
    for one, other in zip(*waited, strict=True):
        shorter = min(len(one), len(other))
        assert shorter > 300
        assert one[:shorter] == pytest.approx(other[:shorter], abs=1e-9)


def test_the_law_of_casework_notices_clocks_that_round_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a service ended at whole ticks only, waits would be longer."""
    original = simpy.Environment.timeout

    def timeout(self: Any, delay: float, value: Any = None) -> Any:
        return original(self, math.ceil(self.now + delay) - self.now, value)

    monkeypatch.setattr(simpy.Environment, "timeout", timeout)
    _, mean = office(3, 2.4, count=10, length=400)
    assert not mean.agrees(laws.mean_wait(3, 2.4))
