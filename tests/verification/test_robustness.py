"""Intervals of criteria of robustness on futures whose true values are known."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.analysis import robustness as module
from experiments.analysis.resampling import counts
from experiments.analysis.robustness import CRITERIA, robustness
from experiments.outcomes.values import F64

pytestmark = pytest.mark.verify

SETTINGS, POLICIES, REPLICATIONS = 48, 3, 20
TRIALS = 120
BASE = np.array([0.0, 0.15, 0.3])
SLOPE = np.array([1.0, 0.0, -1.0])
LEAST = 0.4


def coverage(common: float, own: float) -> dict[str, float]:
    """Return how often the interval of each criterion holds the true value.

    Policy p yields base + slope * u in a future u, uniform on (0, 1); worlds add noise, some of it
    `common` to all policies and futures, some of their `own`.
    """
    draws = np.random.default_rng(1)
    grid = BASE + np.outer(np.linspace(0, 1, 10_001), SLOPE)
    hits: dict[str, list[bool]] = {criterion: [] for criterion in CRITERIA}
    for _ in range(TRIALS):
        means: F64 = BASE + np.outer(draws.random(SETTINGS), SLOPE)
        noise = own * draws.standard_normal((SETTINGS, POLICIES, REPLICATIONS))
        values = means[:, :, None] + common * draws.standard_normal(REPLICATIONS) + noise
        found = robustness(values, ["a", "b", "c"], "x", "higher", threshold=LEAST)
        true = {
            "mean": BASE + SLOPE / 2,
            "worst": means.min(axis=0),
            "regret": (means.max(axis=1, keepdims=True) - means).max(axis=0),
            "satisficing": (grid >= LEAST).mean(axis=0),
        }
        for score, place in zip(found.scores, 4 * [0, 1, 2], strict=True):
            hits[score.criterion].append(
                bool(score.low <= true[score.criterion][place] <= score.high)
            )
    return {criterion: float(np.mean(hit)) for criterion, hit in hits.items()}


@pytest.fixture(scope="module")
def covered(monkeypatch_module: pytest.MonkeyPatch) -> dict[str, float]:
    monkeypatch_module.setattr(module, "DRAWS", 300)
    return coverage(common=0.3, own=0.3)


@pytest.fixture(scope="module")
def monkeypatch_module() -> object:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def test_the_mean_is_covered(covered: dict[str, float]) -> None:
    assert covered["mean"] >= 0.91


def test_extremes_and_shares_are_nearly_covered(covered: dict[str, float]) -> None:
    """About 90%: the documents say that these intervals are approximate."""
    assert covered["worst"] >= 0.85
    assert covered["regret"] >= 0.85
    assert covered["satisficing"] >= 0.85


def test_leaving_the_bias_in_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def percentile(_found: F64, drawn: F64) -> tuple[F64, F64, F64]:
        low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
        return low, high, low

    monkeypatch.setattr(module, "DRAWS", 300)
    monkeypatch.setattr(module, "_interval", percentile)
    assert coverage(common=0.3, own=0.3)["regret"] < 0.6


def test_settings_taken_for_all_there_are_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fixed(seed: int, stream: str, draws: int, size: int) -> F64:
        return np.ones((draws, size)) if stream == "settings" else counts(seed, stream, draws, size)

    monkeypatch.setattr(module, "DRAWS", 300)
    right = coverage(common=0.05, own=0.05)
    monkeypatch.setattr(module, "counts", fixed)
    wrong = coverage(common=0.05, own=0.05)
    assert right["mean"] >= 0.91
    assert wrong["mean"] < 0.8
