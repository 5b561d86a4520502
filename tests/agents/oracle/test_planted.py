"""The oracle notices errors that are planted in the code which records outcomes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from agents.society.society import Society
from scenarios.schema import COMMON_BY_THREAT, given
from tests.agents import several
from tests.agents.borders import small_borders
from tests.agents.cyber import small_outbreak
from tests.agents.oracle import (
    planted_borders,
    planted_common,
    planted_crime,
    planted_cyber,
    planted_fire,
    planted_plot,
    planted_several,
)
from tests.agents.oracle.oracle import NOT_TOLD
from tests.agents.oracle.planting import PLANTED
from tests.agents.oracle.test_oracle import backlog_errors
from tests.agents.oracle.worlds import World, errors_in, world
from tests.agents.plots import crowded
from tests.agents.small import small
from tests.agents.small_fire import small_fire

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS: Final = (
    planted_borders,
    planted_common,
    planted_crime,
    planted_cyber,
    planted_fire,
    planted_plot,
    planted_several,
)

WORLDS: Final[dict[str, Callable[[], World]]] = {
    "borders": lambda: world(
        small_borders(
            days=56,
            parts={"rings": {"falls_apart": 0.9, "replaced": 1.0, "replaced_after": 24.0}},
            points={"evros-bank": {"looks": 300}},
            procedures={"facilitation-case": {"verified": 1, "proven": 1, "arrested": 1}},
        ),
        "full-pool",
        3,
        new_year=20,
    ),
    "crime": lambda: world(
        small(
            horizon_days=105,
            networks=3,
            network={"recruits_per_week": 1.0, "falls_apart": 0.8, "replaced": 1.0},
        ),
        "full-pool",
        14,
        new_year=30,
    ),
    "cyber": lambda: world(small_outbreak(), "full-pool", 11, new_year=3),
    "fire": lambda: world(
        small_fire(patience=3.0, hotter=6, standby=12.0), "availability", 10, new_year=4
    ),
    "plot": lambda: world(crowded(), "full-pool", 4, new_year=20),
    "several": lambda: world(several.world(*several.THREATS), "full-pool", 5, new_year=6),
}


@cache
def where(name: str) -> World:
    """Return a world in which much happens."""
    return WORLDS[name]()


@pytest.mark.long
@pytest.mark.parametrize("name", list(WORLDS))
def test_without_an_error_nothing_is_noticed(name: str) -> None:
    assert errors_in(where(name)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(PLANTED))
def test_a_planted_error_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error = PLANTED[name]
    one = where(error.world)
    error.plant(monkeypatch)
    assert error.wrong <= errors_in(one).keys()


def test_there_are_errors_in_every_part() -> None:
    assert len(PLANTED) > 50
    found = {error.plant.__module__ for error in PLANTED.values()}
    assert found == {kind.__name__ for kind in KINDS}


def test_every_outcome_is_made_wrong_by_some_error() -> None:
    wrong = {name for error in PLANTED.values() for name in error.wrong}
    for name in WORLDS:
        threats = where(name).compiled.layout.scenario.threats
        if len(threats) == 1:
            assert given(threats).names - NOT_TOLD <= wrong
        else:
            assert {f"worm.{one}" for one in COMMON_BY_THREAT} <= wrong


def _next_morning(patch: pytest.MonkeyPatch) -> None:
    usual = Society.end
    patch.setattr(Society, "end", lambda self, tick: usual(self, tick + 1))


def _half_the_days(patch: pytest.MonkeyPatch) -> None:
    usual = Society.end

    def end(self: Society, tick: int) -> None:
        usual(self, tick)
        self.backlog_peak = np.maximum(self.backlog_peak / 2, 1)

    patch.setattr(Society, "end", end)


@pytest.mark.parametrize("plant", [_next_morning, _half_the_days])
def test_another_backlog_is_noticed(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = world(small(horizon_days=28), "bilateral", 1)
    assert backlog_errors(one) == {}
    plant(monkeypatch)
    assert backlog_errors(one)
