"""Files that the user names to be written: a new one, or one that is theirs to be replaced."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from experiments.errors import UserError
from experiments.store.directory import DESIGN
from experiments.store.failures import FAILURES
from experiments.store.files import LOCK, refuse_odd
from experiments.store.manifest import NAME
from experiments.store.shards import OUTCOMES, SERIES, SUFFIX
from experiments.store.tables import BY_STATE, COMPARISON, DIFFERENCES, TURNS, YEARS

_OURS: Final = frozenset(
    {
        NAME,
        DESIGN,
        BY_STATE,
        COMPARISON,
        DIFFERENCES,
        YEARS,
        TURNS,
        LOCK,
        OUTCOMES,
        SERIES,
        FAILURES,
    }
    | {f"{OUTCOMES}{SUFFIX}", f"{OUTCOMES}.csv"}
)
"""Files and folders of a run directory that nobody else writes."""


def target(
    option: str, path: Path, *, run: Path | None = None, inputs: Iterable[Path] = ()
) -> Path:
    """Return the path of a file that the user wants written, if it may be.

    Parameters
    ----------
    option
        What the user named it with.
    run
        Directory that will be a run directory, though it may have no manifest yet.
    inputs
        Files that the command reads.

    Raises
    ------
    UserError
        If it is a link, folder, pipe or device, belongs to a run directory, or is an input.
    """
    refuse_odd(path, option)
    place = _real(path.parent) / path.name
    for folder in place.parents:
        is_run = (folder / NAME).exists() or (run is not None and folder == _real(run))
        if is_run and place.relative_to(folder).parts[0].casefold() in _OURS:
            raise _refused(option, path, f"is part of the run directory {folder}")
    if any(one.exists() and path.exists() and one.samefile(path) for one in inputs):
        raise _refused(option, path, "is read by this command")
    return path


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _refused(option: str, path: Path, found: str) -> UserError:
    return UserError(
        f"{option} {path} {found}",
        "what a command reads, and what a run consists of, is never written over",
        "give the path of a new file",
    )
