"""Messages in transit, compiled."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.arrays import Buckets
from sim.calendar import Calendar
from sim.compiled.jit import jit

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]

BLOCK: Final = 32
"""Values of a block; the first block of a tick may have room, the others are full."""

_NONE: Final = -1
_FIRST_BLOCKS: Final = 64


class Blocks(NamedTuple):
    """Values in blocks, the blocks of a tick in a list."""

    values: I64
    """Shape (blocks, BLOCK)."""
    following: I32
    first: I32
    """The first block of each tick, shape (horizon,)."""
    filled: I32
    """Values in it."""
    free: I32
    """Blocks not in use, as many as `left` says."""
    left: I64
    """Shape (1,)."""


class CompiledBuckets(Buckets):
    """Packed values by the tick at which they come due."""

    def __init__(self, horizon: int) -> None:
        super().__init__(horizon)
        self.blocks = Blocks(
            np.empty((_FIRST_BLOCKS, BLOCK), dtype=np.int64),
            np.full(_FIRST_BLOCKS, _NONE, dtype=np.int32),
            np.full(horizon, _NONE, dtype=np.int32),
            np.zeros(horizon, dtype=np.int32),
            np.arange(_FIRST_BLOCKS, dtype=np.int32),
            np.array([_FIRST_BLOCKS], dtype=np.int64),
        )

    def reserve(self, count: int) -> None:
        """Make room for that many values more, whenever they are due."""
        blocks = self.blocks
        needed = count // BLOCK + min(count, blocks.first.size) + 1
        have, left = blocks.following.size, int(blocks.left[0])
        if left >= needed:
            return
        more = max(have, needed - left)
        self.blocks = Blocks(
            np.concatenate((blocks.values, np.empty((more, BLOCK), dtype=np.int64))),
            np.concatenate((blocks.following, np.full(more, _NONE, dtype=np.int32))),
            blocks.first,
            blocks.filled,
            np.concatenate(
                (
                    blocks.free[:left],
                    np.arange(have, have + more, dtype=np.int32),
                    np.zeros(have - left, dtype=np.int32),
                )
            ),
            np.array([left + more], dtype=np.int64),
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
        return _left(self.blocks)


class CompiledCalendar(Calendar):
    """Buckets of packed 64-bit values, one bucket a tick."""

    def __init__(self, horizon: int, channels: int, terms: int) -> None:
        super().__init__(horizon, channels, terms)
        self.buckets: CompiledBuckets = CompiledBuckets(horizon)


@jit
def put(blocks: Blocks, tick: int, value: int) -> None:
    """Add a value; there must be room."""
    block = blocks.first[tick]
    if block == _NONE or blocks.filled[tick] == BLOCK:
        blocks.left[0] -= 1
        fresh = blocks.free[blocks.left[0]]
        blocks.following[fresh] = block
        blocks.first[tick] = block = fresh
        blocks.filled[tick] = 0
    blocks.values[block, blocks.filled[tick]] = value
    blocks.filled[tick] += 1


@jit
def _put_all(blocks: Blocks, due: I64, values: I64) -> None:
    for at in range(due.size):
        put(blocks, due[at], values[at])


@jit
def _size(blocks: Blocks, tick: int) -> int:
    """Return how many values are due at a tick."""
    block = blocks.first[tick]
    if block == _NONE:
        return 0
    count = int(blocks.filled[tick])
    while blocks.following[block] != _NONE:
        block = blocks.following[block]
        count += BLOCK
    return count


@jit
def _copy(blocks: Blocks, tick: int, values: I64) -> None:
    """Copy what is due at a tick."""
    block, count, start = blocks.first[tick], blocks.filled[tick], 0
    while block != _NONE:
        values[start : start + count] = blocks.values[block, :count]
        start += count
        block, count = blocks.following[block], BLOCK


@jit
def _take(blocks: Blocks, tick: int) -> I64:
    """Copy what is due at a tick and give its blocks back."""
    values = np.empty(_size(blocks, tick), dtype=np.int64)
    _copy(blocks, tick, values)
    block = blocks.first[tick]
    while block != _NONE:
        blocks.free[blocks.left[0]] = block
        blocks.left[0] += 1
        block = blocks.following[block]
    blocks.first[tick] = _NONE
    return values


@jit
def _left(blocks: Blocks) -> I64:
    """Copy everything."""
    total = 0
    for tick in range(blocks.first.size):
        total += _size(blocks, tick)
    values = np.empty(total, dtype=np.int64)
    start = 0
    for tick in range(blocks.first.size):
        size = _size(blocks, tick)
        _copy(blocks, tick, values[start : start + size])
        start += size
    return values
