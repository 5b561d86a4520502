"""The committed atlas is of the measures and headlines that there are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents import load_scenario
from scenarios.reading import load_measures

FOLDER = Path(__file__).parents[2] / "results" / "reference" / "assessment"
SCENARIOS = sorted(path.name for path in FOLDER.iterdir())


def test_there_are_some() -> None:
    assert {"organised-crime", "cyber-outbreak", "forest-fire"} <= set(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_is_of_what_there_is(name: str) -> None:
    found = json.loads((FOLDER / name / "assessment.json").read_text(encoding="utf-8"))
    measures = {one.short for one in load_measures()}
    assert found["measures"].keys() | found["touches_nothing"].keys() == measures
    headlines = [one.name for one in load_scenario(name).outcomes if one.headline]
    assert found["outcomes"] == headlines
    assert found["tests"] == sum(effect["p"] is not None for effect in found["effects"])
