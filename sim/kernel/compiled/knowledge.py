"""What units know of subjects, looked up by machine code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.compiled.jit import leaf
from sim.kernel.knowledge import Knowledge

I32 = NDArray[np.int32]
U64 = NDArray[np.uint64]


class Known(NamedTuple):
    """Whose knowledge is in what units hold."""

    entry: I32
    """Of each pair of unit and subject."""
    origins: U64
    """By entry and face."""
    units: int
    subjects: int


def known_now(knowledge: Knowledge) -> Known:
    """Return where to look things up until there are entries more."""
    return Known(knowledge.entry, knowledge.origins, knowledge.units, knowledge.subjects)


@leaf
def origins_of(known: Known, lane: int, unit: int, subject: int, faces: np.uint8) -> np.uint64:
    """Return the origins of the components that have one of some faces."""
    entry = known.entry[(lane * known.units + unit) * known.subjects + subject]
    found: np.uint64 = np.uint64(0)
    for face in range(known.origins.shape[1]):
        if (int(faces) >> face) & 1:
            found |= known.origins[entry, face]
    return found
