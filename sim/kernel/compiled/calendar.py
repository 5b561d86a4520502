"""Messages in transit, compiled."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.arrays import Buckets, Scalar
from sim.kernel.calendar import Calendar
from sim.kernel.compiled.jit import jit, leaf

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]

BLOCK: Final = 512
"""Values of a block."""

_SHIFT: Final = BLOCK.bit_length() - 1
_FIRST_BLOCKS: Final = 64


class Blocks(NamedTuple):
    """Values in blocks; those of a tick are a list, of which the first may have room."""

    values: I64
    end: I64
    """Behind the last value of each tick's first block, or 0, shape (horizon,)."""
    following: I32
    free: I32
    """Blocks not in use, as many as `left` says."""
    left: I64
    """Shape (1,)."""


class CompiledBuckets(Buckets):
    """Packed values by the tick at which they come due."""

    def __init__(self, horizon: int) -> None:
        self.blocks = Blocks(
            np.empty(_FIRST_BLOCKS * BLOCK, dtype=np.int64),
            np.zeros(horizon, dtype=np.int64),
            np.empty(_FIRST_BLOCKS, dtype=np.int32),
            np.arange(_FIRST_BLOCKS, dtype=np.int32)[::-1].copy(),
            np.array([_FIRST_BLOCKS], dtype=np.int64),
        )

    def reserve(self, count: int) -> None:
        """Make room for that many values more, whenever they are due."""
        blocks = self.blocks
        left, needed = int(blocks.left[0]), blocks_for(count, blocks.end.size)
        if left >= needed:
            return
        have = blocks.following.size
        total = have + max(have, needed - left)
        free = np.empty(total, dtype=np.int32)
        free[: total - have] = np.arange(total - 1, have - 1, -1)
        free[total - have : total - have + left] = blocks.free[:left]
        self.blocks = Blocks(
            _longer(blocks.values, total * BLOCK),
            blocks.end,
            _longer(blocks.following, total),
            free,
            np.array([left + total - have], dtype=np.int64),
        )

    def put(self, due: I64, values: I64) -> None:
        """Add values, each due at a tick before the horizon."""
        self.reserve(due.size)
        _put_all(self.blocks, due, values)

    def take(self, tick: int) -> I64:
        """Return what is due at `tick`, in any order, and forget it."""
        return _take(self.blocks, tick)

    def left(self) -> I64:
        """Return all that is still to come due."""
        return _all_values(self.blocks)


class CompiledCalendar(Calendar):
    """Buckets of packed 64-bit values, one bucket a tick."""

    buckets: CompiledBuckets

    def __init__(self, horizon: int, channels: int, terms: int) -> None:
        super().__init__(horizon, channels, terms, CompiledBuckets)


def _longer(array: NDArray[Scalar], size: int) -> NDArray[Scalar]:
    """Return an array with room behind; memory that holds nothing yet is not touched."""
    longer = np.empty(size, dtype=array.dtype)
    longer[: array.size] = array
    return longer


@leaf
def blocks_for(count: int, horizon: int) -> int:
    """Return how many blocks suffice for so many values more."""
    return (count >> _SHIFT) + min(count, horizon)


@leaf
def put(blocks: Blocks, tick: np.uint64, value: np.uint64) -> None:
    """Add a value; there must be room."""
    end = np.uint64(blocks.end[tick])
    if end & np.uint64(BLOCK - 1) == 0:
        blocks.left[0] -= 1
        fresh = np.uint64(blocks.free[np.uint64(blocks.left[0])])
        blocks.following[fresh] = (np.int64(end) - 1) >> _SHIFT  # -1 if there is none
        end = fresh << np.uint64(_SHIFT)
    blocks.values[end] = np.int64(value)
    blocks.end[tick] = np.int64(end + np.uint64(1))


@leaf
def _put_all(blocks: Blocks, due: I64, values: I64) -> None:
    for at in range(due.size):
        put(blocks, np.uint64(due[at]), np.uint64(values[at]))


@leaf
def block_start(end: int) -> int:
    """Return where the block begins that ends there."""
    return (end - 1) & -BLOCK


@leaf
def end_before(blocks: Blocks, start: int) -> int:
    """Return where the block ends that a tick has before the one that begins there, or 0."""
    return (int(blocks.following[start >> _SHIFT]) + 1) << _SHIFT


@leaf
def forget(blocks: Blocks, tick: int) -> None:
    """Give the blocks of a tick back."""
    end = blocks.end[tick]
    while end > 0:
        start = block_start(end)
        blocks.free[blocks.left[0]] = start >> _SHIFT
        blocks.left[0] += 1
        end = end_before(blocks, start)
    blocks.end[tick] = 0


@leaf
def due_at(blocks: Blocks, tick: int) -> int:
    """Return how many values are due at a tick."""
    end, count = blocks.end[tick], 0
    while end > 0:
        start = block_start(end)
        count += end - start
        end = end_before(blocks, start)
    return count


@jit
def _values(blocks: Blocks, tick: int) -> I64:
    """Copy what is due at a tick."""
    values = np.empty(due_at(blocks, tick), dtype=np.int64)
    end, count = blocks.end[tick], 0
    while end > 0:
        start = block_start(end)
        for at in range(start, end):
            values[count] = blocks.values[at]
            count += 1
        end = end_before(blocks, start)
    return values


@jit
def _all_values(blocks: Blocks) -> I64:
    """Copy what is due at any tick."""
    count = 0
    for tick in range(blocks.end.size):
        count += due_at(blocks, tick)
    values = np.empty(count, dtype=np.int64)
    at = 0
    for tick in range(blocks.end.size):
        for value in _values(blocks, tick):
            values[at] = value
            at += 1
    return values


@jit
def _take(blocks: Blocks, tick: int) -> I64:
    values = _values(blocks, tick)
    forget(blocks, tick)
    return values
