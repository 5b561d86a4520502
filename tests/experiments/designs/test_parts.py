"""The parts of a model: all that is declared is found, and every way changes something."""

from __future__ import annotations

from functools import cache
from typing import Literal

import pytest
from pydantic import Field

from agents import load_scenario
from experiments.designs.audit import Audit, audit_of
from experiments.designs.parts import (
    WITHOUT,
    Part,
    Parts,
    _looked_at,
    _of_type,
    _optional,
    fits,
    parts_of,
)
from experiments.designs.reasons import REASONS, reason_for, reasons_of
from experiments.errors import UserError
from experiments.planning.selecting import select_policies
from experiments.planning.settings import Settings
from scenarios import load_policy, scenario_entries
from scenarios.schema.absent import Absent
from scenarios.schema.quantities import Chance, Count, Positive
from scenarios.schema.sourced import walk_sources
from scenarios.schema.spec import Spec
from tests.agents.small import policies, small
from tests.scenarios.compiling.variants import INDEX, with_index, with_spec

SCENARIOS = [entry.name for entry in scenario_entries()]


@cache
def audit(name: str = "organised-crime", *names: str) -> Audit:
    """Return the audit of a scenario of the catalogue."""
    chosen = names or ("bilateral",)
    return audit_of(load_scenario(name), [load_policy(one) for one in chosen])


def by_name(parts: Parts) -> dict[str, Part]:
    return {part.name: part for part in parts.found}


def labels(part: Part) -> list[str]:
    return [way.label for way in part.ways]


# What is found -------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_state_body_desk_and_instrument_with_something_to_do_is_a_part(name: str) -> None:
    made = audit(name)
    compiled = Settings.only(made.scenario, made.policies).compiled(0)
    found = by_name(made.parts)
    organisations = {one for one in found if one.startswith("organisations.")}
    assert organisations == {f"organisations.{owner}" for owner in compiled.layout.owners}
    assert {f"organisations.{code}" for code in made.scenario.atlas.members} <= organisations
    desks = {f"desks.{kind}" for kind in compiled.layout.desks}
    assert desks == {one for one in (*found, *made.parts.left_out) if one.startswith("desks.")}
    ways = {channel.partition(":")[0] for channel in compiled.world.channels.names}
    assert {f"instruments.{way}" for way in ways} <= found.keys()


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_number_of_threat_and_casework_is_a_part_or_has_a_reason(name: str) -> None:
    made = audit(name)
    told = [*by_name(made.parts), *made.parts.left_out]
    spec = made.scenario.spec
    for field in _looked_at():
        value = getattr(spec, field)
        for row in walk_sources(value, field) if value is not None else ():
            assert any(one == row.path or one.startswith(f"{row.path}.") for one in told), row.path


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_rule_that_a_report_comes_under_is_a_part_and_others_have_a_reason(name: str) -> None:
    made = audit(name)
    [policy] = made.policies
    rules = [one for one in (*by_name(made.parts), *made.parts.left_out) if ".rules[" in one]
    assert len(rules) == len(set(rules)) == len(policy.spec.rules)
    assert "policies.bilateral.ask" in by_name(made.parts)


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_way_changes_the_documents(name: str) -> None:
    settings = audit(name).settings()
    original = settings.original
    for number in range(1, len(settings)):
        row = settings.table[number].tolist()
        made = [(change, row[0]) for change in settings.changes[0]]
        assert original.patched(made) != original.plain, settings.level("part", number)
    assert len({settings.level("part", n) for n in range(len(settings))}) == len(settings)


@pytest.mark.long
def test_posts_are_halved_and_doubled_counts_taken_away_and_shares_double_to_one() -> None:
    found = by_name(audit().parts)
    teams = found["posts.analysts.number"]
    assert (teams.kind, labels(teams)) == ("post", ["x 0.5", "x 2"])
    assert labels(found["threats.trafficking.network.cells"]) == ["x 0.5", "x 2"]
    share = found["threats.trafficking.network.liquid_share"]
    assert labels(share) == ["x 0.5", "x 1.67"]
    [put] = share.ways[1].puts
    assert 0.6 * put.operand == pytest.approx(1)
    assert 0.6 * put.operand <= 1
    assert labels(found["threats.trafficking.decoys.number"])[0] == WITHOUT


def test_what_the_rules_hold_is_left_out_with_the_rule() -> None:
    left_out = audit().parts.left_out
    assert left_out["desks.frontex.risk-analysis"] == "it is all that frontex has"


def test_what_is_absent_is_no_part_and_stays_absent() -> None:
    absent = Absent(organisations=("DE",), instruments=("sis",))
    loaded = with_spec(with_index(small(horizon_days=4)), absent=absent)
    made = audit_of(loaded, policies(("bilateral",)), ("organisations.*", "desks.*", "inst*"))
    found = by_name(made.parts)
    assert "organisations.AT" in found
    assert "organisations.DE" not in found
    assert "instruments.sis" not in found
    assert found[f"desks.{INDEX}"].kind == "store"
    [put] = found["organisations.AT"].ways[0].puts
    assert put.operand == {"organisations": ["DE", "AT"], "desks": [], "instruments": ["sis"]}


@pytest.mark.long
def test_a_rule_is_taken_from_all_policies_that_took_it_over() -> None:
    made = audit("organised-crime", "bilateral", "hub-and-spoke", "originator-control")
    found = by_name(made.parts)
    puts = found["policies.duties-2010.rules[0]"].ways[0].puts
    assert len(puts) == len(made.policies)
    codes = [part for name, part in found.items() if ".handling." in name]
    assert codes
    assert all(put.operand["onward"] == "free" for part in codes for put in part.ways[0].puts)
    settings = made.settings()
    number = 1 + [way for part in made.parts.found for way in part.ways].index(
        found["policies.duties-2010.rules[0]"].ways[0]
    )
    before, after = made.policies, settings.policies_in(number)
    assert [
        len(one.spec.rules) - len(other.spec.rules)
        for one, other in zip(before, after, strict=True)
    ] == [1] * 3


# New models ----------------------------------------------------------------------------------


class Tip(Spec):
    """A block that need not be there."""

    lines: Count
    heard: Chance


class Model(Spec):
    """A model that nobody has written yet."""

    kind: Literal["new"]
    force: Positive
    tip: Tip | None = None
    gangs: dict[str, Tip] = Field(default={})


def test_new_blocks_and_counts_are_found_wherever_they_stand() -> None:
    tip = {
        "lines": {"value": 3, "assumed": "for the test"},
        "heard": {"value": 0.5, "assumed": "for the test"},
    }
    model = Model.model_validate(
        {
            "kind": "new",
            "force": {"value": 1, "assumed": "for the test"},
            "tip": tip,
            "gangs": {"one": tip, "two": tip},
        }
    )
    assert list(_optional(model, ("threat",))) == [("threat", "tip")]
    assert list(_of_type(Count, model, ("threat",))) == [
        ("threat", "tip", "lines"),
        ("threat", "gangs", "one", "lines"),
        ("threat", "gangs", "two", "lines"),
    ]


# Which of them to look at --------------------------------------------------------------------


def test_patterns_take_brackets_as_they_are() -> None:
    assert fits("policies.x.rules[1]", "policies.*.rules[1]")
    assert not fits("policies.x.rules1", "policies.*.rules[1]")
    assert fits("organisations.DE", "organisations.??")
    assert not fits("organisations.olaf", "organisations.??")


def test_only_what_is_asked_for_is_looked_at() -> None:
    declared = Settings.only(small(horizon_days=4), tuple(policies(("bilateral",))))
    assert {part.kind for part in parts_of(declared, ("trust",)).found} == {"block"}
    made = parts_of(declared, ("procedures.joint-operation*",))
    assert {part.name for part in made.found} == {
        "procedures.joint-operation.chances.agreed",
        "procedures.joint-operation.delays.operation",
        "procedures.joint-operation.delays.preparing",
        "procedures.joint-operation.delays.queue",
        "procedures.joint-operation.numbers.gain",
        "procedures.joint-operation.starts",
        "procedures.joint-operation.steps",
    }


@pytest.mark.parametrize(
    ("only", "message"),
    [
        (("organisation.*",), "fits no part .*organisations"),
        (("trust", "nothing"), "'nothing'"),
        (("desks.frontex.risk-analysis",), "nothing of it can be .*all that frontex has"),
    ],
)
def test_patterns_that_give_nothing_are_refused(only: tuple[str, ...], message: str) -> None:
    with pytest.raises(UserError, match=rf"(?s){message}"):
        audit_of(small(horizon_days=4), policies(("bilateral",)), only)


# Settings ------------------------------------------------------------------------------------


def test_what_is_closed_and_what_policies_say_runs_in_one_world() -> None:
    made = audit()
    settings = made.settings()
    threats = made.scenario.spec.threats

    def lasts(part: Part) -> str:
        _, threat, *steps = part.name.split(".")
        return threats[threat].lasting(steps)

    ways = [part for part in made.parts.found for _ in part.ways]
    closed = {"organisation", "desk", "store", "instrument", "rule"}
    alike = {0} | {
        number
        for number, part in enumerate(ways, start=1)
        if part.kind in closed or (part.name.startswith("threats.") and lasts(part) != "world")
    }
    assert {lasts(part) for part in ways if part.name.startswith("threats.")} >= {"day", "world"}
    assert set(settings.alike[0]) == alike
    again = Settings.of(settings.document(), settings.base, settings.policies)
    assert again.digest == settings.digest
    assert settings.level("part", 0) is None


# Reasons -------------------------------------------------------------------------------------


def test_reasons_are_found_by_name_and_by_pattern() -> None:
    reasons = {"policies.x.rules[1]": "one", "organisations.??": "two"}
    assert reason_for("policies.x.rules[1]", reasons) == "one"
    assert reason_for("organisations.LU", reasons) == "two"
    assert reason_for("organisations.olaf", reasons) == ""
    assert reasons_of("a-scenario-of-my-own") == {}


@pytest.mark.long
def test_the_reasons_of_the_catalogue_are_of_its_scenarios() -> None:
    files = {path.stem for path in REASONS.glob("*.yaml")}
    assert files <= set(SCENARIOS)
    for name in files:
        made = audit(
            name, *(one.name for one in select_policies("all", load_scenario(name)).policies)
        )
        names = by_name(made.parts)
        for pattern, why in reasons_of(name).items():
            assert why
            assert any(fits(part, pattern) for part in names), pattern
