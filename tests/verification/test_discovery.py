"""Planted boxes are found where they are, and noise is hardly ever taken for a box."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.analysis import discovery
from experiments.analysis.boxes import Tally
from experiments.analysis.discovery import Discovery, _Search, discover
from experiments.analysis.workbench import Limits
from experiments.outcomes.values import F64, I64, Mask
from tests.experiments.analysis.planted import (
    NAMES,
    SCALES,
    blurred,
    cases_of,
    corner,
    table,
    two_corners,
)

pytestmark = pytest.mark.verify

TRIALS = 100
SETTINGS = 60


def one_cut(
    _search: object,
    values: F64,
    of_interest: Mask,
    *,
    most: int | None = None,
    first: bool = False,
) -> list[Limits]:
    """Return the best box with one limit: a search that takes no time, for the check's sake."""
    best, found = 0.0, Limits(np.full(4, -np.inf), np.full(4, np.inf))
    for place in range(3):
        for cut in np.quantile(values[:, place], (0.2, 0.4, 0.6, 0.8)):
            lows = np.full(4, -np.inf)
            lows[place] = cut
            box = Limits(lows, np.full(4, np.inf))
            surprise = Tally.of_box(box.inside(values), of_interest).surprise
            if surprise > best:
                best, found = surprise, box
    return [found]


def told_of_noise(trials: int = TRIALS, method: discovery.Method = "prim") -> float:
    """Return how often a box is told where cases of interest are random."""
    draws = np.random.default_rng(1)
    told = 0
    for trial in range(trials):
        of_interest = draws.random(SETTINGS) < 0.3
        found = discover(table(SETTINGS, trial), NAMES, cases_of(of_interest), method)
        told += bool(found.told)
    return told / trials


def same_half(orders: I64) -> list[tuple[I64, I64]]:
    middle = orders.shape[1] // 2
    return [(order[:middle], order[:middle]) for order in orders]


def test_noise_is_hardly_ever_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Search, "find", one_cut)
    assert told_of_noise() <= 0.05 + 0.04  # 5%, and what chance adds in 95% of all tries


def test_checking_in_the_settings_looked_at_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "halves", same_half)
    assert told_of_noise(12, "cart") > 0.5


def test_trees_tell_nothing_of_noise() -> None:
    assert told_of_noise(12, "cart") <= 0.1


def test_prim_tells_nothing_of_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "SPLITS", 2)
    assert told_of_noise(3) == 0


@pytest.fixture(scope="module")
def two() -> Discovery:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(discovery, "SPLITS", 2)
        values = table(400)
        cases = cases_of(blurred(two_corners(values), 0.03))
        return discover(values, NAMES, cases, most=2, scales=SCALES)


def test_two_planted_boxes_are_found(two: Discovery) -> None:
    assert len(two.told) == 2
    by_limits = {frozenset(limit.name for limit in box.limits): box for box in two.told}
    assert set(by_limits) == {
        frozenset({"latency", "more-desks"}),
        frozenset({"threshold", "more-desks"}),
    }
    late = {limit.name: limit for limit in by_limits[frozenset({"latency", "more-desks"})].limits}
    low = {limit.name: limit for limit in by_limits[frozenset({"threshold", "more-desks"})].limits}
    assert late["latency"].low == pytest.approx(0.7, abs=0.03)
    assert str(late["more-desks"]) == "with more-desks"
    assert low["threshold"].high == pytest.approx(25, abs=3)
    assert str(low["more-desks"]) == "without more-desks"


def test_what_is_said_of_new_settings_is_true(two: Discovery) -> None:
    """Coverage and density from settings held back are those among settings never seen."""
    values = table(20_000, seed=9)
    of_interest = blurred(two_corners(values), 0.03, seed=9)
    inside = np.zeros(len(values), np.bool_)
    column = {name: place for place, name in enumerate(NAMES)}
    for box in two.told:
        here = np.ones(len(values), np.bool_)
        for limit in box.limits:
            here &= ~(values[:, column[limit.name]] < limit.low)
            here &= ~(values[:, column[limit.name]] > limit.high)
        inside |= here
    tally = Tally.of_box(inside, of_interest)
    assert two.check is not None
    assert two.check.coverage == pytest.approx(tally.coverage, abs=0.12)
    assert two.check.density == pytest.approx(tally.density, abs=0.12)


@pytest.mark.parametrize("settings", [60, 300])
def test_trees_find_a_planted_box(settings: int) -> None:
    values = table(settings)
    found = discover(values, NAMES, cases_of(blurred(corner(values), 0.03)), "cart")
    assert found.told
    assert {"latency", "staff"} <= {limit.name for box in found.told for limit in box.limits}
