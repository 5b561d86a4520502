"""Documents that extend others: which file is meant, and what comes of a scenario and its base."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from scenarios.errors import SpecError, choice, dotted, printable, shown
from scenarios.reading.document import MOST_NODES, parse
from scenarios.reading.files import MOST_YAML_BYTES, file_text, is_file, is_readable
from scenarios.reading.finding import CATALOGUE, beside, find
from scenarios.reading.node import Key, Node, placed

MOST_EXTENDED: Final = 20
"""Most declarations in a row that extend each other."""

EXTENDS: Final = "extends"
PROCEDURES: Final = "procedures"

_FOLDERS: Final = {"scenario": "scenarios", "policy": "policies"}
_OTHER_KINDS: Final = frozenset({"policy", "experiment", "history"})
_PROVENANCE: Final = frozenset({"source", "assumed"})
_FORMS: Final = (
    frozenset({"value"}),
    frozenset({"low", "high"}),
    frozenset({"median", "p95"}),
    frozenset({"mean"}),
    frozenset({"quantiles"}),
)
"""Keys that together say what a number or delay is; it has one form."""


def document_of(path: Path, above: tuple[Path, ...] = ()) -> Node:
    """Return the document of a file; that of a scenario with what it extends in it.

    Parameters
    ----------
    above
        Files that extend each other down to this one.

    Raises
    ------
    SpecError
        If a file cannot be read, or a scenario does not fit what it extends.
    """
    file = str(path)
    try:
        node = parse(file_text(path, MOST_YAML_BYTES))
    except SpecError as error:
        placed(error, None, file)
        raise
    if not _is_scenario(node):
        return node
    try:
        node = with_procedures(path, node)
        if node.children.get(EXTENDS, _NOTHING).value is None:
            return node
        return _extended(path, node, above)
    except SpecError as error:
        placed(error, node, file)
        raise


_NOTHING: Final = Node(None, None)


def with_procedures(path: Path, node: Node) -> Node:
    """Put the declarations of procedures where a scenario in a file names theirs."""
    procedures = node.children.get(PROCEDURES, _NOTHING)
    if not isinstance(procedures.value, dict):
        return node
    found = {
        key: _procedure(path, str(key), child) if isinstance(child.value, str) else child
        for key, child in procedures.children.items()
    }
    return _mapping({**node.children, PROCEDURES: _mapping(found, procedures)}, node)


def _procedure(path: Path, key: str, named: Node) -> Node:
    """Return the declaration of a procedure that a scenario names, or the path of its file."""
    where = f"{PROCEDURES}.{key}"
    try:
        file = find(beside(str(named.value), path), CATALOGUE / PROCEDURES, "procedure")
        text = file_text(file, MOST_YAML_BYTES)
    except SpecError as error:
        error.file, error.line, error.where = str(path), named.line, where
        raise
    try:
        return replace(_stamped(parse(text), str(file)), line=named.line)
    except SpecError as error:
        placed(error, None, str(file))
        raise


def _is_scenario(node: Node) -> bool:
    return "scenario" in node.children and not _OTHER_KINDS & node.children.keys()


def _extended(path: Path, node: Node, above: tuple[Path, ...]) -> Node:
    name = node.children[EXTENDS].value
    if not isinstance(name, str):
        raise SpecError(
            "`extends` is the name of a scenario, or the path of its file",
            f"write for example {EXTENDS}: organised-crime",
            where=EXTENDS,
        )
    base = base_of(path, name, above, "scenario")
    found = document_of(base, (*above, path))
    if not _is_scenario(found):
        raise SpecError(
            f"a scenario extends a scenario; {printable(shown(str(base)))} declares none",
            "name a scenario of the catalogue, or the file of one",
            where=EXTENDS,
        )
    own = {key: child for key, child in node.children.items() if key != EXTENDS}
    whole = merged(_stamped(found, str(base)), _mapping(own, node))
    if whole.size > MOST_NODES:
        raise SpecError(
            f"a scenario holds at most {MOST_NODES:,} values, those of what it extends included",
            "leave some out",
            where=EXTENDS,
        )
    return whole


def _stamped(node: Node, file: str) -> Node:
    """Let a document and its parts say which file they come from."""
    children = {key: _stamped(child, file) for key, child in node.children.items()}
    return replace(node, children=children, file=node.file or file)


def _mapping(children: dict[Key, Node], like: Node) -> Node:
    value = {key: child.value for key, child in children.items()}
    size = 1 + sum(child.size for child in children.values())
    return replace(like, value=value, children=children, size=size)


def merged(base: Node, own: Node, where: tuple[str, ...] = ()) -> Node:
    """Return a mapping with another laid over it.

    Mappings are merged key by key; everything else is replaced as a whole, and null takes a key
    away. A mapping that has a source, or is assumed, is changed only by one that has its own,
    which takes the place of the old one. A number or delay of another form than before leaves
    nothing of the old form.

    Parameters
    ----------
    base, own
        Mappings; `own` goes before.
    where
        Path of the two, for messages.

    Raises
    ------
    SpecError
        If a key that is not there is to be taken away, or what is changed has no source.
    """
    children = _kept(base, own, where)
    for key, child in own.children.items():
        old = base.children.get(key)
        if child.value is None:
            if old is None:
                raise SpecError(
                    "null takes away what is extended, and there is no such key",
                    choice(key, base.children),
                    where=dotted((*where, str(key))),
                )
            children.pop(key, None)
        elif old is None or not _is_merged(old, child, key, where):
            children[key] = child
        else:
            children[key] = merged(old, child, (*where, str(key)))
    return _mapping(children, own)


def _is_merged(old: Node, new: Node, key: Key, where: tuple[str, ...]) -> bool:
    """Whether two values are laid over each other; tables of quantiles and threats stand whole."""
    if not (isinstance(old.value, dict) and isinstance(new.value, dict)) or key == "quantiles":
        return False
    kinds = old.value.get("kind"), new.value.get("kind", old.value.get("kind"))
    return (*where, key) != ("threat",) or kinds[0] == kinds[1]


def _only_in_sourced(base: Node, own: Node) -> bool:
    """Whether a mapping changes only what has a source of its own in another, as in procedures."""
    return all(
        isinstance(child.value, dict) and _is_sourced(base.children.get(key, _NOTHING))
        for key, child in own.children.items()
    )


def _is_sourced(node: Node) -> bool:
    """Whether everything in a mapping says where it comes from."""
    return bool(_PROVENANCE & node.children.keys()) or (
        bool(node.children) and all(map(_is_sourced, node.children.values()))
    )


def _kept(base: Node, own: Node, where: tuple[str, ...]) -> dict[Key, Node]:
    """Return what is left of a mapping that is laid under another."""
    dropped: set[object] = set()
    if _PROVENANCE & base.children.keys() and not _only_in_sourced(base, own):
        if not _PROVENANCE & own.children.keys():
            raise SpecError(
                "what is changed in a declaration with a source has a source of its own",
                "add `source: reference, year`, or `assumed: reason`, to what you change",
                where=dotted(where),
            )
        forms = [form for form in _FORMS if form & own.children.keys()]
        dropped = {key for form in _FORMS if forms and form not in forms for key in form}
        dropped |= _PROVENANCE
    return {key: child for key, child in base.children.items() if key not in dropped}


def base_of(path: Path, name_or_path: str, above: Sequence[Path], kind: str) -> Path:
    """Return the file of what the declaration in a file extends.

    Parameters
    ----------
    path
        File that says ``extends``.
    name_or_path
        What it says: a name of the catalogue, or a path from the folder of `path`.
    above
        Files that extend each other down to `path`.
    kind
        ``scenario`` or ``policy``.

    Raises
    ------
    SpecError
        If there is no such file, it cannot be read, or declarations extend each other in a circle
        or too often.
    """
    several = _FOLDERS[kind]
    if len(above) >= MOST_EXTENDED:
        raise extends_error(
            path,
            f"{several} extend each other at most {MOST_EXTENDED} times in a row",
            "write what some of them say into one file",
        )
    try:
        base = find(name_or_path, CATALOGUE / several, kind)
    except SpecError as error:
        error.file, error.where = str(path), EXTENDS
        placed(error, _read(path), str(path))
        raise
    if not base.is_absolute():
        base = path.parent / base
    if not is_file(base):
        raise extends_error(
            path,
            f"there is no file {printable(shown(str(base)))}",
            f"write the name of a {kind} of the catalogue, or the path of a file beside this one",
        )
    if not is_readable(base):
        raise extends_error(
            path,
            f"the file {printable(shown(str(base)))} must be readable",
            "check its permissions, or write the path of another file",
        )
    chain = (*above, path)
    if os.path.realpath(base) in {os.path.realpath(file) for file in chain}:
        circle = " -> ".join(printable(file.stem) for file in (*chain, base))
        raise extends_error(
            path,
            f"{several} must not extend each other in a circle: {circle}",
            f"remove one `{EXTENDS}:` of the circle",
        )
    return base


def extends_error(path: Path, rule: str, remedy: str) -> SpecError:
    """Make the error about what a file extends, with its line."""
    error = SpecError(rule, remedy, file=str(path), where=EXTENDS)
    placed(error, _read(path), str(path))
    return error


def _read(path: Path) -> Node:
    return parse(file_text(path, MOST_YAML_BYTES))
