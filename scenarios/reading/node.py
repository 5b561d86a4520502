"""Values of a document that know where they stand, and dotted paths to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scenarios.errors import UNSET, SpecError

Key = str | int | float


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a document and where it stands."""

    value: object
    """Plain data: None, bool, int, float, str, list or dict."""
    line: int | None
    """Line of its key, or of the value itself in a list; None if it comes from elsewhere."""
    children: Mapping[Key, Node] = field(default_factory=dict)
    """Values by key or position."""
    size: int = 1
    depth: int = 1
    file: str = ""
    """File that it comes from, if that is not the one that was asked for."""

    def child(self, step: object) -> tuple[Key, Node] | None:
        """Return a child and its key; text finds a key that is a number."""
        if isinstance(step, str | int | float) and step in self.children:
            return step, self.children[step]
        if isinstance(step, str):
            alike = next((key for key in self.children if str(key) == step), None)
            return None if alike is None else (alike, self.children[alike])
        return None

    def label(self, key: Key) -> str | int:
        """Return the key as a step of a dotted path."""
        return key if isinstance(self.value, list) and isinstance(key, int) else str(key)

    def find(self, where: str) -> tuple[Node, bool]:
        """Follow a dotted path as far as it exists; also say whether it exists in full.

        Keys may hold dots themselves: the longest key that fits is taken.
        """
        node, rest = self, where
        while rest:
            heads = [
                (f"[{key}]" if isinstance(node.value, list) else str(key), child)
                for key, child in node.children.items()
            ]
            fitting = [
                (head, child)
                for head, child in heads
                if rest == head or rest.startswith((f"{head}.", f"{head}["))
            ]
            if not fitting:
                return node, False
            head, node = max(fitting, key=lambda pair: len(pair[0]))
            rest = rest[len(head) :].removeprefix(".")
        return node, True


def node_of(value: object) -> Node:
    """Wrap plain data that comes from no file."""
    if isinstance(value, tuple):
        value = list(value)
    return Node(value, None, _Parts(value))


class _Parts(Mapping[Key, Node]):
    """Parts of plain data, wrapped when somebody looks: few do, unless something is wrong."""

    def __init__(self, value: object) -> None:
        self._parts: Any = value if isinstance(value, dict | list) else {}

    def __getitem__(self, key: Key) -> Node:
        if isinstance(self._parts, list) and key not in range(len(self._parts)):
            raise KeyError(key)
        return node_of(self._parts[key])

    def __iter__(self) -> Iterator[Key]:
        return iter(range(len(self._parts)) if isinstance(self._parts, list) else self._parts)

    def __len__(self) -> int:
        return len(self._parts)


def placed(error: SpecError, node: Node | None, file: str) -> None:
    """Fill in what an error does not say about its place."""
    error.file = error.file or file
    if node is not None and error.line is None and error.file == file:
        found, is_whole = node.find(error.where)
        error.line, error.file = found.line, found.file or file
        if is_whole and error.where and error.value is UNSET:
            error.value = found.value
