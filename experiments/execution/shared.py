"""A compiled world that several processes read, its arrays in memory once.

The parent writes the arrays to one file in the folder for temporary files; the workers map it, so
that they all read the same pages and none of them can write. What is no array comes to them through
their pipe. The file holds numbers alone, and has no name: workers get it with their start, and the
system frees it when the last process that has it open ends, however it ends. So a run that is
killed leaves nothing, no run meets what another has, and no cleaner can take it.
"""

from __future__ import annotations

import io
import mmap
import os
import pickle
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import reduction
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple, cast

import numpy as np

if TYPE_CHECKING:
    from scenarios import Compiled

ALIGNMENT: Final = 64
"""Bytes; an array starts where a line of the cache starts."""

_PROTOCOL: Final = 5
"""The first protocol of pickling that leaves arrays out."""


@dataclass(frozen=True)
class Nameless:
    """A file without a name; a process gets it among the arguments that it is started with."""

    descriptor: int

    def read_only(self) -> mmap.mmap:
        """Map the file for reading."""
        return mmap.mmap(self.descriptor, 0, access=mmap.ACCESS_READ)

    def writable(self) -> mmap.mmap:
        """Map the file, so that what is written to it is seen by all."""
        return mmap.mmap(self.descriptor, 0)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel with the start of a process."""
        return _received, (_sent(self.descriptor),)


if sys.platform == "win32":
    import _winapi
    import msvcrt

    def _sent(descriptor: int) -> Any:  # noqa: ANN401 - differs between systems
        access = _winapi.FILE_GENERIC_READ | _winapi.FILE_GENERIC_WRITE
        return reduction.DupHandle(msvcrt.get_osfhandle(descriptor), access)

    def _received(sent: Any) -> Nameless:  # noqa: ANN401 - as above
        return Nameless(msvcrt.open_osfhandle(sent.detach(), os.O_RDWR))

else:

    def _sent(descriptor: int) -> Any:  # noqa: ANN401 - as above
        return reduction.DupFd(descriptor)

    def _received(sent: Any) -> Nameless:  # noqa: ANN401 - as above
        return Nameless(sent.detach())


@contextmanager
def nameless() -> Iterator[tuple[Nameless, IO[bytes]]]:
    """Make a file without a name; give it, and what writes to it. It has to be flushed."""
    with tempfile.TemporaryFile() as file:
        yield Nameless(file.fileno()), file


class Place(NamedTuple):
    """Where an array lies in the file, in bytes."""

    start: int
    size: int


class Shared(NamedTuple):
    """A compiled world without its arrays, to be sent to a process on this machine."""

    frame: bytes
    """All of it but the arrays."""
    places: tuple[Place, ...]
    """Where the arrays lie in the file, in the order of the frame."""

    def opened(self, file: Nameless) -> Compiled:
        """Return the world, its arrays mapped from the file; they cannot be written to."""
        mapped = memoryview(file.read_only())
        arrays = [mapped[start : start + size] for start, size in self.places]
        # The frame came from the parent through a pipe, and was never on a disk.
        made = pickle.loads(self.frame, buffers=arrays)  # noqa: S301
        return cast("Compiled", made)


@contextmanager
def shared(compiled: Compiled) -> Iterator[tuple[Shared, Nameless]]:
    """Give a world to other processes for a while, and the file of its arrays."""
    with nameless() as (arrays, file):
        yield _written(compiled, file), arrays


def _written(compiled: Compiled, file: IO[bytes]) -> Shared:
    arrays: list[pickle.PickleBuffer] = []
    frame = io.BytesIO()
    _Pickler(frame, _PROTOCOL, buffer_callback=arrays.append).dump(compiled)
    places = []
    for array in arrays:
        file.write(bytes(-file.tell() % ALIGNMENT))
        places.append(Place(file.tell(), file.write(array.raw())))
    file.flush()
    return Shared(frame.getvalue(), tuple(places))


class _Pickler(pickle.Pickler):
    """Leaves every array out, even one that is a column of another."""

    def reducer_override(self, part: object) -> Any:  # noqa: ANN401 - as in the base class
        if isinstance(part, np.ndarray) and not part.flags.forc:
            return np.ascontiguousarray(part).__reduce_ex__(_PROTOCOL)
        return NotImplemented
