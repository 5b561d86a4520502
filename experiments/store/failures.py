"""What went wrong in a run directory: a file for each chunk and each lane that ended with an error.

A chunk that failed was tried several times (its process was killed, or a file could not be
written); the next run tries it again, and removes the file once it is done. A lane that raised
always will, since what it does depends on its address alone; its file stays.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from experiments.store.files import write_text
from experiments.store.opening import listed, make_folder
from experiments.store.records import ChunkFailure, LaneFailure, read_record

if TYPE_CHECKING:
    from experiments.planning import Chunk
    from sim import LaneId

FAILURES: Final = "failures"

_CHUNK: Final = "chunk-"
_LANE: Final = "lane-"
_SUFFIX: Final = ".json"

_R = TypeVar("_R", ChunkFailure, LaneFailure)


def record_chunk(
    folder: Path, name: str, chunk: Chunk, policies: Sequence[str], why: str, attempts: int
) -> None:
    """Record that a chunk was given up, with the addresses of its lanes."""
    content = {
        "chunk": name,
        "attempts": attempts,
        "error": why,
        "lanes": [
            _address(setting, lane, policies) for setting, lanes in chunk.parts for lane in lanes
        ],
    }
    _write(folder, f"{_CHUNK}{name}", content)


def record_lane(
    folder: Path, setting: int, lane: LaneId, policies: Sequence[str], error: BaseException
) -> None:
    """Record the error that ended a lane, and how to see it again."""
    address = _address(setting, lane, policies)
    content = {
        **address,
        "seed": lane.seed,
        "error": f"{type(error).__name__}: {error}",
        "traceback": traceback.format_exception(error),
    }
    name = f"{_LANE}{setting:06d}-{lane.replication:06d}-{address['policy']}"
    _write(folder, name, content)


def clear_chunk(folder: Path, name: str) -> None:
    """Forget the failure of a chunk that is done now."""
    _path(folder, f"{_CHUNK}{name}").unlink(missing_ok=True)


def failed_chunks(folder: Path) -> list[ChunkFailure]:
    """Return what is recorded of chunks that were given up, by name.

    Raises
    ------
    UserError
        If a record is not as we write them.
    """
    return _read(folder, _CHUNK, ChunkFailure)


def raised_lanes(folder: Path) -> list[LaneFailure]:
    """Return what is recorded of lanes that raised, by setting, replication and policy.

    Raises
    ------
    UserError
        If a record is not as we write them.
    """
    return _read(folder, _LANE, LaneFailure)


def _address(setting: int, lane: LaneId, policies: Sequence[str]) -> dict[str, Any]:
    return {
        "setting": setting,
        "policy": policies[lane.point],
        "replication": lane.replication,
    }


def _path(folder: Path, name: str) -> Path:
    return folder / FAILURES / f"{name}{_SUFFIX}"


def _write(folder: Path, name: str, content: dict[str, Any]) -> None:
    make_folder(folder / FAILURES)
    write_text(_path(folder, name), json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _read(folder: Path, kind: str, model: type[_R]) -> list[_R]:
    found = []
    for name in listed(folder / FAILURES):
        if name.startswith(kind) and name.endswith(_SUFFIX):
            with suppress(FileNotFoundError):  # whoever is at work has done that chunk meanwhile
                found.append(read_record(model, folder / FAILURES / name))
    return found
