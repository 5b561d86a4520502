"""Which alternatives an assessment compares, and in which orders measures come."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from agents import load_scenario
from experiments.designs import Assessment, assessment_of, orders
from experiments.errors import UserError
from experiments.planning import measures_of
from scenarios import SpecError, load_policy

CHANGE = "{times: procedures.investigation.delays, by: 0.5, assumed: x}"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return files of three measures: b needs a, c is free."""
    folder = tmp_path_factory.mktemp("own")
    needs = {"a": "", "b": "needs: [a.yaml]\n", "c": ""}
    found = {}
    for name, need in needs.items():
        found[name] = folder / f"{name}.yaml"
        text = f"measure: {name}\nmeaning: x\n{need}changes: [{CHANGE}]\n"
        found[name].write_text(text.replace("x\n", f"measure {name}\n", 1))
    return found


def assessment(names: str) -> Assessment:
    scenario = load_scenario("organised-crime")
    return assessment_of(scenario, [load_policy("bilateral")], measures_of(names))


def test_each_alone_all_and_all_but_one(own: dict[str, Path]) -> None:
    made = assessment(",".join(map(str, own.values())))
    groups = [sorted(group) for group in made.first()]
    assert groups == [[], ["a"], ["a", "b"], ["c"], ["a", "b", "c"], ["a", "c"]]
    [policy] = made.policies
    names = [made.name(policy, group) for group in made.first()]
    assert names == [
        "bilateral",
        "bilateral + a",
        "bilateral + all-but-c",
        "bilateral + c",
        "bilateral + all",
        "bilateral + all-but-b",
    ]
    assert made.needs.without("a") == {"c"}
    plan = made.plan(made.first(), seed=1, replications=3)
    assert plan.names == tuple(names)
    told = plan.experiment["alternatives"]
    assert told["bilateral + all-but-c"]["measures"] == ["a", "b"]


def test_what_a_measure_needs_is_asked_for(own: dict[str, Path]) -> None:
    made = assessment(f"{own['b']},{own['c']}")
    with pytest.raises(SpecError, match="b cannot do without a"):
        made.plan(made.first(), seed=1, replications=3)


def test_what_touches_nothing_is_left_out() -> None:
    made = assessment("1.1e,5.4a,all")
    assert "5.4a" not in made.measures
    assert list(made.named)[:2] == ["1.1e", "5.4a"]
    assert "5.4a" in made.document()["untouched"]
    with pytest.raises(UserError, match="none of them touches anything"):
        assessment("5.4a")


def test_two_of_one_name_are_refused(own: dict[str, Path], tmp_path: Path) -> None:
    other = tmp_path / "a.yaml"
    other.write_text(own["a"].read_text().replace("0.5", "0.4"))
    with pytest.raises(UserError, match="tables call both of them a"):
        measures_of(f"{own['a']},{other}")


def test_orders_are_all_or_a_sample_with_each_reversed() -> None:
    names = ("a", "b", "c", "d")
    assert orders(names, 24, seed=1) == list(permutations(names))
    some = orders(names, 10, seed=1)
    assert len(some) == len(set(some)) == 10
    assert all(order[::-1] in some for order in some)
    assert all(sorted(order) == list(names) for order in some)
    assert orders(names, 10, seed=1) == some
    assert orders(names, 10, seed=2) != some
    assert len(orders(names, 7, seed=1)) == 6
