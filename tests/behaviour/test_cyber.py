"""What must be true of a cyber outbreak, whoever wrote the program: laws of the model."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.behaviour.worlds import F64, outcomes, surely

pytestmark = pytest.mark.behave

WORLDS = 60


def run(policy: str, known: float) -> Mapping[str, F64]:
    """Return outcomes where two teams know each other with a chance."""
    contacts = ("casework.incident.contact_known.value", known)
    return outcomes("cyber-outbreak", (policy,), WORLDS, contacts)[0]


def test_missing_contacts_cost_warnings_where_teams_tell_each_other() -> None:
    few, all_ = run("availability", 0.0), run("availability", 1.0)
    assert surely(-1, few["warned_in_time"], all_["warned_in_time"])
    assert surely(1, few["operators_infected"], all_["operators_infected"])
    assert surely(1, few["outage_hours"], all_["outage_hours"])


@pytest.mark.parametrize("policy", ["bilateral", "hub-and-spoke"])
def test_missing_contacts_help_under_no_regime(policy: str) -> None:
    few, all_ = run(policy, 0.0), run(policy, 1.0)
    assert not surely(1, few["warned_in_time"], all_["warned_in_time"])
    assert not surely(-1, few["outage_hours"], all_["outage_hours"])
