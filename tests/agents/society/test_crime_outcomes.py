"""What is read off lanes of organised crime; every number worked out by hand.

The small scenario lasts 84 days of four ticks each. Ten months are not needed to know what an
outcome is of: the stage plays who knows when, and who is arrested. Networks are the subjects 0, 1,
and decoys follow.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from functools import cache
from statistics import pstdev, stdev
from typing import Any

import pytest

from agents.mechanisms.network import batch
from agents.mechanisms.network.batch import Networks
from agents.mechanisms.network.ledger import Known, Ledger
from agents.mechanisms.network.network import CriminalNetwork
from agents.mechanisms.network.underworld import Underworld
from scenarios import LoadedScenario
from tests.agents.small import (
    DAYS,
    MEMBERS,
    SUBJECT,
    TICKS_A_DAY,
    Stage,
    certain,
    days,
    small,
)

SECOND, DECOY = 1, 2
NOBODY_MOVES: dict[str, Any] = {
    "notice_per_week": 0,
    "leak_per_week": 0,
    "recruits_per_week": 0,
    "moves_when_warned": 0,
    "falls_apart": 0.25,
    "replaced": 0,
}
DE, AT, PL, SI = (MEMBERS.index(code) for code in ("DE", "AT", "PL", "SI"))
A_TICK = 1 / TICKS_A_DAY
"""Days: what the test does between two ticks happens at the last event before."""

WEEK = 7 / 365
"""Of a year."""


@cache
def _scenario() -> LoadedScenario:
    """Return a scenario in which every delay is known, and nobody is met by chance."""
    fixed = {"verification": 10, "investigation": 30, "authorisation": 4, "patience": 6}
    alone = certain(**{name: days(number) for name, number in fixed.items()}, arrested=1)
    return small(
        networks=2,
        network=NOBODY_MOVES,
        procedures={**alone, "joint-team": {"proposed": 0}, "coordination": {"worth_a_meeting": 0}},
    )


def affected(*states: str, second: str = "SI") -> Stage:
    """Return a stage with five members of the first network in each of some states.

    The second network has five in one state.
    """
    played = Stage(_scenario())
    first, other = played.underworld.networks
    played.network = other
    played.settle((second, 5))
    played.network = first
    played.settle(*((state, 5) for state in states))
    return played


def aware(played: Stage, subject: int = SUBJECT, **at: float) -> None:
    """Let organisations recognise a network, each on its day, the earliest first."""
    for name, day in sorted(at.items(), key=lambda item: item[1]):
        played.until(day)
        played.recognised(subject, name)


# Who knows when ------------------------------------------------------------------------------


def test_the_first_to_know_may_be_anybody() -> None:
    """Of the first network Europol knows on day 5, and Poland, where it has nobody, on day 3.

    The second is known on day 11, and to Europol not until the end, which counts with day 84.
    """
    played = affected("DE", "AT")
    aware(played, DE=7, europol=5, PL=3)
    aware(played, SECOND, SI=11)
    assert DAYS == 84
    assert played.outcomes["days_to_recognition"] == (3 + 11) / 2
    assert played.outcomes["days_to_europol"] == (5 + 84) / 2
    assert played.outcomes["recognised_share"] == 1


def test_days_are_counted_in_parts_of_a_day() -> None:
    """Three ticks of six hours."""
    played = affected("DE")
    aware(played, DE=0.75)
    assert played.outcomes["days_to_recognition"] == (0.75 + 84) / 2
    assert played.outcomes["recognised_share"] == 0.5


def test_who_is_told_of_a_case_knows_too() -> None:
    """Austria has traces; it hears of Germany's case on day 9 and opens one."""
    played = affected("DE", "AT")
    played.saw(SUBJECT, "AT")
    played.until(9)
    played.told("AT", SUBJECT, "case-notice", "DE")
    assert played.outcomes["days_to_recognition"] == (9 + 84) / 2


def test_nobody_knows_of_a_coincidence() -> None:
    played = affected("DE")
    played.recognised(DECOY, "europol", "DE")
    for name in ("days_to_recognition", "days_to_europol"):
        assert played.outcomes[name] == 84
    assert played.outcomes["recognised_share"] == 0


def test_the_spread_is_over_all_affected_states() -> None:
    """Days 2 and 8 lie 3 from their mean; the standard deviation of a whole is not a sample's.

    The second network has one state, so that there is no spread.
    """
    played = affected("DE", "AT")
    aware(played, DE=2, AT=8, PL=1)
    assert played.outcomes["unequal_awareness"] == pytest.approx((3 + 0) / 2)


def test_who_never_knew_counts_with_the_horizon() -> None:
    """Day 4 and the 84 days of the run lie 40 from their mean."""
    played = affected("DE", "AT")
    aware(played, DE=4)
    assert played.outcomes["unequal_awareness"] == pytest.approx(40 / 2)


def test_affected_is_where_the_cells_were_first() -> None:
    """The Austrian cell goes to Poland: that Poland knows does not count, that Austria does."""
    played = affected("DE", "AT")
    played.network.cells[1].place = PL
    aware(played, DE=2, AT=8, PL=70)
    assert played.outcomes["unequal_awareness"] == pytest.approx(3 / 2)


# Arrests -------------------------------------------------------------------------------------


def test_nobody_arrested() -> None:
    """A raid that finds nobody, or where all escape, is no first arrest."""
    played = affected("DE")
    played.until(3)
    played.network.raid((AT, PL), 1.0)
    played.network.raid((DE, PL), 0.0)
    found = played.outcomes
    assert found["days_to_first_arrest"] == 84
    assert found["members_arrested"] == found["arrested_share"] == 0
    assert found["confiscated_share"] == found["confiscated_meur"] == 0
    assert found["common_actions"] == 2


def test_a_case_comes_to_arrests_after_its_delays() -> None:
    """Known on day 2, verified in 10 days, investigated in 30, authorised in 4: day 46.

    On day 60 five more are arrested in Austria, and five of the second network in Slovenia: of 20
    members 15 in all, and the second network was first struck on day 60.
    """
    played = affected("DE", "AT", "PL")
    played.saw(SUBJECT, "DE")
    aware(played, DE=2)
    played.until(45.75)
    assert played.outcomes["members_arrested"] == 0
    played.until(60)
    assert played.outcomes["members_arrested"] == 5
    played.network.raid((AT,), 1.0)
    played.underworld.networks[1].raid((SI,), 1.0)
    found = played.outcomes
    assert found["days_to_first_arrest"] == pytest.approx((46 + 60) / 2, abs=A_TICK)
    assert found["members_arrested"] == 15
    assert found["arrested_share"] == pytest.approx(15 / 20)
    assert found["common_actions"] == 0


def test_members_taken_in_later_count_below_the_line() -> None:
    """Two of 15 are arrested, one is replaced: two of 16 there have been."""
    played = affected("DE", "AT")
    network = played.network
    network._lose(0, 2)
    played.network_is(recruits_per_week=1)
    network.step()
    assert played.outcomes["arrested_share"] == pytest.approx(2 / 16)


def test_the_convicted_and_who_was_surrendered() -> None:
    """Four are arrested at home, one of them acquitted, and one of those wanted abroad."""
    played = affected("DE", "AT")
    first, second = played.underworld.networks
    first._lose(0, 4)
    first.cells[1].wanted = 1
    assert first.surrender(AT, 1.0, "AT:0") == 1
    first.ledger.convicted += 3
    second.ledger.convicted += 2
    found = played.outcomes
    assert found["members_arrested"] == 5
    assert found["members_convicted"] == 5


def test_a_quarter_of_its_size_is_enough_to_go_on() -> None:
    """Three of ten are left, then two."""
    played = affected("DE", "AT")
    played.network._lose(0, 5)
    played.network._lose(1, 2)
    assert played.outcomes["networks_dismantled"] == 0
    played.network._lose(1, 1)
    assert played.outcomes["networks_dismantled"] == 1
    assert played.outcomes["networks_replaced"] == 0
    assert played.outcomes["arrested_share"] == pytest.approx(8 / 15)


# Groups that take the place of others --------------------------------------------------------


def replaced_on_day_28() -> Stage:
    """Return a stage on which the first network fell apart on day 10 and is another from day 28.

    Europol knew the old group on day 6. The new one has three members in Austria and one in Poland.
    """
    played = affected("DE")
    network = played.network
    aware(played, europol=6)
    played.until(10)
    network._lose(0, 5)
    assert not network.is_active
    played.until(28)
    old = network.known
    network.ledger.replaced += 1
    network.books()
    played.lane.forget_recognitions(SUBJECT)
    ledger = network.ledger
    played.settle(("AT", 3), ("PL", 1))
    network.known = [*old, *network.known]
    network.ledger = Ledger(
        **{
            name: getattr(ledger, name) + getattr(network.ledger, name)
            for name in ("members", "victims", "arrested", "dismantled", "replaced")
        }
    )
    return played


def test_each_group_counts_from_when_it_began() -> None:
    """Three groups: known after 6 days, after 30 - 28, and never in the 84 of the second network.

    To Europol after 6, never in the 56 days from 28 to 84, and never in 84; first arrests after 10,
    after 31 - 28, and never.
    """
    played = replaced_on_day_28()
    aware(played, AT=30)
    played.until(31)
    played.network._lose(0, 1)
    found = played.outcomes
    assert found["days_to_recognition"] == pytest.approx((6 + 2 + 84) / 3, abs=A_TICK)
    assert found["days_to_europol"] == pytest.approx((6 + 56 + 84) / 3, abs=A_TICK)
    assert found["days_to_first_arrest"] == pytest.approx((10 + 3 + 84) / 3, abs=A_TICK)
    assert found["recognised_share"] == pytest.approx(2 / 3)
    assert found["networks_dismantled"] == found["networks_replaced"] == 1
    assert found["arrested_share"] == pytest.approx((5 + 1) / (5 + 4 + 5))


def test_a_group_that_was_not_known_counts_with_its_own_life() -> None:
    """Europol never knew the one that fell apart on day 10; nobody knows the two others."""
    played = affected("DE")
    played.until(10)
    played.network._lose(0, 5)
    found = played.outcomes
    assert found["days_to_recognition"] == pytest.approx((10 + 84) / 2, abs=A_TICK)
    assert found["days_to_europol"] == pytest.approx((10 + 84) / 2, abs=A_TICK)


def test_the_spread_is_that_of_the_group_there_is_now() -> None:
    """Austria knows of the new group on day 30 and Poland on day 40: five days from their mean."""
    played = replaced_on_day_28()
    aware(played, AT=30, PL=40)
    assert played.outcomes["unequal_awareness"] == pytest.approx(5 / 2)


# Victims -------------------------------------------------------------------------------------


def test_victims_there_have_been_freed_and_held() -> None:
    """Ten members hold 20 victims, and the second network 10; each is held for two years.

    In a week 7/730 of 30 leave and others are found. Then a quarter of the 10 in Germany are freed,
    and in the second week a share of 1 - 2**(-7/90) of their places is filled.
    """
    played = affected("DE", "AT")
    played.weeks(1)
    played.network.free((DE,), 0.25)
    played.weeks(1)
    filled = 2.5 * (1 - 0.5 ** (7 / 90))
    found = played.outcomes
    assert found["victims_freed"] == pytest.approx(2.5)
    leaving = 7 / 730
    new = 30 * leaving + 27.5 * leaving + filled
    assert found["victims_exploited"] == pytest.approx(30 + new)
    assert found["victim_years"] == pytest.approx((30 + 27.5 + filled) * WEEK)


# Money ---------------------------------------------------------------------------------------


def test_proceeds_and_what_is_confiscated_of_them() -> None:
    """Ten members hold 20 victims, each worth 16,200 euro a year, for two weeks; five others 10.

    Of each week's income three fifths are put aside, of which 6% are laundered by the week's end.
    A quarter of what Germany's third then holds is frozen, and half of that confiscated.
    """
    played = affected("DE", "AT")
    played.weeks(2)
    week = 10 * 16_200 * WEEK
    assert played.outcomes["proceeds_meur"] == pytest.approx(2 * 3 * week / 1e6)
    played.network.freeze((DE,), 0.25, 0.5)
    put_aside = 0.6 * week
    held = put_aside * 0.94 + put_aside * 0.94**2
    confiscated = held * 0.25 * 0.5
    assert played.outcomes["confiscated_meur"] == pytest.approx(confiscated / 1e6)
    assert played.outcomes["confiscated_share"] == pytest.approx(confiscated / (6 * week))
    liquid = [cell.liquid for cell in played.network.cells]
    assert liquid == pytest.approx([held * 0.75, held])


def test_leaks_are_counted_over_all_networks() -> None:
    """A network hears every four weeks what was told."""
    played = affected("DE")
    played.network_is(leak_per_week=1)
    played.disclosed(SUBJECT, 1, "PL")
    played.weeks(8)
    assert played.outcomes["leaks"] == 2
    played.disclosed(SECOND, 1, "PL")
    played.weeks(4)
    assert played.outcomes["leaks"] == 4


def test_the_series_of_networks() -> None:
    """Two arrested of one, one of the other; a week's income of 15 members with 30 victims."""
    played = affected("DE", "AT")
    played.weeks(1)
    first, second = played.underworld.networks
    first._lose(0, 2)
    second._lose(0, 1)
    second.free((SI,), 0.1)
    series = {name: float(value) for name, (value,) in played.society.threats[0].series().items()}
    assert series == pytest.approx(
        {
            "members_arrested": 3,
            "victims_freed": 1,
            "proceeds_meur": 30 * 16_200 * WEEK / 1e6,
        }
    )


# Planted errors ------------------------------------------------------------------------------


def _until_it_began(original: Any) -> Any:
    """Time has the other sign."""

    def books(self: CriminalNetwork) -> list[Known]:
        known: list[Known] = original(self)
        return [dataclasses.replace(one, began=-one.began) for one in known]

    return books


def _in_hours(original: Any) -> Any:
    def times(self: Networks, underworld: Underworld) -> dict[str, float]:
        found: dict[str, float] = original(self, underworld)
        return {name: value * (24 if "days" in name else 1) for name, value in found.items()}

    return times


def _one_network_left_out(original: Any) -> Any:
    return lambda books, name: original(books[1:], name)


def _of_those_still_there(original: Any) -> Any:
    def summed(books: list[Ledger], name: str) -> float:
        gone = original(books, "arrested") if name == "members" else 0
        return float(original(books, name)) - gone

    return summed


def _of_a_sample(_: Any) -> Any:
    def spread(values: Iterator[float]) -> float:
        found = list(values)
        return stdev(found) if len(found) > 1 else 0

    return spread


def _one_state_left_out(_: Any) -> Any:
    return lambda values: pstdev(list(values)[-1:])


def _in_months(flows: Any) -> Any:
    return {**flows, "victim_years": ("victim_weeks", 12 * 7 / 365)}


def _all_that_was_frozen(flows: Any) -> Any:
    return {**flows, "confiscated_meur": ("frozen", 1e-6)}


def _in_euro(flows: Any) -> Any:
    return {**flows, "proceeds_meur": ("proceeds", 1)}


@pytest.mark.parametrize(
    ("where", "name", "error", "notices"),
    [
        (CriminalNetwork, "books", _until_it_began, test_each_group_counts_from_when_it_began),
        (Networks, "_times", _in_hours, test_the_first_to_know_may_be_anybody),
        (batch, "_all", _one_network_left_out, test_a_case_comes_to_arrests_after_its_delays),
        (batch, "_all", _of_those_still_there, test_members_taken_in_later_count_below_the_line),
        (batch, "pstdev", _of_a_sample, test_the_spread_is_over_all_affected_states),
        (batch, "pstdev", _one_state_left_out, test_who_never_knew_counts_with_the_horizon),
        (batch, "_FLOWS", _in_months, test_victims_there_have_been_freed_and_held),
        (batch, "_FLOWS", _all_that_was_frozen, test_proceeds_and_what_is_confiscated_of_them),
        (batch, "_FLOWS", _in_euro, test_proceeds_and_what_is_confiscated_of_them),
    ],
)
def test_a_planted_error_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
    where: Any,
    name: str,
    error: Callable[[Any], Any],
    notices: Callable[[], None],
) -> None:
    """The numbers worked out by hand no longer hold."""
    notices()
    monkeypatch.setattr(where, name, error(getattr(where, name)))
    with pytest.raises(AssertionError):
        notices()
