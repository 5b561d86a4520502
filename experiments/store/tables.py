"""Finished tables as CSV, whole; an empty field is what cannot be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.outcomes import Comparison
from experiments.store.files import write_text
from experiments.store.opening import damaged

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

COMPARISON: Final = "comparison.csv"
DIFFERENCES: Final = "differences.csv"


def write_comparison(path: Path, rows: Sequence[Comparison]) -> None:
    """Write the table as CSV, whole; an empty field is what cannot be said."""
    import pandas as pd

    columns = [field.name for field in fields(Comparison)]
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
        kinds = {"setting": "int", **{field.name: str(field.type) for field in fields(Comparison)}}
        numbers = {"int": pa.int64(), "float": pa.float64()}
        types = {name: numbers.get(kinds.get(name, ""), pa.string()) for name in names}
        options = csv.ConvertOptions(column_types=types, null_values=[""])
        alone = csv.ReadOptions(use_threads=False)
        return csv.read_csv(pa.BufferReader(content), alone, convert_options=options)
    except (ValueError, pa.ArrowException) as error:
        raise damaged(path, f"cannot be read ({error})") from None
