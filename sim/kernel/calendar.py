"""Messages in transit, by the tick at which they are due."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.kernel.arrays import Buckets, bits

I64 = NDArray[np.int64]


_VALUE_BITS: Final = 63
"""Bits of a value; signed 64-bit numbers above 0 sort as they should."""


class TooManyError(OverflowError):
    """More live reports than the calendar can tell apart."""


class Calendar:
    """Buckets of packed 64-bit values, one bucket a tick.

    The bits of a value are, from the top, place (report and receiving unit), channel and term:
    sorting puts copies for one receiver side by side, the lowest channel first.
    """

    def __init__(
        self, horizon: int, channels: int, terms: int, buckets: type[Buckets] = Buckets
    ) -> None:
        self.buckets = buckets(horizon)
        self.term_bits = bits(terms)
        self.channel_bits = bits(channels)
        self.place_shift = self.term_bits + self.channel_bits
        self._places = (1 << _VALUE_BITS) >> self.place_shift

    def schedule(self, due: I64, place: I64, channel: I64, term: I64) -> None:
        """Add messages, each due at a tick before the horizon.

        Raises
        ------
        TooManyError
            If a place does not fit beside channel and term.
        """
        if not due.size:
            return
        self.check(int(place.max()))
        packed = place << self.place_shift
        packed |= channel << self.term_bits
        packed |= term
        self.buckets.put(due, packed)

    def check(self, place: int) -> None:
        """Refuse a place that does not fit beside channel and term.

        Raises
        ------
        TooManyError
            If it does not.
        """
        if place >= self._places:
            raise TooManyError(
                f"the calendar can tell {self._places:,} pairs of report and unit apart and there "
                f"are more: {_VALUE_BITS} bits less {self.channel_bits} for channels and "
                f"{self.term_bits} for terms; run fewer lanes together"
            )

    def take(self, tick: int) -> I64:
        """Messages due at `tick`, packed, in any order."""
        return self.buckets.take(tick)

    def in_flight(self) -> I64:
        """Messages that are still to land, packed, in any order."""
        return self.buckets.left()

    def place(self, packed: I64) -> I64:
        """Return the places of messages."""
        return packed >> self.place_shift

    def channel(self, packed: I64) -> I64:
        """Return the channels of messages."""
        return (packed >> self.term_bits) & ((1 << self.channel_bits) - 1)

    def term(self, packed: I64) -> I64:
        """Return the terms of messages."""
        return packed & ((1 << self.term_bits) - 1)
