"""Outcomes by Member State: worked out by hand, and together the whole."""

from __future__ import annotations

import math
from functools import cache

import pytest

from agents import load_scenario, run_compiled
from agents.society.cost import hour_eur
from scenarios import compile_world
from scenarios.schema import NO_STATE, given
from tests.agents.cyber import OutbreakStage
from tests.agents.oracle.test_planted import WORLDS
from tests.agents.oracle.worlds import World
from tests.agents.small import DAYS, MEMBERS, SUBJECT, policies
from tests.agents.small_fire import FireStage
from tests.agents.society.test_common_outcomes import stage
from tests.agents.society.test_crime_outcomes import DE, DECOY, WEEK, affected
from tests.agents.society.test_fire_outcomes import EL, FR


def told(found: dict[str, float], outcome: str) -> dict[str, float]:
    """Return the states that have a part of an outcome."""
    parts = {name.partition("@")[::2]: part for name, part in found.items()}
    return {code: part for (name, code), part in parts.items() if name == outcome and part and code}


# By hand -------------------------------------------------------------------------------------


def test_what_networks_do_is_told_where_they_do_it() -> None:
    """Ten members hold 10 victims each in Germany and Austria, five of another 10 in Slovenia.

    In the third week the raids in Germany free all, and freeze what is held.
    """
    played = affected("DE", "AT")
    played.weeks(2)
    network = played.network
    held = network.cells[0].liquid
    network.free((DE,), 1.0)
    network.freeze((DE,), 1.0, 0.5)
    network.raid((DE,), 1.0)
    network.convict((DE,), 1.0, "DE:0")
    found = played.outcomes
    assert told(found, "victim_years") == pytest.approx(
        dict.fromkeys(("AT", "DE", "SI"), 20 * WEEK)
    )
    assert told(found, "victims_freed") == pytest.approx({"DE": 10})
    assert told(found, "members_arrested") == {"DE": 5}
    assert told(found, "members_convicted") == {"DE": 5}
    assert told(found, "frozen_meur") == pytest.approx({"DE": held / 1e6})
    assert found["frozen_meur"] == pytest.approx(held / 1e6)
    assert told(found, "confiscated_meur") == pytest.approx({"DE": held / 2e6})


def test_who_is_told_with_need_and_without() -> None:
    """Germany has seen the network and Europol has a file on it; Austria has neither."""
    played = stage()
    played.saw(SUBJECT, "DE")
    played.lane.organisations["europol"].subjects.add(SUBJECT)
    played.disclosed(SUBJECT, 3, "DE", "AT", "europol")
    played.disclosed(DECOY, 5, "AT", "frontex")
    found = played.outcomes
    assert told(found, "needed_disclosures") == {"DE": 3, NO_STATE: 3}
    assert found["needed_disclosures"] == 6
    assert told(found, "unnecessary_disclosures") == {"AT": 3 + 5, NO_STATE: 5}


def test_persons_are_pursued_where_the_case_is() -> None:
    """Two persons of a coincidence in each of two states, whose teams are busy for 30 days."""
    played = stage()
    for code in ("DE", "AT"):
        played.saw(DECOY, code)
        played.recognised(DECOY, code)
    played.until(60)
    found = played.outcomes
    assert told(found, "wrongly_pursued") == {"AT": 2, "DE": 2}
    hours = told(found, "casework_hours")
    assert hours["DE"] == hours["AT"] == found["casework_hours"] / 2 > 0


def test_work_is_told_of_those_whose_it_is() -> None:
    """A team of six and two analysts of Europol, which is no state, work to the end of the run."""
    played = stage()
    for post in ("AT.team", "europol.analysts"):
        played.lane.shift(post, SUBJECT).__enter__()
    expected = {"AT": DAYS * 6 * 5.4, NO_STATE: DAYS * 2 * 5.4}
    found = played.outcomes
    assert told(found, "casework_hours") == pytest.approx(expected)
    members = played.layout.atlas.members.values()
    people = sum(member.population for member in members)
    mean = sum(member.population * member.hour_eur for member in members) / people
    assert played.layout.atlas.members["AT"].hour_eur == 29.2
    cost = {"AT": expected["AT"] * 29.2, NO_STATE: expected[NO_STATE] * mean}
    assert told(found, "work_eur") == pytest.approx(cost)
    assert found["work_eur"] == pytest.approx(sum(cost.values()))


def test_an_hour_of_the_union_costs_what_eurostat_says() -> None:
    """23.1 euro in 2011; the states by population instead of by hours worked."""
    layout = compile_world(load_scenario("organised-crime"), policies(("bilateral",))).layout
    assert hour_eur(layout, "europol") == pytest.approx(23.1, rel=0.002)


def test_operators_fail_are_warned_and_give_traces_in_their_state() -> None:
    """Fifty Italian operators are down for five hours of four steps."""
    played = OutbreakStage()
    italy = MEMBERS.index("IT")
    cells = played.threat.compartments
    cells.outage[0, italy] = 50 * 20
    cells.infected[0, italy, 0] = 50
    played.outbreak.warn(DECOY, DE)
    found = played.outcomes
    assert told(found, "outage_hours") == {"IT": 250}
    assert told(found, "operators_infected") == {"IT": 50}
    assert told(found, "false_alarms") == {"DE": 1}
    assert told(found, "staff_hours") == {"DE": 2 * cells.operators[DE].sum()}


def test_fires_burn_and_help_is_missed_where_they_are() -> None:
    played = FireStage()
    fires = played.season.fires
    fires.burnt[0, [EL, FR]] = 3 << 16, 5 << 16
    fires.unmet[0, EL] = 256 * 7
    found = played.outcomes
    assert (found["hectares_burnt@EL"], found["hectares_burnt@FR"]) == (3, 5)
    assert found["unmet_need_hours@EL"] == 3.5 == found["unmet_need_hours"]
    assert found[f"hectares_burnt@{NO_STATE}"] == 0


# Together ------------------------------------------------------------------------------------


@cache
def _found(name: str) -> tuple[World, dict[str, float]]:
    one = WORLDS[name]()
    result = run_compiled(one.compiled, [one.lane])
    return one, {outcome: float(value) for outcome, (value,) in result.outcomes.items()}


@pytest.mark.long
@pytest.mark.parametrize("name", list(WORLDS))
def test_states_and_bodies_are_the_whole(name: str) -> None:
    """Counts to the one, fractions but for the order in which they are added up."""
    one, found = _found(name)
    layout = one.compiled.layout
    codes = (*layout.places, NO_STATE)
    placed = given(layout.scenario.threats).placed
    assert len(placed) > 8
    for outcome in placed:
        parts = [found[f"{outcome}@{code}"] for code in codes]
        whole = found[outcome]
        if all(part.is_integer() for part in parts):
            assert sum(parts) == whole, outcome
        else:
            assert math.fsum(parts) == pytest.approx(whole, rel=1e-12), outcome


def test_what_is_not_asked_by_state_is_not_recorded() -> None:
    one, found = _found("crime")
    by_state = {outcome.partition("@")[0] for outcome in found if outcome[-3:-2] == "@"}
    assert by_state == given(one.compiled.layout.scenario.threats).placed
