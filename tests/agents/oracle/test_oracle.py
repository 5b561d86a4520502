"""Every declared outcome is what the oracle adds up, in small worlds of any kind."""

from __future__ import annotations

from agents import run_compiled
from tests.agents.oracle.backlog import Made
from tests.agents.oracle.oracle import NOT_TOLD
from tests.agents.oracle.worlds import (
    World,
    crimes,
    errors_in,
    held_to_the_oracle,
    meetings,
    outbreaks,
    seasons,
)


@held_to_the_oracle(crimes())
def test_networks_and_cases_add_up(one: World) -> None:
    assert errors_in(one) == {}


@held_to_the_oracle(outbreaks())
def test_outbreaks_and_warnings_add_up(one: World) -> None:
    assert errors_in(one) == {}


@held_to_the_oracle(seasons())
def test_fires_and_calls_add_up(one: World) -> None:
    assert errors_in(one) == {}


@held_to_the_oracle(meetings(), examples=4)
def test_several_threats_add_up_each_for_itself(one: World) -> None:
    assert errors_in(one) == {}


def backlog_errors(one: World) -> dict[str, tuple[float, float]]:
    """Return the backlogs that are not those in the queues of the reference."""
    made = Made()
    result = run_compiled(one.compiled, [one.lane], engine=made)
    counted = made.engine.outcomes()
    pairs = {name: (counted[name], float(result.outcomes[name][0])) for name in NOT_TOLD}
    return {name: (own, told) for name, (own, told) in pairs.items() if abs(own - told) > 1e-9}


@held_to_the_oracle(crimes(), examples=2)
def test_the_backlog_is_what_waits_when_a_day_ends(one: World) -> None:
    assert backlog_errors(one) == {}


@held_to_the_oracle(seasons(), examples=2)
def test_the_backlog_of_half_hours_too(one: World) -> None:
    assert backlog_errors(one) == {}
