"""A policy under a programme: which scenario and which policy are in force from when on."""

from __future__ import annotations

from datetime import date

from scenarios.changing.measured import check_lasting, with_measures
from scenarios.reading import Alternative, LoadedPolicy, LoadedScenario


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
    measures = [(_tick(scenario, one.since), one) for one in policy.programme.measures]
    turns = sorted({0, *(tick for tick, _ in measures if tick < scenario.ticks)})
    found: list[tuple[int, LoadedScenario, LoadedPolicy]] = []
    for turn in turns:
        there = [one.measure for tick, one in measures if tick <= turn]
        later = [one.measure for tick, one in measures if 0 < tick == turn]
        check_lasting(scenario, plain, later)
        made = with_measures(scenario, plain, there)
        if not found or made != found[-1][1:]:
            found.append((turn, *made))
    return found


def _tick(scenario: LoadedScenario, since: date | None) -> int:
    """Return the first tick of a day; 0 for what is in force from the beginning."""
    begins = scenario.spec.begins
    if since is None or begins is None:
        return 0
    return max(0, round((since - begins).days * 24 / scenario.spec.tick_h))
