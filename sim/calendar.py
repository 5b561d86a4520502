"""Messages in transit, by the tick at which they are due."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.arrays import Buckets, bits

I64 = NDArray[np.int64]


_VALUE_BITS: Final = 63
"""Bits of a value; signed 64-bit numbers above 0 sort as they should."""


class Messages(NamedTuple):
    """Messages as arrays of shape (n,)."""

    slot: I64
    channel: I64
    term: I64


class Calendar:
    """Buckets of packed 64-bit values, one bucket a tick; a popped bucket is sorted.

    The bits of a value are, from the top, slot, receiving unit, channel and term: so sorting
    puts copies for one receiver side by side, the lowest channel first.
    """

    def __init__(self, horizon: int, dst: I64, terms: int) -> None:
        self._buckets = Buckets(horizon)
        self._dst = dst
        self._term_bits = bits(terms)
        self._channel_bits = bits(dst.size)
        self._unit_bits = bits(int(dst.max(initial=0)) + 1)
        self._slot_shift = self._term_bits + self._channel_bits + self._unit_bits
        self._slots = (1 << _VALUE_BITS) >> self._slot_shift
        self.in_flight = 0

    def schedule(self, due: I64, slot: I64, channel: I64, term: I64) -> None:
        """Add messages, each due at a tick before the horizon.

        Raises
        ------
        OverflowError
            If a slot does not fit beside unit, channel and term.
        """
        if not due.size:
            return
        if slot.max() >= self._slots:
            raise OverflowError(self._too_many())
        packed = (
            (slot << self._slot_shift)
            | (self._dst[channel] << (self._channel_bits + self._term_bits))
            | (channel << self._term_bits)
            | term
        )
        self._buckets.put(due, packed)
        self.in_flight += due.size

    def _too_many(self) -> str:
        return (
            f"the calendar can tell {self._slots:,} live reports apart and there are more: "
            f"{_VALUE_BITS} bits less {self._unit_bits} for units, {self._channel_bits} for "
            f"channels and {self._term_bits} for terms; run fewer lanes together"
        )

    def pop(self, tick: int) -> tuple[Messages, NDArray[np.bool_]] | None:
        """Messages due at `tick`, and whether each is the first for its report and receiver."""
        packed = self._buckets.take(tick)
        if not packed.size:
            return None
        self.in_flight -= packed.size
        pair = packed >> (self._channel_bits + self._term_bits)
        first = np.ones(packed.size, dtype=np.bool_)
        first[1:] = pair[1:] != pair[:-1]
        channel = (packed >> self._term_bits) & ((1 << self._channel_bits) - 1)
        term = packed & ((1 << self._term_bits) - 1)
        return Messages(packed >> self._slot_shift, channel, term), first
