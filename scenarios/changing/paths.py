"""Dotted paths in a document: to which keys and positions they lead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from scenarios.errors import SpecError, choice, dotted, shown

Step = str | int
Path = tuple[Step, ...]

MISSING: Final = object()
"""What is at the end of a path that leads nowhere."""

_ANY: Final = re.compile(r"(?:^|(?<=\.))\*(?:\.|(?=\[)|$)|\[\*\]\.?")
_SUCH: Final = re.compile(r"\[([a-z0-9_.]{1,100}=[^\[\]]{1,200})\]\.?")
_POSITION: Final = re.compile(r"\[(\d{1,6})\]\.?")


def steps_of(document: object, path: str) -> Path:
    """Return the keys and positions of a dotted path; keys may hold dots themselves.

    Raises
    ------
    SpecError
        If the path leads nowhere.
    """
    node: Any = document
    found: list[Step] = []
    rest = path
    while rest or not found:
        step, rest = _next_step(node, rest, path)
        node = node[step]
        found.append(step)
    return tuple(found)


def expanded(document: object, path: str) -> tuple[str, ...]:
    """Return the paths that a path stands for, in order; one without ``*`` is itself.

    ``*`` stands for any key, and ``[*]`` for any position, of what has the rest of the path;
    ``[tag=alerts]`` for every entry, of a table or a list, that says so, or lists it; several such
    conditions stand with commas between.

    Raises
    ------
    SpecError
        If there is none.
    """
    if _ANY.search(path) is None and _SUCH.search(path) is None:
        return (path,)
    found = tuple(dotted(steps) for steps in _leading(document, path, path))
    if not found:
        raise SpecError(
            "the path to change does not exist: nothing that is declared fits it",
            "write `.*` for every name in a table, and `[*]` for every entry of a list",
            where=path,
        )
    return found


def at(tree: object, steps: Path) -> Any:  # noqa: ANN401 - plain data of any shape
    """Return what is at the end of steps, or `MISSING`."""
    for step in steps:
        tree = child(tree, step)
    return tree


def child(tree: object, step: Step) -> object:
    """Return what is under a key or at a position, or `MISSING`."""
    if isinstance(tree, dict):
        return tree.get(step, MISSING)
    if isinstance(tree, list) and isinstance(step, int) and step < len(tree):
        return tree[step]
    return MISSING


def overlap(one: Path, other: Path) -> bool:
    """Whether two ways are one, or one leads into what the other leads to."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def shared_length(path: str, where: str) -> int:
    """Return how long a path is if an error is about what it leads to, or what that is part of."""
    if not where:
        return 0
    for inner, outer in ((where, path), (path, where)):
        if inner == outer or inner.startswith((f"{outer}.", f"{outer}[")):
            return len(outer)
    return 0


def _next_step(node: object, rest: str, path: str) -> tuple[Step, str]:
    """Split the first key or position off a path: the longest key that fits."""
    if isinstance(node, list):
        match = _POSITION.match(rest)
        if match and int(match[1]) < len(node):
            return int(match[1]), rest[match.end() :]
        raise SpecError(
            f"the path to change does not exist: the list has entries [0] to [{len(node) - 1}]",
            "choose one of them, or write [*] for all",
            where=path,
        )
    if not isinstance(node, dict):
        raise SpecError(
            "the path to change does not exist",
            f"leave out {shown(rest)}: there is a single value above it",
            where=path,
        )
    fitting = [key for key in node if rest == key or rest.startswith((f"{key}.", f"{key}["))]
    if not fitting:
        raise _nowhere(path, rest, list(node))
    key = max(fitting, key=len)
    return key, rest[len(key) :].removeprefix(".")


def _leading(node: object, rest: str, path: str) -> Iterator[Path]:
    """Give the steps to every place that the rest of a path leads to."""
    if not rest:
        yield ()
    elif match := _ANY.match(rest):
        into = _steps_of(node, in_list=rest.startswith("["))
        yield from _onward(node, into, rest[match.end() :], path)
    elif match := _SUCH.match(rest):
        into = [step for step in _all_steps(node) if _says(child(node, step), match[1])]
        yield from _onward(node, into, rest[match.end() :], path)
    else:
        step, rest = _next_step(node, rest, path)
        for steps in _leading(child(node, step), rest, path):
            yield (step, *steps)


def _onward(node: object, into: Iterable[Step], rest: str, path: str) -> Iterator[Path]:
    """Give the steps through each of some keys or positions that has the rest of the path."""
    for step in into:
        try:
            for steps in _leading(child(node, step), rest, path):
                yield (step, *steps)
        except SpecError:  # this one has no such thing
            continue


def _all_steps(node: object) -> Iterable[Step]:
    return _steps_of(node, in_list=isinstance(node, list))


def _says(node: object, conditions: str) -> bool:
    """Whether a declaration has values under dotted keys, or in the lists that are there."""
    pairs = (condition.partition("=") for condition in conditions.split(","))
    return all(value.strip() in _words(node, key.strip()) for key, _, value in pairs)


def _words(node: object, key: str) -> list[str]:
    for part in key.split("."):
        node = child(node, part)
    return [_word(one) for one in node] if isinstance(node, list) else [_word(node)]


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _steps_of(node: object, *, in_list: bool) -> Iterable[Step]:
    if in_list:
        return range(len(node)) if isinstance(node, list) else ()
    return tuple(node) if isinstance(node, dict) else ()


def _nowhere(path: str, rest: str, known: list[str]) -> SpecError:
    first = rest.partition(".")[0]
    above = path[: len(path) - len(rest)].rstrip(".") or "the scenario"
    return SpecError(
        f"the path to change does not exist: there is no {shown(first)} in {shown(above)}",
        choice(first, known),
        where=path,
    )
