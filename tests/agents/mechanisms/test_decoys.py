"""Coincidences that leave traces, and the choices that mechanisms draw."""

from __future__ import annotations

import numpy as np
import pytest

from agents.lane.choice import choose, whole_number
from scenarios.schema.quantities import Range
from sim import Draws
from sim.seam.world import LEVEL_ONE, NEVER
from tests.agents.mechanisms.calm import (
    stage,
)
from tests.agents.small import MEMBERS, SUBJECT, TICKS_A_DAY, Stage, small

# Decoys --------------------------------------------------------------------------------------


def test_a_decoy_begins_and_ends() -> None:
    played = stage()
    decoy = played.underworld.decoys[0]
    assert decoy.subject == SUBJECT + 1
    assert 2 <= len(decoy.levels) <= 4
    assert 0 <= decoy.begins < 20 * TICKS_A_DAY < decoy.ends
    codes = {MEMBERS[place]: level for place, level in decoy.levels.items()}
    assert decoy.next_tick == decoy.begins
    decoy.step()
    assert decoy.next_tick == decoy.ends
    for aspect in range(3):
        for code in MEMBERS:
            assert played.level(code, 1, aspect) == round(codes.get(code, 0) * LEVEL_ONE)
    decoy.step()
    assert decoy.next_tick == NEVER
    assert not any(played.level(code, 1, aspect) for code in MEMBERS for aspect in range(3))


def test_decoys_differ() -> None:
    decoys = stage().underworld.decoys
    assert len({(decoy.begins, tuple(decoy.levels)) for decoy in decoys}) == len(decoys)


def test_the_median_decoy_shows_half_of_a_cell() -> None:
    levels = [
        level
        for decoy in Stage(small(decoys=150)).underworld.decoys
        for level in decoy.levels.values()
    ]
    assert np.median(levels) == pytest.approx(0.5, rel=0.1)
    assert np.quantile(levels, 0.95) == pytest.approx(1.0, rel=0.2)


# Choices -------------------------------------------------------------------------------------


def test_whole_numbers_fill_their_range_evenly() -> None:
    draws, span = Draws(1, 0), Range(low=3, high=6, assumed="for the test")
    drawn = [whole_number(draws, span, "test", number) for number in range(4000)]
    assert set(drawn) == {3, 4, 5, 6}
    assert np.bincount(drawn)[3:].min() > 900


def test_choices_follow_their_weights() -> None:
    draws, weights = Draws(1, 0), [0.0, 3.0, 0.0, 1.0, 0.0]
    drawn = [choose(draws, weights, "test", number) for number in range(4000)]
    assert set(drawn) == {1, 3}
    assert drawn.count(1) == pytest.approx(3000, abs=4 * 27.4)


def test_a_choice_at_the_edge_has_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Draws, "uniform", lambda *_: 1 - 2.0**-53)
    assert choose(Draws(1, 0), [0.1, 0.2, 0.7, 0.0], "test") == 2
