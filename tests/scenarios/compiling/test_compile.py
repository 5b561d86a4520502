"""Declarations compiled to arrays: a tiny place, worked out by hand.

Three states, two of them neighbours and two fellows of a group; Europol, which may hold personal
data, and Frontex, which may not; a wire for all, a road between neighbours, and what is handed
over within a state.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from agents import load_scenario
from scenarios import (
    Compiled,
    LoadedPolicy,
    LoadedScenario,
    SpecError,
    compile_world,
    load_policy,
)
from scenarios.reading.finding import CATALOGUE
from sim.draws.streams import ONE
from sim.draws.tables import constant, exponential, lognormal, piecewise, poisson
from sim.seam.world import NEVER, READING_ONE, Onward, Pull, Role

GUESS = {"assumed": "for the test"}
TICKS_A_WEEK = 28

PLACE = """\
place: tiny
meaning: for the test
groups_as_neighbours: [fellows]
national:
  police: {meaning: x, clearance: confidential, source: x}
  guard: {meaning: x, hours: continuous, source: x}
  financial: {meaning: x, source: x}
  archive: {meaning: x, clearance: unclassified, personal_data: false, where: cert_2010, source: x}
bodies:
  europol:
    meaning: x
    source: x
    desks: {analysis: {meaning: x, source: x}}
  frontex:
    meaning: x
    source: x
    desks: {risk-analysis: {meaning: x, personal_data: false, clearance: unclassified, source: x}}
  eurojust:
    meaning: x
    source: x
    desks: {coordination: {meaning: x, source: x}}
  sleeper:
    meaning: x
    enabled: false
    source: x
    desks: {desk: {meaning: x, source: x}}
instruments:
  wire:
    meaning: x
    latency: {median: 12 h, p95: 2 d, source: x}
    clearance: restricted
    kinds: [trace, secret, routine, request]
    connections:
      - between: [police, police]
      - between: [police, europol.analysis]
      - between: [frontex.risk-analysis, europol.analysis]
      - between: [police, sleeper.desk]
    source: x
  road:
    meaning: x
    latency: {mean: 1 d, source: x}
    clearance: unclassified
    kinds: [trace, routine]
    connections:
      - {between: [police, police], among: neighbours}
      - {between: [guard, guard], among: neighbours}
    source: x
  hand:
    meaning: x
    latency: {value: 18 h, source: x}
    clearance: confidential
    kinds: [trace, secret, routine]
    connections:
      - {between: [police, guard], among: same-member}
      - {between: [police, archive], among: same-member}
    source: x
"""

MEMBERS = """\
code,name,population,police_officers,hour_eur,external_land_border_km,\
external_sea_border,external_air_border,cert_2010,aro_2010,sis_2010,lon,lat
AA,Aland,1000,10000,20,0,false,true,true,true,true,0,0
BB,Beland,1000,20000,20,50,false,true,false,true,true,0,0
CC,Celand,1000,40000,20,0,true,true,true,true,true,0,0
"""


def _report(
    kind: str, level: str = "unclassified", persons: int = 0, **more: Any
) -> dict[str, Any]:
    return {
        "kind": kind,
        "meaning": "x",
        "classification": level,
        "persons": persons,
        "lifetime": "30 d",
        **more,
        **GUESS,
    }


REPORTS = {
    "tip": _report("trace", weight={"median": 1.0, "p95": 2.0}, urgency="immediate"),
    "name": _report("trace", "restricted", 2, weight={"median": 2.0, "p95": 2.0}),
    "dossier": _report("secret", "confidential", 1, addressed=True, urgency="priority"),
    "question": _report("request", persons=1),
    "routine": _report("routine"),
    # Carried by no instrument of this place.
    **{name: _report("other") for name in ("case-notice", "analysis", "risk", "alert")},
}
CARRIED = ("tip", "name", "dossier", "question", "routine")


def _desk(staff: dict[str, Any], reads: float, local: float, made: float, **more: Any) -> Any:
    return {
        "staff": {**staff, **GUESS},
        "reads": {"value": reads, **GUESS},
        "local_routine": {"value": local, **GUESS},
        "routine_made": {"value": made, **GUESS},
        **more,
    }


def _sight(report: str, per_year: float, **more: Any) -> dict[str, Any]:
    return {"report": report, "per_year": per_year, **more, **GUESS}


DESKS = {
    "police": _desk(
        {"base": 2, "per_10k_police": 1},
        *(10, 0.5, 3),
        asks=True,
    ),
    "guard": _desk({"base": 4}, *(6, 0.25, 2)),
    "europol.analysis": _desk({"base": 10}, *(12, 0.0, 1)),
    "frontex.risk-analysis": _desk({"base": 1}, *(5, 0.0, 0)),
    "eurojust.coordination": _desk({"base": 1}, *(5, 0.0, 0)),
    "financial": _desk({"base": 1}, *(5, 0.0, 0)),
}

SEES = {
    "police": [_sight("tip", 12)],
    "guard": [_sight("name", 4, only_external_border=True)],
    "europol.analysis": [_sight("name", 0.5)],
}
RECOGNISES = {"police": {"evidence": 2.5, "organisations": 2, **GUESS}}

NATIONAL = ("police", "guard", "financial")
"""Desks of each state."""

RULES = """\
  - {meaning: all, push: {chance: 0.1}, trust: false, assumed: x}
"""


@cache
def catalogue(path: str) -> Any:
    """Return what a file of the catalogue says."""
    text = (CATALOGUE / path).read_text(encoding="utf-8")
    return YAML(typ="safe", pure=True).load(text)


def gangs(**changes: Any) -> dict[str, Any]:
    """Return the threat of the catalogue's scenario, with two decoys, in at most three states."""
    content = copy.deepcopy(catalogue("threats/human-trafficking.yaml"))
    content["decoys"]["number"]["value"] = 2
    content["network"]["number"]["value"] = 1
    for span in (content["decoys"]["places"], content["network"]["cells"]):
        span |= {"low": 2, "high": 3}
    told = {key: content[key] for key in ("kind", "half_life", "network", "decoys")}
    return {**told, "sees": SEES, "recognises": RECOGNISES, **changes}


def rest() -> dict[str, Any]:
    """Return what else a scenario with that threat needs."""
    content = catalogue("scenarios/organised-crime.yaml")
    return {key: content[key] for key in ("casework", "outcomes")}


class Yard:
    """A folder with a place, a scenario and policies of the user's own."""

    def __init__(self, folder: Path, usual: LoadedScenario | None = None) -> None:
        self.folder = folder
        self._usual = usual
        self.write("places/tiny/place.yaml", PLACE)
        self.write("places/tiny/members.csv", MEMBERS)
        self.write("places/tiny/borders.csv", "a,b\nAA,BB\n")
        self.write("places/tiny/groups.csv", "group,member\nfellows,BB\nfellows,CC\nothers,AA\n")
        self.write("places/tiny/pccc.csv", "a,b,name,year,mark,source\n")
        column = {"meaning": "x", "unit": "x", "source": "assumed", "year": 2010}
        self.write("places/tiny/columns.yaml", json.dumps({"members.csv": {"code": column}}))

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def scenario(self, changes: dict[str, Any] | None = None) -> Path:
        """Write a scenario."""
        content = {
            "scenario": "tiny",
            "meaning": "for the test",
            "place": "./places/tiny",
            "tick": "PT6H",
            "horizon": "14 d",
            "baseline": "bilateral",
            "reports": REPORTS,
            "desks": DESKS,
            "threats": {"gangs": gangs()},
            **rest(),
            **(changes or {}),
        }
        return self.write("tiny.yaml", json.dumps(content, indent=1))

    def policy(self, rules: str = RULES, head: str = "", name: str = "mine") -> Path:
        """Write a policy; its own keys stand in `head`, from line 4 on."""
        lines = f"policy: {name}\nmeaning: x\nsource: x\n{head}rules:\n{rules}"
        return self.write(f"{name}.yaml", lines)

    def usual(self) -> LoadedScenario:
        """Return the scenario as it is written without changes."""
        return self._usual or load_scenario(str(self.scenario()))

    def compiled(
        self, rules: str = RULES, head: str = "", changes: dict[str, Any] | None = None
    ) -> Compiled:
        scenario = load_scenario(str(self.scenario(changes))) if changes else self.usual()
        return compile_world(scenario, [load_policy(str(self.policy(rules, head)))])

    def refused(self, rules: str, head: str = "") -> SpecError:
        with pytest.raises(SpecError) as caught:
            self.compiled(rules, head)
        return caught.value


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> LoadedScenario:
    return Yard(tmp_path_factory.mktemp("usual")).usual()


@pytest.fixture
def yard(tmp_path: Path, usual: LoadedScenario) -> Yard:
    return Yard(tmp_path, usual)


def kind(compiled: Compiled, name: str) -> int:
    """Return what rules and the law know a channel by."""
    channels = compiled.world.channels
    return int(channels.kind[channels.names.index(name)])


def term(
    compiled: Compiled, way: str, report: str, *, own: bool = True, concerned: bool = False
) -> dict[str, Any]:
    """Return the term of the first policy for a channel and a report."""
    situation = 2 * (not own) + concerned
    place = (situation, kind(compiled, way), compiled.layout.classes[report])
    number = compiled.world.phases.term[0][place]
    terms = compiled.world.terms
    return {name: value[number].item() for name, value in vars(terms).items()}


def chance(compiled: Compiled, way: str, report: str, **situation: bool) -> float:
    return float(term(compiled, way, report, **situation)["push"] / ONE)


# The network ---------------------------------------------------------------------------------


def test_who_is_joined_to_whom(yard: Yard) -> None:
    """The archive and the sleeper are in the place, but no desks of the scenario."""
    world = yard.compiled().world
    states = ("AA", "BB", "CC")
    ends = {
        *(f"wire:{a}.police>{b}.police" for a in states for b in states if a != b),
        *(f"wire:{a}.police>europol.analysis" for a in states),
        "wire:frontex.risk-analysis>europol.analysis",
        *(f"road:{a}.{kind}>BB.{kind}" for a in ("AA", "CC") for kind in ("police", "guard")),
        *(f"hand:{a}.police>{a}.guard" for a in states),
    }
    back = {f"{way}:{dst}>{src}" for way, src, dst in map(_ends, ends)}
    assert set(world.channels.names) == ends | back
    assert len(world.channels.names) == len(ends | back)
    names = world.channels.names
    for name, reverse in zip(names, world.channels.reverse.tolist(), strict=True):
        way, src, dst = _ends(name)
        assert names[reverse] == f"{way}:{dst}>{src}"


def _ends(name: str) -> tuple[str, str, str]:
    way, ends = name.split(":")
    src, dst = ends.split(">")
    return way, src, dst


def test_groups_units_and_places(yard: Yard) -> None:
    compiled = yard.compiled()
    world = compiled.world
    assert world.groups == ("AA", "BB", "CC", "eurojust", "europol", "frontex")
    assert world.places == ("AA", "BB", "CC")
    for name, group, place in zip(
        world.units.names, world.units.group.tolist(), world.units.place.tolist(), strict=True
    ):
        owner = name.split(".")[0]
        assert world.groups[group] == owner
        assert place == (world.places.index(owner) if owner in world.places else -1)
    assert compiled.layout.units[world.units.names[3]] == 3
    assert compiled.layout.groups == {name: n for n, name in enumerate(world.groups)}


def test_desks_of_the_scenario_stand_where_the_place_has_them(yard: Yard) -> None:
    """The archive is in two states; it has desks, and channels, if the scenario uses it.

    They are in the order of states and of names, whatever order they are declared in.
    """
    national = [f"{state}.{kind}" for state in ("AA", "BB", "CC") for kind in sorted(NATIONAL)]
    bodies = ["eurojust.coordination", "europol.analysis", "frontex.risk-analysis"]
    assert list(yard.compiled().world.units.names) == national + bodies
    more = yard.compiled(changes={"desks": {**DESKS, "archive": DESKS["financial"]}}).world
    assert [name for name in more.units.names if name not in national + bodies] == [
        "AA.archive",
        "CC.archive",
    ]
    assert "hand:CC.archive>CC.police" in more.channels.names


def test_latencies(yard: Yard) -> None:
    """In ticks of six hours."""
    compiled = yard.compiled()
    expected = {"wire": lognormal(2, 8), "road": exponential(4), "hand": constant(3)}
    for name in compiled.world.channels.names:
        table = compiled.world.tables[compiled.world.phases.latency[0, kind(compiled, name)]]
        assert np.array_equal(table, expected[name.split(":")[0]])


# What the law allows -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "report", "lawful"),
    [
        ("wire:AA.police>BB.police", "name", True),
        ("wire:AA.police>BB.police", "dossier", False),  # the wire is cleared for restricted
        ("hand:AA.police>AA.guard", "dossier", False),  # the guard is
        ("hand:AA.guard>AA.police", "dossier", True),
        ("road:AA.police>BB.police", "tip", True),
        ("road:AA.police>BB.police", "name", False),  # restricted, on an open road
        ("wire:europol.analysis>frontex.risk-analysis", "tip", True),
        ("wire:europol.analysis>frontex.risk-analysis", "question", False),  # names a person
        ("wire:frontex.risk-analysis>europol.analysis", "question", True),
        ("wire:frontex.risk-analysis>europol.analysis", "name", True),
    ],
)
def test_the_gate(yard: Yard, way: str, report: str, lawful: bool) -> None:
    compiled = yard.compiled()
    gate = compiled.world.phases.gate[0, kind(compiled, way)]
    assert gate[compiled.layout.classes[report]] == lawful


def test_the_gate_knows_no_policy(yard: Yard) -> None:
    scenario = yard.usual()
    closed = "  - {meaning: none, match: {reports: [tip]}, assumed: x}\n"
    one = load_policy(str(yard.policy()))
    other = load_policy(str(yard.policy(closed, name="other")))
    worlds = [compile_world(scenario, some).world for some in ([one], [other], [one, other])]
    gates = [world.phases.gate[-1, world.channels.kind] for world in worlds]
    assert np.array_equal(gates[0], gates[1])
    assert np.array_equal(gates[0], gates[2])


def test_instruments_carry_their_kinds_only(yard: Yard) -> None:
    """No rule sends a secret down the road, nor a question by hand."""
    compiled = yard.compiled()
    assert chance(compiled, "wire:AA.police>BB.police", "dossier") == pytest.approx(0.1)
    assert chance(compiled, "road:AA.police>BB.police", "dossier") == 0
    assert chance(compiled, "hand:AA.police>AA.guard", "question") == 0
    ways = np.array([name.split(":")[0] for name in compiled.world.channels.names])
    for report, carried in {
        "tip": {"wire", "road", "hand"},
        "dossier": {"wire", "hand"},
        "question": {"wire"},
    }.items():
        terms = compiled.world.phases.term[0, :, :, compiled.layout.classes[report]]
        used = terms[:, compiled.world.channels.kind].any(axis=0)
        assert set(ways[used]) == carried


# Rules ---------------------------------------------------------------------------------------


def rule(chance: float, match: str = "", more: str = "") -> str:
    where = f", match: {{{match}}}" if match else ""
    return f"  - {{meaning: x{where}, push: {{chance: {chance}}}{more}, assumed: x}}\n"


def test_the_first_rule_that_matches_decides(yard: Yard) -> None:
    rules = (
        rule(0.2, "sender: [guard]")
        + rule(0.3, "reports: [tip]")
        + rule(0.4, "sender: [guard, police], reports: [trace]")
    )
    compiled = yard.compiled(rules)
    assert chance(compiled, "hand:AA.guard>AA.police", "tip") == pytest.approx(0.2)
    assert chance(compiled, "wire:AA.police>BB.police", "tip") == pytest.approx(0.3)
    assert chance(compiled, "wire:AA.police>BB.police", "name") == pytest.approx(0.4)
    assert chance(compiled, "wire:europol.analysis>AA.police", "name") == 0
    assert term(compiled, "wire:AA.police>BB.police", "question")["pull_mode"] == Pull.NONE


def test_a_rule_that_grants_nothing_hides_those_after_it(yard: Yard) -> None:
    silent = "  - {meaning: x, match: {reports: [tip]}, assumed: x}\n"
    compiled = yard.compiled(silent + rule(1))
    assert chance(compiled, "wire:AA.police>BB.police", "tip") == 0
    assert chance(compiled, "wire:AA.police>BB.police", "name") == 1


MATCHES: dict[str, Callable[[str, str, str], bool]] = {
    "sender: [police]": lambda _way, src, _dst: src.endswith(".police"),
    "receiver: [AA]": lambda _way, _src, dst: dst.startswith("AA."),
    "receiver: [AA.guard, europol]": lambda _way, _src, dst: (
        dst in {"AA.guard", "europol.analysis"}
    ),
    "sender: [body]": lambda _way, src, _dst: src in {"europol.analysis", "frontex.risk-analysis"},
    "sender: [national], receiver: [national]": lambda _way, src, dst: (
        src[:2] in {"AA", "BB", "CC"} and dst[:2] in {"AA", "BB", "CC"}
    ),
    "over: [road, hand]": lambda way, _src, _dst: way in {"road", "hand"},
    "same_member: true": lambda way, _src, _dst: way == "hand",
    "same_member: false": lambda way, _src, _dst: way != "hand",
    "sender: [archive]": lambda _way, _src, _dst: False,
    "sender: [sleeper]": lambda _way, _src, _dst: False,
}


@pytest.mark.parametrize("match", MATCHES)
def test_which_channels_a_rule_is_about(yard: Yard, match: str) -> None:
    compiled = yard.compiled(rule(1, match))
    for name in compiled.world.channels.names:
        assert (chance(compiled, name, "tip") == 1) is MATCHES[match](*_ends(name)), name


@pytest.mark.parametrize(
    ("match", "reports"),
    [
        ("reports: [trace]", {"tip", "name"}),
        ("reports: [name, secret]", {"name", "dossier"}),
        ("personal: true", {"name", "dossier", "question"}),
        ("personal: false", {"tip", "routine"}),
        ("classification: [restricted, confidential]", {"name", "dossier"}),
        ("urgency: [immediate, priority]", {"tip", "dossier"}),
        ("personal: true, urgency: [routine], reports: [trace]", {"name"}),
    ],
)
def test_which_reports_a_rule_is_about(yard: Yard, match: str, reports: set[str]) -> None:
    compiled = yard.compiled(rule(1, match))
    way = "wire:AA.police>BB.police"
    assert {name for name in CARRIED if chance(compiled, way, name) == 1} == reports


@pytest.mark.parametrize(
    ("match", "situations"),
    [
        ("own: true", {(True, False), (True, True)}),
        ("own: false", {(False, False), (False, True)}),
        ("concerned: true", {(True, True), (False, True)}),
        ("own: false, concerned: false", {(False, False)}),
        ("", {(True, False), (True, True), (False, False), (False, True)}),
    ],
)
def test_in_which_situations_a_rule_holds(
    yard: Yard, match: str, situations: set[tuple[bool, bool]]
) -> None:
    compiled = yard.compiled(rule(1, match))
    held = {
        (own, concerned)
        for own in (True, False)
        for concerned in (True, False)
        if chance(compiled, "wire:AA.police>BB.police", "tip", own=own, concerned=concerned)
    }
    assert held == situations


def test_what_a_rule_grants(yard: Yard) -> None:
    text = """\
  - meaning: x
    match: {reports: [tip]}
    push: {chance: 0.25, delay: {value: 1 d}}
    pull: {answer: hit, chance: 0.5, delay: {quantiles: {0: 0 h, 1: 4 d}}}
    handling: sealed
    retention: 3 y
    automatic: true
    assumed: x
  - meaning: y
    pull: {answer: release, chance: 1}
    trust: false
    assumed: x
"""
    handling = """\
handling:
  sealed: {meaning: x, onward: forbidden}
  kept:
    meaning: x
    onward: permission
    permission: {chance: 0.5, delay: {value: 2 d}, assumed: x}
default_handling: kept
retention: 30 d
"""
    compiled = yard.compiled(text, handling)
    world, way = compiled.world, "wire:AA.police>BB.police"
    first, second = term(compiled, way, "tip"), term(compiled, way, "name")
    assert (first["push"], first["pull"]) == (ONE // 4, ONE // 2)
    assert np.array_equal(world.tables[first["push_delay"]], constant(4))
    assert np.array_equal(world.tables[first["pull_delay"]], piecewise([0, 1], [0, 16]))
    assert (first["pull_mode"], second["pull_mode"]) == (Pull.HIT, Pull.RELEASE)
    assert (first["retention"], second["retention"]) == (3 * 365, 30)
    assert (first["trusted"], second["trusted"]) == (True, False)
    assert (first["automatic"], second["automatic"]) == (True, False)
    assert (second["push"], second["pull"]) == (0, ONE)
    onward = world.phases.onward[0]
    assert onward[first["handling"]] == Onward.FORBIDDEN
    assert onward[second["handling"]] == Onward.PERMISSION
    assert onward[0] == Onward.FREE
    assert world.phases.onward_chance[0, second["handling"]] == ONE // 2
    delay = world.phases.onward_delay[0, second["handling"]]
    assert np.array_equal(world.tables[delay], constant(8))


def test_policies_are_compiled_side_by_side(yard: Yard) -> None:
    """Each design point has the terms it would have alone."""
    scenario = yard.usual()
    texts = [rule(0.2), rule(0.3, "reports: [tip]") + rule(0.4)]
    loaded = [load_policy(str(yard.policy(t, name=f"p-{n}"))) for n, t in enumerate(texts)]
    both = compile_world(scenario, loaded).world
    for point, policy in enumerate(loaded):
        alone = compile_world(scenario, [policy]).world
        assert both.points.names[point] == policy.name == alone.points.names[0]
        push = both.terms.push[both.phases.term[point]][:, both.channels.kind]
        same = alone.terms.push[alone.phases.term[0]][:, alone.channels.kind]
        assert np.array_equal(push, same)
        tables = [
            world.tables[world.phases.background[n]] for world, n in ((both, point), (alone, 0))
        ]
        assert np.array_equal(*tables)


# Reading, seeing, recognising ----------------------------------------------------------------


def weekly(compiled: Compiled, unit: str) -> Any:
    return compiled.world.phases.capacity[0, compiled.layout.units[unit]] / READING_ONE


def test_capacity_of_office_hours(yard: Yard) -> None:
    """Monday to Friday, 8 to 18: four tenths before noon, six tenths after."""
    compiled = yard.compiled()
    for code, officers in {"AA": 10_000, "BB": 20_000, "CC": 40_000}.items():
        a_day = 10 * (2 + officers / 10_000)
        week = weekly(compiled, f"{code}.police")
        day = [0, 0.4 * a_day, 0.6 * a_day, 0]
        assert week == pytest.approx([*(day * 5), *([0] * 8)], abs=1 / READING_ONE)
        assert week.sum() == pytest.approx(5 * a_day, abs=10 / READING_ONE)


def test_capacity_round_the_clock(yard: Yard) -> None:
    """A desk on shifts reads a working day's load on each of seven days."""
    week = weekly(yard.compiled(), "BB.guard")
    assert week == pytest.approx([6 * 4 / 4] * TICKS_A_WEEK)
    assert week.sum() == pytest.approx(7 * 6 * 4)


@pytest.mark.parametrize(("tick", "ticks"), [("PT1H", 168), ("PT12H", 14), ("PT15M", 672)])
def test_capacity_of_a_week_is_the_same_in_all_ticks(yard: Yard, tick: str, ticks: int) -> None:
    compiled = yard.compiled(changes={"tick": tick})
    assert compiled.world.phases.capacity.shape[2] == ticks
    assert weekly(compiled, "AA.police").sum() == pytest.approx(150, abs=ticks / READING_ONE)
    assert weekly(compiled, "AA.guard").sum() == pytest.approx(168, abs=ticks / READING_ONE)


def background(compiled: Compiled, unit: str) -> Any:
    """Return the table of routine of a unit, or None; it is of the lowest urgency."""
    numbers = compiled.world.phases.background[0, compiled.layout.units[unit]]
    assert numbers[:-1].tolist() == [-1, -1]
    return None if numbers[-1] == -1 else compiled.world.tables[numbers[-1]]


def test_routine_by_hand(yard: Yard) -> None:
    """A desk's own share, and a tenth of what those write who have a channel to it.

    The police of Aland read 30 a working day and half of it is their own. A working day brings
    12 and 18 by wire from the other police and 10 from Europol, 12 by road, 8 by hand. A week of
    five working days has 28 ticks.
    """
    compiled = yard.compiled()
    mean = (15 + 0.1 * (12 + 18 + 10 + 12 + 8)) * 5 / 28
    assert mean == 3.75
    assert np.array_equal(background(compiled, "AA.police"), poisson(3.75))
    assert np.array_equal(background(compiled, "frontex.risk-analysis"), poisson(0.179))


def test_routine_of_a_desk_on_shifts(yard: Yard) -> None:
    """Its own quarter of 24 a day on seven days; from the police of its state and its neighbour."""
    compiled = yard.compiled()
    mean = (0.25 * 24 * 7 + 0.1 * (9 + 8) * 5) / 28
    assert np.array_equal(background(compiled, "AA.guard"), poisson(round(mean, 2)))


def test_routine_stops_at_the_gate_and_at_the_rules(yard: Yard) -> None:
    personal = {**REPORTS, "routine": _report("routine", persons=1)}
    assert background(yard.compiled(changes={"reports": personal}), "frontex.risk-analysis") is None
    closed = yard.compiled(rule(1, "reports: [trace]"))
    assert np.array_equal(background(closed, "AA.police"), poisson(round(15 * 5 / 28, 2)))


def test_only_own_routine_of_strangers_counts(yard: Yard) -> None:
    """Routine is not passed on: the situation is that of an author to somebody not concerned."""
    relayed = yard.compiled(rule(1, "reports: [routine], own: false"))
    assert np.array_equal(background(relayed, "AA.police"), poisson(round(15 * 5 / 28, 2)))


def test_who_sees_what_where(yard: Yard) -> None:
    """Desks of states at home, desks of bodies everywhere, borders where there are any."""
    compiled = yard.compiled()
    watch, world = compiled.world.watch, compiled.world
    classes = list(compiled.layout.classes)
    rows = {
        (world.units.names[unit], classes[cls], world.places[place], subject, rate)
        for unit, cls, place, subject, rate in zip(
            watch.unit.tolist(),
            world.sights.cls[watch.sight].tolist(),
            watch.place.tolist(),
            watch.subject.tolist(),
            world.phases.rate[0, watch.sight].tolist(),
            strict=True,
        )
    }
    a_year = 365 * 4
    seen = {
        *((f"{code}.police", "tip", code, 12) for code in ("AA", "BB", "CC")),
        *((f"{code}.guard", "name", code, 4) for code in ("BB", "CC")),
        *(("europol.analysis", "name", code, 0.5) for code in ("AA", "BB", "CC")),
    }
    assert rows == {
        (unit, report, place, subject, round(rate / a_year * 2**16))
        for unit, report, place, rate in seen
        for subject in range(3)
    }
    assert watch.unit.size == len(rows)


def test_who_recognises_and_asks(yard: Yard) -> None:
    ask = "ask: {evidence: 1.5, every: 10 d, assumed: x}\n"
    compiled = yard.compiled(head=ask)
    phases, units = compiled.world.phases, compiled.layout.units
    police, guard = units["AA.police"], units["AA.guard"]
    assert phases.recognise_at[0, [police, guard]].tolist() == [[640], [NEVER]]
    assert phases.origins_needed[0, police].tolist() == [2]
    assert phases.ask_at[0, [police, guard]].tolist() == [[384], [NEVER]]
    assert phases.ask_every.tolist() == [[40]]
    assert (yard.compiled().world.phases.ask_at[0] == NEVER).all()


def test_reports_and_subjects(yard: Yard) -> None:
    world = yard.compiled().world
    classes, first = world.classes, slice(len(CARRIED))
    assert classes.names == tuple(REPORTS)
    assert classes.lifetime[first].tolist() == [56] * 5, "not longer than the run"
    assert classes.persons[first].tolist() == [0, 2, 1, 1, 0]
    assert classes.urgency[first].tolist() == [0, 2, 1, 2, 2]
    assert classes.addressed[first].tolist() == [False, False, True, False, False]
    assert classes.role[first].tolist() == [Role.EVIDENCE] * 3 + [Role.REQUEST, Role.ROUTINE]
    weights = world.tables[classes.weight]
    assert np.array_equal(weights[0], lognormal(256, 512))
    assert np.array_equal(weights[1], constant(512))
    assert np.array_equal(weights[2], constant(0))
    assert world.subjects.names == ("network-1", "decoy-0", "decoy-1")
    assert world.subjects.kind.tolist() == [0, 0, 0]
    assert (world.kinds.names, world.domains) == (("gangs",), ("crime",))
    assert world.kinds.whole.tolist() == [1]
    assert world.horizon == 56


def test_evidence_halves(yard: Yard) -> None:
    """In 120 days of four ticks."""
    decay = yard.compiled(changes={"horizon": "300 d"}).world.kinds.decay[0]
    assert decay[[0, 480, 960]].tolist() == [65536, 32768, 16384]
    assert np.all(np.diff(decay) <= 0)


# What is extended ----------------------------------------------------------------------------


def names_of(policy: LoadedPolicy) -> list[str]:
    return [rule.meaning for rule in policy.spec.rules]


def test_own_rules_come_before_those_of_the_base(yard: Yard) -> None:
    base = yard.policy(rule(0.5).replace("meaning: x", "meaning: base"), name="base")
    middle = "extends: base.yaml\nretention: 1 y\n"
    yard.policy(rule(0.6).replace("meaning: x", "meaning: middle"), middle, "middle")
    top = yard.policy(
        rule(0.7).replace("meaning: x", "meaning: top"), "extends: ./middle.yaml\n", "top"
    )
    policy = load_policy(str(top))
    assert names_of(policy) == ["top", "middle", "base"]
    assert policy.rule_places[2] == (base, 0)
    assert [number for _, number in policy.rule_places] == [0, 0, 0]
    assert policy.spec.retention == 365 * 24


def test_what_is_inherited_and_what_is_overridden(yard: Yard) -> None:
    head = """\
ask: {evidence: 2, every: 10 d, assumed: x}
retention: 1 y
handling:
  kept: {meaning: base, onward: forbidden}
  open: {meaning: base, onward: free}
"""
    yard.policy(RULES, head, "base")
    silent = load_policy(str(yard.policy(RULES, "extends: base.yaml\n", "silent")))
    assert silent.spec.ask is not None
    assert silent.spec.ask.evidence == 2
    assert silent.spec.retention == 365 * 24
    own = """\
extends: base.yaml
ask: {evidence: 3, every: 10 d, assumed: x}
retention: 0 h
handling:
  kept: {meaning: own, onward: free}
"""
    loud = load_policy(str(yard.policy(RULES, own, "loud")))
    assert loud.spec.ask is not None
    assert (loud.spec.ask.evidence, loud.spec.retention) == (3, 0)
    assert {code: one.meaning for code, one in loud.spec.handling.items()} == {
        "kept": "own",
        "open": "base",
    }


def test_a_policy_of_the_catalogue_can_be_extended(yard: Yard) -> None:
    policy = load_policy(str(yard.policy(head="extends: bilateral\n")))
    assert names_of(policy) == ["all", *names_of(load_policy("bilateral"))]
    scenario = load_scenario("organised-crime")
    assert compile_world(scenario, [policy]).world.points.names == ("mine",)


def test_what_extends_originator_control_keeps_control(yard: Yard) -> None:
    path = yard.policy(rule(1, "over: [cecis]"), "extends: originator-control\n")
    compiled = compile_world(load_scenario("organised-crime"), [load_policy(str(path))])
    told = term(compiled, "siena:DE.police>europol.analysis", "police-trace")
    assert told["push"] > 0
    assert compiled.world.phases.onward[0, told["handling"]] == Onward.PERMISSION


def test_a_circle_is_refused(yard: Yard) -> None:
    yard.policy(RULES, "extends: two.yaml\n", "one")
    yard.policy(RULES, "extends: three.yaml\n", "two")
    three = yard.policy(RULES, "extends: one.yaml\n", "three")
    with pytest.raises(SpecError) as caught:
        load_policy(str(yard.folder / "one.yaml"))
    error = caught.value
    assert (error.file, error.line, error.where) == (str(three), 4, "extends")
    assert "one -> two -> three -> one" in error.rule


def test_a_policy_that_extends_itself_is_refused(yard: Yard) -> None:
    with pytest.raises(SpecError, match="mine -> mine"):
        load_policy(str(yard.policy(head="extends: ./mine.yaml\n")))


def test_an_unknown_base_is_refused_where_it_is_named(yard: Yard) -> None:
    path = yard.policy(head="extends: bilatral\n")
    with pytest.raises(SpecError) as caught:
        load_policy(str(path))
    error = caught.value
    assert (error.file, error.line, error.where) == (str(path), 4, "extends")
    assert "did you mean bilateral?" in error.remedy


def test_a_missing_file_to_extend_is_named(yard: Yard) -> None:
    with pytest.raises(SpecError) as caught:
        load_policy(str(yard.policy(head="extends: nowhere.yaml\n")))
    assert (caught.value.file, caught.value.line) == (str(yard.folder / "mine.yaml"), 4)
    assert caught.value.rule.startswith("there is no file")
    assert caught.value.value == "nowhere.yaml"


def test_what_only_serves_others_is_not_run(yard: Yard) -> None:
    path = yard.policy(head="abstract: true\n")
    with pytest.raises(SpecError, match="extend") as caught:
        load_policy(str(path))
    assert (caught.value.file, caught.value.line) == (str(path), 4)
    yard.policy(head="extends: mine.yaml\n", name="other")
    assert not load_policy(str(yard.folder / "other.yaml")).spec.abstract


# Names that nothing answers to ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("match", "where", "near"),
    [
        ("sender: [polise]", "sender[0]", "police"),
        ("sender: [police, europol.analisis]", "sender[1]", "europol.analysis"),
        ("receiver: [europoll]", "receiver[0]", "europol"),
        ("receiver: [AA.polis]", "receiver[0]", "AA.police"),
        ("over: [wires]", "over[0]", "wire"),
        ("reports: [trace, tipp]", "reports[1]", "tip"),
        ("reports: [dosier]", "reports[0]", "dossier"),
        ("classification: [restrited]", "classification[0]", "restricted"),
    ],
)
def test_unknown_names_are_refused(yard: Yard, match: str, where: str, near: str) -> None:
    error = yard.refused(rule(1) + rule(0.5, match))
    assert error.file == str(yard.folder / "mine.yaml")
    assert (error.line, error.where) == (6, f"rules[1].match.{where}")
    assert f"did you mean {near}?" in error.remedy
    assert str(error).startswith(f"{error.file}:6: rules[1].match.{where} = ")


def test_unknown_handling_codes_are_refused(yard: Yard) -> None:
    handling = "handling: {sealed: {meaning: x, onward: forbidden}}\n"
    error = yard.refused(rule(1, more=", handling: seeled"), handling)
    assert (error.line, error.where) == (6, "rules[0].handling")
    assert "did you mean sealed?" in error.remedy
    error = yard.refused(rule(1), f"{handling}default_handling: seled\n")
    assert (error.line, error.where) == (5, "default_handling")


def test_an_error_in_a_base_names_the_base(yard: Yard) -> None:
    base = yard.policy(rule(1) + rule(1, "sender: [polise]"), name="base")
    error = yard.refused(rule(1), "extends: base.yaml\n")
    assert (error.file, error.line) == (str(base), 6)


def test_words_of_other_scenarios_are_no_errors(yard: Yard) -> None:
    """A desk that is not used, by kind and by name, a body that sleeps, a role without a class."""
    yard.compiled(rule(1, "sender: [archive, AA.archive, sleeper], reports: [hit, follow-up]"))


def test_a_scenario_with_an_unknown_desk_is_refused(yard: Yard) -> None:
    with pytest.raises(SpecError, match=r"desks\.polise") as caught:
        yard.compiled(changes={"desks": {**DESKS, "polise": DESKS["police"]}})
    assert "did you mean police?" in caught.value.remedy


@pytest.mark.parametrize(
    ("field", "declared", "name"),
    [("reports", REPORTS, "alert"), ("desks", DESKS, "frontex.risk-analysis")],
)
def test_what_procedures_need_must_be_there(
    yard: Yard, field: str, declared: dict[str, Any], name: str
) -> None:
    procedures = {
        "procedures": {
            "watching": {
                "procedure": "watching",
                "meaning": "x",
                "of": "frontex",
                "at": ["risk-analysis"],
                "starts": {"told": ["alert"]},
                "steps": [{"close": {"how": "done"}}],
                **GUESS,
            }
        }
    }
    yard.compiled(changes=procedures)
    some = {key: value for key, value in declared.items() if key != name}
    with pytest.raises(SpecError, match=name.rpartition(".")[2]) as caught:
        yard.compiled(changes={field: some, **procedures})
    assert caught.value.where.startswith("procedures.watching")
    assert caught.value.line is not None


def test_a_sight_of_an_unknown_report_is_refused(yard: Yard) -> None:
    seeing = gangs(sees={**SEES, "police": [_sight("typ", 1)]})
    with pytest.raises(SpecError, match="typ") as caught:
        yard.compiled(changes={"threats": {"gangs": seeing}})
    assert caught.value.where == "threats.gangs.sees.police[0].report"


@pytest.mark.parametrize("part", ["sees", "recognises"])
def test_a_threat_names_desks_there_are(yard: Yard, part: str) -> None:
    asked: dict[str, Any] = {"sees": SEES, "recognises": RECOGNISES}[part]  # type: ignore[assignment]
    wrong = gangs(**{part: {**asked, "polise": asked["police"]}})
    with pytest.raises(SpecError, match="did you mean police") as caught:
        yard.compiled(changes={"threats": {"gangs": wrong}})
    assert caught.value.where == f"threats.gangs.{part}.polise"
    assert caught.value.line is not None


# Files of one's own --------------------------------------------------------------------------


def test_files_are_found_by_path(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Absolute or relative; the place stands beside the scenario."""
    scenario, policy = yard.scenario(), yard.policy()
    assert load_scenario(str(scenario)).atlas.place.place == "tiny"
    assert load_policy(str(policy)).name == "mine"
    monkeypatch.chdir(yard.folder)
    assert load_scenario("tiny.yaml").digest == load_scenario(str(scenario)).digest
    assert load_policy("./mine.yaml").digest == load_policy(str(policy)).digest
    monkeypatch.chdir(yard.folder / "places")
    assert load_scenario("../tiny.yaml").atlas.members.keys() == {"AA", "BB", "CC"}


def test_the_digest_follows_the_content(yard: Yard) -> None:
    first = load_policy(str(yard.policy()))
    same = load_policy(str(yard.policy(f"# a remark\n{RULES}")))
    other = load_policy(str(yard.policy(RULES.replace("0.1", "0.2"))))
    assert first.digest == same.digest != other.digest
    one = load_scenario(str(yard.scenario())).digest
    yard.write("places/tiny/members.csv", MEMBERS.replace("10000", "10001"))
    assert load_scenario(str(yard.scenario())).digest != one


def test_a_place_of_the_catalogue_goes_by_name(yard: Yard) -> None:
    desks, sees = ({k: one for k, one in each.items() if k != "guard"} for each in (DESKS, SEES))
    changes = {"place": "eu27-2010", "desks": desks, "threats": {"gangs": gangs(sees=sees)}}
    scenario = load_scenario(str(yard.scenario(changes)))
    assert len(scenario.atlas.members) == 27
    with pytest.raises(SpecError) as caught:
        load_scenario(str(yard.scenario({"place": "eu27-2011"})))
    error = caught.value
    assert error.file == str(yard.folder / "tiny.yaml")
    assert error.line is not None
    assert "did you mean eu27-2010?" in error.remedy


@pytest.mark.parametrize(
    ("load", "name", "near"),
    [(load_policy, "bilatral", "bilateral"), (load_scenario, "organized-crime", "organised-crime")],
)
def test_a_name_of_nothing_is_refused(load: Callable[[str], Any], name: str, near: str) -> None:
    with pytest.raises(SpecError) as caught:
        load(name)
    assert near in caught.value.remedy
    assert name in str(caught.value)


def test_a_missing_file_is_named(yard: Yard) -> None:
    missing = str(yard.folder / "none.yaml")
    with pytest.raises(SpecError) as caught:
        load_policy(missing)
    assert caught.value.file == missing


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("borders.csv", "a,b\nAA,BB\nAA,XX\n", 3),
        ("groups.csv", "group,member\nfellows,ZZ\n", 2),
        ("members.csv", MEMBERS.replace("CC,", "cc,"), 4),
    ],
)
def test_an_error_in_a_table_is_located(yard: Yard, file: str, text: str, line: int) -> None:
    path = yard.write(f"places/tiny/{file}", text)
    with pytest.raises(SpecError) as caught:
        load_scenario(str(yard.scenario()))
    assert (caught.value.file, caught.value.line) == (str(path), line)


def test_an_unknown_group_of_neighbours_is_refused(yard: Yard) -> None:
    path = yard.write("places/tiny/place.yaml", PLACE.replace("[fellows]", "[felows]"))
    with pytest.raises(SpecError) as caught:
        load_scenario(str(yard.scenario()))
    assert (caught.value.file, caught.value.line) == (str(path), 3)
    assert "did you mean fellows?" in caught.value.remedy


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that denies reading")
def test_a_file_to_extend_that_cannot_be_read_is_named(yard: Yard) -> None:
    with pytest.raises(SpecError, match="readable") as caught:
        load_policy(str(yard.policy(head="extends: /proc/self/mem\n")))
    assert (caught.value.file, caught.value.line) == (str(yard.folder / "mine.yaml"), 4)
