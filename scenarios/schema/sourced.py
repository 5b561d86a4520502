"""Declarations that say where they come from, and the list of all that a model holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, model_validator

from scenarios.errors import dotted, refusal, shown
from scenarios.schema.spec import Spec

_LARGEST_PLAIN: Final = 1e15


class Sourced(Spec):
    """A declaration that says where it comes from, or that it is a guess and why.

    Parameters
    ----------
    source
        Reference and year.
    assumed
        Why the guess is reasonable.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["source"]}, {"required": ["assumed"]}]}
    )
    noun: ClassVar[str] = "declaration"
    """What messages call it."""
    untold: ClassVar[frozenset[str]] = frozenset()
    """Fields that are too long for a list of sources."""

    source: str | None = None
    assumed: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_mapping(cls, data: object) -> object:
        if isinstance(data, str | int | float) and not isinstance(data, bool):
            example = f"value: {shown(data)}" if "value" in cls.model_fields else "..."
            raise refusal(
                "a bare value does not say where it comes from",
                f"write {{{example}, source: reference and year}} "
                f"or {{{example}, assumed: reason}}",
            )
        return data

    @model_validator(mode="after")
    def _has_provenance(self) -> Self:
        if self.source is not None and self.assumed is not None:
            raise refusal(
                f"a {self.noun} is either sourced or assumed, not both",
                f"keep `source:` if the reference gives the {self.noun}, else keep `assumed:`",
            )
        if not self.source and not self.assumed:
            raise refusal(
                f"a {self.noun} has a source or a stated assumption",
                f"say where the {self.noun} comes from: `source: reference, year`, "
                "or why it is a guess: `assumed: reason`",
            )
        return self


class SourceRow(NamedTuple):
    """Provenance of one quantity."""

    path: str
    value: str
    kind: str
    text: str


def walk_sources(model: BaseModel, prefix: str = "") -> list[SourceRow]:
    """List every `Sourced` in a nested model, in order of declaration."""
    return list(_walk(model, [prefix] if prefix else []))


def _walk(value: object, path: list[str | int]) -> Iterator[SourceRow]:
    if isinstance(value, Sourced):
        kind = "source" if value.source else "assumed"
        yield SourceRow(dotted(path), _summary(value), kind, value.source or value.assumed or "")
    for key, child in children(value):
        yield from _walk(child, [*path, key])


def children(value: object) -> Iterator[tuple[str | int, object]]:
    """Give what a model, mapping or list holds, by key or position."""
    if isinstance(value, BaseModel):
        held = vars(value)  # looked up in a quarter of the time: every setting of a sweep is walked
        yield from [(name, held[name]) for name in type(value).model_fields]
    elif isinstance(value, list | tuple):
        yield from enumerate(value)
    elif isinstance(value, Mapping):
        yield from ((str(key), child) for key, child in value.items())


def _summary(model: Sourced) -> str:
    """Render the fields of a model other than its provenance and nested `Sourced`."""
    held = {name for name, value in children(model) if next(_walk(value, []), None)}
    own = model.model_dump(
        exclude={"source", "assumed", *model.untold, *map(str, held)}, exclude_none=True
    )
    return _rendered(own)


def _rendered(value: Any) -> str:  # noqa: ANN401 - dumped data of any shape
    if isinstance(value, dict):
        if list(value) == ["value"]:
            return _rendered(value["value"])
        return ", ".join(f"{_plain(key)} {_rendered(child)}" for key, child in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return f"[{', '.join(map(_rendered, value))}]"
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_PLAIN:
        return str(int(value))
    return str(value)
