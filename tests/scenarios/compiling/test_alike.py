"""What scenarios of one world share, and how it is said if they do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scenarios import LoadedScenario, Point, SpecError, Stretch
from scenarios.compiling.compiled import compile_points
from scenarios.reading.finding import CATALOGUE
from sim.seam.world import NEVER
from tests.agents.small import changed
from tests.scenarios.compiling.variants import (
    INDEX,
    base,
    gangs,
    policy,
    with_index,
    with_spec,
    with_threat,
)


def refused(other: LoadedScenario, file: Path | None = None) -> SpecError:
    """Return the error about a scenario; it names its file, or the one that says what differs."""
    with pytest.raises(SpecError) as caught:
        compile_points([Point.constant(one, policy("bilateral")) for one in (base(), other)])
    assert caught.value.file == str(file or other.path)
    return caught.value


def test_scenarios_of_one_world_share_what_agents_live_by() -> None:
    spec, atlas = base().spec, base().atlas
    threat: Any = gangs(base())
    fewer = dict(list(atlas.members.items())[1:])
    fewer_procedures = dict(list(spec.procedures.items())[1:])
    other = {
        "threats": with_threat(base(), decoys=changed(threat.decoys, number=5)),
        "horizon": with_spec(base(), horizon=spec.horizon * 2),
        "tick": with_spec(base(), tick="PT1H"),
        "procedures": with_spec(base(), procedures=fewer_procedures),
        "posts": with_spec(base(), posts=dict(list(spec.posts.items())[1:])),
        "place.members": replace(base(), atlas=replace(atlas, members=fewer)),
        "place.neighbours": replace(base(), atlas=replace(atlas, neighbours=frozenset())),
    }
    for where, loaded in other.items():
        error = refused(loaded)
        assert "no points of one world" in error.rule
        assert error.where == where


def test_numbers_of_casework_may_differ() -> None:
    spec = base().spec
    busier = with_spec(base(), casework=changed(spec.casework, hours_per_day=0.5))
    points = [Point.constant(one, policy("bilateral")) for one in (base(), busier)]
    force = compile_points(points).layout.force
    assert [one[0].scenario.casework for one in force] == [spec.casework, busier.spec.casework]


@pytest.mark.parametrize(
    "other",
    [
        {"half_life": changed(gangs(base()).half_life, value=9.0)},
        {"sampled": False},
        {"procedures": ()},
        {"meaning": "x"},
        {"network": changed(gangs(base()).network, number=3)},  # type: ignore[attr-defined]
    ],
)
def test_threats_differ_in_what_lanes_may_have_of_their_own_only(other: dict[str, Any]) -> None:
    assert refused(with_threat(base(), **other)).where == "threats"


def test_a_threat_differs_in_numbers_on_a_day_and_in_what_sets_it_up_from_the_first() -> None:
    threat: Any = gangs(base())
    poorer = with_threat(base(), network=changed(threat.network, income_per_victim_year=1.0))
    longer = with_threat(base(), decoys=changed(threat.decoys, starts_within=1.0))
    points = [Point.constant(one, policy("bilateral")) for one in (base(), poorer, longer)]
    force = compile_points(points).layout.force
    assert [one[0].scenario.threats for one in force] == [
        one.spec.threats for one in (base(), poorer, longer)
    ]
    rows = (Stretch(0, base(), policy("bilateral")), Stretch(5, poorer, policy("bilateral")))
    assert compile_points([Point("x", rows)])
    with pytest.raises(SpecError, match="the same all the time of a run") as caught:
        compile_points([Point("x", (rows[0], rows[1]._replace(scenario=longer)))])
    assert caught.value.where == "threats.trafficking"


def test_threats_are_the_same_ones() -> None:
    [(name, threat)] = base().spec.threats.items()
    for threats in ({"gangs": threat}, {name: threat, "gangs": threat}):
        assert refused(with_spec(base(), threats=threats)).where == "threats"


def test_who_sees_and_recognises_a_threat_may_differ() -> None:
    threat = gangs(base())
    sees = {kind: one for kind, one in threat.sees.items() if kind != "customs"}
    blind = with_threat(base(), sees=sees, recognises={})
    world = compile_points(
        [Point.constant(one, policy("bilateral")) for one in (base(), blind)]
    ).world
    known = (world.phases.recognise_at < NEVER).sum(axis=(1, 2))
    assert known[0] > known[1] == 0
    rates = (world.phases.rate > 0).sum(axis=1)
    assert rates[0] > rates[1] > 0


def test_a_class_of_report_is_the_same_wherever_it_is() -> None:
    reports = base().spec.reports
    dearer = changed(reports["police-trace"], persons=9)
    brings = CATALOGUE / "threats" / "human-trafficking.yaml"
    error = refused(with_spec(base(), reports={**reports, "police-trace": dearer}), brings)
    assert error.where == "reports.police-trace"
    secret = changed(reports["police-trace"], classification="confidential")
    closed = with_spec(base(), reports={**reports, "police-trace": secret})
    world = compile_points(
        [Point.constant(one, policy("full-pool")) for one in (base(), closed)]
    ).world
    cls = world.classes.names.index("police-trace")
    lawful = world.phases.gate[:, :, cls].sum(axis=1)
    assert lawful[0] > lawful[1] > 0


def test_only_what_is_seen_or_routine_may_be_missing() -> None:
    """Agents write the others, and ask whether there are any when they do."""
    rare = base().spec.reports["alert"]
    more = with_spec(base(), reports={**base().spec.reports, "omen": rare})
    error = refused(more)
    assert error.where == "reports.omen"
    assert "seen" in error.rule


def test_a_store_is_one_everywhere() -> None:
    [one, other] = with_index(base()), with_index(base())
    stores = other.spec.stores
    assert stores
    other = with_spec(other, stores={**stores, INDEX: changed(stores[INDEX], guards=False)})
    with pytest.raises(SpecError, match="one and the same store") as caught:
        compile_points([Point.constant(each, policy("bilateral")) for each in (one, other)])
    assert caught.value.where == f"stores.{INDEX}"
    kept = {kind: store for kind, store in stores.items() if kind != INDEX}
    people = with_spec(one, stores=kept, desks={**one.spec.desks, INDEX: one.spec.desks["police"]})
    with pytest.raises(SpecError, match="one and the same store"):
        compile_points([Point.constant(each, policy("bilateral")) for each in (one, people)])
