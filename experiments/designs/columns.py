"""Columns of a design: what varies, its values, and what they change or put in force."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.designs.distributions import Distribution, Levels
from experiments.planning import Scale, sameness
from scenarios.changing import Change, is_number
from scenarios.errors import SpecError, shown, unknown_name
from scenarios.reading import LoadedProgramme
from scenarios.schema import parse_hours


@dataclass(frozen=True)
class Column:
    """A parameter, a measure, or the programmes.

    Parameters
    ----------
    name
        Its name in the file.
    where
        Its path in the file.
    changes
        What its numbers change.
    distribution
        Its values.
    labels
        Values as the user wrote them, where the numbers are positions in the changes' levels.
    listed
        Amounts as the user wrote them, where those of the distribution are listed.
    declared
        Number that leaves the scenario as declared; None if there is none.
    is_duration
        Whether its numbers are hours.
    in_force
        What its numbers put in force, by position; nothing of a column that changes something.
    """

    name: str
    where: str
    changes: tuple[Change, ...]
    distribution: Distribution
    labels: tuple[Any, ...] = ()
    declared: float | None = None
    is_duration: bool = False
    listed: tuple[Any, ...] = ()
    in_force: tuple[LoadedProgramme, ...] = ()

    @property
    def scale(self) -> Scale:
        """What its numbers stand for."""
        if self.labels == (False, True):
            return Scale("switch")
        if self.labels:
            return Scale("words", tuple(enumerate(self.labels)))
        numbers = self.distribution.values if isinstance(self.distribution, Levels) else ()
        levels = tuple(zip(numbers, self.listed, strict=True)) if self.listed else ()
        return Scale("hours" if self.is_duration else "number", levels)

    def ends(self) -> list[float]:
        """Return the numbers to try: all levels, or both ends."""
        import numpy as np

        if isinstance(self.distribution, Levels):
            return list(dict.fromkeys(self.distribution.values))
        return [float(end) for end in self.distribution.quantile(np.array([0.0, 1.0]))]

    def number(self, value: object) -> float:
        """Return the number of the table for a value that a list of settings names.

        Raises
        ------
        SpecError
            If it is none of the levels, or no number.
        """
        if self.labels:
            keys = [sameness(label) for label in self.labels]
            if sameness(value) in keys:
                return float(keys.index(sameness(value)))
            known = ", ".join(shown(label) for label in self.labels if label is not None)
            raise SpecError("this is none of the values declared", f"choose from {known}")
        if isinstance(value, str):
            try:
                hours = parse_hours(value)
            except ValueError:
                hours = math.nan
            if self.is_duration and math.isfinite(hours):
                return hours
        elif is_number(value) and not self.is_duration:
            return float(value)  # type: ignore[arg-type]
        if self.is_duration:
            raise SpecError("a setting gives a duration", "write it with its unit, such as 3 d")
        raise SpecError("a setting gives a number", "write a number without a unit")


def row_of(columns: Sequence[Column], setting: Mapping[str, Any], where: str) -> list[float]:
    """Return the numbers of a setting of a list; what it does not name is as declared.

    Raises
    ------
    SpecError
        If it names something else, or a value that does not fit.
    """
    known = [column.name for column in columns]
    for name in setting:
        if name not in known:
            raise unknown_name("parameter or measure", name, known, where=f"{where}.{name}")
    return [_number_in(column, setting, where) for column in columns]


def _number_in(column: Column, setting: Mapping[str, Any], where: str) -> float:
    if column.name in setting:
        try:
            return column.number(setting[column.name])
        except SpecError as error:
            error.where, error.value = f"{where}.{column.name}", setting[column.name]
            raise
    return declared_number(column, where)


def declared_number(column: Column, where: str) -> float:
    """Return the number of a column that leaves the scenario as declared.

    Raises
    ------
    SpecError
        If the places that it changes differ.
    """
    if column.declared is None:
        raise SpecError(
            f"{column.name} has no value as declared: the places that it changes differ",
            "give it a value in every setting, use `times:`, or choose another design",
            where=where,
        )
    return column.declared
