"""Small array idioms the mechanism is written in."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
Scalar = TypeVar("Scalar", bound=np.generic)


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
    """Packed values by the tick at which they come due."""

    def __init__(self, horizon: int) -> None:
        self._parts: list[list[I64]] = [[] for _ in range(horizon)]
        self._narrow = np.min_scalar_type(horizon)
        """Ticks of 16 bits are sorted by radix, several times as fast."""

    def put(self, due: I64, values: I64) -> None:
        """Add values, each due at a tick before the horizon."""
        if not due.size:
            return
        order = np.argsort(due.astype(self._narrow), kind="stable")
        due, values = due[order], values[order]
        starts = run_starts(due)
        stops = [*starts[1:].tolist(), due.size]
        for tick, start, stop in zip(due[starts].tolist(), starts.tolist(), stops, strict=True):
            self._parts[tick].append(values[start:stop])

    def take(self, tick: int) -> I64:
        """Return what is due at `tick`, sorted, and forget it."""
        parts, self._parts[tick] = self._parts[tick], []
        values = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
        values.sort()
        return values
