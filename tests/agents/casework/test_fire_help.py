"""What a state keeps, offers and sends, in whole modules and hours worked out by hand.

On the stage France has ten aircraft and twenty ground modules, Italy six and twelve. At danger 1 an
eighth is kept at home, rounded up.
"""

from __future__ import annotations

from typing import Any

import pytest

from agents.casework.means import _Hold
from agents.lane.help import NOTHING, Call, Modules, Offer, Standby
from tests.agents.small_fire import HALF_HOURS, FireStage

END_H = 47.5


def called(need: float = 26, *readers: str, **assistance: Any) -> FireStage:
    """Return a stage at 8 o'clock; Greece's call is read by some states.

    A need of 26 leaves Greece short of 12 modules: it asks for (3, 6). With 40 it misses 26.
    """
    played = FireStage(**assistance)
    played.until(5.5)
    played.burns("EL", need)
    played.until(8)
    for reader in readers:
        played.told(reader, "assistance-request", "EL")
    return played


def offers(played: FireStage) -> list[tuple[str, int, int]]:
    """Offers made so far: who, aircraft, ground modules."""
    return [(offer.giver, *offer.modules) for offer in played.call.offers]


# What it can spare ---------------------------------------------------------------------------


def test_an_eighth_is_kept_at_the_usual_danger_and_twice_that_at_twice_the_danger() -> None:
    played = FireStage()
    assert played.spare("FR") == Modules(10 - 2, 20 - 3)
    assert played.spare("IT") == Modules(6 - 1, 12 - 2)
    played.danger(2.0)
    assert played.spare("FR") == Modules(10 - 3, 20 - 5)


def test_own_fires_come_first() -> None:
    """A need of eight keeps eight on the ground, and three aircraft, which meet three fifths."""
    played = FireStage()
    played.burns("FR", 8)
    assert played.spare("FR") == Modules(10 - 3 - 2, 20 - 8 - 3)


def test_what_is_promised_or_on_stand_by_is_not_spare() -> None:
    played = FireStage()
    job = played.job("FR")
    job.standbys += [
        Standby(played.subject("EL"), 3, 0, 20, Modules(1, 2)),
        Standby(played.subject("BG"), 0, 0, 4, Modules(3, 3)),
    ]
    with _Hold(job.means, Modules(2, 5)):
        assert job.spare(played.season) == Modules(8 - 4 - 2, 17 - 5 - 5)
        played.until(2)
        assert job.spare(played.season) == Modules(8 - 1 - 2, 17 - 2 - 5)


def test_danger_next_door_keeps_a_quarter_more_for_each_neighbour() -> None:
    """Germany, Spain and Italy lie next to France, Greece does not."""
    played = FireStage(standby_modules=0)
    job = played.job("FR")
    for about, aircraft, ground in (("EL", 2, 3), ("ES", 4, 8), ("IT", 7, 13)):
        played.recognised("FR", about)
        assert job.spare(played.season) == Modules(10 - aircraft, 20 - ground)


def test_danger_next_door_passes_with_its_stretch_of_time() -> None:
    """Stretches are of 48 hours."""
    played = FireStage(standby_modules=0)
    played.recognised("FR", "ES")
    played.until(47.5)
    assert played.spare("FR") == Modules(10 - 4, 20 - 8)
    played.until(48)
    assert played.spare("FR") == Modules(10 - 2, 20 - 3)


def test_the_last_stretch_of_time_lasts_to_the_end_of_the_run() -> None:
    """Three stretches of 96 ticks in each state."""
    stretches = FireStage().batch.stretches
    assert [stretches.subject(2, tick) for tick in (0, 95, 96, 287, 288, 1000)] == [
        6,
        6,
        7,
        8,
        8,
        8,
    ]


def test_a_picture_of_two_emergencies_makes_twice_as_careful_for_a_while() -> None:
    played = FireStage(caution=12.0)
    played.until(2)
    played.told("FR", "picture", "sitcen")
    played.until(13.5)
    assert played.spare("FR") == Modules(10 - 3, 20 - 5)
    played.until(14)
    assert played.spare("FR") == Modules(10 - 2, 20 - 3)


def test_no_more_is_kept_than_there_is() -> None:
    """An eighth at home, and as much as there is for the neighbour."""
    played = FireStage(reserve_for_neighbours=1.0, standby_modules=0)
    played.recognised("FR", "ES")
    assert played.spare("FR") == Modules(0, 0)


# Calls ---------------------------------------------------------------------------------------


def test_a_state_calls_for_what_is_missing_two_hours_after_it_is() -> None:
    """Half of 26 in the air, where an aircraft is worth two modules, half on the ground."""
    played = called(40)
    assert played.call.wanted == played.call.asked == Modules(7, 13)
    assert (played.call.opened, played.call.first_call) == (12, 16)


def test_who_has_seen_the_danger_coming_calls_in_half_the_time() -> None:
    played = FireStage()
    played.until(5.5)
    played.recognised("EL", "EL")
    played.burns("EL", 40)
    played.until(END_H)
    assert (played.call.opened, played.call.first_call) == (12, 14)
    assert played.job("EL").standbys == []


def test_eight_modules_are_borrowed_next_door() -> None:
    """Own means are 14: a need of 22 is eight too many and brings no call."""
    played = FireStage()
    played.until(6)
    played.burns("EL", 22)
    played.until(12)
    assert played.lane.help.calls == []
    played.burns("EL", 22 + 1 / 256)
    played.until(16)
    assert played.call.wanted == Modules(3, 5)


def test_help_on_its_way_is_not_missing() -> None:
    """Greece misses 26 modules; six aircraft, worth twelve, and six others come: eight remain."""
    played = FireStage()
    played.until(5.5)
    played.burns("EL", 40)
    fires = played.season.fires
    fires.coming_aircraft[0, 3] = fires.coming_ground[0, 3] = 6
    played.until(8)
    assert played.lane.help.calls == []
    fires.coming_ground[0, 3] = 5
    played.until(11)
    assert played.call.wanted == Modules(3, 5)


def test_a_second_call_asks_beyond_what_was_accepted() -> None:
    """France's (4, 4) were accepted. At 32 its aircraft are there and its ground modules come.

    Six aircraft meet 12 of 40, ten modules on the ground ten, four to come four: 14 are missing.
    """
    played = called(40, "FR")
    played.until(11.5)
    played.told("EL", "offer", "FR")
    played.until(32)
    assert (played.call.calls, played.call.wanted) == (2, Modules(4, 7))
    assert played.call.asked == Modules(4 + 4, 4 + 7)


def test_a_call_is_made_again_every_evening() -> None:
    """First at 8 and next at 32, two hours after 24 have passed."""
    played = called()
    played.until(31.5)
    assert played.call.calls == 1
    played.until(32)
    assert played.call.calls == 2


def test_a_call_ends_when_means_have_been_enough_for_as_long_as_is_watched() -> None:
    """They were not at 8, and are from 8:30 on."""
    played = called(watch=12.0)
    played.burns("EL", 5)
    played.until(19.5)
    assert played.call.is_open
    played.until(20)
    assert played.call.closed == 40


def test_watching_begins_anew_where_fires_come_back() -> None:
    """At 15 thirteen modules are needed: own means of fourteen are enough, but not by a fifth."""
    played = called(watch=12.0)
    played.burns("EL", 5)
    played.until(14.5)
    played.burns("EL", 13)
    played.until(15)
    played.burns("EL", 5)
    played.until(26.5)
    assert played.call.is_open
    played.until(27)
    assert (played.call.closed, played.call.calls) == (54, 1)


def test_who_has_not_called_yet_has_nothing_to_watch() -> None:
    """Outgrown at 6 and calm at 7:30, before the call is written at 8."""
    played = FireStage(watch=12.0)
    played.until(5.5)
    played.burns("EL", 40)
    played.until(7)
    played.burns("EL", 5)
    played.until(7.5)
    assert (played.call.closed, played.call.calls) == (15, 0)


def test_a_watch_ends_with_its_call() -> None:
    """The first call ends at 20; fires that are mastered before a second are not watched."""
    played = called(watch=12.0)
    played.burns("EL", 5)
    played.until(34)
    played.burns("EL", 40)
    played.until(35)
    played.burns("EL", 5)
    played.until(35.5)
    _, second = played.lane.help.calls
    assert (second.closed, second.calls) == (71, 0)


# Offers --------------------------------------------------------------------------------------


def test_at_most_four_of_each_kind_are_offered_three_hours_later() -> None:
    played = called(40, "FR")
    played.until(10.5)
    assert offers(played) == []
    played.until(11)
    assert offers(played) == [("FR", 4, 4)]


def test_no_more_is_offered_than_is_wanted() -> None:
    played = called(26, "FR", largest_offer=100)
    played.until(11)
    assert offers(played) == [("FR", 3, 6)]


def test_a_state_offers_all_it_can_spare() -> None:
    """Italy's six and twelve, less one and two."""
    played = called(80, "IT", largest_offer=100)
    played.until(11)
    assert offers(played) == [("IT", 5, 10)]


def test_aircraft_alone_are_sent_out_of_the_range_of_roads() -> None:
    """Cyprus, and there is nothing to offer for who has no aircraft."""
    played = FireStage()
    call: Call = played.open_call(1)
    assert played.job("FR")._could_give(call) == Modules(4, 0)
    assert played.job("BG")._could_give(call) == Modules(0, 0)


def test_what_others_offered_is_not_offered_again() -> None:
    """Italy reads of France's (3, 4) before it decides: (0, 2) of (3, 6) are still wanted."""
    played = called(26, "FR")
    played.until(10)
    played.told("IT", "assistance-request", "EL")
    played.until(11)
    played.told("IT", "offer", "FR")
    played.until(13)
    assert offers(played) == [("FR", 3, 4), ("IT", 0, 2)]
    assert played.outcomes["duplicated_offers"] == 0


def test_a_second_call_makes_old_offers_void() -> None:
    """France's offer was withdrawn; whoever weighs the new call starts from nothing."""
    played = called(26, "FR")
    played.until(10)
    played.told("IT", "assistance-request", "EL")
    played.until(11)
    played.told("IT", "offer", "FR")
    played.until(37)
    assert (played.call.calls, played.call.wanted) == (2, Modules(3, 6))
    played.told("IT", "assistance-request", "EL")
    played.until(40)
    assert offers(played)[-1] == ("IT", 3, 4)


def test_a_call_read_twice_is_weighed_once() -> None:
    played = called(26, "FR", "FR")
    played.until(9)
    played.told("FR", "assistance-request", "EL")
    played.until(END_H)
    assert offers(played) == [("FR", 3, 4)]


def test_nobody_answers_its_own_call() -> None:
    """Also if its fires have become so small that it could spare something."""
    played = called()
    played.burns("EL", 5)
    played.told("EL", "assistance-request", "EL")
    played.until(14)
    assert played.spare("EL").total > 0
    assert offers(played) == []


def test_offers_are_on_the_latest_call() -> None:
    """A state may call twice in a stretch of time; the calls are told apart."""
    played = FireStage()
    known = played.lane.help
    first = played.open_call(3)
    assert known.open_calls == {3: first}
    known.close(first, played.lane.now)
    second = played.open_call(3)
    assert known.latest_call(first.subject) is second
    assert (second.subject, second.key) == (first.subject, first.key + 1)


def test_offered_is_what_was_accepted_or_waits_for_an_answer() -> None:
    call, event = FireStage().open_call(3), FireStage().lane.environment.event()
    four = Modules(4, 4)
    call.add(Offer("FR", four, NOTHING, event, Modules(1, 2), is_open=False))
    call.add(Offer("IT", Modules(3, 0), NOTHING, event))
    assert call.offered == Modules(4, 2)
    assert call.committed == Modules(1, 2)


def test_the_centre_adds_offers_up_and_writes_one_report_of_all_that_it_reads_meanwhile() -> None:
    played = called(26, "FR", "IT")
    played.until(11)
    for _ in range(2):
        for giver in ("FR", "IT"):
            played.told("mic", "offer", giver)
    played.until(16)
    key = played.call.key
    assert played.lane.help.situations == {played.subject("EL"): [(key, 1, Modules(6, 8))]}


def test_the_centre_tells_what_has_been_offered_since_the_last_call() -> None:
    """It reports two hours after it reads; what it read before the second call is void."""
    played = called(26, "FR")
    played.until(11)
    played.told("mic", "offer", "FR")
    played.until(12.5)
    assert played.lane.help.situations == {}
    played.until(13)
    subject, key = played.subject("EL"), played.call.key
    assert played.lane.help.situations[subject] == [(key, 1, Modules(3, 4))]
    played.until(32)
    played.told("mic", "assistance-request", "EL")
    played.until(34)
    assert played.lane.help.situations[subject][-1] == (key, 2, Modules(0, 0))


def test_what_the_centre_tells_is_not_offered_again() -> None:
    played = called(26, "FR")
    played.until(11)
    played.told("mic", "offer", "FR")
    played.told("IT", "assistance-request", "EL")
    played.until(13)
    played.told("IT", "situation", "mic")
    played.until(14)
    assert offers(played)[-1] == ("IT", 0, 2)


def test_what_the_centre_told_before_a_second_call_is_void() -> None:
    played = called(26, "FR")
    played.until(11)
    played.told("mic", "offer", "FR")
    played.until(32)
    played.told("IT", "assistance-request", "EL")
    played.told("IT", "situation", "mic")
    played.until(35)
    assert offers(played)[-1] == ("IT", 3, 4)


# Sending -------------------------------------------------------------------------------------


def arrivals(played: FireStage) -> dict[str, float]:
    """Hours in which modules of each kind began to work."""
    kinds = {"aircraft" if stay.modules.aircraft else "ground": stay for stay in played.call.stays}
    return {kind: stay.arrived / HALF_HOURS for kind, stay in kinds.items()}


def helped(*, ready: bool, **assistance: Any) -> FireStage:
    """Return a stage on which France's offer of 11 is accepted at 12, with or without stand-by."""
    played = FireStage(**assistance)
    played.until(5.5)
    played.burns("EL", 26)
    if ready:
        played.recognised("FR", "EL")
    played.until(8)
    played.told("FR", "assistance-request", "EL")
    played.until(11)
    played.told("EL", "offer", "FR")
    return played


def test_crews_that_are_not_ready_take_four_hours_in_the_air_and_eight_on_the_ground() -> None:
    """And then two hours of flight, or twelve on the road."""
    played = helped(ready=False)
    played.until(END_H)
    assert arrivals(played) == {"aircraft": 12 + 4 + 2, "ground": 12 + 8 + 12}


def test_crews_on_stand_by_leave_in_a_quarter_of_the_time() -> None:
    """All three aircraft were ready; of the four ground modules three, which is not enough."""
    played = helped(ready=True)
    played.until(END_H)
    assert arrivals(played) == {"aircraft": 12 + 1 + 2, "ground": 12 + 8 + 12}


@pytest.mark.parametrize(("about", "standby_h"), [("BG", 72.0), ("EL", 1.0)])
def test_who_stands_by_for_others_or_no_more_is_not_ready(about: str, standby_h: float) -> None:
    played = FireStage(standby=standby_h)
    played.until(5.5)
    played.burns("EL", 26)
    played.recognised("FR", about)
    played.until(8)
    played.told("FR", "assistance-request", "EL")
    played.until(11)
    assert offers(played) == [("FR", 3, 4)]
    assert played.call.offers[0].ready == NOTHING
    assert [standby.left for standby in played.job("FR").standbys] == [Modules(3, 3)]


def test_ground_modules_on_stand_by_are_faster_too() -> None:
    played = helped(ready=True, standby_modules=4)
    played.until(END_H)
    assert arrivals(played) == {"aircraft": 12 + 1 + 2, "ground": 12 + 2 + 12}


def test_help_works_where_it_came_and_is_lent_until_it_is_fit_again() -> None:
    """Arrived at 15, gone home at 25 after ten hours: at night, so from 30 to 32; fit at 42."""
    played = helped(ready=True, longest_stay=10.0, renewal=1000.0)
    fires = played.season.fires
    lent = {}
    for hour in (12.5, 13, 14.5, 15, 24.5, 25, 41.5, 42):
        played.until(hour)
        helping, abroad = fires.help_aircraft[0].sum(), fires.lent_aircraft[0].sum()
        lent[hour] = (int(fires.coming_aircraft[0].sum()), int(helping), int(abroad))
    assert lent == {
        12.5: (3, 0, 0),
        13: (3, 0, 3),
        14.5: (3, 0, 3),
        15: (0, 3, 3),
        24.5: (0, 3, 3),
        25: (0, 0, 3),
        41.5: (0, 0, 3),
        42: (0, 0, 0),
    }


def test_modules_are_called_back_when_own_fires_need_them() -> None:
    """Seven aircraft are left in France, worth 14 modules, beside 20 on the ground.

    Eight too few are borrowed next door; from 17 on a little more is missing.
    """
    played = helped(ready=True)
    played.until(16)
    (stay,) = played.call.stays
    played.burns("FR", 42)
    played.until(16.5)
    assert played.season.fires.gap[0, 5] == 8 * 256
    assert stay.left is None
    played.burns("FR", 42 + 1 / 256)
    played.until(17.5)
    assert stay.left == 17 * HALF_HOURS


@pytest.mark.parametrize("hour", [18, 18.5])
def test_a_flight_in_the_evening_rests_until_dawn(hour: float) -> None:
    """Light from 6 to 20: who leaves at 18 arrives at 20, who leaves later flies on at dawn."""
    played = FireStage()
    played.until(hour)
    played.lane.environment.run(until=hour * HALF_HOURS)
    flight = 2 if hour == 18 else 1.5 + 10 + 0.5
    means, call = played.job("FR").means, played.open_call(3)
    assert means._travel("aircraft", call) == pytest.approx(flight * HALF_HOURS)
    assert means._travel("ground", call) == pytest.approx(12 * HALF_HOURS)
