"""What spreading looks up of the network's world, laid out for a graphics processor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws.streams import name_key, stream_offset
from sim.reference import RELEASE
from tests.benchmarks.network import SEED
from tests.benchmarks.world import HORIZON, world_of

if TYPE_CHECKING:
    from sim.seam.world import World
    from tests.benchmarks.network import Network

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]

TERM: Final = 1
"""The term that every channel of the world has."""
CHANNEL_BITS: Final = 24
"""An arrival is a tick and, below it, the channel: the least is the one that counts."""
WORLD, SEED_LOW, SEED_HIGH, EMIT, SUBJECT, STREAM, CHANCE = range(7)
"""Places in the words that name draws."""


class Inputs(NamedTuple):
    """Arrays that stay the same for all lanes."""

    words: U64
    """What draws are named by, and the chance that a channel passes a report on."""
    unit_key: U32
    target: I32
    """Where channels lead; those of a unit lie side by side."""
    channel_key: U32
    waits: U8
    """Ticks that a message takes, at least 1, by place in the table."""


def inputs_of(network: Network) -> Inputs:
    """Lay a network out.

    Raises
    ------
    ValueError
        If its ticks or channels do not fit an arrival.
    """
    return laid_out(world_of(network))


def laid_out(world: World) -> Inputs:
    """Lay the world of a network out; see `inputs_of`."""
    channels, phases = world.channels, world.phases
    if channels.dst.size >= 1 << CHANNEL_BITS or HORIZON >= (1 << 32 - CHANNEL_BITS) - 1:
        raise ValueError("an arrival does not hold that many channels or ticks")
    words = np.zeros(7, dtype=np.uint64)
    words[[WORLD, SEED_LOW, SEED_HIGH]] = name_key("world"), SEED & 0xFFFFFFFF, SEED >> 32
    words[[EMIT, SUBJECT]] = world.classes.emit_key[0], world.subjects.key[0]
    words[[STREAM, CHANCE]] = stream_offset(RELEASE), world.terms.push[TERM]
    waits = world.tables[phases.latency[0, 0]]
    return Inputs(
        words,
        world.units.key.astype(np.uint32),
        channels.dst.astype(np.int32),
        channels.key.astype(np.uint32),
        waits.clip(1, HORIZON).astype(np.uint8),
    )
