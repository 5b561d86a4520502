"""What is known to have happened, with all that is needed to set a scenario beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.errors import SpecError, unknown_name
from scenarios.reading import CATALOGUE, beside, find, load_history, located

if TYPE_CHECKING:
    from scenarios import LoadedPolicy, LoadedScenario
    from scenarios.schema import History


@dataclass(frozen=True)
class Known:
    """A history with its scenario and both regimes."""

    history: History
    scenario: LoadedScenario
    policy: LoadedPolicy
    """The status quo."""
    beside: LoadedPolicy
    """Another regime."""


def read_known(name_or_path: str) -> Known:
    """Read a history, and hold its names, units and regimes against what the model has.

    Raises
    ------
    SpecError
        If there is none, or it breaks a rule.
    """
    history = load_history(name_or_path)
    path = find(name_or_path, CATALOGUE / "history", "history")
    try:
        known = _loaded(history, path)
        _check_events(history)
    except SpecError as error:
        error.file = error.file or str(path)
        raise located(error) from None
    return known


def _loaded(history: History, path: Path) -> Known:
    from agents import load_scenario
    from scenarios import load_policy

    where = "scenario"
    try:
        scenario = load_scenario(beside(history.scenario, path))
        _check_scenario(history, scenario)
        where = "policy"
        policy = load_policy(beside(history.policy, path))
        _check_fits(policy, scenario, where)
        where = "beside"
        other = load_policy(beside(history.beside, path))
        _check_fits(other, scenario, where)
    except SpecError as error:
        if not error.file:
            error.where = error.where or where
        raise
    if policy.name == other.name:
        raise SpecError(
            "two regimes are set beside history, to see what they change",
            "name another policy",
            where="beside",
            value=history.beside,
        )
    return Known(history, scenario, policy, other)


def _check_scenario(history: History, scenario: LoadedScenario) -> None:
    from agents.society import has_calls

    if not has_calls(scenario):
        raise SpecError(
            "history is about calls for help, and nobody calls for help in a scenario of the threat"
            f" {scenario.spec.threat.kind}",
            "name a scenario of the threat forest-fire",
            where="scenario",
            value=history.scenario,
        )
    if history.state not in scenario.atlas.members:
        raise unknown_name("state", history.state, list(scenario.atlas.members), where="state")


def _check_fits(policy: LoadedPolicy, scenario: LoadedScenario, where: str) -> None:
    reason = policy.spec.not_for.get(scenario.family)
    if reason is not None:
        raise SpecError(
            f"this policy is not for threats of the family {scenario.family}: {reason}",
            "name another policy",
            where=where,
            value=policy.name,
        )


def _check_events(history: History) -> None:
    from agents.society import units

    known = units()
    for number, event in enumerate(history.events):
        where = f"events[{number}]"
        if event.quantity not in known:
            raise unknown_name("quantity", event.quantity, known, where=f"{where}.quantity")
        if event.unit != known[event.quantity]:
            raise SpecError(
                f"{event.quantity} is in {known[event.quantity]}",
                "write that unit, and low and high in it",
                where=f"{where}.unit",
                value=event.unit,
            )
