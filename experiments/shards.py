"""Shards: Parquet files with the values of some finished lanes.

A shard's name says which lanes it holds: first and last replication, and a digest of the list of
lanes. The shard of series is written before the shard of outcomes, so a lane is finished exactly
if a shard of outcomes has it. Nothing in a shard depends on when or where it was written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

import numpy as np

from experiments.errors import UserError
from experiments.files import whole
from experiments.measures import F64, I64
from experiments.plan import KEYS

if TYPE_CHECKING:
    import pyarrow as pa

    from sim import LaneId

OUTCOMES: Final = "outcomes"
SERIES: Final = "series"

ROWS_PER_GROUP: Final = 1 << 16


class Batch(Protocol):
    """What a batch of L lanes gave."""

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
    replications: int


def shard_name(policies: Sequence[str], lanes: Sequence[LaneId]) -> str:
    """Return the file name of the shard that holds `lanes`."""
    rows = "\n".join(f"{policies[lane.point]} {lane.replication}" for lane in lanes)
    tag = hashlib.blake2s(rows.encode(), digest_size=6).hexdigest()
    first = min(lane.replication for lane in lanes)
    last = max(lane.replication for lane in lanes)
    return f"{first:06d}-{last:06d}-{tag}.parquet"


def write_shard(address: Address, lanes: Sequence[LaneId], result: Batch) -> None:
    """Write the series of `lanes` and then their outcomes."""
    name = shard_name(address.policies, lanes)
    points = np.array([lane.point for lane in lanes], np.int64)
    replications = np.array([lane.replication for lane in lanes], np.int64)
    if result.series:
        days = np.asarray(result.series_days, np.float64)
        table = _series_table(address, points, replications, days, result.series)
        write_table(address.folder / SERIES / name, table)
    table = outcome_table(address, points, replications, result.outcomes)
    write_table(address.folder / OUTCOMES / name, table)


def outcome_table(
    address: Address, points: I64, replications: I64, values: Mapping[str, F64]
) -> pa.Table:
    """Return one row a lane: the columns that name it, then its outcomes (NaN as null)."""
    import pyarrow as pa

    rows = len(points)
    columns: dict[str, Any] = {
        "scenario": pa.array([address.scenario] * rows, pa.string()),
        "policy": pa.array(np.array(address.policies, object)[points], pa.string()),
        "replication": pa.array(replications, pa.int64()),
        "seed": pa.array(np.full(rows, address.seed), pa.int64()),
    }
    for name in address.outcomes:
        columns[name] = pa.array(np.asarray(values[name], np.float64), from_pandas=True)
    return pa.table(columns)


def _series_table(
    address: Address, points: I64, replications: I64, days: F64, series: Mapping[str, F64]
) -> pa.Table:
    """Return one row a lane and day; lanes one after the other, each with all days."""
    import pyarrow as pa

    policies = np.array(address.policies, object)[points]
    columns: dict[str, Any] = {
        "policy": pa.array(np.repeat(policies, days.size), pa.string()),
        "replication": pa.array(np.repeat(replications, days.size)),
        "day": pa.array(np.tile(days, len(points))),
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


def read_lanes(address: Address, path: Path, columns: Sequence[str]) -> tuple[I64, I64, pa.Table]:
    """Read a shard of outcomes and check that its lanes belong to this run directory.

    Returns
    -------
    points, replications, table
        Row numbers of the policies and replications, each of shape (n,), and `columns`.
    """
    table = read_table(path, (*KEYS, *columns))
    points = policy_numbers(table, address.policies)
    replications = column(table, "replication").astype(np.int64)
    foreign = (
        set(table["scenario"].unique().to_pylist()) - {address.scenario}
        or set(table["seed"].unique().to_pylist()) - {address.seed}
        or (points < 0).any()
        or ((replications < 0) | (replications >= address.replications)).any()
    )
    if foreign:
        raise damaged(path, "holds lanes of another experiment")
    return points, replications, table


def policy_numbers(table: pa.Table, policies: Sequence[str]) -> I64:
    """Return each row's policy as its place in `policies`, -1 if it is not there."""
    known = {name: point for point, name in enumerate(policies)}
    coded = table["policy"].combine_chunks().dictionary_encode()
    numbers = np.array([known.get(name, -1) for name in coded.dictionary.to_pylist()], np.int64)
    return cast("I64", numbers[coded.indices.to_numpy()])


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
