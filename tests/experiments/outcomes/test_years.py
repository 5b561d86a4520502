"""Means by year, and pairs of policies whose order turns, against hand calculation."""

from __future__ import annotations

import csv
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from experiments.outcomes import years
from experiments.outcomes.paired import in_both
from experiments.outcomes.values import Outcome, Results, headlines
from experiments.outcomes.years import Turn, YearMean, turns, year_means, years_of
from experiments.store.records import OutcomeRecord
from experiments.store.tables import table_of, write_rows
from scenarios.schema.outcomes import OF_PART
from tests.experiments.samples import LOAD, SHARE, results_of

WORLDS = 20
WORLD = np.random.default_rng(3).normal(100, 30, WORLDS)
"""What a world brings under any policy; far more than policies differ by."""

EDGE = np.random.default_rng(4).normal(1.0, 0.1, WORLDS)
"""How much more, in each world."""


def part_of(outcome: Outcome, year: str) -> Outcome:
    """Return what is recorded of a year."""
    return replace(
        outcome,
        name=f"{outcome.name}{OF_PART}{year}",
        label=f"{outcome.label}, {year}",
        headline=False,
        tested=False,
    )


def yearly(outcome: Outcome, **gains: tuple[float, ...]) -> Results:
    """Return results in which policies gain so much more than the world brings, year by year."""
    names = list(gains)
    parts = [part_of(outcome, str(2011 + number)) for number in range(len(gains[names[0]]))]
    values = {
        part.name: np.array([WORLD + gains[name][number] * EDGE for name in names])
        for number, part in enumerate(parts)
    }
    values[outcome.name] = sum(values.values(), np.zeros((len(names), WORLDS)))
    return results_of(values, [outcome, *parts], policies=names)


def test_what_belongs_to_a_year() -> None:
    found = yearly(LOAD, one=(0, 0), other=(1, 1))
    assert [part.year for part in years_of(found, LOAD)] == ["2011", "2012"]
    assert {part.total for part in found.outcomes} == {"load"}
    assert LOAD.year is None
    assert years_of(found, SHARE) == ()


def test_no_year_is_a_headline() -> None:
    found = yearly(replace(LOAD, headline=False), one=(0, 0), other=(1, 1))
    assert [outcome.name for outcome in headlines(found.outcomes)] == ["load"]


def test_means_by_hand() -> None:
    part = part_of(LOAD, "2011")
    values = {"load": np.ones((2, 4)), part.name: np.array([[1.0, 2, 3, 6], [0, 0, 0, math.nan]])}
    one, other = year_means(results_of(values, [LOAD, part]))
    half = 3.182446305284263 * np.std([1, 2, 3, 6], ddof=1) / 2  # Student's t, 3 degrees of freedom
    assert (one.outcome, one.year, one.policy, one.worlds) == ("load", "2011", "bilateral", 4)
    assert (one.mean, one.low, one.high) == pytest.approx((3, 3 - half, 3 + half))
    assert (other.worlds, other.mean, other.low, other.high) == (3, 0, 0, 0)


def test_lanes_that_did_not_finish_do_not_count() -> None:
    found = yearly(LOAD, one=(0, 0), other=(1, 1))
    done = found.done.copy()
    done[1, 5:] = False
    [*_, last] = year_means(replace(found, done=done))
    assert last.worlds == 5
    assert last.mean == pytest.approx((WORLD + EDGE)[:5].mean())


def test_an_order_that_turns() -> None:
    found = yearly(LOAD, one=(0, 0, 0), other=(1, 0, -3))
    [turn] = turns(found, [LOAD])
    assert (turn.policy, turn.other) == ("one", "other")
    assert (turn.better_in, turn.worse_in) == ("2011", "2013")  # lower is better
    assert turn.difference == pytest.approx(-EDGE.mean())
    assert turn.worse_difference == pytest.approx(3 * EDGE.mean())
    assert turn.low < turn.difference < turn.high < 0 < turn.worse_low < turn.worse_high
    assert turn.tests == 3
    assert turn.p_adjusted == turn.worse_p_adjusted == pytest.approx(3 * 2 / 2**WORLDS)


def test_of_several_years_the_clearest_is_told() -> None:
    found = yearly(LOAD, one=(0, 0, 0), other=(1, 1, -3))
    first = found.values[f"load{OF_PART}2011"]
    first[1] += np.random.default_rng(5).normal(1, 0.5, WORLDS) ** 2
    [turn] = turns(found, [LOAD])
    assert turn.better_in == "2012"


def test_what_is_better_depends_on_the_outcome() -> None:
    gains = {"one": (0.0, 0.0), "other": (1.0, -1.0)}
    [lower] = turns(yearly(LOAD, **gains), [LOAD])
    [higher] = turns(yearly(SHARE, **gains), [SHARE])
    assert (lower.better_in, lower.worse_in) == ("2011", "2012")
    assert (higher.better_in, higher.worse_in) == ("2012", "2011")


@pytest.mark.parametrize("other", [(1, 1), (1, 0), (0, 0), (-1, -2)])
def test_an_order_that_stays(other: tuple[float, ...]) -> None:
    assert turns(yearly(LOAD, one=(0, 0), other=other), [LOAD]) == []


def test_what_is_not_sure_does_not_turn() -> None:
    """In the second year the other is worse in all worlds but eight."""
    found = yearly(LOAD, one=(0, 0), other=(1, -1))
    second = found.values[f"load{OF_PART}2012"]
    second[1, :8] = second[0, :8] + 1
    assert turns(found, [LOAD]) == []


def test_few_worlds_turn_nothing() -> None:
    """Of six pairs the least p is 1/32, and there are two tests."""
    found = yearly(LOAD, one=(0, 0), other=(1, -1))
    few = {name: values[:, :6] for name, values in found.values.items()}
    assert turns(results_of(few, found.outcomes, policies=found.policies), [LOAD]) == []
    few = {name: values[:, :8] for name, values in found.values.items()}
    assert len(turns(results_of(few, found.outcomes, policies=found.policies), [LOAD])) == 1


def test_every_pair_is_looked_at_and_only_what_is_asked() -> None:
    found = yearly(LOAD, a=(0, 0), b=(1, -1), c=(2, -2), d=(3, 3))
    assert {(turn.policy, turn.other) for turn in turns(found, [LOAD])} == {
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    }
    assert {turn.tests for turn in turns(found, [LOAD])} == {6 * 2}
    assert turns(found, [SHARE]) == []


@given(st.permutations([0, 1, 2]), st.sampled_from(["lower", "higher"]))
@settings(max_examples=10, deadline=None)
def test_the_order_of_policies_does_not_matter(order: list[int], better: str) -> None:
    outcome = replace(LOAD, better=better)  # type: ignore[arg-type]
    gains = [("a", (0.0, 0.0)), ("b", (1.0, -1.0)), ("c", (-1.0, 2.0))]
    found = turns(yearly(outcome, **dict(gains[place] for place in order)), [outcome])
    pairs = {frozenset((turn.policy, turn.other)) for turn in found}
    assert pairs == {frozenset("ab"), frozenset("ac"), frozenset("bc")}
    for turn in found:
        assert (turn.difference < 0) == (better == "lower")
        assert (turn.worse_difference > 0) == (better == "lower")


@pytest.mark.parametrize("error", ["sign", "years", "unadjusted"])
def test_planted_errors_are_noticed(error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if error == "sign":
        monkeypatch.setattr(years, "in_both", lambda one, other: in_both(other, one))
        [turn] = turns(yearly(LOAD, one=(0, 0), other=(1, -1)), [LOAD])
        assert turn.better_in != "2011"
    elif error == "years":
        monkeypatch.setattr(years, "years_of", lambda results, _: results.outcomes[1:2])
        assert turns(yearly(LOAD, one=(0, 0), other=(1, -1)), [LOAD]) == []
    else:
        monkeypatch.setattr(years, "holm", lambda ps: ps)
        found = yearly(LOAD, one=(0, 0), other=(1, -1))
        few = {name: values[:, :6] for name, values in found.values.items()}
        assert turns(results_of(few, found.outcomes, policies=found.policies), [LOAD])


def test_tables(tmp_path) -> None:
    found = yearly(LOAD, one=(0, 0), other=(1, -1))
    means, turned = year_means(found), turns(found, [LOAD])
    write_rows(tmp_path / "years.csv", YearMean, means)
    write_rows(tmp_path / "turns.csv", Turn, turned)
    for name, rows in (("years.csv", means), ("turns.csv", turned)):
        path = tmp_path / name
        text = path.read_text(encoding="utf-8")
        assert len(list(csv.DictReader(text.splitlines()))) == len(rows) > 0
        table = table_of(path, text.encode())
        assert table.num_rows == len(rows)
    write_rows(path, Turn, [])
    assert table_of(path, path.read_bytes()).num_rows == 0


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("load@2011", True),
        ("load@2012-01-01..06-19", True),
        ("load@d366-730", True),
        ("load@", False),
        ("load@a/b", False),
        ("load@../x", False),
        ("load@a@b", False),
        ("load@A", False),
    ],
)
def test_names_lead_out_of_no_folder(name: str, fits: bool) -> None:
    record = {**LOAD.document(), "name": name}
    if fits:
        assert OutcomeRecord.model_validate(record).name == name
    else:
        with pytest.raises(ValueError, match="pattern"):
            OutcomeRecord.model_validate(record)
