"""What is printed of years: tables, and sentences on orders that turn."""

from __future__ import annotations

import pytest

from experiments.terminal.tables import print_outcomes
from experiments.terminal.years import print_years
from tests.experiments.outcomes.test_years import yearly
from tests.experiments.samples import LOAD, SHARE, sample_results


def test_a_table_for_each_outcome_and_who_turns(capsys: pytest.CaptureFixture[str]) -> None:
    results = yearly(LOAD, bilateral=(0, 0), pool=(1, -2))
    print_years(results)
    shown = capsys.readouterr().out
    assert "By year: Reports read (reports; lower is better)" in shown
    [heading] = [line for line in shown.splitlines() if line.startswith(" policy")]
    assert heading.split() == ["policy", "2011", "2012"]
    said = " ".join(shown.split())
    assert "Reports read: the order turns. bilateral is better than pool in 2011 (-" in said
    assert ") and worse in 2012 (+" in said
    assert "more pair" not in said
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_further_pairs_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    print_years(yearly(LOAD, a=(0, 0), b=(1, -1), c=(2, -2)))
    assert "; 2 more pairs turn." in " ".join(capsys.readouterr().out.split())


def test_it_is_said_when_nothing_turns(capsys: pytest.CaptureFixture[str]) -> None:
    print_years(yearly(LOAD, a=(0, 0), b=(1, 1)))
    assert "In none of these does the order of two policies surely turn" in capsys.readouterr().out


def test_nothing_is_printed_where_there_are_no_years(capsys: pytest.CaptureFixture[str]) -> None:
    print_years(sample_results())
    print_years(yearly(LOAD, a=(0, 0), b=(1, 1)), [SHARE])
    assert capsys.readouterr().out == ""


def test_one_policy_has_a_table_and_no_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    results = yearly(LOAD, bilateral=(0, 3))
    print_outcomes(results)
    assert "2011" not in capsys.readouterr().out
    print_years(results)
    shown = capsys.readouterr().out
    assert "2011" in shown
    assert "turn" not in shown


def test_many_years_fit(capsys: pytest.CaptureFixture[str]) -> None:
    print_years(yearly(LOAD, a=tuple(range(30)), b=tuple(range(30))))
    shown = capsys.readouterr().out
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert all(str(2011 + number) in shown for number in range(30))
