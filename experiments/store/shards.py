"""Shards: Parquet files with the values of some finished lanes.

A shard's name says which lanes it holds (the setting, first and last replication, and a digest of
the list of lanes) and has the SHA-256 of its bytes, so that it is used as it was written or not at
all. The shard of series is written before the shard of outcomes, which names it; so a lane is done
exactly if a shard of outcomes has it. Nothing in a shard depends on when or where it was written.
Many shards are packed into one by `packing`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np

from experiments.outcomes import F64, I64, Mask
from experiments.planning import EXIT, Chunk, Part
from experiments.store.files import sealed_name, whole, write_sealed
from experiments.store.opening import damaged, listed

if TYPE_CHECKING:
    import pyarrow as pa

OUTCOMES: Final = "outcomes"
SERIES: Final = "series"
SUFFIX: Final = ".parquet"
PACK: Final = "pack"
"""How the names of shards begin that are made of others."""

_NAMED: Final = re.compile(r"(?:pack|\d{6,}-\d{6,}-\d{6,}-[0-9a-f]{12})\.[0-9a-f]{64}\.parquet")

COMPRESSION: Final = "zstd"
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

    @property
    def lanes(self) -> int:
        """Number of lanes there are in all."""
        return self.settings * len(self.policies) * self.replications


class Rows(NamedTuple):
    """Which lanes some rows are, as numbers, each of shape (n,)."""

    settings: I64
    points: I64
    replications: I64


def chunk_name(policies: Sequence[str], chunk: Chunk) -> str:
    """Return the name of a chunk: that of its part, or of the first and how many follow."""
    first, *others = (part_name(policies, part) for part in chunk.parts)
    if not others:
        return first
    tag = hashlib.blake2s("\n".join(others).encode(), digest_size=6).hexdigest()
    return f"{first}-and-{len(others)}-{tag}"


def part_name(policies: Sequence[str], part: Part) -> str:
    """Return the name of a part of a chunk, with which that of its shard begins."""
    points = [lane.point for lane in part.lanes]
    replications = [lane.replication for lane in part.lanes]
    return _name(policies, part.setting, points, replications)


def name_of_rows(address: Address, rows: Rows) -> str:
    """Return the name of the part whose lanes some rows are; empty if they are of none."""
    settings = set(rows.settings.tolist())
    if len(settings) != 1:
        return ""
    points, replications = rows.points.tolist(), rows.replications.tolist()
    return _name(address.policies, settings.pop(), points, replications)


def _name(
    policies: Sequence[str], setting: int, points: Sequence[int], replications: Sequence[int]
) -> str:
    pairs = zip(points, replications, strict=True)
    rows = "\n".join(f"{policies[point]} {replication}" for point, replication in pairs)
    tag = hashlib.blake2s(rows.encode(), digest_size=6).hexdigest()
    first, last = min(replications), max(replications)
    return f"{setting_prefix(setting)}{first:06d}-{last:06d}-{tag}"


def setting_prefix(setting: int) -> str:
    """Return how the names of a setting's chunks begin."""
    return f"{setting:06d}-"


def has_shards(address: Address, chunk: Chunk) -> bool:
    """Whether the shards of a chunk are all there."""
    there = {stem_of(path) for path in shard_paths(address.folder / OUTCOMES)}
    return there.issuperset(part_name(address.policies, part) for part in chunk.parts)


def shard_paths(folder: Path) -> list[Path]:
    """Return the shards in a folder, by name.

    Raises
    ------
    UserError
        If it cannot be listed, or something else has the name of a Parquet file.
    """
    names = [name for name in listed(folder) if name.endswith(SUFFIX)]
    strange = next((name for name in names if not _NAMED.fullmatch(name)), None)
    if strange is not None:
        raise damaged(folder / strange, "has not the name of a shard")
    return [folder / name for name in names]


def digest_in(path: Path) -> str:
    """Return the SHA-256 that stands in the name of a shard."""
    return path.name.split(".")[1]


def stem_of(path: Path) -> str:
    """Return the name of a shard without its SHA-256."""
    return path.name.split(".")[0]


def is_pack(path: Path) -> bool:
    """Whether a shard is made of others."""
    return path.name.startswith(f"{PACK}.")


def write_shard(address: Address, part: Part, result: Batch) -> None:
    """Write the series of a part's lanes and then their outcomes."""
    name = part_name(address.policies, part)
    rows = Rows(
        settings=np.full(len(part.lanes), part.setting),
        points=np.array([lane.point for lane in part.lanes], np.int64),
        replications=np.array([lane.replication for lane in part.lanes], np.int64),
    )
    series = None
    if result.series:
        days = np.asarray(result.series_days, np.float64)
        daily = Rows(*(np.repeat(part, days.size) for part in rows))
        values = {name: np.asarray(held, float).ravel() for name, held in result.series.items()}
        course = series_table(address, daily, np.tile(days, len(part.lanes)), values)
        series = seal_table(address.folder / SERIES, name, course)
    table = outcome_table(address, rows, result.outcomes, result.finished)
    seal_table(address.folder / OUTCOMES, name, naming_series(table, series))
    # Another process that runs the same share may have packed its own, and removed these.
    if series and not (address.folder / SERIES / sealed_name(name, series, SUFFIX)).exists():
        seal_table(address.folder / SERIES, name, course)


def seal_table(folder: Path, name: str, table: pa.Table) -> str:
    """Write a table as a shard, with its SHA-256 in its name; return that."""
    return write_sealed(folder / f"{name}{SUFFIX}", lambda path: _write(path, table))


def naming_series(table: pa.Table, digest: str | None) -> pa.Table:
    """Return a table of outcomes that says which series belong to it."""
    return table if digest is None else table.replace_schema_metadata({SERIES: digest})


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


def series_table(address: Address, rows: Rows, days: F64, series: Mapping[str, F64]) -> pa.Table:
    """Return one row a lane and day, each with its lane, its day and its values."""
    import pyarrow as pa

    policies = np.array(address.policies, object)[rows.points]
    columns: dict[str, Any] = {
        "setting": pa.array(rows.settings, pa.int64()),
        "policy": pa.array(policies, pa.string()),
        "replication": pa.array(rows.replications, pa.int64()),
        "day": pa.array(days, pa.float64()),
    }
    for name, values in series.items():
        columns[name] = pa.array(values, pa.float64(), from_pandas=True)
    return pa.table(columns)


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file whole; the same table gives the same bytes."""
    with whole(path) as temporary:
        _write(temporary, table)


def _write(path: Path, table: pa.Table) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, path, compression=COMPRESSION, row_group_size=ROWS_PER_GROUP)
