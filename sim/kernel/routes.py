"""Channels over which units may push, ready to be expanded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.seam import SITUATIONS, World

I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

CONCERNS: Final = 2
"""Whether a receiver is concerned."""
RELAYS: Final = SITUATIONS // CONCERNS
"""Whether a sender passes on what is another's; it knows so before it looks at receivers."""


class Routes:
    """Compressed rows of channels: a row for each pattern and unit.

    A *pattern* is a set of kinds of channels over which some rule may push, whether or not the
    receiver is concerned, and a set of units that are open and so may receive. Phase, relay or not,
    and class have a pattern; many share one.
    """

    def __init__(self, world: World) -> None:
        self._units, self._classes = len(world.units.names), len(world.classes.names)
        may = _may_push(world)
        self.always = bool((may[:, :, 0] == may[:, :, 1]).all())
        """Whether rules may push over the channels of a row whoever is concerned."""
        patterns, self.pattern = _patterns(may, world.phases.open)
        """Of each phase, relay and class."""
        used = [np.flatnonzero(one) for one in _channels(world, patterns)]
        source = world.channels.src
        counts = [np.bincount(source[one], minlength=self._units) for one in used]
        self.count = np.array(counts, dtype=np.int32).reshape(-1)
        self.start = np.cumsum(self.count, dtype=np.int64) - self.count
        self.channel = np.concatenate([np.empty(0, dtype=np.int64), *used])

    def row(self, phase: I64, relay: Bool, cls: I64, unit: I64) -> I64:
        """Return the numbers of rows."""
        pattern = self.pattern[(phase * RELAYS + relay) * self._classes + cls]
        number: I64 = pattern * self._units + unit
        return number


def count_routes(world: World) -> int:
    """Return how many places the rows of a world have, without laying them out."""
    patterns, _ = _patterns(_may_push(world), world.phases.open)
    return sum(int(np.count_nonzero(one)) for one in _channels(world, patterns))


def _channels(world: World, patterns: Bool) -> Iterator[Bool]:
    """Yield for each pattern which channels are in it, shape (C,)."""
    channels = world.channels
    for pattern in patterns:
        kinds, units = np.split(pattern, [world.channel_kinds])
        yield kinds[channels.kind] & units[channels.dst]


def _may_push(world: World) -> Bool:
    """Whether a rule may push, shape (D, relays, concerned or not, X, R)."""
    term = world.phases.term
    may: Bool = (world.terms.push > 0)[term]
    return may.reshape(len(term), RELAYS, CONCERNS, *term.shape[2:])


def _patterns(may: Bool, is_open: Bool) -> tuple[Bool, I64]:
    """Return the patterns there are, shape (n, X + U), and that of each phase, relay and class."""
    either = np.moveaxis(may[:, :, 0] | may[:, :, 1], 2, 3)
    each = math.prod(either.shape[1:3])
    kinds = either.reshape(len(either) * each, either.shape[3])
    rows = np.concatenate((kinds, np.repeat(is_open, each, axis=0)), axis=1)
    packed = np.packbits(rows, axis=1)
    _, first, number = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    return rows[first], number.reshape(-1)
