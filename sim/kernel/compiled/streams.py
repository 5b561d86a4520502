"""Named words, compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.draws import BUMPS, MULTIPLIERS, ROUNDS
from sim.kernel.compiled.jit import jit

U32 = NDArray[np.uint32]

_M0, _M1 = (np.uint64(factor) for factor in MULTIPLIERS.ravel())
_W0, _W1 = (np.uint32(bump) for bump in BUMPS.ravel())
_HALF = np.uint64(32)


def compiled_philox4x32(counter: tuple[ArrayLike, ...], key: tuple[ArrayLike, ...]) -> U32:
    """Philox4x32-10, as `sim.draws.streams.philox4x32` gives it."""
    given = [np.asarray(part).reshape(-1) for part in (*counter, *key)]
    size = np.broadcast(*given).size
    parts = np.empty((len(given), size), dtype=np.uint32)
    for row, part in zip(parts, given, strict=True):
        row[:] = part
    return philox(parts)


@jit
def philox(parts: U32) -> U32:
    """Ten rounds on counters (rows 0 to 3) and keys (rows 4 and 5)."""
    out = np.empty((4, parts.shape[1]), dtype=np.uint32)
    for at in range(parts.shape[1]):
        c0, c1, c2, c3 = parts[0, at], parts[1, at], parts[2, at], parts[3, at]
        k0, k1 = parts[4, at], parts[5, at]
        for _ in range(ROUNDS):
            even, odd = np.uint64(c0) * _M0, np.uint64(c2) * _M1
            c0, c1 = np.uint32(odd >> _HALF) ^ c1 ^ k0, np.uint32(odd)
            c2, c3 = np.uint32(even >> _HALF) ^ c3 ^ k1, np.uint32(even)
            k0, k1 = np.uint32(k0 + _W0), np.uint32(k1 + _W1)
        out[0, at], out[1, at], out[2, at], out[3, at] = c0, c1, c2, c3
    return out
