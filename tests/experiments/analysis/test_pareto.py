"""What is dominated surely, what only by its means, and what is surely on the front."""

from __future__ import annotations

import json

import numpy as np
import pytest

from experiments.analysis.crossed import CrossedMean
from experiments.analysis.pareto import Front, front
from experiments.outcomes.values import F64, Better

POLICIES = ("base", "better", "cheap", "close")
OUTCOMES = ("effect", "rights", "cost")
BETTER: tuple[Better, ...] = ("higher", "lower", "lower")

MEANS = np.array([[10.0, 14.0, 8.0, 9.9], [5.0, 3.0, 5.0, 5.1], [7.0, 4.0, 1.0, 7.1]])
"""`better` dominates `base` and `close`; `cheap` costs least; `base` is just ahead of `close`."""


def values(replications: int = 30, noise: float = 1.0, seed: int = 1) -> np.ndarray:
    draws = np.random.default_rng(seed)
    world = draws.normal(0, 5, (3, 1, replications))
    return MEANS[:, :, None] + world + noise * draws.standard_normal((3, 4, replications))


def found(given: np.ndarray, **options: object) -> Front:
    return front(given[:, :, None], POLICIES, OUTCOMES, BETTER, **options)  # type: ignore[arg-type]


def test_who_is_surely_behind_is_dominated() -> None:
    result = found(values())
    assert result.of("dominated") == ("base", "close")
    assert result.of("front") == ("better", "cheap")
    base = result.standings[0]
    assert base.dominated_by == ("better",)
    assert "better" in base.behind
    assert not base.on_front
    assert base.p_dominated < 0.05 < base.p_front


def test_who_is_behind_by_means_only_is_possibly_dominated() -> None:
    given = values(30, noise=0.3)[:, [0, 3]]
    result = front(given[:, :, None], ("base", "close"), OUTCOMES, BETTER)
    close = result.standings[1]
    assert close.status == "possibly dominated"
    assert close.behind == ("base",)
    assert close.dominated_by == ()
    many = values(3000, noise=0.3)[:, [0, 3], None]
    more = front(many, ("base", "close"), OUTCOMES, BETTER)
    assert [one.status for one in more.standings] == ["front", "dominated"]


def test_noise_shared_by_policies_does_not_matter() -> None:
    result = found(values())
    unpaired = values()
    for row in range(1, 4):
        unpaired[:, row] = np.roll(unpaired[:, row], row, axis=1)
    apart = found(unpaired)
    assert len(apart.of("possibly dominated")) > len(result.of("possibly dominated"))
    assert [one.means for one in apart.standings] == [
        pytest.approx(one.means) for one in result.standings
    ]


def test_an_outcome_that_is_always_the_same_does_not_count() -> None:
    given = values()
    given[1] = 3.0
    result = found(given)
    assert result.of("dominated") == ("base", "close")
    given[:] = 3.0
    same = found(given)
    assert same.of("possibly dominated") == POLICIES
    assert all(one.on_front for one in same.standings)


def test_an_outcome_in_which_two_policies_are_much_alike_needs_an_indifference() -> None:
    draws = np.random.default_rng(3)
    given = values()
    given[1] = 3.0 + 0.1 * draws.standard_normal((4, 30))
    strict = found(given)
    assert "base" in strict.of("possibly dominated")
    loose = found(given, indifference=(0.0, 0.2, 0.0))
    assert loose.standings[0].dominated_by == ("better",)
    # No worse everywhere is not enough: something must be better.
    alike = 3.0 + 0.1 * draws.standard_normal((3, 4, 30))
    assert found(alike, indifference=(0.5, 0.5, 0.5)).of("dominated") == ()


def test_values_that_are_missing_are_left_out() -> None:
    given = values()
    given[0, 1, :5] = np.nan
    assert found(given).of("dominated") == ("base", "close")
    given[2, 1] = np.nan
    result = found(given)
    assert result.standings[1].status == "front"  # nobody is as good in the other two
    given[1, 1] = np.nan
    result = found(given)
    assert result.standings[1].status == "front"
    given[0, 1] = np.nan
    result = found(given)
    assert result.standings[1].status == "possibly dominated"
    assert not result.standings[1].on_front
    assert result.standings[0].dominated_by == ()
    document = json.loads(json.dumps(result.document(), allow_nan=False))
    assert document["standings"][1]["means"][2] is None


def test_one_replication_decides_nothing() -> None:
    assert found(values(1)).of("possibly dominated") == POLICIES


def test_p_values_are_one_sided() -> None:
    def p_above(differences: F64, bound: float) -> float:
        return CrossedMean.of(differences).p_above(bound)

    draws = np.random.default_rng(1).normal(0.5, 1, (1, 20))
    assert p_above(draws, 0.0) + p_above(-draws, 0.0) == pytest.approx(1)
    assert p_above(draws, -1.0) < p_above(draws, 0.0) < p_above(draws, 1.0)
    assert p_above(np.full((1, 5), 2.0), 1.0) == 0.0
    assert p_above(np.full((1, 5), 2.0), 3.0) == 1.0
    assert p_above(np.array([[1.0]]), 0.0) == 1.0
