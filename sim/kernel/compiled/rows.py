"""Channels over which units may push, in rows, as sending wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import ReferenceType, ref

import numpy as np
from numpy.typing import NDArray

from sim.draws import entity_offset
from sim.kernel.calendar import Calendar
from sim.kernel.routes import CONCERNS, RELAYS, Routes

if TYPE_CHECKING:
    from sim.seam import World

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
U64 = NDArray[np.uint64]


class Rows(NamedTuple):
    """Channels in rows, see `sim.kernel.routes`; what a sender goes through lies side by side."""

    pattern: I64
    start: I64
    length: I32
    told: U64
    """Of each place in the rows: receiver and channel, as a message has them, and where it has the
    term the *case*: the kind of the channel, and as many more as there are kinds if the receiver
    is concerned."""
    offset: U64
    """How far along its stream the draw about the channel lies."""
    term: U16
    """Terms by case, of each phase, relay and class; shape (D * relays * R * 2 * X,)."""
    kinds: int
    """Kinds of channels, X."""
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
    channels, channel, terms = world.channels, routes.channel, world.phases.term
    by_relay = terms.reshape(len(terms), RELAYS, CONCERNS, *terms.shape[2:])
    told = channels.dst[channel] << calendar.place_shift
    told |= channel << calendar.term_bits
    told |= channels.kind[channel]
    return Rows(
        routes.pattern,
        routes.start,
        routes.count,
        told.view(np.uint64),
        entity_offset(channels.key)[channel],
        np.moveaxis(by_relay, 4, 2).flatten(),
        world.channel_kinds,
        int(routes.count.max(initial=0)),
    )
