"""No outcome of a shipped scenario is without a test that asserts what it is."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Final

from agents import load_scenario
from scenarios import LoadedScenario, scenario_entries

TESTS: Final = Path(__file__).parents[2]
ROOMS: Final = ("agents", "verification")


def named_in_assertions(text: str) -> set[str]:
    """Return the strings that stand in the assertions of a file."""
    return {
        part.value
        for statement in ast.walk(ast.parse(text))
        if isinstance(statement, ast.Assert)
        for part in ast.walk(statement.test)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }


@cache
def asserted() -> frozenset[str]:
    """Return the strings that stand in any assertion of the tests of agents."""
    files = [path for room in ROOMS for path in sorted((TESTS / room).glob("**/test_*.py"))]
    return frozenset().union(*(named_in_assertions(path.read_text("utf-8")) for path in files))


def without_a_test(loaded: LoadedScenario) -> list[str]:
    """Return the outcomes that no assertion names.

    What one of several threats gives is what the threat gives alone, under the same name.
    """
    names = (outcome.name for outcome in loaded.spec.outcomes)
    return [name for name in names if name.rpartition(".")[2] not in asserted()]


def test_every_outcome_is_asserted_somewhere() -> None:
    missing = {
        entry.name: without_a_test(load_scenario(entry.name)) for entry in scenario_entries()
    }
    assert not any(missing.values()), missing
    assert len(missing) >= 4


def test_what_stands_beside_an_assertion_does_not_count() -> None:
    text = 'def test_it():\n    """fires"""\n    calls = "calls"\n    assert found["hectares"] == 1'
    assert named_in_assertions(text) == {"hectares"}


def test_a_new_outcome_is_noticed() -> None:
    loaded = load_scenario("forest-fire")
    (first, *others) = loaded.spec.outcomes
    new = first.model_copy(update={"name": "trees_felled"})
    spec = loaded.spec.model_copy(update={"outcomes": (new, *others)})
    assert without_a_test(LoadedScenario(**{**vars(loaded), "spec": spec})) == [new.name]
