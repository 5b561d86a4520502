"""What a batch leaves behind: nothing."""

from __future__ import annotations

import gc

import pytest

from agents import run_compiled
from agents.lane.lane import Lane
from sim import LaneId
from tests.agents.small_fire import compiled_fire

LANES = [LaneId(number % 6, 1, number) for number in range(60)]


@pytest.fixture(autouse=True)
def _nothing_is_left_of_others() -> None:
    gc.collect()


def alive() -> int:
    return sum(type(thing) is Lane for thing in gc.get_objects())


@pytest.mark.long
def test_nothing_of_a_batch_survives_it() -> None:
    before = alive()
    for _ in range(2):
        run_compiled(compiled_fire(), LANES)
        assert alive() <= before


def test_without_forgetting_the_lanes_would_survive(monkeypatch: pytest.MonkeyPatch) -> None:
    before = alive()
    monkeypatch.setattr("agents.society.batch.forget", lambda _lanes: None)
    run_compiled(compiled_fire(), LANES)
    assert alive() >= before + len(LANES)


def test_the_collector_is_as_before_also_after_an_error() -> None:
    before = gc.get_threshold()

    def stop(tick: int) -> None:
        if tick == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_compiled(compiled_fire(), LANES[:6], on_tick=stop)
    assert gc.get_threshold() == before
