"""What is too large, too small or too many for the engine is refused where it stands."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents import load_scenario, run_compiled
from scenarios import SpecError, compile_world
from scenarios.reading import scenario_like
from scenarios.reading.load import load_policy
from scenarios.schema.place import MOST_KINDS
from scenarios.schema.policy import MOST_CODES, MOST_RULES, Handling
from scenarios.schema.scenario import MOST_POSTS, MOST_PROCEDURES, MOST_REPORTS, MOST_TICKS
from sim import LaneId
from tests.fuzz.kit import Document, documents, lay_out, texts, whole, write

SCENARIO = "scenarios/organised-crime.yaml"
THREAT = "threats/human-trafficking.yaml"
"""What it names."""
POLICY = "policies/bilateral.yaml"
PLACE = "places/eu27-2010/place.yaml"

Edit = Callable[[Any], object]


def value_at(document: Any, path: str) -> tuple[Any, Any]:
    """Return the container and the key of a value, by a path with slashes."""
    *above, last = (int(step) if step.isdigit() else step for step in path.split("/"))
    for step in above:
        document = document[step]
    return document, last


def edited(path: str, changes: dict[str, object]) -> bytes:
    document: Document = copy.deepcopy(documents()[path])
    for where, value in changes.items():
        container, key = value_at(document, where)
        container[key] = value(container.get(key)) if callable(value) else value
    return write(document)


def each_at_home(changes: dict[str, object]) -> dict[str, bytes]:
    """Edit the scenario, and its threat where that is what says something."""
    mine = {
        where: value for where, value in changes.items() if _is_said(where, documents()[THREAT])
    }
    rest = {where: value for where, value in changes.items() if where not in mine}
    return {SCENARIO: edited(SCENARIO, rest), THREAT: edited(THREAT, mine)}


def _is_said(where: str, document: Document) -> bool:
    try:
        container, key = value_at(document, where)
        container[key]
    except (KeyError, IndexError):
        return False
    return True


def attempt(folder: Path, kit: dict[str, bytes]) -> None:
    """Load and compile a scenario with a policy, from a changed catalogue."""
    lay_out({**whole(), **kit}, folder)
    loaded = load_scenario(str(folder / SCENARIO))
    compile_world(loaded, [load_policy(str(folder / POLICY))])


def refused(folder: Path, kit: dict[str, bytes]) -> SpecError:
    with pytest.raises(SpecError) as caught:
        attempt(folder, kit)
    assert caught.value.rule
    assert caught.value.remedy
    return caught.value


def copies(number: int) -> Edit:
    """Return an edit that lets a mapping hold its first item under many names."""
    return lambda value: {
        **value,
        **{f"copy-{n}": next(iter(value.values())) for n in range(number)},
    }


RULE = {"meaning": "x", "assumed": "x"}
NETWORK, DECOYS = "network", "decoys"
TOO_MUCH = [
    (SCENARIO, {"horizon": "200 y", "tick": "PT1M"}, "horizon", f"at most {MOST_TICKS:,} ticks"),
    (SCENARIO, {"tick": "PT99999H"}, "tick", "fixed form"),
    (SCENARIO, {"tick": "PT" + "9" * 5_000 + "H"}, "tick", "fixed form"),
    (THREAT, {"half_life/value": "0 h"}, "trafficking.half_life.value", "does not vanish at once"),
    (SCENARIO, {"reports": copies(MOST_REPORTS)}, "reports", f"at most {MOST_REPORTS} items"),
    (SCENARIO, {"reports/hit/kind": "request"}, "reports.hit.kind", "one class of report"),
    (THREAT, {"reports/risk/weight": {"median": 1e-300, "p95": 9}}, "weight", "add up"),
    (THREAT, {"reports/risk/weight/p95": 1e9}, "weight.p95", "within 0 and 4000000"),
    (THREAT, {"reports/risk/persons": 10**9}, "persons", "within 0 and 1000000"),
    (SCENARIO, {"desks/police/staff/base": 1e300}, "staff.base", "within 0 and 1000000"),
    (SCENARIO, {"desks/police/reads/value": 1e12}, "desks.police.reads", "reads at most"),
    (SCENARIO, {"desks/police/routine_made/value": 1e9}, "routine_made", "routine reports a tick"),
    (SCENARIO, {"desks/police/local_routine/value": -1}, "local_routine.value", "within 0 and"),
    (THREAT, {"sees/police/0/per_year": 1e9}, "per_year", "at most 1000000"),
    (THREAT, {"sees/police": lambda old: old * 2}, "sees.police[1].report", "at one rate"),
    (THREAT, {"recognises/police/evidence": 1e10}, "evidence", "at most 4000000"),
    (THREAT, {"recognises/police/organisations": 65}, "organisations", "within 1 and 64"),
    (THREAT, {f"{NETWORK}/cells/high": 28}, "network.cells.high", "the place has 27"),
    (THREAT, {f"{NETWORK}/members_per_cell/high": 10**6}, "trafficking.network", "1,000 members"),
    (THREAT, {f"{NETWORK}/income_per_victim_year/value": 1e300}, "income", "is at most 1000000"),
    (THREAT, {f"{NETWORK}/victims_per_member/value": 1e-300}, "victims", "at least 1e-09"),
    (THREAT, {f"{DECOYS}/number/value": 10**6}, "decoys", "at most 2,000 decoys"),
    (THREAT, {f"{DECOYS}/number/value": 10**12}, "number.value", "within 0 and 1000000000"),
    (THREAT, {f"{DECOYS}/places/high": 28}, "decoys.places.high", "the place has 27"),
    (THREAT, {f"{DECOYS}/activity_p95/value": 1e9}, "decoys", "times as active"),
    (THREAT, {f"{DECOYS}/activity_median/value": 1e-9}, "decoys", "times as active"),
    (THREAT, {f"{DECOYS}/activity_median/value": 9}, "decoys", "below the median"),
    (SCENARIO, {"posts": copies(MOST_POSTS)}, "posts", f"at most {MOST_POSTS} items"),
    (SCENARIO, {"posts/team/one_per": 1e-300}, "posts.team.one_per", "1e-09"),
    (SCENARIO, {"posts/team/number": 3}, "posts.team", "one for so many police officers"),
    (SCENARIO, {"sample/value": 2}, "sample.value", "within 0 and 1"),
    (THREAT, {f"{NETWORK}/number/value": 201}, "threats.trafficking.network", "1 to 200 networks"),
    (SCENARIO, {"trust/most/value": 1e9}, "trust", "trust is 1 at first"),
    (SCENARIO, {"trust/least/value": 2}, "trust", "trust is 1 at first"),
    (SCENARIO, {"place": "../places/nowhere"}, "place", "there is no file"),
    (SCENARIO, {"place": "/dev/null"}, "place", "there is no file"),
    (POLICY, {"ask/evidence": 1e10}, "ask.evidence", "at most 4000000"),
    (POLICY, {"rules": [RULE] * (MOST_RULES + 1)}, "rules", f"at most {MOST_RULES} items"),
    (POLICY, {"extends": "./nowhere.yaml"}, "extends", "there is no file"),
    (POLICY, {"extends": "../places"}, "extends", "there is no file"),
    (PLACE, {"national": copies(MOST_KINDS)}, "national", f"at most {MOST_KINDS} items"),
    (PLACE, {"national": copies(80)}, "national", "at most 2,000 desks"),
    (PLACE, {"bodies": copies(40)}, "bodies", "at most 64 Member States and bodies"),
    (
        PLACE,
        {
            "instruments/siena/connections": lambda old: old[:1] * MOST_KINDS,
            "instruments": copies(5),
        },
        "instruments",
        "pairs of desks",
    ),
]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(("path", "changes", "where", "rule"), TOO_MUCH)
def test_what_is_too_much_is_refused_where_it_stands(tmp_path, path, changes, where, rule):
    error = refused(tmp_path, {path: edited(path, changes)})
    assert rule in error.rule
    assert where in error.where
    assert Path(error.file).samefile(tmp_path / path)
    assert error.line is not None
    line = (tmp_path / path).read_text("utf-8").splitlines()[error.line - 1]
    assert re.split(r"[.\[]", error.where)[-1].rstrip("]") in line or "[" in error.where


@pytest.mark.parametrize(
    ("table", "change", "where", "rule"),
    [
        ("members.csv", lambda text: text + text.splitlines()[1] + "\n", "code", "has one row"),
        (
            "civil_protection.csv",
            lambda text: text + text.splitlines()[-1] + "\n",
            "code",
            "has one row",
        ),
        (
            "civil_protection.csv",
            lambda text: text.replace("\nMT,", "\nXX,"),
            "code",
            "one row for each Member State",
        ),
        ("members.csv", lambda text: text.splitlines()[0] + "\n", "code", "has a Member State"),
        ("members.csv", lambda text: text.replace("27900", "10" * 6), "police", "100000000"),
        ("borders.csv", lambda text: text + "AT,DE\n" * 10_000, "", "at most 10,000 rows"),
        ("borders.csv", lambda text: text + "AT,AT\n", "", "both are AT"),
        ("borders.csv", lambda text: text + "DE,AT\n", "", "this one says what line 3 says"),
        ("pccc.csv", lambda text: text + "FR,FR,a,2000,F,b\n", "", "both are FR"),
        ("groups.csv", lambda text: text + "salzburg-forum,AT\n", "", "says what line 2 says"),
    ],
)
def test_tables_are_held_to_limits(tmp_path, table, change, where, rule):
    path = f"places/eu27-2010/{table}"
    error = refused(tmp_path, {path: change(texts()[path].decode()).encode()})
    assert rule in error.rule
    assert where in error.where
    assert error.file == str(tmp_path / path)
    assert error.line is not None


def test_procedures_of_a_scenario_and_its_threats_are_counted_together(tmp_path):
    error = refused(tmp_path, {THREAT: edited(THREAT, {"procedures": copies(MOST_PROCEDURES)})})
    assert error.where == "procedures"
    assert f"at most {MOST_PROCEDURES} items" in error.rule
    assert error.file == str(tmp_path / SCENARIO)
    assert error.line is not None


def test_streams_of_observations_are_counted(tmp_path):
    def alike(desks: Any) -> object:
        return {**desks, **{f"copy-{number}": desks["police"] for number in range(40)}}

    kit = {PLACE: edited(PLACE, {"national": copies(40)})}
    kit[SCENARIO] = edited(SCENARIO, {"desks": alike})
    kit[THREAT] = edited(THREAT, {"sees": alike, f"{DECOYS}/number/value": 2_000})
    error = refused(tmp_path, kit)
    assert "are at most 1,000,000" in error.rule
    assert error.where.startswith("threats.trafficking.sees.copy-")
    assert Path(error.file).samefile(tmp_path / THREAT)
    assert error.line is not None


def test_handling_codes_are_counted(tmp_path):
    path = "policies/duties-2010.yaml"
    error = refused(tmp_path, {path: edited(path, {"handling": copies(MOST_CODES)})})
    assert f"at most {MOST_CODES} items" in error.rule
    half = {path: edited(path, {"handling": copies(MOST_CODES - 5)})}
    code = {"meaning": "x", "onward": "free"}
    half[POLICY] = edited(POLICY, {"handling": {f"own-{n}": code for n in range(10)}})
    error = refused(tmp_path, half)
    assert f"at most {MOST_CODES} handling codes" in error.rule
    assert error.where == "extends"


def test_rules_of_a_comparison_are_counted(tmp_path):
    kit = {POLICY: edited(POLICY, {"rules": [RULE] * 900})}
    lay_out({**whole(), **kit}, tmp_path)
    policy = load_policy(str(tmp_path / POLICY))
    with pytest.raises(SpecError, match="at most 65,535 rules together"):
        compile_world(load_scenario("organised-crime"), _named(policy, 80))
    with pytest.raises(SpecError, match="at most 128 handling codes together"):
        compile_world(load_scenario("organised-crime"), _named(policy, 130, codes=True))


def _named(policy, number, *, codes=False):
    """Return a policy under so many names, with a handling code of its own under each."""
    code = Handling(meaning="x", onward="free")
    made = []
    for name in (f"p-{n}" for n in range(number)):
        own = {"handling": {name: code}, "rules": ()} if codes else {}
        spec = policy.spec.model_copy(update={"policy": name, **own})
        made.append(replace(policy, spec=spec))
    return made


def test_a_table_of_terms_is_not_larger_than_memory(tmp_path, monkeypatch):
    attempt(tmp_path, {})
    policy = load_policy("bilateral")
    monkeypatch.setattr("scenarios.compiling.compiled.MOST_TERMS", 10_000)
    with pytest.raises(SpecError, match="tell apart x classes of report x policies") as caught:
        compile_world(load_scenario(str(tmp_path / SCENARIO)), _named(policy, 100))
    assert caught.value.file == str(tmp_path / SCENARIO)
    assert caught.value.line is not None


# What is just within the limits runs ---------------------------------------------------------

WITHIN = [
    {"half_life/value": "0.0000001 min"},
    {"half_life/value": "200 y", "reports/risk/lifetime": "200 y"},
    {"tick": "PT1440M", "horizon": "5 d"},
    {"desks/police/reads/value": 0.000001, "desks/police/routine_made/value": 100},
    {"sees/police/0/per_year": 1_000_000},
    {"recognises/police/evidence": 5e-324},
    {f"{NETWORK}/income_per_victim_year/value": 1e12, f"{NETWORK}/victims_per_member/value": 1e12},
    {f"{NETWORK}/members_per_cell/high": 1_000, f"{NETWORK}/cells/high": 27},
    {f"{DECOYS}/places/high": 27, f"{DECOYS}/activity_p95/value": 4},
    {"posts/team/one_per": 1e-9},
    {"posts/team/one_per": 1e9, "sample/value": 1e-9},
    {"casework/hours_per_day/value": 1e12},
    {"trust/most/value": 1_000, "trust/useful_exchange/value": 1e12},
    {f"{NETWORK}/number/value": 200, f"{DECOYS}/number/value": 0},
]


@pytest.mark.long
@pytest.mark.parametrize("changes", WITHIN)
def test_what_is_just_within_the_limits_runs(tmp_path, changes):
    changes = {"horizon": "9 d", **changes}
    lay_out({**whole(), **each_at_home(changes)}, tmp_path)
    loaded = load_scenario(str(tmp_path / SCENARIO))
    result = run_compiled(compile_world(loaded, [load_policy("bilateral")]), [LaneId(0, 1, 0)])
    assert set(result.outcomes) == {outcome.name for outcome in loaded.outcomes}


def test_a_state_alone_in_the_world_runs(tmp_path):
    kit = {
        path: b"".join(text.splitlines(keepends=True)[: 2 if text.startswith(b"code,") else 1])
        for path, text in texts().items()
        if path.startswith("places/eu27-2010/") and path.endswith(".csv")
    }
    kit[PLACE] = edited(PLACE, {"groups_as_neighbours": []})
    ones = {"low": 1, "high": 1, "assumed": "there is one state"}
    changes = {f"{NETWORK}/cells": ones, f"{DECOYS}/places": ones, "horizon": "200 d"}
    kit |= each_at_home({**changes, f"{NETWORK}/moves_when_warned/value": 1})
    lay_out({**whole(), **kit}, tmp_path)
    loaded = load_scenario(str(tmp_path / SCENARIO))
    lanes = [LaneId(0, 1, replication) for replication in range(4)]
    run_compiled(compile_world(loaded, [load_policy("full-pool")]), lanes)


def test_lifetimes_beyond_the_run_change_nothing(tmp_path):
    results = []
    for lifetime in ("9 d", "200 y"):
        changes: dict[str, object] = {
            f"reports/{name}/lifetime": lifetime
            for path in (SCENARIO, THREAT)
            for name in documents()[path]["reports"]  # type: ignore[attr-defined]
        }
        folder = tmp_path / lifetime
        lay_out({**whole(), **each_at_home({"horizon": "9 d", **changes})}, folder)
        loaded = load_scenario(str(folder / SCENARIO))
        assert int(compile_world(loaded, [load_policy("bilateral")]).world.kinds.decay.size) < 100
        compiled = compile_world(loaded, [load_policy("full-pool")])
        results.append(run_compiled(compiled, [LaneId(0, 3, 0), LaneId(0, 3, 1)]))
    one, other = results
    assert {name: v.tobytes() for name, v in one.outcomes.items()} == {
        name: v.tobytes() for name, v in other.outcomes.items()
    }
    assert (one.counters["messages"] == other.counters["messages"]).all()


# What only one threat can say --------------------------------------------------------------------

CYBER = "scenarios/cyber-outbreak.yaml"
FIRE = "scenarios/forest-fire.yaml"

WORM, FIRES = "threats/computer-worm.yaml", "threats/forest-fires.yaml"
INCIDENT, ASSISTANCE = "casework/incident", "casework/assistance"

MISPLACED = [
    (CYBER, {WORM: {"decoys/places/high": 40}}, "threats.worm.decoys.places.high", "the place has"),
    (
        FIRE,
        {FIRES: {"means/aircraft_worth/value": 0.001}},
        "threats.fires.means.aircraft_worth",
        "at least",
    ),
    (
        FIRE,
        {
            FIRE: {"tick": "PT6H"},
            FIRES: {"means/dawn/value": "7 h", "means/dusk/value": "11 h"},
        },
        "threats.fires.means.dusk",
        "begins in daylight",
    ),
    (CYBER, {CYBER: {ASSISTANCE: FIRES}}, "casework.assistance", "no organisation"),
    (CYBER, {WORM: {ASSISTANCE: FIRES}}, "casework.assistance", "no organisation"),
    (SCENARIO, {SCENARIO: {INCIDENT: WORM}}, "casework.incident", "no organisation"),
    (CYBER, {CYBER: {"outcomes/3/unit": "h"}}, "outcomes[3].unit", "in hours"),
]


@pytest.mark.parametrize(("path", "changes", "where", "rule"), MISPLACED)
def test_what_a_threat_cannot_deal_with_is_refused(tmp_path, path, changes, where, rule):
    """A file of another threat stands for its block of the same name."""
    kit = {}
    for file, values in changes.items():
        plain = {
            key: value_of(documents()[v], key) if v in (FIRES, WORM) else v
            for key, v in values.items()
        }
        kit[file] = edited(file, plain)
    lay_out({**whole(), **kit}, tmp_path)
    with pytest.raises(SpecError) as caught:
        load_scenario(str(tmp_path / path))
    assert where in caught.value.where
    assert rule in caught.value.rule
    assert caught.value.line is not None
    assert Path(caught.value.file).samefile(tmp_path / list(changes)[-1])


def value_of(document: Document, path: str) -> object:
    container, key = value_at(document, path)
    return container[key]


def test_a_changed_place_is_held_to_the_same_limits():
    base = load_scenario("organised-crime")
    content = base.document()
    place = content.pop("place_content")
    del place["neighbours"]
    place["bodies"] |= {f"body-{number}": place["bodies"]["europol"] for number in range(40)}
    with pytest.raises(
        SpecError, match="at most 64 Member States and bodies; this one has 76"
    ) as caught:
        scenario_like(base, content, place)
    assert caught.value.where == "place.bodies"
