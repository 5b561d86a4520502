"""Common work: who is invited, who joins, who waits for whom, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest

from agents.procedures.common import Team
from tests.agents.procedures.tiny import (
    DECOY,
    REAL,
    TICKS_A_DAY,
    Recorder,
    Stage,
    base,
    ends_of,
    procedure,
)

STATE = """[{wait: {delay: look}},
            {join: {patience: patience,
                    alone: [{act: {verb: arrest, otherwise: [{close: {how: nobody}}]}}]}},
            {close: {how: struck}}]"""

TABLE = """[{invite: {report: invitation, into: work}}, {wait: {delay: setup}},
            {gather: {least: %d, patience: patience, otherwise: [{close: {how: too-few}}]}},
            {wait: {delay: order}},
            {act: {verb: arrest, at: members, otherwise: [{close: {how: nothing}}]}},
            {close: {how: together}}]"""


def played(
    look: float = 10, patience: float = 40, least: int = 2, setup: float = 5, longest: float = 60
) -> Stage:
    """Return a stage on which states look into things and Eurojust brings them together."""
    work = procedure(
        STATE,
        delays={"look": look, "patience": patience},
        starts={"recognised": True, "told": ["invitation"]},
        evidence={"usual": 8},
    )
    table = procedure(
        TABLE % least,
        of="eurojust",
        at=["coordination"],
        delays={"setup": setup, "patience": longest, "order": 3},
    )
    return Stage({"work": work, "table": table})


def invites(stage: Stage, *states: str, subject: int = REAL) -> None:
    """Let Eurojust begin, and states read its invitation."""
    stage.begins("eurojust", subject, "table")
    stage.until(stage.tick / TICKS_A_DAY)
    reads(stage, *states, subject=subject)


def reads(stage: Stage, *states: str, subject: int = REAL, teller: str = "eurojust") -> None:
    """Let states read an invitation."""
    desk = "eurojust.coordination" if teller == "eurojust" else f"{teller}.police"
    for state in states:
        stage.tells(desk, f"{state}.police", subject, "invitation")


def strikes(stage: Stage) -> list[tuple[float, tuple[str, ...]]]:
    """Return when somebody struck, and where."""
    codes = list(stage.layout.places)
    return [(day, tuple(codes[one] for one in blow.places)) for day, _, _, blow in stage.fakes.done]


# Together ------------------------------------------------------------------------------------


def test_those_who_join_strike_on_one_day_when_the_last_is_ready() -> None:
    stage = played()
    stage.recognises("DE.police", REAL)
    invites(stage, "DE")
    stage.until(4)
    reads(stage, "AT")
    stage.until(60)
    assert strikes(stage) == [(14 + 3, ("AT", "DE"))]
    assert sorted(stage.ends) == [
        ("AT", 17, "struck"),
        ("DE", 17, "struck"),
        ("eurojust", 17, "together"),
    ]


def test_who_is_ready_waits_for_the_signature() -> None:
    stage = played(look=2, setup=20)
    invites(stage, "DE", "AT")
    stage.until(60)
    assert strikes(stage) == [(23, ("AT", "DE"))]


def test_the_invitation_is_written_by_the_host() -> None:
    stage = played()
    invites(stage)
    assert stage.written == [("eurojust.coordination", REAL, "invitation")]


def test_who_strikes_with_others_and_has_success_trusts_them_more() -> None:
    stage = played()
    invites(stage, "DE", "AT")
    stage.until(60)
    assert [stage.trust(*pair) for pair in (("DE", "AT"), ("AT", "DE"), ("DE", "IT"))] == [
        1.5,
        1.5,
        1,
    ]


def test_a_common_action_that_comes_to_nothing_frees_all_and_earns_no_trust() -> None:
    stage = played()
    stage.fakes.comes = {"arrest": 0}
    invites(stage, "DE", "AT")
    stage.until(60)
    assert strikes(stage) == [(13, ("AT", "DE"))]
    assert ends_of(stage, ["table"]) == [(13, "nothing")]
    assert ends_of(stage, ["work"]) == [(13, "struck"), (13, "struck")]
    assert stage.trust("DE", "AT") == 1


def test_two_acts_of_one_common_action_are_both_everywhere() -> None:
    table = TABLE.replace(
        "{act: {verb: arrest", "{act: {verb: free, at: members}}, {act: {verb: arrest"
    )
    work = procedure(STATE, delays={"look": 10, "patience": 40}, starts={"told": ["invitation"]})
    host = procedure(
        table % 2,
        of="eurojust",
        at=["coordination"],
        delays={"setup": 5, "patience": 60, "order": 3},
    )
    stage = Stage({"work": work, "table": host})
    invites(stage, "DE", "AT")
    stage.until(60)
    assert strikes(stage) == [(13, ("AT", "DE"))] * 2
    assert [verb for _, verb in stage.fakes.verbs] == ["free", "arrest"]
    assert stage.trust("DE", "AT") == 1.5, "one success, whatever it consists of"


def test_nothing_comes_of_what_nobody_is_ready_for() -> None:
    """A host that does not gather acts while its members are still at work."""
    host = procedure(
        """[{invite: {report: invitation, into: work}}, {wait: {delay: setup}},
            {act: {verb: surrender, at: members, otherwise: [{close: {how: nobody}}]}},
            {close: {how: together}}]""",
        of="eurojust",
        at=["coordination"],
        delays={"setup": 5},
    )
    work = procedure(STATE, delays={"look": 10, "patience": 40}, starts={"told": ["invitation"]})
    stage = Stage({"work": work, "table": host})
    invites(stage, "DE", "AT")
    stage.until(60)
    assert ends_of(stage, ["table"]) == [(5, "nobody")]
    assert sorted(strikes(stage)) == [(10, ("AT",)), (10, ("DE",))]


# Whom it is open to --------------------------------------------------------------------------


def test_an_invitation_is_about_one_subject() -> None:
    stage = played()
    stage.recognises("DE.police", DECOY)
    stage.recognises("AT.police", DECOY)
    invites(stage, "DE", "AT", "CZ")
    stage.until(60)
    assert (13, ("AT", "CZ", "DE")) in strikes(stage)
    assert strikes(stage).count((10, ("DE",))) == 1
    assert strikes(stage).count((10, ("AT",))) == 1


def test_who_does_not_read_the_invitation_goes_alone() -> None:
    stage = played()
    stage.recognises("IT.police", REAL)
    invites(stage, "DE", "AT")
    stage.until(60)
    assert sorted(strikes(stage)) == [(10, ("IT",)), (13, ("AT", "DE"))]


def test_another_report_of_the_host_is_no_invitation() -> None:
    stage = played()
    work = stage.practice("DE", "work")
    case = stage.begins("DE", REAL)
    invites(stage)
    work.told(REAL, "case-notice", "eurojust")
    assert stage.practice("DE", "work").commons.joined(case) is None
    work.told(REAL, "invitation", "AT")
    assert work.commons.joined(case) is None, "AT has invited nobody"
    work.told(REAL, "invitation", "eurojust")
    assert work.commons.joined(case) is not None


def test_who_reads_the_invitation_twice_is_one_member() -> None:
    stage = played()
    invites(stage, "DE", "DE", "AT")
    stage.until(1)
    case = stage.practice("DE", "work").current(REAL)
    assert case is not None
    team = stage.practice("DE", "work").commons.joined(case)
    assert team is not None
    assert [one.organisation for one in team.joined] == ["DE", "AT"]


# Too few, too late, for too long -------------------------------------------------------------


def test_too_few_go_alone_at_once() -> None:
    stage = played(longest=20)
    invites(stage, "DE")
    stage.until(60)
    assert ends_of(stage, ["table"]) == [(25, "too-few")]
    assert strikes(stage) == [(25, ("DE",))]


@pytest.mark.parametrize(("least", "day"), [(1, 13), (2, 13), (3, None)])
def test_enough_is_what_the_procedure_says(least: int, day: float | None) -> None:
    stage = played(least=least, longest=20)
    invites(stage, "DE", "AT")
    stage.until(60)
    if day is None:
        assert sorted(strikes(stage)) == [(25, ("AT",)), (25, ("DE",))]
    else:
        assert strikes(stage) == [(day, ("AT", "DE"))]


def test_after_patience_it_begins_with_those_who_are_ready() -> None:
    """The third one would be ready on day 19; nobody waits for longer than until day 13."""
    stage = played(longest=8)
    invites(stage, "DE", "AT")
    stage.until(9)
    reads(stage, "IT")
    stage.until(60)
    assert strikes(stage) == [(16, ("AT", "DE")), (19, ("IT",))]
    assert ends_of(stage, ["table"]) == [(16, "together")]


def test_a_member_has_patience_only_so_long() -> None:
    """Ready on day 10, DE leaves on day 15; the others do not wait for it."""
    stage = played(patience=5)
    stage.recognises("DE.police", REAL)
    invites(stage, "DE")
    stage.until(8)
    reads(stage, "AT", "IT")
    stage.until(60)
    assert strikes(stage) == [(15, ("DE",)), (21, ("AT", "IT"))]


def test_who_comes_after_the_common_action_goes_alone() -> None:
    stage = played()
    invites(stage, "DE", "AT")
    stage.until(20)
    reads(stage, "IT")
    stage.until(60)
    assert strikes(stage) == [(13, ("AT", "DE")), (30, ("IT",))]


def test_who_comes_between_gathering_and_action_is_not_waited_for() -> None:
    """Orders are out from day 10 to 13; who joins on day 11 looks until day 21."""
    stage = played()
    invites(stage, "DE", "AT")
    stage.until(11)
    reads(stage, "IT")
    stage.until(60)
    assert strikes(stage) == [(13, ("AT", "DE")), (21, ("IT",))]


def test_a_member_whose_case_ends_is_not_waited_for() -> None:
    """DE drops its case on day 6; the others are ready on day 12 and strike on day 15."""
    work = procedure(
        """[{wait: {delay: look}},
            {chance: {name: kept, of: half, otherwise: [{close: {how: dropped}}]}},
            {wait: {delay: look}}, {join: {patience: patience}}, {close: {how: struck}}]""",
        delays={"look": 6, "patience": 40},
        chances={"half": 0.5},
        starts={"told": ["invitation"]},
    )
    table = procedure(
        TABLE % 2,
        of="eurojust",
        at=["coordination"],
        delays={"setup": 5, "patience": 60, "order": 3},
    )
    stage = Stage({"work": work, "table": table})
    stage.lane.draws = Recorder(False, True, True)
    invites(stage, "DE", "AT", "IT")
    stage.until(60)
    assert ends_of(stage, ["work"]) == [(6, "dropped"), (15, "struck"), (15, "struck")]
    assert strikes(stage) == [(15, ("AT", "IT"))]


def test_common_work_is_dissolved_with_the_case_of_its_host() -> None:
    host = procedure(
        """[{invite: {report: invitation, into: work}}, {wait: {delay: setup}},
            {close: {how: given-up}}]""",
        of="eurojust",
        at=["coordination"],
        delays={"setup": 12},
    )
    work = procedure(STATE, delays={"look": 10, "patience": 40}, starts={"told": ["invitation"]})
    stage = Stage({"work": work, "table": host})
    invites(stage, "DE", "AT")
    stage.until(11)
    assert strikes(stage) == []
    stage.until(60)
    assert sorted(strikes(stage)) == [(12, ("AT",)), (12, ("DE",))]
    assert list(stage.practice("DE", "work").commons.of(REAL)) == []


def test_gathering_without_an_invitation_gathers_nobody() -> None:
    host = procedure(
        """[{gather: {patience: patience, otherwise: [{close: {how: nobody}}]}},
            {close: {how: ended}}]""",
        delays={"patience": 5},
    )
    stage = Stage({"work": host})
    stage.begins("DE", REAL)
    stage.until(1)
    assert stage.ends == [("DE", 0, "nobody")]


# A state that invites ------------------------------------------------------------------------


def bilateral() -> Stage:
    """Return a stage on which a state may invite others itself."""
    work = procedure(
        STATE,
        delays={"look": 10, "patience": 40},
        starts={"recognised": True, "told": ["invitation"]},
    )
    team = procedure(
        TABLE % 2,
        delays={"setup": 5, "patience": 60, "order": 3},
        starts={"told": ["case-notice"]},
    )
    return Stage({"work": work, "team": team})


def test_the_own_case_of_a_host_joins_at_once() -> None:
    stage = bilateral()
    stage.recognises("DE.police", REAL)
    stage.tells("IT.police", "DE.police", REAL)
    stage.until(1)
    assert ("DE.police", REAL, "invitation") in stage.written
    reads(stage, "AT", teller="DE")
    stage.until(60)
    assert strikes(stage) == [(11 + 3, ("AT", "DE"))]


def test_a_host_without_a_case_of_its_own_is_no_member() -> None:
    stage = bilateral()
    stage.tells("IT.police", "DE.police", REAL)
    stage.until(1)
    reads(stage, "AT", "CZ", teller="DE")
    stage.until(60)
    assert strikes(stage) == [(14, ("AT", "CZ"))]


def test_of_two_invitations_the_first_binds() -> None:
    """DE joined Eurojust's table first; the one that Austria sets waits for it in vain."""
    work = procedure(STATE, delays={"look": 10, "patience": 90}, starts={"told": ["invitation"]})
    delays = {"setup": 5, "patience": 30, "order": 3}
    stage = Stage(
        {
            "work": work,
            "table": procedure(TABLE % 2, of="eurojust", at=["coordination"], delays=delays),
            "team": procedure(TABLE % 2, delays=delays, starts={"told": ["case-notice"]}),
        }
    )
    invites(stage, "DE", "IT")
    stage.tells("IT.police", "AT.police", REAL)
    stage.until(1)
    reads(stage, "DE", "CZ", teller="AT")
    stage.until(90)
    days = [day for day, where in strikes(stage) if "DE" in where]
    assert days == [13], "it strikes once"
    assert sum(where == ("CZ",) for _, where in strikes(stage)) == 1


# What they know together ---------------------------------------------------------------------


def test_who_works_together_knows_what_the_best_of_them_does() -> None:
    stage = played()
    stage.holds("DE.police", REAL, 5, "DE")
    stage.holds("AT.police", REAL, 20, "AT", "IT", "CZ")
    case = stage.begins("DE", REAL)
    practice = stage.practice("DE", "work")
    assert practice.known(case) == (5, 1)
    invites(stage, "DE", "AT")
    assert practice.known(case) == (20, 3)


def test_a_partner_without_the_desk_that_keeps_files_adds_nothing() -> None:
    """Here Italy has no response team; its police do the work."""
    kept = procedure(
        STATE,
        at=["cert", "police"],
        delays={"look": 10, "patience": 40},
        starts={"told": ["invitation"]},
        evidence={"usual": 8},
    )
    table = procedure(
        TABLE % 2,
        of="eurojust",
        at=["coordination"],
        delays={"setup": 5, "patience": 60, "order": 3},
    )
    desks = dict(base()["desks"])
    desks["cert"] = desks["police"]
    stage = Stage({"work": kept, "table": table}, desks=desks)
    assert "IT.cert" not in stage.layout.units
    stage.holds("DE.cert", REAL, 5, "DE")
    invites(stage, "DE", "IT")
    case = stage.practice("DE", "work").current(REAL)
    assert case is not None
    assert stage.practice("DE", "work").known(case) == (5, 1)
    other = stage.practice("IT", "work").current(REAL)
    assert other is not None
    assert stage.practice("IT", "work").known(other) == (5, 1)


# Planted errors ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "instead", "oracle"),
    [
        ("leave", lambda *_: None, test_a_member_whose_case_ends_is_not_waited_for),
        ("leave", lambda *_: None, test_a_member_has_patience_only_so_long),
        ("end", lambda *_, **__: None, test_too_few_go_alone_at_once),
        (
            "gathered",
            lambda *_: iter(()),
            test_those_who_join_strike_on_one_day_when_the_last_is_ready,
        ),
    ],
)
def test_the_oracles_notice(
    name: str, instead: Any, oracle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Team, name, instead)
    with pytest.raises(AssertionError):
        oracle()
