"""Arrays whose slots are used again, growing when none is left."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from sim.kernel.arrays import grown

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
        """Slots not in use, `_left` of them."""
        self._left = FIRST_SLOTS

    @property
    def alive(self) -> int:
        """Number of slots in use."""
        return self.used.size - self._left

    def free(self, slots: I64) -> None:
        """Give slots back that nothing refers to any more."""
        self.used[slots] = False
        self._free[self._left : self._left + slots.size] = slots
        self._left += slots.size

    def take(self, count: int) -> I64:
        """Return `count` slots, marked as used."""
        while self._left < count:
            self._grow()
        self._left -= count
        slots = self._free[self._left : self._left + count].copy()
        self.used[slots] = True
        return slots

    def _grow(self) -> None:
        """Double the number of slots."""
        old = self.used.size
        for name in ("used", "_free", *self.columns):
            setattr(self, name, grown(getattr(self, name)))
        self._free[self._left : self._left + old] = np.arange(old, 2 * old)
        self._left += old
