"""Experiments on nature: the algebra of odds."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings, strategies as st

from agents.lane.nature import surer, upholds

PART = 1 / (1 << 20)
"""To so much chances are rounded."""

Chances = st.integers(1, (1 << 20) - 1).map(lambda part: part * PART)
Odds = st.floats(1 / 1024, 1024)
Surer = Callable[[float, float], float]


def exact(chance: float, odds: float) -> Fraction:
    """Return a chance with so many times the odds, to the full."""
    times = Fraction(chance) / (1 - Fraction(chance)) * Fraction(odds)
    return times / (1 + times)


def exact_float(chance: float, odds: float) -> float:
    """Return a chance with so many times the odds, not rounded."""
    return float(exact(chance, odds))


@pytest.mark.parametrize(
    ("chance", "odds", "after"),
    [
        (0.5, 1, 0.5),
        (0.5, 3, 0.75),
        (0.75, 1 / 3, 0.5),
        (0.75, 3, 0.9),
        (0.8, 0.25, 0.5),
        (0.2, 4, 0.5),
        (0.9, 1 / 81, 0.1),
    ],
)
def test_by_hand(chance: float, odds: float, after: float) -> None:
    assert surer(chance, odds) == pytest.approx(after, abs=PART)


@given(Odds)
def test_what_is_certain_stays_certain(odds: float) -> None:
    assert (surer(0.0, odds), surer(1.0, odds)) == (0, 1)


def held_to_the_law(one: Surer, chance: float, odds: float, more: float) -> None:
    """Hold a rule to what changed odds are: a chance, as computed in fractions, and rising."""
    found = one(chance, odds)
    assert 0 <= found <= 1
    assert abs(found - exact(chance, odds)) <= PART
    assert (found / PART).is_integer(), "the same on every machine"
    assert one(chance, odds * more) >= found
    assert one(chance, 1.0) == chance
    assert (found > chance) <= (odds > 1)
    assert (found < chance) <= (odds < 1)


@given(Chances, Odds, st.floats(1, 16))
def test_the_law_of_odds(chance: float, odds: float, more: float) -> None:
    held_to_the_law(surer, chance, odds, more)


@given(Chances, Chances, Odds)
def test_a_higher_chance_stays_higher(one: float, other: float, odds: float) -> None:
    low, high = sorted((one, other))
    assert surer(low, odds) <= surer(high, odds)


@given(Chances, st.floats(1 / 16, 16), st.floats(1 / 16, 16))
@settings(max_examples=50)
def test_two_steps_are_one(chance: float, first: float, second: float) -> None:
    twice = surer(surer(chance, first), second)
    assert twice == pytest.approx(float(exact(chance, first * second)), abs=PART * (2 + second))


@given(Chances, Odds)
def test_a_wrong_answer_is_what_is_left(chance: float, odds: float) -> None:
    """Odds of being wrong fall as those of being right grow."""
    assert 1 - surer(chance, odds) == pytest.approx(surer(1 - chance, 1 / odds), abs=2 * PART)


@given(Chances, Chances, Odds)
def test_an_experiment_is_right_with_the_odds_of_the_truth(
    real: float, false: float, odds: float
) -> None:
    asked = {"right_if_real": real, "right_if_false": false, "odds": odds}
    assert upholds(is_real=True, **asked) == surer(real, odds)
    assert upholds(is_real=False, **asked) == 1 - surer(false, odds)


@given(Chances, Chances, st.floats(1, 16))
def test_who_knows_more_is_never_wrong_more_often(real: float, false: float, odds: float) -> None:
    usual, more = (
        {"right_if_real": real, "right_if_false": false, "odds": one} for one in (1.0, odds)
    )
    assert upholds(is_real=True, **more) >= upholds(is_real=True, **usual)
    assert upholds(is_real=False, **more) <= upholds(is_real=False, **usual)


def test_an_experiment_that_knows_nothing_tells_nothing() -> None:
    """With chances of one half either way the answer says nothing of the truth."""
    asked = {"right_if_real": 0.5, "right_if_false": 0.5, "odds": 1.0}
    assert upholds(is_real=True, **asked) == upholds(is_real=False, **asked) == 0.5


def test_a_perfect_experiment_tells_the_truth() -> None:
    for odds in (0.01, 1.0, 100.0):
        asked = {"right_if_real": 1.0, "right_if_false": 1.0, "odds": odds}
        assert (upholds(is_real=True, **asked), upholds(is_real=False, **asked)) == (1, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda chance, odds: min(chance * odds, 1.0),
        lambda chance, odds: exact_float(chance, 1 / odds),
        exact_float,
    ],
)
def test_the_oracle_notices(wrong: Surer) -> None:
    """Chances that are multiplied, odds the wrong way round, what is not rounded."""
    held_to_the_law(surer, 0.75, 3.1, 2.0)
    with pytest.raises(AssertionError):
        held_to_the_law(wrong, 0.75, 3.1, 2.0)
