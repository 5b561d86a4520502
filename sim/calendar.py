"""Messages in transit, by the tick at which they are due."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.arrays import Buckets, bits

I64 = NDArray[np.int64]


_VALUE_BITS: Final = 63
"""Bits of a value; signed 64-bit numbers above 0 sort as they should."""


class Calendar:
    """Buckets of packed 64-bit values, one bucket a tick.

    The bits of a value are, from the top, place (report and receiving unit), channel and term:
    sorting puts copies for one receiver side by side, the lowest channel first.
    """

    def __init__(self, horizon: int, channels: int, terms: int) -> None:
        self._buckets = Buckets(horizon)
        self._term_bits = bits(terms)
        self._channel_bits = bits(channels)
        self._place_shift = self._term_bits + self._channel_bits
        self._places = (1 << _VALUE_BITS) >> self._place_shift

    def schedule(self, due: I64, place: I64, channel: I64, term: I64) -> None:
        """Add messages, each due at a tick before the horizon.

        Raises
        ------
        OverflowError
            If a place does not fit beside channel and term.
        """
        if not due.size:
            return
        if place.max() >= self._places:
            raise OverflowError(self._too_many())
        packed = place << self._place_shift
        packed |= channel << self._term_bits
        packed |= term
        self._buckets.put(due, packed)

    def _too_many(self) -> str:
        return (
            f"the calendar can tell {self._places:,} pairs of report and unit apart and there are "
            f"more: {_VALUE_BITS} bits less {self._channel_bits} for channels and "
            f"{self._term_bits} for terms; run fewer lanes together"
        )

    def take(self, tick: int) -> I64:
        """Messages due at `tick`, packed, in any order."""
        return self._buckets.take(tick)

    def in_flight(self) -> I64:
        """Messages that are still to land, packed, in any order."""
        return self._buckets.left()

    def place(self, packed: I64) -> I64:
        """Return the places of messages."""
        return packed >> self._place_shift

    def channel(self, packed: I64) -> I64:
        """Return the channels of messages."""
        return (packed >> self._term_bits) & ((1 << self._channel_bits) - 1)

    def term(self, packed: I64) -> I64:
        """Return the terms of messages."""
        return packed & ((1 << self._term_bits) - 1)
