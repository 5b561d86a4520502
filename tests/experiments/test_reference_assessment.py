"""The committed atlas is of the measures and headlines that there are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents import load_scenario
from experiments.planning.touched import touching
from scenarios import load_policy
from scenarios.reading import load_measures

FOLDER = Path(__file__).parents[2] / "results" / "reference" / "assessment"
SCENARIOS = sorted(path.name for path in FOLDER.iterdir())


def test_there_are_some() -> None:
    assert {"organised-crime", "cyber-outbreak", "forest-fire"} <= set(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_is_of_what_there_is(name: str) -> None:
    found = json.loads((FOLDER / name / "assessment.json").read_text(encoding="utf-8"))
    scenario = load_scenario(name)
    policies = [load_policy(policy) for policy in found["policies"]]
    touch = {
        one.short
        for one in load_measures()
        if any(touching(scenario, policy, one) for policy in policies)
    }
    assert found["measures"].keys() == touch
    headlines = [one.name for one in scenario.outcomes if one.headline]
    assert found["outcomes"] == headlines
    assert found["tests"] == sum(effect["p"] is not None for effect in found["effects"])
