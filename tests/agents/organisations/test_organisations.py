"""Organisations: agents of the model that act on what their desks recognise and read."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np
import pytest

from agents import footprint, run_compiled
from agents.lane.lane import Lane
from agents.mechanisms.decoys import Decoy
from agents.mechanisms.network.underworld import Underworld
from agents.organisations.member_state import MemberState
from agents.organisations.organisation import Organisation
from agents.society.totals import unnecessary
from sim import LaneId
from tests.agents.procedures.tiny import (
    DECOY,
    MEMBERS,
    OTHER_REAL,
    REAL,
    Stage,
    compiled,
    procedure,
)

WORK = procedure(
    "[{take: {post: team}}, {wait: {delay: look}}, {write: case-notice}, {close: {how: ended}}]",
    delays={"look": 5},
    starts={"recognised": True, "told": ["case-notice"]},
)
TABLE = procedure(
    "[{take: {post: desk}}, {wait: {delay: look}}, {close: {how: ended}}]",
    delays={"look": 5},
    of="eurojust",
    at=["coordination"],
    starts={"told": ["case-notice"]},
)


def stage(**procedures: Any) -> Stage:
    """Return a stage on which states and Eurojust have work."""
    return Stage({"work": WORK, "table": TABLE, **procedures})


# Agents of Mesa ------------------------------------------------------------------------------


def everyone(lane: Lane, *threats: mesa.Agent) -> list[mesa.Agent]:
    """Return who should live in a lane."""
    organisations: list[Any] = list(lane.organisations.values())
    return [*threats, *organisations]


def test_everyone_is_an_agent_of_the_lane() -> None:
    played = stage()
    lane = played.lane
    assert isinstance(lane, mesa.Model)
    underworlds = lane.agents_by_type[Underworld]
    decoys = lane.agents_by_type[Decoy]
    there = everyone(lane, *underworlds, *decoys)
    assert set(lane.agents) == set(there)
    assert len(lane.agents) == 1 + 4 + len(lane.layout.groups)
    assert len({one.unique_id for one in lane.agents}) == len(lane.agents)
    assert all(one.model is lane for one in lane.agents)


def test_mesa_finds_agents_by_what_they_are() -> None:
    number = {kind: len(agents) for kind, agents in stage().lane.agents_by_type.items()}
    assert number[MemberState] == len(MEMBERS)
    assert number[Underworld] == 1
    assert number[Decoy] == 4


def test_every_group_of_the_world_is_one_organisation() -> None:
    lane = stage().lane
    found: dict[str, Any] = dict(lane.organisations)
    assert {name: one.group for name, one in found.items()} == lane.layout.groups
    states = {name: one.place for name, one in found.items() if isinstance(one, MemberState)}
    assert states == lane.layout.places
    assert list(states) == list(MEMBERS)
    others = {name for name, one in found.items() if type(one) is Organisation}
    assert others == found.keys() - states.keys(), "what bodies do is declared as procedures"
    assert "eurojust" in others


def test_lanes_share_no_agents() -> None:
    first, second = stage().lane, stage().lane
    assert not set(first.agents) & set(second.agents)


# What they act on ----------------------------------------------------------------------------


def test_desks_do_the_jobs_that_are_theirs() -> None:
    """Two procedures at one desk both begin; another desk of the state has its own."""
    other = procedure(
        "[{wait: {delay: look}}]", at=["police"], delays={"look": 1}, starts={"recognised": True}
    )
    money = procedure(
        "[{wait: {delay: look}}]", at=["financial"], delays={"look": 1}, starts={"recognised": True}
    )
    played = stage(other=other, money=money)
    played.recognises("DE.police", REAL)
    played.recognises("DE.financial", DECOY)
    assert {(case.procedure, case.organisation, case.subject) for case in played.cases} == {
        ("work", "DE", REAL),
        ("other", "DE", REAL),
        ("money", "DE", DECOY),
    }
    assert played.lane.organisations["DE"].subjects == {REAL, DECOY}


def test_nobody_listens_to_what_is_of_no_concern() -> None:
    played = stage()
    state = played.lane.organisations["DE"]
    assert len(state.listeners("police", "case-notice")) == 1
    assert state.listeners("police", "alert") == ()
    assert state.listeners("financial", "case-notice") == ()
    body = played.lane.organisations["eurojust"]
    assert len(body.listeners("eurojust.coordination", "case-notice")) == 1
    assert body.listeners("eurojust.coordination", "alert") == ()


def test_bodies_without_a_part_do_nothing() -> None:
    played = stage()
    played.recognises("eurojust.coordination", REAL)
    played.until(50)
    assert played.written == []
    assert played.hours(50) == (0, 0)
    assert set(played.lane.first_recognition) == {(REAL, "eurojust")}


def test_the_first_recognition_counts() -> None:
    played = stage()
    played.recognises("DE.police", REAL)
    played.until(5)
    for state in ("DE", "AT"):
        played.recognises(f"{state}.police", REAL)
    assert played.lane.first_recognition == {(REAL, "DE"): 0, (REAL, "AT"): 20}
    assert played.lane.recognitions_of(REAL) == {"DE": 0, "AT": 20}
    assert played.lane.recognitions_of(OTHER_REAL) == {}


def test_who_recognises_a_coincidence_is_wrong() -> None:
    played = stage()
    for state in ("DE", "AT"):
        played.recognises(f"{state}.police", DECOY)
    assert played.lane.first_recognition == {}
    assert played.lane.false_recognitions.total() == 2


def test_a_subject_that_is_another_one_now_is_recognised_anew() -> None:
    played = stage()
    played.recognises("DE.police", REAL)
    played.recognises("DE.police", OTHER_REAL)
    played.lane.forget_recognitions(REAL)
    assert played.lane.first_recognition == {(OTHER_REAL, "DE"): 0}
    played.until(3)
    played.recognises("AT.police", REAL)
    assert played.lane.recognitions_of(REAL) == {"AT": 12}


def test_a_report_goes_to_the_audience_it_is_written_for() -> None:
    played = stage()
    played.lane.write("eurojust.coordination", REAL, "invitation", 0b101)
    assert played.engine._to_emit[0].audience == 0b101


def test_a_desk_that_is_not_there_writes_nothing() -> None:
    played = stage()
    played.lane.write("IT.cert", REAL, "case-notice")
    assert played.written == []


def test_unneeded_disclosures_are_those_to_organisations_without_a_part() -> None:
    played = stage()
    played.saw(REAL, "DE")
    played.saw(DECOY, "AT")
    for subject, persons in ((REAL, 3), (DECOY, 5)):
        for group in ("DE", "AT", "eurojust"):
            played.engine._disclosed[subject, played.layout.groups[group]] = persons
    told = played.engine.disclosed(0)
    assert unnecessary(played.lane, told).sum() == 2 * 3 + 2 * 5
    for name in ("eurojust", "AT"):
        played.lane.organisations[name].subjects.add(REAL)
    played.lane.organisations["eurojust"].subjects.add(DECOY)
    assert unnecessary(played.lane, told).sum() == 2 * 5


def test_who_has_a_case_has_a_part_in_it() -> None:
    played = stage()
    played.tells("DE.police", "eurojust.coordination", REAL)
    assert played.lane.organisations["eurojust"].subjects == {REAL}
    played.until(20)
    assert played.lane.organisations["eurojust"].subjects == {REAL}, "also when it is closed"


def test_who_observed_has_contributed() -> None:
    played = stage()
    played.saw(REAL, "DE", "eurojust")
    found: dict[str, Any] = dict(played.lane.organisations)
    assert {name for name, one in found.items() if one.contributed(REAL)} == {"DE", "eurojust"}
    assert not any(one.contributed(DECOY) for one in found.values())


# Lanes and batches ---------------------------------------------------------------------------


def test_series_are_recorded_weekly() -> None:
    world = compiled({"work": WORK, "table": TABLE})
    result = run_compiled(world, [LaneId(0, 1, 0)])
    weeks = 200 // 7
    assert result.series_days.tolist() == [7.0 * week for week in range(1, weeks + 1)]
    for name, values in result.series.items():
        assert values.shape == (1, weeks), name
    for name in ("members_arrested", "victims_freed", "proceeds_meur", "disclosures"):
        assert np.all(np.diff(result.series[name][0]) >= 0), name
    assert result.series["open_cases"].max() > 0
    assert result.series["disclosures"][0, -1] <= result.counters["disclosures"][0]
    assert result.messages == result.counters["messages"][0]
    assert result.attempts == result.counters["attempts"][0]
    assert result.outcomes["cases_opened"][0] > 0
    assert result.outcomes["waiting_days"][0] >= 0


def test_what_is_shared_grows_with_the_policies_and_a_lane_does_not() -> None:
    one, two = (
        footprint(compiled({"work": WORK}, names=names).world)
        for names in (("bilateral",), ("bilateral", "full-pool"))
    )
    assert min(one) > 0
    assert one.shared < two.shared
    assert one.process < two.process
    assert (one.lane, one.tick) == (two.lane, two.tick)


def test_a_lane_keeps_to_its_own_draws() -> None:
    """The generator of Mesa is not drawn from."""
    played = stage()
    state = played.lane.random.getstate()
    for state_of in MEMBERS:
        played.recognises(f"{state_of}.police", REAL)
    played.until(60)
    assert len(played.ends) == len(MEMBERS)
    assert played.lane.random.getstate() == state


def test_the_oracle_notices_who_listens_to_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.procedures.practice.Practice.hears", lambda *_: True)
    with pytest.raises(AssertionError):
        test_nobody_listens_to_what_is_of_no_concern()
