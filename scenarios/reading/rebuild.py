"""Declarations from the documents that a run recorded, without the files they once came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_args, get_type_hints

from scenarios.errors import SpecError
from scenarios.reading.atlas import Atlas, check_size
from scenarios.reading.declarations import read_plain
from scenarios.reading.loaded import (
    Alternative,
    LoadedPolicy,
    LoadedProgramme,
    LoadedScenario,
)
from scenarios.reading.needs import check_needs
from scenarios.schema import (
    Columns,
    Place,
    Policy,
    Threats,
    check_place,
    check_scenario,
    check_threats,
    plain,
    scenario_model,
)


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
    return LoadedScenario(path, spec, atlas, threats)


def scenario_like(
    base: LoadedScenario,
    content: Mapping[str, Any],
    place_content: Mapping[str, Any] | None,
) -> LoadedScenario:
    """Return a scenario with another document, held to every rule that a file is held to.

    Parameters
    ----------
    base
        Scenario that the document was made of.
    content
        The document without the content of the place; parts of it may be models already.
    place_content
        Content of the place; None for the place of `base`.

    Raises
    ------
    SpecError
        If the document breaks a rule; it has the file of `base`, and no line of its own.
    """
    file, model = str(base.path), scenario_model(base.threats)
    check = partial(check_scenario, like=base.spec)
    spec = plain(read_plain(content, file, model, check=check))
    atlas = base.atlas if place_content is None else _atlas_like(base.atlas, place_content, file)
    check_needs(base.path, spec, atlas)
    try:
        check_threats(spec, tuple(atlas.members))
    except SpecError as error:
        error.file = file
        raise
    return LoadedScenario(base.path, spec, atlas, base.threats)


def policy_like(base: LoadedPolicy, content: Mapping[str, Any]) -> LoadedPolicy:
    """Return a policy with another document, held to the rules that a file is held to.

    Names in its rules are looked up when it is compiled with a scenario.

    Raises
    ------
    SpecError
        If the document breaks a rule; it has the file of `base`, and no line of its own.
    """
    file = str(base.path)
    with _within(f"policies.{base.name}", file):
        spec = read_plain(content, file, Policy)
        if spec.policy != base.spec.policy:
            raise SpecError(
                "a policy keeps its name", "leave `policy` out", where="policy", value=spec.policy
            )
    places = base.rule_places
    if len(spec.rules) != len(places):
        places = tuple((base.path, number) for number in range(len(spec.rules)))
    return replace(base, spec=spec, rule_places=places, taken_over={})


def _atlas_like(base: Atlas, document: Mapping[str, Any], file: str) -> Atlas:
    """Return a place with another document; what no document has comes from `base`."""
    own = {name: value for name, value in document.items() if name in Place.model_fields}
    with _within("place", file):
        place = read_plain(own, file, Place, check=check_place)
        check_size(place, base.members)
    tables: dict[str, Any] = {
        name: _table_like(getattr(base, name), document[name], model, f"place.{name}", file)
        for name, model in _tables(document)
    }
    return replace(base, place=place, **tables)


def _table_like(
    base: Mapping[str, Any], rows: object, model: type[Any], where: str, file: str
) -> dict[str, Any]:
    """Return a table of a place with other rows for the same states."""
    found = {}
    for number, values in enumerate(rows if isinstance(rows, list) else ()):
        with _within(f"{where}[{number}]", file):
            row = read_plain(values, file, model)
        found[row.code] = row
    if list(found) != list(base):
        raise SpecError(
            "the tables of a place have a row for each of the same states",
            "change numbers in the rows, and leave their codes as they are",
            file=file,
            where=where,
        )
    return found


@contextmanager
def _within(where: str, file: str) -> Iterator[None]:
    """Let errors name the part of the document that they are in."""
    try:
        yield
    except SpecError as error:
        error.file = file
        error.where = f"{where}.{error.where}" if error.where else where
        raise


def _tables(document: Mapping[str, Any]) -> list[tuple[str, type[Any]]]:
    """Return the tables of a place in its document, with the model of their rows."""
    kinds = get_type_hints(Atlas)
    others = document.keys() - Place.model_fields.keys() - {"neighbours"}
    return [(name, get_args(kinds[name])[1]) for name in sorted(others)]


def _atlas_from(document: dict[str, Any]) -> Atlas:
    """Return a place; what is neither in its declaration nor a pair is a table by code."""
    own = {name: value for name, value in document.items() if name in Place.model_fields}
    place = Place.model_validate(own)
    check_place(place)
    tables: dict[str, Any] = {}
    for name, row in _tables(document):
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
    content = dict(document)
    programme = content.pop("programme", None)
    spec = Policy.model_validate(content)
    places = tuple((path, number) for number in range(len(spec.rules)))
    policy = LoadedPolicy(path, spec, places)
    return (
        policy if programme is None else Alternative.of(policy, LoadedProgramme.of(programme, path))
    )
