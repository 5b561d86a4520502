"""Declarations from the documents that a run recorded, without the files they once came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args, get_type_hints

from scenarios.atlas import Atlas
from scenarios.load import LoadedPolicy, LoadedScenario
from scenarios.place import Columns, Place, check_place
from scenarios.policy import Policy
from scenarios.scenario import Threats, check_scenario, plain, scenario_model


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
    atlas = _atlas_from(content.pop("place_content"))
    spec = plain(scenario_model(threats).model_validate(content))
    check_scenario(spec)
    return LoadedScenario(path, spec, atlas)


def _atlas_from(document: dict[str, Any]) -> Atlas:
    """Return a place; what is neither in its declaration nor a pair is a table by code."""
    own = {name: value for name, value in document.items() if name in Place.model_fields}
    place = Place.model_validate(own)
    check_place(place)
    kinds = get_type_hints(Atlas)
    tables: dict[str, Any] = {}
    for name in document.keys() - own.keys() - {"neighbours"}:
        _, row = get_args(kinds[name])
        rows = [row.model_validate(values) for values in document[name]]
        tables[name] = {one.code: one for one in rows}
    pairs = frozenset(frozenset(pair) for pair in document["neighbours"])
    unused: dict[str, Any] = {"centres": (), "groups": {}, "columns": Columns({})}
    return Atlas(place=place, neighbours=pairs, **unused, **tables)


def policy_from(document: dict[str, Any], path: Path) -> LoadedPolicy:
    """Return the policy whose `document()` this is, with the rules of what it extends.

    Raises
    ------
    ValueError
        If it is no document of a policy that this version can run.
    """
    spec = Policy.model_validate(document)
    return LoadedPolicy(path, spec, tuple((path, number) for number in range(len(spec.rules))))
