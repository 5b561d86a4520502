"""Where declarations stand: the folders of the catalogue, and files by name or path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from scenarios.errors import unknown_name

CATALOGUE: Final = Path(__file__).parents[1] / "catalogue"

_SUFFIXES: Final = (".yaml", ".yml")


def is_path(name_or_path: str) -> bool:
    """Whether a text is the path of a declaration, and no name in the catalogue."""
    return name_or_path.endswith(_SUFFIXES) or "/" in name_or_path or "\\" in name_or_path


def beside(name_or_path: str, file: Path) -> str:
    """Return a name as it is; a path is meant from the folder of the file that has it."""
    if not is_path(name_or_path):
        return name_or_path
    path = file.parent / name_or_path
    return str(path) if path.parent.name or path.is_absolute() else f".{os.sep}{path}"


def find(name_or_path: str, folder: Path, kind: str) -> Path:
    """Return the file of a catalogue name, or the path itself.

    Raises
    ------
    SpecError
        If it is neither, saying which names exist.
    """
    if is_path(name_or_path):
        return Path(name_or_path)
    path = folder / f"{name_or_path}.yaml"
    known = [file.stem for file in files_in(folder)]
    if name_or_path not in known:
        raise unknown_name(kind, name_or_path, known)
    return path


def files_in(folder: Path) -> list[Path]:
    """Files of a folder of the catalogue, by name."""
    return sorted(folder.glob("*.yaml"))
