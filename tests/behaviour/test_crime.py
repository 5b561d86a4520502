"""What must be true of organised crime, whoever wrote the program: laws of the model.

Each law is looked at in shipped worlds, paired: the same worlds with one thing changed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from scenarios.schema import Scenario
from tests.behaviour.worlds import F64, Set, gain, moves, outcomes, scenario, surely

pytestmark = pytest.mark.behave

NAME = "organised-crime"
WORLDS = 24
THREE_YEARS: Set = ("horizon", "1096 d")
SHORT: tuple[Set, ...] = (THREE_YEARS,)
BILATERAL = ("bilateral",)


def spec() -> Scenario:
    return scenario(NAME, *SHORT).spec


def run(*changes: Set, worlds: int = WORLDS) -> Mapping[str, F64]:
    """Return outcomes under the status quo, with something changed."""
    return outcomes(NAME, BILATERAL, worlds, *SHORT, *changes)[0]


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
    few, many = run(), run(teams(10))
    assert surely(1, many["members_arrested"], few["members_arrested"])
    assert surely(1, many["victims_freed"], few["victims_freed"])
    assert surely(-1, many["waiting_days"], few["waiting_days"])


def test_a_tenth_of_the_teams_arrests_less_and_cases_wait_longer() -> None:
    some, hardly = run(), run(teams(0.1))
    assert surely(-1, hardly["members_arrested"], some["members_arrested"])
    assert surely(1, hardly["waiting_days"], some["waiting_days"])


def test_twice_the_teams_do_not_arrest_twice_as_many_for_ever() -> None:
    steps = [run(teams(times))["members_arrested"].mean() for times in (0.1, 1, 10)]
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
    assert moves(run(number(post, 30))[outcome], run()[outcome])


def test_joint_operations_move_something() -> None:
    without = run(("procedures.joint-operation.numbers.gain.value", 0.0))
    assert moves(without["days_to_recognition"], run()["days_to_recognition"])


def letters(**delay: str) -> tuple[Set, ...]:
    there = "procedures.letter-of-request.delays.gathering"
    return tuple((f"{there}.{part}", value) for part, value in delay.items())


def test_answers_from_abroad_make_proof_and_late_ones_less() -> None:
    without = run(("procedures.letter-of-request.chances.admissible.value", 0.0))
    assert surely(-1, without["members_convicted"], run()["members_convicted"])
    sooner = run(*letters(median="30 d", p95="90 d"))
    assert moves(sooner["members_arrested"], run()["members_arrested"])


def test_orders_across_borders_freeze_money() -> None:
    without = run(("procedures.money.chances.order_sent.value", 0.0))
    assert surely(-1, without["confiscated_meur"], run()["confiscated_meur"])


def test_hosts_that_ask_for_officers_move_something() -> None:
    programme = run(("procedures.border-request.chances.asks.value", 0.0))
    assert moves(programme["casework_hours"], run()["casework_hours"])
    assert moves(programme["members_arrested"], run()["members_arrested"])


# 3. Cases end and can begin again ------------------------------------------------------------


def test_later_years_have_arrests_as_well() -> None:
    found = run()
    years = [found[f"members_arrested@{year}"].mean() for year in (2011, 2012, 2013)]
    assert min(years[1:]) > 0.5 * max(years[1:])


def test_the_order_of_policies_does_not_turn_with_the_length_of_the_run() -> None:
    policies = ("bilateral", "hub-and-spoke", "full-pool")
    long = outcomes(NAME, policies, WORLDS)
    for other in long[1:]:
        for years in (("2011", "2012"), ("2013", "2014")):
            first, second = (
                sum(one[f"members_arrested@{year}"] for year in years) for one in (long[0], other)
            )
            _, low, high = gain(np.asarray(second), np.asarray(first))
            assert high > 0, f"{years}: {low:.1f} to {high:.1f}"
        assert other["members_arrested"].mean() > long[0]["members_arrested"].mean()
    assert surely(1, long[2]["members_arrested"], long[0]["members_arrested"])


# 4. Information helps to the end --------------------------------------------------------------


def test_evidence_shortens_cases_and_makes_answers_surer() -> None:
    blind = [
        ("procedures.investigation.evidence.faster.value", 0.0),
        ("procedures.investigation.evidence.surer.value", 1.0),
        ("procedures.investigation.evidence.organisation.value", 1.0),
    ]
    with_it = outcomes(NAME, ("bilateral", "availability"), WORLDS, *SHORT)
    without = outcomes(NAME, ("bilateral", "availability"), WORLDS, *SHORT, *blind)

    def effect(found: tuple[Mapping[str, F64], ...]) -> F64:
        return found[1]["members_arrested"] - found[0]["members_arrested"]

    assert effect(with_it).mean() > effect(without).mean()


def test_negative_reports_travel_and_matter() -> None:
    deaf = run(("procedures.investigation.evidence.doubt.value", 1.0))
    assert moves(deaf["false_casework_hours"], run()["false_casework_hours"]) or moves(
        deaf["members_arrested"], run()["members_arrested"]
    )


# 1. Nature knows the truth, organisations never do --------------------------------------------


def test_true_leads_are_dropped_and_false_ones_pursued() -> None:
    found = run()
    assert found["wrongly_pursued"].sum() > 0
    assert found["cases_dropped"].sum() > 0


def test_better_checks_pursue_fewer_innocents() -> None:
    sharp = run(("procedures.investigation.chances.seen_through.value", 0.99))
    blunt = run(("procedures.investigation.chances.seen_through.value", 0.3))
    assert surely(-1, sharp["wrongly_pursued"], blunt["wrongly_pursued"])


# 6. Counting is by subject -----------------------------------------------------------------


def test_one_coincidence_at_many_desks_is_one_coincidence() -> None:
    found = outcomes(NAME, ("full-pool",), WORLDS, *SHORT)[0]
    assert (found["false_subjects"] <= found["false_recognitions"]).all()
    assert found["false_recognitions"].mean() > 3 * found["false_subjects"].mean()


# 7. Victims come first, 8. units that can be multiplied -------------------------------------


def test_the_books_add_up() -> None:
    found = run()
    for name in ("members_arrested", "victims_freed", "victim_years", "casework_hours"):
        years = sum(found[f"{name}@{year}"] for year in (2011, 2012, 2013))
        np.testing.assert_allclose(years, found[name], rtol=1e-9)
    assert (found["members_convicted"] <= found["members_arrested"]).all()
    assert (found["victims_freed"] <= found["victims_exploited"]).all()
    income = spec().threats["trafficking"].network.income_per_victim_year.value  # type: ignore[attr-defined]
    np.testing.assert_allclose(
        found["victim_years"] * income / 1e6, found["proceeds_meur"], rtol=1e-9
    )


def test_freeing_twice_as_many_leaves_less_exploitation() -> None:
    more = run(("procedures.investigation.chances.freed.value", 1.0))
    none = run(("procedures.investigation.chances.freed.value", 0.0))
    assert surely(-1, more["victim_years"], none["victim_years"])


# 9. Roles as in law --------------------------------------------------------------------------


def test_without_eurojust_states_still_make_joint_teams() -> None:
    eager = ("procedures.joint-team.chances.proposed.value", 1.0)
    alone = run(eager, ("procedures.coordination.chances.worth_a_meeting.value", 0.0))
    assert alone["common_actions"].sum() > 0


def test_a_pool_that_is_searched_floods_nobody() -> None:
    quo, pool = outcomes(NAME, ("bilateral", "full-pool"), WORLDS, *SHORT)
    assert pool["backlog_mean"].mean() < 1.5 * quo["backlog_mean"].mean()
    assert surely(1, pool["unnecessary_disclosures"], quo["unnecessary_disclosures"])
    assert surely(1, pool["false_subjects"], quo["false_subjects"])
