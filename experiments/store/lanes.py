"""The finished lanes and the settings of a run directory as tables for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.store.directory import RunDirectory
from experiments.store.shards import Rows, outcome_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

_PARAMETERS_AT: Final = 2
"""Column of the first parameter, after scenario and setting."""


def lane_table(directory: RunDirectory) -> pa.Table:
    """Return a row for each finished lane: as in the shards, with the parameters of its setting."""
    futures = directory.futures()
    rows = Rows(*np.nonzero(futures.held))
    values = {name: held[rows] for name, held in futures.values.items()}
    table = outcome_table(directory.address, rows, values, futures.done[rows])
    for name, levels in reversed(directory.manifest.parameters().items()):
        column = _array([levels[setting] for setting in rows.settings])
        table = table.add_column(_PARAMETERS_AT, name, column)
    return table


def design_table(directory: RunDirectory) -> pa.Table:
    """Return a row for each setting: its number, then the value of each parameter."""
    import pyarrow as pa

    columns = {name: _array(levels) for name, levels in directory.manifest.parameters().items()}
    return pa.table({"setting": pa.array(range(directory.manifest.settings)), **columns})


def _array(levels: Sequence[Any]) -> pa.Array:
    """Return a column of numbers, words or truths; what is of several kinds is text."""
    import pyarrow as pa

    try:
        return pa.array(levels)
    except pa.ArrowException:
        return pa.array(map(str, levels))
