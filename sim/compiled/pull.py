"""Search in what units hold, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.compiled.delivery import held
from sim.compiled.jit import jit
from sim.pull import Files
from sim.reports import Packing

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]


class CompiledFiles(Files):
    """Search in what the units hold."""

    def _matches(self, tick: int, group: I64, holder: I64, asker: I64) -> tuple[I64, I64]:
        """Pairs (index into `group`, slot) of what is alive, held and not yet with the asker."""
        store, postings = self._store, self._postings
        filed = _Filed(postings.slots, postings.count, store.made, store.expires)
        copies = store.copies.reshape(-1)
        return _matches(tick, group, holder, asker, filed, copies, store.packing)


class _Filed(NamedTuple):
    """Reports by lane and subject, and their times."""

    slots: I32
    number: I64
    made: I32
    expires: I32


@jit
def _matches(
    tick: int, group: I64, holder: I64, asker: I64, filed: _Filed, copies: U8, packing: Packing
) -> tuple[I64, I64]:
    most = 0
    for at in range(group.size):
        most += filed.number[group[at]]
    index, found = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    count = 0
    for at in range(group.size):
        for number in range(filed.number[group[at]]):
            slot = np.int64(filed.slots[group[at], number])
            if filed.expires[slot] <= tick or filed.made[slot] >= tick:
                continue
            place = slot * packing.places
            if held(copies, packing, place + holder[at]) == 0:
                continue
            if held(copies, packing, place + asker[at]) != 0:
                continue
            index[count], found[count] = at, slot
            count += 1
    return index[:count], found[:count]
