"""Scales: what the numbers in a column of a design stand for, and how they are written.

Here alone is decided how a level of a parameter is written: in tables, answers, pictures and
messages. Positions in a list stay inside the program.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from experiments.terminal import amount
from scenarios.schema import format_hours, parse_hours

Kind = Literal["number", "hours", "words", "switch"]
Cell = str | bool | int | float

KINDS: Final[tuple[Kind, ...]] = ("number", "hours", "words", "switch")

AS_DECLARED: Final = "as declared"
"""A level that leaves the scenario as it is: null in a list of values."""

_MOST_WHOLE: Final = 2**53
"""Whole numbers up to this one are told apart as numbers of a table."""


@dataclass(frozen=True)
class Scale:
    """What the numbers of a column stand for.

    Parameters
    ----------
    kind
        ``number``; ``hours``, of durations; ``words``, positions of levels without an order;
        ``switch``, 0 without a measure and 1 with it.
    levels
        Numbers with what the user wrote for them, where the levels are listed. All numbers of
        ``words`` are among them; null is "as declared".
    places
        Where numbers lie in the range, from 0 to 1; only of a design that goes through it in steps.
    """

    kind: Kind = "number"
    levels: tuple[tuple[float, Any], ...] = ()
    places: tuple[tuple[float, float], ...] = ()

    @property
    def is_ordered(self) -> bool:
        """Whether more and less mean something."""
        return self.kind != "words"

    @cached_property
    def _written(self) -> dict[float, Any]:
        return dict(self.levels)

    def level(self, number: float) -> Any:  # noqa: ANN401 - any level
        """Return what the user wrote for a number of the table."""
        if number in self._written:
            return self._written[number]
        if self.kind == "switch":
            return int(number)
        return format_hours(number) if self.kind == "hours" and number >= 0 else number

    def cell(self, number: float) -> Cell:
        """Return a level as it stands in a table; a duration of no list is a number of hours."""
        if self.kind == "hours" and not self.levels:
            return number
        found = self.level(number)
        if isinstance(found, bool | int | float | str):
            return found
        return AS_DECLARED if found is None else _compact(found)

    def column(self, numbers: Iterable[float]) -> list[Cell]:
        """Return a column of a table, all of one type: true and false, numbers, or else words."""
        cells = [self.cell(number) for number in numbers]
        if all(isinstance(cell, bool) for cell in cells):
            return cells
        if any(isinstance(cell, bool | str) for cell in cells):
            return [_word(cell) for cell in cells]
        if all(float(cell).is_integer() and abs(float(cell)) < _MOST_WHOLE for cell in cells):
            return [int(cell) for cell in cells]
        return [float(cell) for cell in cells]

    def text(self, number: float) -> str:
        """Return a level for a reader: as written, or what was drawn with about three digits."""
        if self.kind == "switch":
            return "with" if number else "without"
        if number in self._written:
            return _word(self.cell(number))
        rounded = float(f"{number:.9g}")  # 2.0000000000000004 is 2
        return amount(rounded, is_duration=self.kind == "hours")

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON content."""
        parts = {"levels": self.levels, "places": self.places}
        found = {name: [list(pair) for pair in part] for name, part in parts.items() if part}
        return {"kind": self.kind, **found}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Scale:
        """Return the scale whose `document()` this is.

        Raises
        ------
        ValueError, KeyError, TypeError
            If it is no such document.
        """
        kind = document["kind"]
        if kind not in KINDS:
            msg = f"no kind of scale: {kind!r}"
            raise ValueError(msg)
        levels = tuple((number, level) for number, level in document.get("levels", ()))
        places = ((float(number), float(place)) for number, place in document.get("places", ()))
        return cls(kind, levels, tuple(places))


def sameness(value: object) -> Hashable:
    """Return a key that is equal for two values that mean the same: 7 and 7.0, 60 min and 1 h."""
    if isinstance(value, dict):
        return frozenset((key, sameness(one)) for key, one in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(sameness, value))
    if isinstance(value, str):
        try:
            return "hours", parse_hours(value)
        except ValueError:
            return "text", value
    return isinstance(value, bool), value  # True == 1


def _word(cell: Cell) -> str:
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def _compact(declaration: object) -> str:
    return json.dumps(declaration, ensure_ascii=False, separators=(",", ":"))
