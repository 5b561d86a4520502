"""Sentences about comparisons: each rule speaks where it must, and nowhere else."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from experiments.outcomes.paired import Comparison
from experiments.report.verdicts import conclusions, is_small, sentence, verdict

NAN = math.nan
BASE = Comparison(
    outcome="burnt",
    label="Area burnt",
    unit="hectares",
    better="lower",
    group="effect",
    policy="pool",
    baseline="bilateral",
    pairs=40,
    mean=800.0,
    mean_baseline=1000.0,
    difference=-200.0,
    low=-300.0,
    high=-100.0,
    effect_size=-1.0,
    probability_better=0.9,
    p=0.0001,
    p_adjusted=0.012,
    tests=14,
)


def row(**changes: object) -> Comparison:
    return replace(BASE, **changes)  # type: ignore[arg-type]


OPEN = {"low": -300.0, "high": 20.0, "p_adjusted": 0.3}


def test_a_sure_difference_is_told_with_interval_share_and_test():
    said = sentence(row())
    assert said.sure == "sure"
    assert said.text == (
        "Area burnt: lower than under bilateral by 200 hectares [-300 to -100 hectares] (-20%),"
        " which is better."
    )
    assert said.how == (
        "sure: the interval leaves 0 out, and p = 0.012, adjusted for 14 tests, is below 0.05;"
        " better in 90% of 40 worlds"
    )


def test_what_is_better_depends_on_the_outcome():
    assert sentence(row(better="higher")).text.endswith("which is worse.")
    assert "worse in 10% of" in sentence(row(better="higher")).how


def test_very_sure_is_below_one_in_a_thousand():
    assert sentence(row(p_adjusted=0.0009)).how.startswith("very sure")
    assert sentence(row(p_adjusted=0.001)).how.startswith("sure")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"p_adjusted": 0.05}, "the interval leaves 0 out, but p = 0.050"),
        ({"low": -300.0, "high": 20.0}, "the interval holds 0, and p = 0.012"),
        (OPEN, "the interval holds 0, and p = 0.300"),
    ],
)
def test_what_one_of_both_tests_does_not_show_is_not_called_better(changes, why):
    said = sentence(row(**changes))
    assert said.sure == "open"
    assert "better" not in said.text
    assert "worse" not in said.text
    assert "no difference from bilateral is shown" in said.text
    assert why in said.how


def test_a_difference_that_does_not_count_is_said_to_be_small():
    small = row(difference=-2.0, low=-9.0, high=5.0, p_adjusted=0.4)
    assert is_small(small)
    assert "less than 1% of bilateral" in sentence(small).text
    assert not is_small(replace(small, low=-10.0))
    assert "less than 1%" not in sentence(replace(small, low=-10.0)).text
    sure = row(difference=-5.0, low=-9.0, high=-1.0)
    assert sentence(sure).sure == "sure"
    assert "below 1% of it" in sentence(sure).text


def test_nothing_is_small_beside_nothing():
    assert not is_small(row(mean_baseline=0.0))
    assert "%)" not in sentence(row(mean_baseline=0.0)).text


def test_worlds_that_do_not_differ_are_told_as_such():
    said = sentence(row(difference=0.0, low=0.0, high=0.0, p=1.0, p_adjusted=1.0))
    assert said.text == "Area burnt: the same as under bilateral in every world."
    assert said.sure == "open"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"difference": NAN, "low": NAN, "high": NAN, "pairs": 0}, "no world has a value"),
        ({"low": NAN, "high": NAN, "pairs": 1}, "one world has no interval"),
        ({"p": NAN, "p_adjusted": NAN}, "described and not tested"),
    ],
)
def test_where_nothing_can_be_said_nothing_is_said(changes, text):
    said = sentence(row(**changes))
    assert said.sure == "unsaid"
    assert text in said.text
    assert "better" not in said.text


def test_of_a_time_the_share_that_got_there_is_told():
    time = row(reached=0.5, reached_baseline=0.25, reached_low=0.4, reached_high=0.6)
    assert sentence(time).how.endswith(
        "reached in 50% of them [40% to 60%], under bilateral in 25%"
    )
    assert "reached" not in sentence(row()).how


def test_an_alternative_is_summed_up_what_is_sure_first():
    rows = [
        row(label="A", **OPEN),
        row(label="B"),
        row(label="C", better="higher"),
        row(label="D", policy="hub"),
    ]
    found = verdict("pool", rows)
    assert found.short == "Surely better in 1 (B); surely worse in 1 (C); 1 of 3 open."
    assert [one.sure for one in found.sentences] == ["sure", "sure", "open"]


GOOD = row()
BAD = row(better="higher")


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([GOOD, row(label="B", **OPEN)], "surely worse in nothing"),
        ([GOOD, BAD], "Nothing comes free"),
        ([BAD, row(label="B", **OPEN)], "No alternative is surely better"),
        ([row(**OPEN)], "No difference from bilateral is sure"),
        ([row(pairs=3), BAD], "too few"),
    ],
)
def test_exactly_one_conclusion_speaks(rows, says):
    said = conclusions([replace(one, pairs=3) for one in rows] if says == "too few" else rows)
    assert len(said) == 1
    assert says in said[0]


def test_a_free_gain_of_one_is_told_beside_the_price_of_another():
    [said] = conclusions([GOOD, row(policy="hub"), row(policy="hub", better="higher")])
    assert "pool is surely better" in said
    assert "hub" not in said
