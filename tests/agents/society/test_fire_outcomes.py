"""What is read off lanes of forest-fire; every number worked out by hand.

The run lasts two days of half-hour ticks: 96 of them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from agents.lane.help import NOTHING, Call, Modules, Standby, Stay
from agents.mechanisms.fires.fires import ONE
from tests.agents.small_fire import HALF_HOURS, MEMBERS, FireStage

EL, FR, IT = (MEMBERS.index(code) for code in ("EL", "FR", "IT"))
END_H = 47.5
"""Hour in which the last tick begins."""
A_DAY = 24 * HALF_HOURS


def add_call(played: FireStage, place: int, opened: float, **values: Any) -> Call:
    """Put a call on the books; times are ticks."""
    call = Call(place, played.subject(MEMBERS[place]), len(played.lane.help.calls), opened, Any)  # type: ignore[arg-type]
    for name, value in values.items():
        setattr(call, name, value)
    played.lane.help.calls.append(call)
    return call


# Fires ---------------------------------------------------------------------------------------


def test_area_burnt_by_large_and_small_fires() -> None:
    """Greece needs 40 modules for a day and has ten on the ground, and by day 4 in the air.

    Eleven hectares an hour burn for each module that is missing, and 0.4 of that for each at work;
    at night three tenths of it. Small fires burn 30,000 ha a year; a fifth of 35% of that in
    30 days.
    """
    played = FireStage(call_at=1000.0)
    played.burns("EL", 40)
    played.until(23.5)
    by_day = 14 * 11 * (26 + 0.4 * 14)
    by_night = 10 * 3.3 * (30 + 0.4 * 10)
    small = 30_000 * 0.35 * 0.2 / 30
    assert played.outcomes["hectares_burnt"] == pytest.approx(by_day + by_night + small, rel=2e-3)


def test_need_not_met_by_day_and_by_night() -> None:
    """Aircraft fly for 14 of the 24 hours."""
    played = FireStage(call_at=1000.0)
    played.burns("EL", 40)
    played.burns("BG", 6)
    played.until(23.5)
    assert played.outcomes["unmet_need_hours"] == pytest.approx(14 * 26 + 10 * 30 + 24 * 2)


def test_fires_of_all_sizes() -> None:
    """Greece has 1,500 fires a year and France 3,000; a fifth of them in 30 days at danger 1.

    Danger is 1 on the first day and 3 on the second; five large fires break out.
    """
    played = FireStage()
    played.until(23.5)
    played.danger(3.0)
    played.until(END_H)
    played.season.fires.outbreaks[0, [EL, FR]] = 1, 4
    small = 4500 * 0.2 / 30 * (1 + 3)
    assert played.outcomes["fires"] == pytest.approx(small + 5)


# Calls ---------------------------------------------------------------------------------------


def test_calls_that_were_answered_in_part_or_not() -> None:
    """Ticks are half hours.

    Greece waits 10 ticks for an offer and 20 for an aircraft; Bulgaria 6 for an offer, and has
    ground modules only until its call ends after 20. Portugal waits to the end of the run: 76.
    A call that was never written, because the fires were mastered before, is none.
    """
    played = FireStage()
    ground, mixed = Stay(Modules(0, 3), 25), Stay(Modules(2, 0), 30)
    add_call(played, EL, 10, first_call=12, first_offer=20, closed=60, stays=[ground, mixed])
    add_call(played, 0, 30, first_call=31, first_offer=36, closed=50, stays=[ground])
    add_call(played, 7, 20, first_call=24)
    add_call(played, EL, 62, closed=66)
    found = played.outcomes
    assert found["calls"] == 3
    assert found["hours_to_first_offer"] == pytest.approx((10 + 6 + 76) / 3 / HALF_HOURS)
    assert found["hours_to_first_aircraft"] == pytest.approx((20 + 20 + 76) / 3 / HALF_HOURS)
    assert found["unanswered_calls"] == pytest.approx(2 / 3)


def test_without_calls_their_means_are_not_defined() -> None:
    found = FireStage().outcomes
    assert found["calls"] == 0
    for name in ("hours_to_first_offer", "hours_to_first_aircraft", "unanswered_calls"):
        assert math.isnan(found[name])


# Help ----------------------------------------------------------------------------------------


def test_a_call_from_the_first_hour_to_the_help_that_comes() -> None:
    """Greece's fires outgrow its means at 6; it calls at 8, and misses 26 modules.

    France reads that at 8 and decides by 11 on four modules of each kind. Greece reads the offer at
    11:30 and accepts by 12:30. Aircraft leave at 16:30 and arrive at 18:30; ground modules leave at
    20:30 and arrive at 8:30 the next day.
    """
    played = FireStage()
    played.until(5.5)
    played.burns("EL", 40)
    played.until(8)
    assert (played.call.opened, played.call.first_call) == (6 * 2, 8 * 2)
    assert played.call.wanted == Modules(7, 13)
    played.told("FR", "assistance-request", "EL")
    played.until(11.5)
    assert [offer.modules for offer in played.call.offers] == [Modules(4, 4)]
    played.told("EL", "offer", "FR")
    played.until(END_H)
    stays = [(stay.modules, stay.arrived) for stay in played.call.stays]
    assert stays == [(Modules(4, 0), 18.5 * 2), (Modules(0, 4), 32.5 * 2)]
    found = played.outcomes
    assert found["hours_to_first_offer"] == 11.5 - 6
    assert found["hours_to_first_aircraft"] == 18.5 - 6
    assert found["unanswered_calls"] == 0
    assert found["duplicated_offers"] == found["refused_offers"] == 0
    abroad = 4 * (48 - 16.5) + 4 * (48 - 20.5)
    assert found["assistance_given"] == pytest.approx(abroad / 24)
    assert found["assistance_given@FR"] == pytest.approx(abroad / 24)
    assert found["assistance_given@IT"] == found["assistance_given@EL"] == 0
    crews = 8 * 25 * 10 / 24
    assert found["casework_hours"] == pytest.approx(crews * (48 - 12.5))


def test_help_is_given_until_it_is_fit_again() -> None:
    """Released at 20:00: two hours home, by day only, and ten of refit.

    The aircraft left at 16:30, rest until 6 and are home at 8, fit at 18: 25.5 hours. The ground
    modules have not left when the call ends, and do not leave.
    """
    played = FireStage(watch=0.0)
    played.until(5.5)
    played.burns("EL", 40)
    played.until(8)
    played.told("FR", "assistance-request", "EL")
    played.until(11.5)
    played.told("EL", "offer", "FR")
    played.until(19.5)
    played.burns("EL", 0)
    played.until(END_H)
    assert played.call.closed == 20 * 2
    assert [stay.left for stay in played.call.stays] == [20 * 2]
    assert played.outcomes["assistance_given@FR"] == pytest.approx(4 * 25.5 / 24)
    fires, work = played.season.fires, played.lane.work
    assert not fires.coming_aircraft.any()
    assert not fires.coming_ground.any()
    assert (work.pool("FR.aircraft").level, work.pool("FR.ground").level) == (10, 20)


def test_the_spread_of_help_is_by_module_that_a_state_has() -> None:
    """France gave two days for each of its 30 modules, Italy one for each of 18; seven gave none.

    The mean of nine is 1/3, the mean square 5/9, and the spread the root of 5/9 - 1/9.
    """
    played = FireStage()
    played.season.fires.given[0, [FR, IT]] = 30 * 2 * A_DAY, 18 * A_DAY
    found = played.outcomes
    assert found["unequal_assistance"] == pytest.approx(2 / 3)
    assert found["assistance_given"] == pytest.approx(78)
    assert (found["assistance_given@FR"], found["assistance_given@IT"]) == (60, 18)


def test_the_series_of_a_season() -> None:
    """Ticks are half hours: 256 ticks of one module are 128 module hours."""
    played = FireStage()
    fires = played.season.fires
    fires.unmet[0, [EL, FR]] = 100 * ONE, 156 * ONE
    fires.burnt[0, [EL, FR]] = 2 * ONE * ONE, ONE * ONE // 2
    fires.lent_aircraft[0, FR], fires.lent_ground[0, IT] = 3, 4
    played.open_call(EL)
    played.lane.help.close(played.open_call(FR), played.lane.now)
    series = {name: float(value) for name, (value,) in played.batch.series().items()}
    assert series == {
        "hectares_burnt": 2.5,
        "unmet_need_hours": 128,
        "open_calls": 1,
        "modules_abroad": 7,
    }


# Offers too many -----------------------------------------------------------------------------


def called(**assistance: Any) -> FireStage:
    """Return a stage at 8 o'clock; Greece, short of 12 modules, calls for (3, 6)."""
    played = FireStage(**assistance)
    played.until(5.5)
    played.burns("EL", 26)
    played.until(8)
    assert played.call.wanted == Modules(3, 6)
    return played


def test_offers_that_cover_what_others_offered() -> None:
    """France and Italy offer (3, 4) each, of (3, 6) that were asked for: (3, 2) too many."""
    played = called()
    for state in ("FR", "IT"):
        played.told(state, "assistance-request", "EL")
    played.until(11)
    assert [offer.modules for offer in played.call.offers] == [Modules(3, 4)] * 2
    assert played.outcomes["duplicated_offers"] == 5
    assert played.outcomes["refused_offers"] == 0


def test_what_is_not_needed_any_more_is_refused() -> None:
    """France's (3, 4) are accepted, and two of Italy's ground modules, which are still missing."""
    played = called()
    for state in ("FR", "IT"):
        played.told(state, "assistance-request", "EL")
    played.until(11)
    for state in ("FR", "IT"):
        played.told("EL", "offer", state)
        played.until(12 if state == "FR" else 13)
    assert [offer.accepted for offer in played.call.offers] == [Modules(3, 4), Modules(0, 2)]
    assert played.call.committed == Modules(3, 6)
    assert played.outcomes["refused_offers"] == 5
    assert played.outcomes["hours_to_first_offer"] == 11 - 6


def test_an_offer_that_nobody_answers_is_withdrawn_and_counted() -> None:
    """Made at 11, withdrawn at 11 the next day."""
    played = called()
    played.told("FR", "assistance-request", "EL")
    played.until(34.5)
    assert played.job("FR").means.held == Modules(3, 4)
    assert played.outcomes["refused_offers"] == 0
    played.until(35)
    assert played.job("FR").means.held == NOTHING
    assert played.outcomes["refused_offers"] == 7


def test_an_offer_on_a_call_that_ends_is_withdrawn_at_once() -> None:
    """Made at 11; the fires are out at 12:30."""
    played = called(watch=0.0)
    played.told("FR", "assistance-request", "EL")
    played.until(12)
    played.burns("EL", 0)
    played.until(13)
    assert played.call.closed == 12.5 * 2
    assert played.job("FR").means.held == NOTHING
    assert played.outcomes["refused_offers"] == 7


def test_fires_mastered_before_the_call_are_no_call() -> None:
    """Outgrown at 6; at 8, when it would call, no more than eight modules are missing."""
    played = FireStage()
    played.until(5.5)
    played.burns("EL", 40)
    played.until(7)
    assert played.call.is_open
    played.burns("EL", 22)
    played.until(8)
    assert played.call.closed == 8 * 2
    assert played.outcomes["calls"] == 0


# Stand-by ------------------------------------------------------------------------------------


def test_modules_on_stand_by_until_the_end_of_the_run() -> None:
    """Three of each kind from 6 on, for 72 hours: 42 of them within the run."""
    played = FireStage()
    played.until(6)
    played.recognised("FR", "EL")
    played.until(10)
    assert [standby.left for standby in played.job("FR").standbys] == [Modules(3, 3)]
    assert played.outcomes["standby_hours"] == pytest.approx(6 * 42)
    assert played.outcomes["false_warnings"] == 1


def test_stand_by_ends_with_its_time_and_with_an_offer() -> None:
    """France's three and three stand by for ten hours; Italy's from 6 until an offer at 11."""
    played = FireStage(standby=10.0)
    played.until(5.5)
    played.burns("EL", 26)
    played.until(6)
    played.recognised("FR", "EL")
    played.recognised("IT", "EL")
    played.until(8)
    played.told("IT", "assistance-request", "EL")
    played.until(END_H)
    assert [offer.ready for offer in played.call.offers] == [Modules(3, 3)]
    assert played.outcomes["standby_hours"] == pytest.approx(6 * 10 + 6 * 5)
    assert played.outcomes["false_warnings"] == 0


STANDBY = 20, 60
"""Ticks from which and until which modules stand by for Greece."""


@pytest.mark.parametrize(
    ("place", "call", "is_false"),
    [
        (EL, {"first_call": 59}, 0),
        (EL, {"first_call": 60}, 1),
        (EL, {"first_call": 12, "closed": 20}, 0),
        (EL, {"first_call": 12, "closed": 19}, 1),
        (EL, {"first_call": 12}, 0),
        (EL, {}, 1),
        (FR, {"first_call": 30}, 1),
    ],
)
def test_stand_by_is_for_nothing_if_no_call_was_open(
    place: int, call: dict[str, float], is_false: int
) -> None:
    played = FireStage()
    begun, until = STANDBY
    standby = Standby(played.subject("EL"), EL, begun, until, NOTHING)
    played.job("IT").standbys.append(standby)
    add_call(played, place, 10, **call)
    assert played.outcomes["false_warnings"] == is_false


# Calm ----------------------------------------------------------------------------------------


def test_calm_is_a_fifth_to_spare() -> None:
    """Ten ground modules and two aircraft, worth four: enough for 14, calm up to 14 * 5 / 6."""
    played = FireStage()
    fires = played.season.fires
    played.burns("EL", 14)
    played.until(12)
    assert fires.gap[0, EL] == 0
    for need, is_calm in ((14 * ONE * 5 // 6, True), (14 * ONE * 5 // 6 + 1, False), (0, True)):
        fires.need[0, EL] = need
        assert bool(fires.is_calm()[0, EL]) is is_calm
    assert np.all(np.delete(fires.is_calm()[0], EL))


def test_help_from_abroad_makes_no_calm() -> None:
    played = FireStage()
    fires = played.season.fires
    fires.help_aircraft[0, EL] = fires.help_ground[0, EL] = 50
    played.burns("EL", 13)
    played.until(12)
    assert not fires.is_calm()[0, EL]
