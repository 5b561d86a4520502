"""Small array idioms the mechanism is written in."""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
Scalar = TypeVar("Scalar", bound=np.generic)

_NOTHING: Final = np.empty(0, dtype=np.int64)
_FEWEST: Final = 8
"""Places of a bucket that holds anything."""


def grown(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Return `array` with its first axis doubled, the new half zero."""
    return np.concatenate((array, np.zeros_like(array)))


def run_starts(sorted_values: NDArray[np.generic]) -> I64:
    """Indices at which a new run of equal values starts."""
    new = np.ones(sorted_values.size, dtype=np.bool_)
    np.not_equal(sorted_values[1:], sorted_values[:-1], out=new[1:])
    return np.flatnonzero(new)


def run_lengths(starts: I64, size: int) -> I64:
    """Lengths of the runs of `size` values that begin at `starts`."""
    lengths = np.empty_like(starts)
    if starts.size:
        np.subtract(starts[1:], starts[:-1], out=lengths[:-1])
        lengths[-1] = size - starts[-1]
    return lengths


def rank_in_run(sorted_values: NDArray[np.generic]) -> I64:
    """Position of each element within its run of equal values: 0, 1, 2, 0, 1, ..."""
    starts = run_starts(sorted_values)
    lengths = run_lengths(starts, sorted_values.size)
    return np.arange(sorted_values.size) - np.repeat(starts, lengths)


def ranges(starts: I64, lengths: I64) -> tuple[I64, I64]:
    """Whole numbers of ranges, one range after the other; and of which range each is."""
    which = np.repeat(np.arange(starts.size), lengths)
    before = np.cumsum(lengths) - lengths
    return np.arange(which.size) + (starts - before)[which], which


def bits(count: int) -> int:
    """Bits needed to number `count` things, at least 1."""
    return max(1, (count - 1).bit_length())


def group_bit(groups: NDArray[np.integer]) -> NDArray[np.uint64]:
    """Set of one group each, as a bit."""
    return np.left_shift(np.uint64(1), groups.astype(np.uint64))


class Buckets:
    """Packed values by the tick at which they come due.

    What is put in stays as it came until something is taken: all of a tick is sorted together.
    """

    def __init__(self, horizon: int) -> None:
        self._values: list[I64] = [_NOTHING] * horizon
        self._count = [0] * horizon
        self._new: list[tuple[I64, I64]] = []

    def put(self, due: I64, values: I64) -> None:
        """Add values, each due at a tick before the horizon."""
        if due.size:
            self._new.append((due, values))

    def _sort(self) -> None:
        """Part what is new by tick."""
        due, values = self._new[0]
        if len(self._new) > 1:
            due, values = (np.concatenate(parts) for parts in zip(*self._new, strict=True))
        self._new.clear()
        first = int(due.min())
        after = due - first
        count = np.bincount(after)
        order = np.argsort(after.astype(np.min_scalar_type(count.size)), kind="stable")
        values, ticks, start = values[order], count.nonzero()[0], 0
        for tick, size in zip((ticks + first).tolist(), count[ticks].tolist(), strict=True):
            self._append(tick, values[start : start + size])
            start += size

    def _append(self, tick: int, values: I64) -> None:
        """Copy values behind those of their tick, in an array that doubles."""
        held, count = self._values[tick], self._count[tick]
        total = count + values.size
        if total > held.size:
            wider = np.empty(max(_FEWEST, total, held.size * 2), dtype=np.int64)
            wider[:count] = held[:count]
            self._values[tick] = held = wider
        held[count:total] = values
        self._count[tick] = total

    def take(self, tick: int) -> I64:
        """Return what is due at `tick`, in any order, and forget it."""
        if self._new:
            self._sort()
        values = self._values[tick][: self._count[tick]]
        self._values[tick], self._count[tick] = _NOTHING, 0
        return values

    def left(self) -> I64:
        """Return all that is still to come due."""
        if self._new:
            self._sort()
        pairs = zip(self._values, self._count, strict=True)
        return np.concatenate([_NOTHING, *(held[:count] for held, count in pairs if count)])
