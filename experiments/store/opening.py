"""Opening what lies in a run directory, which somebody else may have made or meddled with.

Only regular files are opened, never links, pipes or devices; only real folders are listed. What
lies there is used whole and as it was written, or refused.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Final

from experiments.errors import UserError

MOST_TEXT: Final = 1 << 29
"""Most bytes of a file that is read whole."""

_SAFELY: Final = (
    getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)
"""How a file is opened: not through a link, and without waiting for the other end of a pipe."""

_LINK: Final = (errno.ELOOP, errno.EMLINK)


def damaged(path: Path, found: str) -> UserError:
    """Return the error for a file of a run directory that cannot be used."""
    return UserError(
        f"{path}: {found}",
        "a run directory holds whole files of its own, as they were written",
        "move this file away and run the command that made the directory again: only what is"
        " missing then is run",
    )


def descriptor_of(path: Path, flags: int) -> int:
    """Open a regular file of a run directory; return its descriptor.

    Raises
    ------
    UserError
        If it is a link, or no regular file.
    OSError
        If the system does not let it be opened.
    """
    try:
        descriptor = os.open(path, flags | _SAFELY, 0o666)
    except OSError as error:
        if error.errno in _LINK or path.is_symlink():
            raise damaged(path, "is a link") from None
        if error.errno in {errno.EISDIR, errno.ENXIO}:
            raise damaged(path, "is no regular file") from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise damaged(path, "is no regular file")
    return descriptor


@contextmanager
def opened(path: Path, digest: str | None = None) -> Iterator[BufferedReader]:
    """Open a file of a run directory to read it, and hold it to its SHA-256 if that is known.

    Raises
    ------
    UserError
        If it is a link or no regular file, cannot be read, or is not as it was written.
    FileNotFoundError
        If it is not there.
    """
    try:
        with os.fdopen(descriptor_of(path, os.O_RDONLY), "rb") as stream:
            if digest is not None:
                if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
                    raise damaged(path, "is not as it was written: its SHA-256 is another")
                stream.seek(0)
            yield stream
    except FileNotFoundError:
        raise
    except OSError as error:
        raise damaged(path, f"cannot be read ({error.strerror or error})") from None


def content(path: Path, digest: str | None = None) -> bytes:
    """Return all bytes of a file of a run directory.

    Raises
    ------
    UserError, FileNotFoundError
        As `opened`; and if it is larger than `MOST_TEXT`.
    """
    with opened(path, digest) as stream:
        found = stream.read(MOST_TEXT + 1)
    if len(found) > MOST_TEXT:
        raise damaged(path, f"is larger than {MOST_TEXT:,} bytes")
    return found


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file of a run directory; raises as `opened`."""
    with opened(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def listed(folder: Path) -> list[str]:
    """Return the names in a folder, sorted, but hidden ones; none if it is not there.

    Raises
    ------
    UserError
        If it is a link or no folder, or cannot be listed.
    """
    if not is_folder(folder):
        return []
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208 - names
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be listed ({error.strerror})",
            "what is finished is known from the files in this folder",
            "let it be read, then give the same command again",
        ) from None


def is_folder(folder: Path) -> bool:
    """Whether a folder of a run directory is there.

    Raises
    ------
    UserError
        If a link or something else is in its place.
    """
    try:
        mode = folder.lstat().st_mode
    except FileNotFoundError:
        return False
    except OSError as error:
        raise damaged(folder, f"cannot be read ({error.strerror})") from None
    if not stat.S_ISDIR(mode):
        raise UserError(
            f"{folder}: is {'a link' if stat.S_ISLNK(mode) else 'no folder'}",
            "the folders of a run directory lie in it",
            "move it away, then give the same command again",
        )
    return True


def make_folder(folder: Path) -> None:
    """Make a folder of a run directory if it is not there; raises as `is_folder`."""
    if not is_folder(folder):
        folder.mkdir(exist_ok=True)
