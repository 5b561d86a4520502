"""What ships: every number says where it comes from, and the published ones are as published.

Figures are entered here a second time, from the sources and not from the catalogue.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from ruamel.yaml import YAML

from agents import json_schemas, load_scenario, run_compiled
from scenarios import (
    Compiled,
    LoadedScenario,
    SpecError,
    compile_world,
    load_place,
    load_policy,
    policy_entries,
    scenario_entries,
)
from scenarios.compiling.channels import Network, build_network
from scenarios.reading.extending import document_of
from scenarios.reading.finding import CATALOGUE
from scenarios.schema.sourced import walk_sources
from sim import LaneId
from sim.draws.streams import ONE, QUANTILES
from sim.seam.world import Role

SCENARIO = "organised-crime"
PLACE = CATALOGUE / "places" / "eu27-2010"
REGIMES = {
    "europol-feed",
    "bilateral",
    "request-response",
    "hub-and-spoke",
    "need-to-know",
    "availability",
    "hit-no-hit",
    "originator-control",
    "full-pool",
}
MEMBERS = [
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL"),
    *("ES", "FI", "FR", "HU", "IE", "IT", "LT", "LU", "LV"),
    *("MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "UK"),
]


@cache
def scenario() -> LoadedScenario:
    return load_scenario(SCENARIO)


@cache
def compiled() -> Compiled:
    return compile_world(scenario(), [load_policy(name) for name in sorted(REGIMES)])


def files(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((CATALOGUE / folder).rglob("*.yaml"))]
    assert found
    return found


@cache
def plain(path: Path) -> Any:
    """Read a YAML file by the shortest way, apart from the project's reader."""
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def table(name: str) -> list[dict[str, str]]:
    with (PLACE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


# Where numbers come from ---------------------------------------------------------------------

DURATION = re.compile(r"\d+(\.\d+)?\s*(min|h|d|w|mo|y)")


def unsourced(path: Path) -> list[str]:
    """Numbers of a file without provenance in a mapping around them.

    What the file says of itself speaks for its first level only, and for the course of a case.
    """
    content = plain(path)
    course = ("starts", "steps") if "procedure" in content else ()
    return [
        name
        for key, value in content.items()
        if key not in course
        for name in _bare(value, str(key), top=True)
    ]


def _bare(value: Any, path: str, *, top: bool = False) -> Iterator[str]:
    if isinstance(value, dict) and not (value.get("source") or value.get("assumed")):
        for key, child in value.items():
            yield from _bare(child, f"{path}.{key}")
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from _bare(child, f"{path}[{number}]")
    elif not top and _is_number(value):
        yield path


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return DURATION.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


SOURCED_FILES = files(
    "scenarios", "policies", "threats", "procedures", "measures", "programmes", "places"
)


@pytest.mark.long
@pytest.mark.parametrize("path", SOURCED_FILES, ids=lambda path: path.stem)
def test_every_number_has_a_source_or_is_marked_assumed(path: Path) -> None:
    missing = unsourced(path)
    if path.stem == "columns":
        missing = [name for name in missing if not name.endswith(".year")]
    assert missing == []


def test_handling_codes_say_where_their_numbers_come_from() -> None:
    assert unsourced(CATALOGUE / "policies" / "originator-control.yaml") == []


def test_a_number_without_a_source_is_found(tmp_path: Path) -> None:
    file = tmp_path / "made-up.yaml"
    rules = "rules:\n- push: {chance: 0.3, delay: 3 d}\n- {push: {chance: 1}, assumed: z}\n"
    file.write_text(f"meaning: x\nsource: y\nretention: 3 y\n{rules}")
    assert unsourced(file) == ["rules[0].push.chance", "rules[0].push.delay"]


@pytest.mark.parametrize("name", [SCENARIO, *sorted(REGIMES)])
def test_every_listed_provenance_says_something(name: str) -> None:
    loaded = scenario() if name == SCENARIO else load_policy(name)
    rows = loaded.sources()
    assert len(rows) > 5
    for row in rows:
        assert row.kind in {"source", "assumed"}
        assert len(row.text) > 3, row
        assert row.value, row
    assert len({row.path for row in rows}) == len(rows)


def _marked(value: Any) -> int:
    """Count the mappings with a provenance."""
    if isinstance(value, dict):
        here = isinstance(value.get("source", value.get("assumed")), str)
        return here + sum(map(_marked, value.values()))
    return sum(map(_marked, value)) if isinstance(value, list) else 0


def test_the_list_of_sources_is_complete() -> None:
    document = document_of(CATALOGUE / "scenarios" / f"{SCENARIO}.yaml").value
    assert len(walk_sources(scenario().spec)) == _marked(document)
    assert len(walk_sources(scenario().atlas.place)) == _marked(plain(PLACE / "place.yaml"))
    columns = sum(len(rows) for rows in plain(PLACE / "columns.yaml").values())
    assert len(scenario().sources()) == (
        _marked(document) + _marked(plain(PLACE / "place.yaml")) + columns
    )


def test_policies_list_the_sources_of_what_they_extend() -> None:
    duties = len(plain(CATALOGUE / "policies" / "duties-2010.yaml")["rules"])
    for name in REGIMES:
        loaded = load_policy(name)
        assert len(loaded.spec.rules) > duties
        permissions = sum(code.permission is not None for code in loaded.spec.handling.values())
        declared = len(loaded.spec.rules) + (loaded.spec.ask is not None) + permissions
        assert len(loaded.sources()) == declared


def test_every_column_of_every_table_is_documented() -> None:
    documented = plain(PLACE / "columns.yaml")
    tables = {path.name: list(table(path.name)[0]) for path in PLACE.glob("*.csv")}
    assert {name: list(columns) for name, columns in documented.items()} == tables
    for columns in documented.values():
        for column in columns.values():
            assert {"meaning", "unit", "source", "year"} <= column.keys()
            assert all(column.values())


def test_nothing_in_the_catalogue_is_unread() -> None:
    """No file lies there that no loader reads."""
    read = {"place.yaml", "columns.yaml"}
    read |= {"members.csv", "borders.csv", "pccc.csv", "groups.csv", "civil_protection.csv"}
    assert {path.name for path in PLACE.iterdir()} == read
    assert {path.suffix for path in files("scenarios", "policies")} == {".yaml"}


# Who there is --------------------------------------------------------------------------------


def test_there_are_27_member_states() -> None:
    assert list(scenario().atlas.members) == MEMBERS
    assert len(MEMBERS) == 27


def without(column: str) -> set[str]:
    return {code for code, one in scenario().atlas.members.items() if not getattr(one, column)}


def test_what_states_lacked_in_2010() -> None:
    assert without("cert_2010") == {"IE", "PT", "PL", "EL", "CY", "MT", "RO"}
    assert without("aro_2010") == {"IT", "MT", "PT", "RO", "SI"}
    assert without("sis_2010") == {"CY", "IE", "UK"}
    assert without("external_sea_border") == {"AT", "CZ", "HU", "LU", "SK"}
    assert (27 - len(without("cert_2010")), 27 - len(without("aro_2010"))) == (20, 22)


def test_states_with_an_external_land_border() -> None:
    expected = {"BG", "EE", "EL", "ES", "FI", "HU", "LT", "LV", "PL", "RO", "SI", "SK"}
    assert {c for c in MEMBERS if c not in without("external_land_border_km")} == expected


def test_population_and_police() -> None:
    """Eurostat: 501.1 million on 1 January 2010; 1.7 million officers; rates of three states."""
    members = scenario().atlas.members
    assert sum(one.population for one in members.values()) == pytest.approx(501.1e6, abs=0.05e6)
    assert sum(one.police_officers for one in members.values()) == pytest.approx(1.7e6, abs=0.05e6)
    for code, rate in {"CY": 672, "ES": 506, "FI": 156}.items():
        one = members[code]
        assert one.police_officers / one.population * 1e5 == pytest.approx(rate, rel=0.01)


def test_borders_are_land_borders_named_once() -> None:
    rows = [(row["a"], row["b"]) for row in table("borders.csv")]
    assert len(rows) == len(set(rows)) == 34
    assert all(a < b for a, b in rows)
    assert not {"CY", "MT"} & {code for row in rows for code in row}
    for pair in (("DE", "FR"), ("IE", "UK"), ("ES", "PT"), ("FI", "SE"), ("DE", "PL")):
        assert pair in rows


def test_regional_groups() -> None:
    groups = {name: set(members) for name, members in scenario().atlas.groups.items()}
    assert groups["benelux"] == {"BE", "NL", "LU"}
    assert groups["visegrad"] == {"PL", "CZ", "SK", "HU"}
    assert groups["nordic"] == {"DK", "FI", "SE"}
    assert groups["salzburg-forum"] == {"AT", "BG", "CZ", "HU", "PL", "RO", "SI", "SK"}
    assert groups["baltic-sea-task-force"] == {"DE", "DK", "EE", "FI", "LT", "LV", "PL", "SE"}
    assert scenario().atlas.are_neighbours("AT", "RO")
    assert not scenario().atlas.are_neighbours("ES", "IT")


def test_bodies_and_what_they_may_read() -> None:
    bodies = scenario().atlas.place.bodies
    assert set(bodies) >= {"europol", "eurojust", "frontex", "olaf", "enisa", "mic", "sitcen"}
    assert not bodies["cert-eu"].enabled
    (desk,) = bodies["frontex"].desks.values()
    assert not desk.personal_data
    assert desk.clearance == "restricted"


def test_the_institutions_have_no_cert_yet() -> None:
    assert "cert-eu" not in compiled().layout.groups
    assert not any(name.startswith("cert-eu.") for name in compiled().layout.units)


# How they are joined -------------------------------------------------------------------------


@cache
def whole_network() -> Network:
    """Return the network as if the scenario used every desk."""
    spec, atlas = scenario().spec, scenario().atlas
    some = next(iter(spec.desks.values()))
    desks = [
        *atlas.place.national,
        *(f"{body}.{desk}" for body, one in atlas.place.bodies.items() for desk in one.desks),
    ]
    everyone = spec.model_copy(update={"desks": dict.fromkeys(desks, some)})
    return build_network(everyone, atlas)


def test_the_channels_of_each_instrument() -> None:
    """Directed channels, counted by hand."""
    found = Counter(whole_network().instrument)
    near = len(scenario().atlas.neighbours)
    pairs = 27 * 26
    assert found == {
        "siena": pairs + 2 * (3 * 27 + 2),
        "sis": 3 * 24 * 23,  # not IE, UK and CY
        "bilateral": 3 * 2 * near,
        "eurojust": 2 * 27,
        "frontex": 2 * 27,
        "europol-frontex": 2,
        "fiu-net": pairs,
        "customs-information": 2 * 27,
        "cert-network": 20 * 19 + 2 * 20,
        "enisa-liaison": 2 * 27,
        "cecis": pairs + 2 * 27 + 2,
        "assistance-agreements": 2 * near,
        "interagency": 2 * (16 * 27 + 20),
        "common-store": 2 * (5 * 27 + 2),
        "counter-terrorism-group": pairs,
        "situation-centre": 2 * (2 * 27 + 1),
        "early-warning": 2 * 2 * 27,
        "europol-index": 2 * (27 + 1),
        "customs-index": 2 * (27 + 2),
        "pruem": 2 * 27 * 27,  # also to the registers of the own state
    }


def test_every_channel_has_a_way_back() -> None:
    channels = whole_network().channels
    assert np.array_equal(channels.reverse[channels.reverse], np.arange(channels.src.size))


def test_instruments_are_cleared_as_they_should_be() -> None:
    ways = scenario().atlas.place.instruments
    assert ways["siena"].clearance == "restricted"
    assert ways["cecis"].clearance == ways["sis"].clearance == "unclassified"
    assert ways["sis"].kinds == ("alert",)


# Policies ------------------------------------------------------------------------------------


def test_the_regimes_and_what_they_have_in_common() -> None:
    assert {entry.name for entry in policy_entries()} == REGIMES
    stems = {path.stem for path in files("policies")}
    assert stems == REGIMES | {"duties-2010"}
    assert plain(CATALOGUE / "policies" / "duties-2010.yaml")["abstract"]
    with pytest.raises(SpecError, match="only serves others"):
        load_policy("duties-2010")


@pytest.mark.parametrize(
    "path",
    files("policies", "scenarios", "threats", "procedures", "measures", "programmes"),
    ids=lambda path: path.stem,
)
def test_names_are_those_of_the_files(path: Path) -> None:
    content = plain(path)
    kinds = ("policy", "scenario", "threat", "procedure", "measure", "programme")
    assert path.stem in {content.get(kind) for kind in kinds}


@pytest.mark.parametrize("name", sorted(REGIMES))
def test_each_policy_compiles_to_something(name: str) -> None:
    world = compiled().world
    point = sorted(REGIMES).index(name)
    assert world.points.names[point] == name
    push = world.terms.push[world.phases.term[point]]
    for cls in ("police-trace", "case-notice", "analysis", "alert", "routine"):
        assert (push[:, :, compiled().layout.classes[cls]] > 0).any()


@pytest.mark.long
def test_no_rule_is_dead() -> None:
    """Each rule decides about some channel and report of a scenario, in its own regime."""
    everything = [load_scenario(entry.name) for entry in scenario_entries()]
    for name in REGIMES:
        policy = load_policy(name)
        worlds = [compile_world(loaded, [policy]).world for loaded in everything]
        used = set(np.concatenate([np.unique(world.phases.term) for world in worlds]).tolist())
        own = [n for n, (file, _) in enumerate(policy.rule_places) if file.stem == name]
        dead = [policy.spec.rules[n].meaning for n in own if n + 1 not in used]
        assert dead == [], name


def test_duties_are_met_in_every_regime() -> None:
    """Alerts go to all in the Schengen system, patterns to Frontex, whatever the policy."""
    world, layout = compiled().world, compiled().layout
    push = world.terms.push[world.phases.term][:, :, world.channels.kind]
    names = np.array([name.split(":")[0] for name in world.channels.names])
    assert np.all(push[:, :, names == "sis", layout.classes["alert"]] == ONE)
    to_frontex = np.array(["border-guard>frontex" in name for name in world.channels.names])
    assert np.all(push[:, :, to_frontex, layout.classes["border-pattern"]] >= round(0.7 * ONE))


def test_regimes_differ() -> None:
    terms = compiled().world.terms
    world = compiled().world
    lawful = world.phases.gate[:, np.newaxis]
    push = (terms.push[world.phases.term] * lawful)[:, :, world.channels.kind]
    manned = ~np.isin(world.channels.dst, world.stores.unit)
    names = compiled().world.points.names
    told = {name: float(push[n][:, manned].mean()) for n, name in enumerate(names)}
    assert len(set(told.values())) == len(REGIMES)
    assert max(told, key=lambda name: told[name]) == "availability"
    store = [name.endswith(">common-store.index") for name in world.channels.names]
    assert sum(store) == 4 * 27 + 2
    traces = [compiled().layout.classes[name] for name in ("police-trace", "customs-trace")]
    written = push[:, :, store][:, :, :, traces].mean(axis=(1, 2, 3))
    names = compiled().world.points.names
    assert [name for name, share in zip(names, written, strict=True) if share] == ["full-pool"]


def test_only_pruem_answers_with_hits_and_by_machine() -> None:
    world = compiled().world
    for point, name in enumerate(world.points.names):
        used = np.unique(world.phases.term[point])
        assert bool((world.terms.pull_mode[used] == 2).any()) is (name == "hit-no-hit")
        assert bool(world.terms.automatic[used].any()) is (name == "hit-no-hit")


def test_only_originators_are_asked_for_permission() -> None:
    world = compiled().world
    for point, name in enumerate(world.points.names):
        codes = set(world.phases.onward[point, np.unique(world.terms.handling)].tolist())
        assert (2 in codes) is (name == "originator-control")


# The scenario --------------------------------------------------------------------------------


def test_the_catalogue_has_the_scenario() -> None:
    assert SCENARIO in [entry.name for entry in scenario_entries()]
    assert scenario().baseline in REGIMES
    assert (scenario().ticks, scenario().horizon_days) == (4 * 1461, 1461)


def test_every_desk_of_the_scenario_exists() -> None:
    place = scenario().atlas.place
    known = {*place.national, *(f"{b}.{d}" for b, one in place.bodies.items() for d in one.desks)}
    assert set(scenario().spec.desks) <= known


def test_every_report_can_travel() -> None:
    carried = {kind for way in scenario().atlas.place.instruments.values() for kind in way.kinds}
    assert {report.kind for report in scenario().spec.reports.values()} <= carried


def test_every_declared_outcome_is_produced() -> None:
    brief = scenario().spec.model_copy(update={"horizon": 8 * 24.0})
    loaded = replace(scenario(), spec=brief)
    compiled = compile_world(loaded, [load_policy("bilateral")])
    result = run_compiled(compiled, [LaneId(0, 1, 0)])
    recorded = brief.recorded(compiled.layout.places)
    assert list(result.outcomes) == [outcome.name for outcome in recorded]
    for outcome in recorded:
        value = result.outcomes[outcome.name]
        assert value.shape == (1,)
        assert outcome.time or np.isfinite(value).all(), outcome.name


def test_outcomes_cover_effect_cost_rights_and_fairness() -> None:
    outcomes = scenario().outcomes
    assert {outcome.group for outcome in outcomes} == {"effect", "cost", "rights", "fairness"}
    for group in ("effect", "cost", "rights"):
        assert any(one.headline and one.group == group for one in outcomes)
    assert all(outcome.unit == "days" for outcome in outcomes if outcome.time)


# Published figures, entered again ------------------------------------------------------------


def quantiles(delay: Any) -> Any:
    """Return a delay's quantiles, in days."""
    drawn = delay.table(1.0) / 24
    assert drawn.size == QUANTILES
    return drawn


def test_european_arrest_warrant() -> None:
    """2009: 15,827 issued, 4,431 executed, 48 days on average."""
    warrant = scenario().spec.procedures["warrant"]
    executed = warrant.chances["ever_met"].value * warrant.chances["surrendered"].value
    assert executed == pytest.approx(4431 / 15827, abs=0.005)
    assert warrant.delays["lapse"].value == scenario().spec.reports["alert"].lifetime
    assert quantiles(warrant.delays["surrender"]).mean() == pytest.approx(48, abs=1)


def test_confiscation() -> None:
    """Europol 2016: 2.2% of proceeds frozen, 1.1% confiscated in the end."""
    assert scenario().spec.procedures["money"].chances["confiscated"].value == 1.1 / 2.2


def test_income_from_trafficking() -> None:
    """UNODC 2010: 3 billion dollars a year from 140,000 victims; 1.32 dollars to the euro."""
    threat: Any = scenario().spec.threats["trafficking"]
    income = threat.network.income_per_victim_year.value
    assert income == pytest.approx(3e9 / 140_000 / 1.32, rel=0.01)


def test_false_flags() -> None:
    """COM(2020) 305: 81% of passenger-data flags do not survive the review by hand."""
    for name in ("investigation", "work-file"):
        chances = scenario().spec.procedures[name].chances
        assert chances["seen_through"].value == pytest.approx(0.81, abs=0.02)


def test_coordination_meetings_and_joint_teams() -> None:
    """Eurojust: 141 meetings on 1,424 cases in 2010, and 33 joint teams a year later."""
    chances = scenario().spec.procedures["coordination"].chances
    assert chances["worth_a_meeting"].value == pytest.approx(141 / 1424, abs=0.005)
    assert chances["team_agreed"].value == pytest.approx(33 / 141, abs=0.005)


def test_a_sample_of_the_victims() -> None:
    """UNODC 2010: 140,000 victims; the networks hold their share of them at first."""
    threat: Any = scenario().spec.threats["trafficking"]
    network = threat.network
    cells, members = network.cells, network.members_per_cell
    held = network.number.value * (cells.low + cells.high) / 2 * (members.low + members.high) / 2
    sample = scenario().spec.sample
    assert sample
    share = 140_000 * sample.value
    assert held * network.victims_per_member.value == pytest.approx(share, rel=0.02)


def test_rapid_border_intervention() -> None:
    """November 2010 to March 2011."""
    operation = scenario().spec.procedures["joint-operation"].delays["operation"]
    assert operation.value == pytest.approx(120 * 24)


def test_investigations_stay_open_for_10_to_22_months() -> None:
    """BKA 2010, by Little's law: 606 cases, 329 closed a year; the police part is shorter."""
    longest = 606 / 329 * 365
    drawn = quantiles(scenario().spec.procedures["investigation"].delays["investigation"])
    assert drawn.mean() < longest
    assert 0.25 < float((drawn > 300).mean()) < 0.5


def test_swedish_initiative_deadlines() -> None:
    """Framework Decision 2006/960/JHA: 8 hours, 7 days, 14 days."""
    rules = load_policy("request-response").spec.rules
    (answer,) = [rule.pull for rule in rules[:3] if rule.pull]
    assert answer.delay is not None
    assert set((answer.delay.quantiles or {}).values()) >= {8, 7 * 24, 14 * 24}


def test_pruem_follow_ups() -> None:
    """Netherlands, February 2015: 7,326 of 25,000 matches reported onward."""
    rules = load_policy("hit-no-hit").spec.rules
    (follow_up,) = [
        rule.push
        for rule in rules
        if rule.match.reports == ("follow-up",) and rule.match.over and "pruem" in rule.match.over
    ]
    assert follow_up is not None
    assert follow_up.chance == pytest.approx(7326 / 25000, abs=0.001)


def test_europol_must_tell_the_states_concerned() -> None:
    """Council Decision 2009/371/JHA, Art. 17: an analysis goes to the contributors."""
    world, layout = compiled().world, compiled().layout
    kind = world.channels.kind[world.channels.names.index("siena:europol.analysis>DE.police")]
    for point in range(len(REGIMES)):
        push = world.terms.push[world.phases.term[point, :, kind, layout.classes["analysis"]]]
        assert push[1] >= round(0.85 * ONE) > push[0]


def test_siena_carries_a_sixth_of_its_traffic_of_2010() -> None:
    """About 300,000 messages in 2010 are 43 a partner and working day; desks here get 7."""
    world, layout, spec = compiled().world, compiled().layout, scenario().spec
    point = world.points.names.index("bilateral")
    routine = layout.classes["routine"]
    total = 0.0
    for channel, name in enumerate(world.channels.names):
        way, ends = name.split(":")
        owner, kind = ends.split(">")[0].split(".")
        if way == "siena":
            desk = spec.desks[kind if owner in MEMBERS else f"{owner}.{kind}"]
            police = scenario().atlas.members[owner].police_officers if owner in MEMBERS else 0
            staff = desk.staff.base + desk.staff.per_10k_police * police / 1e4
            term = world.phases.term[point, 0, world.channels.kind[channel], routine]
            push = world.terms.push[term]
            total += desk.routine_made.value * staff * float(push) / ONE
    assert total / 28 == pytest.approx(300_000 / 28 / 250 / 6, rel=0.1)


def test_roles_of_report_classes() -> None:
    classes = compiled().world.classes
    roles = dict(zip(classes.names, classes.role.tolist(), strict=True))
    named = {Role.REQUEST: "request", Role.HIT: "hit", Role.FOLLOWUP: "follow-up"}
    assert all(roles[name] == role for role, name in named.items())
    assert roles["routine"] == Role.ROUTINE
    assert list(roles.values()).count(Role.EVIDENCE) == len(roles) - 4


# Schemas -------------------------------------------------------------------------------------


def as_json(value: Any) -> Any:
    """Return plain data as JSON would have it: every key is text."""
    return json.loads(json.dumps(value, default=str))


def kind_of(path: Path) -> str:
    kinds = {
        "scenarios": "scenario",
        "policies": "policy",
        "threats": "threat",
        "procedures": "procedure",
        "measures": "measure",
        "programmes": "programme",
    }
    return kinds.get(path.parent.name, "place")


DECLARED = [path for path in SOURCED_FILES if path.stem != "columns"]
KINDS = ("scenario", "policy", "threat", "procedure", "measure", "programme", "place")


@cache
def validator_of(kind: str) -> Any:
    return jsonschema.Draft202012Validator(json_schemas()[kind])


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_the_schemas_are_schemas(kind: str) -> None:
    validator_of(kind).check_schema(json_schemas()[kind])


@pytest.mark.parametrize("path", DECLARED, ids=lambda path: path.stem)
def test_the_schemas_accept_the_catalogue(path: Path) -> None:
    validator = validator_of(kind_of(path))
    errors = [error.message for error in validator.iter_errors(as_json(plain(path)))]
    assert errors == []


@pytest.mark.parametrize(
    ("kind", "break_it"),
    [
        ("scenario", lambda content: content.pop("threats")),
        ("scenario", lambda content: content.update(tick="6 h")),
        ("policy", lambda content: content["rules"][0].update(chance=1)),
        ("policy", lambda content: content["rules"][0]["push"].update(chance=1.5)),
        ("policy", lambda content: content["rules"][0].update(assumed=None, source=None)),
        ("scenario", lambda content: content["threats"].update(gangs=3)),
        ("threat", lambda content: content.pop("threat")),
        ("threat", lambda content: content.pop("network")),
        ("threat", lambda content: content["procedures"].update(money=3)),
        ("threat", lambda content: content["sees"]["police"][0].pop("report")),
        ("procedure", lambda content: content.pop("steps")),
        ("procedure", lambda content: content["steps"][0]["take"].pop("post")),
        ("procedure", lambda content: content["chances"]["verified"].update(value=2)),
        ("measure", lambda content: content.pop("changes")),
        ("measure", lambda content: content["changes"][0].update(assumed=None, source=None)),
        ("measure", lambda content: content["changes"][0].update(by="much")),
        ("scenario", lambda content: content.update(procedures={"money": 3})),
        ("place", lambda content: content["national"]["police"].update(hours="always")),
        ("place", lambda content: content["instruments"]["siena"].pop("latency")),
    ],
)
def test_the_schemas_refuse_what_is_wrong(kind: str, break_it: Any) -> None:
    example = {
        "scenario": CATALOGUE / "scenarios" / f"{SCENARIO}.yaml",
        "policy": CATALOGUE / "policies" / "bilateral.yaml",
        "threat": CATALOGUE / "threats" / "human-trafficking.yaml",
        "procedure": CATALOGUE / "procedures" / "investigation.yaml",
        "measure": CATALOGUE / "measures" / "1.3a-confiscation-law.yaml",
        "place": PLACE / "place.yaml",
    }[kind]
    content = as_json(plain(example))
    break_it(content)
    with pytest.raises(jsonschema.ValidationError):
        validator_of(kind).validate(content)


def test_places_load_on_their_own() -> None:
    assert load_place(PLACE / "place.yaml") == scenario().atlas.place


def test_an_outcome_by_state_has_a_place(tmp_path: Path) -> None:
    text = (CATALOGUE / "scenarios" / "forest-fire.yaml").read_text(encoding="utf-8")
    path = tmp_path / "fire.yaml"
    name = "name: unequal_assistance,"
    path.write_text(text.replace(name, f"{name} by_state: true,"), encoding="utf-8")
    with pytest.raises(SpecError, match="unequal_assistance has no place") as caught:
        load_scenario(str(path))
    assert caught.value.line is not None
    assert "assistance_given" in caught.value.remedy
