"""How often a policy is wrongly called dominated, or wrongly put on the front."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.analysis import pareto
from experiments.analysis.crossed import CrossedMean
from experiments.analysis.pareto import Front, front
from experiments.outcomes.values import F64

pytestmark = pytest.mark.verify

TRIALS = 400
POLICIES = ("a", "b", "c", "d")
WRONG = 0.05 + 0.02
"""5%, and what chance adds in 97% of all tries."""


def results(means: F64, noise: float = 1.0) -> list[Front]:
    """Judge many experiments; `means` has shape (outcomes, policies), higher is better."""
    draws = np.random.default_rng(1)
    found = []
    for _ in range(TRIALS):
        own = noise * draws.standard_normal((*means.shape, 12))
        world = draws.standard_normal((means.shape[0], 1, 12))
        values = means[:, :, None] + 3 * world + own
        found.append(front(values[:, :, None], POLICIES, ["x", "y"], ["higher", "higher"]))
    return found


def of_settings(means: F64) -> list[Front]:
    """Judge many experiments in which a world that is out of the common moves all settings."""
    draws = np.random.default_rng(2)
    found = []
    for _ in range(TRIALS):
        shape = (*means.shape, 40, 10)
        world = 2 * draws.standard_normal((*means.shape, 1, 10))
        setting = draws.standard_normal((*means.shape, 40, 1))
        values = means[:, :, None, None] + world + setting + draws.standard_normal(shape)
        found.append(front(values, POLICIES, ["x", "y"], ["higher", "higher"]))
    return found


def share(found: list[Front], status: str, *names: str) -> float:
    """Return how often any of the policies has the status."""
    return float(
        np.mean([bool(set(one.of(status)) & set(names)) for one in found])  # type: ignore[arg-type]
    )


ON_EDGE = np.array([[0.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 2.0]])
"""`a` is far worse in x and as good in y: at the edge of being dominated."""
TIED = np.array([[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
"""At the edge of the front, all of them."""


def test_few_policies_are_wrongly_called_dominated() -> None:
    assert share(results(ON_EDGE), "dominated", *POLICIES) <= WRONG
    assert share(results(TIED), "dominated", *POLICIES) <= WRONG


def test_few_policies_are_wrongly_put_on_the_front() -> None:
    assert share(results(TIED), "front", *POLICIES) <= WRONG
    assert share(results(ON_EDGE), "front", "a") <= WRONG


def test_settings_share_their_worlds() -> None:
    assert share(of_settings(ON_EDGE), "dominated", *POLICIES) <= WRONG
    assert share(of_settings(TIED), "dominated", *POLICIES) <= WRONG
    assert share(of_settings(TIED), "front", *POLICIES) <= WRONG
    assert share(of_settings(np.array([[0.0, 9, 0, 18], [0, 9, 18, 0]])), "dominated", "a") > 0.8


def test_taking_settings_for_independent_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    of = CrossedMean.of
    monkeypatch.setattr(CrossedMean, "of", lambda table: of(table.mean(axis=1, keepdims=True)))
    assert share(of_settings(ON_EDGE), "dominated", *POLICIES) > 3 * WRONG


def test_what_is_clear_is_found() -> None:
    clear = np.array([[0.0, 4.0, 0.0, 8.0], [0.0, 4.0, 8.0, 0.0]])
    found = results(clear)
    assert share(found, "dominated", "a") > 0.8
    assert np.mean([set(one.of("front")) >= {"b", "c", "d"} for one in found]) > 0.8


def test_going_by_one_outcome_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pareto, "max", min, raising=False)
    assert share(results(ON_EDGE), "dominated", "a") > 0.5


def test_leaving_out_the_adjustment_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pareto, "holm", list)
    assert share(results(ON_EDGE), "dominated", *POLICIES) > WRONG
