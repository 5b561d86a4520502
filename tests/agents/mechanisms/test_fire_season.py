"""A season within a longer run: what is before it and after it, and that it lies where it likes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray

from agents.mechanisms.fires.batch import FireSeasons
from agents.mechanisms.fires.season import FireSeason, Stretches
from agents.society.society import Society
from scenarios import Compiled, LoadedScenario, compile_world
from scenarios.schema import Span
from sim import LaneId
from sim.kernel.engine import Kernel
from tests.agents.small import changed
from tests.agents.small_fire import MEMBERS, THREAT, policies, small_fire, watch

DAY: Final = 24
"""Hours, and ticks of an hour."""
WINDOW: Final = 2
"""Days."""
WINDOWS: Final = 3
LASTS: Final = WINDOW * WINDOWS
NOBODY_CALLS: Final = 1e6
"""Modules missing from which on a state would call."""


def within(begins: int | None, days: int, **assistance: Any) -> LoadedScenario:
    """Return a small world by the hour whose season begins on a day."""
    loaded = small_fire(days=days, **assistance)
    threat: Any = loaded.spec.threats[THREAT]
    value: Any = f"{begins} d"
    span = None if begins is None else Span(value=value, assumed="for the test")
    threat = changed(threat, season=changed(threat.season, begins=span))
    return replace(loaded, spec=changed(loaded.spec, tick="PT1H", threats={THREAT: threat}))


def compiled(loaded: LoadedScenario) -> Compiled:
    return compile_world(loaded, policies(("availability",)))


# Stretches -----------------------------------------------------------------------------------


def test_stretches_of_a_season() -> None:
    """Of ten ticks, from tick 50 on; before and after it the nearest."""
    stretches = Stretches(first=7, number=3, ticks=10, begins=50)
    assert [stretches.at(tick) for tick in (0, 50, 59, 60, 79, 80, 999)] == [0, 0, 0, 1, 2, 2, 2]
    assert [stretches.is_season(tick) for tick in (0, 49, 50, 79, 80)] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert stretches.subject(2, 65) == 7 + 2 * 3 + 1


def test_a_season_that_says_no_begin_is_all_of_the_run() -> None:
    stretches = Stretches(first=0, number=3, ticks=10)
    assert [stretches.at(tick) for tick in (0, 10, 29, 30, 10_000)] == [0, 1, 2, 2, 2]
    assert all(stretches.is_season(tick) for tick in (0, 29, 30, 10_000))


# Where it lies -------------------------------------------------------------------------------


@cache
def burnt(begins: int | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return what has burnt by lane and state when a season ends in which nobody calls."""
    loaded = within(begins, (begins or 0) + LASTS + 1, call_at=NOBODY_CALLS)
    made = compiled(loaded)
    society = Society(made)
    society.start(Kernel(made.world, [LaneId(0, 3, number) for number in range(4)]))
    (batch,) = society.threats
    assert isinstance(batch, FireSeasons)
    for tick in range(((begins or 0) + LASTS) * DAY):
        batch.move(tick)
    assert not any(lane.help.calls for lane in society.lanes)
    return batch.fires.burnt, batch.fires.outbreaks


@pytest.mark.parametrize("begins", [1, 60])
def test_a_season_is_the_same_wherever_it_lies(begins: int) -> None:
    area, outbreaks = burnt(0)
    assert outbreaks.sum() > 20
    assert len({row.tobytes() for row in area}) == len(area)
    later = burnt(begins)
    np.testing.assert_array_equal(later[0], area)
    np.testing.assert_array_equal(later[1], outbreaks)


def test_a_season_from_the_beginning_is_that_which_says_no_begin() -> None:
    np.testing.assert_array_equal(burnt(0)[0], burnt(None)[0])


# Before and after ----------------------------------------------------------------------------

BEGINS: Final = 3
ENDS: Final = BEGINS + LASTS
DAYS: Final = 40


class Diary:
    """What there was in two lanes at the end of each tick."""

    def __init__(self) -> None:
        self.outbreaks: list[int] = []
        self.need: list[int] = []
        self.burnt: list[int] = []
        self.danger: list[int] = []
        self.lent: list[int] = []
        self.shown: list[bool] = []
        self.current: list[set[int]] = []
        self.open_calls: list[int] = []

    def look(self, society: Society, tick: int) -> None:
        """Note what there is."""
        batch, lanes = society.threats[0], society.lanes
        assert isinstance(batch, FireSeasons)
        fires = batch.fires
        self.outbreaks.append(int(fires.outbreaks.sum()))
        self.need.append(int(fires.need.sum()))
        self.burnt.append(int(fires.burnt.sum()))
        self.danger.append(int(fires.danger.min()))
        self.lent.append(int((fires.lent_aircraft + fires.lent_ground).sum()))
        self.shown.append(any(any(seen.values()) for seen in lanes[0]._activity.values()))
        lanes[0].tick = tick
        season: FireSeason = lanes[0].of(0)
        subjects = range(len(MEMBERS) * WINDOWS)
        self.current.append({one % WINDOWS for one in subjects if season.is_current(one)})
        self.open_calls.append(sum(len(lane.help.open_calls) for lane in lanes))


@cache
def diary() -> Diary:
    """Live through a season in a run of forty days; what is noted at a tick is from before it."""
    noted = Diary()
    lanes = [LaneId(0, 3, number) for number in range(2)]
    watch(compiled(within(BEGINS, DAYS)), lanes, noted.look)
    return noted


def test_before_the_season_there_is_nothing() -> None:
    noted, before = diary(), slice(BEGINS * DAY)
    for quantity in (noted.outbreaks, noted.need, noted.burnt, noted.danger, noted.shown):
        assert not any(quantity[before])
    assert not any(noted.open_calls[before])


def test_in_the_season_there_is_danger_and_it_is_shown() -> None:
    noted, season = diary(), slice(BEGINS * DAY + 1, ENDS * DAY + 1)
    assert all(noted.danger[season])
    assert any(noted.shown[season])
    assert noted.outbreaks[ENDS * DAY] > 20
    assert max(noted.lent[season]) > 0


def test_after_the_season_nothing_breaks_out_and_nothing_is_shown() -> None:
    noted, after = diary(), slice(ENDS * DAY + 1, None)
    assert set(noted.outbreaks[after]) == {noted.outbreaks[ENDS * DAY]}
    assert not any(noted.danger[after])
    assert not any(noted.shown[after])


def test_what_burns_at_the_end_burns_out_and_help_goes_home() -> None:
    noted = diary()
    last = next(tick for tick in range(ENDS * DAY, DAYS * DAY) if not noted.need[tick])
    assert ENDS * DAY + 12 < last < (ENDS + 8) * DAY
    assert noted.burnt[last] > noted.burnt[ENDS * DAY + 1]
    assert set(noted.burnt[last:]) == {noted.burnt[last]}
    assert noted.lent[ENDS * DAY] > 0
    assert noted.lent[-1] == noted.open_calls[-1] == 0


def test_the_subjects_of_a_stretch_are_current_in_it_alone() -> None:
    noted = diary()
    for tick, current in enumerate(noted.current):
        stretch = (tick // DAY - BEGINS) // WINDOW
        assert current == ({stretch} if BEGINS <= tick // DAY < ENDS else set())
