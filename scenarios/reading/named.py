"""What a scenario names instead of declaring it: procedures and threats in files of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from scenarios.errors import SpecError, unknown_name
from scenarios.reading.document import parse
from scenarios.reading.files import MOST_YAML_BYTES, file_text
from scenarios.reading.finding import CATALOGUE, beside, find
from scenarios.reading.merging import NOTHING, mapping, merged, stamped
from scenarios.reading.node import Key, Node, placed

PROCEDURES: Final = "procedures"
THREATS: Final = "threats"
THREAT: Final = "threat"

_EXTENDS: Final = "extends"
_BROUGHT: Final = ("reports", "posts", "casework", PROCEDURES)
"""What a threat brings into its scenario."""


def with_named(path: Path, node: Node) -> Node:
    """Put the declarations of threats and procedures where a scenario in a file names theirs.

    Classes of report, posts, casework and procedures that come with a threat become the scenario's,
    which may change them like what it extends; the threat keeps the names of its procedures.

    Raises
    ------
    SpecError
        If there is no such file, or two threats bring different things of one name.
    """
    node = with_procedures(path, node)
    threats = node.children.get(THREATS, NOTHING)
    if not isinstance(threats.value, dict):
        return node
    brought: dict[str, dict[Key, Node]] = {part: {} for part in _BROUGHT}
    found: dict[Key, Node] = {}
    for key, child in threats.children.items():
        found[key] = _unpacked(str(key), _threat(path, str(key), child), brought)
    children = {**node.children, THREATS: mapping(found, threats)}
    for part, things in brought.items():
        if things:
            children[part] = _over(things, node.children.get(part), threats, part)
    return without_procedures(mapping(children, node), node)


def without_procedures(node: Node, own: Node) -> Node:
    """Let no threat of a document keep the name of a procedure that another takes away."""
    mine = own.children.get(PROCEDURES, NOTHING)
    gone = {key for key, child in mine.children.items() if child.value is None}
    threats = node.children.get(THREATS, NOTHING)
    if not gone or not isinstance(threats.value, dict):
        return node
    kept = {key: _without(child, gone) for key, child in threats.children.items()}
    return mapping({**node.children, THREATS: mapping(kept, threats)}, node)


def _without(threat: Node, gone: set[Key]) -> Node:
    names = threat.children.get(PROCEDURES, NOTHING)
    if not isinstance(names.value, list):
        return threat
    left = [name for name in names.value if not (isinstance(name, str) and name in gone)]
    if len(left) == len(names.value):
        return threat
    return mapping({**threat.children, PROCEDURES: _list(names, left)}, threat)


def _list(like: Node, names: list[object]) -> Node:
    return replace(like, value=names, children={}, size=1 + len(names))


def with_procedures(path: Path, node: Node) -> Node:
    """Put the declarations of procedures where a scenario or threat in a file names theirs."""
    procedures = node.children.get(PROCEDURES, NOTHING)
    if not isinstance(procedures.value, dict):
        return node
    found = {
        key: _file(path, f"{PROCEDURES}.{key}", child, "procedure")
        if isinstance(child.value, str)
        else child
        for key, child in procedures.children.items()
    }
    return mapping({**node.children, PROCEDURES: mapping(found, procedures)}, node)


def _threat(path: Path, key: str, child: Node) -> Node:
    """Return the declaration of a threat: as it stands, from a file, or laid over that."""
    where = f"{THREATS}.{key}"
    if isinstance(child.value, str):
        return _file(path, where, child, THREAT)
    base = child.children.get(_EXTENDS, NOTHING)
    if not isinstance(base.value, str):
        return with_procedures(path, child)
    own = {name: value for name, value in child.children.items() if name != _EXTENDS}
    whole = _file(path, f"{where}.{_EXTENDS}", base, THREAT)
    return merged(whole, with_procedures(path, mapping(own, child)), (THREATS, key))


def _file(path: Path, where: str, named: Node, kind: str) -> Node:
    """Return what the file declares that a scenario names, or gives the path of."""
    try:
        file = find(beside(str(named.value), path), CATALOGUE / f"{kind}s", kind)
        text = file_text(file, MOST_YAML_BYTES)
    except SpecError as error:
        error.file, error.line, error.where = str(path), named.line, where
        raise
    try:
        node = stamped(parse(text), str(file))
        if kind == THREAT:
            return _declared_threat(file, node)
    except SpecError as error:
        placed(error, None, str(file))
        raise
    return node


def _declared_threat(file: Path, node: Node) -> Node:
    """Return the threat that a file declares, without its name."""
    if THREAT not in node.children:
        raise unknown_name("key", THREAT, map(str, node.children), where="")
    node = with_procedures(file, node)
    return mapping({key: child for key, child in node.children.items() if key != THREAT}, node)


def _unpacked(key: str, threat: Node, brought: dict[str, dict[Key, Node]]) -> Node:
    """Take out of a threat what it brings; names of its procedures stay."""
    if not isinstance(threat.value, dict):
        return threat
    children = dict(threat.children)
    for part, things in brought.items():
        child = children.get(part, NOTHING)
        if not isinstance(child.value, dict):
            continue
        del children[part]
        for name, thing in child.children.items():
            known = things.setdefault(name, thing)
            if known.value != thing.value:
                raise SpecError(
                    f"two threats of a scenario bring different {part} of the name {name}",
                    "give it another name in one of them",
                    where=f"{THREATS}.{key}.{part}.{name}",
                    line=thing.line,
                    file=thing.file,
                )
        if part == PROCEDURES:
            children[part] = _list(child, [str(name) for name in child.children])
    return mapping(children, threat)


def _over(things: dict[Key, Node], own: Node | None, like: Node, part: str) -> Node:
    """Return what threats brought with what the scenario itself says laid over it."""
    if own is None or not isinstance(own.value, dict):
        return mapping(things, like)
    children = dict(things)
    for name, child in own.children.items():
        old = things.get(name)
        if old is None:
            children[name] = child
        elif child.value is None:
            del children[name]
        elif isinstance(child.value, dict) and isinstance(old.value, dict):
            children[name] = merged(old, child, (part, str(name)))
        else:
            children[name] = child
    return mapping(children, own)
