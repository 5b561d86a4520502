"""Values by Member State, for maps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from pydantic import BaseModel

from scenarios import Compiled, LoadedScenario
from scenarios.errors import unknown_name
from scenarios.reading import Atlas
from sim.seam import READING_ONE

NO_VALUES: Final = ("lon", "lat")
"""Columns that say where a state is."""
MEANS: Final = {"assistance": "aircraft"}
"""Blocks of casework whose means are a column of the place's tables."""


@dataclass(frozen=True)
class Shading:
    """A value of each state; NaN where there is none."""

    name: str
    unit: str
    """What the values are."""
    values: dict[str, float]
    is_yes_or_no: bool = False


def state_columns(atlas: Atlas) -> dict[str, Shading]:
    """Return every column of a place's tables that has a number, or yes or no, for each state."""
    found: dict[str, Shading] = {}
    for field in fields(atlas):
        table = getattr(atlas, field.name)
        if not (isinstance(table, Mapping) and table and set(table) == set(atlas.members)):
            continue
        rows = {code: _numbers(row) for code, row in table.items()}
        for column in next(iter(rows.values())):
            cells = {code: row[column] for code, row in rows.items()}
            found[column] = _shading(atlas, column, cells)
    return found


def _numbers(row: object) -> dict[str, float | bool]:
    values = dict(row) if isinstance(row, BaseModel) else {}
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, int | float) and name not in NO_VALUES
    }


def _shading(atlas: Atlas, column: str, cells: Mapping[str, float | bool]) -> Shading:
    """Read a column; what is yes or no is 1 or nothing."""
    described = [table[column] for table in atlas.columns.root.values() if column in table]
    meaning = described[0].meaning if described else column
    if all(isinstance(value, bool) for value in cells.values()):
        marked = {code: 1.0 if value else math.nan for code, value in cells.items()}
        return Shading(column, meaning, marked, is_yes_or_no=True)
    unit = f"{meaning} ({described[0].unit})" if described else meaning
    return Shading(column, unit, {code: float(value) for code, value in cells.items()})


def column_of(atlas: Atlas, name: str) -> Shading:
    """Return a column by its name.

    Raises
    ------
    SpecError
        If the place has no such column.
    """
    columns = state_columns(atlas)
    if name not in columns:
        raise unknown_name("column of states", name, columns, where="--map")
    return columns[name]


def default_of_place(atlas: Atlas) -> Shading:
    """Return what a place's map shows: its first column."""
    return next(iter(state_columns(atlas).values()))


def default_of_scenario(scenario: LoadedScenario, compiled: Compiled) -> Shading:
    """Return what a scenario's map shows: the means of its casework, or how much a desk reads.

    The desk is the first that recognises; one that not all states have goes before others.
    """
    columns = state_columns(scenario.atlas)
    for block, column in MEANS.items():
        if getattr(scenario.spec.casework, block, None) and column in columns:
            return columns[column]
    desks = [kind for kind in scenario.spec.desks if kind in scenario.atlas.place.national]
    kind = min(
        desks,
        key=lambda kind: (
            scenario.atlas.place.national[kind].where == "everywhere",
            not scenario.spec.recognised_by(kind),
        ),
    )
    reads = week_reads(compiled, kind)
    values = {code: reads.get(code, math.nan) for code in scenario.atlas.members}
    return Shading(f"{kind} desks", "reports that the desk can read a week", values)


def week_reads(compiled: Compiled, kind: str) -> dict[str, float]:
    """Return how many reports each desk of a kind can read a week, by state (empty: a body's)."""
    world = compiled.world
    found = {}
    for unit, name in enumerate(compiled.layout.desks):
        if name == kind:
            place = int(world.units.place[unit])
            week = int(np.sum(world.phases.capacity[0, unit], dtype=np.int64))
            found[world.places[place] if place >= 0 else ""] = week / READING_ONE
    return found
