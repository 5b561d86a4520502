"""Broken rules of pydantic in plain words, with a remedy for each."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterable, Mapping, Sequence, Set as AbstractSet
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from scenarios.errors import choice, printable, shown, split_refusal
from scenarios.reading.node import Key
from scenarios.schema import NAME_LENGTH, NAME_PATTERN, Number, Sourced

Words = tuple[str, str]
"""A rule and its remedy."""

_QUOTED: Final = re.compile(r"'([^']*)'")
_NUMBER_SIGNS: Final = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
_MUCH: Final = 100
"""Limit above which the middle of a range is no example of a sensible number."""

_LIST: Final = ("a list is wanted", "write [a, b], or one `- item` on each line")
_WHOLE: Final = ("a whole number is wanted", "write a whole number such as 3, without quotes")
_PLAIN: Final[Mapping[str, Words]] = {
    "float_type": ("a number is wanted", "write a number such as 0.3, without quotes or unit"),
    "float_parsing": ("a number is wanted", "write a number such as 0.3"),
    "finite_number": ("a number is finite", "write a number such as 0.3"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "bool_type": (
        "true or false is wanted",
        "write true or false, without quotes; yes, no, on and off are text",
    ),
    "bool_parsing": ("true or false is wanted", "write true or false"),
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "none_required": ("nothing is wanted here", "write null, or leave the key out"),
    "invalid_key": ("a key is text", "put the key in quotes"),
}
_MAPPING: Final = frozenset({"dict_type", "mapping_type", "model_type", "model_attributes_type"})
_TYPE_ERRORS: Final = frozenset({*_PLAIN, *_MAPPING, "string_type"})


class Place(NamedTuple):
    """What the models say about a place in a document."""

    leaves: tuple[Any, ...]
    """Types that may stand there, unions and annotations taken apart."""
    field: FieldInfo | None
    owner: type[BaseModel] | None
    """Model that the field belongs to."""

    @property
    def models(self) -> list[type[BaseModel]]:
        """Models that may stand there."""
        return [leaf for leaf in self.leaves if _is_model(leaf)]

    @property
    def keys(self) -> list[str]:
        """Keys that may stand there."""
        return list(dict.fromkeys(_key(n, f) for m in self.models for n, f in _fields(m)))


def leaves(annotation: object) -> tuple[Any, ...]:
    """Take unions, annotations and aliases of a type apart."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return leaves(get_args(annotation)[0])
    if origin in {Union, types.UnionType}:
        return tuple(leaf for part in get_args(annotation) for leaf in leaves(part))
    return (annotation,)


def place(model: type[BaseModel], path: Sequence[Key], tags: Mapping[int, Sequence[str]]) -> Place:
    """Follow a path through the models.

    Parameters
    ----------
    model
        Model of the document.
    path
        Keys and positions.
    tags
        Names of union branches taken at each depth of the path.
    """
    here = Place((model,), None, None)
    for depth, key in enumerate(path):
        here = _step(_narrowed(here, tags.get(depth, ())), key)
    return _narrowed(here, tags.get(len(path), ()))


def _narrowed(here: Place, tags: Iterable[str]) -> Place:
    for tag in tags:
        kept = tuple(leaf for leaf in here.leaves if _is_model(leaf) and _is_tagged(leaf, tag))
        if kept:
            here = here._replace(leaves=kept)
    return here


def _is_tagged(model: type[BaseModel], tag: str) -> bool:
    return model.__name__ == tag or any(
        get_origin(leaf) is Literal and tag in map(str, get_args(leaf))
        for field in model.model_fields.values()
        for leaf in leaves(field.annotation)
    )


def _step(here: Place, key: Key) -> Place:
    found: list[Any] = []
    last: tuple[FieldInfo | None, type[BaseModel] | None] = (None, None)
    for leaf in here.leaves:
        origin, args = get_origin(leaf), get_args(leaf)
        if _is_model(leaf):
            for name, field in _fields(leaf):
                if key in {name, field.alias}:
                    found += leaves(field.annotation)
                    last = (field, leaf)
        elif isinstance(origin, type) and args:
            if issubclass(origin, Mapping):
                found += leaves(args[1])
            elif issubclass(origin, Sequence | AbstractSet):
                is_fixed = issubclass(origin, tuple) and Ellipsis not in args
                position = key if is_fixed and isinstance(key, int) else 0
                found += leaves(args[min(position, len(args) - 1)])
    return Place(tuple(found), *last)


def _is_model(leaf: object) -> bool:
    return isinstance(leaf, type) and issubclass(leaf, BaseModel)


def _fields(model: type[BaseModel]) -> Iterable[tuple[str, FieldInfo]]:
    return model.model_fields.items()


def _key(name: str, field: FieldInfo) -> str:
    return field.alias or name


def example(types_: Sequence[Any]) -> str:
    """Return what could stand in a place, as text."""
    return next((text for text in map(_example, types_) if text), "...")


def _example(leaf: Any) -> str:  # noqa: ANN401 - any type may be annotated
    origin = get_origin(leaf)
    if _is_model(leaf):
        is_value = issubclass(leaf, Sourced) and "value" in leaf.model_fields
        return "{value: ..., source: ...}" if is_value else "{...}"
    if origin is Literal:
        return str(get_args(leaf)[0])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "{...}"
    if isinstance(origin, type) and issubclass(origin, Sequence | AbstractSet):
        return "[...]"
    return {bool: "true", int: "3"}.get(leaf, "")


def is_type_error(kind: str) -> bool:
    """Whether an error says that a value is of the wrong type altogether."""
    return kind in _TYPE_ERRORS


def words(error: ErrorDetails, here: Place) -> Words:
    """Put an error into words.

    Parameters
    ----------
    error
        Error as pydantic reports it.
    here
        Place of the value; for a missing key, of that key; for an unknown key, of its mapping.
    """
    kind = error["type"]
    context = error.get("ctx", {})
    value = error.get("input")
    if kind in _WORDERS:
        return _WORDERS[kind](error, here)
    if kind in _NUMBER_SIGNS:
        return _bound(kind, context, here)
    if kind in _MAPPING:
        keys = ", ".join(here.keys)
        rule, remedy = (
            "a mapping of keys is wanted",
            f"write its keys: {keys}" if keys else "write `key: value` lines",
        )
    elif kind == "string_type":
        rule, remedy = "text is wanted", _quoted(value)
    else:
        fallback = (_sentence(error["msg"]), "write a value that keeps to the rule")
        rule, remedy = _PLAIN.get(kind, fallback)
    return (rule, f"nothing stands here; {remedy}") if value is None else (rule, remedy)


def _quoted(value: object) -> str:
    if isinstance(value, dict | list):
        return "write one line of text"
    return f'put it in quotes: "{shown(value)}"'


def _sentence(text: str) -> str:
    text = printable(" ".join(text.split()))
    return text[:1].lower() + text[1:]


def _missing(error: ErrorDetails, here: Place) -> Words:
    key = error["loc"][-1]
    if isinstance(key, int):
        return f"item {key + 1} of the list is missing", f"add it: {example(here.leaves)}"
    about = (here.field.description if here.field else None) or ""
    about = f" ({' '.join(about.split()).rstrip('.')})" if about else ""
    return f"`{key}` is missing", f"add `{key}: {example(here.leaves)}`{about}"


def _extra(error: ErrorDetails, here: Place) -> Words:
    key = str(error["loc"][-1])
    return f"there is no key {shown(key)} here", choice(key, here.keys)


def _literal(error: ErrorDetails, _here: Place) -> Words:
    expected = str(error.get("ctx", {}).get("expected", ""))
    choices = _QUOTED.findall(expected)
    if not choices:
        return "the value is one of a fixed set", f"write {expected}"
    return "the value is one of a fixed set", choice(error.get("input"), choices)


def _tag_invalid(error: ErrorDetails, _here: Place) -> Words:
    context = error.get("ctx", {})
    key = str(context.get("discriminator", "")).strip("'")
    choices = _QUOTED.findall(str(context.get("expected_tags", "")))
    return f"`{key}` is one of a fixed set", choice(context.get("tag"), choices)


def _tag_missing(error: ErrorDetails, here: Place) -> Words:
    key = str(error.get("ctx", {}).get("discriminator", "")).strip("'")
    choices = [
        str(tag)
        for model in here.models
        for name, field in _fields(model)
        if key in {name, field.alias}
        for leaf in leaves(field.annotation)
        for tag in get_args(leaf)
    ]
    return (
        f"`{key}` is missing",
        f"add `{key}:`; {choice('', choices)}" if choices else f"add {key}",
    )


def _pattern(error: ErrorDetails, _here: Place) -> Words:
    pattern = error.get("ctx", {}).get("pattern")
    if pattern == NAME_PATTERN:
        text = re.sub(r"[^a-z0-9]+", "-", str(error.get("input")).lower()).strip("-0123456789")
        return (
            "a name is lower-case words of letters and digits, joined by single hyphens",
            f"write for example {text[:NAME_LENGTH].strip('-') or 'my-name'}",
        )
    return "the text has a fixed form", f"write text that matches {pattern}"


def _too_short(error: ErrorDetails, _here: Place) -> Words:
    least = error.get("ctx", {}).get("min_length", 1)
    if error["type"] == "string_too_short":
        return f"the text has at least {_counted(least, 'character')}", "write the text"
    return f"{_container(error)} has at least {_counted(least, 'item')}", "add what is missing"


def _too_long(error: ErrorDetails, _here: Place) -> Words:
    most = error.get("ctx", {}).get("max_length", 0)
    if error["type"] == "string_too_long":
        return f"the text has at most {_counted(most, 'character')}", "shorten the text"
    return f"{_container(error)} has at most {_counted(most, 'item')}", "remove what is too much"


def _container(error: ErrorDetails) -> str:
    return "the mapping" if isinstance(error.get("input"), dict) else "the list"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _value_error(error: ErrorDetails, _here: Place) -> Words:
    rule, remedy = split_refusal(_message(error))
    rule = printable(rule) or "the value keeps to its rule"
    return rule, printable(remedy) or "write a value that keeps to the rule"


def _message(error: ErrorDetails) -> str:
    """Text of the error that a validator raised."""
    return " ".join(str(error.get("ctx", {}).get("error", error["msg"])).split())


def _bound(kind: str, context: Mapping[str, Any], here: Place) -> Words:
    name, sign = _NUMBER_SIGNS[kind]
    limits = {name: context[name]}
    for item in here.field.metadata if here.field else ():
        for other, _ in _NUMBER_SIGNS.values():
            limit = getattr(item, other, None)
            if isinstance(limit, int | float):
                limits[other] = limit
    if limits.keys() == {"ge", "le"}:
        low, high = shown_number(limits["ge"]), shown_number(limits["le"])
        is_share = (low, high) == ("0", "1")
        subject = _subject(here, "a chance or share" if is_share else "the number")
        middle = (limits["ge"] + limits["le"]) / 2
        is_whole = int in here.leaves and float not in here.leaves
        number = shown_number(int(middle) if is_whole else middle)
        if limits["le"] > _MUCH:
            return f"{subject} lies within {low} and {high}", "write a number of ordinary size"
        remedy = f"write a number such as {'0.3 (30 of 100)' if is_share else number}"
        return f"{subject} lies within {low} and {high}", remedy
    rule = f"{_subject(here, 'the number')} is {sign} {shown_number(context[name])}"
    words_ = [f"{s} {shown_number(limits[n])}" for n, s in _NUMBER_SIGNS.values() if n in limits]
    return rule, f"write a number {' and '.join(words_)}"


def _subject(here: Place, default: str) -> str:
    """Name what a field is the value of, if that has a name of its own."""
    owner = here.owner
    if owner is None or not issubclass(owner, Sourced) or owner.noun == Number.noun:
        return default
    return f"a {owner.noun}" if owner.model_fields.get("value") is here.field else default


def shown_number(value: float) -> str:
    """Write a number without a trailing ``.0``."""
    return str(int(value)) if float(value).is_integer() else str(value)


_WORDERS: Final[Mapping[str, Callable[[ErrorDetails, Place], Words]]] = {
    "assertion_error": _value_error,
    "enum": _literal,
    "extra_forbidden": _extra,
    "literal_error": _literal,
    "missing": _missing,
    "string_pattern_mismatch": _pattern,
    "string_too_long": _too_long,
    "string_too_short": _too_short,
    "too_long": _too_long,
    "too_short": _too_short,
    "union_tag_invalid": _tag_invalid,
    "union_tag_not_found": _tag_missing,
    "value_error": _value_error,
}
