"""Draws of `sim.draws.streams` as CUDA functions."""

from __future__ import annotations

from typing import Any

import numba.cuda
import numpy as np

from sim.draws.streams import BUMPS, GAMMA, MIX, MIX_LAST, MULTIPLIERS, ROUNDS
from tests.benchmarks.accelerator import inputs

cuda: Any = numba.cuda
"""Its types leave out what there is on a device only."""

(_SHIFT_1, _FACTOR_1), (_SHIFT_2, _FACTOR_2) = (
    (np.uint64(shift), np.uint64(factor)) for shift, factor in MIX
)
_SHIFT_3, _GAMMA = np.uint64(MIX_LAST), np.uint64(GAMMA)
_HALF, _LOW, _NONE = np.uint64(32), np.uint64(0xFFFFFFFF), np.uint64(0)
_M0, _M1 = (np.uint64(factor) for factor in MULTIPLIERS.ravel())
_W0, _W1 = (np.uint64(bump) for bump in BUMPS.ravel())
_ROUNDS = ROUNDS

WORLD, SEED_LOW, SEED_HIGH = inputs.WORLD, inputs.SEED_LOW, inputs.SEED_HIGH
EMIT, SUBJECT = inputs.EMIT, inputs.SUBJECT


@cuda.jit(device=True)
def _philox(c0, c1, c2, c3, k0, k1):
    """Return the first two words of Philox4x32-10; all are 64-bit numbers below 2**32."""
    for _ in range(_ROUNDS):
        even, odd = c0 * _M0, c2 * _M1
        c0, c1 = (odd >> _HALF) ^ c1 ^ k0, odd & _LOW
        c2, c3 = (even >> _HALF) ^ c3 ^ k1, even & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return c0, c1


@cuda.jit(device=True)
def report_key(words, unit_key, lane, unit, ordinal):
    """Return the key of the report that a unit wrote as number `ordinal` in a lane."""
    k0, k1 = _philox(np.uint64(lane), words[WORLD], _NONE, _NONE, words[SEED_LOW], words[SEED_HIGH])
    by = np.uint64(unit_key[unit])
    high, low = _philox(words[EMIT], words[SUBJECT], by, np.uint64(ordinal), k0, k1)
    return (high << _HALF) | low


@cuda.jit(device=True)
def word_about(state, entity):
    """Return the 64-bit word about an entity, of the stream that begins in a state."""
    word = state + np.uint64(entity) * _GAMMA
    word = (word ^ (word >> _SHIFT_1)) * _FACTOR_1
    word = (word ^ (word >> _SHIFT_2)) * _FACTOR_2
    return word ^ (word >> _SHIFT_3)
