"""Values of a document that know where they stand, and dotted paths to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

Key = str | int | float

_STEP: Final = re.compile(r"\[(\d{1,9})\]|([^.\[\]]+)")


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

    def child(self, step: object) -> tuple[Key, Node] | None:
        """Return a child and its key; text finds a key that is a number."""
        if isinstance(step, str | int | float) and step in self.children:
            return step, self.children[step]
        if isinstance(step, str):
            return next(((k, n) for k, n in self.children.items() if str(k) == step), None)
        return None

    def label(self, key: Key) -> str | int:
        """Return the key as a step of a dotted path."""
        return key if isinstance(self.value, list) and isinstance(key, int) else str(key)

    def find(self, where: str) -> tuple[Node, bool]:
        """Follow a dotted path as far as it exists; also say whether it exists in full."""
        node = self
        for step in steps(where):
            found = node.child(step)
            if found is None:
                return node, False
            node = found[1]
        return node, True


def steps(where: str) -> list[str | int]:
    """Split a dotted path into keys and positions."""
    return [int(match[1]) if match[1] else match[2] for match in _STEP.finditer(where)]


def node_of(value: object) -> Node:
    """Wrap plain data that comes from no file."""
    pairs: Iterator[tuple[Key, object]] = iter(())
    if isinstance(value, dict):
        pairs = iter(value.items())
    elif isinstance(value, list | tuple):
        value = list(value)
        pairs = enumerate(value)
    return Node(value, None, {key: node_of(item) for key, item in pairs})
