"""Values of documents laid over each other, each knowing which file it comes from."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from scenarios.errors import SpecError, choice, dotted
from scenarios.reading.node import Key, Node

NOTHING: Final = Node(None, None)

_PROVENANCE: Final = frozenset({"source", "assumed"})
_FORMS: Final = (
    frozenset({"value"}),
    frozenset({"low", "high"}),
    frozenset({"median", "p95"}),
    frozenset({"mean"}),
    frozenset({"quantiles"}),
)
"""Keys that together say what a number or delay is; it has one form."""


def stamped(node: Node, file: str) -> Node:
    """Let a document and its parts say which file they come from."""
    children = {key: stamped(child, file) for key, child in node.children.items()}
    return replace(node, children=children, file=node.file or file)


def mapping(children: dict[Key, Node], like: Node) -> Node:
    """Return a mapping of some values in the place of another one."""
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
    return mapping(children, own)


def _is_merged(old: Node, new: Node, key: Key, where: tuple[str, ...]) -> bool:
    """Whether two values are laid over each other; tables of quantiles stand whole.

    A threat that says of which kind it is stands whole, too.
    """
    if not (isinstance(old.value, dict) and isinstance(new.value, dict)) or key == "quantiles":
        return False
    return where != ("threats",) or "kind" not in new.children


def _only_in_sourced(base: Node, own: Node) -> bool:
    """Whether a mapping changes only what has a source of its own in another, as in procedures."""
    return all(
        isinstance(child.value, dict) and _is_sourced(base.children.get(key, NOTHING))
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
