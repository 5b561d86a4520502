"""From what pydantic finds wrong to errors with a line, a rule and a remedy."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scenarios.errors import UNSET, SpecError, dotted
from scenarios.reading.node import Key, Node
from scenarios.reading.wording import Words, is_type_error, place, words

MOST_ERRORS: Final = 1_000
"""Errors looked at in one file."""

_SEARCHED: Final = 64
_MISSPELT: Final = 0.7
_KEY: Final = "[key]"


def joined(problems: Sequence[SpecError], file: str) -> SpecError:
    """Return the first error by line, with the others as its company.

    Errors in `file` go before those in files that it extends.
    """
    ordered = sorted(problems, key=lambda error: (error.file, error.line is None, error.line or 0))
    for error in ordered:
        error.file = error.file or file
    ordered[0].others = tuple(ordered[1:])
    return ordered[0]


class _Located(NamedTuple):
    """An error and the place in the document that it speaks of."""

    error: ErrorDetails
    path: tuple[Key, ...]
    tags: Mapping[int, Sequence[str]]
    """Union branches by depth of the path."""
    node: Node
    where: tuple[str | int, ...]


def problems_of(error: ValidationError, node: Node, model: type[BaseModel]) -> list[SpecError]:
    """Return what is wrong with a document, each with its line and what to write."""
    details = error.errors(include_url=False)[:MOST_ERRORS]
    chosen = _best_branches([_locate(detail, node) for detail in details])
    kept = list(_without_echoes(chosen, model)) or chosen
    return [_told(group, model) for group in kept]


def _locate(detail: ErrorDetails, root: Node) -> _Located:
    """Find the value that an error speaks of.

    The location that pydantic gives has keys, positions and names of union branches mixed. Of
    the ways to read it, take one that ends at the value reported, and of these the longest.
    """
    loc = detail["loc"][:-1] if detail["type"] == "missing" else detail["loc"]
    given = detail.get("input")
    best: _Located | None = None
    best_rank = (False, -1)
    for path, tags in islice(_readings(root, loc), _SEARCHED):
        node, where = root, []
        for key in path:
            where.append(node.label(key))
            node = node.children[key]
        rank = (_is_same(node.value, given), len(path))
        if rank > best_rank:
            best, best_rank = _Located(detail, path, tags, node, tuple(where)), rank
    return best or _Located(detail, (), {}, root, ())


def _is_same(value: object, given: object) -> bool:
    if isinstance(value, dict | list):
        return value is given
    return type(value) is type(given) and value == given


def _readings(
    node: Node, loc: Sequence[str | int]
) -> Iterator[tuple[tuple[Key, ...], dict[int, list[str]]]]:
    """Read a location in every way: each step is a key or position if there is one, or a tag."""
    stack: list[tuple[Node, int, tuple[Key, ...], dict[int, list[str]]]] = [(node, 0, (), {})]
    while stack:
        here, position, path, tags = stack.pop()
        if position == len(loc):
            yield path, tags
            continue
        step = loc[position]
        depth = len(path)
        stack.append((here, position + 1, path, {**tags, depth: [*tags.get(depth, ()), str(step)]}))
        found = here.child(step)
        if found is not None:
            key, child = found
            stack.append((child, position + 1, (*path, key), tags))


def _best_branches(located: list[_Located]) -> list[list[_Located]]:
    """Keep, of each union, the errors of the branch that was most likely meant.

    Returns groups of errors; a group of several is told as one, joined by "or".
    """
    unions: dict[tuple[Key, ...], dict[str, list[_Located]]] = defaultdict(dict)
    groups: list[list[_Located]] = []
    for one in located:
        first = next((d for d, tags in sorted(one.tags.items()) if tags != [_KEY]), None)
        if first is None:
            groups.append([one])
        else:
            tag = one.tags[first][0]
            unions[one.path[:first]].setdefault(tag, []).append(one)
    for path, branches in unions.items():
        groups += _best_branch(path, list(branches.values()))
    return groups


def _best_branch(path: tuple[Key, ...], branches: list[list[_Located]]) -> list[list[_Located]]:
    depth = len(path)
    if len(branches) > 1 and all(
        len(branch) == 1
        and len(branch[0].path) == depth
        and (is_type_error(branch[0].error["type"]) or branch[0].error["type"] == "literal_error")
        for branch in branches
    ):
        scalars = [branch[0] for branch in branches if not _wants_other_shape(branch[0])]
        return [scalars or [branches[0][0]]]
    best = min(branches, key=lambda branch: sum(_weight(one, depth) for one in branch))
    return [[one] for one in best]


def _wants_other_shape(one: _Located) -> bool:
    """Whether a mapping or list was wanted where there is none, or the other way round."""
    is_scalar = not isinstance(one.node.value, dict | list)
    kind = one.error["type"]
    wants_scalar = kind in {"literal_error", "string_type"} or kind.startswith(
        ("int", "float", "bool")
    )
    return is_scalar != wants_scalar


def _weight(one: _Located, depth: int) -> int:
    """How much an error speaks against the branch of a union that it comes from."""
    kind = one.error["type"]
    if len(one.path) == depth and is_type_error(kind):
        return 100
    if kind == "literal_error" and len(one.path) <= depth + 1:
        return 50
    at_top = len(one.path) == (depth if kind == "missing" else depth + 1)
    return 3 if at_top and kind in {"missing", "extra_forbidden"} else 1


def _without_echoes(
    groups: list[list[_Located]], model: type[BaseModel]
) -> Iterable[list[_Located]]:
    """Leave out missing keys that stand there misspelt, and what other errors bring about."""
    unknown: dict[tuple[Key, ...], list[str]] = defaultdict(list)
    missing: dict[tuple[Key, ...], list[str]] = defaultdict(list)
    for one, *_ in groups:
        if one.error["type"] == "extra_forbidden":
            unknown[one.path[:-1]].append(str(one.error["loc"][-1]))
        elif one.error["type"] == "missing":
            missing[one.path].append(str(one.error["loc"][-1]))
    for group in groups:
        one = group[0]
        if one.error["type"] in {"too_short", "too_long"} and _has_fit(one):
            continue
        key = str(one.error["loc"][-1]) if one.error["loc"] else ""
        if one.error["type"] == "missing" and any(
            difflib.get_close_matches(
                other, place(model, one.path, one.tags).keys, n=1, cutoff=_MISSPELT
            )
            == [key]
            for other in unknown[one.path]
        ):
            continue
        yield group


def _has_fit(one: _Located) -> bool:
    """Whether a list has the wrong length only because faulty items were left out."""
    context = one.error.get("ctx", {})
    size = len(one.node.children)
    return bool(context.get("min_length", 0) <= size <= context.get("max_length", size))


def _told(group: list[_Located], model: type[BaseModel]) -> SpecError:
    first = group[0]
    kind = first.error["type"]
    told = [_words(one, model) for one in group]
    rule = ", or ".join(dict.fromkeys(rule for rule, _ in told))
    remedy = "; or ".join(dict.fromkeys(remedy for _, remedy in told))
    where, value, line = list(first.where), first.node.value, first.node.line
    file = first.node.file
    if kind == "missing":
        key = first.error["loc"][-1]
        where.append(key)
        value = UNSET
    elif kind == "union_tag_not_found":
        where.append(_discriminator(first.error))
        value = UNSET
    elif kind == "union_tag_invalid":
        key = _discriminator(first.error)
        where.append(key)
        value = first.error.get("ctx", {}).get("tag")
        found = first.node.child(key)
        line, file = (found[1].line, found[1].file) if found else (line, file)
    elif not where and isinstance(value, dict):
        value = UNSET
    elif _KEY in first.error["loc"][-1:]:
        value = first.error.get("input")
    return SpecError(rule, remedy, file=file, line=line, where=dotted(where), value=value)


def _discriminator(error: ErrorDetails) -> str:
    return str(error.get("ctx", {}).get("discriminator", "")).strip("'")


def _words(one: _Located, model: type[BaseModel]) -> Words:
    path: tuple[Key, ...] = one.path
    kind = one.error["type"]
    if kind == "missing":
        path = (*path, one.error["loc"][-1])
    elif kind == "extra_forbidden":
        path = path[:-1]
    return words(one.error, place(model, path, one.tags))
