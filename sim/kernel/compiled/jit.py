"""How functions are compiled, and where the machine code is kept.

Numba looks at the file of a function to see whether kept machine code is still right, but code
takes in constants and functions of other files. So it is kept in a folder named after all of them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])

_CONFIG: Any = numba.config


def jit(function: F) -> F:
    """Compile a function when it is first called, and keep the machine code if there is a place."""
    folder = kept_in()
    if folder is None:
        return cast("F", numba.njit(nogil=True)(function))
    with _cache_folder(folder):
        return cast("F", numba.njit(cache=True, nogil=True)(function))


@cache
def kept_in() -> Path | None:
    """Return the folder for machine code of this very source; None if none can be written."""
    given = _CONFIG.CACHE_DIR
    try:
        base = Path(given) if given else _user_cache() / "fivesteps"
        folder = base / source_digest(Path(__file__).parents[2])
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return folder if os.access(folder, os.W_OK) else None


def source_digest(package: Path) -> str:
    """Return a name for the content of all source files of a package."""
    total = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        total.update(path.relative_to(package).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def _user_cache() -> Path:
    if named := os.environ.get("XDG_CACHE_HOME"):
        return Path(named)
    return Path.home() / ".cache"


@contextmanager
def _cache_folder(folder: Path) -> Iterator[None]:
    """Have Numba keep what is decorated meanwhile in a folder."""
    before = _CONFIG.CACHE_DIR
    _CONFIG.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        _CONFIG.CACHE_DIR = before
