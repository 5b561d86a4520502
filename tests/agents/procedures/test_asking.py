"""Letters and orders across borders: who is asked, who answers, and what it is worth."""

from __future__ import annotations

from typing import Any

import pytest

from agents.procedures.asking import Inquiry
from tests.agents.procedures.tiny import (
    DECOY,
    OTHER_REAL,
    REAL,
    TICKS_A_DAY,
    Recorder,
    Stage,
    ends_of,
    post,
    procedure,
)

ASKS = """[{ask: {procedure: letter}}, {hear: {patience: patience}}, {close: {how: heard}}]"""
LETTER = """[{take: {post: clerk}}, {wait: {delay: gathering}},
             {chance: {name: found, of: sure, otherwise: [{close: {how: nothing}}]}},
             {answer: {evidence: proof}}, {close: {how: answered}}]"""
POSTS = {"team": post(), "desk": post("eurojust"), "clerk": post()}


def letter(gathering: float = 6, **fields: Any) -> dict[str, Any]:
    """Return what is asked of others."""
    return procedure(
        LETTER,
        delays={"gathering": gathering},
        chances={"sure": 1},
        numbers={"proof": 3},
        at=["financial"],
        **fields,
    )


def played(
    steps: str = ASKS,
    *,
    gathering: float = 6,
    patience: float = 50,
    others: dict[str, Any] | None = None,
    **declared: Any,
) -> Stage:
    """Return a stage on which states ask each other by letter."""
    work = procedure(
        steps,
        delays={"patience": patience, "look": 10},
        evidence={"usual": 8, "organisation": 2, "doubt": 0.5, **declared.pop("evidence", {})},
        **declared,
    )
    stage = Stage({"work": work, "letter": letter(gathering), **(others or {})}, POSTS)
    stage.holds("DE.police", REAL, 8, "DE", "AT", "IT", "eurojust")
    return stage


def known(stage: Stage, code: str = "DE") -> tuple[float, int]:
    """Return what a state knows in its case."""
    practice = stage.practice(code, "work")
    case = practice.current(REAL)
    assert case is not None
    return practice.known(case)


def letters(stage: Stage) -> list[tuple[str, float]]:
    """Return who was asked, and when."""
    return [
        (case.organisation, case.opened / TICKS_A_DAY)
        for case in stage.cases
        if case.procedure == "letter"
    ]


# Who is asked --------------------------------------------------------------------------------


def test_other_states_that_something_known_comes_from_are_asked() -> None:
    stage = played()
    stage.begins("DE", REAL)
    stage.until(1)
    assert letters(stage) == [("AT", 0), ("IT", 0)]


def test_what_came_and_went_before_the_letter_still_says_whom_to_ask() -> None:
    """Evidence that has aged away is in the file with its origin."""
    stage = played(
        "[{check: {evidence: some}}, {wait: {delay: look}}, {ask: {procedure: letter}}]",
        numbers={"some": 1},
    )
    stage.begins("DE", REAL)
    stage.until(1)
    stage.holds("DE.police", REAL, 2, "DE", "CZ")
    stage.until(11)
    assert letters(stage) == [("AT", 10), ("CZ", 10), ("IT", 10)]


def test_who_holds_nothing_from_abroad_asks_nobody_and_waits_for_nobody() -> None:
    stage = played()
    stage.holds("DE.police", REAL, 20, "DE")
    stage.begins("DE", REAL)
    stage.until(1)
    assert letters(stage) == []
    assert stage.ends == [("DE", 0, "heard")]


def test_partners_are_not_asked_and_count_as_if_they_had_answered() -> None:
    table = procedure(
        "[{invite: {report: invitation, into: work}}, {wait: {delay: long}}]",
        of="eurojust",
        at=["coordination"],
        delays={"long": 90},
    )
    stage = played(
        "[{wait: {delay: look}}, {ask: {procedure: letter}}, {wait: {delay: patience}}]",
        others={"table": table},
        starts={"told": ["invitation"]},
    )
    stage.begins("eurojust", REAL, "table")
    stage.until(0)
    for state in ("DE", "AT"):
        stage.tells("eurojust.coordination", f"{state}.police", REAL, "invitation")
    stage.until(11)
    assert [name for name, _ in letters(stage)] == ["IT"]
    case = stage.practice("DE", "work").current(REAL)
    assert case is not None
    assert stage.practice("DE", "work").proven(case) == {"AT", "DE"}
    stage.until(20)
    assert stage.practice("DE", "work").proven(case) == {"AT", "DE", "IT"}


def test_two_who_ask_for_the_same_get_the_same_answer() -> None:
    stage = played(gathering=8)
    stage.holds("CZ.police", REAL, 8, "CZ", "IT")
    stage.begins("DE", REAL)
    stage.until(3)
    stage.begins("CZ", REAL)
    stage.until(20)
    assert letters(stage) == [("AT", 0), ("IT", 0)]
    assert ends_of(stage, ["work"]) == [(8, "heard"), (8, "heard")]


def test_what_is_asked_is_about_one_subject() -> None:
    stage = played()
    stage.holds("DE.police", OTHER_REAL, 8, "DE", "IT")
    stage.begins("DE", REAL)
    stage.begins("DE", OTHER_REAL)
    stage.until(20)
    asked = [(c.organisation, c.subject) for c in stage.cases if c.procedure == "letter"]
    assert sorted(asked) == [("AT", REAL), ("IT", REAL), ("IT", OTHER_REAL)]


# Their people, and their time ------------------------------------------------------------------


def test_a_letter_takes_people_of_the_state_that_is_asked() -> None:
    """Italy's only clerk is at work on one letter; the other one waits for him."""
    stage = played()
    stage.holds("DE.police", OTHER_REAL, 8, "DE", "IT")
    stage.begins("DE", REAL)
    stage.begins("DE", OTHER_REAL)
    stage.until(20)
    assert ends_of(stage, ["work"]) == [(6, "heard"), (12, "heard")]
    assert stage.hours(20) == pytest.approx((18 * 12, 0))


def test_one_waits_for_the_last_answer_and_no_longer_than_one_can() -> None:
    for patience, day in ((50, 6), (2, 2)):
        stage = played(patience=patience)
        stage.begins("DE", REAL)
        stage.until(30)
        assert ends_of(stage, ["work"]) == [(day, "heard")]


def test_who_finds_nothing_ends_the_wait_and_gives_nothing() -> None:
    stage = played(ASKS.replace("{close: {how: heard}}", "{wait: {delay: look}}"))
    stage.lane.draws = Recorder(True, False)
    stage.begins("DE", REAL)
    stage.until(7)
    assert ends_of(stage, ["letter"]) == [(6, "answered"), (6, "nothing")]
    assert known(stage) == (8 + 3, 4)


# What an answer is worth -----------------------------------------------------------------------

COURT = """[{ask: {procedure: letter}}, {wait: {delay: look}},
            {test: {name: proven, if_real: right, if_not: right, by: %s,
                    otherwise: [{close: {how: dropped}}]}}, {close: {how: struck}}]"""


def asked_of_nature(ground: str, *answers: bool) -> float:
    """Return the chance with which nature says that it holds."""
    stage = played(COURT % ground, chances={"right": 0.5}, evidence={"surer": 2})
    stage.lane.draws = recorder = Recorder(*answers)
    stage.begins("DE", REAL)
    stage.until(12)
    return next(chance for chance, stream, _ in recorder.asked if stream == "work:proven")


def test_only_what_came_in_due_form_counts_in_court() -> None:
    """Twice the odds for each organisation, and for each doubling of 8 traces; all by hand.

    Four organisations are behind the evidence. Without an answer, only the own one counts.
    """
    for ground, answers, odds in (
        ("evidence", (False, False), 2**3),
        ("proof", (False, False), 1),
        ("proof", (True, False), 2 * 11 / 8),
        ("proof", (True, True), 2 * 2 * 14 / 8),
    ):
        chance = asked_of_nature(ground, *answers)
        assert chance == pytest.approx(odds / (1 + odds), abs=1e-6)


def test_the_odds_of_a_share_go_by_proof() -> None:
    steps = "[{ask: {procedure: letter}}, {act: {verb: convict, share: half, by: proof}}]"
    stage = played(steps, chances={"half": 0.5})
    stage.begins("DE", REAL)
    stage.until(1)
    [(_, _, _, blow)] = stage.fakes.done
    assert blow.share == pytest.approx(0.5, abs=1e-6), "the others have not answered yet"


def test_doubts_take_nothing_from_what_was_given_in_due_form() -> None:
    stage = played(
        ASKS.replace("{close: {how: heard}}", "{wait: {delay: look}}"), heeds=["no-case"]
    )
    stage.begins("DE", REAL)
    stage.until(7)
    stage.tells("CZ.police", "DE.police", REAL, "no-case")
    assert known(stage) == (8 / 2 + 3 + 3, 4)


def test_what_comes_late_helps_the_case_that_goes_on() -> None:
    """The trial begins before the answer, which comes on day 6; the trial ends on day 10."""
    trial = procedure(
        "[{wait: {delay: trial}}, {act: {verb: convict, share: half, by: proof}}]",
        delays={"trial": 10},
        chances={"half": 0.5},
        evidence={"usual": 8, "organisation": 2},
    )
    for gathering, odds in ((6, 4), (16, 1)):
        stage = played(
            "[{ask: {procedure: letter}}, {start: trial}, {close: {how: struck}}]",
            others={"trial": trial},
            gathering=gathering,
        )
        stage.begins("DE", REAL)
        stage.until(30)
        [(_, _, _, blow)] = stage.fakes.done
        assert blow.share == pytest.approx(odds / (1 + odds), abs=1e-6)


def test_a_letter_says_what_is_known() -> None:
    """Whoever executes it goes by the file of those who ask."""
    steps = "[{wait: {delay: gathering, by: evidence}}, {close: {how: answered}}]"
    quick = procedure(
        steps, at=["financial"], delays={"gathering": 8}, evidence={"usual": 8, "faster": 1}
    )
    stage = played(others={"letter": quick})
    stage.holds("DE.police", REAL, 16, "DE", "AT")
    stage.begins("DE", REAL)
    stage.until(30)
    assert ends_of(stage, ["letter"]) == [(4, "answered")]


def test_a_letter_about_a_coincidence_is_answered_like_any_other() -> None:
    stage = played()
    stage.holds("DE.police", DECOY, 8, "DE", "IT")
    stage.begins("DE", DECOY)
    stage.until(20)
    assert ends_of(stage, ["letter"]) == [(6, "answered")]


# Bodies --------------------------------------------------------------------------------------


def test_a_body_is_asked_and_what_it_does_by_the_calendar_is_about_nobody() -> None:
    table = procedure(
        "[{wait: {delay: look}}, {close: {how: done}}]",
        of="eurojust",
        at=["coordination"],
        delays={"look": 3},
        starts={"every": "100 d"},
    )
    stage = played(
        "[{ask: {procedure: table}}, {hear: {patience: patience}}, {close: {how: heard}}]",
        others={"table": table},
    )
    stage.until(4)
    stage.begins("DE", REAL)
    stage.until(30)
    held = [case for case in stage.cases if case.procedure == "table"]
    assert [(case.subject, case.opened / TICKS_A_DAY) for case in held] == [(-1, 0), (-1, 4)]
    assert ends_of(stage, ["work"]) == [(7, "heard")]
    assert stage.lane.first_recognition == {}


PATROL = """[{watch: {aspect: travel, gain: more, states: 1, among: external-border}},
             {wait: {delay: look}}, {close: {how: ended}}]"""


def border(**starts: Any) -> Stage:
    """Return a stage on which states ask a body to watch a border, and it has a programme too."""
    patrol = procedure(
        PATROL,
        of="eurojust",
        at=["coordination"],
        delays={"look": 3},
        numbers={"more": 0.5},
        starts={"every": "8 d"},
    )
    work = procedure("[{ask: {procedure: patrol}}, {close: {how: asked}}]", starts=starts)
    stage = Stage({"work": work, "patrol": patrol}, POSTS)
    places = dict.fromkeys(stage.layout.places.values(), 2.0)
    stage.lane.set_activity(REAL, places, 1)
    return stage


def watched(stage: Stage) -> set[str]:
    """Return the states in which more is seen than before."""
    levels = {code: stage.level(REAL, code, 1) for code in stage.layout.places}
    return {code for code, level in levels.items() if level > min(levels.values())}


def test_who_asks_is_watched_and_the_programme_goes_its_own_way() -> None:
    """The programme watches from day 0 to 3, 8 to 11, 16 to 19; Italy is watched from 4 to 7."""
    alone, asked = border(), border()
    for day in (1, 4, 5, 6.75, 7, 9, 17):
        alone.until(day)
        asked.until(day)
        if day == 4:
            asked.begins("IT", REAL)
            asked.until(4)
        expected = {"IT"} if 4 <= day < 7 else watched(alone)
        assert watched(asked) == expected, day
    assert watched(alone) <= {"DE", "IT"}
    assert len(watched(alone)) == 1
    assert [case.subject for case in asked.cases if case.procedure == "patrol"] == [-1] * 4


def test_only_states_with_an_external_border_begin_what_is_for_them() -> None:
    stage = border(told=["case-notice"], among="external-border")
    for state in ("AT", "CZ", "DE", "IT"):
        stage.tells("eurojust.coordination", f"{state}.police", REAL)
    assert [case.organisation for case in stage.cases if case.procedure == "work"] == ["DE", "IT"]


# Planted errors ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "instead", "oracle"),
    [
        ("give", lambda *_: None, test_only_what_came_in_due_form_counts_in_court),
        ("give", lambda *_: None, test_what_comes_late_helps_the_case_that_goes_on),
        (
            "answered",
            lambda *_: iter(()),
            test_one_waits_for_the_last_answer_and_no_longer_than_one_can,
        ),
    ],
)
def test_the_oracles_notice(
    name: str, instead: Any, oracle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Inquiry, name, instead)
    with pytest.raises(AssertionError):
        oracle()
