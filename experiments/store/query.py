"""Questions in SQL about a run directory, answered by DuckDB and never written anywhere.

Tables: ``outcomes`` (a row for each lane, with the parameters of its setting), ``design`` (a row
for each setting), and where they exist ``series``, ``differences``, ``comparison``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.errors import UserError
from experiments.store.directory import RunDirectory, open_for_reading
from experiments.store.shards import SERIES
from experiments.store.tables import COMPARISON, DIFFERENCES

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

_READING = ("SELECT", "EXPLAIN")

_CARRIED_OUT = re.compile(r"\s*explain\s*(?:\(.*?\)\s*|analy[sz]e\s+)*", re.IGNORECASE | re.DOTALL)
"""How a question about the plan of a statement begins; `EXPLAIN ANALYZE` carries it out."""


@dataclass(frozen=True)
class Answer:
    """What a question gave."""

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

    directory = open_for_reading(folder)
    connection = duckdb.connect()
    tables: list[str] = []
    try:
        _check(connection, question)
        tables = _tables(connection, directory)
        _lock_up(connection, folder)
        found = connection.execute(question)
        columns = tuple(column[0] for column in found.description or ())
        return Answer(columns, found.fetchall())
    except duckdb.Error as error:
        reason = str(error).partition("\n\n")[0]
        raise UserError(
            f"the question cannot be answered: {reason}",
            "one SELECT in DuckDB's SQL about the tables of the run directory",
            f"there are the tables {', '.join(tables)}; `DESCRIBE outcomes` lists columns"
            if not isinstance(error, duckdb.ParserException)
            else "correct the SQL",
        ) from None
    finally:
        connection.close()


def _check(connection: duckdb.DuckDBPyConnection, question: str) -> None:
    statements = connection.extract_statements(question)
    kinds = [statement.type.name for statement in statements]
    if kinds == ["EXPLAIN"]:
        begins = _CARRIED_OUT.match(question)
        explained = connection.extract_statements(question[begins.end() :] if begins else "")
        kinds = [statement.type.name for statement in explained]
    if len(kinds) != 1 or kinds[0] not in _READING:
        found = ", ".join(kind.lower() for kind in kinds) or "nothing"
        raise UserError(
            f"the question is {found}",
            "a run directory is only read: one SELECT (or DESCRIBE, SUMMARIZE, EXPLAIN)",
            "write one SELECT; send what it prints to a file with `--format csv > FILE`",
        )


def _tables(connection: duckdb.DuckDBPyConnection, directory: RunDirectory) -> list[str]:
    """Make the views and return their names."""
    folder = directory.folder
    connection.register("design", design_table(directory))
    shards = directory.shards()
    if not shards:
        raise UserError(
            f"{folder}: no lane is finished",
            "only finished lanes can be asked about",
            "run the experiment first; `fivesteps status` says how far it is",
        )
    lanes = f"read_parquet({_quoted(shards)})"
    connection.execute(
        f"CREATE VIEW outcomes AS SELECT * FROM (SELECT DISTINCT * FROM {lanes})"  # noqa: S608 - our own path
        " LEFT JOIN design USING (setting)"
    )
    names = ["outcomes", "design"]
    finished = (DIFFERENCES, COMPARISON) if directory.manifest.complete else ()
    series = [folder / SERIES / path.name for path in shards]
    others = {
        SERIES: ("read_parquet", [path for path in series if path.is_file()]),
        **{Path(name).stem: ("read_csv", [folder / name]) for name in finished},
    }
    for name, (reader, paths) in others.items():
        if paths and paths[0].is_file():
            connection.execute(
                f"CREATE VIEW {name} AS SELECT DISTINCT * FROM {reader}({_quoted(paths)})"  # noqa: S608 - as above
            )
            names.append(name)
    return names


def design_table(directory: RunDirectory) -> pd.DataFrame:
    """Return a row for each setting: its number, then the value of each parameter."""
    import pandas as pd

    columns = directory.manifest.parameters()
    return pd.DataFrame({"setting": range(directory.manifest.settings), **columns})


def _lock_up(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Let the question read the run directory, and nothing else of this machine."""
    names = [str(folder.resolve()), _literal(folder)]
    connection.execute("SET allowed_directories = [?, ?]", names)
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _quoted(paths: Iterable[Path]) -> str:
    """Return a list of files in SQL."""
    names = map(_literal, paths)
    return "[" + ", ".join("'" + name.replace("'", "''") + "'" for name in names) + "]"


def _literal(path: Path) -> str:
    """Return a path of which DuckDB takes nothing for a pattern."""
    return re.sub(r"[*?[]", r"[\g<0>]", str(path.resolve()))
