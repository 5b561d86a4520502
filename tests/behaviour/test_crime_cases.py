"""What must be true of cases against organised crime: they end, and what is known decides them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from tests.behaviour.crime import FEW, NAME, SHORT, SOME, WORLDS, run, spec
from tests.behaviour.worlds import F64, moves, outcomes, surely

pytestmark = pytest.mark.behave


# 3. Cases end and can begin again ------------------------------------------------------------


def test_later_years_have_arrests_as_well() -> None:
    found = run()
    years = [found[f"members_arrested@{year}"].mean() for year in (2011, 2012, 2013)]
    assert min(years[1:]) > 0.5 * max(years[1:])


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
    deaf = run(("procedures.investigation.evidence.doubt.value", 1.0), worlds=FEW)
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
    more = run(("procedures.investigation.chances.freed.value", 1.0), worlds=SOME)
    none = run(("procedures.investigation.chances.freed.value", 0.0), worlds=SOME)
    assert surely(-1, more["victim_years"], none["victim_years"])


# 9. Roles as in law --------------------------------------------------------------------------


def test_without_eurojust_states_still_make_joint_teams() -> None:
    eager = ("procedures.joint-team.chances.proposed.value", 1.0)
    alone = run(eager, ("procedures.coordination.chances.worth_a_meeting.value", 0.0), worlds=FEW)
    assert alone["common_actions"].sum() > 0
