"""A page a kind of file: its fields with type, unit, rule and meaning, from the JSON Schemas."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from agents import json_schemas
from docs.site.markdown import cell, code, contents, plain, table
from experiments.designs import json_schema
from scenarios.schema import Sourced

Schema: TypeAlias = dict[str, Any]

_PART: Final = "PartOf"
_DEFINED: Final = "#/$defs/"
_PARAMETERS: Final = re.compile(r"\n*Parameters\n-+\n")
_TIME: Final = "(min|h|d|w|mo|y)$"
_UNITS: Final[Mapping[str, str]] = {
    "_meur": "million euro",
    "_km_h": "km/h",
    "_km": "km",
    "_hours": "hours",
    "hours_per_day": "hours a day",
    "per_week": "a week",
    "per_year": "a year",
    "victim_year": "euro a year",
    "_share": "of 1",
    "per_10k_police": "per 10,000 police",
    "per_million": "per million inhabitants",
    "per_member": "per member",
}
"""Units by how the name of a field ends."""

_BOUNDS: Final[Mapping[str, str]] = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
    "minLength": "length at least",
    "maxLength": "length at most",
    "minItems": "entries at least",
    "maxItems": "entries at most",
    "minProperties": "entries at least",
    "maxProperties": "entries at most",
}
_PLAIN: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "null": "nothing",
    "array": "list",
    "object": "table",
}


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name of each page and what stands on it; the first is their index."""
    schemas = {**json_schemas(), "experiment": json_schema()}
    lines = [f"- [{kind}]({kind}.md)" for kind in schemas]
    yield (
        "index",
        "# Files that declare something\n\nEvery key that a file may have, read from the schemas\n"
        "that `fivesteps schema KIND` prints for editors.\n\n"
        + "\n".join(lines)
        + "\n\n"
        + contents(schemas),
    )
    for kind, schema in schemas.items():
        yield kind, _page(kind, schema)


def _page(kind: str, schema: Schema) -> str:
    parts = [f"# Schema: {kind}\n"]
    whole = schema.get("else", schema)
    if "else" in schema:
        parts.append(
            "A file with `extends` gives only what differs: any of these keys, or `null` to drop"
            " what the other file has.\n"
        )
    if "properties" in whole:
        parts.append(_fields(whole))
    else:
        parts.append(f"One of {_type(whole)}.\n")
    for name, definition in schema.get("$defs", {}).items():
        if not name.startswith(_PART):
            parts += [f"## {name}\n", _fields(definition)]
    return "\n".join(parts)


def _fields(schema: Schema) -> str:
    """Return what an object is and the table of its fields; or what else it is."""
    meaning, own = _docstring(schema.get("description", ""))
    told = {**_docstring(inspect.getdoc(Sourced) or "")[1], **own}
    required = schema.get("required", [])
    rows = [
        (
            code(name) + ("" if name in required else " (optional)"),
            _type(one),
            _unit(name, one),
            "; ".join(_rules(one)) or "-",
            cell(one.get("description") or told.get(name, "") or "-"),
        )
        for name, one in schema.get("properties", {}).items()
    ]
    fields = table(("field", "type", "unit", "rule", "meaning"), rows) if rows else ""
    kind = "" if rows else f"{_type(schema)}: {'; '.join(_rules(schema)) or 'any'}\n"
    choice = _choice(schema)
    return "\n".join(part for part in (plain(meaning) + "\n", choice, fields, kind) if part.strip())


def _choice(schema: Schema) -> str:
    """Say of which fields there must be one, if it is so."""
    names = [one["required"] for one in schema.get("oneOf", ()) if list(one) == ["required"]]
    either = " or ".join(" with ".join(code(name) for name in found) for found in names)
    return f"Either {either}.\n" if either else ""


def _docstring(text: str) -> tuple[str, dict[str, str]]:
    """Part a docstring into what it says of the whole, and of each of its parameters."""
    meaning, *rest = _PARAMETERS.split(text)
    told: dict[str, str] = {}
    names: list[str] = []
    for line in "\n".join(rest).splitlines():
        if line and not line.startswith(" "):
            names = [name.strip() for name in line.partition(" : ")[0].split(",")]
            continue
        for name in names:
            told[name] = f"{told.get(name, '')} {line.strip()}".strip()
    return meaning, told


def _kinds(schema: Schema) -> list[Schema]:
    """Return the alternatives of a schema; itself, if there is but one."""
    kinds = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    kinds = [one for one in kinds if list(one) != ["required"]]
    return [inner for one in kinds for inner in _kinds(one)] if kinds else [schema]


def _type(schema: Schema) -> str:
    """Say what a value is."""
    named = [_one(one) for one in _kinds(schema) if one.get("type") != "null"]
    return " or ".join(dict.fromkeys(named)) or "nothing"


def _is_time(schema: Schema) -> bool:
    return any(str(one.get("pattern", "")).endswith(_TIME) for one in _kinds(schema))


def _one(schema: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_DEFINED).removeprefix(_PART)
        return f"[{name}](#{name.lower()})"
    if values := schema.get("enum", [schema["const"]] if "const" in schema else []):
        return ", ".join(code(str(value)) for value in values)
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    inner = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    if found := [one for one in inner if isinstance(one, dict)]:
        return f"table of {_type(found[0])}"
    return _simple(schema)


def _simple(schema: Schema) -> str:
    if _is_time(schema):
        return "duration"
    if schema.get("format") == "date":
        return "date"
    return _PLAIN.get(schema.get("type", ""), "anything")


def _unit(name: str, schema: Schema) -> str:
    if _is_time(schema):
        return "min, h, d, w, mo or y"
    return next((unit for end, unit in _UNITS.items() if name.endswith(end)), "-")


def _rules(schema: Schema) -> list[str]:
    """Say within which bounds a value is."""
    found: list[str] = []
    for one in _kinds(schema):
        found += [f"{said} {one[key]:,}" for key, said in _BOUNDS.items() if key in one]
        if "pattern" in one and not _is_time(one):
            found.append(f"matches {code(one['pattern'])}")
    if schema.get("default") is not None and schema["default"] not in ([], {}):
        found.append(f"else {code(str(schema['default']))}")
    return list(dict.fromkeys(found))
