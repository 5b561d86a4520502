"""What scenarios of one world share, and how it is said if they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scenarios import LoadedScenario, Point, SpecError
from scenarios.compiling.compiled import compile_points
from tests.agents.small import changed
from tests.scenarios.compiling.variants import INDEX, base, policy, with_index, with_spec


def refused(other: LoadedScenario) -> SpecError:
    with pytest.raises(SpecError) as caught:
        compile_points([Point.constant(one, policy("bilateral")) for one in (base(), other)])
    assert caught.value.file == str(other.path)
    return caught.value


def test_scenarios_of_one_world_share_what_agents_live_by() -> None:
    spec, atlas = base().spec, base().atlas
    threat: Any = spec.threat
    decoys = changed(threat.decoys, number=5)
    fewer = dict(list(atlas.members.items())[1:])
    other = {
        "threat": with_spec(base(), threat=changed(threat, decoys=decoys)),
        "horizon": with_spec(base(), horizon=spec.horizon * 2),
        "tick": with_spec(base(), tick="PT1H"),
        "casework": with_spec(base(), casework=changed(spec.casework, false_found=0.5)),
        "half_life": with_spec(base(), half_life=changed(spec.half_life, value=9.0)),
        "place.members": replace(base(), atlas=replace(atlas, members=fewer)),
        "place.neighbours": replace(base(), atlas=replace(atlas, neighbours=frozenset())),
    }
    for where, loaded in other.items():
        error = refused(loaded)
        assert "no points of one world" in error.rule
        assert error.where == where


def test_a_class_of_report_is_the_same_wherever_it_is() -> None:
    reports = base().spec.reports
    dearer = changed(reports["police-trace"], persons=9)
    error = refused(with_spec(base(), reports={**reports, "police-trace": dearer}))
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
