"""The catalogue as files that can be changed: its documents, and how to write them to a folder."""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, cast

from ruamel.yaml import YAML

from scenarios.reading.finding import CATALOGUE

Document = dict[str, object]

_DURATION = re.compile(r"([0-9.]+) (min|h|d|w|mo|y)")
_WORD = re.compile(r"[a-z]\w*")


class Raw(str):
    """A scalar that is written as it is, without quotes."""

    __slots__ = ()


class Pairs(tuple[tuple[object, object], ...]):
    """A mapping in which a key may stand twice."""

    __slots__ = ()


class Link(str):
    """A symbolic link to this target, instead of a file."""

    __slots__ = ()


class Pipe:
    """A named pipe instead of a file; who opens it waits for ever."""


class Folder:
    """A folder instead of a file."""


Content = bytes | Link | Pipe | Folder | None
Kit = dict[str, Content]
"""What stands in a folder, by relative path; None is a file that is not there."""

HORIZON = {"H": "3 d", "M": "1 d"}
HURRIED_HORIZON = {"H": "30 d", "M": "5 d"}
"""Lengths of the runs unless a change makes it another, with ticks of hours and of minutes."""

HEIR = """\
scenario: heir
extends: organised-crime
meaning: organised-crime with other numbers
horizon: 3 d
reports: {alert: {lifetime: 30 d, assumed: for tests}}
desks:
  police: {reads: {value: 20, assumed: for tests}, asks: false}
threats:
  trafficking:
    half_life: {value: 60 d, assumed: for tests}
    sees: {customs: [{report: customs-trace, per_year: 4, assumed: for tests}]}
    recognises: {frontex.risk-analysis: null}
    network: {cells: {high: 9, assumed: for tests}}
    decoys: {lasts: {value: 30 d, assumed: for tests}}
procedures:
  money: {delays: {tracing: {value: 9 d, assumed: for tests}}, assumed: for tests}
  warrant: null
trust: null
"""
"""A scenario that gives only what differs from one of the catalogue."""

HURRY = 40
"""So many times more is seen in hurried scenarios, and so many times shorter is casework."""


@cache
def texts() -> Mapping[str, bytes]:
    """Every file of the catalogue, and an heir of one; they refer to those beside them."""
    found = {
        path.relative_to(CATALOGUE).as_posix(): path.read_bytes()
        for path in sorted(CATALOGUE.rglob("*"))
        if path.suffix in {".yaml", ".csv"}
    }
    return {**found, "scenarios/heir.yaml": HEIR.encode()}


@cache
def documents() -> Mapping[str, Document]:
    """The YAML files of the catalogue as plain data; names of files beside them become paths."""
    yaml = YAML(typ="safe", pure=True)
    found: dict[str, Document] = {
        path: yaml.load(text.decode()) for path, text in texts().items() if path.endswith(".yaml")
    }
    for path, document in found.items():
        if path in folders("scenarios") and "extends" not in document:
            document["place"] = f"../places/{document['place']}"
            document["horizon"] = HORIZON[str(document["tick"])[-1]]
            document["threats"] = _beside("threats", document["threats"])
        if path in folders("threats"):
            document["procedures"] = _beside("procedures", document.get("procedures", {}))
        if "extends" in document:
            document["extends"] = f"./{document['extends']}.yaml"
    return found


def _beside(folder: str, names: object) -> dict[str, object]:
    """Turn names of the catalogue into paths."""
    named = cast("dict[str, object]", names)
    return {
        key: f"../{folder}/{name}.yaml" if isinstance(name, str) else name
        for key, name in named.items()
    }


def folders(kind: str) -> list[str]:
    """Paths of the files under one folder of the catalogue: ``scenarios``, ``policies``."""
    return [path for path in texts() if PurePosixPath(path).parts[0] == kind]


@cache
def whole() -> Mapping[str, Content]:
    """The catalogue as a kit, with short runs."""
    written = {path: write(document) for path, document in documents().items()}
    return {path: written.get(path, text) for path, text in texts().items()}


@cache
def hurried_documents() -> Mapping[str, Document]:
    """Scenarios and threats with which more happens within weeks than otherwise in a year."""
    kinds = ("scenarios", "threats")
    found = {path: copy.deepcopy(documents()[path]) for kind in kinds for path in folders(kind)}
    for path, document in found.items():
        if path in folders("scenarios"):
            document["horizon"] = HURRIED_HORIZON[str(document.get("tick", "PT6H"))[-1]]
        threats = cast("dict[str, Any]", document.get("threats", {"": document}))
        for threat in threats.values():
            if isinstance(threat, dict):
                _see_more(threat)
        procedures = cast("dict[str, Any]", document.get("procedures", {}))
        for key, named in procedures.items():
            if isinstance(named, str):
                file = f"procedures/{PurePosixPath(named).name}"
                procedures[key] = cast("dict[str, Any]", copy.deepcopy(documents()[file]))
            if delays := (procedures[key] or {}).get("delays"):
                _shorten(delays)
        for block in cast("dict[str, Any]", document.get("casework", {})).values():
            if isinstance(block, dict):
                _shorten(block)
    return found


def _see_more(threat: dict[str, Any]) -> None:
    for desk in threat.get("sees", {}).values():
        for sight in desk:
            sight["per_year"] *= HURRY


def _shorten(block: dict[str, Any]) -> None:
    for work in block.values():
        if isinstance(work, dict):
            work.update({key: _shorter(value) for key, value in work.items()})


def _shorter(value: object) -> object:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    return f"{float(match[1]) / HURRY:.6f} {match[2]}" if match else value


@cache
def hurry() -> Mapping[str, Content]:
    """The hurried scenarios and threats, written."""
    return {path: write(document) for path, document in hurried_documents().items()}


def write(value: object) -> bytes:
    """Write plain data as YAML, each key and item on a line of its own."""
    return (_flow(value, 0) + "\n").encode("utf-8", "surrogatepass")


def _flow(value: object, depth: int) -> str:
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, Pairs | dict):
        pairs = value.items() if isinstance(value, dict) else value
        inner = [f"{_key(key)}: {_flow(item, depth + 1)}" for key, item in pairs]
        if depth == 0 and inner:
            return "\n".join(inner)  # the first key of a document begins a line
        return _bracketed("{", inner, "}", depth)
    if isinstance(value, list | tuple):
        return _bracketed("[", [_flow(item, depth + 1) for item in value], "]", depth)
    return _scalar(value)


def _bracketed(left: str, inner: list[str], right: str, depth: int) -> str:
    pad = "\n" + " " * depth
    return left + ",".join(pad + item for item in inner) + right


def _key(key: object) -> str:
    return key if isinstance(key, str) and _WORD.fullmatch(key) else _scalar(key)


def _scalar(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, float):
        return repr(value).replace("inf", ".inf").replace("nan", ".nan")
    return json.dumps(value, ensure_ascii=False)


def lay_out(kit: Mapping[str, Content], folder: Path) -> None:
    """Write a kit into a folder."""
    for relative, content in kit.items():
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            path.symlink_to(content)
        elif isinstance(content, Pipe):
            os.mkfifo(path)
        elif isinstance(content, Folder):
            path.mkdir(exist_ok=True)
        elif content is not None:
            path.write_bytes(content)
