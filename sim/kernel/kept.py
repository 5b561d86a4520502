"""What stores keep: records, side by side where they are of one store, lane and subject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.arrays import ranges, run_lengths, run_starts

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
I8 = NDArray[np.int8]
U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

NO_REPORT: Final = -1
"""The slot of a query: what it asked may be forgotten before it is."""
_SLACK: Final = 2
_SHARE: Final = 4
"""Room to grow: a quarter more, and for two."""


class Came(NamedTuple):
    """Records that come; arrays of shape (n,)."""

    file: I64
    """Number ``(lane * S + subject) * Y + store``."""
    key: U64
    slot: I64
    """The report of an entry, or `NO_REPORT`."""
    back: I64
    """The channel back to the owner, or -1."""
    until: I64
    """The first tick at which it is not live."""
    group: I64
    """The group it is from."""
    faces: U8

    def part(self, which: Bool | I64) -> Came:
        """Return some of them."""
        parts: Iterator[Any] = (part[which] for part in self)
        return Came(*parts)


class Kept:
    """Records by place; those of a file have places in a row, and some room behind them."""

    columns = ("key", "slot", "back", "until", "since", "group", "faces")

    def __init__(self, files: int) -> None:
        self.start: I32 = np.zeros(files, dtype=np.int32)
        self.count: I32 = np.zeros(files, dtype=np.int32)
        self.room: I32 = np.zeros(files, dtype=np.int32)
        self._end = 0
        self.key: U64 = np.zeros(0, dtype=np.uint64)
        self.slot: I32 = np.zeros(0, dtype=np.int32)
        self.back: I32 = np.zeros(0, dtype=np.int32)
        self.until: I32 = np.zeros(0, dtype=np.int32)
        """0 where there is no record."""
        self.since: I32 = np.zeros(0, dtype=np.int32)
        self.group: I8 = np.zeros(0, dtype=np.int8)
        self.faces: U8 = np.zeros(0, dtype=np.uint8)

    def add(self, tick: int, new: Came) -> None:
        """Keep what comes at `tick`."""
        if not new.file.size:
            return
        order = np.argsort(new.file, kind="stable")
        file = new.file[order]
        starts = run_starts(file)
        which, more = file[starts], run_lengths(starts, file.size)
        self._make_room(tick, which, more)
        place, _ = ranges((self.start + self.count)[which].astype(np.int64), more)
        for name in self.columns:
            column = getattr(self, name)
            column[place] = tick if name == "since" else getattr(new, name)[order]
        self.count[which] += more.astype(np.int32)

    def search(self, file: I64) -> tuple[I64, I64]:
        """Pairs (index into `file`, place) of all there is in each file."""
        starts, counts = self.start[file].astype(np.int64), self.count[file].astype(np.int64)
        place, index = ranges(starts, counts)
        return index, place

    def sweep(self, tick: int) -> None:
        """Forget what is not live at `tick`, once that is half of what there is."""
        if 2 * np.count_nonzero(self.until > tick) <= self.count.sum():
            none = np.empty(0, dtype=np.int64)
            self._lay_out(tick, none, none)

    def _make_room(self, tick: int, which: I64, more: I64) -> None:
        """Let files that have too little room move behind all others."""
        wanted = self.count[which] + more
        tight = wanted > self.room[which]
        if not tight.any():
            return
        room = _roomy(wanted[tight])
        if self._end + room.sum() > self.until.size:
            self._lay_out(tick, which, more)
            return
        which = which[tight]
        start = self._end + np.cumsum(room) - room
        self._end += int(room.sum())
        index, place = self.search(which)
        to = place + (start - self.start[which])[index]
        for name in self.columns:
            column = getattr(self, name)
            column[to] = column[place]
        self.until[place] = 0
        self.start[which], self.room[which] = start, room

    def _lay_out(self, tick: int, which: I64, more: I64) -> None:
        """Lay all out anew but what is not live, with room for more in some files."""
        file, place = self.search(np.arange(self.count.size))
        live = self.until[place] > tick
        file, place = file[live], place[live]
        count = np.bincount(file, minlength=self.count.size)
        wanted = count.copy()
        wanted[which] += more
        room = np.where(wanted > 0, _roomy(wanted), 0)
        start = np.cumsum(room) - room
        self._end = int(room.sum())
        to, _ = ranges(start, count)
        for name in self.columns:
            before = getattr(self, name)
            after = np.zeros(self._end + self._end // _SHARE, dtype=before.dtype)
            after[to] = before[place]
            setattr(self, name, after)
        self.start[:], self.count[:], self.room[:] = start, count, room


def _roomy(count: I64) -> I64:
    """Return the places that files get for so many records."""
    return count + count // _SHARE + _SLACK
