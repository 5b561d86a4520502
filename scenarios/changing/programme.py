"""A policy under a programme: which scenario and which policy are in force from when on."""

from __future__ import annotations

from datetime import date

from scenarios.changing.measured import check_lasting, with_measures
from scenarios.reading import Alternative, LoadedMeasure, LoadedPolicy, LoadedScenario
from scenarios.schema import Scenario


def programme_in(
    scenario: LoadedScenario, policy: LoadedPolicy
) -> list[tuple[int, LoadedScenario, LoadedPolicy]]:
    """Return what is in force from which ticks on, the first of them 0.

    A scenario that has no calendar is played as the programme is in the end.

    Raises
    ------
    SpecError
        If measures do not fit each other, the scenario or the policy.
    """
    if not isinstance(policy, Alternative):
        return [(0, scenario, policy)]
    plain = policy.policy
    measures = coming_in(scenario.spec, policy)
    found: list[tuple[int, LoadedScenario, LoadedPolicy]] = []
    for turn in sorted({0, *(tick for tick, _ in measures)}):
        there = [measure for tick, measure in measures if tick <= turn]
        later = [measure for tick, measure in measures if 0 < tick == turn]
        check_lasting(scenario, plain, later)
        made = with_measures(scenario, plain, there)
        if not found or made != found[-1][1:]:
            found.append((turn, *made))
    return found


def coming_in(scenario: Scenario, policy: LoadedPolicy) -> list[tuple[int, LoadedMeasure]]:
    """Return the measures of an alternative with the tick from which on each is in force.

    In the order of names; what would come after the end of a run is left out.
    """
    if not isinstance(policy, Alternative):
        return []
    measures = [(_tick(scenario, one.since), one.measure) for one in policy.programme.measures]
    return [(tick, measure) for tick, measure in measures if tick < scenario.ticks]


def _tick(scenario: Scenario, since: date | None) -> int:
    """Return the first tick of a day; 0 for what is in force from the beginning."""
    if since is None or scenario.begins is None:
        return 0
    return max(0, round((since - scenario.begins).days * 24 / scenario.tick_h))
