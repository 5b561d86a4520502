"""Text that may stand in a file, and what an unquoted scalar means."""

from __future__ import annotations

import re
from typing import Final

from scenarios.errors import SpecError, refusal

MOST_CHARACTERS: Final = 1_000_000
MOST_DIGITS: Final = 18
MOST_NUMBER_TEXT: Final = 40
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL: Final = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}

_INT: Final = re.compile(r"[-+]?[0-9]+")
_BASED: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
UNREADABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)


def plain_scalar(text: str) -> object:
    """Resolve an unquoted scalar by the YAML 1.2 core schema.

    Raises
    ------
    ValueError
        If it is a number that is not finite or too long.
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _NOT_FINITE.fullmatch(text):
        raise refusal("a number is finite", "write a number, or leave the key out")
    is_int = _INT.fullmatch(text) is not None
    if is_int or _BASED.fullmatch(text):
        if len(text.lstrip("+-")) > MOST_DIGITS:
            raise refusal(
                f"a whole number has at most {MOST_DIGITS} digits",
                "write a smaller number, or put it in quotes if it is text",
            )
        return int(text, 10 if is_int else 0)
    if _FLOAT.fullmatch(text):
        if len(text) > MOST_NUMBER_TEXT:
            raise refusal("a number is too long to read", "write fewer digits")
        number = float(text)
        if number in {float("inf"), float("-inf")}:
            raise refusal("a number is finite", "write a number below 1e308")
        return number
    return text


def check_text(text: str, limit: int = MOST_CHARACTERS) -> None:
    """Refuse text that is too long or holds characters that no text file holds.

    Raises
    ------
    SpecError
        If so.
    """
    if len(text) > limit:
        raise SpecError(
            f"a file has at most {limit:,} characters; this one has {len(text):,}",
            "split the file, or check that it is the right one",
        )
    found = UNREADABLE.search(text)
    if found:
        raise SpecError(
            "a declaration is a text file without control characters",
            "remove the character, or save the file as UTF-8 text",
            line=text.count("\n", 0, found.start()) + 1,
            value=found[0],
        )
