"""Casework: scarce teams, hours, joint teams, warrants, and the race for the money."""

from __future__ import annotations

from typing import Any

import pytest
import simpy

from agents.lane.workplace import ORDINARY, URGENT, Post, Step, Workplace
from scenarios.schema.casework import declared
from tests.agents.small import HURRY, SUBJECT, TICKS_A_DAY, Stage, days, small

DECOY, OTHER, THIRD = 1, 2, 3
DELAYS: dict[str, Any] = {
    "verification": days(10),
    "false_pursuit": days(20),
    "investigation": days(30),
    "analysis": days(6),
    "coordination": days(5),
    "joint_team_setup": days(8),
    "authorisation": days(4),
    "warrant": days(7),
    "tracing": days(12),
    "freezing": days(2),
}
HOURS_A_DAY = 6 * 5.4
"""Officers in a team, times hours an officer works in a calendar day."""

STRIKE = 10 + 30 + 4
"""Day on which a case opened on day 0 comes to arrests: verified, investigated, authorised."""


def stage(*, network: Any = None, **casework: Any) -> Stage:
    """Return a stage with fixed delays, on which everybody who could be arrested is."""
    sure = {"arrested_alone": 1, "arrested_together": 1, "warrant_success": 1, "false_found": 1}
    return Stage(small(casework={**DELAYS, **sure, **casework}, network=network))


def notices(played: Stage) -> list[int]:
    """Subjects of the case notices written, in order."""
    return [subject for _, subject, report in played.written if report == "case-notice"]


# Scarce people -------------------------------------------------------------------------------


def test_two_cases_queue_for_the_only_team() -> None:
    """Slovenia has 7,700 officers and so one team; Italy's 246,000 make six."""
    played = stage(false_found=0)
    for state in ("SI", "IT"):
        played.saw(DECOY, state)
        played.saw(OTHER, state)
        played.recognised(DECOY, state)
        played.recognised(OTHER, state)
    told_by: dict[int, list[str]] = {day: [] for day in (9, 10, 39, 40)}
    for day, found in told_by.items():
        played.until(day)
        found += [desk for desk, _, _ in played.written]
    assert told_by[9] == []
    assert sorted(told_by[10]) == ["IT.police", "IT.police", "SI.police"]
    assert len(told_by[39]) == 3
    assert sorted(told_by[40]) == ["IT.police", "IT.police", "SI.police", "SI.police"]


def test_a_referred_case_goes_before_an_own_one() -> None:
    played = stage(false_found=0)
    for subject in (DECOY, OTHER, THIRD):
        played.saw(subject, "SI")
    played.recognised(DECOY, "SI")
    played.recognised(OTHER, "SI")
    played.told("SI", THIRD, "case-notice", "DE")
    played.until(200)
    assert notices(played) == [DECOY, THIRD, OTHER]


def test_europol_has_as_many_files_open_as_teams() -> None:
    played = stage(europol_teams=1, false_found=0)
    for subject in (DECOY, OTHER):
        played.recognised(subject, "europol")
    played.told("europol", THIRD, "case-notice", "DE")
    analysed = {}
    for day in (5, 6, 12, 18):
        played.until(day)
        analysed[day] = [subject for _, subject, _ in played.written]
    assert analysed == {5: [], 6: [1], 12: [1, 3], 18: [1, 3, 2]}


def _worker(work: Workplace, name: str, priority: int, done: list[str]) -> Step:
    with work.request("desk", priority) as place:
        yield place
        with work.shift("desk", useful=priority == URGENT):
            yield work._environment.timeout(3)
            done.append(name)


def test_places_go_by_priority_then_by_time_of_asking() -> None:
    environment = simpy.Environment()
    work, done = Workplace(environment, {"desk": Post(1, 2.0)}), list[str]()
    for name, priority in {
        "first": ORDINARY,
        "own": ORDINARY,
        "urgent": URGENT,
        "later": ORDINARY,
        "second urgent": URGENT,
    }.items():
        environment.process(_worker(work, name, priority, done))
    environment.run()
    assert done == ["first", "urgent", "second urgent", "own", "later"]
    assert work.hours(environment.now) == (2 * 3 * 2.0, 3 * 3 * 2.0)


# Hours ---------------------------------------------------------------------------------------


def test_hours_count_the_teams_days() -> None:
    played = stage()
    played.saw(DECOY, "SI")
    played.recognised(DECOY, "SI")
    played.until(50)
    assert played.hours(50) == pytest.approx((0, 10 * HOURS_A_DAY))
    assert played.lane.work.open_now == 0


def test_work_still_open_at_the_end_counts() -> None:
    played = stage()
    played.saw(DECOY, "IT")
    played.saw(SUBJECT, "IT")
    played.settle(("IT", 5))
    played.until(2)
    played.recognised(DECOY, "IT")
    played.recognised(SUBJECT, "IT")
    played.until(9)
    assert played.lane.work.open_now == 2
    assert played.hours(9) == pytest.approx((7 * HOURS_A_DAY, 7 * HOURS_A_DAY))


def test_waiting_for_a_team_costs_nothing() -> None:
    played = stage()
    for subject in (DECOY, OTHER):
        played.saw(subject, "SI")
        played.recognised(subject, "SI")
    played.until(15)
    assert played.lane.work.open_now == 1
    assert played.hours(15) == pytest.approx((0, 15 * HOURS_A_DAY))


def test_a_case_costs_police_and_financial_hours() -> None:
    """Verification, investigation and authorisation; tracing and freezing beside them."""
    played = stage()
    played.settle(("DE", 5))
    played.saw(SUBJECT, "DE")
    played.recognised(SUBJECT, "DE")
    played.until(100)
    assert played.hours(100) == pytest.approx(((STRIKE + 12 + 2) * HOURS_A_DAY, 0))


# Decoys --------------------------------------------------------------------------------------


def test_a_decoy_seen_through_is_dropped_quietly() -> None:
    played = stage(false_found=1)
    played.saw(DECOY, "DE")
    played.recognised(DECOY, "DE")
    played.until(100)
    assert played.written == []
    assert played.hours(100) == pytest.approx((0, 10 * HOURS_A_DAY))
    assert played.lane.false_recognitions == 1
    assert played.lane.first_recognition == {}


def test_a_decoy_not_seen_through_is_told_of_and_pursued() -> None:
    played = stage(false_found=0)
    played.saw(DECOY, "DE")
    played.recognised(DECOY, "DE")
    played.until(100)
    assert played.written == [("DE.police", DECOY, "case-notice")]
    assert played.hours(100) == pytest.approx((0, 30 * HOURS_A_DAY))


def test_a_decoy_leads_to_no_arrest_and_no_joint_team() -> None:
    played = stage(false_found=0)
    played.saw(DECOY, "DE", "AT")
    played.recognised(DECOY, "DE", "AT")
    for state in ("DE", "AT"):
        played.told("eurojust", DECOY, "case-notice", state)
    played.until(300)
    assert played.eurojust.team(DECOY) is None
    assert played.network.ledger.raids == 0
    assert played.network.ledger.frozen == 0


# Striking alone and together -----------------------------------------------------------------


def test_a_state_alone_arrests_at_home_and_warns_the_rest() -> None:
    played = stage(network={"moves_when_warned": 0})
    at_home, abroad = played.settle(("DE", 5), ("AT", 4))
    played.saw(SUBJECT, "DE")
    played.recognised(SUBJECT, "DE")
    played.until(STRIKE - 1)
    assert played.network.ledger.raids == 0
    assert played.investigates("DE", SUBJECT)
    played.until(STRIKE)
    ledger = played.network.ledger
    assert (ledger.raids, ledger.arrested) == (1, 5)
    assert (at_home.members, abroad.members) == (0, 4)
    assert ledger.first_arrest == STRIKE * TICKS_A_DAY
    assert played.network.is_warned
    assert played.written[-1] == ("DE.police", SUBJECT, "alert")
    assert not played.investigates("DE", SUBJECT)


def joint(played: Stage, *states: str) -> None:
    """Let states open a case on day 0 and tell Eurojust of it."""
    played.saw(SUBJECT, *states)
    played.recognised(SUBJECT, *states)
    for state in states:
        played.told("eurojust", SUBJECT, "case-notice", state)


def test_a_joint_team_arrests_everywhere_at_once() -> None:
    played = stage()
    cells = played.settle(("DE", 5), ("AT", 4), ("PL", 3))
    joint(played, "DE", "AT")
    played.until(10)
    team = played.eurojust.team(SUBJECT)
    assert team is not None
    assert team.members == {"DE", "AT"}
    assert not team.signed.triggered
    played.until(23)
    assert team.signed.triggered
    played.until(STRIKE - 1)
    assert played.network.ledger.arrested == 0
    played.until(STRIKE)
    assert [cell.members for cell in cells] == [0, 0, 3]
    ledger = played.network.ledger
    assert (ledger.raids, ledger.arrested) == (1, 9)
    assert ledger.first_arrest == STRIKE * TICKS_A_DAY
    alerts = [desk for desk, _, report in played.written if report == "alert"]
    assert alerts == ["AT.police"], "one state of the team asks for the arrest of who escaped"
    assert played.lane.work.open_now == 0


def test_a_joint_team_waits_for_the_signature() -> None:
    played = stage(coordination=days(40))
    played.settle(("DE", 5), ("AT", 4))
    joint(played, "DE", "AT")
    played.until(10 + 40 + 8 + 3)
    assert played.network.ledger.raids == 0
    played.until(10 + 40 + 8 + 4)
    assert played.network.ledger.arrested == 9


def test_a_joint_team_waits_for_its_last_member() -> None:
    """A state that verifies before the signature joins; the others wait until it is ready."""
    played = stage()
    cells = played.settle(("DE", 5), ("AT", 4), ("PL", 3))
    joint(played, "DE", "AT")
    played.until(8)
    joint(played, "PL")
    played.until(18)
    team = played.eurojust.team(SUBJECT)
    assert team is not None
    assert team.members == {"DE", "AT", "PL"}
    played.until(8 + STRIKE - 1)
    assert played.network.ledger.raids == 0
    played.until(8 + STRIKE)
    assert [cell.members for cell in cells] == [0, 0, 0]
    assert played.network.ledger.raids == 1


def test_who_joins_when_all_others_are_ready_is_waited_for() -> None:
    """The investigations of two take 30 days, their signature 50; a third joins on day 45."""
    played = stage(coordination=days(42))
    cells = played.settle(("DE", 5), ("AT", 4), ("PL", 3))
    joint(played, "DE", "AT")
    played.until(35)
    joint(played, "PL")
    played.until(45 + 30 + 4 - 1)
    assert played.network.ledger.raids == 0
    played.until(45 + 30 + 4)
    assert [cell.members for cell in cells] == [0, 0, 0]
    assert played.network.ledger.raids == 1


def test_a_state_that_comes_after_the_signature_strikes_alone() -> None:
    played = stage()
    cells = played.settle(("DE", 5), ("AT", 4), ("PL", 3))
    joint(played, "DE", "AT")
    played.until(20)
    joint(played, "PL")
    played.until(40)
    team = played.eurojust.team(SUBJECT)
    assert team is not None
    assert team.members == {"DE", "AT"}
    cells[2].place = played.layout.places["PL"]
    played.until(STRIKE)
    assert cells[2].members == 3
    cells[2].place = played.layout.places["PL"]
    played.until(20 + STRIKE)
    assert cells[2].members == 0
    assert played.network.ledger.raids == 2


def test_a_state_heard_of_before_the_signature_joins() -> None:
    played = stage()
    played.settle(("DE", 5), ("AT", 4), ("PL", 3))
    played.saw(SUBJECT, "DE", "AT", "PL")
    played.recognised(SUBJECT, "PL", "DE", "AT")
    for state in ("DE", "AT"):
        played.told("eurojust", SUBJECT, "case-notice", state)
    played.until(12)
    played.told("eurojust", SUBJECT, "case-notice", "PL")
    played.until(13)
    team = played.eurojust.team(SUBJECT)
    assert team is not None
    assert not team.signed.triggered
    assert team.members == {"DE", "AT", "PL"}


def test_a_state_nobody_heard_of_does_not_join() -> None:
    played = stage()
    played.settle(("DE", 5), ("AT", 4), ("PL", 3))
    joint(played, "DE", "AT")
    played.until(8)
    played.saw(SUBJECT, "PL")
    played.recognised(SUBJECT, "PL")
    played.until(20)
    team = played.eurojust.team(SUBJECT)
    assert team is not None
    assert team.members == {"DE", "AT"}


def test_eurojust_needs_two_states_that_investigate_and_told_it() -> None:
    played = stage()
    played.settle(("DE", 5), ("AT", 4))
    played.saw(SUBJECT, "DE", "AT")
    played.recognised(SUBJECT, "DE", "AT")
    played.told("eurojust", SUBJECT, "case-notice", "DE")
    played.told("eurojust", SUBJECT, "case-notice", "PL")
    played.until(20)
    assert played.eurojust.team(SUBJECT) is None
    played.told("eurojust", SUBJECT, "analysis", "europol")
    team = played.eurojust.team(SUBJECT)
    assert team is not None
    assert team.members == {"DE", "AT"}


def test_a_state_that_struck_alone_is_in_no_team() -> None:
    played = stage()
    played.settle(("DE", 5), ("AT", 4))
    played.saw(SUBJECT, "DE", "AT")
    played.recognised(SUBJECT, "DE")
    played.until(STRIKE)
    played.recognised(SUBJECT, "AT")
    for state in ("DE", "AT"):
        played.told("eurojust", SUBJECT, "case-notice", state)
    played.until(STRIKE + 20)
    assert played.eurojust.team(SUBJECT) is None


def test_eurojust_brings_few_cases_to_the_table_at_a_time() -> None:
    """The desk is the bottleneck: it is held through coordination and set-up."""
    played = stage(eurojust_desks=1)
    played.settle(("DE", 5), ("AT", 4))
    busy = played.lane.work.request("eurojust", URGENT)
    joint(played, "DE", "AT")
    played.until(60)
    team = played.eurojust.team(SUBJECT)
    assert team is not None
    assert not team.signed.triggered
    played.lane.environment.run(until=played.lane.environment.now + 1)
    busy.resource.release(busy)
    played.clocks.planned(0)
    played.until(60 + 5 + 8 + 4 + 1)
    assert played.network.ledger.arrested == 9


# Warrants ------------------------------------------------------------------------------------


def test_a_wanted_member_is_surrendered_where_he_hides() -> None:
    played = stage()
    (cell, other) = played.settle(("AT", 4), ("PL", 6))
    cell.wanted = 3
    played.told("AT", SUBJECT, "alert", "DE")
    played.told("PL", SUBJECT, "alert", "DE")
    played.until(6)
    assert played.network.ledger.arrested == 0
    played.until(7)
    assert (cell.members, cell.wanted, other.members) == (1, 0, 6)
    assert played.network.ledger.arrested == 3


def test_a_refused_warrant_leaves_him_wanted() -> None:
    played = stage(warrant_success=0)
    (cell,) = played.settle(("AT", 4))
    cell.wanted = 3
    played.told("AT", SUBJECT, "alert", "DE")
    played.until(50)
    assert (cell.members, cell.wanted) == (4, 3)


def test_who_moved_on_before_the_warrant_is_not_found() -> None:
    played = stage()
    (cell,) = played.settle(("AT", 4))
    cell.wanted = 4
    played.told("AT", SUBJECT, "alert", "DE")
    cell.place = played.layout.places["PL"]
    played.until(50)
    assert cell.members == 4


def test_an_alert_opens_no_case() -> None:
    played = stage()
    played.settle(("AT", 4))
    played.saw(SUBJECT, "AT")
    played.told("AT", SUBJECT, "alert", "DE")
    played.until(50)
    assert played.written == []
    assert played.hours(50) == (0, 0)


# Money ---------------------------------------------------------------------------------------


def money_stage(**casework: Any) -> Stage:
    calm = {"notice_per_week": 0, "leak_per_week": 0, "recruits_per_week": 0}
    return stage(network=calm, investigation=days(400), traced_share=0.5, **casework)


def frozen_on(played: Stage, *states: str, weeks: int) -> list[float]:
    """What is frozen by the end of each week, in states that recognise the network on day 0."""
    played.settle(*((state, 5) for state in states))
    played.saw(SUBJECT, *states)
    played.recognised(SUBJECT, *states)
    frozen = []
    for _ in range(weeks):
        played.weeks(1)
        frozen.append(played.network.ledger.frozen)
    return frozen


def test_money_is_frozen_after_tracing_and_service() -> None:
    """Verified on day 10, traced on day 22, frozen on day 24: in the fourth week."""
    frozen = frozen_on(money_stage(), "DE", weeks=5)
    assert frozen[2] == 0
    assert frozen[3] == frozen[4] > 0


def test_tracing_takes_twice_as_long_without_an_office() -> None:
    """Italy had no asset recovery office in 2010: frozen on day 36, in the sixth week."""
    frozen = frozen_on(money_stage(), "IT", weeks=7)
    assert frozen[4] == 0
    assert frozen[5] > 0


def test_half_of_what_is_frozen_is_confiscated() -> None:
    played = money_stage()
    frozen_on(played, "DE", weeks=4)
    ledger = played.network.ledger
    assert ledger.confiscated == pytest.approx(0.5 * ledger.frozen)


def test_the_later_freeze_gets_less() -> None:
    """The launderers win the race: once income stops, each week takes its share."""
    taken = []
    for tracing in (1, 15, 29):
        played = money_stage(tracing=days(tracing))
        (cell,) = played.settle(("DE", 5))
        played.saw(SUBJECT, "DE")
        played.weeks(4)
        cell.members = 0
        played.recognised(SUBJECT, "DE")
        played.weeks(10)
        taken.append(played.network.ledger.frozen)
    assert taken[1] == pytest.approx(taken[0] * 0.94**2)
    assert taken[2] == pytest.approx(taken[1] * 0.94**2)


def test_money_abroad_is_not_frozen() -> None:
    played = money_stage()
    _, abroad = played.settle(("DE", 5), ("AT", 5))
    played.saw(SUBJECT, "DE")
    played.recognised(SUBJECT, "DE")
    played.weeks(3)
    kept = abroad.liquid
    played.until(26)
    assert played.network.ledger.frozen > 0
    assert abroad.liquid == kept


def test_the_stage_hurries_no_fixed_delay() -> None:
    """The scenario's delays are shortened, the test's are not."""
    slow, quick = (
        declared(one.spec.casework.investigation) for one in (small(casework=DELAYS), small())
    )
    assert slow.verification.value == 240
    assert quick.verification.median == pytest.approx(21 * 24 / HURRY)
