"""A malware that spreads in steps shorter than a tick of the world takes the same course."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agents import load_scenario
from scenarios import LoadedScenario, SpecError
from tests.agents.cyber import MEMBERS, THREAT, OutbreakStage, small_outbreak
from tests.agents.mechanisms.test_compartments import (
    COURSE,
    addresses,
    everything,
    world,
)
from tests.agents.small import changed

QUARTER_H = 0.25
QUARTERS = 4
"""Quarters of an hour in an hour."""
DAYS = 7


@pytest.mark.parametrize("steps", [2, 4, 24])
def test_steps_within_a_tick_are_those_of_shorter_ticks(steps: int) -> None:
    """To the bit, also with a warning between two ticks and a kill switch within one."""
    fine, coarse = (
        world(addresses(5), course) for course in (COURSE, replace(COURSE, steps=steps))
    )
    for tick in range(240 // steps):
        for cells in (fine, coarse):
            for lane in range(5):
                if tick == 1:
                    cells.seed(lane, 3 + lane)
                    cells.kill(lane, 5 * steps + 1)
                if tick == 3:
                    cells.warn(lane, 2, 0.7)
        told = set()
        for step in range(tick * steps, (tick + 1) * steps):
            told |= set(zip(*(part.tolist() for part in fine.step(step)), strict=True))
        assert set(zip(*(part.tolist() for part in coarse.step(tick)), strict=True)) == told
        for lane in range(5):
            assert everything(coarse, lane) == everything(fine, lane)
    assert coarse.outage.any(axis=1).all()


def in_ticks_of(tick: str, **malware: Any) -> LoadedScenario:
    quick = {"begins_within": 0.0, "spreads_every": QUARTER_H, **malware}
    loaded = small_outbreak(days=DAYS, decoys=0, malware=quick)
    return replace(loaded, spec=changed(loaded.spec, tick=tick))


def unanswered(loaded: LoadedScenario, replication: int) -> OutbreakStage:
    """Let a malware take its course while nobody answers."""
    played = OutbreakStage(replication, loaded)
    for tick in range(loaded.spec.ticks):
        played.threat.move(tick)
    return played


@pytest.mark.parametrize("kill_switch", [0.0, 1.0])
@pytest.mark.parametrize("replication", [0, 1])
def test_an_outbreak_nobody_answers_is_the_same_in_hours_and_in_quarters_of_an_hour(
    kill_switch: float, replication: int
) -> None:
    quarters, hours = (
        unanswered(in_ticks_of(tick, kill_switch=kill_switch), replication)
        for tick in ("PT15M", "PT1H")
    )
    assert everything(hours.threat.compartments, 0) == everything(quarters.threat.compartments, 0)
    assert hours.threat.compartments.killed_at == quarters.threat.compartments.killed_at
    totals = [played.threat.totals(played.tick) for played in (hours, quarters)]
    assert totals[0]["outage_hours"] == totals[1]["outage_hours"] > 0
    assert totals[0]["operators_infected"] > 20
    levels = [[played.level(code) for code in ("AT", "DE")] for played in (hours, quarters)]
    assert levels[0] == levels[1]


def test_a_step_longer_than_a_tick_goes_by_the_tick() -> None:
    played = OutbreakStage(loaded=in_ticks_of("PT15M", spreads_every=0.5))
    course = played.threat.compartments._course
    assert (course.steps, course.every, course.slow) == (1, 2, QUARTERS)


@pytest.mark.parametrize("minutes", [10, 20, 60, 90, 300])
def test_a_tick_of_an_hour_holds_whole_steps(minutes: int) -> None:
    spec = small_outbreak(malware={"spreads_every": minutes / 60}).spec
    spec.threats[THREAT].check(MEMBERS, 1.0)


def test_a_tick_of_an_hour_does_not_hold_steps_of_40_minutes() -> None:
    spec = small_outbreak(malware={"spreads_every": 40 / 60}).spec
    with pytest.raises(SpecError, match="whole number of steps") as caught:
        spec.threats[THREAT].check(MEMBERS, 1.0)
    assert caught.value.where == "malware.spreads_every"


def test_the_shipped_outbreak_goes_by_the_tick() -> None:
    spec = load_scenario("cyber-outbreak").spec
    worm: Any = spec.threats[THREAT]
    assert worm.malware.steps(spec.tick_h) == 1
