"""Values that a user puts in a scenario and its policies for one run."""

from __future__ import annotations

import pytest

from agents import load_scenario
from experiments.errors import UserError
from experiments.planning import with_values
from scenarios import SpecError, load_policy

SCENARIO = load_scenario("organised-crime")
POLICIES = (load_policy("bilateral"), load_policy("full-pool"))

CELLS = "threats.trafficking.network.cells"


def put(*texts: str):
    return with_values(SCENARIO, POLICIES, texts)


def refused(*texts: str) -> str:
    with pytest.raises((UserError, SpecError)) as caught:
        put(*texts)
    return str(caught.value)


def test_nothing_set_is_nothing_changed():
    assert put() == (SCENARIO, POLICIES)


def test_values_stand_in_the_documents():
    scenario, (bilateral, pool) = put(
        "desks.police.reads.value=20",
        "horizon=10 d",
        "reports.alert.urgency=routine",
        "place.national.police.hours=continuous",
        "casework.hours_per_day={value: 7, assumed: for a test}",
        "policies.bilateral.rules[1].push.chance=0.25",
    )
    assert scenario.spec.desks["police"].reads.value == 20
    assert scenario.spec.desks["customs"] == SCENARIO.spec.desks["customs"]
    assert scenario.ticks == 40
    assert scenario.spec.reports["alert"].urgency == "routine"
    assert scenario.atlas.place.national["police"].hours == "continuous"
    assert scenario.spec.casework.hours_per_day.assumed == "for a test"
    assert scenario.digest != SCENARIO.digest
    assert bilateral.spec.rules[1].push.chance == 0.25
    assert bilateral.spec.rules[0] == POLICIES[0].spec.rules[0]
    assert pool is POLICIES[1]


def test_a_star_stands_for_every_key_and_entry():
    scenario, policies = put("desks.*.reads.value=9", "policies.*.rules[*].push.chance=0.5")
    assert {desk.reads.value for desk in scenario.spec.desks.values()} == {9}
    rules = [rule for policy in policies for rule in policy.spec.rules if rule.push]
    assert {rule.push.chance for rule in rules} == {0.5}


def test_the_order_of_values_does_not_matter():
    texts = [f"{CELLS}.low=9", f"{CELLS}.high=12", "tick=PT12H"]
    assert put(*texts)[0].digest == put(*reversed(texts))[0].digest


@pytest.mark.parametrize("text", ["", "=", "a", "=1", " =1", "desks.police"])
def test_a_path_and_a_value_are_given(text):
    assert "a path and a value are given" in refused(text)


@pytest.mark.parametrize("written", ["", " ", "~", "null", "# nothing"])
def test_no_value_is_none(written):
    assert "a value is put there, and this is none" in refused(f"horizon={written}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "desks.police.reads.value=[",
            "reads.value\n  rule:   a declaration is valid",
        ),
        (
            "desks.police.reads.value=.nan",
            "reads.value = .nan\n  rule:   a number is",
        ),
        ("desks.police.reads.value=\udcff", "without control characters"),
        (
            "desks.police.reads.value=-1",
            "reads.value = -1\n  rule:   the number is",
        ),
        ("desks.police.reads.value=true", "a number is wanted"),
        ("desks.police.reads=3", "add the name of a number in it (value)"),
        ("desks.police.reads={value: 3}", "a number has a source or a stated assumption"),
        ("desks.polise.reads.value=3", "there is no polise in desks\n  remedy: did you mean pol"),
        ("desks.p\udcff=3", "there is no p\\udcff in desks"),
        (
            "threats.trafficking.half_life.value=10",
            "needs a unit\n  remedy: add one, for example 10 h",
        ),
        (f"{CELLS}.low=2.5", "a count is a whole number"),
        (f"{CELLS}.low=99", f"--set {CELLS}.low ({CELLS}) ="),
        ("outcomes[99].unit=d", "the list has entries [0] to [37]"),
        ("place=eu27-2010", "a place is not replaced"),
        ("policies.bilateral=full-pool", "a policy is not replaced"),
        ("policies.nobody.ask=1", "there is no nobody in policies"),
        ("policies.full-pool.rules[99].push.chance=1", "the list has entries [0] to"),
        ("policies.full-pool.rules[0].push.chance=2", "a chance or share lies within 0 and 1"),
        ("desks.police.reads.value=1e12", "--set desks.police.reads.value (desks.police.reads)"),
    ],
)
def test_what_does_not_fit_is_told_with_the_option(text, message):
    told = refused(text)
    assert message in told
    assert told.startswith("--set ")


def test_names_in_rules_are_looked_up():
    hub = load_policy("hub-and-spoke")
    number = next(n for n, rule in enumerate(hub.spec.rules) if rule.match.sender)
    path = f"policies.hub-and-spoke.rules[{number}].match.sender"
    with pytest.raises(SpecError) as caught:
        with_values(SCENARIO, (hub,), [f"{path}=[nobody]"])
    assert f"--set {path} (" in str(caught.value)
    assert "there is no desk of this name" in str(caught.value)


@pytest.mark.parametrize(
    "texts",
    [
        ("horizon=5 d", "horizon=5 d"),
        ("desks.police.reads.value=3", "desks.police.reads={value: 3, assumed: x}"),
        ("desks.*.reads.value=3", "desks.police.reads.value=4"),
    ],
)
def test_a_place_gets_one_value(texts):
    for given in (texts, texts[::-1]):
        assert refused(*given) == (
            f"--set {given[1].partition('=')[0]} beside --set {given[0].partition('=')[0]}\n"
            "  rule:   a place gets one value\n"
            "  remedy: leave one of the two out"
        )


def test_values_that_break_a_rule_together_are_named_together():
    told = refused("horizon=9 d", f"{CELLS}.low=8", f"{CELLS}.high=5")
    assert told.startswith(f"--set {CELLS}.low, --set {CELLS}.high (")


def test_a_long_path_is_shown_in_part():
    assert len(refused(f"{'a' * 5_000}=1")) < 500
