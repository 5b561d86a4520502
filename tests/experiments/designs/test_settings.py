"""Settings: what a column changes in a scenario, and what it must leave alone."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from agents import load_scenario
from experiments.planning.settings import Settings
from scenarios import SpecError, compile_world, load_policy, policy_entries, scenario_entries
from scenarios.changing import Change, Original, leaves
from scenarios.schema.durations import parse_hours

SCENARIOS = [entry.name for entry in scenario_entries()]
READS = "desks.police.reads.value"
VERIFICATION = "procedures.investigation.delays.verification"


@cache
def base(name="organised-crime"):
    return load_scenario(name)


@cache
def policies():
    return tuple(load_policy(entry.name) for entry in policy_entries())


def settings(*columns, rows, name="organised-crime"):
    """Settings with columns `(name, change, ...)` and a table."""
    return Settings(
        base(name),
        tuple(column[0] for column in columns),
        np.array(rows, np.float64),
        tuple(tuple(column[1:]) for column in columns),
    )


def one(path, value, how="set", levels=(), name="organised-crime"):
    return settings(("one", Change(path, how, levels)), rows=[[value]], name=name).scenario(0)


def at(scenario, path):
    original = Original.of(scenario)
    return original.plain_at(original.steps(path))


def capacities(scenario, desk):
    compiled = compile_world(scenario, (load_policy("bilateral"),))
    mine = [unit for unit, kind in enumerate(compiled.layout.desks) if kind == desk]
    return compiled.world.phases.capacity[0, mine].astype(np.float64)


# What reaches the engine ---------------------------------------------------------------------


def test_a_number_reaches_the_compiled_arrays():
    more = one(READS, 24)
    before, after = capacities(base(), "police"), capacities(more, "police")
    assert before.size
    assert after.shape == before.shape
    assert np.abs(after - 2 * before).max() <= 1  # each is rounded to the engine's unit
    assert np.array_equal(capacities(base(), "customs"), capacities(more, "customs"))
    assert more.digest != base().digest


def test_a_number_of_the_place_reaches_the_compiled_arrays():
    staff = one("place.members[0].police_officers", 500_000)
    before, after = capacities(base(), "police"), capacities(staff, "police")
    changed = np.flatnonzero((before != after).any(axis=1))
    assert len(changed) == 1
    assert after[changed].sum() > before[changed].sum()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_without_change_is_the_same_to_the_digest(name):
    assert Settings.only(base(name)).scenario(0).digest == base(name).digest
    original = Original.of(base(name))
    first = next(path for path, _ in leaves(original.plain["desks"], original.typed["desks"]))
    path = ".".join(map(str, ("desks", *first)))
    factor = settings(("f", Change(path, "times")), rows=[[1.0], [1.25]], name=name)
    assert factor.scenario(0).digest == base(name).digest
    assert factor.scenario(1).digest != base(name).digest


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("part", ["desks", "reports", "threats", "casework", "place"])
def test_a_factor_of_one_changes_nothing_anywhere(name, part):
    assert one(part, 1.0, "times", name=name).digest == base(name).digest


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_number_put_back_gives_the_same_scenario(name):
    original = Original.of(base(name), policies())
    found = list(leaves(original.plain, original.typed))
    durations = sum(isinstance(original.plain_at(path), str) for path, _ in found)
    assert len(found) > 200
    assert durations > 30
    document = original.patched(
        [(Change(dotted_path(path)), float(number)) for path, number in found]
    )
    assert document is not original.plain
    assert document == original.plain


def dotted_path(path):
    from scenarios.errors import dotted

    return dotted(path)


@pytest.mark.parametrize("name", SCENARIOS)
def test_both_trees_have_one_shape(name):
    """A key that only the document has would hide a duration from the factors."""
    original = Original.of(base(name), policies())
    missing = []

    def walk(plain, typed, path):
        pairs = (
            plain.items()
            if isinstance(plain, dict)
            else enumerate(plain)
            if isinstance(plain, list)
            else ()
        )
        for key, value in pairs:
            if isinstance(typed, set | frozenset):
                continue
            if key == "from":
                continue  # the day that a scenario begins on is no duration
            there = key in typed if isinstance(typed, dict) else key < len(typed)
            if not there:
                missing.append((*path, key))
            else:
                walk(value, typed[key], (*path, key))

    walk(original.plain, original.typed, ())
    assert missing == []


# What a change does --------------------------------------------------------------------------


def test_a_factor_multiplies_durations_and_leaves_words_alone():
    longer = one(VERIFICATION, 2, "times")
    assert at(longer, VERIFICATION)["median"] == "42 d"
    assert at(longer, VERIFICATION)["p95"] == "120 d"
    assert at(longer, VERIFICATION)["assumed"] == at(base(), VERIFICATION)["assumed"]
    assert at(longer, "procedures.warrant.delays.surrender") == at(
        base(), "procedures.warrant.delays.surrender"
    )


def test_a_duration_is_put_in_hours():
    longer = one("procedures.investigation.delays.verification.p95", 24 * 100)
    assert at(longer, "procedures.investigation.delays.verification.p95") == "100 d"


@pytest.mark.parametrize(("factor", "expected"), [(0.1, 1), (0.5, 4), (0.83, 7), (2, 16)])
def test_a_factor_keeps_counts_whole_and_above_nought(factor, expected):
    scenario = one("threats.trafficking.network.number", factor, "times")
    found = at(scenario, "threats.trafficking.network.number.value")
    assert found == expected
    assert isinstance(found, int)


def test_keys_with_dots_are_found():
    scenario = one("desks.europol.analysis.reads.value", 20)
    assert at(scenario, "desks.europol.analysis.reads.value") == 20


def test_levels_stand_for_themselves():
    path = "reports.police-trace.urgency"
    assert at(one(path, 1, levels=("routine", "priority")), path) == "priority"
    assert at(one("desks.police.asks", 0, levels=(False, True)), "desks.police.asks") is False
    assert one(READS, 0, levels=(None, 24)).digest == base().digest
    assert at(one(READS, 1, levels=(None, 24)), READS) == 24
    path = "threats.trafficking.half_life.value"
    assert at(one(path, 1, levels=("10 d", "20 d")), path) == "20 d"


def test_changes_are_made_in_the_order_of_columns():
    both = settings(
        ("reads", Change(READS)),
        ("more", Change(READS, "times", (None, 3.0)), Change(VERIFICATION, "times", (None, 2.0))),
        rows=[[10, 0], [10, 1]],
    )
    assert [at(both.scenario(n), READS) for n in range(2)] == [10, 30]
    assert [at(both.scenario(n), VERIFICATION)["p95"] for n in range(2)] == ["60 d", "120 d"]


def test_only_the_changed_setting_differs():
    table = settings(("reads", Change(READS)), rows=[[12], [18]])
    assert table.scenario(0).digest == base().digest
    assert table.scenario(1).digest != base().digest
    assert table.scenario(0).digest == base().digest  # the document kept is not touched
    assert len(table) == 2


# What is refused -----------------------------------------------------------------------------


def refused(path, value, how="set", levels=()):
    with pytest.raises(SpecError) as caught:
        one(path, value, how, levels)
    return caught.value


def test_a_value_that_breaks_a_rule_names_parameter_value_rule_and_remedy():
    error = refused(READS, -3)
    assert error.where == f"parameter one ({READS})"
    assert error.value == -3
    assert "greater than 0" in error.rule or "above 0" in error.rule
    assert "narrower range" in error.remedy
    assert error.others == ()
    assert "organised-crime.yaml" in str(error)


def test_of_several_parameters_the_one_that_broke_the_rule_is_named():
    table = settings(
        ("reads", Change(READS)),
        ("share", Change("threats.trafficking.network.liquid_share", "times")),
        ("verify", Change(VERIFICATION, "times")),
        rows=[[12, 2, 1]],
    )
    with pytest.raises(SpecError, match=r"parameter share .*liquid_share") as caught:
        table.scenario(0)
    assert caught.value.value == 2


def test_a_rule_that_joins_parts_names_what_was_changed():
    error = refused("procedures.investigation.delays.verification.p95", 24)
    assert "parameter one" in error.where
    assert error.value == 24
    assert "p95" in error.rule


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("desks.police.reads.valu", 3, "did you mean value"),
        ("desks.polise.reads.value", 3, "did you mean police"),
        ("desk.police", 3, "did you mean desks"),
        ("threats.trafficking.sees.police[7].per_year", 3, r"\[0\]"),
        ("desks.police.reads", 3, "value"),
        ("reports.police-trace.urgency", 3, "values:"),
        ("threats.trafficking.network.number.value", 2.5, "whole number"),
        ("procedures.investigation.delays.verification.p95", -1, "negative"),
        ("horizon", 24 * 365, "same time"),
        ("desks.police.reads.value.more", 3, "does not exist"),
    ],
)
def test_what_does_not_fit_is_refused(path, value, words):
    with pytest.raises(SpecError, match=words):
        one(path, value)


def test_a_level_that_there_is_not_is_refused():
    assert "level" in refused(READS, 2, levels=(8, 12)).rule
    assert "level" in refused(READS, 0.5, levels=(8, 12)).rule


def test_a_place_that_breaks_a_rule_is_refused():
    error = refused("place.members[0].police_officers", -5)
    assert "parameter one (place.members[0].police_officers)" in error.where


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("place.members[0].code", "same states"),
        ("place.members", "same states"),
        ("place.members[0]", "place.members[0]"),
        ("place.national", "mapping"),
        ("place", "not replaced"),
        ("place.neighbours", "does not exist"),
        ("desks", "mapping"),
    ],
)
def test_what_is_no_declaration_of_its_kind_is_refused(path, words):
    assert words in str(refused(path, 1, levels=(None, "XX")))


@pytest.mark.parametrize("table", [np.zeros(3), np.zeros((2, 2)), np.full((1, 1), np.nan)])
def test_a_table_of_another_shape_is_no_table(table):
    with pytest.raises(ValueError, match=r"table|names"):
        Settings(base(), ("one",), table, ((Change(READS),),))


# Sent and stored -----------------------------------------------------------------------------


def both_kinds():
    return settings(
        ("reads", Change(READS)),
        ("measure", Change("desks.police.staff", "times", (None, 1.5))),
        rows=[[1 / 3, 0], [24, 1]],
    )


def test_settings_can_be_stored_and_read():
    first = both_kinds()
    text = json.dumps(first.document(), allow_nan=False)
    again = Settings.of(json.loads(text), base())
    assert again.names == first.names
    assert again.changes == first.changes
    assert np.array_equal(again.table, first.table)
    for number in range(2):
        assert again.scenario(number).digest == first.scenario(number).digest
    only = Settings.of(json.loads(json.dumps(Settings.only(base()).document())), base())
    assert len(only) == 1
    assert only.scenario(0).digest == base().digest


def test_settings_make_the_same_scenario_in_another_process(tmp_path):
    first = both_kinds()
    expected = first.scenario(1).digest  # fills what is kept, which is not sent
    (tmp_path / "settings").write_bytes(pickle.dumps(first))
    code = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')).scenario(1).digest)"
    found = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "settings")],
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == expected


def test_hours_are_written_so_that_they_are_read_back():
    for hours in (1 / 3, 7.123456789, 1e-3, 24 * 365.25):
        scenario = one("threats.trafficking.half_life.value", hours)
        assert parse_hours(at(scenario, "threats.trafficking.half_life.value")) == hours
        assert scenario.spec.threats["trafficking"].half_life.value == hours


# Taking away ---------------------------------------------------------------------------------


def test_what_is_removed_is_gone_and_the_rest_is_shared():
    original = Original.of(base(), policies())
    rules = original.plain["policies"]["bilateral"]["rules"]
    made = [(Change(f"policies.bilateral.rules[{n}]", "remove"), 1.0) for n in (0, 2)]
    found = original.patched([*made, (Change("trust", "remove", (None, True)), 1.0)])
    assert found["policies"]["bilateral"]["rules"] == [rules[1], *rules[3:]]
    assert "trust" not in found
    assert found["desks"] is original.plain["desks"]
    assert original.plain["policies"]["bilateral"]["rules"] is rules
    assert original.patched([(Change("trust", "remove", (None, True)), 0.0)]) is original.plain


def test_who_takes_no_part_may_be_set_where_nothing_is_said_of_it():
    levels = (None, {"organisations": ["DE"]})
    made = one("absent", 1, levels=levels)
    assert made.spec.absent.organisations == ("DE",)
    assert one("absent", 0, levels=levels).spec.absent is None
    assert one(READS, 24).spec.absent is None
    with pytest.raises(SpecError, match="organisation"):
        one("absent", 1, levels=(None, {"organisations": ["DF"]}))


def test_levels_that_do_the_same_to_the_world_are_alike():
    column = (
        "part",
        Change("absent", "set", (None, {"desks": ["customs"]}, None, None)),
        Change("trust", "remove", (None, None, True, None)),
        Change(READS, "times", (None, None, None, 2)),
    )
    assert settings(column, rows=[[0], [1], [2], [3]]).alike == ((0, 1, 3), (2,))
