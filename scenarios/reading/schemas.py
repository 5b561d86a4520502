"""JSON Schemas of the declarations, for editors."""

from __future__ import annotations

from typing import Any, Final, Union

from pydantic import TypeAdapter

from scenarios.schema import (
    Brought,
    History,
    Measure,
    Place,
    Policy,
    Procedure,
    Programme,
    Threats,
    bundle_of,
    inline_of,
    scenario_model,
)

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_DEFINED: Final = "#/$defs/"
_PART: Final = "PartOf"
_NAMED: Final = {"type": "string", "minLength": 1}
_OF_WHOLE: Final = frozenset({"required", "minProperties", "discriminator", "default"})
"""What is not asked of the part of a declaration that differs."""


def json_schemas(threats: Threats) -> dict[str, dict[str, Any]]:
    """Return the JSON Schemas of all declarations, by kind."""
    inline = {kind: inline_of(declaration) for kind, declaration in threats.items()}
    return {
        "scenario": {"$schema": DIALECT, **_scenario(scenario_model(inline).model_json_schema())},
        "policy": {"$schema": DIALECT, **Policy.model_json_schema()},
        "threat": {"$schema": DIALECT, **_threat(threats)},
        "procedure": {"$schema": DIALECT, **Procedure.model_json_schema()},
        "measure": {"$schema": DIALECT, **Measure.model_json_schema()},
        "programme": {"$schema": DIALECT, **Programme.model_json_schema()},
        "place": {"$schema": DIALECT, **Place.model_json_schema()},
        "history": {"$schema": DIALECT, **History.model_json_schema()},
    }


def _threat(threats: Threats) -> dict[str, Any]:
    """Return the schema of files that declare a threat of some kind."""
    files: Any = Union[tuple(map(bundle_of, threats.values()))]  # noqa: UP007 - as of scenarios
    schema = TypeAdapter(files).json_schema()
    for one in schema["$defs"].values():
        _let_name_procedures(one)
    return {"title": "Threat", **schema}


def _scenario(schema: dict[str, Any]) -> dict[str, Any]:
    """Ask of a scenario that extends another one for what differs only, but for a name.

    So it is with what threats bring, and with a threat that extends a file.
    """
    definitions = schema.pop("$defs")
    for one in (schema, *definitions.values()):
        _let_name_procedures(one)
    properties = schema["properties"]
    threats = properties["threats"]["patternProperties"]
    [(name, declared)] = threats.items()
    threats[name] = {"anyOf": [_NAMED, declared]}
    differing = {**_part(schema), "required": ["scenario"]}
    threats[name]["anyOf"].append({**_part(declared), "required": ["extends"]})
    for key in Brought.model_fields:
        properties[key] = _part(properties[key])
    schema["required"] = [key for key in schema["required"] if key not in Brought.model_fields]
    parts = {f"{_PART}{name}": _part(one) for name, one in definitions.items()}
    return {
        "$defs": definitions | parts,
        "title": schema["title"],
        "type": "object",
        "if": {"properties": {"extends": {"type": "string"}}, "required": ["extends"]},
        "then": differing,
        "else": schema,
    }


def _let_name_procedures(schema: dict[str, Any]) -> None:
    """Let the name of a procedure stand for what it declares, if there are some."""
    procedures = schema.get("properties", {}).get("procedures", {})
    for one in (procedures, *procedures.get("anyOf", ())):
        for pattern, declared in one.get("patternProperties", {}).items():
            one["patternProperties"][pattern] = {"anyOf": [_NAMED, declared]}


def _part(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of what differs from such a declaration: any of its keys, or null."""
    made = {key: value for key, value in schema.items() if key not in _OF_WHOLE}
    if "$ref" in made:
        made["$ref"] = made["$ref"].replace(_DEFINED, f"{_DEFINED}{_PART}")
    kinds = [*made.pop("oneOf", ()), *made.pop("anyOf", ())]
    if kinds := [_part(one) for one in kinds if one.keys() != {"required"}]:
        made["anyOf"] = kinds
    for key in ("properties", "patternProperties"):
        if key in made:
            made[key] = {name: _part_or_null(one) for name, one in made[key].items()}
    if isinstance(made.get("additionalProperties"), dict):
        made["additionalProperties"] = _part_or_null(made["additionalProperties"])
    return made


def _part_or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [_part(schema), {"type": "null"}]}
