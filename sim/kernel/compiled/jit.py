"""How functions are compiled, and where the machine code is kept.

Numba looks at the file of a function to see whether kept machine code is still right, but code
takes in constants and functions of other files. So it is kept in a folder named after all of them,
and after Numba's release, or environments with other releases would take turns to throw it away.
Keeping it saves time and nothing else: where it cannot be read or written, it is made anew.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import FunctionCache

F = TypeVar("F", bound=Callable[..., object])

_CONFIG: Any = numba.config


def jit(function: F) -> F:
    """Compile a function when it is first called, and keep the machine code if there is a place."""
    return _made(function)


def leaf(function: F) -> F:
    """Compile a function that makes no array and returns none.

    Nobody counts meanwhile who refers to an array. That takes an atomic instruction each time, and
    there are many where tuples of arrays are handed on from function to function.
    """
    return _made(function, _nrt=False)


def _made(function: F, **options: object) -> F:
    compiler: Any = numba.njit
    compiled: Any = compiler(nogil=True, **options)(function)
    folder = kept_in()
    if folder is not None:
        with _cache_folder(folder), suppress(Exception):  # whatever Numba finds wrong with it
            compiled._cache = _Kept(function)  # noqa: SLF001 - as its `enable_caching` does
    return cast("F", compiled)


class _Kept(FunctionCache):
    """Machine code that is kept, but ends no run: files may be cut, disks full, folders gone."""

    def load_overload(self, sig: object, target_context: object) -> object:
        """Return what is kept; None if nothing is that can be read."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # noqa: BLE001 - whatever unpickling a damaged file raises
            with suppress(Exception):
                self.flush()  # so that it is kept anew
            return None

    def save_overload(self, sig: object, data: object) -> None:
        """Keep what was compiled, if that is possible."""
        with suppress(Exception):
            super().save_overload(sig, data)


@cache
def kept_in() -> Path | None:
    """Return the folder for machine code of this very source; None if none can be written."""
    given = _CONFIG.CACHE_DIR
    try:
        base = Path(given) if given else _user_cache() / "fivesteps"
        name = f"{source_digest(Path(__file__).parents[2])}-{numba.__version__}"
        folder = base / name
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
