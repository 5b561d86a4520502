"""Reading shards: held to checksum, size, columns and the lanes there are, each lane taken once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from experiments.outcomes import F64, I64, Mask
from experiments.planning import EXIT, available_bytes, readable
from experiments.store.files import sealed_name
from experiments.store.opening import damaged, opened
from experiments.store.shards import (
    FINISHED,
    RAISED,
    SERIES,
    SUFFIX,
    Address,
    Rows,
    digest_in,
    is_pack,
    name_of_rows,
    stem_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    import pyarrow.parquet as pq

POLICY: Final = "policy"
WORDS: Final = ("scenario", POLICY, EXIT)
"""Columns of words."""

_SERIES_NAME: Final = re.compile(r"([a-z][a-z0-9-]*\.)?[a-z][a-z0-9_]*")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_BYTES_A_CELL: Final = 8

SMALL: Final = 1 << 26
"""Bytes of a table that fits into any memory."""


@dataclass(frozen=True, eq=False)
class Lanes:
    """Some finished lanes, each once, in the order of settings, policies and replications.

    Arrays have the shape (n,), one entry a lane.
    """

    ids: I64
    """Place of the lane among all of the run directory."""
    finished: Mask
    values: dict[str, F64]
    """Outcomes; NaN is null."""
    paths: tuple[Path, ...]
    """The shards."""
    sources: I64
    """In which of them it was found first."""
    series: tuple[str | None, ...]
    """SHA-256 of the series of each shard."""

    def rows(self, address: Address) -> Rows:
        """Return which lanes they are."""
        return rows_of(address, self.ids)


@dataclass(frozen=True, eq=False)
class SeriesRows:
    """Rows of a shard of series; arrays have the shape (n,), one entry a lane and day."""

    ids: I64
    days: F64
    values: dict[str, F64]


def rows_of(address: Address, ids: I64) -> Rows:
    """Return which lanes are at some places among all."""
    shape = address.settings, len(address.policies), address.replications
    return Rows(*np.unravel_index(ids, shape))


def read_lanes(
    address: Address,
    paths: Sequence[Path],
    names: Sequence[str],
    advance: Callable[[int], object] = int,
) -> Lanes:
    """Read the lanes of shards of outcomes; one that several shards have is taken once.

    Parameters
    ----------
    names
        Outcomes to be read.
    advance
        Is told how many shards are done.

    Raises
    ------
    UserError
        If a shard cannot be used, or two of them contradict each other.
    FileNotFoundError
        If one is not there any more.
    """
    parts = []
    for number, path in enumerate(paths):
        parts.append(_read_shard(address, path, names))
        advance(number + 1)
    ids = np.concatenate([part.ids for part in parts] or [np.zeros(0, np.int64)])
    sources = np.repeat(np.arange(len(parts)), [len(part.ids) for part in parts])
    order = np.argsort(ids, kind="stable")  # of one lane, the row of the first shard comes first
    ids, sources = ids[order], sources[order]
    again = np.zeros(len(ids), np.bool_)
    again[1:] = ids[1:] == ids[:-1]
    found: dict[str, Any] = {}
    for name in (EXIT, *names):
        values = np.concatenate([part.values[name] for part in parts] or [np.zeros(0)])[order]
        differ = again.copy()
        differ[1:] &= ~_same(values[1:], values[:-1])
        if differ.any():
            path = paths[int(sources[np.argmax(differ)])]
            raise damaged(path, f"gives another {name!r} than an earlier shard")
        found[name] = values[~again]
    return Lanes(
        ids=ids[~again],
        finished=found.pop(EXIT).astype(np.bool_),
        values=found,
        paths=tuple(paths),
        sources=sources[~again],
        series=tuple(part.series for part in parts),
    )


def _same(one: F64, other: F64) -> Mask:
    return cast("Mask", (one == other) | (np.isnan(one) & np.isnan(other)))


@dataclass(frozen=True, eq=False)
class _Shard:
    ids: I64
    values: dict[str, F64]
    series: str | None


def _read_shard(address: Address, path: Path, names: Sequence[str]) -> _Shard:
    """Read a shard of outcomes; its exits are among the values, as 1 for finished."""
    import pyarrow as pa

    integers = dict.fromkeys(("setting", "replication", "seed"), pa.int64())
    numbers = dict.fromkeys(address.outcomes, pa.float64())
    expected = {"scenario": _word(), "setting": pa.int64(), "policy": _word(), **integers}
    expected |= {**numbers, EXIT: _word()}
    with _parquet(path, WORDS) as file:
        schema = file.schema_arrow
        _check_columns(path, schema, expected)
        _check_size(path, file, range(file.num_row_groups), most=address.lanes)
        table = file.read([*WORDS, *integers, *names], use_threads=False)
    _check_whole(path, table, (*WORDS, *integers))
    ids = _ids(address, path, table)
    foreign = _words(table, "scenario") - {address.scenario}
    if foreign or (_integers(table, "seed") != address.seed).any():
        raise damaged(path, "holds lanes of another experiment")
    if _words(table, EXIT) - {FINISHED, RAISED}:
        raise damaged(path, f"has an {EXIT} that is none")
    if len(np.unique(ids)) < len(ids):
        raise damaged(path, "has two rows for a lane")
    if not is_pack(path) and name_of_rows(address, rows_of(address, ids)) != stem_of(path):
        raise damaged(path, "holds other lanes than its name says")
    values = {name: _numbers(table, name) for name in names}
    values[EXIT] = _coded(table, EXIT, {FINISHED: 1, RAISED: 0}).astype(np.float64)
    return _Shard(ids, values, _series_of(path, schema))


def _series_of(path: Path, schema: pa.Schema) -> str | None:
    """Return the SHA-256 of the series that a shard of outcomes names."""
    digest = (schema.metadata or {}).get(SERIES.encode())
    if digest is None:
        return None
    text = str(digest, "ascii", "replace")
    if not _DIGEST.fullmatch(text):
        raise damaged(path, "names series that cannot be")
    return text


def series_path(outcomes: Path, digest: str) -> Path:
    """Return where the series of a shard of outcomes are."""
    return outcomes.parent.parent / SERIES / sealed_name(stem_of(outcomes), digest, SUFFIX)


def series_columns(path: Path) -> tuple[str, ...]:
    """Return the names of the series in a shard; raises as `read_series`."""
    with _parquet(path, (POLICY,)) as file:
        return _series_columns(path, file.schema_arrow)


def read_series(
    address: Address,
    path: Path,
    setting: int | None = None,
    names: Sequence[str] | None = None,
) -> SeriesRows:
    """Read a shard of series: of all settings or one, all series or some.

    Raises
    ------
    UserError
        If it cannot be used.
    FileNotFoundError
        If it is not there any more.
    """
    with _parquet(path, (POLICY,)) as file:
        held = _series_columns(path, file.schema_arrow)
        missing = set(names or ()) - set(held)
        if missing:
            raise damaged(path, f"has no column {min(missing)!r}")
        groups = [g for g in range(file.num_row_groups) if _may_have(file, g, setting)]
        _check_size(path, file, groups)
        chosen = held if names is None else tuple(names)
        table = file.read_row_groups(
            groups, ["setting", "policy", "replication", "day", *chosen], use_threads=False
        )
    _check_whole(path, table, ("setting", "policy", "replication", "day"))
    ids, days = _ids(address, path, table), _numbers(table, "day")
    known, ticks = np.unique(days, return_inverse=True)
    places = ids * max(1, len(known)) + ticks
    if len(np.unique(places)) < len(places):
        raise damaged(path, "has two rows for a lane and day")
    if len(places) != len(np.unique(ids)) * len(known):
        raise damaged(path, "lacks days of some lanes")
    kept = np.ones(len(ids), np.bool_)
    if setting is not None:
        kept = rows_of(address, ids).settings == setting
    values = {name: _numbers(table, name)[kept] for name in chosen}
    return SeriesRows(ids[kept], days[kept], values)


def _may_have(file: pq.ParquetFile, group: int, setting: int | None) -> bool:
    """Whether a group of rows may have some of a setting."""
    found = file.metadata.row_group(group).column(0).statistics
    if setting is None or found is None or not found.has_min_max:
        return True
    return bool(found.min <= setting <= found.max)


@contextmanager
def _parquet(path: Path, words: Sequence[str]) -> Iterator[pq.ParquetFile]:
    """Open a shard whose name has its SHA-256, with columns of words read as numbers of words.

    No other thread reads from the stream: one that is at it when the program ends would abort it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with opened(path, digest_in(path)) as stream:
        try:
            with pq.ParquetFile(stream, read_dictionary=list(words), pre_buffer=False) as file:
                yield file
        except KeyError as error:
            raise damaged(path, f"has no column {error.args[0].decode()!r}") from None
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            reason = str(error).partition("\n")[0]
            raise damaged(path, f"cannot be read ({reason})") from None


def _word() -> pa.DataType:
    import pyarrow as pa

    return pa.dictionary(pa.int32(), pa.string())


def _check_columns(path: Path, schema: pa.Schema, expected: dict[str, pa.DataType]) -> None:
    if sorted(schema.names) != sorted(expected):
        differing = set(schema.names) ^ set(expected)
        found = f"{min(differing)!r} for one" if differing else "one is there twice"
        raise damaged(path, f"has other columns than it should ({found})")
    wrong = [name for name, kind in expected.items() if schema.field(name).type != kind]
    if wrong:
        raise damaged(path, f"has {wrong[0]!r} as {schema.field(wrong[0]).type}")


def _series_columns(path: Path, schema: pa.Schema) -> tuple[str, ...]:
    import pyarrow as pa

    keys = {"setting": pa.int64(), "policy": _word(), "replication": pa.int64()}
    keys["day"] = pa.float64()
    names = tuple(name for name in schema.names if name not in keys)
    if not all(map(_SERIES_NAME.fullmatch, names)):
        raise damaged(path, "has a series with a name that cannot be")
    _check_columns(path, schema, keys | dict.fromkeys(names, pa.float64()))
    return names


def _check_size(
    path: Path, file: pq.ParquetFile, groups: Sequence[int], most: int | None = None
) -> None:
    """Refuse what has more rows than there are lanes, or unpacks to more than fits."""
    parts = [file.metadata.row_group(group) for group in groups]
    rows = sum(part.num_rows for part in parts)
    cells = rows * len(file.schema_arrow.names) * _BYTES_A_CELL
    unpacked = cells + sum(part.total_byte_size for part in parts)
    if most is not None and rows > most:
        raise damaged(path, f"has {rows:,} rows, and there are {most:,} lanes")
    free = available_bytes() if unpacked > SMALL else None
    if free is not None and unpacked > free:
        raise damaged(path, f"unpacks to {readable(unpacked)}, and {readable(free)} are free")


def _check_whole(path: Path, table: pa.Table, names: Sequence[str]) -> None:
    for name in names:
        if table[name].null_count:
            raise damaged(path, f"has rows without {name!r}")


def _ids(address: Address, path: Path, table: pa.Table) -> I64:
    """Return the places of the lanes among all."""
    policies = {name: point for point, name in enumerate(address.policies)}
    rows = (
        _integers(table, "setting"),
        _coded(table, "policy", policies),
        _integers(table, "replication"),
    )
    shape = address.settings, len(address.policies), address.replications
    if any(((part < 0) | (part >= most)).any() for part, most in zip(rows, shape, strict=True)):
        raise damaged(path, "holds lanes of another experiment")
    return cast("I64", np.ravel_multi_index(rows, shape).astype(np.int64))


def _coded(table: pa.Table, name: str, known: dict[str, int]) -> I64:
    """Return words as numbers; -1 is none of them."""
    column = table[name].unify_dictionaries().combine_chunks()
    if not len(column):
        return np.zeros(0, np.int64)
    words = column.dictionary.to_pylist()
    codes = np.array([known.get(word, -1) for word in words], np.int64)
    return cast("I64", codes[column.indices.to_numpy(zero_copy_only=False)])


def _words(table: pa.Table, name: str) -> set[str]:
    return set(table[name].unique().to_pylist())


def _integers(table: pa.Table, name: str) -> I64:
    return cast("I64", table[name].to_numpy())


def _numbers(table: pa.Table, name: str) -> F64:
    """Return a column of numbers, null as NaN."""
    return cast("F64", table[name].to_numpy())
