"""The guesses of a scenario as parameters: none is lost, and every range keeps the rules."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest

from agents import load_scenario
from experiments.designs.defaults import default_experiment, guesses_of
from experiments.designs.policy_groups import UNMET
from experiments.errors import UserError
from experiments.planning.settings import Settings
from scenarios import SpecError, load_policy, scenario_entries

RULE = re.compile(r"rules\[(\d+)\]")
SCENARIOS = [entry.name for entry in scenario_entries()]


@cache
def scenario(name="organised-crime"):
    return load_scenario(name)


@cache
def policies(*names):
    return tuple(map(load_policy, names))


@cache
def guesses(name="organised-crime"):
    return guesses_of(scenario(name), policies("bilateral", "hub-and-spoke"))


def experiment(name, design, only=("*",), **options):
    run = policies("bilateral", "hub-and-spoke")
    found = guesses_of(scenario(name), run, only=only) if only != ("*",) else guesses(name)
    options = {"seed": 1, "replications": 3, **options}
    return default_experiment(scenario(name), run, guesses=found, design=design, **options)


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_guess_is_varied_or_listed_with_a_reason(name):
    found = guesses(name)
    names = [*found.parameters, *found.fixed]
    paths = [path for one in found.parameters.values() for path in one.paths]
    missing = []
    for row in scenario(name).sources():
        if row.kind != "assumed":
            continue
        path = row.path.replace(".csv.", ".")
        within = (path, f"{path}.", f"{path}[")
        known = [*names, *paths, *(other.removeprefix("place.") for other in names)]
        if row.path not in found.fixed and not any(
            one == path or one.startswith(within[1:]) for one in known
        ):
            missing.append(row.path)
    assert missing == []
    assert all(found.fixed.values())
    assert not set(found.parameters) & set(found.fixed)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_guess_of_a_policy_is_varied_or_listed_with_a_reason(name):
    found = guesses(name)
    paths = {path for one in found.parameters.values() for path in one.paths}
    for policy in policies("bilateral", "hub-and-spoke"):
        rows = [row for row in policy.sources() if row.kind == "assumed"]
        assert len(rows) > 20
        for row in rows:
            rule = RULE.fullmatch(row.path)
            owner, own = policy.path, row.path
            if rule is not None:
                owner, number = policy.rule_places[int(rule[1])]
                own = f"rules[{number}]"
            is_fixed = f"policies.{owner.stem}.{own}" in found.fixed
            is_varied = any(
                path.startswith(f"policies.{policy.name}.{row.path}.") for path in paths
            )
            assert is_fixed != is_varied, row


@pytest.mark.long
def test_a_rule_that_two_policies_take_over_is_one_guess():
    """Varied in one policy alone, it would count as a difference between the two."""
    one = guesses().parameters["policies.duties-2010.rules[2].delay"]
    assert {path.split(".")[1] for path in one.paths} == {"bilateral", "hub-and-spoke"}
    assert [path.rpartition(".")[2] for path in one.paths] == ["median", "p95"] * 4
    assert {path.split(".")[-3] for path in one.paths} == {"push", "pull"}
    chance = guesses().parameters["policies.duties-2010.rules[2].chance"]
    assert chance.times.high == pytest.approx(1 / 0.7)  # the larger of 0.45 and 0.7
    assert chance.times.low == 0.5


def rule(meaning):
    """Return the path of a rule of the hub, or of the duties that it extends, by its meaning."""
    hub = load_policy("hub-and-spoke")
    rules = zip(hub.spec.rules, hub.rule_places, strict=True)
    [(file, number)] = [place for one, place in rules if one.meaning == meaning]
    return f"policies.{file.stem}.rules[{number}]"


def test_of_a_rule_with_a_source_only_what_it_calls_assumed_is_varied():
    names = guesses().parameters
    serious = rule("prosecutors tell Eurojust of serious cases in several states")
    assert f"{serious}.chance" in names  # "share assumed"
    assert f"{serious}.delay" not in names
    told = rule("Europol tells the states concerned of cases and analyses")
    assert not any(name.startswith(told) for name in names)
    names = guesses("forest-fire").parameters
    offers = rule("offers reach the Centre")
    assert f"{offers}.delay" in names  # "delay assumed"
    assert f"{offers}.chance" not in names


RULES = """\
policy: {name}
meaning: a policy of a user's
source: for a test
{more}
rules:
  - meaning: {name} tells of traces
    match: {{{match}reports: [trace]}}
    push: {{chance: {chance}, delay: {{median: 2 d, p95: 8 d}}}}
    assumed: for a test
"""
ASK = "ask: {evidence: 3, every: 60 d, assumed: for a test}"


def written(folder, name, chance, more="", match="", file=None):
    folder.mkdir(exist_ok=True)
    path = folder / f"{file or name}.yaml"
    path.write_text(RULES.format(name=name, chance=chance, more=more, match=match))
    return path


def paths_of(*files):
    loaded = tuple(load_policy(str(file)) for file in files)
    found = guesses_of(scenario(), loaded, only=("policies.*",))
    return {name: one.paths for name, one in found.parameters.items()}, found.fixed


def test_files_of_one_name_are_told_apart(tmp_path):
    parents = [written(tmp_path / name, name, 0.4, file="base") for name in ("a", "b")]
    files = [
        written(tmp_path, f"child-{number}", 0.2, f"extends: {parent}", "over: [siena], ")
        for number, parent in enumerate(parents)
    ]
    found, _ = paths_of(*files)
    assert found["policies.base.rules[0].chance"] == ("policies.child-0.rules[1].push.chance",)
    assert found["policies.base-2.rules[0].chance"] == ("policies.child-1.rules[1].push.chance",)


def test_a_policy_that_extends_one_of_its_own_name(tmp_path):
    parent = written(tmp_path / "a", "hub", 0.4)
    found, _ = paths_of(written(tmp_path, "hub", 0.2, f"extends: {parent}", "over: [siena], "))
    assert found["policies.hub.rules[0].chance"] == ("policies.hub.rules[0].push.chance",)
    assert found["policies.hub-2.rules[0].chance"] == ("policies.hub.rules[1].push.chance",)


def test_what_a_policy_and_one_that_extends_it_share_is_one_guess(tmp_path):
    parent = written(tmp_path / "a", "parent", 0.4, ASK, file="base")
    child = written(tmp_path, "child", 0.2, f"extends: {parent}", "over: [siena], ")
    found, _ = paths_of(parent, child)
    assert found["policies.parent.rules[0].chance"] == (
        "policies.parent.rules[0].push.chance",
        "policies.child.rules[1].push.chance",
    )
    assert found["policies.parent.ask.every"] == (
        "policies.parent.ask.every",
        "policies.child.ask.every",
    )
    assert not any("base" in name or "child.ask" in name for name in found)


def test_a_rule_that_counts_in_one_of_two_policies_is_varied_there(tmp_path):
    parent = written(tmp_path / "a", "parent", 0.4)
    child = written(tmp_path, "child", 0.2, f"extends: {parent}")  # its rule comes first always
    found, fixed = paths_of(parent, child)
    assert found["policies.parent.rules[0].chance"] == ("policies.parent.rules[0].push.chance",)
    assert fixed == {}
    assert paths_of(child)[1] == {"policies.parent.rules[0]": UNMET}


def test_rules_for_other_threats_are_left_out():
    found = guesses()
    assert found.fixed["policies.bilateral.rules[10]"] == UNMET
    assert "policies.bilateral.rules[10].chance" in guesses("forest-fire").parameters


def test_a_number_with_a_source_is_not_varied():
    paths = {path for one in guesses().parameters.values() for path in one.paths}
    assert "threats.trafficking.network.income_per_victim_year.value" not in paths
    assert "procedures.coordination.chances.worth_a_meeting.value" not in paths
    assert "desks.police.reads.value" in paths


def test_a_source_that_says_that_the_number_was_assumed_is_a_guess():
    paths = {path for one in guesses().parameters.values() for path in one.paths}
    assert "desks.financial.local_routine.value" in paths


def test_numbers_that_belong_together_get_one_factor():
    found = guesses().parameters
    verification = found["procedures.investigation.delays.verification"]
    assert [path.rpartition(".")[2] for path in verification.paths] == ["median", "p95"]
    assert {path.rpartition(".")[2] for path in found["desks.police.staff"].paths} == {
        "base",
        "per_10k_police",
    }
    assert "threats.trafficking.recognises.police.evidence" in found
    assert "threats.trafficking.recognises.police.organisations" in found


def test_two_that_cannot_go_apart_get_one_factor():
    """A median above its 95th percentile breaks a rule, though each may be changed alone."""
    found = guesses().parameters
    assert "threats.trafficking.decoys.activity_median+activity_p95" in found
    assert "threats.trafficking.decoys.activity_median" not in found


def test_chances_stay_within_one():
    found = guesses().parameters
    times = found["procedures.coordination.chances.arrested_at_once"].times
    assert times.low == 0.5
    assert times.high == pytest.approx(1 / 0.55, rel=1e-12)
    times = found["desks.police.local_routine"].times  # a share that the schema does not bound
    assert 0.55 * times.high <= 1
    assert times.high > 1.8


def test_a_rule_between_two_numbers_narrows_a_range():
    times = guesses().parameters["trust.most"].times  # 1 is neutral and must lie below it
    assert times.low > 1 / 1.5
    assert times.low < 1 / 1.5 * 1.02
    assert times.high == 2


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_end_is_valid_and_changes_the_scenario(name):
    settings = experiment(name, {"kind": "one-at-a-time"}).settings()
    assert settings.scenario(0).digest == scenario(name).digest
    ends = [(one.times.low, one.times.high) for one in guesses(name).parameters.values()]
    # What is 1 already has one end: a share none above, a count none below.
    assert all(low <= 1 <= high and low < high for low, high in ends)
    assert len(settings) == 1 + sum((low < 1) + (high > 1) for low, high in ends)
    tried = range(0, len(settings), 7)
    digests = {
        (settings.scenario(number).digest, *(one.digest for one in settings.policies_in(number)))
        for number in tried
    }
    # a count of 1 or 2 may stay as it is at one end, but never at both
    assert len(digests) > 0.85 * len(tried)


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_design_over_all_guesses_is_valid(name):
    settings = experiment(name, {"kind": "latin-hypercube", "points": 40}).settings()
    settings.check()


def test_a_pattern_chooses():
    one = "threats.trafficking.half_life"
    chosen = ("desks.police.*", "threats.*.sees.police*", "threats.*.recognises.police.*", one)
    found = guesses_of(scenario(), policies("bilateral"), only=chosen)
    assert one in found.parameters
    assert all(name == one or ".police" in name or "desks.p" in name for name in found.parameters)
    assert len(found.parameters) == 8
    with pytest.raises(UserError, match="fits no guess") as caught:
        guesses_of(scenario(), (), only=("desk.*",))
    assert "did you mean desks?" in caught.value.remedy


@pytest.mark.parametrize("factor", [1, 0.5, 1e9, float("nan")])
def test_a_factor_out_of_range_is_refused(factor):
    with pytest.raises(UserError, match="--factor"):
        guesses_of(scenario(), (), factor=factor)


def test_a_small_factor_leaves_small_counts_out_with_the_reason():
    found = guesses_of(scenario(), (), factor=1.2, only=("threats.*",))
    assert "whole number" in found.fixed["threats.trafficking.recognises.police.organisations"]


def test_what_only_steps_may_change_is_left_out_with_the_reason():
    """A season begins at midnight: twice 195 days is fine, and hardly anything before."""
    found = guesses_of(scenario("three-at-once"), (), only=("threats.fires.season.*",))
    assert "threats.fires.season.window" in found.parameters
    assert "at midnight" in found.fixed["threats.fires.season.begins"]


def test_nothing_to_vary_is_said():
    with pytest.raises(UserError, match="nothing that was chosen"):
        experiment("organised-crime", {"kind": "one-at-a-time"}, only=("pccc.*",))


def test_the_experiment_is_like_one_from_a_file():
    made = experiment("organised-crime", {"kind": "morris", "trajectories": 2}, only=("trust.*",))
    assert len(made.settings()) == 2 * (len(made.spec.parameters) + 1)
    assert made.spec.parameters["trust.leak"].assumed
    document = made.document()
    assert document["scenario"] == "organised-crime"
    assert document["policies"] == ["bilateral", "hub-and-spoke"]
    table = made.settings().table
    again = Settings.of(made.settings().document(), scenario())
    assert np.array_equal(again.table, table)


def test_a_design_that_breaks_a_rule_is_refused():
    with pytest.raises(SpecError, match="power of two"):
        experiment("organised-crime", {"kind": "sobol", "points": 5}, only=("trust.*",))
