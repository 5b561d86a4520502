"""Questions in SQL about a run directory, answered by DuckDB and never written anywhere.

Tables: ``outcomes`` (a row for each lane, with the parameters of its setting), ``design`` (a row
for each setting), and where they exist ``series``, ``differences``, ``comparison``, ``years``,
``turns``, ``by_state``. They are read as all commands read them and handed to DuckDB, which itself
can open no file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from experiments.errors import UserError
from experiments.store.directory import RunDirectory, open_for_reading
from experiments.store.lanes import design_table, lane_table
from experiments.store.shards import SERIES
from experiments.store.tables import BY_STATE, COMPARISON, DIFFERENCES, TURNS, YEARS, table_of
from scenarios.errors import printable

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_READING: Final = ("SELECT", "EXPLAIN", "MULTI")
"""Kinds of statements that are carried out; a PIVOT whose columns are to be found is `MULTI`."""

_LOCKED: Final = (
    "SET temp_directory = ''",
    "SET python_enable_replacements = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
"""What shuts DuckDB off from files, the network and our variables, for good."""


@dataclass(frozen=True)
class Answer:
    """What a question gave; no two columns have the same name."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def query(folder: Path, question: str) -> Answer:
    """Answer one question in SQL about the finished lanes of a run directory.

    Raises
    ------
    UserError
        If there is no such directory, or the question cannot be answered or would change anything.
    """
    import duckdb

    tables = _tables(open_for_reading(folder), question)
    connection = duckdb.connect()
    try:
        for setting in _LOCKED:
            connection.execute(setting)
        _check(connection, question)
        for name, table in tables.items():
            connection.from_arrow(table).create_view(name)
        found = connection.execute(question)
        return Answer(_unique(column[0] for column in found.description or ()), found.fetchall())
    except duckdb.Error as error:
        reason = str(error).partition("\n\n")[0]
        names = ", ".join({**tables, SERIES: None})
        raise UserError(
            f"the question cannot be answered: {reason}",
            "one SELECT in DuckDB's SQL about the tables of the run directory",
            f"there are the tables {names}; `DESCRIBE outcomes` lists columns"
            if not isinstance(error, duckdb.ParserException)
            else "correct the SQL",
        ) from None
    finally:
        connection.close()


def _check(connection: duckdb.DuckDBPyConnection, question: str) -> None:
    try:
        question.encode()
    except UnicodeEncodeError:
        raise UserError(
            f"the question is {printable(question)}",
            "a question is text in UTF-8",
            "write the characters that are escaped here in UTF-8, or leave them out",
        ) from None
    kinds = [statement.type.name for statement in connection.extract_statements(question)]
    if len(kinds) != 1 or kinds[0] not in _READING:
        found = ", ".join(kind.lower() for kind in kinds) or "nothing"
        raise UserError(
            f"the question is {found}",
            "a run directory is only read: one SELECT (or DESCRIBE, SUMMARIZE, PIVOT, EXPLAIN)",
            "write one SELECT; send what it prints to a file with `--format csv > FILE`",
        )


def _tables(directory: RunDirectory, question: str) -> dict[str, pa.Table]:
    """Return the tables by name; the series, which are large, if the question names them."""
    lanes = lane_table(directory)
    if not lanes.num_rows:
        raise UserError(
            f"{directory.folder}: no lane is finished",
            "only finished lanes can be asked about",
            "run the experiment first; `fivesteps status` says how far it is",
        )
    found = {"outcomes": lanes, "design": design_table(directory)}
    if SERIES in question.casefold() and directory.series_names():
        found[SERIES] = directory.series_table()
    for name in (DIFFERENCES, COMPARISON, YEARS, TURNS, BY_STATE):
        text = directory.finished_table(name)
        if text is not None:
            found[Path(name).stem] = table_of(directory.folder / name, text)
    return found


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of which none is there twice: ``a``, ``a`` become ``a``, ``a_1``."""
    found: dict[str, None] = {}
    for name in names:
        number, unique = 0, name
        while unique in found:
            number += 1
            unique = f"{name}_{number}"
        found[unique] = None
    return tuple(found)
