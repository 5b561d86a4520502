"""Outcomes of a flow by hand, the law of lanes with all who act, and the legal gate."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest

from agents import run_compiled
from agents.mechanisms.flow.rings import Traffic
from scenarios import compile_world
from sim import LaneId
from tests.agents.borders import BorderStage, compiled_borders, small_borders
from tests.agents.small import differing, policies, values_of
from tests.agents.society.test_gates import lawless

POLICIES: Final = ("bilateral", "full-pool")


def blind(**points: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return checkpoints at which nobody looks, but for some."""
    threat: Any = small_borders().spec.threats["crossings"]
    return {
        name: {"looks": 0.0, "peril": None, "later": None, **points.get(name, {})}
        for name in threat.points
    }


def test_where_nobody_looks_all_get_through() -> None:
    played = BorderStage(small_borders(points=blind()))
    played.days(0, 30)
    outcomes = played.outcomes
    assert outcomes["through"] == outcomes["set_out"] > 0
    assert outcomes["through_share"] == 1
    nothing = ("stopped", "turned_back", "rescued", "lost", "finds", "checks")
    assert [outcomes[name] for name in nothing] == [0] * 6
    assert outcomes["finds_per_1000_checks"] == 0
    assert outcomes["deterred"] == pytest.approx(0, abs=1e-6)
    assert outcomes["displaced"] == pytest.approx(0, abs=1e-6)


def test_items_are_those_of_the_loads() -> None:
    """Every check is worth a find: all are turned back, and each load pays."""
    bank = {"looks": 100_000.0, "finds": 1.0}
    coasts = ("maghreb-coast", "evros-bank", "turkish-coast", "moroccan-coast", "fence")
    stay = {"choice": {"deterred": 0.0}, "rings": {"recruits_per_week": 0.0}}
    loaded = small_borders(points=blind(**dict.fromkeys(coasts, bank)), parts=stay)
    played = BorderStage(loaded)
    played.days(0, 28)
    outcomes, books = played.outcomes, played.flows.stream.books
    assert outcomes["turned_back"] / outcomes["set_out"] > 0.99
    assert outcomes["finds"] == books.finds.sum() > 10
    assert outcomes["fees_meur"] == pytest.approx(outcomes["set_out"] * 1200 / 1e6)
    # five coasts, 28 days, less by night and in rough weather
    fair = 5 * 28 * 100_000.0
    assert 0.4 * fair < outcomes["checks"] < 0.85 * fair
    per_1000 = outcomes["finds"] / outcomes["checks"] * 1000
    assert outcomes["finds_per_1000_checks"] == pytest.approx(per_1000)


def test_who_is_found_ashore_is_stopped_where_that_was() -> None:
    watched = {"looks": 100_000.0, "finds": 1.0}
    played = BorderStage(small_borders(points=blind(lampedusa=watched, evros=watched)))
    played.days(0, 28)
    outcomes, at = played.outcomes, played.flows.by_state(0)["stopped"][0]
    assert outcomes["stopped"] == at[[played.place("IT"), played.place("EL")]].sum() > 0
    assert at[played.place("ES")] == 0
    assert outcomes["stopped"] + outcomes["through"] == outcomes["set_out"]


def test_who_is_in_distress_is_rescued_or_lost_where_that_was() -> None:
    threat: Any = small_borders().spec.threats["crossings"]
    peril = threat.points["maltese-waters"].peril
    for helped, saved, drowned in ((1.0, True, False), (0.0, False, True)):
        always = {
            name: part.model_copy(update={"value": value})
            for name, part, value in (
                ("distress", peril.distress, 1.0),
                ("helped", peril.helped, helped),
                ("perishes", peril.perishes, 1.0),
            )
        }
        sunk = {"maltese-waters": {"peril": peril.model_copy(update=always)}}
        played = BorderStage(small_borders(points=blind(**sunk)))
        played.days(0, 70)
        parts = played.flows.by_state(0)
        malta = played.place("MT")
        assert (parts["rescued"][0, malta] > 0) == saved
        assert (parts["lost"][0, malta] > 0) == drowned
        assert (played.outcomes["rescued"] > 0) == saved
        assert (played.outcomes["lost"] > 0) == drowned
        assert parts["through"][0, played.place("IT")] == 0


def test_rings_that_nobody_knows_count_to_the_end() -> None:
    played = BorderStage(small_borders(days=28, points=blind()))
    played.days(0, 28)
    outcomes = played.outcomes
    assert outcomes["days_to_recognition"] == 28
    assert outcomes["recognised_share"] == 0
    assert outcomes["rings_broken"] == outcomes["rings_replaced"] == 0
    assert outcomes["facilitators_arrested"] == outcomes["frozen_meur"] == 0


@pytest.mark.slow
def test_a_lane_alone_and_in_company() -> None:
    lanes = [LaneId(point, 3, number) for number in range(2) for point in range(2)]
    together = run_compiled(compiled_borders(POLICIES), lanes)
    for number, lane in enumerate(lanes):
        own = compiled_borders((POLICIES[lane.point],))
        alone = run_compiled(own, [LaneId(0, lane.seed, lane.replication)])
        assert differing(values_of(together, number), values_of(alone, 0)) == []
    arrested = together.outcomes["facilitators_arrested"]
    assert arrested.any()


@pytest.mark.slow
def test_a_ring_that_counts_its_calls_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    lanes = [LaneId(0, 3, number) for number in range(2)]
    alone = run_compiled(compiled_borders(("bilateral",)), lanes[1:])
    calls: list[int] = []
    usual = Traffic.step

    def step(self: Traffic) -> None:
        calls.append(0)
        if len(calls) % 3 == 0:
            self.rings[0].members[self.rings[0].homes[0]] = 0
            self._set_strength(self.rings[0])
        usual(self)

    monkeypatch.setattr(Traffic, "step", step)
    together = run_compiled(compiled_borders(("bilateral",)), lanes)
    assert differing(values_of(together, 1), values_of(alone, 0)) != []


def test_no_policy_opens_the_gate_to_frontex() -> None:
    """Debriefings name persons, which the agency may not hold; crossings counted do not."""
    loaded = small_borders(days=28)
    compiled = compile_world(loaded, [lawless()])
    result = run_compiled(compiled, [LaneId(0, 5, 1)])
    assert result.outcomes["violations"].tolist() == [0]
    assert result.outcomes["refused_releases"][0] > 0


def test_a_patrol_is_scarce() -> None:
    """With a tenth of the patrols cases wait longer."""
    waits = []
    for number in (0.2, 20.0):
        loaded = small_borders(days=42)
        posts = dict(loaded.spec.posts)
        posts["patrols"] = posts["patrols"].model_copy(update={"number": number})
        spec = loaded.spec.model_copy(update={"posts": posts})
        loaded = type(loaded)(**{**vars(loaded), "spec": spec})
        compiled = compile_world(loaded, policies(("bilateral",)))
        result = run_compiled(compiled, [LaneId(0, 5, number) for number in range(2)])
        waits.append(float(np.mean(result.outcomes["waiting_days"])))
    assert waits[0] > waits[1]
