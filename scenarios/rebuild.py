"""Declarations from the documents that a run recorded, without the files they once came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scenarios.atlas import Atlas
from scenarios.load import LoadedPolicy, LoadedScenario
from scenarios.place import Columns, Member, Place, check_place
from scenarios.policy import Policy
from scenarios.scenario import Threats, check_scenario, plain, scenario_model

_TABLES = ("members", "neighbours")


def scenario_from(document: dict[str, Any], threats: Threats, path: Path) -> LoadedScenario:
    """Return the scenario whose `document()` this is; `path` is what errors name.

    Tables of the place that no result depends on (who is in which regional group, what columns
    mean) are not in a document and stay empty.

    Raises
    ------
    ValueError, KeyError, TypeError, SpecError
        If it is no document of a scenario that this version can run.
    """
    content = dict(document)
    there = dict(content.pop("place_content"))
    rows, pairs = (there.pop(name) for name in _TABLES)
    spec = plain(scenario_model(threats).model_validate(content))
    check_scenario(spec)
    place = Place.model_validate(there)
    check_place(place)
    members = [Member.model_validate(row) for row in rows]
    atlas = Atlas(
        place=place,
        members={member.code: member for member in members},
        neighbours=frozenset(frozenset(pair) for pair in pairs),
        centres=(),
        groups={},
        columns=Columns({}),
    )
    return LoadedScenario(path, spec, atlas)


def policy_from(document: dict[str, Any], path: Path) -> LoadedPolicy:
    """Return the policy whose `document()` this is, with the rules of what it extends.

    Raises
    ------
    ValueError
        If it is no document of a policy that this version can run.
    """
    spec = Policy.model_validate(document)
    return LoadedPolicy(path, spec, tuple((path, number) for number in range(len(spec.rules))))
