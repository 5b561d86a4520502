"""Shards: Parquet files with the values of some finished lanes.

A shard's name says which lanes it holds: the setting, first and last replication, and a digest of
the list of lanes. The shard of series is written before the shard of outcomes, so a lane is done
exactly if a shard of outcomes has it. Nothing in a shard depends on when or where it was written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, cast

import numpy as np

from experiments.errors import UserError
from experiments.outcomes import F64, I64, Mask
from experiments.planning import EXIT, KEYS, Chunk
from experiments.store.files import whole

if TYPE_CHECKING:
    import pyarrow as pa

OUTCOMES: Final = "outcomes"
SERIES: Final = "series"
SUFFIX: Final = ".parquet"

ROWS_PER_GROUP: Final = 1 << 16

FINISHED: Final = "finished"
"""Exit of a lane that ran to the horizon."""

RAISED: Final = "raised"
"""Exit of a lane that an error in the program ended; its outcomes are null."""


class Batch(Protocol):
    """What a batch of L lanes gave."""

    @property
    def finished(self) -> Mask:
        """Which lanes ran to the horizon, shape (L,)."""

    @property
    def outcomes(self) -> Mapping[str, F64]:
        """Outcomes by name, shape (L,)."""

    @property
    def series_days(self) -> F64:
        """Days of the series, shape (T,)."""

    @property
    def series(self) -> Mapping[str, F64]:
        """Series by name, shape (L, T)."""


@dataclass(frozen=True)
class Address:
    """Where shards go and what names their rows."""

    folder: Path
    scenario: str
    policies: tuple[str, ...]
    outcomes: tuple[str, ...]
    seed: int
    settings: int
    replications: int


class Rows(NamedTuple):
    """Which lanes some rows are, as numbers, each of shape (n,)."""

    settings: I64
    points: I64
    replications: I64


def chunk_name(policies: Sequence[str], chunk: Chunk) -> str:
    """Return the name of a chunk, which is that of its shard without the suffix."""
    rows = "\n".join(f"{policies[lane.point]} {lane.replication}" for lane in chunk.lanes)
    tag = hashlib.blake2s(rows.encode(), digest_size=6).hexdigest()
    first = min(lane.replication for lane in chunk.lanes)
    last = max(lane.replication for lane in chunk.lanes)
    return f"{setting_prefix(chunk.setting)}{first:06d}-{last:06d}-{tag}"


def setting_prefix(setting: int) -> str:
    """Return how the names of a setting's chunks begin."""
    return f"{setting:06d}-"


def has_shard(address: Address, chunk: Chunk) -> bool:
    """Whether the shard of a chunk is there."""
    name = f"{chunk_name(address.policies, chunk)}{SUFFIX}"
    return (address.folder / OUTCOMES / name).is_file()


def write_shard(address: Address, chunk: Chunk, result: Batch) -> None:
    """Write the series of a chunk's lanes and then their outcomes."""
    name = f"{chunk_name(address.policies, chunk)}{SUFFIX}"
    rows = Rows(
        settings=np.full(len(chunk.lanes), chunk.setting),
        points=np.array([lane.point for lane in chunk.lanes], np.int64),
        replications=np.array([lane.replication for lane in chunk.lanes], np.int64),
    )
    if result.series:
        days = np.asarray(result.series_days, np.float64)
        table = _series_table(address, rows, days, result.series)
        write_table(address.folder / SERIES / name, table)
    table = outcome_table(address, rows, result.outcomes, result.finished)
    write_table(address.folder / OUTCOMES / name, table)


def outcome_table(
    address: Address, rows: Rows, values: Mapping[str, F64], finished: Mask
) -> pa.Table:
    """Return one row a lane: the columns that name it, its outcomes (NaN as null), its exit."""
    import pyarrow as pa

    count = len(rows.points)
    columns: dict[str, Any] = {
        "scenario": pa.array([address.scenario] * count, pa.string()),
        "setting": pa.array(rows.settings, pa.int64()),
        "policy": pa.array(np.array(address.policies, object)[rows.points], pa.string()),
        "replication": pa.array(rows.replications, pa.int64()),
        "seed": pa.array(np.full(count, address.seed), pa.int64()),
    }
    for name in address.outcomes:
        columns[name] = pa.array(np.asarray(values[name], np.float64), from_pandas=True)
    columns[EXIT] = pa.array(np.where(finished, FINISHED, RAISED).astype(object), pa.string())
    return pa.table(columns)


def _series_table(address: Address, rows: Rows, days: F64, series: Mapping[str, F64]) -> pa.Table:
    """Return one row a lane and day; lanes one after the other, each with all days."""
    import pyarrow as pa

    policies = np.array(address.policies, object)[rows.points]
    columns: dict[str, Any] = {
        "setting": pa.array(np.repeat(rows.settings, days.size)),
        "policy": pa.array(np.repeat(policies, days.size), pa.string()),
        "replication": pa.array(np.repeat(rows.replications, days.size)),
        "day": pa.array(np.tile(days, len(rows.points))),
    }
    for name, values in series.items():
        columns[name] = pa.array(np.asarray(values, np.float64).ravel(), from_pandas=True)
    return pa.table(columns)


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file whole; the same table gives the same bytes."""
    import pyarrow.parquet as pq

    with whole(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", row_group_size=ROWS_PER_GROUP)


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a shard.

    Raises
    ------
    UserError
        If it is not a readable Parquet file with these columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read(None if columns is None else list(columns))
    except (OSError, pa.ArrowException) as error:
        reason = str(error).partition("\n")[0]
        raise damaged(path, f"cannot be read ({reason})") from None
    missing = set(columns or ()) - set(table.column_names)
    if missing:
        raise damaged(path, f"has no column {min(missing)!r}")
    return table


def read_lanes(address: Address, path: Path, columns: Sequence[str]) -> tuple[Rows, pa.Table]:
    """Read a shard of outcomes and check that its lanes belong to this run directory.

    Returns
    -------
    rows, table
        Which lanes they are, and their `columns`.
    """
    table = read_table(path, (*KEYS, *columns))
    rows = row_numbers(table, address.policies)
    foreign = (
        set(table["scenario"].unique().to_pylist()) - {address.scenario}
        or set(table["seed"].unique().to_pylist()) - {address.seed}
        or (rows.points < 0).any()
        or _outside(rows.settings, address.settings)
        or _outside(rows.replications, address.replications)
    )
    if foreign:
        raise damaged(path, "holds lanes of another experiment")
    return rows, table


def _outside(numbers: I64, count: int) -> bool:
    return bool(((numbers < 0) | (numbers >= count)).any())


def row_numbers(table: pa.Table, policies: Sequence[str]) -> Rows:
    """Return which lanes the rows of a table are; a policy that is not there is -1."""
    known = {name: point for point, name in enumerate(policies)}
    coded = table["policy"].combine_chunks().dictionary_encode()
    numbers = np.array([known.get(name, -1) for name in coded.dictionary.to_pylist()], np.int64)
    return Rows(
        settings=column(table, "setting").astype(np.int64),
        points=cast("I64", numbers[coded.indices.to_numpy()]),
        replications=column(table, "replication").astype(np.int64),
    )


def column(table: pa.Table, name: str) -> F64:
    """Return a column of numbers, null as NaN."""
    return cast("F64", table[name].cast("float64").to_numpy())


def damaged(path: Path, found: str) -> UserError:
    """Return the error for a shard that cannot be used."""
    return UserError(
        f"{path}: {found}",
        "a run directory holds only whole shards of its own experiment",
        "move this file away and run the command again: only its lanes are run again",
    )
