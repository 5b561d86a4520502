"""Compartments: nobody is lost, lanes do not meet, and the spread follows known laws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from agents.mechanisms.outbreak.compartments import Compartments
from agents.mechanisms.outbreak.course import Cells, Course, Share, chance_of
from agents.mechanisms.versions import Versions
from sim.kernel.lanes import Lanes
from sim.seam.port import LaneId

COURSE = Course(
    in_cell=0.4,
    in_state=0.05,
    anywhere=0.05,
    isolates=0.03,
    restores=0.01,
    patches=0.001,
    patches_alerted=0.02,
    escapes=0.1,
    every=2,
    slow=4,
)
OPERATORS = np.array([[3, 40, 0], [2, 9, 17], [5, 120, 8], [1, 1, 1]])
EVERYBODY = Share(1.0, 1.0)
HALF = Share(0.4, 0.9)


def world(
    lanes: list[LaneId],
    course: Course = COURSE,
    operators: NDArray[np.int64] = OPERATORS,
    share: Share = HALF,
) -> Compartments:
    count = len(lanes)
    vulnerable = Versions([(share,) * operators.shape[1]], count)
    courses = Versions([course], count)
    return Compartments(Lanes.of(lanes), Cells(operators, vulnerable), courses)


def addresses(count: int) -> list[LaneId]:
    return [LaneId(0, 5, number) for number in range(count)]


def everybody(cells: Compartments) -> Any:
    return (
        cells.vulnerable
        + cells.alerted
        + cells.infected
        + cells.isolated
        + cells.restored
        + cells.patched
    )


def live(cells: Compartments, lane: int, number: int, ticks: int) -> list[bytes]:
    """Run one lane of a batch as a scenario would; return all it went through, to the bit."""
    story = []
    for tick in range(ticks):
        if tick == 3:
            cells.seed(lane, number)
        if tick == 20:
            cells.warn(lane, 2, 0.7)
        if tick == 60:
            cells.kill(lane, tick)
        cells.step(tick)
        story.append(everything(cells, lane))
    return story


def everything(cells: Compartments, lane: int) -> bytes:
    parts = (
        cells.vulnerable,
        cells.alerted,
        cells.infected,
        cells.isolated,
        cells.restored,
        cells.patched,
        cells.down,
        cells.outage,
        cells.peak_down,
    )
    return b"".join(np.ascontiguousarray(part[lane]).tobytes() for part in parts)


@given(st.integers(0, 2**32 - 1), st.integers(0, 12))
@settings(max_examples=15, deadline=None)
def test_nobody_is_lost_and_none_is_negative(seed: int, seeds: int) -> None:
    cells = world([LaneId(0, seed, 1), LaneId(0, seed, 2)])
    for tick in range(160):
        if tick == 2:
            cells.seed(0, seeds)
            cells.seed(1, seeds + 1)
        if tick == 30:
            cells.warn(0, 1, 0.5)
        changed = set(zip(*(part.tolist() for part in cells.step(tick)), strict=True))
        assert (everybody(cells) == OPERATORS).all()
        parts = (cells.vulnerable, cells.alerted, cells.infected, cells.isolated, cells.patched)
        assert all((part >= 0).all() for part in parts)
        down = (cells.infected + cells.isolated).sum(axis=2)
        assert (cells.down == down).all()
        assert all(0 <= place < len(OPERATORS) for _, place in changed)


def test_places_that_change_are_told() -> None:
    cells = world(addresses(6))
    for lane in range(6):
        cells.seed(lane, 4)
    seen = 0
    for tick in range(200):
        before = cells.down.copy()
        lanes, places = cells.step(tick)
        told = np.zeros(before.shape, dtype=bool)
        told[lanes, places] = True
        assert told[cells.down != before].all()
        seen += int((cells.down != before).sum())
    assert seen > 100


def test_a_lane_does_not_depend_on_its_batch() -> None:
    ids = addresses(7)
    together = world(ids)
    stories: list[list[bytes]] = [[] for _ in ids]
    order = [3, 0, 6, 1, 5, 2, 4]
    for tick in range(120):
        for lane in order:
            if tick == 3:
                together.seed(lane, 2 + lane)
            if tick == 20:
                together.warn(lane, 2, 0.7)
            if tick == 60:
                together.kill(lane, tick)
        together.step(tick)
        for lane in range(len(ids)):
            stories[lane].append(everything(together, lane))
    for lane, address in enumerate(ids):
        assert stories[lane] == live(world([address]), 0, 2 + lane, 120)
    assert len({story[-1] for story in stories}) == len(ids)


def test_nothing_happens_and_nothing_is_drawn_where_nobody_is_infected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cells = world(addresses(3))
    before = everything(cells, 0)

    def draw(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(Lanes, "draw", draw)
    for tick in range(50):
        assert not cells.step(tick)[0].size
    assert everything(cells, 0) == before


def test_a_warning_moves_those_who_heed_it_and_they_patch_sooner() -> None:
    course = replace(COURSE, in_cell=0.0, in_state=0.0, anywhere=0.0, patches=0.0, isolates=0.0)
    cells = world(addresses(40), course)
    for lane in range(40):
        cells.seed(lane, 1)
        open_ = int(cells.vulnerable[lane, 2].sum())
        assert cells.warn(lane, 2, 0.5) == open_
    heeding, rest = cells.alerted[:, 2].sum(), cells.vulnerable[:, 2].sum()
    assert 0.4 < heeding / (heeding + rest) < 0.6
    for tick in range(400):
        cells.step(tick)
    assert cells.alerted.sum() < 0.01 * heeding
    assert cells.vulnerable[:, 2].sum() == rest


def test_a_kill_switch_stops_most_infections() -> None:
    def infected(killed: bool) -> int:
        cells = world(addresses(30))
        for lane in range(30):
            cells.seed(lane, 5)
            if killed:
                cells.kill(lane, 0)
        for tick in range(80):
            cells.step(tick)
        return int((cells.infected + cells.isolated + cells.restored).sum())

    assert infected(killed=True) < 0.5 * infected(killed=False)


# Known laws ----------------------------------------------------------------------------------


SIMPLE = Course(
    in_cell=0.15,
    in_state=0.0,
    anywhere=0.0,
    isolates=0.0,
    restores=0.0,
    patches=0.0,
    patches_alerted=0.0,
    escapes=1.0,
    every=1,
    slow=4,
)


def grown(size: int, seeds: int, lanes: int, ticks: int, course: Course = SIMPLE) -> Any:
    """Infected after each tick, shape (ticks, lanes), in one cell where all are vulnerable."""
    cells = world(addresses(lanes), course, np.array([[size]]), EVERYBODY)
    for lane in range(lanes):
        cells.seed(lane, seeds)
    rows = []
    for tick in range(ticks):
        cells.step(tick)
        rows.append(cells.infected[:, 0, 0].copy())
    return np.array(rows)


def chain_binomial(size: int, seeds: int, runs: int, ticks: int, rate: float) -> Any:
    """The same law by other means: NumPy's own binomial draws."""
    rng = np.random.default_rng(3)
    infected = np.full(runs, seeds)
    rows = []
    for _ in range(ticks):
        infected = infected + rng.binomial(size - infected, chance_of(rate * infected / size))
        rows.append(infected)
    return np.array(rows)


def gap_in_errors(found: Any, law: Any) -> float:
    """Largest distance of means, in standard errors."""
    error = np.sqrt(found.var(axis=1) / found.shape[1] + law.var(axis=1) / law.shape[1])
    distance = np.abs(found.mean(axis=1) - law.mean(axis=1))
    return float((distance / np.maximum(error, 1e-9))[error > 0].max())


def test_the_mean_follows_the_chain_binomial() -> None:
    law = chain_binomial(60, 1, 20_000, 80, 0.15)
    assert gap_in_errors(grown(60, 1, 3000, 80), law) < 4


def test_a_rate_five_parts_in_a_hundred_off_is_noticed() -> None:
    law = chain_binomial(60, 1, 20_000, 80, 0.15)
    wrong = grown(60, 1, 3000, 80, replace(SIMPLE, in_cell=0.1575))
    assert gap_in_errors(wrong, law) > 6


def off_the_curve(rate: float) -> float:
    """Largest distance from the curve of d i / d t = 0.01 * i * (1 - i), in short steps."""
    size, seeds, ticks = 20_000, 400, 700
    share = grown(size, seeds, 10, ticks, replace(SIMPLE, in_cell=rate)).mean(axis=1) / size
    first, time = seeds / size, np.arange(1, ticks + 1)
    curve = first / (first + (1 - first) * np.exp(-0.01 * time))
    return float(np.abs(share - curve).max())


def test_a_large_cell_follows_the_logistic_curve() -> None:
    assert off_the_curve(0.01) < 0.02
    assert off_the_curve(0.011) > 0.05


def test_chances_approximate_the_exponential() -> None:
    rate = np.array([0.0, 1e-9, 0.01, 0.1])
    assert chance_of(rate) == pytest.approx(-np.expm1(-rate), rel=1e-3)
    assert chance_of(np.array([2.0, 50.0])).tolist() == [1.0, 1.0]
