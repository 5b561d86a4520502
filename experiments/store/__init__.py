"""The run directory: writing, reading, rebuilding, asking, exporting."""

from experiments.store.directory import (
    FIGURES,
    RunDirectory,
    open_for_reading,
)
from experiments.store.export import (
    dataset_of,
    export,
)
from experiments.store.failures import (
    FAILURES,
    clear_chunk,
    record_chunk,
    record_lane,
)
from experiments.store.files import (
    whole,
    write_text,
)
from experiments.store.lanes import (
    design_table,
    lane_table,
)
from experiments.store.manifest import (
    NAME,
    Manifest,
    read_manifest,
)
from experiments.store.opening import (
    listed,
    make_folder,
    opened,
)
from experiments.store.provenance import (
    engine_digest,
    surroundings,
    version,
)
from experiments.store.query import (
    Answer,
    query,
)
from experiments.store.rebuild import (
    RUN_AGAIN,
    plan_of,
    settings_of,
)
from experiments.store.shards import (
    OUTCOMES,
    SERIES,
    Address,
    chunk_name,
    has_shards,
    part_name,
    write_shard,
)
from experiments.store.status import (
    status,
)
from experiments.store.tables import (
    BY_STATE,
    COMPARISON,
    DIFFERENCES,
    TURNS,
    YEARS,
    write_differences,
    write_rows,
)
from experiments.store.targets import (
    target,
)
from experiments.store.writing import (
    open_for_writing,
)

__all__ = [
    "BY_STATE",
    "COMPARISON",
    "DIFFERENCES",
    "FAILURES",
    "FIGURES",
    "NAME",
    "OUTCOMES",
    "RUN_AGAIN",
    "SERIES",
    "TURNS",
    "YEARS",
    "Address",
    "Answer",
    "Manifest",
    "RunDirectory",
    "chunk_name",
    "clear_chunk",
    "dataset_of",
    "design_table",
    "engine_digest",
    "export",
    "has_shards",
    "lane_table",
    "listed",
    "make_folder",
    "open_for_reading",
    "open_for_writing",
    "opened",
    "part_name",
    "plan_of",
    "query",
    "read_manifest",
    "record_chunk",
    "record_lane",
    "settings_of",
    "status",
    "surroundings",
    "target",
    "version",
    "whole",
    "write_differences",
    "write_rows",
    "write_shard",
    "write_text",
]
