"""Measures: what they change, in whatever order, and what they may not say."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from agents import load_scenario
from scenarios import LoadedPolicy, LoadedScenario, SpecError, compile_world, load_policy
from scenarios.changing import Original, programme_in, reached_by, with_measures
from scenarios.reading import Alternative, Dated, LoadedMeasure, load_measure, programme_of
from scenarios.schema import Measure

if TYPE_CHECKING:
    from collections.abc import Sequence

SETUP = "procedures.joint-team.delays.setup"
PROPOSED = "procedures.joint-team.chances.proposed"
PARTNERS = "policies.*.rules[match.over=bilateral,match.reports=trace].push.chance"
SEEN = "threats[kind=organised-crime].sees.police[report=police-trace].per_year"
RULE = {
    "meaning": "financial units tell the police of their state",
    "tag": "money",
    "match": {"sender": ["financial"], "receiver": ["police"], "reports": ["trace"]},
    "push": {"chance": 0.9},
    "assumed": "for the test",
}


@cache
def scenario() -> LoadedScenario:
    return load_scenario("organised-crime")


@cache
def policy() -> LoadedPolicy:
    return load_policy("bilateral")


def measure(name: str, *changes: dict[str, Any], **more: Any) -> LoadedMeasure:
    """Return a measure of some changes, all assumed."""
    made = [{"assumed": "for the test", **change} for change in changes]
    content = {"measure": name, "meaning": "for the test", "changes": made, **more}
    return LoadedMeasure(Path(f"{name}.yaml"), Measure.model_validate(content))


def made(*measures: LoadedMeasure) -> tuple[LoadedScenario, LoadedPolicy]:
    return with_measures(scenario(), policy(), measures)


def digests(*measures: LoadedMeasure) -> tuple[str, str]:
    """Return what scenario and policy come to, to the letter."""
    found = made(*measures)
    return found[0].digest, found[1].digest


def chance(loaded: LoadedPolicy) -> float:
    """Return how likely traces are told to partners."""
    push = loaded.spec.rules[0].push
    assert push is not None
    return push.chance


def bits(value: object) -> bytes:
    """Return all arrays of a world, and what else is in it, as bytes."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if is_dataclass(value):
        return b"".join(bits(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, list | tuple):
        return b"".join(map(bits, value))
    return repr(value).encode()


# What verbs do -------------------------------------------------------------------------------


def test_factors_multiply_all_numbers_that_stand_there() -> None:
    now, _ = made(measure("a", {"times": SETUP, "by": 0.5}))
    setup = now.spec.procedures["joint-team"].delays["setup"]
    assert (setup.median, setup.p95) == (45 * 24, 120 * 24)


@pytest.mark.parametrize(
    ("verb", "by", "expected"),
    [("raise", 0.5, 0.59), ("lower", 0.5, 0.09), ("raise", 0.0, 0.18), ("lower", 1.0, 0.0)],
)
def test_chances_are_raised_and_lowered(verb: str, by: float, expected: float) -> None:
    _, now = made(measure("a", {verb: PARTNERS, "by": by}))
    assert chance(now) == pytest.approx(expected, abs=1e-15)


def test_what_is_put_is_put() -> None:
    now, _ = made(measure("a", {"set": f"{PROPOSED}.value", "to": 0.3}))
    assert now.spec.procedures["joint-team"].chances["proposed"].value == 0.3


def test_bodies_are_opened_and_closed() -> None:
    path = "place.bodies.cert-eu.enabled"
    now, _ = made(measure("a", {"open": path}))
    assert now.atlas.place.bodies["cert-eu"].enabled
    closed, _ = with_measures(now, policy(), [measure("b", {"close": path})])
    assert not closed.atlas.place.bodies["cert-eu"].enabled


def test_a_rule_that_is_added_comes_before_those_that_are_there() -> None:
    _, now = made(measure("a", {"add": "policies.*.rules", "what": [RULE]}))
    assert now.spec.rules[0].tag == "money"
    assert now.spec.rules[1:] == policy().spec.rules
    assert len(now.rule_places) == len(now.spec.rules)


def test_what_one_measure_adds_another_one_may_move() -> None:
    adds = measure("b", {"add": "policies.*.rules", "what": [RULE]})
    moves = measure("a", {"lower": "policies.*.rules[tag=money].push.chance", "by": 0.5})
    for order in ((adds, moves), (moves, adds)):
        assert chance(made(*order)[1]) == pytest.approx(0.45)


def test_entries_of_tables_are_added_by_name() -> None:
    staff = {"base": 4, "assumed": "for the test"}
    number = {"value": 0.5, "assumed": "for the test"}
    desk = {"staff": staff, "reads": number, "local_routine": number, "routine_made": number}
    adds = measure("a", {"add": "desks", "what": {"europol.high-tech": desk}})
    assert set(made(adds)[0].spec.desks) - set(scenario().spec.desks) == {"europol.high-tech"}
    assert digests(adds, measure("b", *adds.content()["changes"])) == digests(adds)


def test_what_is_there_already_is_not_added() -> None:
    adds = measure("a", {"add": "posts", "what": {"team": {"of": "europol"}}})
    assert digests(adds) == digests()


def test_conditions_say_where() -> None:
    change = {"times": SETUP, "by": 0.5}
    assert digests(measure("a", {**change, "where": "desks.cert"})) == digests()
    assert digests(measure("a", {**change, "where": "desks.police"})) != digests()


def test_what_a_scenario_lacks_is_not_touched() -> None:
    fire, rules = load_scenario("forest-fire"), policy()
    joint = measure("a", {"times": SETUP, "by": 0.5})
    assert with_measures(fire, rules, [joint]) == (fire, rules)
    assert reached_by(fire, rules, joint) == {0: []}
    assert len(reached_by(scenario(), rules, joint)[0]) == 1


def test_an_absent_measure_changes_nothing() -> None:
    assert made() == (scenario(), policy())
    same = made(measure("a", {"times": SETUP, "by": 1.0}))
    assert digests() == (scenario().digest, policy().digest) == (same[0].digest, same[1].digest)
    assert bits(compile_world(same[0], [same[1]]).world) == bits(
        compile_world(scenario(), [policy()]).world
    )


# Any order -----------------------------------------------------------------------------------

MOVES = st.one_of(
    st.builds(
        lambda path, by: {"times": path, "by": by},
        st.sampled_from([SETUP, "procedures.joint-team.delays", SEEN, "desks.police.staff"]),
        st.floats(0.25, 2.0),
    ),
    st.builds(
        lambda verb, path, by: {verb: path, "by": by},
        st.sampled_from(["raise", "lower"]),
        st.sampled_from([PARTNERS, PROPOSED]),
        st.floats(0, 1),
    ),
    st.just({"add": "policies.*.rules", "what": [RULE]}),
    st.just({"open": "place.bodies.cert-eu.enabled"}),
)


@pytest.mark.long
@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(MOVES, min_size=1, max_size=3), min_size=2, max_size=4), st.randoms())
def test_measures_that_put_nothing_commute(listed: list[list[dict[str, Any]]], order: Any) -> None:
    measures = [measure(f"m-{number}", *changes) for number, changes in enumerate(listed)]
    shuffled = list(measures)
    order.shuffle(shuffled)
    assert digests(*shuffled) == digests(*measures)


@pytest.mark.long
def test_any_order_gives_the_same_world() -> None:
    measures = [
        measure("a", {"times": SETUP, "by": 0.3}, {"raise": PARTNERS, "by": 0.3}),
        measure("b", {"times": SETUP, "by": 0.7}, {"lower": PARTNERS, "by": 0.2}),
        measure("c", {"add": "policies.*.rules", "what": [RULE]}, {"times": SEEN, "by": 1.1}),
    ]
    worlds = {
        bits(compile_world(one, [other]).world)
        for order in permutations(measures)
        for one, other in [made(*order)]
    }
    assert len(worlds) == 1
    assert bits(compile_world(scenario(), [policy()]).world) not in worlds


# What is refused -----------------------------------------------------------------------------


def refused(*measures: LoadedMeasure) -> SpecError:
    with pytest.raises(SpecError) as caught:
        made(*measures)
    return caught.value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"set": f"{PROPOSED}.value", "to": 0.3}, {"set": f"{PROPOSED}.value", "to": 0.3}),
        ({"set": f"{PROPOSED}.value", "to": 0.3}, {"set": PROPOSED, "to": {"value": 1}}),
        ({"open": "place.bodies.cert-eu.enabled"}, {"close": "place.bodies.cert-eu.enabled"}),
        (
            {"add": "posts", "what": {"chiefs": {"of": "europol"}}},
            {"add": "posts", "what": {"chiefs": {"of": "eurojust"}}},
        ),
    ],
)
def test_two_that_put_in_one_place_are_refused(one: dict[str, Any], other: dict[str, Any]) -> None:
    error = refused(measure("one", one), measure("two", other))
    assert "one.yaml and two.yaml" in error.rule
    assert error.remedy
    both = refused(measure("two", other), measure("one", one))
    assert (both.rule, both.where) == (error.rule, error.where)


def test_what_does_not_fit_names_the_change() -> None:
    error = refused(
        measure("a", {"times": SETUP, "by": 0.5}, {"raise": f"{SETUP}.median", "by": 0.5})
    )
    assert (error.file, error.where) == ("a.yaml", "changes[1].raise")
    assert "chance" in error.rule


def test_what_breaks_a_rule_names_the_change() -> None:
    error = refused(measure("a", {"times": PARTNERS, "by": 9}))
    assert (error.file, error.where) == ("a.yaml", "changes[0].times")
    assert "1" in error.rule


NETWORK = "threats[kind=organised-crime].network"


@pytest.mark.parametrize("part", ["number", "number.value", ""])
def test_what_numbers_the_parts_of_a_world_is_refused(part: str) -> None:
    path = f"{NETWORK}.{part}".rstrip(".")
    error = refused(
        measure("more", {"times": f"{NETWORK}.held_for", "by": 2}, {"times": path, "by": 2})
    )
    assert error.where == "changes[1].times"
    assert "no measure changes it" in error.rule
    assert "network.held_for" in error.remedy
    assert error.value == f"threats.trafficking.network.{part}".rstrip(".")


def dated(one: LoadedMeasure, day: date | None) -> LoadedPolicy:
    return Alternative.of(policy(), programme_of("dated", "for the test", [Dated(one, day)]))


def test_what_sets_a_threat_up_does_not_change_on_a_day() -> None:
    one = measure("fewer", {"times": f"{NETWORK}.members_per_cell", "by": 0.5})
    begins = scenario().spec.begins
    for day in (None, begins, date(2030, 1, 1)):
        assert programme_in(scenario(), dated(one, day))
    with pytest.raises(SpecError, match="as it is at the first tick") as caught:
        programme_in(scenario(), dated(one, date(2012, 1, 1)))
    error = caught.value
    assert (error.file, error.where) == ("fewer.yaml", "changes[0].times")
    assert error.value == "threats.trafficking.network.members_per_cell"
    assert "from the first tick" in error.remedy


def test_other_numbers_of_a_threat_may() -> None:
    one = measure("poorer", {"times": f"{NETWORK}.income_per_victim_year", "by": 0.5})
    rows = programme_in(scenario(), dated(one, date(2012, 1, 1)))
    threats: list[Any] = [made.spec.threats["trafficking"] for _, made, _ in rows]
    earned = [threat.network.income_per_victim_year.value for threat in threats]
    assert earned == [16200, 8100]


def test_what_nothing_depends_on_is_refused() -> None:
    error = refused(measure("a", {"set": "meaning", "to": "another one"}))
    assert "nothing would change" in error.rule


def write(path: Path, changes: Sequence[str], more: str = "") -> Path:
    lines = "\n".join(f"  - {change}" for change in changes)
    path.write_text(f"measure: mine\nmeaning: for the test\n{more}changes:\n{lines}\n")
    return path


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (f"{{times: {SETUP}, by: 0.5}}", "has a source or a stated assumption"),
        (f"{{times: {SETUP}, assumed: x}}", "`times` goes with `by`"),
        (f"{{times: {SETUP}, raise: {PROPOSED}, by: 0.5, assumed: x}}", "one verb of"),
        ("{by: 0.5, assumed: x}", "one verb of"),
        (f"{{raise: {PROPOSED}, by: 1.5, assumed: x}}", "a share within 0 and 1"),
        ("{times: 'policies.*.rules[0].push.chance', by: 2, assumed: x}", "name, kind or tag"),
        ("{open: place.bodies.cert-eu.enabled, to: true, assumed: x}", "`open` is enough"),
    ],
)
def test_a_file_that_breaks_a_rule_says_where(tmp_path: Path, change: str, rule: str) -> None:
    path = write(tmp_path / "mine.yaml", [change])
    with pytest.raises(SpecError, match=rule) as caught:
        load_measure(str(path))
    assert (caught.value.file, caught.value.line) == (str(path), 4)
    assert caught.value.remedy


def test_days_may_be_years_or_months(tmp_path: Path) -> None:
    dates = "dates: {proposed: 2011, applies: 2018-05, act: directive, assumed: x}\n"
    path = write(tmp_path / "mine.yaml", [f"{{times: {SETUP}, by: 0.5, assumed: x}}"], dates)
    read = load_measure(str(path)).spec.dates
    assert read is not None
    assert [str(read.proposed), str(read.applies)] == ["2011-01-01", "2018-05-01"]
    again = LoadedMeasure(path, Measure.model_validate(load_measure(str(path)).document()))
    assert again.digest == load_measure(str(path)).digest


# Paths ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "number"),
    [
        (PARTNERS, 1),
        ("policies.*.rules[match.over=bilateral].push.chance", 3),
        ("policies.bilateral.rules[tag=none].push.chance", 0),
        ("threats[kind=organised-crime].sees.*[aspect=travel].per_year", 4),
        ("threats[kind=cyber-outbreak].sees.*[aspect=travel].per_year", 0),
        ("posts[of=national].officers", 3),
        ("nowhere", 0),
    ],
)
def test_paths_lead_by_name_kind_and_tag(path: str, number: int) -> None:
    assert len(Original.of(scenario(), [policy()]).reached(path)) == number
