"""Finished tables as CSV, whole; an empty field is what cannot be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from experiments.outcomes import Comparison, StateRow, Turn, YearMean
from experiments.store.files import write_text
from experiments.store.opening import damaged

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

COMPARISON: Final = "comparison.csv"
DIFFERENCES: Final = "differences.csv"
YEARS: Final = "years.csv"
TURNS: Final = "turns.csv"
BY_STATE: Final = "by_state.csv"

_ROWS: Final = (Comparison, YearMean, Turn, StateRow)
"""Of what the rows of tables are made that are written from rows."""


_Row = TypeVar("_Row", Comparison, YearMean, Turn, StateRow)


def write_rows(path: Path, kind: type[_Row], rows: Sequence[_Row]) -> None:
    """Write a table as CSV, whole; an empty field is what cannot be said."""
    import pandas as pd

    columns = [field.name for field in fields(kind)]
    table = pd.DataFrame([row.document() for row in rows], columns=columns, dtype=object)
    write_text(path, table.to_csv(index=False, lineterminator="\n"))


def write_differences(path: Path, table: pd.DataFrame) -> None:
    """Write the table as CSV, whole; an empty field is what cannot be said."""
    write_text(path, table.to_csv(index=False, lineterminator="\n"))


def table_of(path: Path, content: bytes) -> pa.Table:
    """Return a table that one of the above wrote to `path`; what cannot be said is null.

    Raises
    ------
    UserError
        If it is damaged.
    """
    import pyarrow as pa
    from pyarrow import csv

    try:
        names = content.partition(b"\n")[0].decode().split(",")
        kinds = {field.name: str(field.type) for row in _ROWS for field in fields(row)}
        kinds["setting"] = "int"
        numbers = {"int": pa.int64(), "float": pa.float64()}
        types = {name: numbers.get(kinds.get(name, ""), pa.string()) for name in names}
        options = csv.ConvertOptions(column_types=types, null_values=[""])
        alone = csv.ReadOptions(use_threads=False)
        return csv.read_csv(pa.BufferReader(content), alone, convert_options=options)
    except (ValueError, pa.ArrowException) as error:
        raise damaged(path, f"cannot be read ({error})") from None
