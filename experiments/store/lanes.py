"""The finished lanes and the settings of a run directory as tables for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.store.directory import RunDirectory
from experiments.store.shards import Rows, outcome_table

if TYPE_CHECKING:
    import pyarrow as pa

_PARAMETERS_AT: Final = 2
"""Column of the first parameter, after scenario and setting."""


def lane_table(directory: RunDirectory) -> pa.Table:
    """Return a row for each finished lane: as in the shards, with the parameters of its setting."""
    import pyarrow as pa

    futures = directory.futures()
    rows = Rows(*np.nonzero(futures.held))
    values = {name: held[rows] for name, held in futures.values.items()}
    table = outcome_table(directory.address, rows, values, futures.done[rows])
    for name, levels in reversed(directory.manifest.parameters().items()):
        column = pa.array([levels[setting] for setting in rows.settings])
        table = table.add_column(_PARAMETERS_AT, name, column)
    return table


def design_table(directory: RunDirectory) -> pa.Table:
    """Return a row for each setting: its number, then the value of each parameter."""
    import pyarrow as pa

    settings = {"setting": range(directory.manifest.settings)}
    return pa.table({**settings, **directory.manifest.parameters()})
