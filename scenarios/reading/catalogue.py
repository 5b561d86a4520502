"""What stands in the catalogue, by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scenarios.errors import unknown_name
from scenarios.reading.declarations import read
from scenarios.schema import Header, Place, Policy

CATALOGUE = Path(__file__).parents[1] / "catalogue"

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Entry:
    """A declaration in the catalogue."""

    name: str
    meaning: str
    path: Path


def scenario_entries() -> list[Entry]:
    """Scenarios of the catalogue, by name."""
    return [
        Entry(spec.scenario, spec.meaning, path)
        for path in _files(CATALOGUE / "scenarios")
        for spec in [read(path, Header)]
    ]


def policy_entries() -> list[Entry]:
    """Policies of the catalogue that can be run, by name."""
    return [
        Entry(spec.policy, spec.meaning, path)
        for path in policy_files()
        for spec in [read(path, Policy)]
        if not spec.abstract
    ]


def policy_files() -> list[Path]:
    """Files of all policies of the catalogue, those that only serve others among them."""
    return _files(CATALOGUE / "policies")


def place_entries() -> list[Entry]:
    """Places of the catalogue, by name."""
    return [
        Entry(spec.place, spec.meaning, path)
        for path in sorted((CATALOGUE / "places").glob("*/place.yaml"))
        for spec in [read(path, Place)]
    ]


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
    known = [file.stem for file in _files(folder)]
    if name_or_path not in known:
        raise unknown_name(kind, name_or_path, known)
    return path


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml"))
