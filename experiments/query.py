"""Questions in SQL about a run directory, answered by DuckDB and never written anywhere.

Tables: ``outcomes`` (a row for each lane, with the parameters of its setting), ``design`` (a row
for each setting), and where they exist ``series``, ``differences``, ``comparison``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.differences import DIFFERENCES
from experiments.errors import UserError
from experiments.shards import OUTCOMES, SERIES, SUFFIX
from experiments.store import COMPARISON, RunDirectory, open_for_reading

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

_READING = ("SELECT", "EXPLAIN")


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
    lanes = f"read_parquet({_quoted(folder / OUTCOMES / f'*{SUFFIX}')})"
    connection.execute(
        f"CREATE VIEW outcomes AS SELECT * FROM (SELECT DISTINCT * FROM {lanes})"  # noqa: S608 - our own path
        " LEFT JOIN design USING (setting)"
    )
    names = ["outcomes", "design"]
    others = {
        SERIES: ("read_parquet", folder / SERIES / f"*{SUFFIX}"),
        "differences": ("read_csv", folder / DIFFERENCES),
        "comparison": ("read_csv", folder / COMPARISON),
    }
    for name, (reader, path) in others.items():
        if any(path.parent.glob(path.name)):
            connection.execute(
                f"CREATE VIEW {name} AS SELECT DISTINCT * FROM {reader}({_quoted(path)})"  # noqa: S608 - as above
            )
            names.append(name)
    return names


def design_table(directory: RunDirectory) -> pd.DataFrame:
    """Return a row for each setting: its number, then the value of each parameter."""
    import pandas as pd

    design = directory.manifest.documents["design"]
    columns = dict(zip(design["names"], zip(*design["table"], strict=True), strict=True))
    return pd.DataFrame({"setting": range(directory.manifest.settings), **columns})


def _lock_up(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Let the question read the run directory, and nothing else of this machine."""
    connection.execute("SET allowed_directories = [?]", [str(folder.resolve())])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _quoted(path: Path) -> str:
    text = str(path.resolve()).replace("'", "''")
    return f"'{text}'"
