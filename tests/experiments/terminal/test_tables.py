"""Tables on the terminal."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from experiments.outcomes.paired import compare_policies
from experiments.terminal.numbers import number
from experiments.terminal.tables import LEVEL, print_comparison, print_outcomes, verdict
from tests.experiments.samples import LOAD, SHARE, results_of, sample_results

LONG = "a-very-long-name-of-a-policy-that-somebody-wrote-01"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (12.0, "12"),
        (1234.5, "1,234"),
        (123.4, "123"),
        (12.34, "12.3"),
        (1.234, "1.23"),
        (0.1234, "0.123"),
        (1.2e-5, "1.2e-05"),
        (-1.5, "-1.50"),
        (math.nan, "-"),
    ],
)
def test_number(value, text):
    assert number(value) == text


def test_signed_number():
    assert [number(value, sign=True) for value in (1.5, -1.5, 0.0)] == ["+1.50", "-1.50", "0"]


@pytest.mark.parametrize(
    ("means", "interval", "cells"),
    [
        ((0.5, 0.7), (0.2, -0.045, 0.448), ["0.50", "0.70", "+0.20", "-0.04 to +0.45"]),
        ((0.5, 7.75), (7.25, 2.1, 12.4), ["0.5", "7.8", "+7.2", "+2.1 to +12.4"]),
        ((300.0, 340.0), (40.0, -1e-9, 80.0), ["300.00", "340.00", "+40.00", "-0.00 to +80.00"]),
        ((300.0, 340.0), (40.0, 20.0, 60.0), ["300", "340", "+40", "+20 to +60"]),
    ],
)
def test_small_numbers_keep_sign_and_size(capsys, means, interval, cells):
    before, after = means
    difference, low, high = interval
    results = results_of({"load": np.full((2, 4), before)}, [LOAD])
    row = compare_policies(results)[0]
    row = replace(row, mean_baseline=before, mean=after, difference=difference, low=low, high=high)
    print_comparison(results, [row])
    shown = capsys.readouterr().out
    assert all(cell in shown for cell in cells), shown


def test_verdict_needs_interval_and_test():
    row = next(row for row in compare_policies(sample_results()) if row.outcome == "days")
    clear = replace(row, difference=-5.0, low=-8.0, high=-2.0, p_adjusted=0.01)
    assert verdict(clear) == "better"
    assert verdict(replace(clear, better="higher")) == "worse"
    assert verdict(replace(clear, p_adjusted=0.2)) == "unclear"
    assert verdict(replace(clear, high=1.0)) == "unclear"
    assert verdict(replace(clear, difference=0.0, low=0.0, high=0.0, p_adjusted=1.0)) == "same"


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_comparison_fits_with_whole_names_and_verdicts(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    results = sample_results(policies=("bilateral", LONG, f"{LONG[:-1]}2", "own"))
    rows = compare_policies(results)
    print_comparison(results, rows)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    assert "40 worlds, seed 7" in shown
    for outcome in results.headlines():
        assert f"{outcome.label} ({outcome.unit}; {outcome.better} is better)" in shown
    lines = shown.splitlines()
    for policy in results.policies:
        times = 3 + (policy != results.baseline)  # and in short
        assert sum(line.startswith(f" {policy}") for line in lines) == times
    verdicts = [verdict(row) for row in rows if row.outcome != "unnecessary_disclosures"]
    tables = [
        line
        for line in shown.partition("In short")[0].splitlines()
        if "  +" in line or "  -" in line
    ]
    for word in set(verdicts):
        assert sum(f"  {word}" in line for line in tables) == verdicts.count(word)
    assert "\x1b" not in shown


def test_verdicts_in_short(capsys):
    draws = np.random.default_rng(3)
    gains = np.array([np.zeros(30), np.full(30, 2.0), np.zeros(30)])
    values = {
        "load": gains + draws.normal(size=(3, 30)) / 9,
        "share": gains + draws.normal(size=(3, 30)) / 9,
    }
    results = results_of(values, [LOAD, SHARE])
    print_comparison(results, compare_policies(results))
    short = capsys.readouterr().out.partition("In short, against bilateral\n")[2].splitlines()
    assert short[1].split() == ["policy", "better", "worse", "unclear"]
    assert short[3].split("  ")[0].strip() == "hub-and-spoke"
    assert short[3].split() == ["hub-and-spoke", "Share", "arrested", "Reports", "read"]
    assert short[4].split() == ["full-pool", "Reports", "read;", "Share", "arrested"]
    alone = results_of({"load": values["load"]}, [LOAD])
    print_comparison(alone, compare_policies(alone))
    assert "In short" not in capsys.readouterr().out


def test_a_lane_that_the_program_ended_has_no_values(capsys):
    done = np.zeros((1, 1), np.bool_)
    results = results_of({"load": np.full((1, 1), np.nan)}, [LOAD], done=done)
    print_outcomes(results)
    assert "Reports read  reports  lower       -" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("worlds", "said"), [(1, "1 world is too"), (6, "6 worlds are too"), (7, None), (8, None)]
)
def test_too_few_worlds_for_a_verdict(capsys, worlds, said):
    gains = np.arange(1.0, worlds + 1)
    results = results_of({"load": np.array([np.zeros(worlds), gains, gains])}, [LOAD])
    rows = compare_policies(results)
    print_comparison(results, rows)
    shown = capsys.readouterr().out
    if said is None:
        assert "too few" not in shown
    else:
        assert f"{said} few for any verdict here; about 7 would do." in shown
    assert any(row.p_adjusted < LEVEL for row in rows) == (said is None)


@pytest.mark.parametrize("replications", [1, 20])
def test_outcomes_of_one_policy(capsys, replications):
    print_outcomes(sample_results(replications, policies=("bilateral",)))
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "sample under bilateral" in shown
    assert "Reports read" in shown
