"""Finished tables as CSV, whole; an empty field is what cannot be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.outcomes import Comparison
from experiments.store.files import write_text

if TYPE_CHECKING:
    import pandas as pd

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
