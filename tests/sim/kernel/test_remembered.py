"""Remembered draws are the draws: what is looked up is what would have been drawn."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from sim.draws.streams import Draws
from sim.draws.tables import lognormal
from sim.kernel.remembered import Remembered, draws_of
from sim.seam.port import LaneId

NAMES = st.lists(
    st.tuples(
        st.sampled_from(("one", "two")),
        st.one_of(st.integers(0, 5), st.sampled_from(("here", "there"))),
        st.integers(0, 5),
    ),
    max_size=30,
)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), NAMES)
def test_every_way_of_drawing_gives_what_it_gives_without_memory(
    seed: int, replication: int, names: list[tuple[str, int | str, int]]
) -> None:
    plain, remembered = Draws(seed, replication), Remembered(seed, replication)
    table = lognormal(10.0, 40.0)
    for name in (*names, *names):
        assert remembered.words(*name) == plain.words(*name)
        assert remembered.uniform(*name) == plain.uniform(*name)
        assert remembered.chance(0.4, *name) == plain.chance(0.4, *name)
        assert remembered.quantile(table, *name) == plain.quantile(table, *name)


def test_lanes_of_one_world_share_their_draws_and_others_do_not() -> None:
    lanes = [LaneId(0, 3, 1), LaneId(1, 3, 1), LaneId(0, 3, 2), LaneId(1, 4, 1)]
    first, second, third, fourth = draws_of(lanes)
    assert first is second
    assert isinstance(first, Remembered)
    assert not isinstance(third, Remembered)
    drawn = [draws.words("move", 1) for draws in (first, third, fourth)]
    assert drawn == [Draws(*lane[1:]).words("move", 1) for lane in (lanes[0], *lanes[2:])]
    assert np.unique(drawn).size > 4


def test_what_cannot_happen_is_not_drawn() -> None:
    class Counting(Draws):
        __slots__ = ()

        def words(self, stream: str, *entity: int | str) -> tuple[int, int, int, int]:
            raise AssertionError(stream, entity)

    assert not Counting(1, 2).chance(0.0, "never")
    assert not Counting(1, 2).chance(-0.5, "never")
    assert Draws(1, 2).chance(1.0, "always")
