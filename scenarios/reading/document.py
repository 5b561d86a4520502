"""YAML documents as plain data that knows its lines.

Only scalars, lists and mappings are built, by the rules of the YAML 1.2 core schema; a document
cannot name a type to construct, and limits bound what a small file can expand to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StreamMark
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from scenarios.errors import UNSET, SpecError, dotted, printable, shown, split_refusal
from scenarios.reading.node import Key, Node
from scenarios.reading.scalars import UNREADABLE, check_text, plain_scalar

MOST_IN_LINE: Final = 100_000
MOST_NODES: Final = 50_000
"""Most values in a document, counting what an alias repeats each time it is repeated."""

MOST_DEPTH: Final = 60
MOST_KEPT: Final = 64
MOST_KEPT_CHARACTERS: Final = 100_000
"""How many documents stay read, and how long one may be: a place is read for every scenario in it,
a policy for all that extend it."""

_YAML_TAG: Final = "tag:yaml.org,2002:"
MOST_IN_PATH: Final = 200
_PATH: Final = re.compile(r"[A-Za-z][\w.*+-]*(?:\[(?:\d+|\*)\][\w.*+-]*)+")
"""A dotted path into a list, such as ``desks.police.sees[0].per_year``."""

_HINTS: Final = (
    ("'\\t'", "indent with spaces, not tabs"),
    ("mapping values", "put text that contains `: ` in quotes, and check the indentation"),
    ("end of stream", "close the quotes"),
    ("<stream end>", "close the brackets"),
    ("',' or", "close the bracket, and put a comma between items"),
    ("block end", "give keys of one mapping, and items of one list, the same indentation"),
    ("expected ':'", "write `key: value`, with a space after the colon"),
    ("cannot start any token", "put text that begins with a special character in quotes"),
)


def parse(text: str) -> Node:
    """Read one YAML document; who asks again may get the same node, and changes none.

    Raises
    ------
    SpecError
        If the text is not YAML, is empty, or uses what declarations do not use.
    """
    return _kept(text) if len(text) <= MOST_KEPT_CHARACTERS else _parsed(text)


def plain_value(text: str) -> object:
    """Read one value in YAML notation, such as ``2 d`` or ``[police, border]``; no text is None.

    Raises
    ------
    SpecError
        As `parse`.
    """
    root = _root(text)
    return None if root is None else root.value


def _parsed(text: str) -> Node:
    root = _root(text)
    if root is None or root.value is None:
        raise SpecError(
            "the file is empty",
            "write the declaration; the catalogue has examples to copy",
            line=1,
        )
    return root


def _root(text: str) -> Node | None:
    check_text(text)
    _check_lines(text)
    builder = _Builder()
    for event in _events(text):
        builder.add(event)
    return builder.root


_kept = lru_cache(MOST_KEPT)(_parsed)


def _check_lines(text: str) -> None:
    """Refuse very long lines: the parser takes the square of the length for some."""
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MOST_IN_LINE:
            raise SpecError(
                f"a line has at most {MOST_IN_LINE:,} characters", "break the line", line=number
            )


def _events(text: str) -> Iterator[Event]:
    """Give the events of the parser, whose every failure becomes a `SpecError`."""
    line = 1
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            if event.end_mark is not None:
                line = event.end_mark.line + 1
            yield event
    except MarkedYAMLError as error:
        raise _syntax_error(error, text) from None
    except Exception as error:  # the parser fails on some broken texts in ways of its own
        raise SpecError(
            "a declaration is valid YAML; this is not",
            "check quotes, brackets and escapes on this line or below",
            line=line,
        ) from error


def _syntax_error(error: MarkedYAMLError, text: str) -> SpecError:
    mark = error.problem_mark or error.context_mark
    problem = printable(" ".join(str(error.problem or error.context or "").split()))
    hints = (hint for sign, hint in _HINTS if sign in problem)
    remedy = next(hints, "check indentation, quotes and brackets on this line and the one before")
    path = _path_at(mark, text) if mark else None
    if path:
        remedy = f'put the path in quotes, "{path}": within braces a bracket begins a list'
    begun = error.context_mark
    if mark and begun and begun.line != mark.line:
        remedy += f"; what breaks here began on line {begun.line + 1}"
    return SpecError(
        f"a declaration is valid YAML; this is not: {problem}",
        remedy,
        line=mark.line + 1 if mark else None,
    )


def _path_at(mark: StreamMark, text: str) -> str | None:
    """Return the path with brackets in it at a place of a text, if there is one."""
    lines = text.split("\n")
    first = max(0, mark.column - MOST_IN_PATH)
    near = lines[mark.line][first : mark.column + MOST_IN_PATH] if mark.line < len(lines) else ""
    at = mark.column - first
    found = (one for one in _PATH.finditer(near) if one.start() < at <= one.end())
    return next((one[0] for one in found), None)


@dataclass(slots=True)
class _Frame:
    """A list or mapping that is being read."""

    line: int
    anchor: str | None
    is_mapping: bool
    value: list[object] | dict[Key, object]
    children: dict[Key, Node] = field(default_factory=dict)
    has_key: bool = False
    key: Key = ""
    key_line: int = 0
    size: int = 1
    depth: int = 1

    @property
    def awaits_key(self) -> bool:
        return self.is_mapping and not self.has_key

    def add(self, node: Node) -> None:
        key: Key
        if isinstance(self.value, list):
            key = len(self.value)
            self.value.append(node.value)
        else:
            key, self.has_key = self.key, False
            self.value[key] = node.value
            node = replace(node, line=self.key_line)
        self.children[key] = node
        self.size += node.size
        self.depth = max(self.depth, node.depth + 1)


class _Builder:
    """Builds a `Node` from the events of the parser."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.line = 1
        self._frames: list[_Frame] = []
        self._anchors: dict[str, Node] = {}
        self._documents = 0
        self._nodes = 0

    def add(self, event: Event) -> None:
        if event.start_mark is not None:
            self.line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent):
            self._start_document(event)
        elif isinstance(event, AliasEvent):
            self._alias(event)
        elif isinstance(event, NodeEvent):
            self._check_node(event)
            if isinstance(event, ScalarEvent):
                self._scalar(event)
            elif isinstance(event, CollectionStartEvent):
                self._open(event)
        elif isinstance(event, CollectionEndEvent):
            self._close()

    def _refuse(
        self, rule: str, remedy: str, *, key: object = UNSET, value: object = UNSET
    ) -> SpecError:
        path: list[str | int] = []
        for frame in self._frames:
            if isinstance(frame.value, list):
                path.append(len(frame.value))
            elif frame.has_key:
                path.append(str(frame.key))
        if key is not UNSET:
            path.append(shown(key))
        return SpecError(rule, remedy, line=self.line, where=dotted(path), value=value)

    def _start_document(self, event: DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise self._refuse(
                "a file holds one document", "remove the second `---`, or make two files"
            )
        if event.version not in {None, (1, 2)}:
            raise self._refuse("declarations are YAML 1.2", "remove the `%YAML` line")
        if event.tags:
            raise self._refuse("declarations use no tags", "remove the `%TAG` line")

    def _check_node(self, event: NodeEvent) -> None:
        tag = getattr(event, "ctag", None) or getattr(event, "tag", None)
        if tag:
            raise self._refuse(
                "declarations use no tags",
                f"remove {shown(str(tag).replace(_YAML_TAG, '!!'))}; "
                "put text that begins with ! in quotes",
            )
        self._count(1)
        frame = self._frames[-1] if self._frames else None
        if frame and frame.awaits_key and not isinstance(event, ScalarEvent):
            raise self._refuse("a key is text or a number", "write `key: value`")

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            raise self._refuse(
                f"a document holds at most {MOST_NODES:,} values, what aliases repeat included",
                "split the file, or repeat less with aliases",
            )

    def _scalar(self, event: ScalarEvent) -> None:
        text = event.value
        value: object = text
        if event.style is None:
            if text == "<<" and self._frames and self._frames[-1].awaits_key:
                raise self._refuse(
                    "merge keys are not used in declarations",
                    "write the keys out, or use an alias for a whole value",
                )
            try:
                value = plain_scalar(text)
            except ValueError as error:
                raise self._refuse(*split_refusal(str(error)), value=text) from None
        if isinstance(value, str) and UNREADABLE.search(value):
            raise self._refuse("text holds no control characters", "remove the escape", value=value)
        if self._frames and self._frames[-1].awaits_key:
            self._key(value)
        else:
            self._finish(Node(value, self.line), event.anchor)

    def _key(self, key: object) -> None:
        frame = self._frames[-1]
        if isinstance(key, bool) or not isinstance(key, str | int | float):
            raise self._refuse(
                "a key is text or a number",
                f'put the key in quotes: "{shown(key)}"',
            )
        if key in frame.children:
            raise self._refuse(
                f"the key {shown(key)} stands twice in this mapping, "
                f"first on line {frame.children[key].line}",
                "keep one of the two",
                key=key,
            )
        frame.has_key, frame.key, frame.key_line = True, key, self.line

    def _open(self, event: CollectionStartEvent) -> None:
        self._check_depth(1)
        is_mapping = isinstance(event, MappingStartEvent)
        self._frames.append(_Frame(self.line, event.anchor, is_mapping, {} if is_mapping else []))

    def _check_depth(self, depth: int) -> None:
        if len(self._frames) + depth > MOST_DEPTH:
            raise self._refuse(
                f"lists and mappings are nested at most {MOST_DEPTH} deep",
                "close brackets, or make the declaration flatter",
            )

    def _close(self) -> None:
        frame = self._frames.pop()
        node = Node(frame.value, frame.line, frame.children, frame.size, frame.depth)
        self._finish(node, frame.anchor)

    def _alias(self, event: AliasEvent) -> None:
        name = event.anchor
        if self._frames and self._frames[-1].awaits_key:
            raise self._refuse("a key is not an alias", "write the key out")
        if any(frame.anchor == name for frame in self._frames):
            raise self._refuse("a value cannot contain itself", f"remove *{printable(name)}")
        node = self._anchors.get(name)
        if node is None:
            raise self._refuse(
                f"no value above is marked &{printable(name)[:40]}",
                "mark the value first, or put text that begins with * in quotes",
            )
        self._count(node.size)
        self._check_depth(node.depth)
        self._finish(replace(node, line=self.line), None)

    def _finish(self, node: Node, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        if self._frames:
            self._frames[-1].add(node)
        else:
            self.root = node
