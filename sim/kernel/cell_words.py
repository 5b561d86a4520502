"""Words of draws about the cells of many lanes: four neighbours share a call of the generator.

Things of a kind are numbered ``lane * width + thing``. A word is named by its stream, the thing by
fours, the tick, and the part of a count that it is for. Lanes of one world draw the same words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws import philox4x32
from sim.kernel.lanes import Lanes

if TYPE_CHECKING:
    from sim.draws import Words

I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]

_WORDS: Final = 4


class Named(NamedTuple):
    """Words by name, not drawn yet."""

    stream: int
    block: I64
    """Which call of the generator, the same in lanes of one world."""
    word: I64
    """Which of its four words."""
    tick: int


class Things:
    """Things of one kind in every lane."""

    def __init__(self, lanes: Lanes, width: int) -> None:
        lane, thing = np.divmod(np.arange(lanes.size * width), width)
        block, self._word = np.divmod(thing, _WORDS)
        self._block = block * lanes.world_keys.shape[1] + lanes.world[lane]

    def words(self, stream: int, at: I64, tick: int) -> Named:
        """Name a word for each of the things `at`."""
        return Named(stream, self._block[at], self._word[at], tick)


def together(lanes: Lanes, named: list[Named]) -> Words:
    """Return a supply of words of one tick, named in several ways, one after the other."""
    streams = np.array([one.stream for one in named], dtype=np.int64)
    worlds = lanes.world_keys.shape[1]
    span = worlds * (1 + max((int(one.block.max(initial=0)) // worlds for one in named), default=0))
    block = np.concatenate([one.block + turn * span for turn, one in enumerate(named)])
    word, tick = np.concatenate([one.word for one in named]), named[0].tick

    def words(index: I64, part: int) -> U32:
        blocks = block[index]
        wanted = np.zeros(span * streams.size, dtype=np.bool_)
        wanted[blocks] = True
        once = np.flatnonzero(wanted)
        place = np.empty(wanted.size, dtype=np.int64)
        place[once] = np.arange(once.size)
        turn, rest = np.divmod(once, span)
        own, world = np.divmod(rest, worlds)
        drawn = philox4x32((streams[turn], own, tick, part), tuple(lanes.world_keys[:, world]))
        chosen: U32 = drawn[word[index], place[blocks]]
        return chosen

    return words
