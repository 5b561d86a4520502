"""Run directories that somebody changed with skill: whatever is changed, checksums fit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from experiments.store.files import sealed_name
from experiments.store.shards import SUFFIX, stem_of


def reseal(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest of a run directory and give it the seal of what it says then."""
    path = folder / "manifest.json"
    content = json.loads(path.read_bytes())
    change(content)
    rest = {key: value for key, value in content.items() if key != "seal"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False)
    content["seal"] = hashlib.sha256(text.encode()).hexdigest()
    path.write_text(json.dumps(content), encoding="utf-8")


def forge(path: Path, change: Callable[[pa.Table], pa.Table]) -> Path:
    """Change the rows of a shard; return where it is then."""
    table = change(pq.read_table(path, partitioning=None))
    path.unlink()
    return put(path.parent, stem_of(path), table)


def put(folder: Path, stem: str, table: pa.Table) -> Path:
    """Put a table into a folder of shards."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return put_bytes(folder, stem, sink.getvalue().to_pybytes())


def put_bytes(folder: Path, stem: str, content: bytes) -> Path:
    """Put anything into a folder of shards."""
    path = folder / sealed_name(stem, hashlib.sha256(content).hexdigest(), SUFFIX)
    path.write_bytes(content)
    return path


def with_column(name: str, values: list[Any]) -> Callable[[pa.Table], pa.Table]:
    """Return what gives a table other values in a column."""

    def changed(table: pa.Table) -> pa.Table:
        place = table.column_names.index(name)
        return table.set_column(place, name, pa.array(values, table.schema.field(name).type))

    return changed
