"""Tables in CSV files: a model for each row, or errors that name line and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel

from scenarios.errors import SpecError, choice, printable, shown, split_refusal
from scenarios.reading.declarations import validated
from scenarios.reading.files import file_text
from scenarios.reading.node import Key, Node, placed
from scenarios.reading.problems import MOST_ERRORS, joined
from scenarios.reading.scalars import check_text, plain_scalar
from scenarios.reading.wording import Place, example, place

_M = TypeVar("_M", bound=BaseModel)

MOST_CSV_BYTES: Final = 20_000_000
MOST_ROWS: Final = 10_000


def read_csv(path: Path, model: type[_M]) -> list[_M]:
    """Read a CSV table; its first line names the columns.

    Text is turned into numbers and true or false where the model wants them. An empty cell stands
    for a value that is not given.

    Raises
    ------
    SpecError
        If the file cannot be read or a row breaks a rule; `where` is the column.
    """
    file = str(path)
    text = file_text(path, MOST_CSV_BYTES)
    try:
        check_text(text, MOST_CSV_BYTES)
        table = _rows(text)
        line, header = next(table, (1, []))
        _check_header(header, line, model)
        result: list[_M] = []
        problems: list[SpecError] = []
        wanted = {column: _wanted(model, column) for column in header}
        for line, cells in table:
            try:
                result.append(_row(line, header, cells, wanted, model))
            except SpecError as error:
                problems += [error, *error.others]
                if len(problems) >= MOST_ERRORS:
                    break
    except SpecError as error:
        placed(error, None, file)
        raise
    if problems:
        raise joined(problems, file)
    return result


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give each row that is not blank and the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line, number = 1, 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise SpecError(
                f"the file is valid CSV; here: {printable(str(error))}",
                "check the quotes on this line; a quote in a quoted cell is written twice",
                line=line,
            ) from None
        if cells is None:
            return
        if number > MOST_ROWS:
            raise SpecError(f"a table has at most {MOST_ROWS:,} rows", "leave rows out", line=line)
        if cells:
            number += 1
            yield line, [cell.strip() for cell in cells]
        line = reader.line_num + 1


def _check_header(header: list[str], line: int, model: type[BaseModel]) -> None:
    known = place(model, (), {}).keys
    if not header:
        raise SpecError("a table has a line of column names", f"write {','.join(known)}", line=line)
    problems = []
    for number, column in enumerate(header):
        if column not in known:
            rule = f"there is no column {shown(column)}"
            problems.append(SpecError(rule, choice(column, known), line=line, where=column))
        elif column in header[:number]:
            rule = f"the column {shown(column)} stands twice"
            problems.append(SpecError(rule, "keep one of the two", line=line, where=column))
    for name, field in model.model_fields.items():
        column = field.alias or name
        if field.is_required() and column not in header:
            rule = f"the column {column} is missing"
            problems.append(SpecError(rule, f"add the column {column}", line=line, where=column))
    if problems:
        raise joined(problems, "")


def _wanted(model: type[BaseModel], column: str) -> tuple[frozenset[type], Place, bool]:
    """Types of scalars that a column may hold, its place, and whether it must be filled."""
    here = place(model, (column,), {})
    kinds = {
        kind
        for leaf in here.leaves
        for kind in (map(type, get_args(leaf)) if get_origin(leaf) is Literal else [leaf])
        if kind in {bool, float, int, str}
    }
    return frozenset(kinds), here, here.field is not None and here.field.is_required()


def _row(
    line: int,
    header: list[str],
    cells: list[str],
    wanted: Mapping[str, tuple[frozenset[type], Place, bool]],
    model: type[_M],
) -> _M:
    if len(cells) != len(header):
        raise SpecError(
            f"a row has {len(header)} cells; this one has {len(cells)}",
            "check the commas, and put a cell that contains a comma in double quotes",
            line=line,
        )
    row: dict[Key, Any] = {}
    problems = []
    for column, text in zip(header, cells, strict=True):
        kinds, here, is_required = wanted[column]
        if text:
            try:
                row[column] = _cell(text, kinds)
            except ValueError as error:
                rule, remedy = split_refusal(str(error))
                problems.append(SpecError(rule, remedy, line=line, where=column, value=text))
        elif is_required:
            problems.append(
                SpecError(
                    f"`{column}` is not empty",
                    f"fill in the cell: {example(here.leaves)}",
                    line=line,
                    where=column,
                )
            )
    if problems:
        raise joined(problems, "")
    node = Node(row, line, {column: Node(value, line) for column, value in row.items()})
    return validated(node, model, "")


def _cell(text: str, kinds: frozenset[type]) -> object:
    """Read a cell as a number or true or false, unless the column holds text."""
    if not kinds or kinds == {str}:
        return text
    value = plain_scalar(text)
    if value is None or (str in kinds and type(value) not in kinds):
        return text
    return value
