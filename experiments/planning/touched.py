"""Which scenarios of the catalogue a measure changes, and by which of its changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scenarios import compile_world, load_policy, scenario_entries
from scenarios.changing import PLACE, POLICIES, Path, reached_by, with_measures
from scenarios.compiling import build_network, deciding_rules
from scenarios.schema import Rule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from scenarios import LoadedPolicy, LoadedScenario
    from scenarios.reading import LoadedMeasure


class Touched(NamedTuple):
    """A scenario, and the changes of a measure that reach something in it."""

    scenario: str
    changes: list[int]


def touched_by(measure: LoadedMeasure) -> Iterator[Touched]:
    """Give each scenario of the catalogue with what a measure changes there, under its baseline.

    Raises
    ------
    SpecError
        If the measure does not fit a scenario, or cannot be compiled with it.
    """
    from agents import load_scenario

    for entry in scenario_entries():
        scenario = load_scenario(entry.name)
        yield Touched(entry.name, touching(scenario, load_policy(scenario.baseline), measure))


def touching(scenario: LoadedScenario, policy: LoadedPolicy, measure: LoadedMeasure) -> list[int]:
    """Return which changes of a measure reach something that plays a part in a scenario.

    Rules of a policy do where they decide about some report on some channel.

    Raises
    ------
    SpecError
        As `touched_by`.
    """
    reached = reached_by(scenario, policy, measure)
    if not any(reached.values()):
        return []
    made, regime = with_measures(scenario, policy, [measure])
    used = set(build_network(made.spec, made.atlas).instrument)
    before, after = _deciding(scenario, policy), _deciding(made, regime)
    found = []
    for number, everywhere in reached.items():
        places = [steps for steps in everywhere if _plays_a_part(steps, made, used)]
        rules = [steps for steps in places if steps[0] == POLICIES and steps[2:3] == ("rules",)]
        added = _rules_of(measure.spec.changes[number].what) if rules else []
        if (
            len(rules) < len(places)
            or any(steps[3] in before for steps in rules if len(steps) > 3)  # noqa: PLR2004 - of one
            or any(regime.spec.rules[place] in added for place in after)
        ):
            found.append(number)
    return found


def _plays_a_part(steps: Path, scenario: LoadedScenario, used: Collection[str]) -> bool:
    """Whether a scenario has what stands at a place: of its place, desks and used instruments."""
    match steps:
        case (place, "instruments", name, *_) if place == PLACE:
            return name in used
        case (place, "bodies", name, *_) if place == PLACE:
            return any(kind.startswith(f"{name}.") for kind in scenario.spec.desks)
        case (place, "national", name, *_) if place == PLACE:
            return name in scenario.spec.desks
        case _:
            return True


def _deciding(scenario: LoadedScenario, policy: LoadedPolicy) -> Collection[int]:
    """Return the rules of a policy that decide about something in a scenario."""
    [found] = deciding_rules(compile_world(scenario, [policy]).world, [policy])
    return found


def _rules_of(what: object) -> Sequence[Rule]:
    """Return the rules that a change adds."""
    return [Rule.model_validate(one) for one in what] if isinstance(what, list | tuple) else []


def told(measure: LoadedMeasure, touched: Sequence[Touched]) -> Iterator[str]:
    """Say in words where a measure changes something, and which of its changes never do."""
    reached = {number for one in touched for number in one.changes}
    names = [one.scenario for one in touched if one.changes]
    yield f"changes {', '.join(names)}" if names else "touches nothing in the catalogue"
    for number, change in enumerate(measure.spec.changes):
        if number not in reached and names:
            targets = ", ".join(change.targets)
            yield f"changes[{number}] touches nothing in the catalogue: {change.verb} {targets}"
