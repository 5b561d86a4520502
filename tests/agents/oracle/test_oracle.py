"""Every declared outcome is what the oracle adds up, in small worlds of any kind."""

from __future__ import annotations

import pytest

from agents import run_compiled
from tests.agents.oracle.backlog import Made
from tests.agents.oracle.oracle import NOT_TOLD
from tests.agents.oracle.worlds import (
    World,
    crimes,
    crossings,
    errors_in,
    held_to_the_oracle,
    meetings,
    outbreaks,
    plots,
    seasons,
    short_seasons,
    within_the_run,
    world,
)
from tests.agents.small_fire import small_fire


@pytest.mark.long
@held_to_the_oracle(crimes())
def test_networks_and_cases_add_up(one: World) -> None:
    assert errors_in(one) == {}


@held_to_the_oracle(crossings(), examples=4)
def test_crossings_and_rings_add_up(one: World) -> None:
    assert errors_in(one) == {}


@held_to_the_oracle(outbreaks())
def test_outbreaks_and_warnings_add_up(one: World) -> None:
    assert errors_in(one) == {}


@held_to_the_oracle(plots())
def test_plots_and_watches_add_up(one: World) -> None:
    assert errors_in(one) == {}


@pytest.mark.long
@held_to_the_oracle(seasons())
def test_fires_and_calls_add_up(one: World) -> None:
    assert errors_in(one) == {}


@held_to_the_oracle(short_seasons(), examples=3)
def test_seasons_within_a_run_add_up(one: World) -> None:
    assert errors_in(one) == {}


def test_a_year_that_turns_in_a_late_season_adds_up() -> None:
    """What burns is told at ticks of the run, not of the season."""
    loaded = within_the_run(small_fire(days=12, hotter=6), begins=3, window_h=48.0)
    one = world(loaded, "availability", 4, new_year=5)
    told = one.replayed()
    before, after = (
        float(told.result.outcomes[f"hectares_burnt@{year}"][0])
        for year in ("2011-12-27..12-31", "2012-01-01..01-07")
    )
    assert before > 0 < after
    burning = [fact.tick for fact in told.facts if fact.what == "fires burn"]
    ticks, states = one.compiled.world.horizon, len(one.compiled.layout.places)
    assert burning == [tick for tick in range(ticks) for _ in range(states)]
    assert errors_in(one, told) == {}


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
