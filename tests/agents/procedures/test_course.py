"""The steps of a course, one by one: people, time, ways to go, what is done, and the end."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from agents.lane.verbs import Blow
from agents.procedures.course import Course
from tests.agents.procedures.tiny import (
    DECOY,
    OTHER_DECOY,
    OTHER_REAL,
    REAL,
    THREAT,
    TICKS_A_DAY,
    Recorder,
    Stage,
    base,
    ends_of,
    post,
    procedure,
)

CLOSE = "{close: {how: ended}}"
RARELY = 1 / (1 << 20)
"""To so much chances are rounded."""


def played(steps: str, others: dict[str, Any] | None = None, **declared: Any) -> Stage:
    """Return a stage with the procedure `work` of these steps."""
    return Stage({"work": procedure(steps, **declared), **(others or {})})


# People --------------------------------------------------------------------------------------

HELD = "[{take: {post: team}}, {wait: {delay: look}}, {close: {how: ended}}]"


def test_a_case_waits_for_people_and_gives_them_back_when_it_ends() -> None:
    stage = played(HELD, delays={"look": 3})
    cases = [stage.begins("DE", subject) for subject in (REAL, DECOY, OTHER_REAL)]
    stage.begins("AT", REAL)
    stage.until(2)
    assert stage.busy == 2
    stage.until(30)
    assert stage.ends == [
        ("DE", 3, "ended"),
        ("DE", 6, "ended"),
        ("DE", 9, "ended"),
        ("AT", 3, "ended"),
    ]
    assert [case.waited / TICKS_A_DAY for case in cases] == [0, 3, 6]
    assert stage.busy == 0


def test_hours_are_those_of_people_who_are_held() -> None:
    """Two officers of six hours a day; on a decoy they are false, waiting costs nothing."""
    stage = played(HELD, delays={"look": 3})
    stage.begins("DE", REAL)
    stage.begins("DE", DECOY)
    stage.until(30)
    assert stage.hours(30) == pytest.approx((36, 36))


def sampled(*answers: bool, sample: float = 0.25) -> Stage:
    """Return a stage with a quarter of the networks and of the teams, and with all of the others.

    The subjects of the threat that is there whole come after those of the tiny scenario.
    """
    threats = {
        name: {**base()["threats"][THREAT], "sampled": name == THREAT} for name in (THREAT, "whole")
    }
    stage = Stage(
        {"work": procedure(HELD, delays={"look": 3})},
        {"team": post(number=4, length="1 h")},
        threats=threats,
        sample={"value": sample, "assumed": "x"},
    )
    stage.lane.work._draws = Recorder(*answers)
    return stage


def test_any_team_may_be_called_to_a_case_of_what_is_there_whole() -> None:
    """One of four teams is of the sample; it works three days, then those called wait for it."""
    ours, theirs = True, False
    stage = sampled(ours, theirs)
    whole = stage.layout.threats.ranges["whole"]
    recorder: Any = stage.lane.work._draws
    cases = [stage.begins("DE", REAL), *(stage.begins("DE", whole[number]) for number in (0, 2))]
    stage.until(30)
    assert [case.waited / TICKS_A_DAY for case in cases] == [0, 3, 0]
    assert [day for _, day, _ in stage.ends] == [3, 6, 3]
    names = [("DE", stage.lane.named(whole[number]), 0) for number in (0, 2)]
    assert recorder.asked == [(0.25, "post:DE.team", name) for name in names]
    assert stage.hours(30) == pytest.approx((2 * 36, 36)), "whoever does it works the same hours"
    assert stage.busy == 0


def test_where_there_is_no_sample_all_teams_are_there() -> None:
    stage = sampled(sample=1.0)
    whole = stage.layout.threats.ranges["whole"]
    for number in range(4):
        stage.begins("DE", whole[number])
    stage.begins("DE", REAL)
    stage.until(30)
    assert [day for _, day, _ in stage.ends] == [3, 3, 3, 3, 6]


def test_people_are_given_back_at_the_end_of_a_chart_without_a_close() -> None:
    stage = played("[{take: {post: team}}, {wait: {delay: look}}]", delays={"look": 3})
    stage.begins("DE", REAL)
    stage.begins("DE", DECOY)
    stage.until(30)
    assert stage.ends == [("DE", 3, "done"), ("DE", 6, "done")]
    assert stage.engine.spent == [], "what ended without saying so is not done with"


def test_people_who_are_given_back_work_for_others() -> None:
    steps = """[{take: {post: team}}, {wait: {delay: look}}, {give: team},
                {wait: {delay: rest}}, {close: {how: ended}}]"""
    stage = played(steps, delays={"look": 3, "rest": 10})
    stage.begins("DE", REAL)
    stage.begins("DE", DECOY)
    stage.until(30)
    assert stage.ends == [("DE", 13, "ended"), ("DE", 16, "ended")]
    assert stage.hours(30) == pytest.approx((36, 36))


def test_giving_whom_one_does_not_hold_does_nothing() -> None:
    stage = played(f"[{{give: team}}, {CLOSE}]")
    stage.begins("DE", REAL)
    stage.until(0)
    assert stage.ends == [("DE", 0, "ended")]


def test_two_teams_of_one_post_are_both_given_back() -> None:
    steps = "[{take: {post: team}}, {take: {post: team}}, {wait: {delay: look}}, {give: team}]"
    stage = Stage({"work": procedure(steps, delays={"look": 3})}, {"team": post(number=2)})
    stage.begins("DE", REAL)
    stage.until(1)
    assert stage.busy == 2
    stage.until(4)
    stage.begins("DE", DECOY)
    stage.until(30)
    assert stage.ends == [("DE", 3, "done"), ("DE", 7, "done")]
    assert stage.hours(30) == pytest.approx((72, 72))


PATIENT = """[{take: {post: team, patience: queue, otherwise: [{close: {how: overtaken}}]}},
              {wait: {delay: look}}, {close: {how: ended}}]"""


def test_who_waits_for_longer_than_it_can_goes_another_way() -> None:
    stage = played(PATIENT, delays={"look": 10, "queue": 4})
    first, second = stage.begins("DE", REAL), stage.begins("DE", DECOY)
    stage.until(7)
    third = stage.begins("DE", OTHER_REAL)
    stage.until(30)
    assert [case.how for case in (first, second, third)] == ["ended", "overtaken", "ended"]
    assert [case.closed for case in (first, second, third)] == [40, 16, 80]
    assert [case.waited for case in (first, second, third)] == [0, 16, 12]
    assert stage.hours(30) == pytest.approx((2 * 120, 0)), "nobody worked on the second one"


def test_after_patience_the_chart_may_go_on_without_people() -> None:
    steps = "[{take: {post: team, patience: queue}}, {wait: {delay: look}}, {close: {how: ended}}]"
    stage = played(steps, delays={"look": 10, "queue": 4})
    stage.begins("DE", REAL)
    stage.begins("DE", DECOY)
    stage.until(30)
    assert stage.ends == [("DE", 10, "ended"), ("DE", 14, "ended")]
    assert stage.hours(30) == pytest.approx((120, 0))


def test_no_hours_of_people_are_lost_where_many_give_up() -> None:
    """After any mixture of ends the post is as free as at first."""
    stage = played(PATIENT, delays={"look": 2, "queue": 3})
    for subject in (REAL, OTHER_REAL, DECOY, OTHER_DECOY):
        stage.begins("DE", subject)
    stage.until(20)
    assert [how for _, _, how in stage.ends] == ["ended", "ended", "overtaken", "overtaken"]
    case = stage.begins("DE", REAL)
    stage.until(30)
    assert (case.waited, case.closed) == (0, 22 * TICKS_A_DAY)


# Time ----------------------------------------------------------------------------------------


def test_a_delay_lasts_as_declared() -> None:
    stage = played(f"[{{wait: {{delay: look}}}}, {CLOSE}]", delays={"look": 3.5})
    stage.begins("DE", REAL)
    stage.until(10)
    assert stage.ends == [("DE", 3.5, "ended")]


EVIDENT = f"[{{wait: {{delay: look, by: evidence, parts: 4}}}}, {CLOSE}]"


def test_what_is_known_later_saves_time_in_later_parts() -> None:
    """Parts of two days begin on days 0 and 2; four times the evidence quarters the others."""
    stage = played(EVIDENT, delays={"look": 8}, evidence={"usual": 8, "faster": 1})
    stage.holds("DE.police", REAL, 8)
    stage.begins("DE", REAL)
    stage.until(3)
    stage.holds("DE.police", REAL, 32)
    stage.until(20)
    assert stage.ends == [("DE", 5, "ended")]
    assert stage.engine.asked_at == [0, 8, 16, 18]


@pytest.mark.parametrize(
    ("traces", "faster", "day"),
    [(8, 1, 8), (16, 1, 4), (16, 0.5, 5.65625), (4, 1, 16), (16, 0, 8), (0.125, 1, 8 * 64)],
)
def test_time_goes_by_evidence_to_a_power(traces: float, faster: float, day: float) -> None:
    steps = f"[{{wait: {{delay: look, by: evidence}}}}, {CLOSE}]"
    stage = played(steps, delays={"look": 8}, evidence={"usual": 8, "faster": faster})
    stage.holds("DE.police", REAL, traces)
    stage.begins("DE", REAL)
    stage.until(1000)
    [(_, ended, _)] = stage.ends
    assert ended == pytest.approx(day, abs=1 / 64 / TICKS_A_DAY)


def test_without_any_evidence_nothing_takes_for_ever() -> None:
    steps = f"[{{wait: {{delay: look, by: evidence}}}}, {CLOSE}]"
    stage = played(steps, delays={"look": 1}, evidence={"usual": 8, "faster": 1})
    stage.begins("DE", REAL)
    stage.until(100)
    assert stage.ends == [("DE", 64, "ended")]


def test_what_is_on_file_stays_when_the_trail_goes_cold() -> None:
    stage = played(EVIDENT, delays={"look": 8}, evidence={"usual": 8, "faster": 1})
    stage.holds("DE.police", REAL, 16)
    case = stage.begins("DE", REAL)
    stage.until(0.5)
    stage.holds("DE.police", REAL, 1)
    stage.until(20)
    assert stage.ends == [("DE", 4, "ended")]
    assert case.file == (16, 0)


def test_parts_without_evidence_last_as_long_as_the_whole() -> None:
    stage = played(f"[{{wait: {{delay: look, parts: 4}}}}, {CLOSE}]", delays={"look": 8})
    stage.begins("DE", REAL)
    stage.until(20)
    assert stage.ends == [("DE", 8, "ended")]


def test_where_an_office_is_missing_it_takes_longer() -> None:
    """Italy had no asset recovery office."""
    stage = played(
        f"[{{wait: {{delay: look, unless: [aro_2010, longer]}}}}, {CLOSE}]",
        delays={"look": 4},
        numbers={"longer": 3},
    )
    for state in ("DE", "IT"):
        stage.begins(state, REAL)
    stage.until(30)
    assert stage.ends == [("DE", 4, "ended"), ("IT", 12, "ended")]


# Ways to go ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("traces", "how"), [(3.9, "stale"), (4, "ended"), (9, "ended")])
def test_one_goes_on_only_if_enough_is_known(traces: float, how: str) -> None:
    steps = f"[{{check: {{evidence: least, otherwise: [{{close: {{how: stale}}}}]}}}}, {CLOSE}]"
    stage = played(steps, numbers={"least": 4}, evidence={})
    stage.holds("DE.police", REAL, traces)
    stage.begins("DE", REAL)
    stage.until(0)
    assert [end for _, _, end in stage.ends] == [how]


TESTED = """[{test: {name: true_or_not, if_real: right, if_not: through, upholds: true,
                     otherwise: [{close: {how: dropped}}]}},
             {wait: {delay: look}}, {close: {how: ended}}]"""


@pytest.mark.parametrize(
    ("subject", "right", "through", "how"),
    [
        (REAL, 1, 0, "ended"),
        (REAL, 0, 1, "dropped"),
        (DECOY, 0, 1, "dropped"),
        (DECOY, 1, 0, "ended"),
    ],
)
def test_an_experiment_may_be_wrong_either_way(
    subject: int, right: float, through: float, how: str
) -> None:
    chances = {"right": right, "through": through}
    stage = played(TESTED, chances=chances, delays={"look": 2}, evidence={})
    case = stage.begins("DE", subject)
    stage.until(1)
    assert stage.lane.cases.are_open(subject, stage.layout.places["DE"]) == (how == "ended")
    stage.until(10)
    assert case.how == how
    assert case.upheld == (0 if how == "ended" else None)
    assert case.pursued(99) == (2 * TICKS_A_DAY if how == "ended" else 0)
    assert not stage.lane.cases.are_open(subject, stage.layout.places["DE"])


@pytest.mark.parametrize("upholds", ["", "upholds: false, "])
def test_only_what_upholds_makes_suspects(upholds: str) -> None:
    steps = TESTED.replace("upholds: true, ", upholds).replace("upholds: true,", upholds)
    chances = {"right": 1, "through": 0}
    stage = played(steps, chances=chances, delays={"look": 2}, evidence={})
    case = stage.begins("DE", REAL)
    stage.until(10)
    assert (case.how, case.upheld) == ("ended", None)


ODDS = {"usual": 8, "surer": 1.5, "organisation": 1.2, "doubt": 0.5}


def asked_of_nature(subject: int, traces: float, *groups: str, doubts: int = 0) -> float:
    """Return the chance with which nature says yes."""
    chances = {"right": 0.75, "through": 0.8}
    stage = Stage(
        {
            "work": procedure(
                TESTED, chances=chances, delays={"look": 2}, evidence=ODDS, heeds=["no-case"]
            )
        }
    )
    stage.lane.draws = recorder = Recorder()
    stage.holds("DE.police", subject, traces, *groups)
    for teller in ("AT.police", "CZ.police", "IT.police")[:doubts]:
        stage.tells(teller, "DE.police", subject, "no-case")
    stage.begins("DE", subject)
    stage.until(0)
    [(chance, stream, names)] = recorder.asked
    assert (stream, names) == ("work:true_or_not", ("DE", stage.lane.named(subject), 0))
    return chance


def share(odds: float) -> float:
    """Return the chance of these odds."""
    return odds / (1 + odds)


def test_odds_grow_with_evidence_and_organisations_either_way() -> None:
    """Odds of 3 to 1 on what is real, of 4 to 1 on a coincidence; both by hand."""
    for groups, traces, odds in (
        (("DE",), 8, 1),
        (("DE",), 16, 1.5),
        (("DE",), 32, 1.5 * 1.5),
        (("DE",), 4, 1 / 1.5),
        (("DE", "AT", "IT"), 16, 1.5 * 1.2 * 1.2),
        (("DE",), 8 * 2**-6, 1.5**-6),
        (("DE",), 8 * 2**-9, 1.5**-6),
        ((), 8, 1),
    ):
        real = asked_of_nature(REAL, traces, *groups)
        false = asked_of_nature(DECOY, traces, *groups)
        assert real == pytest.approx(share(3 * odds), abs=RARELY)
        assert false == pytest.approx(1 - share(4 * odds), abs=RARELY)


def test_each_negative_report_takes_from_the_weight() -> None:
    for doubts, odds in ((0, 1.5), (1, 1), (2, 1 / 1.5), (3, 1.5**-2)):
        chance = asked_of_nature(REAL, 16, "DE", doubts=doubts)
        assert chance == pytest.approx(share(3 * odds), abs=RARELY)


def test_whoever_told_of_what_does_not_hold_is_trusted_less() -> None:
    chances = {"right": 0, "through": 1}
    stage = played(
        TESTED,
        chances=chances,
        delays={"look": 2},
        evidence={},
        starts={"told": ["case-notice"], "tellers": 2},
    )
    stage.tells("AT.police", "DE.police", REAL)
    stage.tells("IT.police", "DE.police", REAL)
    stage.until(1)
    assert stage.ends == [("DE", 0, "dropped")]
    assert [stage.trust("DE", state) for state in ("AT", "CZ", "IT")] == [0.75, 1, 0.75]
    assert stage.trust("AT", "DE") == 1


@pytest.mark.parametrize(("goes", "how"), [(True, "left"), (False, "right")])
def test_chance_goes_one_way_or_the_other(goes: bool, how: str) -> None:
    steps = """[{chance: {name: turn, of: half, then: [{close: {how: left}}],
                          otherwise: [{close: {how: right}}]}}]"""
    for subject in (REAL, DECOY):
        stage = played(steps, chances={"half": 0.5})
        stage.lane.draws = recorder = Recorder(goes)
        stage.begins("DE", subject)
        stage.until(0)
        assert recorder.asked == [(0.5, "work:turn", ("DE", stage.lane.named(subject), 0))]
        assert [end for _, _, end in stage.ends] == [how]


def test_after_a_branch_that_does_not_close_the_chart_goes_on() -> None:
    steps = f"""[{{chance: {{name: turn, of: half, then: [{{wait: {{delay: look}}}}]}}}},
                 {{wait: {{delay: look}}}}, {CLOSE}]"""
    for goes, day in ((True, 4), (False, 2)):
        stage = played(steps, chances={"half": 0.5}, delays={"look": 2})
        stage.lane.draws = Recorder(goes)
        stage.begins("DE", REAL)
        stage.until(10)
        assert stage.ends == [("DE", day, "ended")]


def test_a_close_deep_inside_ends_the_case_once() -> None:
    steps = f"""[{{chance: {{name: one, of: sure, then: [
                   {{chance: {{name: two, of: sure, then: [{{close: {{how: inside}}}}]}}}},
                   {{write: case-notice}}]}}}},
                 {{write: case-notice}}, {CLOSE}]"""
    stage = played(steps, chances={"sure": 1})
    stage.begins("DE", REAL)
    stage.until(1)
    assert (stage.ends, stage.written) == ([("DE", 0, "inside")], [])


# What is done --------------------------------------------------------------------------------


def test_the_first_desk_of_the_organisation_writes() -> None:
    steps = f"[{{write: case-notice}}, {CLOSE}]"
    stage = Stage(
        {
            "work": procedure(steps, at=["financial", "police"]),
            "table": procedure(steps, of="eurojust", at=["coordination"]),
        }
    )
    stage.begins("DE", DECOY)
    stage.begins("eurojust", REAL, "table")
    stage.until(0)
    assert stage.written == [
        ("DE.financial", DECOY, "case-notice"),
        ("eurojust.coordination", REAL, "case-notice"),
    ]


def test_another_procedure_begins_beside_with_what_is_on_file() -> None:
    """The second one has no evidence of its own; it goes by the file of the first."""
    first = (
        f"[{{check: {{evidence: least}}}}, {{start: beside}}, {{wait: {{delay: look}}}}, {CLOSE}]"
    )
    second = f"[{{wait: {{delay: look, by: evidence}}}}, {CLOSE}]"
    evidence = {"usual": 8, "faster": 1}
    stage = played(
        first,
        {"beside": procedure(second, delays={"look": 8}, evidence=evidence, at=["financial"])},
        delays={"look": 10},
        numbers={"least": 1},
        evidence=evidence,
    )
    stage.holds("DE.police", REAL, 16, "DE", "AT")
    stage.begins("DE", REAL)
    stage.until(30)
    assert [(case.procedure, case.organisation) for case in stage.cases] == [
        ("work", "DE"),
        ("beside", "DE"),
    ]
    assert [case.file for case in stage.cases] == [(16, 2), (16, 2)]
    assert stage.ends == [("DE", 10, "ended"), ("DE", 4, "ended")]


def test_a_procedure_that_is_open_is_not_begun_again() -> None:
    other = procedure(f"[{{wait: {{delay: look}}}}, {CLOSE}]", delays={"look": 5})
    steps = f"[{{start: beside}}, {{wait: {{delay: look}}}}, {{start: beside}}, {CLOSE}]"
    for look, number in ((3, 1), (7, 2)):
        stage = played(steps, {"beside": other}, delays={"look": look})
        stage.begins("DE", REAL)
        stage.until(30)
        assert sum(case.procedure == "beside" for case in stage.cases) == number


def test_an_act_says_where_how_much_and_by_whom() -> None:
    steps = f"[{{act: {{verb: freeze, share: part, kept: half}}}}, {CLOSE}]"
    stage = played(steps, chances={"part": 0.25, "half": 0.5})
    stage.begins("IT", DECOY)
    stage.until(0)
    stage.begins("IT", DECOY)
    stage.until(3)
    place = stage.layout.places["IT"]
    assert [(verb, subject, blow) for _, verb, subject, blow in stage.fakes.done] == [
        ("freeze", DECOY, Blow((place,), "IT:0", 0.25, 0.5)),
        ("freeze", DECOY, Blow((place,), "IT:1", 0.25, 0.5)),
    ]


def test_an_act_without_shares_is_whole() -> None:
    stage = played(f"[{{act: {{verb: arrest}}}}, {CLOSE}]")
    stage.begins("IT", REAL)
    stage.until(0)
    [(_, _, _, blow)] = stage.fakes.done
    assert (blow.share, blow.kept) == (1, 1)


def test_an_act_that_comes_to_nothing_goes_another_way() -> None:
    steps = f"[{{act: {{verb: arrest, otherwise: [{{close: {{how: nobody}}}}]}}}}, {CLOSE}]"
    for came, how in ((0, "nobody"), (0.1, "ended"), (3, "ended")):
        stage = played(steps)
        stage.fakes.comes = {"arrest": came}
        stage.begins("DE", REAL)
        stage.until(0)
        assert [end for _, _, end in stage.ends] == [how]


@pytest.mark.parametrize(("traces", "odds"), [(8, 1), (16, 1.5), (4, 1 / 1.5)])
def test_the_odds_of_a_share_go_by_evidence(traces: float, odds: float) -> None:
    steps = f"[{{act: {{verb: convict, share: part, by: evidence}}}}, {CLOSE}]"
    stage = played(steps, chances={"part": 0.6}, evidence=ODDS)
    stage.holds("DE.police", REAL, traces, "DE")
    stage.begins("DE", REAL)
    stage.until(0)
    [(_, _, _, blow)] = stage.fakes.done
    assert blow.share == pytest.approx(share(1.5 * odds), abs=RARELY)


def test_what_a_body_does_at_home_is_done_nowhere() -> None:
    stage = Stage(
        {
            "work": procedure(
                f"[{{act: {{verb: arrest}}}}, {CLOSE}]", of="eurojust", at=["coordination"]
            )
        }
    )
    stage.begins("eurojust", REAL)
    stage.until(0)
    [(_, _, _, blow)] = stage.fakes.done
    assert not set(blow.places) & set(stage.layout.places.values())
    [text] = [deed.text for deed in stage.journal if deed.kind == "action"]
    assert not any(name in text.split() for name in stage.layout.groups)


WATCHING = """[{watch: {aspect: travel, gain: more, states: 2%s}}, {wait: {delay: look}},
               {close: {how: ended}}]"""
TRAVEL = 1


def seen(stage: Stage, aspect: int) -> dict[tuple[int, str], int]:
    """Return what there is to see of each subject in each state."""
    return {
        (subject, code): stage.level(subject, code, aspect)
        for subject in range(len(stage.layout.subjects))
        for code in stage.layout.places
    }


@pytest.mark.parametrize(
    ("among", "states"), [(", among: external-border", {"DE", "IT"}), ("", None)]
)
def test_more_is_seen_while_somebody_watches(among: str, states: set[str] | None) -> None:
    stage = played(WATCHING % among, delays={"look": 5}, numbers={"more": 0.5})
    for subject in (REAL, DECOY):
        everywhere = dict.fromkeys(stage.layout.places.values(), 2.0)
        for aspect in range(3):
            stage.lane.set_activity(subject, everywhere, aspect)
    before, other = seen(stage, TRAVEL), seen(stage, 0)
    stage.begins("DE", OTHER_REAL)
    stage.until(4)
    during = seen(stage, TRAVEL)
    watched = {code for (subject, code), level in during.items() if level > before[subject, code]}
    assert len(watched) == 2
    assert states in (None, watched)
    for (subject, code), level in during.items():
        assert level == round(before[subject, code] * (1.5 if code in watched else 1))
    assert seen(stage, 0) == other, "of other aspects no more is seen"
    stage.until(5)
    assert seen(stage, TRAVEL) == before


def test_two_who_watch_see_more_than_one() -> None:
    steps = WATCHING.replace("states: 2%s", "states: 64")
    stage = played(steps, delays={"look": 5}, numbers={"more": 0.5})
    stage.lane.set_activity(REAL, {0: 1.0}, TRAVEL)
    levels = []
    stage.begins("DE", REAL)
    for day in (0, 2, 4, 6, 8):
        stage.until(day)
        if day == 2:
            stage.begins("AT", REAL)
            stage.until(2.5)
        levels.append(stage.level(REAL, "AT", TRAVEL))
    one = levels[-1]
    assert [level / one for level in levels] == [1.5, 2, 2, 1.5, 1]


# The end -------------------------------------------------------------------------------------


@pytest.mark.parametrize("spend", [True, False])
def test_a_close_spends_the_evidence_of_the_desk_that_keeps_the_file_or_not(spend: bool) -> None:
    steps = f"[{{close: {{how: ended, spend: {str(spend).lower()}}}}}]"
    stage = Stage({"work": procedure(steps, at=["police", "financial"])})
    for desk in ("DE.police", "DE.financial", "AT.police"):
        stage.holds(desk, REAL, 10)
    stage.holds("DE.police", DECOY, 10)
    stage.begins("DE", REAL)
    stage.until(0)
    units = stage.layout.units
    gone = [(units["DE.police"], REAL)]
    assert stage.engine.spent == (gone if spend else [])
    assert len(stage.engine.held) == (3 if spend else 4)


def test_a_closed_case_makes_room_for_another_one_on_the_subject() -> None:
    stage = played(HELD, delays={"look": 2}, starts={"recognised": True})
    for day in (0, 1, 3):
        stage.until(day)
        stage.recognises("DE.police", REAL)
    stage.until(10)
    assert [(case.turn, case.opened, case.closed) for case in stage.cases] == [
        (0, 0, 8),
        (1, 12, 20),
    ]
    assert stage.practice("DE", "work").current(REAL) is None


def test_the_journal_tells_of_the_course() -> None:
    steps = (
        f"[{{take: {{post: team}}}}, {{write: case-notice}}, {{act: {{verb: arrest}}}}, {CLOSE}]"
    )
    stage = played(steps)
    stage.begins("DE", REAL)
    stage.until(0)
    assert [deed.text for deed in stage.journal if deed.actor == "DE"] == [
        "opens a case (work)",
        "puts people on it (work)",
        "writes case-notice (work)",
        "acts in DE: arrest (work)",
        "closes the case: ended (work)",
    ]


# About no subject ----------------------------------------------------------------------------

YEARLY = """[{take: {post: team}}, {watch: {aspect: travel, gain: more, states: 1}},
             {wait: {delay: look}}, {close: {how: ended}}]"""


def test_a_case_by_the_calendar_is_about_no_subject_and_spends_none() -> None:
    stage = Stage(
        {
            "work": procedure(
                YEARLY,
                of="eurojust",
                at=["coordination"],
                starts={"every": "10 d"},
                delays={"look": 4},
                numbers={"more": 0.5},
            )
        },
        {"team": post("eurojust")},
    )
    for subject in range(len(stage.layout.subjects)):
        stage.holds("eurojust.coordination", subject, 10)
    before = dict(stage.engine.held)
    stage.until(35)
    assert ends_of(stage, ["work"]) == [(4, "ended"), (14, "ended"), (24, "ended"), (34, "ended")]
    assert {case.subject for case in stage.cases} == {-1}
    assert [case.turn for case in stage.cases] == [0, 1, 2, 3]
    assert stage.hours(35) == pytest.approx((4 * 4 * 12, 0)), "it is no false casework"
    assert stage.engine.held == before
    assert stage.engine.spent == []
    assert stage.lane.organisations["eurojust"].subjects == set()
    assert stage.lane.first_recognition == {}


# Planted errors ------------------------------------------------------------------------------


def test_the_oracles_notice_who_keeps_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Course, "_give", lambda *_: None)
    with pytest.raises(AssertionError):
        test_a_case_waits_for_people_and_gives_them_back_when_it_ends()


def test_the_oracles_notice_what_knows_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.procedures.course.upholds", lambda **asked: float(asked["is_real"]))
    with pytest.raises(AssertionError):
        test_an_experiment_may_be_wrong_either_way(DECOY, 1, 0, "ended")
    with pytest.raises(AssertionError):
        test_odds_grow_with_evidence_and_organisations_either_way()


# What belongs together --------------------------------------------------------------------------


def linking(steps: str, **declared: Any) -> Stage:
    """Return a stage on which networks have three faces, with the procedure `work`."""
    threats = deepcopy(base()["threats"])
    (threat,) = threats.values()
    threat["faces"] = ["person", "vehicle", "account"]
    return Stage({"work": procedure(steps, **declared)}, threats=threats)


def test_faces_that_the_work_names_belong_together_from_then_on() -> None:
    stage = linking(f"[{{link: [account, person]}}, {CLOSE}]")
    stage.begins("DE", REAL)
    unit = stage.layout.units["DE.police"]
    stage.until(1)
    [part] = [one for one in stage.engine.knowledge(0, unit, REAL, 4) if one.faces.bit_count() > 1]
    assert part.faces == 0b101
    assert not stage.engine.knowledge(0, stage.layout.units["AT.police"], REAL, 4)
    assert not stage.engine.knowledge(0, unit, OTHER_REAL, 4)


def test_what_is_held_is_put_together_and_no_more() -> None:
    stage = linking(f"[{{link: held}}, {CLOSE}]")
    unit = stage.layout.units["DE.police"]
    stage.engine.link(0, unit, REAL, 1, 2)
    stage.begins("DE", REAL)
    stage.until(1)
    assert [one.faces for one in stage.engine.knowledge(0, unit, REAL, 4)] == [0b110]
    said = [deed.text for deed in stage.journal]
    assert not any("belongs together" in text for text in said)


def test_linking_in_a_case_about_nobody_does_nothing() -> None:
    stage = linking(f"[{{link: held}}, {CLOSE}]", starts={"every": "30 d"})
    stage.until(2)
    assert {case.how for case in stage.lane.cases.all} == {"ended"}
