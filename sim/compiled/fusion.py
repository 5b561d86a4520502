"""Evidence that meets, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.compiled.jit import jit
from sim.fusion import DECAY_SHIFT, MOST_EVIDENCE, Evidence, Fusion, Noticed

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
I32 = NDArray[np.int32]


class CompiledFusion(Fusion):
    """Evidence of all lanes."""

    def add(self, tick: int, evidence: Evidence) -> tuple[Noticed, Noticed]:
        """Add what was read, one report at least; return the pairs that recognise, and that ask."""
        pair = self.pair(evidence.lane, evidence.unit, evidence.subject)
        held = _Held(self.sum, self.last, self.origins)
        touched = _add_up(tick, pair, evidence, held, self._decay)
        total = self.sum[touched].astype(np.int64)
        return self._noticed(tick, touched, total, self.origins[touched])


class _Held(NamedTuple):
    """Evidence of all pairs."""

    total: I32
    last: I32
    origins: U64


@jit
def _add_up(tick: int, pair: I64, new: Evidence, held: _Held, decay: I64) -> I64:
    """Add evidence to that of its pairs; return every pair once."""
    touched = np.empty(pair.size, dtype=np.int64)
    count = 0
    for at in range(pair.size):
        here = pair[at]
        total = np.int64(held.total[here])
        if held.last[here] != tick:
            total = (total * decay[tick - held.last[here]]) >> DECAY_SHIFT
            if total == 0:
                held.origins[here] = 0
            held.last[here] = tick
            touched[count] = here
            count += 1
        total += (new.weight[at] * decay[tick - new.made[at]]) >> DECAY_SHIFT
        held.total[here] = min(total, MOST_EVIDENCE)
        held.origins[here] |= new.origins[at]
    return touched[:count]
