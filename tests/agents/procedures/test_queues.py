"""Whole courses that wait for few people: each case waits as long as the plain recursion says."""

from __future__ import annotations

import heapq
import math
from typing import Any

import pytest

from agents.procedures.course import Course
from sim import Draws
from tests.agents.procedures.tiny import DECOY, TICKS_A_DAY, Stage, post, procedure

HELD = "[{take: {post: team}}, {wait: {delay: look}}, {close: {how: ended}}]"
LASTING = "{mean: 2 d, assumed: x}"
NO_WORD = 2**32 - 1
"""What names no subject in draws."""


def queue(cases: int, load: float, teams: int, share: float = 1.0) -> tuple[Stage, list[float]]:
    """Return a stage on which so many cases came at random, and when they came (ticks)."""
    sample = {"value": share, "assumed": "x"} if share < 1 else None
    stage = Stage(
        {"work": procedure(HELD, delays={"look": LASTING})},
        {"team": post(number=teams, length="1 h")},
        horizon="4000 d",
        sample=sample,
    )
    practice, draws, came = stage.practice("DE", "work"), Draws(3, 0), list[float]()

    def world() -> Any:
        for number in range(cases):
            between = -math.log(draws.uniform("test:comes", number)) * 2 * TICKS_A_DAY
            yield stage.lane.environment.timeout(between / load / teams / share)
            came.append(stage.lane.now)
            practice.begin(-1)

    stage.lane.start(world())
    stage.until(4000)
    return stage, came


def recursion(stage: Stage, came: list[float], places: int, share: float = 1.0) -> list[float]:
    """Return how long each case waits: who is free first takes it, then works for others."""
    free, waits = [0.0] * places, []
    for number, at in enumerate(came):
        names = "DE", NO_WORD, number
        draws = stage.lane.durations.draw(stage.lane.draws, "work:look", *names)
        begins = max(at, heapq.heappop(free))
        waits.append(begins - at)
        heapq.heappush(free, begins + draws / share)
    return waits


@pytest.mark.parametrize("teams", [1, 3])
def test_each_case_waits_as_long_as_the_recursion_says(teams: int) -> None:
    stage, came = queue(300, 0.9, teams)
    waited = [case.waited for case in stage.cases]
    assert len(stage.ends) == len(waited) == 300
    assert waited == pytest.approx(recursion(stage, came, teams), abs=1e-6)
    assert max(waited) > 2 * TICKS_A_DAY
    assert stage.busy == 0


def test_waits_grow_with_the_load() -> None:
    means = []
    for load in (0.3, 0.6, 0.9):
        stage, _ = queue(300, load, 2)
        means.append(sum(case.waited for case in stage.cases) / 300)
    assert means[0] < means[1] / 2 < means[2] / 4


def test_two_halves_of_a_team_do_as_much_as_a_whole_one_or_less() -> None:
    """A place that is there half of the time: cases wait for others' cases, too."""
    stage, came = queue(200, 0.8, 1, share=0.5)
    found = [case.waited for case in stage.cases]
    expected = recursion(stage, came, 1, share=0.5)
    begun = max(0.0, found[0] - expected[0])
    assert begun <= TICKS_A_DAY, "at first somebody else's case may be in hand"
    assert found[20:] == pytest.approx(expected[20:], abs=TICKS_A_DAY)


def test_the_oracle_notices_who_jumps_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = Course.__init__

    def wrong(self: Course, work: Any, case: Any, priority: int) -> None:
        begin(self, work, case, -case.turn)

    monkeypatch.setattr(Course, "__init__", wrong)
    stage, came = queue(300, 0.9, 1)
    waited = [case.waited for case in stage.cases]
    assert waited != pytest.approx(recursion(stage, came, 1), abs=1e-6)


def test_a_subject_is_not_needed_to_queue() -> None:
    """Cases about something queue as those about nothing do."""
    stage = Stage({"work": procedure(HELD, delays={"look": 2})})
    stage.begins("DE", DECOY)
    stage.begins("DE", -1)
    stage.until(10)
    assert [case.waited for case in stage.cases] == [0, 2 * TICKS_A_DAY]
