"""What is read off lanes of organised crime; every number worked out by hand.

The small scenario lasts 84 days of four ticks each. Ten months are not needed to know what an
outcome is of: the stage plays who knows when, and who is arrested.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import pytest

from scenarios import LoadedScenario
from tests.agents.small import DAYS, SUBJECT, Stage, days, small

DECOY = 1
NOBODY_MOVES: dict[str, Any] = {
    "notice_per_week": 0,
    "leak_per_week": 0,
    "recruits_per_week": 0,
    "moves_when_warned": 0,
}


@cache
def _scenario() -> LoadedScenario:
    """Return a scenario in which every delay is known."""
    fixed = {"verification": 10, "false_pursuit": 20, "investigation": 30, "authorisation": 4}
    casework = {name: days(number) for name, number in fixed.items()}
    return small(casework={**casework, "arrested_alone": 1}, network=NOBODY_MOVES)


def affected(*states: str) -> Stage:
    """Return a stage on which the network has five members in each of some states."""
    played = Stage(_scenario())
    played.settle(*((state, 5) for state in states))
    return played


def aware(played: Stage, **at: float) -> None:
    """Let organisations recognise the network, each on its day, the earliest first."""
    for name, day in sorted(at.items(), key=lambda item: item[1]):
        played.until(day)
        played.recognised(SUBJECT, name)


# Who knows when ------------------------------------------------------------------------------


def test_the_first_to_know_may_be_anybody() -> None:
    """Europol knows on day 5, and Poland, where the network has nobody, on day 3."""
    played = affected("DE", "AT")
    aware(played, DE=7, europol=5, PL=3)
    assert played.outcomes["days_to_recognition"] == 3
    assert played.outcomes["days_to_europol"] == 5


def test_days_are_counted_in_parts_of_a_day() -> None:
    """Three ticks of six hours."""
    played = affected("DE")
    aware(played, DE=0.75)
    assert played.outcomes["days_to_recognition"] == 0.75
    assert played.outcomes["days_to_all_affected"] == 0.75


def test_nobody_knows_of_a_coincidence() -> None:
    played = affected("DE")
    played.recognised(DECOY, "europol", "DE")
    for name in ("days_to_recognition", "days_to_europol", "days_to_all_affected"):
        assert math.isnan(played.outcomes[name])


def test_all_affected_know_when_the_last_does() -> None:
    played = affected("DE", "AT", "PL")
    aware(played, DE=7, AT=40)
    assert math.isnan(played.outcomes["days_to_all_affected"])
    aware(played, PL=61)
    assert played.outcomes["days_to_all_affected"] == 61


def test_the_spread_is_over_all_affected_states() -> None:
    """Days 2 and 8 lie 3 from their mean; the standard deviation of a whole is not a sample's."""
    played = affected("DE", "AT")
    aware(played, DE=2, AT=8, PL=1)
    assert played.outcomes["unequal_awareness"] == pytest.approx(3)


def test_who_never_knew_counts_with_the_horizon() -> None:
    """Day 4 and the 84 days of the run lie 40 from their mean."""
    played = affected("DE", "AT")
    aware(played, DE=4)
    assert DAYS == 84
    assert played.outcomes["unequal_awareness"] == pytest.approx(40)


def test_affected_is_where_the_cells_were_first() -> None:
    """The Austrian cell goes to Poland: that Poland knows does not count, that Austria does."""
    played = affected("DE", "AT")
    played.network.cells[1].place = played.layout.places["PL"]
    aware(played, DE=2, AT=8, PL=70)
    assert played.outcomes["days_to_all_affected"] == 8
    assert played.outcomes["unequal_awareness"] == pytest.approx(3)


# Arrests and money ---------------------------------------------------------------------------


def test_nobody_arrested() -> None:
    """A raid that finds nobody, or where all escape, is no first arrest."""
    played = affected("DE")
    played.until(3)
    played.network.raid(SUBJECT, [played.layout.places["AT"]], 1.0, together=True)
    played.network.raid(SUBJECT, [played.layout.places["DE"]], 0.0, together=True)
    assert math.isnan(played.outcomes["days_to_first_arrest"])
    assert played.outcomes["arrested_share"] == 0
    assert played.outcomes["confiscated_share"] == 0


def test_a_case_comes_to_arrests_after_its_delays() -> None:
    """Known on day 2, verified in 10 days, investigated in 30, authorised in 4: day 46."""
    played = affected("DE", "AT", "PL")
    played.saw(SUBJECT, "DE")
    aware(played, DE=2)
    played.until(60)
    played.network.raid(SUBJECT, [played.layout.places["AT"]], 1.0, together=True)
    assert played.outcomes["days_to_first_arrest"] == 2 + 10 + 30 + 4
    assert played.outcomes["arrested_share"] == pytest.approx(10 / 15)


def test_a_fifth_of_its_size_is_enough_to_go_on() -> None:
    """Two of ten are left, then one."""
    played = affected("DE", "AT")
    one, other = played.network.cells
    played.network._lose(one, 5)
    played.network._lose(other, 3)
    assert played.network.ledger.dismantled is None
    played.network._lose(other, 1)
    assert played.network.ledger.dismantled == played.lane.now
    assert played.outcomes["arrested_share"] == pytest.approx(0.9)


def test_members_taken_in_later_count_below_the_line() -> None:
    """Two of ten are arrested, one is replaced: two of eleven there have been."""
    played = affected("DE", "AT")
    network = played.network
    network._lose(network.cells[0], 2)
    network.cells[0].members += 1
    network.size += 1
    assert played.outcomes["arrested_share"] == pytest.approx(2 / 11)


def test_proceeds_and_what_is_confiscated_of_them() -> None:
    """Ten members hold 20 victims, each worth 16,200 euro a year, for two weeks.

    Of each week's income three fifths are put aside, of which 6% are laundered by the week's end.
    A quarter of what Germany's half then holds is frozen, and half of that confiscated.
    """
    played = affected("DE", "AT")
    played.weeks(2)
    week = 20 * 16_200 * 7 / 365
    assert played.outcomes["proceeds_meur"] == pytest.approx(2 * week / 1e6)
    played.network.freeze(SUBJECT, played.layout.places["DE"], 0.25, 0.5)
    put_aside = 0.6 * week / 2
    held = put_aside * 0.94 + put_aside * 0.94**2
    assert played.outcomes["confiscated_share"] == pytest.approx(held * 0.25 * 0.5 / (2 * week))
    liquid = [cell.liquid for cell in played.network.cells]
    assert liquid == pytest.approx([held * 0.75, held])


def test_the_series_of_a_network() -> None:
    """Two of ten arrested; a week's income of ten members with 20 victims."""
    played = affected("DE", "AT")
    played.weeks(1)
    played.network._lose(played.network.cells[0], 2)
    series = {name: float(value) for name, (value,) in played.society.threats[0].series().items()}
    week = 20 * 16_200 * 7 / 365
    assert series == pytest.approx({"arrested_share": 0.2, "proceeds_meur": week / 1e6})
