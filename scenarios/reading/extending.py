"""Documents that extend others: which file is meant, and what comes of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from scenarios.errors import SpecError, printable, shown
from scenarios.reading.document import MOST_NODES, parse
from scenarios.reading.files import MOST_YAML_BYTES, file_text, is_file, is_readable
from scenarios.reading.finding import CATALOGUE, find
from scenarios.reading.merging import NOTHING, mapping, merged, stamped
from scenarios.reading.named import THREAT, with_named, with_procedures, without_procedures
from scenarios.reading.node import Node, placed

MOST_EXTENDED: Final = 20
"""Most declarations in a row that extend each other."""

EXTENDS: Final = "extends"

_FOLDERS: Final = {"scenario": "scenarios", "policy": "policies"}
_OTHER_KINDS: Final = frozenset({"policy", "experiment", "history"})


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
    try:
        if not _is_scenario(node):
            return with_procedures(path, node) if THREAT in node.children else node
        node = with_named(path, node)
        if node.children.get(EXTENDS, NOTHING).value is None:
            return node
        return _extended(path, node, above)
    except SpecError as error:
        placed(error, node, file)
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
    found = without_procedures(stamped(found, str(base)), node)
    whole = merged(found, mapping(own, node))
    if whole.size > MOST_NODES:
        raise SpecError(
            f"a scenario holds at most {MOST_NODES:,} values, those of what it extends included",
            "leave some out",
            where=EXTENDS,
        )
    return whole


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
