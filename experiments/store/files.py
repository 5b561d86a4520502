"""Files that are there whole or not at all, and one writer in a directory."""

from __future__ import annotations

import errno
import os
import platform
import secrets
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from experiments.errors import InUseError, UserError, command
from experiments.store.opening import descriptor_of, digest_of
from scenarios.errors import printable

TEMPORARY: Final = ".tmp"
LOCK: Final = ".lock"

_GLANCES: Final = 3
_GLANCE_S: Final = 0.05
"""How often and after how many seconds a lock that is held is tried again."""

_SHARED_GLANCES: Final = 12_000
"""As often for a lock to be shared, ten minutes in all: who holds it alone will soon be done."""


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; what was written then appears at `path` at once.

    The temporary name is unique, the content is on disk before the name changes, and an error
    leaves nothing behind. A killed process may leave a file whose name ends in ``.tmp``.

    Raises
    ------
    UserError
        As `refuse_odd`.
    """
    refuse_odd(path)
    with _written(path) as temporary:
        yield temporary
        _put(temporary, path)


def refuse_odd(path: Path, option: str = "") -> None:
    """Refuse to write where there is anything but a regular file.

    Libraries that write files take names in UTF-8 alone.

    Parameters
    ----------
    option
        What the user named it with, if they did.

    Raises
    ------
    UserError
        If there is a link, a folder, a pipe or a device; or if the path is not UTF-8.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise UserError(
            f"{option} {printable(str(path))}".lstrip(),
            "paths of files that are written are UTF-8",
            "choose a name, or a folder, without the characters that are escaped here",
        ) from None
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "no regular file")
        raise UserError(
            f"{option} {path} is {kind}".lstrip(),
            "a file is written anew, or takes the place of a regular file",
            "give the path of a new file, or move away what is there",
        )


_KINDS: Final[tuple[tuple[Callable[[int], bool], str], ...]] = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole, in UTF-8 with plain newlines."""
    with whole(path) as temporary:
        temporary.write_bytes(text.encode())


def write_sealed(path: Path, write: Callable[[Path], object]) -> str:
    """Write a file whole that has its SHA-256 in its name, before the suffix; return that.

    Parameters
    ----------
    path
        Its name without the SHA-256.
    write
        Writes it, given a path.
    """
    with _written(path) as temporary:
        write(temporary)
        digest = digest_of(temporary)
        _put(temporary, path.with_name(sealed_name(path.stem, digest, path.suffix)))
    return digest


def sealed_name(stem: str, digest: str, suffix: str) -> str:
    """Return the name of a file that has its SHA-256 in it."""
    return f"{stem}.{digest}{suffix}"


@contextmanager
def _written(path: Path) -> Iterator[Path]:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{TEMPORARY}")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _put(temporary: Path, path: Path) -> None:
    _sync(temporary)
    temporary.replace(path)
    if sys.platform != "win32":
        _sync(path.parent)


def remove_temporary(folder: Path) -> None:
    """Remove what killed processes left in `folder`; the caller holds the folder's lock."""
    for left in folder.glob(f".*{TEMPORARY}"):
        with suppress(FileNotFoundError, IsADirectoryError):
            left.unlink()


@contextmanager
def locked(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock of a directory; the system frees it even if the process is killed.

    Parameters
    ----------
    shared
        Whether others may hold it at the same time that ask for no more.

    Raises
    ------
    UserError
        If another process holds it.
    """
    if sys.platform == "win32":  # shards have unique names; only the message is missing there
        yield
        return
    descriptor = _take_lock(folder / LOCK, shared=shared)
    try:
        if not shared:
            os.truncate(descriptor, 0)
            os.write(descriptor, f"{platform.node()} {os.getpid()}\n".encode())
        yield
    finally:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the last one tidies up
            (folder / LOCK).unlink()
        os.close(descriptor)


if sys.platform != "win32":
    import fcntl

    def _take_lock(path: Path, *, shared: bool) -> int:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        patience = _SHARED_GLANCES if shared else _GLANCES
        while True:
            descriptor = descriptor_of(path, os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                patience -= 1
                if patience:  # somebody may just be looking, or write the tables
                    os.close(descriptor)
                    time.sleep(_GLANCE_S)
                    continue
                owner = os.read(descriptor, 300).decode(errors="replace").strip()
                os.close(descriptor)
                raise InUseError(
                    f"{path.parent}: in use by {_named(owner)}",
                    "one process at a time writes into a run directory, "
                    "unless each has a --shard of its own",
                    f"wait until it has ended: {command('status', path.parent)}",
                ) from None
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise
                return descriptor
            # The owner before may have removed the file between the two calls: then try again.
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), path.stat()):
                    return descriptor
            os.close(descriptor)

    _NO_LOCKS: Final = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)
    """A file system without locks; shards have unique names and appear whole, so work can go on."""


def holder(folder: Path) -> str:
    """Say who holds the lock of a directory; empty if nobody does or it cannot be told."""
    if sys.platform == "win32":
        return ""
    try:
        descriptor = descriptor_of(folder / LOCK, os.O_RDWR)
    except OSError:
        return ""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _named(os.read(descriptor, 300).decode(errors="replace").strip())
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    return ""


def _named(owner: str) -> str:
    """Name the process that holds a lock, from what it wrote there."""
    host, _, process = owner.partition(" ")
    if not process:
        return "processes that share it"
    return f"process {process}" if host == platform.node() else f"process {process} on {host}"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
