"""What is read off calls for help is what facts tell of them."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import pytest

from agents import load_scenario
from agents.society import Question, calls, quantity, read_off
from tests.agents.oracle.oracle import alike
from tests.agents.oracle.quantities import quantities, stories
from tests.agents.oracle.witness import Witness
from tests.agents.oracle.worlds import World, held_to_the_oracle, seasons, world
from tests.agents.small_fire import small_fire

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenarios import LoadedScenario


@cache
def scenario() -> LoadedScenario:
    """Return a scenario of which quantities can be asked."""
    return load_scenario("forest-fire")


def told_of(one: World) -> list[tuple[str, dict[str, float]]]:
    """Return the quantities of each call of a lane by the oracle, and which state called."""
    witness = Witness.of(one.compiled, one.lane, one.replayed())
    codes = list(witness.layout.places)
    return [(codes[story.place], quantities(witness, story)) for story in stories(witness)]


def errors_of_calls(one: World, own: list[tuple[str, dict[str, float]]]) -> set[tuple[str, str]]:
    """Return states and quantities of their calls that are not what the oracle says."""
    names = list(own[0][1]) if own else []
    pairs = [(code, name) for code in sorted({code for code, _ in own}) for name in names]
    asked = [Question(quantity(scenario(), name), code) for code, name in pairs]
    wrong = set()
    for (code, name), found in zip(pairs, read_off(one.compiled, [one.lane], asked), strict=True):
        values = [values[name] for state, values in own if state == code]
        if not all(alike(*pair) for pair in zip(values, found.tolist(), strict=True)):
            wrong.add((code, name))
    return wrong


@held_to_the_oracle(seasons(), examples=3)
def test_calls_are_as_facts_tell(one: World) -> None:
    assert errors_of_calls(one, told_of(one)) == set()


@cache
def calling() -> World:
    """Return a season with many calls."""
    return world(small_fire(patience=3.0, hotter=6), "availability", 14)


@cache
def told() -> list[tuple[str, dict[str, float]]]:
    """Return what the oracle says of those calls."""
    return told_of(calling())


def test_there_is_something_of_everything() -> None:
    assert len(told()) >= 3
    there = {
        name.partition("@")[0]
        for _, values in told()
        for name, value in values.items()
        if 0 < value < math.inf
    }
    assert there == set(calls.OF_CALLS)


def _as_of(name: str, read: Callable[[calls.Seen, float], float]) -> calls.OfCall:
    return calls.OF_CALLS[name]._replace(read=read)


PLANTED: dict[str, tuple[str, Callable[[calls.Seen, float], float]]] = {
    "offers that nobody read are counted": (
        "modules_offered",
        lambda seen, _: float(sum(offer.modules.total for offer in seen.call.offers)),
    ),
    "what was offered is accepted": (
        "aircraft_accepted",
        lambda seen, _: float(sum(offer.modules.aircraft for offer in seen.call.offers)),
    ),
    "hours since means were outgrown": (
        "first_offer_h",
        lambda seen, _: ((seen.call.first_offer or math.inf) - seen.call.opened) * seen.tick_h,
    ),
    "who has left is at work": (
        "ground_at_work",
        lambda seen, hours: float(
            sum(s.modules.ground for s in seen.call.stays if seen.since(s.arrived) <= hours)
        ),
    ),
    "offers are states": (
        "states_offering",
        lambda seen, hours: float(sum(seen.since(o.read) <= hours for o in seen.call.offers)),
    ),
    "stays in hours": (
        "aircraft_stay_d",
        lambda seen, _: calls.OF_CALLS["modules_stay_d"].read(seen, math.nan) * 24,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(PLANTED))
def test_a_planted_error_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (stem, read), own = PLANTED[name], told()
    monkeypatch.setitem(calls.OF_CALLS, stem, _as_of(stem, read))
    wrong = errors_of_calls(calling(), own)
    assert {asked.partition("@")[0] for _, asked in wrong} == {stem}
