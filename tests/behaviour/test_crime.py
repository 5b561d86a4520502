"""What must be true of organised crime, whoever wrote the program: laws of the model.

Each law is looked at in shipped worlds, paired: the same worlds with one thing changed.
"""

from __future__ import annotations

import pytest

from tests.behaviour.crime import FEW, SOME, run, spec
from tests.behaviour.worlds import Set, moves, surely

pytestmark = pytest.mark.behave


def teams(times: float) -> Set:
    per = spec().posts["team"].one_per
    assert per is not None
    return "posts.team.one_per", per / times


def number(post: str, times: float) -> Set:
    there = spec().posts[post].number
    assert there is not None
    return f"posts.{post}.number", there * times


# 2. Scarcity bites --------------------------------------------------------------------------


def test_ten_times_the_teams_arrest_more_and_cases_wait_less() -> None:
    few, many = run(), run(teams(10), worlds=SOME)
    assert surely(1, many["members_arrested"], few["members_arrested"])
    assert surely(1, many["victims_freed"], few["victims_freed"])
    assert surely(-1, many["waiting_days"], few["waiting_days"])


def test_a_tenth_of_the_teams_arrests_less_and_cases_wait_longer() -> None:
    some, hardly = run(), run(teams(0.1), worlds=SOME)
    assert surely(-1, hardly["members_arrested"], some["members_arrested"])
    assert surely(1, hardly["waiting_days"], some["waiting_days"])


def test_twice_the_teams_do_not_arrest_twice_as_many_for_ever() -> None:
    found = run(teams(0.1), worlds=SOME), run(), run(teams(10), worlds=SOME)
    steps = [one["members_arrested"][:SOME].mean() for one in found]
    assert steps[0] < steps[1] < steps[2] < 100 * steps[0]


def test_four_times_the_coincidences_cost_arrests_and_wrong_pursuits() -> None:
    there = spec().threats["trafficking"].decoys.number.value  # type: ignore[attr-defined]
    few, many = run(), run(("threats.trafficking.decoys.number.value", 4 * there))
    assert surely(1, many["wrongly_pursued"], few["wrongly_pursued"])
    assert surely(1, many["false_casework_hours"], few["false_casework_hours"])
    assert many["members_arrested"].mean() < few["members_arrested"].mean()


@pytest.mark.parametrize(
    ("post", "outcome"),
    [("analysts", "days_to_first_arrest"), ("desk", "members_arrested"), ("notes", "disclosures")],
)
def test_the_people_of_agencies_move_something(post: str, outcome: str) -> None:
    assert moves(run(number(post, 30), worlds=FEW)[outcome], run()[outcome])


def test_joint_operations_move_something() -> None:
    without = run(("procedures.joint-operation.numbers.gain.value", 0.0), worlds=FEW)
    assert moves(without["days_to_recognition"], run()["days_to_recognition"])


def letters(**delay: str) -> tuple[Set, ...]:
    there = "procedures.letter-of-request.delays.gathering"
    return tuple((f"{there}.{part}", value) for part, value in delay.items())


def test_answers_from_abroad_make_proof_and_late_ones_less() -> None:
    without = run(("procedures.letter-of-request.chances.admissible.value", 0.0))
    assert surely(-1, without["members_convicted"], run()["members_convicted"])
    sooner = run(*letters(median="30 d", p95="90 d"), worlds=FEW)
    assert moves(sooner["members_arrested"], run()["members_arrested"])


def test_orders_across_borders_freeze_money() -> None:
    without = run(("procedures.money.chances.order_sent.value", 0.0))
    assert surely(-1, without["confiscated_meur"], run()["confiscated_meur"])


def test_hosts_that_ask_for_officers_move_something() -> None:
    programme = run(("procedures.border-request.chances.asks.value", 0.0), worlds=FEW)
    assert moves(programme["casework_hours"], run()["casework_hours"])
    assert moves(programme["members_arrested"], run()["members_arrested"])
