"""Files that are named by a user: what they are, and their text."""

from __future__ import annotations

import difflib
from itertools import islice
from pathlib import Path
from typing import Final

from scenarios.errors import SpecError, printable

MOST_YAML_BYTES: Final = 2_000_000


def is_readable(path: Path) -> bool:
    """Whether something can be read from a file."""
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError:
        return False
    return True


def is_file(path: Path) -> bool:
    """Whether a path leads to a regular file; False if that cannot be told."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether a path leads to a folder; False if that cannot be told."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def file_text(path: Path, limit: int) -> str:
    """Read a text file of limited size."""
    file = str(path)
    try:
        if path.is_dir():
            raise SpecError("a declaration is a file; this is a folder", "name a file", file=file)
        if path.exists() and not path.is_file():
            raise SpecError("a declaration is a regular file", "name a file", file=file)
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError:
        raise SpecError("there is no such file", _nearest_file(path), file=file) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise SpecError(
            f"the file must be readable: {printable(reason.lower())}",
            "check the path and the permissions of the file",
            file=file,
        ) from None
    if len(data) > limit:
        raise SpecError(
            f"a file has at most {limit:,} bytes",
            "split the file, or check that it is the right one",
            file=file,
        )
    if b"\0" in data:
        raise SpecError(
            "a declaration is a text file; this one is binary",
            "name another file, or save it as UTF-8 text",
            file=file,
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(
            "a declaration is UTF-8 text",
            "save the file as UTF-8",
            file=file,
            line=data.count(b"\n", 0, error.start) + 1,
        ) from None


def _nearest_file(path: Path) -> str:
    try:
        names = [other.name for other in islice(path.parent.iterdir(), 1000)]
    except OSError:
        return "check the path; its folder does not exist either"
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"check the path; did you mean {printable(near[0])}?" if near else "check the path"
