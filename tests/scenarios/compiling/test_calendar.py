"""Which desks read when, in scenarios that have a calendar."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from agents import load_scenario, run_compiled
from scenarios import SpecError, compile_points, compile_world, load_policy
from scenarios.compiling.point import Point
from scenarios.schema.calendar import Holiday
from scenarios.schema.scenario import plain
from sim import LaneId
from tests.scenarios.compiling.test_compile import PLACE, Yard

if TYPE_CHECKING:
    from pathlib import Path

HOLIDAYS = """\
holidays:
  - {meaning: New Year, day: 01-01, source: x}
  - {meaning: Epiphany, day: 01-06, source: x}
"""


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    made = Yard(tmp_path)
    made.write("places/tiny/place.yaml", PLACE + HOLIDAYS)
    return made


def open_days(yard: Yard, unit: str, **changes: Any) -> list[bool]:
    """Return on which days of a run a desk reads."""
    compiled = yard.compiled(changes={"horizon": "14 d", **changes})
    world, number = compiled.world, compiled.layout.units[unit]
    reads = world.phases.capacity[0, number][world.week]
    return [bool(day.any()) for day in reads.reshape(-1, 4) > 0]


def days(text: str) -> list[bool]:
    return [day == "x" for day in text.replace(" ", "")]


def test_without_a_calendar_a_run_begins_on_a_monday(yard: Yard) -> None:
    assert open_days(yard, "AA.police") == days("xxxxx-- xxxxx--")


def test_weekdays_are_those_of_the_calendar(yard: Yard) -> None:
    """The second of March 2011 was a Wednesday."""
    assert open_days(yard, "AA.police", **{"from": "2011-03-02"}) == days("xxx-- xxxxx-- xx")


def test_holidays_are_read_like_sundays(yard: Yard) -> None:
    """31 December 2012 was a Monday; New Year, and Sunday 6 January, are holidays here."""
    found = open_days(yard, "AA.police", **{"from": "2012-12-31"})
    assert found == days("x-xxx-- xxxxx--")
    found = open_days(yard, "AA.police", **{"from": "2010-12-31"})
    assert found == days("x-- xxx-x-- xxxx")


def test_desks_round_the_clock_know_no_holidays(yard: Yard) -> None:
    assert all(open_days(yard, "AA.guard", **{"from": "2012-12-31"}))


def test_hours_of_a_day_stay_those_of_the_day(yard: Yard) -> None:
    """Four ticks of six hours; offices are open from eight to six."""
    compiled = yard.compiled(changes={"from": "2011-03-02"})
    world, unit = compiled.world, compiled.layout.units["AA.police"]
    reads = world.phases.capacity[0, unit][world.week].reshape(-1, 4)
    assert (reads[:, [0, 3]] == 0).all()
    assert (reads[0] == reads[1]).all()
    assert reads[0, 2] == pytest.approx(1.5 * reads[0, 1], abs=1)


def test_a_calendar_changes_no_other_array(yard: Yard) -> None:
    worlds = [yard.compiled(changes=more).world for more in ({}, {"from": "2011-01-03"})]
    one, other = (world.phases.capacity for world in worlds)
    assert np.array_equal(one, other)
    assert worlds[0].week.size == worlds[1].week.size == worlds[0].horizon


def test_what_is_documented_can_be_read_again(yard: Yard) -> None:
    loaded = load_scenario(str(yard.scenario({"from": "2011-03-02"})))
    assert loaded.document()["from"] == "2011-03-02"
    assert plain(loaded.spec).begins == date(2011, 3, 2)
    assert "from" not in load_scenario(str(yard.scenario())).document()


def test_a_day_that_there_is_not_is_refused_with_its_line(yard: Yard) -> None:
    with pytest.raises(SpecError, match="no such day") as caught:
        load_scenario(str(yard.scenario({"from": "2011-02-29"})))
    assert caught.value.where == "from"
    assert caught.value.line is not None


def test_scenarios_of_one_world_have_one_calendar(yard: Yard) -> None:
    policy = load_policy(str(yard.policy()))
    one = load_scenario(str(yard.scenario()))
    other = load_scenario(str(yard.scenario({"from": "2011-03-02"})))
    with pytest.raises(SpecError) as caught:
        compile_points([Point.constant(one, policy), Point.constant(other, policy)])
    assert caught.value.where == "from"


def test_scenarios_of_one_world_have_the_same_holidays(yard: Yard) -> None:
    policy = load_policy(str(yard.policy()))
    one = load_scenario(str(yard.scenario()))
    yard.write("places/tiny/place.yaml", PLACE)
    other = load_scenario(str(yard.scenario()))
    with pytest.raises(SpecError) as caught:
        compile_points([Point.constant(one, policy), Point.constant(other, policy)])
    assert caught.value.where == "place.holidays"


def test_on_holidays_nobody_in_an_office_reads(yard: Yard) -> None:
    """With a holiday on every day offices never open, and only desks on shifts read."""
    loaded = load_scenario(str(yard.scenario({"from": "2011-03-02"})))
    never = tuple(Holiday(meaning="x", day=f"03-{day:02}", source="x") for day in range(1, 32))
    place = loaded.atlas.place.model_copy(update={"holidays": never})
    atlas = type(loaded.atlas)(**{**vars(loaded.atlas), "place": place})
    shut = type(loaded)(**{**vars(loaded), "atlas": atlas})
    policy, lanes = load_policy(str(yard.policy())), [LaneId(0, 3, 0)]
    usual = run_compiled(compile_world(loaded, [policy]), lanes)
    closed = run_compiled(compile_world(shut, [policy]), lanes)
    assert closed.counters["served"][0] < usual.counters["served"][0]
