"""A matrix laid out: which senders are its rows, which receivers its columns, and the words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from experiments.show.routes import REACHES, Cell, Grant, Matrix, Reach, Route

OWN: Final = (0, 1)
RELAY: Final = (2, 3)
"""Situations: in the second of each the receiver has contributed."""

NEVER: Final = "\u2013"
ONWARD: Final = {"free": "", "forbidden": "\u2020", "permission": "\u2021"}
"""Marks of what a receiver may do with the report."""

DAY_H: Final = 24
CLEAR: Final = 10
"""Size from which a delay is written without a digit after the point."""


class Column(NamedTuple):
    """Receivers of one kind, over one instrument."""

    reach: Reach
    receiver: str
    instrument: str


@dataclass(frozen=True)
class Row:
    """A kind of desk that tells what its organisation wrote, what it passes on, or either alike."""

    sender: str
    which: str
    """``own``, ``passed on``, or empty if there is no difference."""

    @property
    def situations(self) -> tuple[int, int]:
        """Situation if the receiver has not contributed, and if it has."""
        return RELAY if self.which == "passed on" else OWN


WHICH: Final = ("own", "passed on")
"""Rows of a sender for which it matters who wrote a report."""


@dataclass(frozen=True)
class Box:
    """What stands at one place: one text, or two if it matters that the receiver contributed."""

    row: Row
    column: Column
    unconcerned: Cell
    concerned: Cell
    both_rows: bool
    """Whether it is the same for what the sender wrote and for what it passes on."""

    @property
    def is_split(self) -> bool:
        """Whether it matters that the receiver has contributed."""
        return self.unconcerned != self.concerned


@dataclass(frozen=True)
class Grid:
    """Rows, columns and boxes."""

    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    boxes: tuple[Box, ...]
    left_out: tuple[Column, ...]
    """Receivers with a channel over which nothing of these reports is ever told."""


def grid_of(matrix: Matrix) -> Grid:
    """Lay a matrix out; senders and receivers without any grant are left out."""
    at = {(r.sender, Column(r.reach, r.receiver, r.instrument)): r for r in matrix.routes}
    every = _columns(matrix)
    columns = tuple(column for column in every if _is_used(matrix, column))
    rows = _rows(matrix)
    boxes = []
    for row in rows:
        for column in columns:
            route = at.get((row.sender, column))
            if route is not None:
                has_both = {Row(row.sender, which) for which in WHICH} <= set(rows)
                box = _box(matrix, row, column, route, has_both=has_both)
                if not (box.both_rows and row.which == "passed on"):
                    boxes.append(box)
    left_out = tuple(column for column in every if column not in columns)
    return Grid(rows, columns, tuple(boxes), left_out)


def _box(matrix: Matrix, row: Row, column: Column, route: Route, *, has_both: bool) -> Box:
    own, relay = ([matrix.cells[route, n] for n in pair] for pair in (OWN, RELAY))
    unconcerned, concerned = relay if row.which == "passed on" else own
    return Box(row, column, unconcerned, concerned, has_both and own == relay)


def _rows(matrix: Matrix) -> tuple[Row, ...]:
    rows: list[Row] = []
    for sender in dict.fromkeys(route.sender for route in matrix.routes):
        routes = [route for route in matrix.routes if route.sender == sender]
        own, relay = ([matrix.cells[r, n] for r in routes for n in pair] for pair in (OWN, RELAY))
        if not matrix.relayed or own == relay:
            kinds = {"": own}
        else:
            kinds = dict(zip(WHICH, (own, relay), strict=True))
        used = [which for which, cells in kinds.items() if not all(map(is_never, cells))]
        rows += [Row(sender, which) for which in used]
    return tuple(rows)


def _columns(matrix: Matrix) -> list[Column]:
    """Return every receiver, in the order in which desks send."""
    senders = list(dict.fromkeys(route.sender for route in matrix.routes))
    ways = list(dict.fromkeys(route.instrument for route in matrix.routes))
    found = {Column(route.reach, route.receiver, route.instrument) for route in matrix.routes}
    return sorted(
        found,
        key=lambda column: (
            REACHES.index(column.reach),
            senders.index(column.receiver),
            ways.index(column.instrument),
        ),
    )


def _is_used(matrix: Matrix, column: Column) -> bool:
    situations = (*OWN, *RELAY) if matrix.relayed else OWN
    return any(
        not is_never(matrix.cells[route, situation])
        for route in matrix.routes
        if (route.reach, route.receiver, route.instrument) == column
        for situation in situations
    )


def is_never(cell: Cell) -> bool:
    """Whether nothing is told and nothing answered."""
    return all(grant.is_never for grant in cell.grants)


def words(cell: Cell) -> str:
    """Return what stands in a box."""
    return "\nor ".join(dict.fromkeys(_granted(grant) for grant in cell.grants))


def _granted(grant: Grant) -> str:
    if grant.is_never:
        return NEVER
    about = "~" if grant.trusted else ""
    onward = ONWARD[grant.onward]
    lines = []
    if grant.push:
        auto = "auto " if grant.automatic else ""
        lines += [f"{auto}{about}{percent(grant.push)}{onward}", duration(grant.push_h)]
    if grant.pull == "release":
        mark = "" if grant.push else onward
        lines.append(f"? {about}{percent(grant.answer)}{mark} {duration(grant.answer_h)}")
    if grant.pull == "hit":
        lines.append("? hit")
    return "\n".join(lines)


def percent(chance: float) -> str:
    """Write a chance in per cent, with a digit after the point below one."""
    return f"{100 * chance:.{1 if chance < 1 / 100 else 0}f}%"


def duration(hours: float) -> str:
    """Write a delay in minutes, hours or days."""
    if hours < 1:
        return f"{hours * 60:.0f} min"
    number, unit = (hours, "h") if hours < DAY_H else (hours / DAY_H, "d")
    return f"{number:.0f} {unit}" if number >= CLEAR else f"{number:.2g} {unit}"
