"""When an organisation opens a case, whom it counts, what it knows, and what names its draws."""

from __future__ import annotations

from typing import Any

import pytest

from agents import run_compiled
from agents.lane.cases import Case
from agents.lane.durations import Durations
from agents.lane.workplace import URGENT
from agents.procedures.practice import Practice
from agents.society.society import Society
from sim import Kernel, LaneId, advance
from tests.agents.procedures.tiny import (
    DECOY,
    OTHER_REAL,
    REAL,
    TICKS_A_DAY,
    Stage,
    compiled,
    post,
    procedure,
)

LONG = "[{wait: {delay: look}}, {close: {how: ended}}]"


def played(steps: str = LONG, look: float = 5, **declared: Any) -> Stage:
    """Return a stage with the procedure `work`, whose cases take five days."""
    return Stage({"work": procedure(steps, delays={"look": look}, **declared)})


def opened(stage: Stage) -> list[tuple[str, int, float]]:
    """Return who opened a case on what, and on which day."""
    return [(case.organisation, case.subject, case.opened / TICKS_A_DAY) for case in stage.cases]


# What begins a case --------------------------------------------------------------------------


def test_nothing_begins_what_only_others_begin() -> None:
    stage = played()
    stage.recognises("DE.police", REAL)
    stage.tells("AT.police", "DE.police", REAL)
    stage.until(30)
    assert stage.cases == []


def test_a_recognition_begins_a_case_at_the_desks_of_the_procedure() -> None:
    stage = played(at=["police", "financial"], starts={"recognised": True})
    stage.recognises("DE.financial", REAL)
    stage.recognises("eurojust.coordination", REAL)
    assert opened(stage) == [("DE", REAL, 0)]
    stage.until(1)
    stage.recognises("DE.police", REAL)
    assert opened(stage) == [("DE", REAL, 0)], "it works on it already"
    stage.recognises("DE.police", DECOY)
    stage.recognises("AT.police", REAL)
    assert opened(stage)[1:] == [("DE", DECOY, 1), ("AT", REAL, 1)]


def test_a_recognition_elsewhere_begins_nothing() -> None:
    stage = played(starts={"recognised": True})
    stage.recognises("DE.financial", REAL)
    assert opened(stage) == []


def test_a_report_of_a_class_that_it_hears_of_begins_a_case() -> None:
    stage = played(starts={"told": ["case-notice"]})
    stage.tells("AT.police", "DE.police", REAL, "invitation")
    stage.tells("AT.police", "DE.financial", REAL)
    assert opened(stage) == []
    stage.tells("AT.police", "DE.police", REAL)
    assert opened(stage) == [("DE", REAL, 0)]


def test_who_is_told_is_aware_of_what_is_real_only() -> None:
    stage = played(starts={"told": ["case-notice"]})
    stage.until(2)
    stage.tells("AT.police", "DE.police", REAL)
    stage.tells("AT.police", "DE.police", DECOY)
    assert stage.lane.first_recognition == {(REAL, "DE"): 2 * TICKS_A_DAY}
    assert stage.lane.organisations["DE"].subjects == {REAL, DECOY}


def test_an_own_report_is_no_news() -> None:
    stage = played(at=["police", "financial"], starts={"told": ["case-notice"]}, heeds=["no-case"])
    for report in ("case-notice", "no-case"):
        stage.tells("DE.police", "DE.financial", REAL, report)
    assert opened(stage) == []
    assert stage.practice("DE", "work")._doubts == {}


def test_enough_organisations_must_have_told() -> None:
    stage = played(starts={"told": ["case-notice"], "tellers": 2})
    for _ in range(3):
        stage.tells("AT.police", "DE.police", REAL)
    stage.tells("IT.police", "DE.police", DECOY)
    assert opened(stage) == []
    stage.tells("IT.police", "DE.police", REAL)
    assert opened(stage) == [("DE", REAL, 0)]
    assert stage.practice("DE", "work").tellers(REAL) == {"AT", "IT"}


def test_after_a_case_those_who_told_are_counted_anew() -> None:
    stage = played(starts={"told": ["case-notice"], "tellers": 2})
    for teller in ("AT.police", "IT.police"):
        stage.tells(teller, "DE.police", REAL)
    stage.until(6)
    assert stage.practice("DE", "work").tellers(REAL) == set()
    stage.tells("AT.police", "DE.police", REAL)
    assert len(stage.cases) == 1
    stage.tells("CZ.police", "DE.police", REAL)
    assert [case.turn for case in stage.cases] == [0, 1]


@pytest.mark.parametrize("how", ["recognised", "told"])
def test_only_on_what_it_has_traces_of_itself(how: str) -> None:
    starts = {"recognised": True, "told": ["case-notice"], "observed": True}
    stage = played(starts=starts)
    stage.saw(REAL, "AT")
    stage.saw(DECOY, "DE")
    for _ in range(2):
        for subject in (REAL, DECOY):
            if how == "told":
                stage.tells("AT.police", "DE.police", subject)
            else:
                stage.recognises("DE.police", subject)
        if len(stage.cases) == 1:
            assert opened(stage) == [("DE", DECOY, 0)]
            stage.saw(REAL, "DE")
    assert opened(stage) == [("DE", DECOY, 0), ("DE", REAL, 0)]


def test_only_while_another_case_on_it_is_upheld() -> None:
    first = """[{wait: {delay: look}},
                {test: {name: holds, if_real: sure, if_not: sure, upholds: true}},
                {wait: {delay: look}}, {close: {how: ended}}]"""
    stage = Stage(
        {
            "first": procedure(first, delays={"look": 5}, chances={"sure": 1}, evidence={}),
            "work": procedure(
                LONG, delays={"look": 1}, starts={"told": ["case-notice"], "working": "first"}
            ),
        }
    )
    stage.begins("DE", REAL, "first")
    for day in (2, 7, 12):
        stage.until(day)
        for reader in ("DE.police", "CZ.police"):
            stage.tells("AT.police", reader, REAL)
            stage.tells("AT.police", reader, OTHER_REAL)
    stage.until(30)
    assert [one for one in opened(stage) if one != ("DE", REAL, 0)] == [("DE", REAL, 7)]


def test_a_case_by_the_calendar_comes_again_and_again() -> None:
    """The first one begins with the world; one that is still open does not stop the next."""
    stage = played(look=15, starts={"every": "10 d"})
    stage.until(31)
    assert [case.opened / TICKS_A_DAY for case in stage.cases if case.organisation == "IT"] == [
        0,
        10,
        20,
        30,
    ]
    assert {case.organisation for case in stage.cases} == {"AT", "CZ", "DE", "IT"}


def test_only_the_organisation_that_it_is_of_practises_it() -> None:
    stage = Stage(
        {
            "work": procedure(LONG, delays={"look": 1}, starts={"recognised": True}),
            "table": procedure(
                LONG,
                delays={"look": 1},
                of="eurojust",
                at=["coordination"],
                starts={"recognised": True},
            ),
        }
    )
    stage.recognises("eurojust.coordination", REAL)
    stage.recognises("DE.police", REAL)
    assert [(case.procedure, case.organisation, case.place) for case in stage.cases] == [
        ("table", "eurojust", -1),
        ("work", "DE", stage.layout.places["DE"]),
    ]


def test_who_is_asked_by_others_goes_first() -> None:
    steps = "[{take: {post: team}}, {wait: {delay: look}}, {close: {how: ended}}]"
    stage = played(steps, starts={"recognised": True, "told": ["case-notice"]})
    stage.recognises("DE.police", REAL)
    stage.recognises("DE.police", DECOY)
    stage.tells("AT.police", "DE.police", OTHER_REAL)
    stage.until(30)
    ended = sorted((case.closed, case.subject) for case in stage.cases if case.closed)
    assert [subject for _, subject in ended] == [REAL, OTHER_REAL, DECOY]


# What is known -------------------------------------------------------------------------------


def test_negative_reports_count_once_for_each_who_writes_them() -> None:
    evidence = {"usual": 8, "doubt": 0.5}
    stage = played(evidence=evidence, heeds=["no-case"])
    stage.holds("DE.police", REAL, 12, "DE", "AT", "IT")
    case = stage.begins("DE", REAL)
    practice = stage.practice("DE", "work")
    assert practice.known(case) == (12, 3)
    for teller, left in (("AT.police", 6), ("AT.financial", 6), ("IT.police", 3)):
        stage.tells(teller, "DE.police", REAL, "no-case")
        assert practice.known(case) == (left, 3)
    stage.tells("CZ.police", "DE.police", DECOY, "no-case")
    assert practice.known(case) == (3, 3)
    assert len(stage.cases) == 1, "a negative report opens no case"
    stage.until(6)
    again = stage.begins("DE", REAL)
    stage.holds("DE.police", REAL, 12, "DE")
    assert practice.known(again) == (12, 1), "a new case knows nothing of old doubts"


def test_what_is_known_is_the_most_that_was_held() -> None:
    stage = played(evidence={"usual": 8})
    case, practice = stage.begins("DE", REAL), stage.practice("DE", "work")
    found = []
    for traces, groups in ((4, ("DE",)), (9, ("DE", "AT")), (2, ("DE",)), (9, ("DE",))):
        stage.holds("DE.police", REAL, traces, *groups)
        found.append(practice.known(case))
    assert found == [(4, 1), (9, 2), (9, 2), (9, 2)]


# Draws ---------------------------------------------------------------------------------------

CHART = """[{take: {post: team}}, {wait: {delay: look}},
            {test: {name: holds, if_real: half, if_not: half, upholds: true,
                    otherwise: [{write: no-case}, {close: {how: dropped}}]}},
            {write: case-notice}, {wait: {delay: more, by: evidence}}, {close: {how: ended}}]"""


def real_world(names: tuple[str, ...]) -> Any:
    """Return a tiny world in which policies differ in who hears of what."""
    work = procedure(
        CHART,
        delays={"look": "{median: 5 d, p95: 20 d, assumed: x}", "more": "{mean: 6 d, assumed: x}"},
        chances={"half": 0.5},
        evidence={"usual": 5, "faster": 0.5, "surer": 1.5},
        starts={"recognised": True, "told": ["case-notice"]},
        heeds=["no-case"],
    )
    return compiled({"work": work}, {"team": post()}, names)


POLICIES = ("bilateral", "full-pool")


def draws_of_cases(number: int, monkeypatch: pytest.MonkeyPatch) -> dict[tuple[Any, ...], float]:
    """Return what was drawn under a policy for delays of cases, by name."""
    found: dict[tuple[Any, ...], float] = {}
    draw = Durations.draw

    def noted(self: Durations, draws: Any, name: str, *entity: int | str) -> float:
        result = draw(self, draws, name, *entity)
        assert found.setdefault((name, *entity), result) == result
        return result

    with monkeypatch.context() as patch:
        patch.setattr(Durations, "draw", noted)
        run_compiled(real_world(POLICIES), [LaneId(number, 1, 0)])
    return found


def test_a_case_draws_the_same_under_any_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (draws_of_cases(number, monkeypatch) for number in (0, 1))
    common = one.keys() & other.keys()
    assert len(common) > 10
    assert one != other, "the policies differ in which cases there are"
    assert all(one[name] == other[name] for name in common)
    for found in (one, other):
        turns: dict[Any, list[Any]] = {}
        for stream, organisation, subject, turn in found:
            assert stream in {"work:look", "work:more"}
            if stream == "work:look":
                turns.setdefault((organisation, subject), []).append(turn)
        assert all(numbers == list(range(len(numbers))) for numbers in turns.values())


def test_cases_of_real_runs_are_sound() -> None:
    """What is open has no end, what is closed has one, and nobody waits for less than nothing."""
    world = real_world(POLICIES)
    society = Society(world)
    advance(Kernel(world.world, [LaneId(0, 1, 0), LaneId(1, 1, 0)]), society, world.world.horizon)
    for lane in society.lanes:
        cases, horizon = lane.cases.all, world.world.horizon
        assert len(cases) > 20
        assert any(case.closed is None for case in cases)
        seen: dict[tuple[str, int], list[Any]] = {}
        for case in cases:
            before = seen.setdefault((case.organisation, case.subject), [])
            assert case.turn == len(before)
            assert all(one.closed is not None and one.closed <= case.opened for one in before)
            before.append(case)
            end = horizon if case.closed is None else case.closed
            assert 0 <= case.opened <= end
            assert 0 <= case.waiting(horizon) <= end - case.opened
            assert 0 <= case.pursued(horizon) <= end - case.opened
            assert (case.closed is None) == (case.how == "")
        assert lane.work.open_now <= 4, "one team in each state"


# Planted errors ------------------------------------------------------------------------------


def test_the_oracles_notice_who_is_counted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(self: Practice, subject: int, report: str, teller: str) -> None:
        """Count reports instead of organisations."""
        counted = self._tellers.setdefault(subject, set())
        counted.add(f"{teller} {report} {len(counted)}")
        if len(counted) >= self.spec.starts.tellers:
            self._consider(subject, URGENT)

    monkeypatch.setattr(Practice, "told", told)
    with pytest.raises(AssertionError):
        test_enough_organisations_must_have_told()


def test_the_oracles_notice_draws_that_go_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    names = property(lambda case: (case.organisation, case.subject, int(case.opened)))
    monkeypatch.setattr(Case, "names", names)
    with pytest.raises(AssertionError):
        test_a_case_draws_the_same_under_any_policy(monkeypatch)
