"""Cases: their times by hand, their turns, and who is under suspicion where."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from agents.lane.cases import NO_NAME, NO_PLACE, Case, Cases


def opened(
    cases: Cases, subject: int = 0, organisation: str = "DE", place: int = 2, now: float = 0
) -> Case:
    """Open a case of the procedure `work`."""
    return cases.open("work", organisation, place, subject, now)


# One case ------------------------------------------------------------------------------------


def test_what_names_a_case_in_draws_says_nothing_of_when_or_why() -> None:
    case = Cases().open("work", "DE", 2, 7, 12.5, 895)
    assert case.names == ("DE", 895, 0)


def test_a_case_about_nothing_has_a_name_in_draws_that_no_subject_has() -> None:
    case = opened(Cases(), subject=-1)
    assert case.names == ("DE", NO_NAME, 0)
    assert NO_NAME == 2**32 - 1


def test_time_of_waiting_is_what_is_over_and_what_goes_on() -> None:
    """Waited for 3 ticks before; asked for two posts since 10 and 12."""
    case = opened(Cases())
    assert case.waiting(20) == 0
    case.waited = 3.0
    case.asked = [10.0, 12.0]
    assert case.waiting(20) == 3 + 10 + 8
    case.asked.pop()
    assert case.waiting(10) == 3


def test_time_of_pursuit_runs_from_upholding_to_closing() -> None:
    cases = Cases()
    case = opened(cases, now=4)
    assert case.pursued(50) == 0
    cases.uphold(case, 10)
    assert case.pursued(50) == 40
    cases.close(case, "struck", 30)
    assert case.pursued(50) == 20
    assert (case.closed, case.how) == (30, "struck")


def test_a_case_that_is_dropped_has_pursued_nobody() -> None:
    cases = Cases()
    case = opened(cases)
    cases.close(case, "dropped", 30)
    assert case.pursued(50) == 0


def test_who_is_upheld_twice_is_suspected_since_the_first_time() -> None:
    cases = Cases()
    case = opened(cases)
    cases.uphold(case, 10)
    cases.uphold(case, 20)
    assert case.upheld == 10
    cases.close(case, "struck", 30)
    assert not cases.are_open(0, 2)


def test_what_is_upheld_and_closed_at_once_took_no_time() -> None:
    """Also in the first moment of a run, which is 0 and not nothing."""
    cases = Cases()
    case = opened(cases)
    cases.uphold(case, 0)
    cases.close(case, "struck", 0)
    assert case.pursued(50) == 0


# All cases -----------------------------------------------------------------------------------


def test_turns_are_counted_by_procedure_organisation_and_subject() -> None:
    cases = Cases()
    for number in range(3):
        case = opened(cases)
        assert case.turn == number
        cases.close(case, "dropped", 1)
    assert opened(cases, subject=1).turn == 0
    assert opened(cases, organisation="AT", place=0).turn == 0
    assert cases.open("other", "DE", 2, 0, 0).turn == 0
    assert [case.subject for case in cases.all] == [0, 0, 0, 1, 0, 0]


def test_the_open_case_is_found_until_it_is_closed() -> None:
    cases = Cases()
    assert cases.current("work", "DE", 0) is None
    case = opened(cases)
    assert cases.current("work", "DE", 0) is case
    assert cases.current("work", "DE", 1) is None
    assert cases.current("work", "AT", 0) is None
    assert cases.current("other", "DE", 0) is None
    cases.close(case, "dropped", 5)
    assert cases.current("work", "DE", 0) is None
    again = opened(cases)
    assert cases.current("work", "DE", 0) is again


def test_a_state_pursues_suspects_as_long_as_any_case_of_it_is_upheld() -> None:
    cases = Cases()
    one, other = opened(cases), cases.open("other", "DE", 2, 0, 0)
    assert not cases.are_open(0, 2)
    cases.uphold(one, 1)
    cases.uphold(other, 2)
    assert cases.are_open(0, 2)
    assert not cases.are_open(0, 1)
    assert not cases.are_open(1, 2)
    cases.close(one, "struck", 3)
    assert cases.are_open(0, 2)
    cases.close(other, "struck", 4)
    assert not cases.are_open(0, 2)


def test_a_case_of_a_body_is_nowhere() -> None:
    cases = Cases()
    case = cases.open("file", "europol", NO_PLACE, 0, 0)
    cases.uphold(case, 1)
    assert not any(cases.are_open(0, place) for place in range(27))


def test_the_first_that_was_upheld_counts() -> None:
    cases = Cases()
    assert math.isnan(cases.first_verified(0))
    one, other, third = (opened(cases, organisation=name, place=0) for name in ("AT", "CZ", "DE"))
    cases.uphold(other, 9)
    cases.uphold(one, 5)
    assert third.upheld is None
    assert cases.first_verified(0) == 5
    assert math.isnan(cases.first_verified(1))


Moves = st.lists(
    st.tuples(st.sampled_from("ouc"), st.integers(0, 1), st.integers(0, 2)), max_size=40
)


def told(moves: list[tuple[str, int, int]], cases: Any) -> None:
    """Open, uphold and close cases, and hold the books to those of a plain list."""
    alive: dict[tuple[int, int], Case] = {}
    for now, (do, subject, place) in enumerate(moves):
        key = subject, place
        if do == "o" and key not in alive:
            alive[key] = cases.open("work", f"state-{place}", place, subject, now)
        elif do == "u" and key in alive:
            cases.uphold(alive[key], now)
        elif do == "c" and key in alive:
            cases.close(alive.pop(key), "ended", now)
        for one in ((s, p) for s in range(2) for p in range(3)):
            held = alive.get(one)
            assert cases.are_open(*one) == (held is not None and held.upheld is not None)
            assert cases.current("work", f"state-{one[1]}", one[0]) is held
        upheld = [case.upheld for case in cases.all if not case.subject and case.upheld is not None]
        assert (
            cases.first_verified(0) == min(upheld)
            if upheld
            else math.isnan(cases.first_verified(0))
        )


@given(Moves)
@settings(max_examples=40, deadline=None)
def test_the_books_agree_with_a_plain_list(moves: list[tuple[str, int, int]]) -> None:
    told(moves, Cases())


def test_the_oracle_notices_who_is_suspected_for_ever() -> None:
    class Forgetful(Cases):
        def close(self, case: Case, how: str, now: float) -> None:
            """Close a case without clearing anybody."""
            before = dict(self._working)
            super().close(case, how, now)
            self._working = before

    moves = [("o", 0, 0), ("u", 0, 0), ("c", 0, 0)]
    told(moves, Cases())
    with pytest.raises(AssertionError):
        told(moves, Forgetful())
