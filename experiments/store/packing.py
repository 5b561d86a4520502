"""Packing: many shards become one, so that few files are opened to read a large run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from experiments.store.files import sealed_name, write_sealed
from experiments.store.opening import damaged
from experiments.store.reading import Lanes, read_lanes, read_series, rows_of, series_path
from experiments.store.shards import (
    COMPRESSION,
    OUTCOMES,
    PACK,
    ROWS_PER_GROUP,
    SERIES,
    SUFFIX,
    Address,
    naming_series,
    outcome_table,
    seal_table,
    series_table,
)

if TYPE_CHECKING:
    import pyarrow as pa


class Packed(NamedTuple):
    """A shard made of others."""

    path: Path
    series: Path | None
    replaced: tuple[tuple[Path, Path | None], ...]
    """The shards that it was made of, each with its series."""

    def remove_replaced(self) -> None:
        """Remove what it was made of; whoever runs the same share may write a shard of it again."""
        for outcomes, _ in self.replaced:  # first, so that nobody finds them without their series
            outcomes.unlink(missing_ok=True)
        for outcomes, series in self.replaced:
            if series is not None and not outcomes.exists():
                series.unlink(missing_ok=True)


def pack(address: Address, paths: Sequence[Path]) -> Packed:
    """Write the lanes of some shards, and their series, as one shard.

    The shards stay until it is known that the new one is there.

    Raises
    ------
    UserError, FileNotFoundError
        As `read_lanes`.
    """
    lanes = read_lanes(address, paths, address.outcomes)
    digest = _pack_series(address, paths, lanes)
    table = outcome_table(address, lanes.rows(address), lanes.values, lanes.finished)
    seal = seal_table(address.folder / OUTCOMES, PACK, naming_series(table, digest))
    path = address.folder / OUTCOMES / sealed_name(PACK, seal, SUFFIX)
    series = None if digest is None else series_path(path, digest)
    pairs = zip(paths, lanes.series, strict=True)
    before = [(one, None if old is None else series_path(one, old)) for one, old in pairs]
    return Packed(path, series, tuple(pair for pair in before if pair[0] != path))


def _pack_series(address: Address, paths: Sequence[Path], lanes: Lanes) -> str | None:
    tables = series_tables(address, paths, lanes)
    first = next(tables, None)
    if first is None:
        return None

    def write(path: Path) -> None:
        _write_groups(path, first, tables)

    return write_sealed(address.folder / SERIES / f"{PACK}{SUFFIX}", write)


def series_tables(address: Address, paths: Sequence[Path], lanes: Lanes) -> Iterator[pa.Table]:
    """Yield the series of shard after shard, those of each lane once."""
    names: tuple[str, ...] | None = None
    for number, (path, digest) in enumerate(zip(paths, lanes.series, strict=True)):
        if digest is None:
            continue
        place = series_path(path, digest)
        found = read_series(address, place)
        names = names or tuple(found.values)
        if tuple(found.values) != names:
            raise damaged(place, "has other series than an earlier shard")
        at = np.minimum(np.searchsorted(lanes.ids, found.ids), len(lanes.ids) - 1)
        kept = (lanes.ids[at] == found.ids) & (lanes.sources[at] == number)
        values = {name: held[kept] for name, held in found.values.items()}
        yield series_table(address, rows_of(address, found.ids[kept]), found.days[kept], values)


def _write_groups(path: Path, first: pa.Table, others: Iterator[pa.Table]) -> None:
    """Write tables one below the other, in groups of a good size, without holding all of them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    held, rows = [first], first.num_rows
    with pq.ParquetWriter(path, first.schema, compression=COMPRESSION) as writer:
        for table in others:
            if rows >= ROWS_PER_GROUP:
                writer.write_table(pa.concat_tables(held), ROWS_PER_GROUP)
                held, rows = [], 0
            held.append(table)
            rows += table.num_rows
        writer.write_table(pa.concat_tables(held), ROWS_PER_GROUP)
