"""Durations as text with a unit, and as hours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Final

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from scenarios.errors import refusal, shown

UNITS: Final[Mapping[str, Fraction]] = {
    "min": Fraction(1, 60),
    "h": Fraction(1),
    "d": Fraction(24),
    "w": Fraction(24 * 7),
    "mo": Fraction(24 * 30),
    "y": Fraction(24 * 365),
}
"""Hours in each unit of time; a month has 30 days and a year 365."""

LONGEST_H: Final = 200.0 * 24 * 365
"""Longest duration that can be declared, in hours."""

DURATION_PATTERN: Final = r"^\d{1,12}(\.\d{1,40})?\s*(min|h|d|w|mo|y)$"
_DURATION: Final = re.compile(r"([+-]?)(\d{1,12}(?:\.\d{1,40})?)\s*([^\W\d_]+)", re.ASCII)
BARE_NUMBER: Final = re.compile(r"[+-]?\d{1,20}(\.\d{1,40})?", re.ASCII)
_SHOWN_UNITS: Final = ("y", "d", "h", "min")


def parse_hours(value: object) -> float:
    """Read a duration such as "8 h" or "2 w" as a number of hours.

    Raises
    ------
    ValueError
        If `value` is not text of a number and a unit, is negative, or is above `LONGEST_H`.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _unitless(shown(value))
    if not isinstance(value, str):
        raise refusal("a duration is a number and a unit", "write for example 8 h, 30 min or 2 w")
    return _hours_of(value)


@lru_cache(maxsize=4096)
def _hours_of(value: str) -> float:
    """Read text; a scenario is read again for every setting, and its durations stay the same."""
    text = value.strip()
    if BARE_NUMBER.fullmatch(text):
        return _unitless(shown(text))
    match = _DURATION.fullmatch(text)
    if match is None:
        raise refusal(
            "a duration is a number and a unit",
            f"write for example 8 h, 30 min or 2 w; the units are {', '.join(UNITS)}",
        )
    sign, number, unit = match.groups()
    if unit not in UNITS:
        raise refusal(f"{unit[:20]} is not a unit of time", f"the units are {', '.join(UNITS)}")
    exact = Fraction(number) * UNITS[unit]
    if sign == "-" and exact:
        raise refusal("a delay cannot be negative", "write 0 h or a longer time")
    if exact > LONGEST_H:
        raise refusal(
            "a duration is at most 200 y", "write a shorter time, or leave out what never happens"
        )
    return float(exact)


def _unitless(text: str) -> float:
    raise refusal(
        "a duration needs a unit",
        f"add one, for example {text} h; the units are {', '.join(UNITS)}",
    )


def format_hours(hours: float) -> str:
    """Write a number of hours as text that `parse_hours` reads back to the same number."""
    for unit in _SHOWN_UNITS:
        number = Fraction(hours) / UNITS[unit]
        if number.denominator == 1 and (number or unit == "h"):
            return f"{number.numerator} {unit}"
    minutes = f"{hours * 60:.6f}".rstrip("0").rstrip(".")
    if float(Fraction(minutes) * UNITS["min"]) == hours:
        return f"{minutes} min"
    return f"{Decimal(repr(hours)):f} h"


Hours = Annotated[
    float,
    BeforeValidator(parse_hours),
    PlainSerializer(format_hours, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": DURATION_PATTERN,
            "examples": ["30 min", "8 h", "7 d", "2 w", "18 mo", "3 y"],
            "description": "a number and a unit: min, h, d, w, mo (30 d) or y (365 d)",
        }
    ),
]
"""A duration in hours, written as text with a unit."""
