"""What is read off lanes of every threat: rights, backlog and casework; numbers by hand."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from scenarios import LoadedScenario
from sim.seam import COUNTERS
from tests.agents.small import DAYS, SUBJECT, TICKS_A_DAY, Stage, days, small

DECOY, OTHER = 1, 2
TEAM_DAY = 6 * 5.4
"""Hours: six officers, each of whom works 5.4 hours in a calendar day."""


@cache
def _scenario() -> LoadedScenario:
    """Return a scenario in which decoys are pursued for 20 days, and cases never end."""
    delays = {"verification": days(10), "false_pursuit": days(20), "investigation": days(300)}
    finance: dict[str, Any] = {"tracing": days(12), "freezing": days(2)}
    return small(casework={**delays, **finance, "false_found": 0})


def stage() -> Stage:
    return Stage(_scenario())


# Rights --------------------------------------------------------------------------------------


def test_each_outcome_reads_its_own_counter() -> None:
    """Counters are set to numbers that no two share."""
    played = stage()
    for number, name in enumerate(COUNTERS):
        played.engine._count[name] = 1000 + number
    found = played.outcomes
    assert found["disclosures"] == 1000 + COUNTERS.index("disclosures")
    assert found["refused_releases"] == 1000 + COUNTERS.index("refused")
    assert found["violations"] == 1000 + COUNTERS.index("violations")


def test_a_person_year_has_365_days() -> None:
    """Two persons are kept for a year, and one for a fifth of a year."""
    played = stage()
    played.engine._count["person_days"] = 2 * 365 + 73
    assert played.outcomes["person_years"] == pytest.approx(2.2)


def test_a_disclosure_is_unnecessary_to_who_has_no_part() -> None:
    """Germany has seen the network and Europol has a file on it; Austria has neither."""
    played = stage()
    played.saw(SUBJECT, "DE")
    played.lane.organisations["europol"].subjects.add(SUBJECT)
    played.lane.organisations["AT"].subjects.add(DECOY)
    played.disclosed(SUBJECT, 3, "DE", "AT", "europol")
    played.disclosed(DECOY, 5, "AT")
    assert played.outcomes["unnecessary_disclosures"] == 3 + 5


# Reading -------------------------------------------------------------------------------------


def test_false_recognitions_are_counted_by_desk() -> None:
    played = stage()
    played.recognised(DECOY, "DE", "AT", "europol")
    played.recognised(OTHER, "DE")
    played.recognised(SUBJECT, "DE", "AT")
    assert played.outcomes["false_recognitions"] == 4


def test_reports_never_read() -> None:
    """Forty reached a queue and thirty were read; of none queued none is unread."""
    played = stage()
    assert played.outcomes["never_read_share"] == 0
    played.engine._count.update(queued=40, read=30, served=35, delivered=80)
    assert played.outcomes["never_read_share"] == pytest.approx(0.25)


def test_the_backlog_is_that_of_the_end_of_each_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three days of four ticks, at whose ends 10, 40 and 7 reports wait; in between 1,000 do."""
    played = stage()
    waiting = {3: 10, 7: 40, 11: 7}
    for tick in range(3 * TICKS_A_DAY):
        now = np.array([waiting.get(tick, 1000)])
        monkeypatch.setattr(played.engine, "backlog", lambda now=now: now)
        played.society.end(tick)
    assert played.outcomes["backlog_mean"] == pytest.approx(57 / 3)
    assert played.outcomes["backlog_peak"] == 40


def test_the_series_are_recorded_at_the_end_of_each_week(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve weeks of 28 ticks. In the second two organisations know, and one team is at work."""
    played = stage()
    for tick in range(3 * 7 * TICKS_A_DAY):
        now = np.array([tick])
        monkeypatch.setattr(played.engine, "backlog", lambda now=now: now)
        played.engine._count["disclosures"] = 2 * tick
        if tick == 30:
            played.saw(DECOY, "DE")
            played.recognised(DECOY, "DE")
            played.recognised(SUBJECT, "PL", "europol")
        played.society.end(tick)
    series = {name: values[0, :3].tolist() for name, values in played.society.series.items()}
    assert played.society.series_ticks == list(range(27, 336, 28))
    assert series["backlog"] == [27, 55, 83]
    assert series["disclosures"] == [54, 110, 166]
    assert series["aware_organisations"] == [0, 2, 2]


def test_open_cases_are_those_that_hold_a_place() -> None:
    """Slovenia has one team, for two coincidences; each takes ten days and twenty."""
    played = stage()
    for subject in (DECOY, OTHER):
        played.saw(subject, "SI")
        played.recognised(subject, "SI")
    for tick in range(10 * 7 * TICKS_A_DAY):
        played.until(tick / TICKS_A_DAY)
        played.society.end(tick)
    found = played.society.series["open_cases"][0, :10]
    assert found.tolist() == [1] * 8 + [0] * 2


# Casework ------------------------------------------------------------------------------------


def test_hours_of_casework_on_what_is_real_and_on_decoys() -> None:
    """A decoy takes a German team 30 days.

    The network takes one from day 4 to the end of the run, day 84, and from day 14 on the
    financial unit for 14 days.
    """
    played = stage()
    played.settle(("DE", 5))
    played.saw(DECOY, "DE")
    played.saw(SUBJECT, "DE")
    played.recognised(DECOY, "DE")
    played.until(4)
    played.recognised(SUBJECT, "DE")
    played.until(60)
    assert played.outcomes["false_casework_hours"] == pytest.approx(30 * TEAM_DAY)
    real = DAYS - 4 + 12 + 2
    assert played.outcomes["casework_hours"] == pytest.approx((real + 30) * TEAM_DAY)
