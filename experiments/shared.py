"""What several processes of a run read, its arrays in memory once.

The parent writes the arrays to one file in a temporary folder that is its user's alone; the workers
map it, so that they all read the same pages and none of them can write. What is no array lies in a
second file. It does not come with the arguments of their start: these go through a pipe that holds
little, and if a worker were killed before it had read them, the parent would wait for ever. What
comes through the pipe is the digest of that file, so that nothing but what the parent wrote is
ever read. Both files are gone with the run. Where a run and its workers were killed together, the
next run on the machine removes what they left.
"""

from __future__ import annotations

import hashlib
import io
import mmap
import os
import pickle
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar, cast

import numpy as np

T = TypeVar("T")

ALIGNMENT: Final = 64
"""Bytes; an array starts where a line of the cache starts."""

PREFIX: Final = "fivesteps-"
"""How the names of the temporary folders begin; the machine and the process follow."""

_PROTOCOL: Final = 5
"""The first protocol of pickling that leaves arrays out."""


class Place(NamedTuple):
    """Where an array lies in the file, in bytes."""

    start: int
    size: int


@dataclass(frozen=True)
class Shared(Generic[T]):
    """Something with arrays in it, to be sent to a process on this machine."""

    folder: Path
    digest: bytes
    """Of all of it but the arrays."""
    places: tuple[Place, ...]
    """Where the arrays lie, one after the other."""

    @property
    def file(self) -> Path:
        """The arrays."""
        return self.folder / "arrays"

    @property
    def frame(self) -> Path:
        """All of it but the arrays."""
        return self.folder / "frame"

    def opened(self) -> T:
        """Return what is shared, its arrays mapped from the file; they cannot be written to.

        Raises
        ------
        RuntimeError
            If the frame is not what the parent wrote.
        """
        frame = self.frame.read_bytes()
        if _digest(frame) != self.digest:
            msg = f"{self.frame} is not what was written there"
            raise RuntimeError(msg)
        with self.file.open("rb") as file:
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        arrays = [mapped[start : start + size] for start, size in self.places]
        return cast("T", pickle.loads(frame, buffers=arrays))  # noqa: S301 - its digest was checked

    def remove(self) -> None:
        """Remove the files and their folder, for a parent that was killed before it could."""
        self.file.unlink(missing_ok=True)
        self.frame.unlink(missing_ok=True)
        self.folder.rmdir()


@contextmanager
def shared(content: T) -> Iterator[Shared[T]]:
    """Give something to other processes for a while; all of them have ended when it is over."""
    _remove_left()
    prefix = f"{_of_this_host()}{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        yield _written(content, Path(folder))


def _digest(frame: bytes) -> bytes:
    return hashlib.blake2b(frame).digest()


def _of_this_host() -> str:
    """Return how the names of this machine's folders begin."""
    host = re.sub(r"[^A-Za-z0-9.-]", "_", platform.node())
    return f"{PREFIX}{host}-"


def _remove_left() -> None:
    """Remove what runs on this machine left that were killed with all their workers."""
    # No more than one hyphen after the number: a host's name may end in one and a number.
    name = re.compile(rf"{re.escape(_of_this_host())}([0-9]+)-[^-]+")
    with suppress(OSError):
        for folder in Path(tempfile.gettempdir()).iterdir():
            found = name.fullmatch(folder.name)
            if found and not _lives(int(found[1])):
                shutil.rmtree(folder, ignore_errors=True)


def _lives(process: int) -> bool:
    """Whether a process of this machine is there, or may be."""
    if sys.platform == "win32":
        return True  # there `os.kill` would end it
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's; no number of a process
        return True
    return True


def _written(content: T, folder: Path) -> Shared[T]:
    arrays: list[pickle.PickleBuffer] = []
    stream = io.BytesIO()
    _Pickler(stream, _PROTOCOL, buffer_callback=arrays.append).dump(content)
    frame = stream.getvalue()
    places = []
    made = Shared[T](folder, _digest(frame), ())
    with made.file.open("xb") as file:
        for array in arrays:
            file.write(bytes(-file.tell() % ALIGNMENT))
            places.append(Place(file.tell(), file.write(array.raw())))
    with made.frame.open("xb") as file:
        file.write(frame)
    return replace(made, places=tuple(places))


class _Pickler(pickle.Pickler):
    """Leaves every array out, even one that is a column of another."""

    def reducer_override(self, part: object) -> Any:  # noqa: ANN401 - as in the base class
        if isinstance(part, np.ndarray) and not part.flags.forc:
            return np.ascontiguousarray(part).__reduce_ex__(_PROTOCOL)
        return NotImplemented
