"""Channels over which units may push, ready to be expanded."""

from __future__ import annotations

import math
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
    receiver is concerned. Design point, relay or not, and class have a pattern; many share one.
    """

    def __init__(self, world: World) -> None:
        channels, self._units = world.channels, len(world.units.names)
        self._classes = len(world.classes.names)
        may = _may_push(world)
        self.always = bool((may[:, :, 0] == may[:, :, 1]).all())
        """Whether rules may push over the channels of a row whoever is concerned."""
        patterns, self.pattern = _patterns(may)
        """Of each design point, relay and class."""
        used = [np.flatnonzero(kinds[channels.kind]) for kinds in patterns]
        counts = [np.bincount(channels.src[one], minlength=self._units) for one in used]
        self.count = np.array(counts, dtype=np.int32).reshape(-1)
        self.start = np.cumsum(self.count, dtype=np.int64) - self.count
        self.channel = np.concatenate([np.empty(0, dtype=np.int64), *used])

    def row(self, point: I64, relay: Bool, cls: I64, unit: I64) -> I64:
        """Return the numbers of rows."""
        pattern = self.pattern[(point * RELAYS + relay) * self._classes + cls]
        number: I64 = pattern * self._units + unit
        return number


def count_routes(world: World) -> int:
    """Return how many places the rows of a world have, without laying them out."""
    patterns, _ = _patterns(_may_push(world))
    return int((patterns @ np.bincount(world.channels.kind, minlength=patterns.shape[1])).sum())


def _may_push(world: World) -> Bool:
    """Whether a rule may push, shape (D, relays, concerned or not, X, R)."""
    term = world.points.term
    may: Bool = (world.terms.push > 0)[term]
    return may.reshape(len(term), RELAYS, CONCERNS, *term.shape[2:])


def _patterns(may: Bool) -> tuple[Bool, I64]:
    """Return the patterns there are, shape (n, X), and that of each point, relay and class."""
    either = np.moveaxis(may[:, :, 0] | may[:, :, 1], 2, 3)
    rows = either.reshape(math.prod(either.shape[:3]), either.shape[3])
    packed = np.packbits(rows, axis=1)
    _, first, number = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    return rows[first], number.reshape(-1)
