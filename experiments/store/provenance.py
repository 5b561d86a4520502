"""What a result was made with: code, versions and machine; never names of hosts or users."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from experiments.planning import cpu_count
from experiments.store.packages import files_of

ENGINE: Final = ("sim", "scenarios", "agents")
"""Packages whose code decides what a lane gives."""

LIBRARIES: Final = (
    "numpy",
    "scipy",
    "mesa",
    "simpy",
    "numba",
    "pydantic",
    "pyarrow",
    "matplotlib",
)


def version(package: str = "fivesteps") -> str | None:
    """Return the installed version of a package, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def engine_digest(kinds: Iterable[str]) -> str:
    """Return the SHA-256 of the code that decides what a lane gives.

    That is the Python source of our packages and, if a threat is of another package, all that
    this one consists of.

    Parameters
    ----------
    kinds
        Kinds of the threats.
    """
    from agents import package_of

    total = hashlib.sha256()
    for entry in filter(None, map(package_of, sorted(set(kinds)))):
        for name, path in files_of(entry):
            total.update(f"{name}\n".encode())
            total.update(path.read_bytes())
    for package in ENGINE:
        spec = importlib.util.find_spec(package)
        for folder in sorted((spec.submodule_search_locations if spec else None) or ()):
            for path in sorted(Path(folder).rglob("*.py")):
                total.update(f"{package}/{path.relative_to(folder).as_posix()}\n".encode())
                total.update(path.read_bytes())
    return total.hexdigest()


def surroundings() -> dict[str, Any]:
    """Return versions and machine as plain JSON content."""
    versions = {name: version(name) for name in LIBRARIES}
    return {
        "fivesteps": version(),
        "libraries": {name: found for name, found in versions.items() if found},
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "cpus": cpu_count(),
    }
