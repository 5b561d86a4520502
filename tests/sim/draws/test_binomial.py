"""Binomial counts against SciPy, against their plain twin, and for independence of the batch."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from scipy import stats

from sim.draws.binomial import LARGEST_MEAN, Words, binomial, binomial_scalar, power
from sim.draws.streams import ONE, name_key, philox4x32

STREAM = name_key("test")
I64 = NDArray[np.int64]


def named(keys: I64, world: int = 7) -> Words:
    """Words of cells named by `keys`."""

    def words(index: I64, part: int) -> NDArray[np.uint32]:
        word: NDArray[np.uint32] = philox4x32((STREAM, keys[index], 3, part), (world, 1))[0]
        return word

    return words


def one_word(words: Words, cell: int, part: int) -> int:
    return int(words(np.array([cell]), part)[0])


def fixed(values: NDArray[np.uint32]) -> Words:
    """Give every part of a cell the same word."""
    return lambda index, _: values[index]


def many(count: int = 4000) -> tuple[I64, NDArray[np.float64], I64]:
    rng = np.random.default_rng(5)
    trials = rng.integers(0, 400, count)
    chance = np.where(rng.random(count) < 0.5, rng.random(count), 10.0 ** -rng.uniform(0, 6, count))
    return trials, chance, np.arange(count)


def one_part(trials: I64, chance: NDArray[np.float64]) -> NDArray[np.bool_]:
    return trials * np.minimum(chance, 1 - chance) <= LARGEST_MEAN


def disagreement(draw: Callable[..., I64]) -> float:
    """Share of counts of one part that differ from SciPy's quantile."""
    trials, chance, _ = many(20_000)
    single = one_part(trials, chance)
    trials, chance = trials[single], chance[single]
    word = np.random.default_rng(8).integers(0, ONE, trials.size).astype(np.uint32)
    found = draw(trials, chance, fixed(word))
    return float(np.mean(found != stats.binom.ppf((word + 0.5) / ONE, trials, chance)))


def test_a_part_is_the_quantile_that_scipy_gives() -> None:
    assert disagreement(binomial) == 0


def test_an_error_of_one_part_in_a_thousand_is_noticed() -> None:
    assert disagreement(lambda n, p, words: binomial(n, np.minimum(p * 1.001, 1.0), words)) > 0


@pytest.mark.parametrize(
    ("trials", "chance"),
    [(1, 0.3), (40, 0.01), (90, 0.2), (300, 0.5), (2000, 0.04), (2000, 0.97), (10_000, 0.4)],
)
def test_counts_are_distributed_as_they_should(trials: int, chance: float) -> None:
    size = 20_000
    found = binomial(np.full(size, trials), np.full(size, chance), named(np.arange(size)))
    law = stats.binom(trials, chance)
    values = np.unique(found)
    distance = np.abs([np.mean(found <= value) - law.cdf(value) for value in values]).max()
    assert distance < 1.95 / np.sqrt(size)  # Kolmogorov, one in a thousand
    assert found.mean() == pytest.approx(law.mean(), abs=4 * law.std() / np.sqrt(size))


def test_the_check_of_distributions_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """One word for all parts of a count makes the spread too wide."""
    size = 20_000
    word = philox4x32((STREAM, np.arange(size), 0, 0), (7, 1))[0]
    found = binomial(np.full(size, 2000), np.full(size, 0.04), fixed(word))
    assert found.std() > 1.5 * stats.binom(2000, 0.04).std()


def test_the_plain_twin_agrees() -> None:
    trials, chance, keys = many()
    found = binomial(trials, chance, named(keys))
    for cell in range(trials.size):
        word = partial(one_word, named(keys), cell)
        assert found[cell] == binomial_scalar(int(trials[cell]), float(chance[cell]), word)


@given(st.permutations(range(60)), st.integers(1, 60))
@settings(max_examples=25, deadline=None)
def test_neither_order_nor_company_matters(order: list[int], size: int) -> None:
    trials, chance, keys = many(60)
    whole = binomial(trials, chance, named(keys))
    chosen = np.array(order[:size])
    some = binomial(trials[chosen], chance[chosen], named(keys[chosen]))
    assert some.tolist() == whole[chosen].tolist()


def test_extremes() -> None:
    trials = np.array([0, 5, 5, 1_000_000, 7, 7])
    chance = np.array([0.5, 0.0, 1.0, 1.0, 1e-300, 1 - 1e-16])
    for word in (0, ONE - 1):
        words = np.full(trials.size, word, dtype=np.uint32)
        found = binomial(trials, chance, fixed(words))
        assert found.tolist() == [0, 0, 5, 1_000_000, 0, 7]
    low, high = (
        binomial(np.array([9, 9]), np.array([0.3, 0.7]), fixed(np.full(2, word, dtype=np.uint32)))
        for word in (0, ONE - 1)
    )
    assert low.tolist() == [0, 0]
    assert high.tolist() == [9, 9]


def test_cells_where_nothing_can_happen_ask_for_no_word() -> None:
    asked: list[int] = []

    def words(index: I64, part: int) -> Any:
        asked.extend(index.tolist())
        return np.zeros(index.size, dtype=np.uint32)

    binomial(np.array([0, 3, 0, 4]), np.array([0.5, 0.0, 0.0, 0.5]), words)
    assert asked == [3]


def test_a_shortcut_for_rare_events_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    trials, chance, keys = many()
    quick = binomial(trials, chance, named(keys))
    monkeypatch.setattr(sys.modules["sim.draws.binomial"], "_SLACK", 2.0)
    assert binomial(trials, chance, named(keys)).tolist() == quick.tolist()


def test_powers() -> None:
    base, exponent = np.array([0.5, 0.9, 1.0, 0.25]), np.array([0, 3, 1000, 1])
    assert power(base, exponent) == pytest.approx(base**exponent, rel=1e-14)
