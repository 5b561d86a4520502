"""Which alternatives a user means by measures and programmes."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents import load_scenario
from experiments.errors import UserError
from experiments.planning import alternatives
from scenarios import SpecError, load_policy

POLICIES = [load_policy("bilateral"), load_policy("hub-and-spoke")]


def names(measures: str | None = None, programmes: str | None = None) -> list[str]:
    made = alternatives(load_scenario("cyber-outbreak"), POLICIES[:1], measures, programmes)
    return [policy.name for policy in made.policies]


def test_without_any_they_are_the_policies() -> None:
    made = alternatives(load_scenario("cyber-outbreak"), POLICIES)
    assert list(made.policies) == POLICIES
    assert made.remarks == ()


def test_measures_stand_beside_the_policy_alone() -> None:
    assert names("3.3b, 3.3a+3.1a,all") == [
        "bilateral",
        "bilateral + 3.3b",
        "bilateral + 3.3a + 3.1a",
        "bilateral + all",
    ]


def test_programmes_are_those_that_are_named() -> None:
    assert names(None, "annex") == ["bilateral + annex"]
    assert names(None, "none,annex") == ["bilateral", "bilateral + annex"]
    assert names("3.3b", "none,annex") == ["bilateral", "bilateral + 3.3b", "bilateral + annex"]


def test_each_policy_has_its_own() -> None:
    made = alternatives(load_scenario("cyber-outbreak"), POLICIES, "3.3b")
    assert [policy.name for policy in made.policies] == [
        "bilateral",
        "bilateral + 3.3b",
        "hub-and-spoke",
        "hub-and-spoke + 3.3b",
    ]
    assert len({policy.digest for policy in made.policies}) == 4


def test_what_changes_nothing_here_is_told() -> None:
    made = alternatives(load_scenario("cyber-outbreak"), POLICIES[:1], "1.3a,3.3b")
    [remark] = made.remarks
    assert remark.startswith("1.3a touches nothing in cyber-outbreak")


def test_a_programme_without_a_calendar_is_told() -> None:
    scenario = load_scenario("cyber-outbreak")
    [remark] = alternatives(scenario, POLICIES[:1], None, "annex").remarks
    assert "has no calendar" in remark
    assert alternatives(load_scenario("organised-crime"), POLICIES[:1], None, "annex").remarks == ()


@pytest.mark.parametrize(
    ("measures", "programmes", "where"),
    [("9.9z", None, "--measures 9.9z"), (None, "soon", "--programmes soon")],
)
def test_what_is_not_known_names_its_option(
    measures: str | None, programmes: str | None, where: str
) -> None:
    with pytest.raises(SpecError) as caught:
        names(measures, programmes)
    assert caught.value.where == where


def test_one_that_is_named_twice_is_refused() -> None:
    with pytest.raises(UserError, match="more than once"):
        names("3.3b,3.3b")


def test_paths_may_be_given(tmp_path: Path) -> None:
    path = tmp_path / "a+b.yaml"
    path.write_text(
        "measure: mine\nmeaning: x\n"
        "changes: [{times: casework.incident.search, by: 0.5, assumed: x}]\n"
    )
    assert names(str(path)) == ["bilateral", "bilateral + mine"]
