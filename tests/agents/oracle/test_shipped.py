"""Outcomes of the shipped scenarios are what the oracle adds up, by year too."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest

from agents import load_scenario
from scenarios import compile_world
from sim import LaneId
from tests.agents.oracle.oracle import oracle
from tests.agents.oracle.test_oracle import backlog_errors
from tests.agents.oracle.witness import Witness
from tests.agents.oracle.worlds import World, errors_in, with_everything, within_the_run
from tests.agents.small import changed, policies

if TYPE_CHECKING:
    from scenarios import Compiled, LoadedScenario

DAYS: Final = {
    "organised-crime": 400,
    "cyber-outbreak": 28,
    "forest-fire": 30,
    "terrorism": 90,
    "three-at-once": 60,
    "sea-borders": 90,
    "ports": 90,
    "airports": 90,
}
"""Of four years a little more than one: their ends are as any other."""
EARLY: Final = 20
"""Day on which the season begins that shall end within those, and by which the worm comes."""
POLICIES: Final = ("bilateral", "full-pool", "hub-and-spoke", "request-response")


def shortened(name: str, days: float) -> LoadedScenario:
    """Return a scenario of the catalogue with all outcomes, that lasts for some days."""
    loaded = load_scenario(name)
    loaded = replace(loaded, spec=changed(loaded.spec, horizon=days * 24.0))
    if name == "three-at-once":
        loaded = _early(loaded)
    return with_everything(loaded, loaded.spec.begins)


def _early(loaded: LoadedScenario) -> LoadedScenario:
    """Return the year of three threats with all of them at its beginning."""
    season: Any = loaded.spec.threats["fires"]
    loaded = within_the_run(loaded, EARLY, season.season.window.value)
    worm: Any = loaded.spec.threats["worm"]
    comes, others = EARLY * 24.0, (EARLY + 30) * 24.0
    worm = changed(
        worm,
        malware=changed(worm.malware, begins_within=comes),
        decoys=changed(worm.decoys, starts_within=others),
    )
    threats = {**loaded.spec.threats, "worm": worm}
    return replace(loaded, spec=changed(loaded.spec, threats=threats))


@cache
def _compiled(name: str, days: float) -> Compiled:
    return compile_world(shortened(name, days), policies(POLICIES))


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", list(DAYS))
def test_shipped_outcomes_add_up(name: str, policy: str) -> None:
    compiled = _compiled(name, DAYS[name])
    one = World(compiled, LaneId(POLICIES.index(policy), 2012, 0))
    assert errors_in(one) == {}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "days"), [("organised-crime", 35), ("cyber-outbreak", 7)])
def test_backlogs_of_the_reference(name: str, days: float) -> None:
    one = World(_compiled(name, days), LaneId(POLICIES.index("full-pool"), 2012, 0))
    assert backlog_errors(one) == {}


@pytest.mark.slow
def test_years_are_among_what_is_compared() -> None:
    one = World(_compiled("organised-crime", DAYS["organised-crime"]), LaneId(0, 2012, 0))
    found = oracle(Witness.of(one.compiled, one.lane, one.replayed()))
    parts = {name.partition("@")[2] for name in found}
    assert {one for one in parts if not one.isalpha()} == {"", "2011", "2012-01-01..02-04"}


@pytest.mark.slow
def test_three_threats_and_their_ends_are_among_what_is_compared() -> None:
    name = "three-at-once"
    one = World(_compiled(name, DAYS[name]), LaneId(POLICIES.index("full-pool"), 2012, 0))
    told = one.replayed()
    happened = {
        (fact.what, one.compiled.layout.threats.names[fact.subject].partition(".")[0])
        for fact in told.facts
        if fact.subject >= 0
    }
    assert happened >= {
        ("case opened", "trafficking"),
        ("victims held for a week", "trafficking"),
        ("case opened", "worm"),
        ("operators warned", "worm"),
        ("calls for help", "fires"),
        ("modules at work", "fires"),
    }
    danger = [fact.numbers["danger"] for fact in told.facts if fact.what == "fires burn"]
    assert danger[0] == danger[-1] == 0 < max(danger)
