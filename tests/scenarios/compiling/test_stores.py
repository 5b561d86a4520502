"""Stores of places and scenarios: declared, refused, compiled, and at work in a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agents import engines, load_scenario, replay, run_compiled
from experiments.show.describe import describe_place, describe_scenario
from experiments.trace.events import Events
from experiments.trace.happenings import every_event
from experiments.trace.waiting import waits
from scenarios import Compiled, SpecError, compile_world, load_policy
from scenarios.reading.load import load_place
from sim import LaneId
from sim.draws.streams import ONE
from sim.kernel.choice import KernelName
from sim.seam.world import MAX_FACES, NEVER, UNLIMITED
from tests.experiments.trace.kit import lane_of
from tests.scenarios.compiling.test_compile import (
    GUESS,
    PLACE,
    REPORTS,
    SEES,
    Yard,
    gangs,
    kind,
    term,
    usual,
    yard,
)

__all__ = ["usual", "yard"]

INDEX = "europol.index"
WITH_INDEX = PLACE.replace(
    "desks: {analysis: {meaning: x, source: x}}",
    "desks: {analysis: {meaning: x, source: x}, index: {meaning: x, source: x}}",
).replace(
    "  road:\n",
    """\
  search:
    meaning: x
    latency: {value: 6 h, source: x}
    clearance: restricted
    kinds: [trace, routine, request, hit, follow-up]
    connections:
      - between: [police, europol.index]
    source: x
  road:
""",
)
OF_PLACE = """\
stores:
  europol.index: {meaning: x, holds: [trace], retention: 3 y, source: x}
"""
KEPT: dict[str, Any] = {"meaning": "x", "holds": ["name"], "retention": "2 d", **GUESS}
QUESTIONS = {
    "hit": {**REPORTS["question"], "kind": "hit"},
    "follow-up": {**REPORTS["question"], "kind": "follow-up"},
}


def stores(**changes: Any) -> dict[str, Any]:
    return {"stores": {INDEX: {**KEPT, **changes}}}


@pytest.fixture
def place(yard: Yard) -> Yard:
    """A yard whose place has a desk for an index, which police reach."""
    yard.write("places/tiny/place.yaml", WITH_INDEX)
    return yard


# Compiled ------------------------------------------------------------------------------------


def test_a_scenario_without_stores_has_none(yard: Yard) -> None:
    compiled = yard.compiled()
    assert compiled.world.stores.names == ()
    assert compiled.world.phases.retention.shape == (1, 0)


def test_a_store_of_a_scenario(place: Yard) -> None:
    compiled = place.compiled(changes=stores(guards=True, false_match={"whole": 0.25}))
    world = compiled.world
    assert world.stores.names == (INDEX,)
    assert world.stores.unit.tolist() == [compiled.layout.units[INDEX]]
    assert [name for name, n in compiled.layout.classes.items() if world.stores.holds[0, n]] == [
        "name"
    ]
    assert world.stores.faces.tolist() == [[1]]
    assert world.stores.guards.tolist() == [True]
    chances = np.zeros((1, 1, MAX_FACES), dtype=np.uint64)
    chances[0, 0, 0] = ONE // 4
    assert np.array_equal(world.stores.false_match, chances)
    assert world.phases.retention.tolist() == [[8]]


def test_a_store_has_no_people(place: Yard) -> None:
    """It reads without limit, is told no routine, sees, asks and recognises nothing."""
    world = place.compiled(changes=stores()).world
    unit = int(world.stores.unit[0])
    assert (world.phases.capacity[:, unit] == UNLIMITED).all()
    assert (world.phases.background[:, unit] == -1).all()
    assert (world.phases.recognise_at[:, unit] == NEVER).all()
    assert (world.phases.ask_at[:, unit] == NEVER).all()
    assert unit not in world.watch.unit.tolist()


def test_a_store_of_the_place_holds_the_reports_of_a_kind(place: Yard) -> None:
    place.write("places/tiny/place.yaml", WITH_INDEX + OF_PLACE)
    compiled = compile_world(
        load_scenario(str(place.scenario())), [load_policy(str(place.policy()))]
    )
    holds, classes = compiled.world.stores.holds[0], compiled.layout.classes
    assert {name for name, number in classes.items() if holds[number]} == {"tip", "name"}
    assert compiled.world.phases.retention.tolist() == [[3 * 365 * 4]]


def test_the_scenarios_store_stands_instead_of_the_places(place: Yard) -> None:
    place.write("places/tiny/place.yaml", WITH_INDEX + OF_PLACE)
    assert place.compiled(changes=stores()).world.phases.retention.tolist() == [[8]]


def test_a_store_of_the_place_that_holds_nothing_of_the_scenario_is_left_out(place: Yard) -> None:
    place.write("places/tiny/place.yaml", WITH_INDEX + OF_PLACE.replace("trace", "secret"))
    reports = {name: one for name, one in REPORTS.items() if name != "dossier"}
    world = place.compiled(changes={"reports": reports}).world
    assert world.stores.names == ()
    assert INDEX not in world.units.names


def test_rules_name_stores_by_a_word_of_their_own(place: Yard) -> None:
    rules = """\
  - {meaning: x, match: {receiver: [store], reports: [trace]}, push: {chance: 1}, assumed: x}
  - {meaning: x, match: {receiver: [body]}, push: {chance: 0.5}, assumed: x}
"""
    compiled = place.compiled(rules, changes=stores())
    into = "search:AA.police>europol.index"
    assert term(compiled, into, "name")["push"] == ONE
    assert term(compiled, into, "question")["push"] == 0
    assert term(compiled, "wire:AA.police>europol.analysis", "question")["push"] == ONE // 2
    assert compiled.world.phases.gate[0, kind(compiled, into), compiled.layout.classes["name"]]


def test_a_body_in_a_rule_is_its_desks_and_not_its_data_bases(place: Yard) -> None:
    """What is told to Europol is told to people; what is entered has rules of its own."""
    rules = """\
  - {meaning: x, match: {receiver: [europol]}, push: {chance: 0.5}, assumed: x}
  - {meaning: x, match: {receiver: [europol.index]}, push: {chance: 1}, assumed: x}
"""
    compiled = place.compiled(rules, changes=stores())
    assert term(compiled, "search:AA.police>europol.index", "name")["push"] == ONE
    assert term(compiled, "wire:AA.police>europol.analysis", "name")["push"] == ONE // 2


def test_a_policy_may_speak_of_stores_where_there_are_none(yard: Yard) -> None:
    rules = "  - {meaning: x, match: {receiver: [store]}, push: {chance: 1}, assumed: x}\n"
    assert not yard.compiled(rules).world.phases.term.any()


# Refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "where", "rule"),
    [
        (stores(holds=["nothing"]), "stores.europol.index.holds[0]", "no report of this name"),
        (stores(holds=["question"]), "stores.europol.index.holds[0]", "no report of this name"),
        (stores(holds=[]), "stores.europol.index.holds", "at least 1"),
        (stores(faces=["nose"]), "stores.europol.index.faces[0]", "no face of this name"),
        (
            stores(false_match={"nose": 0.1}),
            "stores.europol.index.false_match.nose",
            "no face of this name",
        ),
        (
            stores(faces=["whole"], false_match={"nose": 0.1}),
            "stores.europol.index",
            "it does not keep the face nose",
        ),
        (stores(false_match={"whole": 2}), "stores.europol.index.false_match.whole", "1"),
        (stores(retention="0 h"), "stores.europol.index.retention", "0"),
        ({"stores": {"police": KEPT}}, "stores.police", "has people or is a store"),
        ({"stores": {"europol.nothing": KEPT}}, "stores.europol.nothing", "no desk of this name"),
    ],
)
def test_a_store_that_breaks_a_rule_is_refused(
    place: Yard, changes: dict[str, Any], where: str, rule: str
) -> None:
    with pytest.raises(SpecError) as caught:
        place.compiled(changes=changes)
    error = caught.value
    assert error.where == where
    assert rule in error.rule
    assert error.remedy
    assert error.file.endswith("tiny.yaml")
    assert error.line is not None


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("europol.index:", "europol.indices:", "stores.europol.indices"),
        ("[trace]", "[trace, hit]", "stores.europol.index.holds[1]"),
        ("[trace]", "[rumour]", "stores.europol.index.holds[0]"),
    ],
)
def test_a_place_with_a_store_that_breaks_a_rule_is_refused(
    place: Yard, old: str, new: str, where: str
) -> None:
    text = WITH_INDEX + OF_PLACE.replace(old, new)
    with pytest.raises(SpecError) as caught:
        load_place(place.write("places/tiny/place.yaml", text))
    assert caught.value.where == where
    assert caught.value.line == text.count("\n")


def test_a_desk_with_people_is_no_store_of_the_place(place: Yard) -> None:
    text = WITH_INDEX + OF_PLACE.replace("europol.index", "europol.analysis")
    place.write("places/tiny/place.yaml", text)
    with pytest.raises(SpecError, match="has people or is a store") as caught:
        load_scenario(str(place.scenario()))
    assert caught.value.where == "desks.europol.analysis"


# At work -------------------------------------------------------------------------------------

AT_WORK = """\
  - {meaning: in, match: {receiver: [store]}, push: {chance: 1}, trust: false, assumed: x}
  - {meaning: hits, match: {sender: [store], reports: [hit]}, push: {chance: 1}, assumed: x}
  - meaning: content
    match: {sender: [store]}
    pull: {answer: hit, chance: 0.5}
    assumed: x
"""
ASKS = "ask: {evidence: 1, every: 1 d, assumed: x}\n"


def _soon(**changes: Any) -> dict[str, Any]:
    """Return the threat, with coincidences that begin on the first day."""
    declared = gangs(**changes)
    declared["decoys"]["starts_within"]["value"] = "1 d"
    return declared


def at_work(place: Yard) -> Compiled:
    """Return a scenario whose police see much, tell nobody but the index, and ask it."""
    sees = {**SEES, "police": [{"report": "name", "per_year": 3000, **GUESS}]}
    outcomes = [
        {"name": name, "label": "x", "unit": "x", "better": "lower", "group": "rights"}
        for name in ("searches", "guard_hits", "false_matches", "disclosed_by_store")
    ]
    changes = {
        "reports": {**REPORTS, **QUESTIONS},
        "outcomes": outcomes,
        "threats": {"gangs": _soon(sees=sees)},
        **stores(guards=True, false_match={"whole": 0.5}, retention="14 d"),
    }
    return place.compiled(AT_WORK, ASKS, changes)


@pytest.mark.parametrize("name", [KernelName.NUMPY, KernelName.COMPILED])
def test_a_store_is_written_to_searched_and_stands_guard(place: Yard, name: KernelName) -> None:
    if name is KernelName.COMPILED:
        pytest.importorskip("numba", reason="the compiled kernel needs the extra `fast`")
    result = run_compiled(at_work(place), [LaneId(0, 1, n) for n in range(4)], engine=engines(name))
    for outcome in ("searches", "guard_hits", "false_matches", "disclosed_by_store"):
        assert (result.outcomes[outcome] > 0).any(), outcome
        assert np.array_equal(result.outcomes[outcome], result.counters[outcome])
    assert not result.counters["violations"].any()


def test_stores_are_shown_in_words(place: Yard) -> None:
    place.write("places/tiny/place.yaml", WITH_INDEX + OF_PLACE)
    scenario = load_scenario(str(place.scenario(stores(guards=True))))
    shown = describe_scenario(scenario, place.compiled(changes=stores(guards=True)))
    assert [list(row.values()) for row in shown.tables["stores"]] == [
        [INDEX, "x", "name", "all faces", "2 d", "yes"]
    ]
    [row] = describe_place(scenario.atlas).tables["stores"]
    assert row["holds"] == "trace"


def test_a_trace_tells_of_searches_hits_and_false_matches(place: Yard) -> None:
    compiled = at_work(place)
    policy = load_policy(str(place.folder / "mine.yaml"))
    again = replay(compiled, LaneId(0, 1, 0))
    events = Events(lane_of(compiled, (policy,), 0, again, outcomes=(), values={}))
    told = [event.text for event in every_event(events, range(len(events.subjects)))]
    counted = {name: int(values[0]) for name, values in again.result.counters.items()}
    for said, name in (
        ("index is searched over search for question", "searches"),
        ("on guard: ", "guard_hits"),
        ("mistaken: it takes ", "false_matches"),
    ):
        assert sum(said in text for text in told) == counted[name] > 0
    unread = [wait for wait in waits(events) if wait.read is None]
    assert not [wait for wait in unread if wait.at.name == INDEX]
