"""Where declarations stand: the folders of the catalogue, and files by name or path."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from scenarios.errors import unknown_name

CATALOGUE: Final = Path(__file__).parents[1] / "catalogue"

SUFFIXES: Final = (".yaml", ".yml")


def find(name_or_path: str, folder: Path, kind: str) -> Path:
    """Return the file of a catalogue name, or the path itself.

    Raises
    ------
    SpecError
        If it is neither, saying which names exist.
    """
    if name_or_path.endswith(SUFFIXES) or "/" in name_or_path or "\\" in name_or_path:
        return Path(name_or_path)
    path = folder / f"{name_or_path}.yaml"
    known = [file.stem for file in files_in(folder)]
    if name_or_path not in known:
        raise unknown_name(kind, name_or_path, known)
    return path


def files_in(folder: Path) -> list[Path]:
    """Files of a folder of the catalogue, by name."""
    return sorted(folder.glob("*.yaml"))
