"""Words about a report, compiled."""

from __future__ import annotations

import numpy as np

from sim.draws import MIX, MIX_LAST
from sim.kernel.compiled.jit import leaf

(_SHIFT_1, _FACTOR_1), (_SHIFT_2, _FACTOR_2) = (
    (np.uint64(shift), np.uint64(factor)) for shift, factor in MIX
)
_SHIFT_3 = np.uint64(MIX_LAST)


@leaf
def word_about(state: np.uint64, offset: np.uint64) -> np.uint64:
    """Output of SplitMix64 so far from a state."""
    word = state + offset
    word = (word ^ (word >> _SHIFT_1)) * _FACTOR_1
    word = (word ^ (word >> _SHIFT_2)) * _FACTOR_2
    return word ^ (word >> _SHIFT_3)
