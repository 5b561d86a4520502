"""What is in a bundle: the run directory, what was declared, and how to cite and repeat it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from experiments.bundle.archive import RUN, write_archive
from experiments.bundle.described import described
from experiments.errors import UserError
from experiments.report import write_report
from experiments.store import (
    FAILURES,
    FIGURES,
    NAME,
    OUTCOMES,
    SERIES,
    RunDirectory,
    listed,
    open_for_reading,
    opened,
)

_TABLES: Final = frozenset((".csv", ".json", ".parquet"))
_FOLDERS: Final = {
    OUTCOMES: frozenset((".parquet",)),
    SERIES: frozenset((".parquet",)),
    FAILURES: frozenset((".json",)),
    FIGURES: frozenset((".png", ".pdf", ".svg")),
}
"""What of a run directory goes into a bundle, by folder."""


def bundle(folder: Path, path: Path) -> int:
    """Write a bundle of a finished run directory, with its report; return how many files it has.

    The same directory gives the same bytes, with the same version of zlib.

    Parameters
    ----------
    path
        The zip file.

    Raises
    ------
    UserError
        If the directory is not finished, cannot be read, or has something odd in it.
    """
    directory = open_for_reading(folder)
    _check_finished(directory, folder)
    run = {f"{RUN}{name}": folder / name for name in sorted(_names(folder))}
    with tempfile.TemporaryDirectory() as made:
        [written] = write_report(folder, Path(made) / "report.html")
        report = {"report.html": written}
        write_archive(path, {**run, **report, **described(directory.manifest, [*run, *report])})
    return len(run)


def _check_finished(directory: RunDirectory, folder: Path) -> None:
    done = directory.futures(()).done
    if not directory.manifest.complete or not done.all():
        raise UserError(
            f"{folder}: {done.size - int(done.sum()):,} of {done.size:,} lanes are missing"
            if not done.all()
            else f"{folder}: tables are missing",
            "what is sent is whole",
            "give the command that made the directory again, with the same --out",
        )


def _names(folder: Path) -> Iterator[str]:
    """Give the files of a run directory that are its own, by their paths in it."""
    yield NAME
    for name in listed(folder):
        if Path(name).suffix in _TABLES and name != NAME:
            with opened(folder / name):
                yield name
    for within, suffixes in _FOLDERS.items():
        for name in listed(folder / within):
            if Path(name).suffix in suffixes:
                with opened(folder / within / name):
                    yield f"{within}/{name}"
