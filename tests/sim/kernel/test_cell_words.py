"""Words of cells are those that each lane would draw by itself, block by block."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from sim.draws.streams import name_key, philox4x32_scalar, world_key
from sim.kernel.cell_words import Things, together
from sim.kernel.lanes import Lanes
from sim.seam.port import LaneId

LANES = [LaneId(0, 5, 1), LaneId(1, 5, 1), LaneId(0, 5, 2), LaneId(2, 9, 1), LaneId(1, 5, 2)]
ONE, OTHER = name_key("one"), name_key("other")


def word_of(lane: LaneId, stream: int, thing: int, tick: int, part: int) -> int:
    counter = (stream, thing // 4, tick, part)
    return philox4x32_scalar(counter, world_key(lane.seed, lane.replication))[thing % 4]


@settings(max_examples=40, deadline=None)
@given(st.data(), st.integers(1, 30), st.integers(1, 9), st.integers(0, 99), st.integers(0, 3))
def test_words_named_together_are_those_named_alone(
    data: st.DataObject, cells: int, spots: int, tick: int, part: int
) -> None:
    lanes = Lanes.of(LANES)
    kinds = ((ONE, cells), (OTHER, spots), (OTHER, cells))
    named, expected = [], []
    for stream, width in kinds:
        chosen = st.lists(st.integers(0, len(LANES) * width - 1), max_size=20, unique=True)
        at = np.array(sorted(data.draw(chosen)), dtype=np.int64)
        named.append(Things(lanes, width).words(stream, at, tick))
        expected += [
            word_of(LANES[one // width], stream, one % width, tick, part) for one in at.tolist()
        ]
    words = together(lanes, named)
    every = np.arange(len(expected))
    assert words(every, part).tolist() == expected
    some = every[::3]
    assert words(some, part).tolist() == expected[::3]


def test_a_word_of_the_neighbour_would_be_noticed() -> None:
    assert word_of(LANES[0], ONE, 1, 2, 0) != word_of(LANES[0], ONE, 2, 2, 0)
    assert word_of(LANES[0], ONE, 1, 2, 0) == word_of(LANES[1], ONE, 1, 2, 0)
