"""Organisations: agents of the model that act on what their desks recognise and read."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np
import pytest

from agents import footprint, run_compiled
from agents.lane.lane import Lane
from agents.mechanisms.decoys import Decoy
from agents.mechanisms.network.network import CriminalNetwork
from agents.organisations.eurojust import Eurojust
from agents.organisations.europol import Europol
from agents.organisations.frontex import Frontex
from agents.organisations.member_state import MemberState
from agents.organisations.organisation import Organisation
from agents.society.totals import unnecessary
from scenarios import compile_world
from sim import Draws, LaneId
from sim.seam.world import LEVEL_ONE
from tests.agents.small import (
    MEMBERS,
    SUBJECT,
    Stage,
    compiled_small,
    days,
    police,
    policies,
    small,
)

DECOY = 1


def stage(**casework: Any) -> Stage:
    delays = {"verification": days(10), "analysis": days(6), "false_pursuit": days(20)}
    return Stage(small(casework={**delays, **casework}))


# Agents of Mesa ------------------------------------------------------------------------------


def test_everyone_is_an_agent_of_the_lane() -> None:
    lane = Stage().lane
    assert isinstance(lane, mesa.Model)
    everyone = [lane.of(0), *lane.of(0).decoys, *lane.organisations.values()]
    assert all(isinstance(one, mesa.Agent) for one in everyone)
    assert set(lane.agents) == set(everyone)
    assert len(lane.agents) == 1 + 4 + len(lane.layout.groups)
    assert len({one.unique_id for one in lane.agents}) == len(lane.agents)
    assert all(one.model is lane for one in lane.agents)


def test_mesa_finds_agents_by_what_they_are() -> None:
    lane = Stage().lane
    number = {kind: len(agents) for kind, agents in lane.agents_by_type.items()}
    assert number[MemberState] == len(MEMBERS)
    assert number[CriminalNetwork] == number[Europol] == number[Eurojust] == number[Frontex] == 1
    assert number[Decoy] == 4


def test_every_group_of_the_world_is_one_organisation() -> None:
    lane = Stage().lane
    assert {name: one.group for name, one in lane.organisations.items()} == lane.layout.groups
    states = {
        name: one.place for name, one in lane.organisations.items() if isinstance(one, MemberState)
    }
    assert states == lane.layout.places
    assert list(states) == list(MEMBERS)
    others = {name for name, one in lane.organisations.items() if type(one) is Organisation}
    assert others == {"olaf", "enisa", "mic", "sitcen"}


def test_lanes_share_no_agents() -> None:
    first, second = Stage().lane, Stage().lane
    assert not set(first.agents) & set(second.agents)


# Member States -------------------------------------------------------------------------------


def test_a_state_without_traces_of_its_own_opens_no_case() -> None:
    played = stage()
    played.saw(SUBJECT, "AT")
    played.recognised(SUBJECT, "DE")
    played.told("PL", SUBJECT, "analysis", "europol")
    played.until(30)
    assert (
        played.lane.organisations["DE"].subjects
        == played.lane.organisations["PL"].subjects
        == set()
    )
    assert played.hours(30) == (0, 0)
    assert played.lane.first_recognition == {(SUBJECT, "DE"): 0}


def test_a_case_is_opened_once() -> None:
    played = stage(false_found=0)
    played.saw(DECOY, "DE")
    played.recognised(DECOY, "DE")
    played.told("DE", DECOY, "analysis", "europol")
    played.until(5)
    played.recognised(DECOY, "DE")
    played.until(40)
    assert played.written == [("DE.police", DECOY, "case-notice")]


@pytest.mark.parametrize("report", ["case-notice", "analysis"])
def test_a_state_with_traces_joins_a_case_it_hears_of(report: str) -> None:
    played = stage()
    played.settle(("DE", 5))
    played.saw(SUBJECT, "DE")
    played.until(3)
    played.told("DE", SUBJECT, report, "AT")
    assert played.lane.first_recognition == {(SUBJECT, "DE"): 12}
    played.until(14)
    assert ("DE.police", SUBJECT, "case-notice") in played.written


def test_who_joins_a_false_case_has_recognised_nothing() -> None:
    played = stage()
    played.saw(DECOY, "DE")
    played.told("DE", DECOY, "case-notice", "AT")
    played.until(3)
    assert played.lane.organisations["DE"].subjects == {DECOY}
    assert played.lane.first_recognition == {}


def test_a_verified_case_is_told_by_the_police() -> None:
    played = stage(investigation=days(100))
    played.settle(("DE", 5))
    played.saw(SUBJECT, "DE")
    played.recognised(SUBJECT, "DE")
    played.until(9)
    assert played.written == []
    assert not played.investigates("DE", SUBJECT)
    played.until(10)
    assert played.written == [("DE.police", SUBJECT, "case-notice")]
    assert played.investigates("DE", SUBJECT)


def test_the_first_recognition_counts() -> None:
    played = stage()
    played.recognised(SUBJECT, "DE")
    played.until(5)
    played.recognised(SUBJECT, "DE", "AT")
    assert played.lane.first_recognition == {(SUBJECT, "DE"): 0, (SUBJECT, "AT"): 20}


# Europol -------------------------------------------------------------------------------------


def test_europol_analyses_what_it_recognises_or_hears_of() -> None:
    for hear in (False, True):
        played = stage()
        if hear:
            played.told("europol", SUBJECT, "case-notice", "DE")
        else:
            played.recognised(SUBJECT, "europol")
        played.until(5)
        assert played.written == []
        played.until(6)
        assert played.written == [("europol.analysis", SUBJECT, "analysis")]


def test_europol_opens_a_file_once_and_none_on_other_news() -> None:
    played = stage()
    played.told("europol", SUBJECT, "analysis", "europol")
    played.told("europol", SUBJECT, "alert", "DE")
    played.told("europol", SUBJECT, "case-notice", "europol")
    played.until(10)
    assert played.written == []
    played.told("europol", SUBJECT, "case-notice", "DE")
    played.told("europol", SUBJECT, "case-notice", "AT")
    played.recognised(SUBJECT, "europol")
    played.until(30)
    assert len(played.written) == 1


def test_europol_may_see_through_a_decoy() -> None:
    for found, told in ((1, []), (0, [("europol.analysis", DECOY, "analysis")])):
        played = stage(false_found=found)
        played.recognised(DECOY, "europol")
        played.until(10)
        assert played.written == told
        assert played.hours(10)[1] == pytest.approx(6 * 6 * 5.4)


# Frontex -------------------------------------------------------------------------------------


def test_frontex_tells_of_the_risk_and_watches_closer_for_a_while() -> None:
    played = stage(operation_length=14 * 24.0, operation_gain=0.5)
    played.settle(("PL", 4), ("RO", 4))
    played.knows("frontex.risk-analysis", SUBJECT, "PL", "SK", "frontex")
    played.recognised(SUBJECT, "frontex")
    assert played.written == [("frontex.risk-analysis", SUBJECT, "risk")]
    played.until(0)
    assert (played.level("PL"), played.level("RO")) == (1.5 * LEVEL_ONE, LEVEL_ONE)
    assert played.level("SK") == 0
    played.until(13)
    assert played.level("PL") == 1.5 * LEVEL_ONE
    played.until(14)
    assert played.level("PL") == LEVEL_ONE


def test_who_moves_into_an_operation_is_seen_by_it() -> None:
    played = stage(operation_length=14 * 24.0, operation_gain=0.5)
    cells = played.settle(("PL", 4), ("RO", 4))
    played.knows("frontex.risk-analysis", SUBJECT, "SK")
    played.recognised(SUBJECT, "frontex")
    played.until(2)
    cells[0].place = played.layout.places["SK"]
    played.network.show()
    assert played.level("SK") == 1.5 * LEVEL_ONE
    assert played.level("PL") == 0
    played.until(14)
    assert played.level("SK") == LEVEL_ONE


def test_frontex_runs_few_operations_at_a_time() -> None:
    played = stage(operation_length=10 * 24.0, frontex_operations=1)
    for subject in (SUBJECT, DECOY):
        played.knows("frontex.risk-analysis", subject, "PL")
        played.recognised(subject, "frontex")
    played.until(5)
    assert played.lane.work.open_now == 1
    played.until(25)
    assert played.hours(25) == pytest.approx((10 * 6 * 5.4, 10 * 6 * 5.4))


# Others --------------------------------------------------------------------------------------


def test_bodies_without_a_part_do_nothing() -> None:
    played = stage()
    played.recognised(SUBJECT, "olaf", "eurojust")
    played.told("olaf", SUBJECT, "case-notice", "DE")
    played.until(50)
    assert played.written == []
    assert played.hours(50) == (0, 0)
    assert set(played.lane.first_recognition) == {(SUBJECT, "olaf"), (SUBJECT, "eurojust")}


def test_a_report_goes_to_the_audience_it_is_written_for() -> None:
    played = stage()
    played.lane.write("europol.analysis", SUBJECT, "analysis", 0b101)
    assert played.engine._to_emit[0].audience == 0b101


def test_unneeded_disclosures_are_those_to_organisations_without_a_part() -> None:
    played = stage()
    played.saw(SUBJECT, "DE")
    played.saw(DECOY, "AT")
    played.disclosed(SUBJECT, 3, "DE", "AT", "europol")
    played.disclosed(DECOY, 5, "DE", "AT", "europol")
    told = played.engine.disclosed(0)
    assert unnecessary(played.lane, told) == 2 * 3 + 2 * 5
    for name in ("europol", "AT"):
        played.lane.organisations[name].subjects.add(SUBJECT)
    played.lane.organisations["europol"].subjects.add(DECOY)
    assert unnecessary(played.lane, told) == 2 * 5


# Lanes and batches ---------------------------------------------------------------------------


def test_an_alert_read_twice_in_a_state_is_one_warrant() -> None:
    """Police and border guards both read the alert; the state surrenders on it once."""
    played, arrested = Stage(small(casework={"warrant_success": 0.5, "warrant": days(1)})), 0
    for replication in range(100):
        played.lane.draws = Draws(1, replication)
        police(played.lane, "AT")._executed.clear()
        (cell,) = played.settle(("AT", 100))
        cell.wanted = 1
        for _ in range(2):
            played.told("AT", SUBJECT, "alert", "DE")
        played.until(played.tick / 4 + 2)
        arrested += 100 - cell.members
    assert arrested == pytest.approx(50, abs=4 * 5)


def test_warrants_of_two_states_are_drawn_apart() -> None:
    """Who is not surrendered to one state may still be surrendered to another."""
    played = Stage(small(casework={"warrant_success": 0.5, "warrant": days(1)}))
    surrendered = []
    for replication in range(100):
        played.lane.draws = Draws(1, replication)
        police(played.lane, "AT")._executed.clear()
        (cell,) = played.settle(("AT", 100))
        cell.wanted = 1
        for issuer in ("DE", "PL"):
            played.told("AT", SUBJECT, "alert", issuer)
        played.until(played.tick / 4 + 2)
        surrendered.append(100 - cell.members)
    assert sum(surrendered) == pytest.approx(75, abs=4 * 4.4)


def test_series_are_recorded_weekly() -> None:
    result = run_compiled(compiled_small(("bilateral",)), [LaneId(0, 1, 0)])
    assert result.series_days.tolist() == [7.0 * week for week in range(1, 13)]
    for name, values in result.series.items():
        assert values.shape == (1, 12), name
    for name in ("aware_organisations", "arrested_share", "proceeds_meur", "disclosures"):
        assert np.all(np.diff(result.series[name][0]) >= 0), name
    assert result.series["arrested_share"][0, -1] == result.outcomes["arrested_share"][0]
    assert result.series["proceeds_meur"][0, -1] == result.outcomes["proceeds_meur"][0]
    assert result.series["disclosures"][0, -1] == result.outcomes["disclosures"][0]
    assert result.messages == result.counters["messages"][0]
    assert result.attempts == result.counters["attempts"][0]


def test_what_is_shared_grows_with_the_policies_and_a_lane_does_not() -> None:
    one, two = (
        footprint(compile_world(small(), policies(names)).world)
        for names in (("bilateral",), ("bilateral", "full-pool"))
    )
    assert min(one) > 0
    assert one.shared < two.shared
    assert one.process < two.process
    assert (one.lane, one.tick) == (two.lane, two.tick)


def test_a_lane_keeps_to_its_own_draws() -> None:
    """The generator of Mesa is not drawn from."""
    played = Stage()
    state = played.lane.random.getstate()
    played.settle(("DE", 5))
    played.weeks(3)
    assert played.lane.random.getstate() == state
    assert isinstance(played.lane, Lane)
