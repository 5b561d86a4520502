"""Arrays whose slots are used again, growing when none is left."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from sim.arrays import grown

I64 = NDArray[np.int64]

FIRST_SLOTS: Final = 256


class Pool:
    """Struct of arrays over slots; a subclass names its `columns` and makes the arrays.

    The first axis of every column has `FIRST_SLOTS` entries at first.
    """

    columns: ClassVar[tuple[str, ...]]

    def __init__(self) -> None:
        self.used = np.zeros(FIRST_SLOTS, dtype=np.bool_)
        self._free = np.arange(FIRST_SLOTS, dtype=np.int64)

    @property
    def alive(self) -> int:
        """Number of slots in use."""
        return self.used.size - self._free.size

    def free(self, slots: I64) -> None:
        """Give slots back that nothing refers to any more."""
        self.used[slots] = False
        self._free = np.concatenate((slots, self._free))

    def take(self, count: int) -> I64:
        """Return `count` slots, marked as used."""
        while self._free.size < count:
            old = self.used.size
            for name in ("used", *self.columns):
                setattr(self, name, grown(getattr(self, name)))
            self._free = np.concatenate((self._free, np.arange(old, 2 * old, dtype=np.int64)))
        slots, self._free = self._free[:count], self._free[count:]
        self.used[slots] = True
        return slots
