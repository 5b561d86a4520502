"""What an assessment says of planted measures: alone, last, together, and their shares."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations, permutations
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from experiments.analysis.assessment import Assessed, assess, is_named, leading, moved_nothing
from experiments.analysis.assessment_files import write_assessment
from experiments.figures import drawn
from experiments.figures.atlas import pages
from experiments.figures.style import settings
from experiments.outcomes.paired import mean_interval, signed_rank
from experiments.outcomes.values import F64, Futures, Outcome
from experiments.printing.assessment import print_assessment
from tests.experiments.samples import HORIZON_DAYS

if TYPE_CHECKING:
    from pathlib import Path

    from experiments.analysis.study import Study

WORLDS = 40
HARM = Outcome("harm", "Persons harmed", "persons", "lower", "effect", headline=True)
WORK = Outcome("work", "Work", "hours", "lower", "cost", headline=True)
SIDE = Outcome("side.days", "Days to a case", "days", "lower", "effect", time=True)
YEARS = tuple(replace(HARM, name=f"harm@{year}", headline=False) for year in (2011, 2012))
OUTCOMES = (HARM, WORK, SIDE, *YEARS)

NAMES = ("a", "b", "c", "twin", "other", "rare", "idle")
PLAYERS = ("a", "b", "twin")


def planted_harm(group: frozenset[str], draws: F64) -> F64:
    """Return harm with some measures in force.

    a takes 10, b takes 5, both together 4 more; c does its part only beside a; twin and other do
    the same thing, and one of them is enough.
    """
    harm = 100 + 20 * draws
    harm = harm - 10 * ("a" in group) * (1 + 0.1 * draws) - 5 * ("b" in group) * (1 + 0.2 * draws)
    harm -= 4 * ({"a", "b"} <= group) * (1 + 0.1 * draws)
    harm -= 3 * ({"a", "c"} <= group) * (1 + 0.1 * draws)
    harm -= 6 * bool({"twin", "other"} & group) * (1 + 0.1 * draws)
    harm[3] -= "rare" in group
    return harm


def groups() -> list[frozenset[str]]:
    everything = frozenset(NAMES)
    found = [frozenset[str](), *(frozenset({name}) for name in NAMES), everything]
    found += [everything - {name} for name in NAMES]
    found += [frozenset(some) for n in (2, 3) for some in combinations(PLAYERS, n)]
    return found


def name_of(group: frozenset[str]) -> str:
    return "plain" if not group else "plain + " + " + ".join(sorted(group))


def declared(**changes: Any) -> dict[str, Any]:
    """Return what the run directory says of the measures."""
    expect: Mapping[str, Mapping[str, str]] = {
        "a": {"harm": "lower", "days": "lower"},
        "b": {"harm": "higher", "nowhere": "lower"},
    }
    cost = {"once_meur": 3.0, "yearly_meur": 2.0, "payer": "union"}
    assessed: dict[str, Any] = {
        name: {
            "name": f"{name}-measure",
            "meaning": "x",
            "objective": 1 + (name == "rare"),
            "guidelines": ["IV"],
            "cost": cost if name == "a" else None,
            "records_per_year": None,
            "expect": dict(expect.get(name, {})),
        }
        for name in NAMES
    }
    told = {name_of(g): {"policy": "plain", "measures": sorted(g)} for g in groups()}
    orders = [list(order) for order in permutations(PLAYERS)]
    needs = {name: [name] for name in NAMES}
    found = {
        "assessed": assessed, "alternatives": told, "orders": orders, "untouched": {"z": "x"},
        "needs": needs,
    }  # fmt: skip
    return {**found, **changes}


def futures() -> Futures:
    draws = np.random.default_rng(5).uniform(0.5, 1.5, WORLDS)
    rows = groups()
    harm = np.array([planted_harm(group, draws) for group in rows])
    work = np.array([1_000 + 50 * draws + 20 * draws * ("a" in group) for group in rows])
    days = np.array([np.where(draws < 1.2, 60 - 5 * ("a" in group), np.nan) for group in rows])
    values = {"harm": harm, "work": work, "side.days": days, "harm@2011": 0.25 * harm}
    values["harm@2012"] = 0.75 * harm
    return Futures(
        scenario="sample",
        parameters=(),
        table=np.zeros((1, 0)),
        policies=tuple(map(name_of, rows)),
        baseline="plain",
        seed=7,
        horizon_days=HORIZON_DAYS,
        outcomes=OUTCOMES,
        values={name: one[None] for name, one in values.items()},
        held=np.ones((1, len(rows), WORLDS), np.bool_),
        done=np.ones((1, len(rows), WORLDS), np.bool_),
    )


def found_in(experiment: dict[str, Any], of: Futures, sample: float | None = None) -> Assessed:
    scenario: dict[str, Any] = {"threats": {"side": {}}}
    if sample is not None:
        scenario["sample"] = {"value": sample}
    documents = {"experiment": experiment, "scenario": scenario}
    manifest = SimpleNamespace(documents=documents)
    study = SimpleNamespace(
        directory=SimpleNamespace(manifest=manifest), futures=of, outcomes=(HARM, WORK)
    )
    return assess(cast("Study", study))


@pytest.fixture(scope="module")
def found() -> Assessed:
    return found_in(declared(), futures(), sample=0.01)


def test_verdicts_are_what_was_planted(found: Assessed) -> None:
    assert {one.name: one.verdict("plain") for one in found.measures} == {
        "a": "seen",
        "b": "seen",
        "c": "needs others",
        "twin": "overlaps",
        "other": "overlaps",
        "rare": "not seen",
        "idle": "moves nothing",
    }
    assert moved_nothing(found) == {"idle"}
    assert leading(found, 3) == ("a", "twin", "other")
    assert leading(found, 9) == ("a", "b", "twin", "other")


def test_effects_are_paired_differences_alone_and_last(found: Assessed) -> None:
    draws = np.random.default_rng(5).uniform(0.5, 1.5, WORLDS)
    measure = found.measures[0]
    alone, last = (measure.under("plain", way)["harm"] for way in ("alone", "last"))
    assert alone.row.difference == pytest.approx(float((-10 * (1 + 0.1 * draws)).mean()))
    beside_b_and_c = -17 * (1 + 0.1 * draws)
    assert last.row.difference == pytest.approx(float(beside_b_and_c.mean()))
    assert (last.row.low, last.row.high) == pytest.approx(mean_interval(beside_b_and_c))
    assert alone.moved == WORLDS
    assert found.measures[5].under("plain", "alone")["harm"].moved == 1


def test_all_effects_are_one_family(found: Assessed) -> None:
    # seven measures x two ways x two outcomes, what a is expected to move both ways, and all
    assert found.tests == 7 * 2 * 2 + 2 + 2
    assert {effect.row.tests for effect in found.effects} == {found.tests}


def test_expectations_are_judged(found: Assessed) -> None:
    a, b = found.measures[:2]
    assert a.judged("plain") == {"harm": "as expected", "side.days": "as expected"}
    assert b.judged("plain") == {"harm": "the opposite"}
    assert is_named("trafficking.days", "days")
    assert not is_named("holidays", "days")


def test_joint_effects_are_beyond_the_sum(found: Assessed) -> None:
    draws = np.random.default_rng(5).uniform(0.5, 1.5, WORLDS)
    by_names = {one.measures: one for one in found.joints if one.outcome == "harm"}
    pair = by_names["a", "b"], by_names["a",]
    assert pair[0].difference == pytest.approx(float((-4 * (1 + 0.1 * draws)).mean()))
    assert pair[0].p == pytest.approx(signed_rank(-4 * (1 + 0.1 * draws)))
    assert pair[0].word == "better than the sum"
    assert pair[1].difference == pytest.approx(float((-7 * (1 + 0.1 * draws)).mean()))
    assert by_names["twin",].word == "worse than the sum"
    assert by_names["a", "twin"].word == "unclear"
    assert by_names["c",].word == "better than the sum"


@pytest.fixture(scope="module")
def by_formula() -> dict[str, F64]:
    """Return Shapley's shares by the sum over coalitions, shape (R,) each."""
    draws = np.random.default_rng(5).uniform(0.5, 1.5, WORLDS)
    count = len(PLAYERS)
    found = {}
    for name in PLAYERS:
        share = np.zeros(WORLDS)
        others = [one for one in PLAYERS if one != name]
        for size in range(count):
            weight = math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
            for some in combinations(others, size):
                with_it = planted_harm(frozenset({*some, name}), draws)
                share += weight * (with_it - planted_harm(frozenset(some), draws))
        found[name] = share
    return found


def test_shares_are_those_of_the_formula(found: Assessed, by_formula: dict[str, F64]) -> None:
    mine = {one.measure: one for one in found.shares if one.outcome == "harm"}
    for name, share in by_formula.items():
        assert mine[name].mean == pytest.approx(float(share.mean()))
        assert (mine[name].low, mine[name].high) == pytest.approx(mean_interval(share))
        assert mine[name].is_exact
    assert sum(one.mean for one in mine.values()) == pytest.approx(mine["a"].whole)


def test_some_orders_are_told_as_some() -> None:
    some = declared(orders=[["a", "b", "twin"], ["twin", "b", "a"]])
    shares = found_in(some, futures()).shares
    assert not any(one.is_exact for one in shares)
    draws = np.random.default_rng(5).uniform(0.5, 1.5, WORLDS)
    [a] = [one for one in shares if (one.measure, one.outcome) == ("a", "harm")]
    assert a.mean == pytest.approx(float((-12 * (1 + 0.1 * draws)).mean()))


def test_prices_are_of_the_whole_and_not_of_the_sample(found: Assessed) -> None:
    [price] = [one for one in found.prices if one.measure == "a"]
    effect = found.measures[0].under("plain", "alone")
    cost = 3.0 + 2.0  # a run of less than a year is paid for a year
    assert price.eur == pytest.approx(cost * 1e6 / (-effect["harm"].row.difference / 0.01))
    assert price.hours == pytest.approx(
        effect["work"].row.difference / -effect["harm"].row.difference
    )
    [b] = [one for one in found.prices if one.measure == "b"]
    assert math.isnan(b.eur)


def additive(needs: dict[str, list[str]]) -> Assessed:
    """Return what is found of measures that add up exactly, of which some need others."""
    worth = {"a": 10.0, "b": 5.0, "c": 3.0}
    draws = np.random.default_rng(5).uniform(0.5, 1.5, WORLDS)
    sets = {frozenset(needs[name]) for name in worth}
    sets |= {frozenset(o for o in worth if name not in needs[o]) for name in worth}
    rows = [frozenset[str](), *sorted({*sets, frozenset(worth)} - {frozenset()}, key=sorted)]
    harm = np.array([100 - draws * sum(worth[name] for name in group) for group in rows])
    told = {name_of(g): {"policy": "plain", "measures": sorted(g)} for g in rows}
    assessed = {name: one for name, one in declared()["assessed"].items() if name in worth}
    of = replace(
        futures(),
        policies=tuple(map(name_of, rows)),
        outcomes=(HARM, WORK),
        values={"harm": harm[None], "work": harm[None]},
        held=np.ones((1, len(rows), WORLDS), np.bool_),
        done=np.ones((1, len(rows), WORLDS), np.bool_),
    )
    experiment = declared(assessed=assessed, alternatives=told, orders=[], needs=needs)
    return found_in(experiment, of)


def test_what_adds_up_is_not_beyond_the_sum_whoever_needs_whom() -> None:
    found = additive({"a": ["a"], "b": ["a", "b"], "c": ["c"]})
    assert {one.measures for one in found.joints} >= {("c",)}
    assert {one.word for one in found.joints} == {"unclear"}
    assert all(abs(one.difference) < 1e-9 for one in found.joints)
    assert {one.verdict("plain") for one in found.measures} == {"seen"}
    assert found.measures[1].needs == ("a",)


def test_a_measure_by_itself_is_tested_once() -> None:
    declared_one = declared(
        assessed={"a": declared()["assessed"]["a"]},
        needs={"a": ["a"]},
        alternatives={
            name: one
            for name, one in declared()["alternatives"].items()
            if one["measures"] in ([], ["a"])
        },
        orders=[],
    )
    found = found_in(declared_one, futures())
    assert found.together == ()
    assert found.tests == 3
    assert found.measures[0].verdict("plain") == "seen"


def test_years_add_up(found: Assessed) -> None:
    mine = [one.difference for one in found.by_year if one.measure == "a"]
    assert sum(mine) == pytest.approx(
        found.measures[0].under("plain", "alone")["harm"].row.difference
    )
    assert [one.year for one in found.by_year if one.measure == "b"] == ["2011", "2012"]


def test_it_is_written_drawn_and_printed(
    found: Assessed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_assessment(tmp_path, found)
    told = json.loads((tmp_path / "assessment.json").read_text())
    assert told["measures"]["c"]["verdict"] == {"plain": "needs others"}
    assert (tmp_path / "measures.csv").read_text().count("\n") == len(found.effects) + 1
    assert (tmp_path / "measures_shares.csv").read_text().count("\n") == 3 * 2 + 1
    with settings():
        pictures = dict(drawn(pages(found, "sample")))
    assert list(pictures) == ["atlas-plain", "atlas-plain-harm"]
    labels = [label.get_text() for label in pictures["atlas-plain"].axes[0].get_yticklabels()]
    assert labels[:3] == ["Objective 1", "a measure", "b measure"]
    assert labels[-1] == "all together"
    print_assessment(found)
    lines = capsys.readouterr().out
    words = " ".join(lines.split())
    assert "Touches nothing in sample: z." in words
    assert "Moves nothing: idle." in words
    assert "Expected under plain, and the opposite is seen: b harm." in words
    clear = [one.name for one in found.measures if one.under("plain", "alone")["harm"].is_clear]
    of_four = next(line for line in lines.splitlines() if line.startswith(" guideline IV"))
    assert of_four.split()[2] == str(len(found.measures))
    assert clear
    assert all(name in words.partition("guideline IV")[2] for name in clear)
    assert max(map(len, lines.splitlines())) <= 80
