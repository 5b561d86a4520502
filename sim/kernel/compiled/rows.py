"""Channels over which units may push, in rows, as sending wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import ReferenceType, ref

import numpy as np
from numpy.typing import NDArray

from sim.draws import GAMMA
from sim.kernel.calendar import Calendar
from sim.kernel.compiled.jit import jit
from sim.kernel.routes import Routes

if TYPE_CHECKING:
    from sim.seam import World

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]

_GAMMA = np.uint64(GAMMA)


class Rows(NamedTuple):
    """Channels in rows, see `sim.kernel.routes`; what a sender goes through lies side by side."""

    start: I64
    length: I32
    told: U64
    """Of each place in the rows: receiver, channel and term, as a message has them."""
    offset: U64
    """How far along its stream the draw about the channel lies."""
    concerned: U16
    """The term if the receiver is concerned."""
    longest: int
    """Channels that a row has at most."""


_KEPT: Final[dict[int, tuple[ReferenceType[World], Rows]]] = {}
"""By the identity of a world, for as long as there is the world."""


def rows_of(world: World, routes: Routes, calendar: Calendar) -> Rows:
    """Return rows for messages as the calendar packs them; each world's are laid out once."""
    number = id(world)
    if number not in _KEPT:
        rows = _laid_out(world, routes, calendar)
        _KEPT[number] = ref(world, lambda _: _KEPT.pop(number, None)), rows
    return _KEPT[number][1]


def _laid_out(world: World, routes: Routes, calendar: Calendar) -> Rows:
    """Lay rows out."""
    terms = world.points.term
    rows = Rows(
        routes.start,
        routes.count,
        np.empty(routes.channel.size, dtype=np.uint64),
        np.empty(routes.channel.size, dtype=np.uint64),
        np.empty(routes.channel.size, dtype=np.uint16),
        int(routes.count.max(initial=0)),
    )
    by_relay = terms.reshape(2 * len(terms), 2, *terms.shape[2:])
    bits = calendar.place_shift, calendar.term_bits
    _fill(rows, routes.channel, by_relay, world.channels.dst, world.channels.key, bits)
    return rows


@jit
def _fill(rows: Rows, channels: I64, terms: U16, dst: I64, key: U32, bits: tuple[int, int]) -> None:
    """Look up what rows hold; `terms` is of shape (2 * D, 2, C, R)."""
    place_shift, term_bits = bits
    numbers, _, _, classes = terms.shape
    units = rows.start.size // (numbers * classes)
    for row in range(rows.start.size):
        number, cls = row // (classes * units), row // units % classes
        for place in range(rows.start[row], rows.start[row] + rows.length[row]):
            channel = channels[place]
            told = (dst[channel] << place_shift) | (channel << term_bits)
            rows.told[place] = told | np.int64(terms[number, 0, channel, cls])
            rows.offset[place] = np.uint64(key[channel]) * _GAMMA
            rows.concerned[place] = terms[number, 1, channel, cls]
