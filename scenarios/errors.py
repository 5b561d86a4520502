"""Errors of declarations: each says where it is, which rule is broken and what to write."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final, TypeVar

_T = TypeVar("_T")

SHOWN_LENGTH: Final = 60
SHOWN_NAMES: Final = 20
SHOWN_OTHERS: Final = 5

_LIKE_OTHER: Final = re.compile(
    r"\s*|\s.*|.*\s|[-+.\d][-+.\deE_]*|true|false|null|~", re.IGNORECASE | re.DOTALL
)


class _Unset:
    """Stands for a value that is not there."""


UNSET: Final = _Unset()


class SpecError(Exception):
    """A declaration that breaks a rule.

    Parameters
    ----------
    rule
        The rule that is broken, in plain words.
    remedy
        What to write instead.
    file
        Label of the file; empty if not known.
    line
        Line in the file, from 1.
    where
        Dotted path in the declaration, such as ``network.cells[2].members``.
    value
        The value found, or `UNSET`.
    others
        Further errors in the same file, in order of line.
    """

    def __init__(
        self,
        rule: str,
        remedy: str,
        *,
        file: str = "",
        line: int | None = None,
        where: str = "",
        value: object = UNSET,
        others: Sequence[SpecError] = (),
    ) -> None:
        super().__init__(rule, remedy)
        self.rule = rule
        self.remedy = remedy
        self.file = file
        self.line = line
        self.where = where
        self.value = value
        self.others = tuple(others)

    def __str__(self) -> str:
        lines = [self._head(), f"  rule:   {self.rule}", f"  remedy: {self.remedy}"]
        if self.others:
            count = len(self.others)
            here = " in this file" if all(error.file == self.file for error in self.others) else ""
            lines.append(f"and {count} more error{'s' if count > 1 else ''}{here}")
            lines += [f"  {error.brief(self.file)}" for error in self.others[:SHOWN_OTHERS]]
            if count > SHOWN_OTHERS:
                lines.append("  ...")
        return "\n".join(lines)

    def _head(self) -> str:
        place = printable(self.file)
        if self.line is not None:
            place += f":{self.line}"
        what = printable(self.where)
        if self.value is not UNSET:
            what = f"{what or 'the document'} = {shown(self.value)}"
        return ": ".join(part for part in (place, what) if part) or "declaration"

    def brief(self, file: str) -> str:
        """Return the error as ``line: where: rule``; with its file, if that is another."""
        line = f"line {self.line}" if self.line else ""
        if self.file != file:
            line = f"{printable(self.file)}:{self.line or ''}".rstrip(":")
        parts = [line, printable(self.where), self.rule]
        return ": ".join(part for part in parts if part)


@contextmanager
def named_at(where: str) -> Iterator[None]:
    """Let an error that is of no file, since a name is wrong, say where that name stands."""
    try:
        yield
    except SpecError as error:
        if not error.file:
            error.where = where
        raise


def refusal(rule: str, remedy: str) -> ValueError:
    """Make the error that a validator raises; reading turns it into a `SpecError`."""
    return ValueError(f"{rule.replace(' | ', ' / ')} | {remedy}")


def split_refusal(text: str) -> tuple[str, str]:
    """Split the text of a validator's error into rule and remedy; the remedy may be empty."""
    rule, _, remedy = text.partition(" | ")
    return rule, remedy


def unknown_name(
    kind: str,
    name: str,
    known: Iterable[str],
    *,
    file: str = "",
    line: int | None = None,
    where: str = "",
) -> SpecError:
    """Make the error for a name that refers to nothing.

    Parameters
    ----------
    kind
        What is named, such as ``policy``.
    name
        The name found.
    known
        The names that exist.
    file, line, where
        As for `SpecError`.
    """
    return SpecError(
        f"there is no {kind} of this name",
        choice(name, known),
        file=file,
        line=line,
        where=where or kind,
        value=name,
    )


def choice(found: object, known: Iterable[object]) -> str:
    """Say which choices there are and which is nearest to what was found."""
    texts = sorted({printable(str(one)) for one in known})
    if not texts:
        return "none is declared; declare it first"
    listed = ", ".join(texts[:SHOWN_NAMES])
    if len(texts) > SHOWN_NAMES:
        listed += f" and {len(texts) - SHOWN_NAMES} more"
    near = difflib.get_close_matches(str(found)[:SHOWN_LENGTH], texts, n=1)
    if near:
        return f"did you mean {near[0]}? choose from {listed}"
    return f"write {listed}" if len(texts) == 1 else f"choose from {listed}"


def dotted(path: Iterable[str | int]) -> str:
    """Write a path of keys and list positions as ``network.cells[2].members``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def printable(text: str) -> str:
    """Replace characters that cannot be shown by their escapes."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def shown(value: object) -> str:
    """Write a value on one line, as it would stand in a file, shortened if long."""
    text = _flow(value, 3)
    return text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 3]}..."


def _flow(value: object, depth: int) -> str:
    if not isinstance(value, dict | list | tuple):
        return _scalar(value)
    if depth <= 0:
        return "..."
    if isinstance(value, dict):
        pairs = ((_flow(key, 0), _flow(item, depth - 1)) for key, item in _first(value.items()))
        return f"{{{', '.join(f'{key}: {item}' for key, item in pairs)}}}"
    return f"[{', '.join(_flow(item, depth - 1) for item in _first(value))}]"


def _scalar(value: object) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int) and abs(value) >= 10**SHOWN_LENGTH:
        return f"a whole number of more than {SHOWN_LENGTH} digits"
    text = str(value)[: SHOWN_LENGTH + 1]
    is_quoted = isinstance(value, str) and _LIKE_OTHER.fullmatch(text)
    return json.dumps(text) if is_quoted else printable(text)


def _first(items: Iterable[_T]) -> list[_T]:
    return list(islice(items, SHOWN_LENGTH))
