"""Tables that fit into a width with every name and number whole.

Where there is no room, text is broken between words, then columns that say least are left out,
then the first column gets a line of its own above the others, and at last every row is turned
into lines of heading and value. Nothing is shortened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from rich.cells import cell_len, chop_cells

from experiments.errors import visible

Kind = Literal["name", "number", "text"]

INDENT: Final = 1
DEEPER: Final = 2
"""What stands below a name stands so much further right."""
GAP: Final = 2
MOST_LINES: Final = 4
"""Lines into which the longest text of a column may be broken, within the next two widths."""
LEAST_TEXT: Final = 16
ENOUGH_TEXT: Final = 32

_JOINT = re.compile(r"(?<=[-./_,:=&])(?!$)")
"""Behind what a word that is too long for any line is broken."""


@dataclass(frozen=True)
class Column:
    """A heading and how what stands below it may be treated.

    Names and numbers are never broken, unless one alone is too long for a line; numbers stand to
    the right. Columns with a `spare` above 0 may be left out, the highest first.
    """

    heading: str
    kind: Kind = "name"
    spare: int = 0


class Layout(NamedTuple):
    """The lines of a table, and the headings of the columns that had no room."""

    lines: list[str]
    left_out: tuple[str, ...] = ()


Row = Sequence[str]


def lay_out(
    columns: Sequence[Column],
    rows: Sequence[Row],
    width: int,
    rule: str = "-",
    *,
    stack: bool = True,
) -> Layout:
    """Return a table in at most `width` cells a line.

    Parameters
    ----------
    rows
        A text for each column; it may have several lines.
    rule
        Character of the line below the headings.
    stack
        Whether the first column names its row, and may stand above the others.
    """
    safe = [[visible(cell) for cell in row] for row in rows]
    room = width - INDENT
    for stacked in (False, True) if stack else (False,):
        for kept in _choices(columns):
            part = [columns[place] for place in kept]
            cells = [[row[place] for place in kept] for row in safe]
            lines = _stacked(part, cells, room, rule) if stacked else _flat(part, cells, room, rule)
            if lines is not None:
                left_out = tuple(c.heading for n, c in enumerate(columns) if n not in kept)
                return Layout(_indented(lines, INDENT), left_out)
    return Layout(turn(columns, rows, width, numbered=not stack))


def fold(text: str, width: int, *, whole_words: bool = False) -> list[str]:
    """Break a text between words; a word longer than a line behind a joint, or anywhere.

    With `whole_words` it stays whole, and its line is longer.
    """
    lines: list[str] = []
    for word in text.split(" "):
        for count, piece in enumerate([word] if whole_words else _pieces(word, width)):
            longer = f"{lines[-1]} {piece}" if lines and not count else None
            if longer is None or cell_len(longer) > width:
                lines.append(piece)
            else:
                lines[-1] = longer
    return lines


def _pieces(word: str, width: int) -> Iterator[str]:
    if cell_len(word) <= width:
        yield word
        return
    line = ""
    for part in _JOINT.split(word):
        for piece in chop_cells(part, width) if cell_len(part) > width else (part,):
            if line and cell_len(line + piece) > width:
                yield line
                line = ""
            line += piece
    yield line


def _choices(columns: Sequence[Column]) -> Iterator[list[int]]:
    """Yield the places of the columns to show: all of them, then fewer and fewer."""
    kept = list(range(len(columns)))
    yield list(kept)
    for place in sorted(kept, key=lambda n: -columns[n].spare):
        if columns[place].spare:
            kept.remove(place)
            yield list(kept)


def _flat(columns: Sequence[Column], rows: Sequence[Row], room: int, rule: str) -> list[str] | None:
    widths = _widths(columns, rows, room)
    if widths is None:
        return None
    head = _cells(columns, [column.heading for column in columns], widths)
    between = GAP * (len(widths) - 1)
    body = [line for row in rows for line in _cells(columns, row, widths)]
    return [*head, rule * (sum(widths) + between), *body]


def _stacked(
    columns: Sequence[Column], rows: Sequence[Row], room: int, rule: str
) -> list[str] | None:
    """Return the table with the first column above the others."""
    first, *others = columns
    if not others:
        return None
    widths = _widths(others, [row[1:] for row in rows], room - DEEPER)
    if widths is None:
        return None

    def lines(name: str, cells: Row) -> list[str]:
        return [*_folded(name, room), *_indented(_cells(others, cells, widths), DEEPER)]

    head = lines(first.heading, [column.heading for column in others])
    body = [line for name, *cells in rows for line in lines(name, cells)]
    longest = max(map(cell_len, [*head, *body]), default=0)
    return [*head, rule * min(room, longest), *body]


def turn(
    columns: Sequence[Column], rows: Sequence[Row], width: int, *, numbered: bool = False
) -> list[str]:
    """Return each row as lines: a heading, and beside it the cell, or below it what is too wide."""
    room = width - INDENT
    headings = [visible(column.heading) for column in columns]
    label = max((cell_len(h) for h in headings if cell_len(h) <= room // 3), default=0)
    beside = room - label - GAP
    found: list[str] = []
    for number, row in enumerate(rows, 1):
        found += [""] if found else []
        found += [f"row {number:,}"] if numbered else []
        for heading, cell in zip(headings, map(visible, row), strict=True):
            if cell_len(heading) > label or _longest_word(cell) > beside:
                found += fold(heading, room)
                found += _indented(_folded(cell, room - DEEPER), DEEPER)
                continue
            first, *others = _folded(cell, beside)
            found.append(f"{_padded(heading, label)}{' ' * GAP}{first}".rstrip())
            found += _indented(others, label + GAP)
    return _indented(found, INDENT)


def _folded(cell: str, width: int) -> list[str]:
    return [line for part in cell.split("\n") for line in fold(part, width)]


def _longest_word(cell: str) -> int:
    return max(map(cell_len, cell.replace("\n", " ").split(" ")))


def _longest_name(line: str) -> int:
    """Return the cells of the longest word but for addresses, which may be broken."""
    return max((cell_len(word) for word in line.split(" ") if "/" not in word), default=0)


def _widths(columns: Sequence[Column], rows: Sequence[Row], room: int) -> list[int] | None:
    """Return the width of each column, or None if there is not room for all of them."""
    natural: list[int] = []
    widths: list[int] = []
    for place, column in enumerate(columns):
        lines = [line for row in rows for line in row[place].split("\n")]
        heading = max(map(cell_len, column.heading.split(" ")))
        full = max(heading, *map(cell_len, lines)) if lines else heading
        natural.append(full)
        if column.kind == "text":
            least = min(max(LEAST_TEXT, full // MOST_LINES), ENOUGH_TEXT)
            full = min(full, max(least, heading, *map(_longest_name, lines)))
        widths.append(full)
    left = room - sum(widths) - GAP * (len(columns) - 1)
    if left < 0:
        return None
    left = _widened(widths, natural, left)
    _widened(
        widths, [max(n, cell_len(c.heading)) for n, c in zip(natural, columns, strict=True)], left
    )
    return widths


def _widened(widths: list[int], wanted: Sequence[int], left: int) -> int:
    """Give what is left to the columns that want it, the narrowest first; return the rest."""
    while left > 0:
        short = [place for place, width in enumerate(widths) if width < wanted[place]]
        if not short:
            break
        widths[min(short, key=widths.__getitem__)] += 1
        left -= 1
    return left


def _cells(columns: Sequence[Column], row: Row, widths: Sequence[int]) -> list[str]:
    """Return the lines of one row."""
    parts = [_folded(cell, width) for cell, width in zip(row, widths, strict=True)]
    lines = []
    for number in range(max(map(len, parts), default=0)):
        cells = (
            _padded(
                part[number] if number < len(part) else "", width, right=column.kind == "number"
            )
            for part, width, column in zip(parts, widths, columns, strict=True)
        )
        lines.append((" " * GAP).join(cells).rstrip())
    return lines


def _padded(text: str, width: int, *, right: bool = False) -> str:
    filling = " " * (width - cell_len(text))
    return filling + text if right else text + filling


def _indented(lines: Sequence[str], by: int) -> list[str]:
    return [f"{' ' * by}{line}" if line else "" for line in lines]
