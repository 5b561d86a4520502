"""JSON Schemas of the declarations, for editors."""

from __future__ import annotations

from typing import Any, Final

from scenarios.schema import History, Place, Policy, Procedure, Threats, scenario_model

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_DEFINED: Final = "#/$defs/"
_PART: Final = "PartOf"
_OF_WHOLE: Final = frozenset({"required", "minProperties", "discriminator", "default"})
"""What is not asked of the part of a declaration that differs."""


def json_schemas(threats: Threats) -> dict[str, dict[str, Any]]:
    """Return the JSON Schemas of all declarations, by kind."""
    return {
        "scenario": {"$schema": DIALECT, **_scenario(scenario_model(threats).model_json_schema())},
        "policy": {"$schema": DIALECT, **Policy.model_json_schema()},
        "procedure": {"$schema": DIALECT, **Procedure.model_json_schema()},
        "place": {"$schema": DIALECT, **Place.model_json_schema()},
        "history": {"$schema": DIALECT, **History.model_json_schema()},
    }


def _scenario(schema: dict[str, Any]) -> dict[str, Any]:
    """Ask of a scenario that extends another one for what differs only, but for a name."""
    definitions = schema.pop("$defs")
    procedures = schema["properties"]["procedures"]
    named = {"type": "string", "minLength": 1}
    for pattern, declared in procedures["patternProperties"].items():
        procedures["patternProperties"][pattern] = {"anyOf": [named, declared]}
    parts = {f"{_PART}{name}": _part(one) for name, one in definitions.items()}
    return {
        "$defs": definitions | parts,
        "title": schema["title"],
        "type": "object",
        "if": {"properties": {"extends": {"type": "string"}}, "required": ["extends"]},
        "then": {**_part(schema), "required": ["scenario"]},
        "else": schema,
    }


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
