"""Numbers of policies as parameters: what they change, and what they leave alone."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from agents import load_scenario
from experiments.designs import load_experiment
from experiments.execution.here import Here
from experiments.execution.placing import How
from experiments.execution.running import run_plan
from experiments.planning.plan import make_plan
from experiments.planning.settings import Settings
from experiments.store.directory import open_for_reading
from experiments.trace.replaying import replay_lanes
from scenarios import SpecError, load_policy
from scenarios.changing import Change, Original
from sim.draws.streams import threshold
from tests.agents.small import small

CATALOGUE = Path(__file__).parents[3] / "scenarios" / "catalogue" / "policies"
CHANCE = "policies.bilateral.rules[0].push.chance"

EXPERIMENT = """\
experiment: telling
meaning: how readily partners are told
scenario: organised-crime
policies: [bilateral, hub-and-spoke]
replications: 2
parameters:
  told: {{changes: {changes!r}, {values}, assumed: to see it change}}
design: {{kind: factorial}}
"""


@cache
def base():
    return load_scenario("organised-crime")


@cache
def run():
    return load_policy("bilateral"), load_policy("hub-and-spoke")


@cache
def declared():
    return Settings.only(base(), run())


def changed(*changes):
    """One setting, with each change and its number."""
    return declared().varied(
        tuple(f"column-{place}" for place in range(len(changes))),
        np.array([[number for _, number in changes]]),
        tuple((change,) for change, _ in changes),
    )


def experiment(folder, changes, values="low: 0.1, high: 0.3"):
    file = folder / "telling.yaml"
    file.write_text(EXPERIMENT.format(changes=changes, values=values), encoding="utf-8")
    return load_experiment(str(file))


def refusal(folder, *arguments):
    with pytest.raises(SpecError) as caught:
        experiment(folder, *arguments)
    return caught.value


# What is changed ----------------------------------------------------------------------------


def test_a_chance_reaches_the_compiled_terms_of_its_policy_alone():
    settings = changed((Change(CHANCE), 0.75))
    assert settings.scenario(0) is base()
    mine, other = settings.policies_in(0)
    assert mine.spec.rules[0].push.chance == 0.75
    assert mine.spec.rules[1:] == run()[0].spec.rules[1:]
    assert other is run()[1]
    before, after = declared().compiled(0).world, settings.compiled(0).world
    [term] = np.flatnonzero(before.terms.push != after.terms.push)
    assert before.terms.push[term] == threshold(0.18)
    assert after.terms.push[term] == threshold(0.75)
    assert np.array_equal(before.phases.term, after.phases.term)
    assert np.any(before.phases.term[0] == term)
    assert not np.any(before.phases.term[1] == term)


def test_a_factor_on_a_rule_scales_its_delay():
    path = "policies.bilateral.rules[0].push.delay"
    [mine, _] = changed((Change(path, "times"), 2.0)).policies_in(0)
    delay = mine.spec.rules[0].push.delay
    assert (delay.median, delay.p95) == (20 * 24, 90 * 24)


def test_scenario_and_policies_change_together():
    reads = "desks.police.reads.value"
    settings = changed((Change(CHANCE), 0.5), (Change(reads), 9.0))
    assert settings.policies_in(0)[0].spec.rules[0].push.chance == 0.5
    original = Original.of(settings.scenario(0))
    assert original.plain_at(original.steps(reads)) == 9


def test_what_is_changed_is_a_new_object_and_nothing_else():
    original = declared().original
    document = original.patched([(Change(CHANCE), 0.5)])
    assert document["policies"]["hub-and-spoke"] is original.plain["policies"]["hub-and-spoke"]
    assert document["place"] is original.plain["place"]
    assert original.plain["policies"]["bilateral"]["rules"][0]["push"]["chance"] == 0.18
    assert document["policies"]["bilateral"]["rules"][0]["push"]["chance"] == 0.5


# Patterns -----------------------------------------------------------------------------------


def test_a_star_stands_for_whatever_has_the_rest(tmp_path):
    found = experiment(
        tmp_path, "policies.*.rules[*].push.delay", "times: {low: 0.5, high: 2}"
    ).columns[0]
    paths = [change.path for change in found.changes]
    expected = [
        f"policies.{policy.name}.rules[{number}].push.delay"
        for policy in run()
        for number, rule in enumerate(policy.spec.rules)
        if rule.push is not None and rule.push.delay is not None
    ]
    assert paths == expected
    assert len(paths) > 30


def test_a_star_stands_for_keys_of_the_scenario_too():
    original = declared().original
    latencies = original.expanded("place.instruments.*.latency")
    assert latencies == tuple(
        f"place.instruments.{name}.latency" for name in base().atlas.place.instruments
    )
    assert (
        original.expanded("threats.trafficking.sees.police[*].per_year")[0]
        == "threats.trafficking.sees.police[0].per_year"
    )
    assert original.expanded("threats.trafficking.network") == ("threats.trafficking.network",)


@pytest.mark.parametrize(
    "path",
    ["policies.*.nothing", "desks[*].staff", "policies.bilateral.*[0]x", "horizon.*", "[*]"],
)
def test_a_pattern_that_nothing_fits_is_refused(tmp_path, path):
    error = refusal(tmp_path, path)
    assert error.where == "parameters.told.changes"
    assert error.value == path
    assert "does not exist" in error.rule
    assert error.line == 7


def test_a_path_that_two_patterns_lead_to_is_changed_once(tmp_path):
    both = ["policies.bilateral.rules[*].push.chance", CHANCE]
    found = experiment(tmp_path, both, "times: {low: 0.5, high: 1}").columns[0]
    paths = [change.path for change in found.changes]
    assert len(set(paths)) == len(paths)


# What is refused ----------------------------------------------------------------------------


def test_a_chance_above_one_is_refused_with_its_path(tmp_path):
    error = refusal(tmp_path, CHANCE, "low: 0.1, high: 1.5")
    assert error.where == "parameters.told"
    assert "bilateral.rules[0].push.chance" in error.rule
    assert error.value == 1.5


def test_a_parameter_without_effect_is_told(tmp_path):
    """Rules for incidents and for calls for help decide nothing about organised crime."""
    found = experiment(tmp_path, "policies.bilateral.rules[9].push.chance")
    idle = "policies.bilateral.rules[9]: no report of this scenario comes under it"
    assert found.remarks() == [f"parameters.told changes nothing: {idle}"]
    assert experiment(tmp_path, CHANCE).remarks() == []
    both = ["policies.bilateral.rules[9].push.chance", CHANCE]
    assert experiment(tmp_path, both).remarks() == []
    assert experiment(tmp_path, "desks.police.reads.value", "low: 8, high: 9").remarks() == []


def test_a_rule_that_there_is_not_is_told_with_those_there_are(tmp_path):
    error = refusal(tmp_path, "policies.bilateral.rules[99].push.chance")
    most = len(run()[0].spec.rules) - 1
    assert f"has entries [0] to [{most}]" in error.rule


def test_a_policy_that_is_not_run_leads_nowhere(tmp_path):
    error = refusal(tmp_path, "policies.full-pool.rules[0].push.chance")
    assert "there is no full-pool in policies" in error.rule


@pytest.mark.parametrize(
    ("path", "values", "said"),
    [
        ("policies.bilateral", "values: [free, forbidden]", "a policy is not replaced"),
        ("policies.bilateral.policy", "values: [one, other]", "how the file of a policy is read"),
        ("policies.hub-and-spoke.extends", "values: [full-pool, bilateral]", "changes nothing"),
        ("policies.bilateral.abstract", "values: [true, false]", "changes nothing"),
        (
            "policies.*.rules[*].push.delay",
            "low: 1 h, high: 2 h",
            "go on to a number in it (`median`",
        ),
        ("policies.bilateral.rules[0].handling", "values: [free, secret]", "does not exist"),
        ("policies.bilateral.rules[0].pull.answer", "values: [maybe, hit]", "answer"),
    ],
)
def test_what_no_file_could_declare_is_refused(tmp_path, path, values, said):
    assert said in str(refusal(tmp_path, path, values))


def test_names_in_rules_are_looked_up_when_the_file_is_read(tmp_path):
    error = refusal(
        tmp_path, "policies.bilateral.rules[0].match.over", "values: [[bilateral], [pigeon-post]]"
    )
    assert error.where == "parameters.told"
    assert "pigeon-post" in str(error)


@pytest.mark.parametrize(
    "paths",
    [
        ["policies.bilateral.rules[0].push", "policies.bilateral.rules[*].push.chance"],
        ["desks.police.reads", "desks.police.reads.value"],
    ],
)
def test_a_factor_is_not_taken_twice(tmp_path, paths):
    error = refusal(tmp_path, paths, "times: {low: 0.5, high: 1}")
    assert error.where == "parameters.told.changes"
    assert error.value == paths[1].replace("[*]", "[0]")
    assert f"is part of {paths[0]}" in error.rule


def test_what_replaces_a_policy_is_named(tmp_path):
    text = EXPERIMENT.format(changes=CHANCE, values="low: 0.1, high: 0.3")
    file = tmp_path / "telling.yaml"
    measure = "measures: {all: {meaning: m, set: {'policies.*': 7}, assumed: a}}\n"
    file.write_text(text + measure, encoding="utf-8")
    with pytest.raises(SpecError, match="a policy is not replaced") as caught:
        load_experiment(str(file))
    assert caught.value.value == 7


def test_a_duration_in_a_list_needs_its_unit(tmp_path):
    text = EXPERIMENT.format(
        changes="threats.trafficking.half_life.value", values="low: 60 d, high: 90 d"
    )
    file = tmp_path / "telling.yaml"
    for value, fits in (("70", False), ("70 d", True), ("long", False)):
        listed = f"design: {{kind: list, settings: [{{told: {value}}}]}}"
        file.write_text(text.replace("design: {kind: factorial}", listed), encoding="utf-8")
        if fits:
            assert load_experiment(str(file)).settings().table.tolist() == [[70 * 24]]
        else:
            with pytest.raises(SpecError, match="a setting gives a duration"):
                load_experiment(str(file)).settings()


# Through a run ------------------------------------------------------------------------------


@pytest.mark.long
def test_a_setting_equals_the_policy_written_down(tmp_path):
    """The number in a setting gives, to the byte, what it gives in a policy's file."""
    text = (CATALOGUE / "full-pool.yaml").read_text("utf-8")
    line = next(one for one in text.splitlines() if re.search(r"push: {chance: 0\.\d+", one))
    place = text[: text.index(line)].count("- meaning:") - 1
    (tmp_path / "full-pool.yaml").write_text(
        text.replace(line, re.sub(r"(push: {chance: )[\d.]+", r"\g<1>0.125", line), 1), "utf-8"
    )
    scenario = small()
    plain = (load_policy("bilateral"), load_policy("full-pool"))
    written = (plain[0], load_policy(str(tmp_path / "full-pool.yaml")))
    path = f"policies.full-pool.rules[{place}].push.chance"
    settings = Settings.only(scenario, plain).varied(
        ("told",), np.array([[0.125], [0.9]]), ((Change(path),),)
    )
    assert written[1].digest == settings.policies_in(0)[1].digest
    for name, what, policies in (("set", settings, plain), ("file", scenario, written)):
        plan = make_plan(what, policies, baseline="bilateral", seed=3, replications=8)
        assert run_plan(plan, tmp_path / name, How(Here())).complete
    found, expected = (open_for_reading(tmp_path / name).futures() for name in ("set", "file"))
    for outcome, values in expected.values.items():
        assert np.array_equal(found.values[outcome][0], values[0], equal_nan=True), outcome
    assert any(np.any(values[0] != values[1]) for values in found.values.values())
    again = replay_lanes(tmp_path / "set", ["full-pool"], 1, setting=1)  # to the bit, or refused
    push = again[0].policy.spec.rules[place].push
    assert push is not None
    assert push.chance == 0.9
