"""A compiled world that several processes read, its arrays in memory once.

The parent writes the arrays to one file in a temporary folder of its own; the workers map it, so
that they all read the same pages and none of them can write. What is no array comes to them with
the other arguments of their start, through the pipe of the process pool. The file holds numbers
alone, and is gone with the run. Where a run and its workers were killed together, the next run on
the machine removes what they left.
"""

from __future__ import annotations

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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import numpy as np

if TYPE_CHECKING:
    from scenarios import Compiled

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
class Shared:
    """A compiled world, to be sent to a process on this machine."""

    frame: bytes
    """All of it but the arrays."""
    file: Path
    """The arrays, one after the other."""
    places: tuple[Place, ...]

    def opened(self) -> Compiled:
        """Return the world, its arrays mapped from the file; they cannot be written to."""
        with self.file.open("rb") as file:
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        arrays = [mapped[start : start + size] for start, size in self.places]
        # The frame came from the parent through a pipe, and was never on a disk.
        made = pickle.loads(self.frame, buffers=arrays)  # noqa: S301
        return cast("Compiled", made)

    def remove(self) -> None:
        """Remove the folder of the file, for a parent that was killed before it could."""
        shutil.rmtree(self.file.parent, ignore_errors=True)  # another worker may be at it, too


@contextmanager
def shared(compiled: Compiled) -> Iterator[Shared]:
    """Give a world to other processes for a while; all of them have ended when it is over."""
    prefix = f"{_of_this_host()}{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        yield _written(compiled, Path(folder) / "arrays")


def _of_this_host() -> str:
    """Return how the names of this machine's folders begin."""
    host = re.sub(r"[^A-Za-z0-9.-]", "_", platform.node())
    return f"{PREFIX}{host}-"


def remove_left() -> None:
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


def _written(compiled: Compiled, path: Path) -> Shared:
    arrays: list[pickle.PickleBuffer] = []
    frame = io.BytesIO()
    _Pickler(frame, _PROTOCOL, buffer_callback=arrays.append).dump(compiled)
    places = []
    with path.open("xb") as file:
        for array in arrays:
            file.write(bytes(-file.tell() % ALIGNMENT))
            places.append(Place(file.tell(), file.write(array.raw())))
    return Shared(frame.getvalue(), path, tuple(places))


class _Pickler(pickle.Pickler):
    """Leaves every array out, even one that is a column of another."""

    def reducer_override(self, part: object) -> Any:  # noqa: ANN401 - as in the base class
        if isinstance(part, np.ndarray) and not part.flags.forc:
            return np.ascontiguousarray(part).__reduce_ex__(_PROTOCOL)
        return NotImplemented
