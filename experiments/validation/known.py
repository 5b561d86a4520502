"""What is known to have happened, with all that is needed to set a scenario beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.errors import SpecError, named_at, unknown_name
from scenarios.reading import CATALOGUE, beside, find, load_history, located

if TYPE_CHECKING:
    from agents.society import Question
    from scenarios import LoadedPolicy, LoadedScenario
    from scenarios.schema import Event, History


@dataclass(frozen=True)
class Known:
    """A history with its scenario, its regimes, and what is asked of them."""

    history: History
    scenario: LoadedScenario
    policy: LoadedPolicy
    """The status quo."""
    beside: LoadedPolicy | None
    """Another regime, if one is looked at."""
    questions: tuple[Question, ...]
    """What the model is asked for, by event."""

    @property
    def regimes(self) -> tuple[LoadedPolicy, ...]:
        """The one or two regimes, the status quo first."""
        return (self.policy,) if self.beside is None else (self.policy, self.beside)


def read_known(name_or_path: str) -> Known:
    """Read a history, and hold its names, quantities and regimes against what the model has.

    Raises
    ------
    SpecError
        If there is none, or something in it cannot be run.
    """
    history = load_history(name_or_path)
    path = find(name_or_path, CATALOGUE / "history", "history")
    try:
        return _loaded(history, path)
    except SpecError as error:
        error.file = error.file or str(path)
        raise located(error) from None


def _loaded(history: History, path: Path) -> Known:
    from agents import load_scenario
    from scenarios import compile_world

    with named_at("scenario"):
        scenario = load_scenario(beside(history.scenario, path))
    policy = _regime(history.policy, path, scenario, "policy")
    other = None
    if history.beside is not None:
        other = _regime(history.beside, path, scenario, "beside")
        if policy.name == other.name:
            raise SpecError(
                "two regimes are set beside history, to see what they change",
                "name another policy, or leave `beside` out",
                where="beside",
                value=history.beside,
            )
    questions = tuple(
        _question(event, f"events[{number}]", history, scenario)
        for number, event in enumerate(history.events)
    )
    _check_state(history, questions)
    known = Known(history, scenario, policy, other, questions)
    compile_world(scenario, known.regimes)  # names in the rules of a policy are held to only there
    return known


def _regime(name: str, path: Path, scenario: LoadedScenario, where: str) -> LoadedPolicy:
    from scenarios import load_policy

    with named_at(where):
        policy = load_policy(beside(name, path))
    reason = scenario.why_not(policy)
    if reason is not None:
        raise SpecError(
            f"this policy is {reason}",
            "name another policy",
            where=where,
            value=policy.name,
        )
    return policy


def _question(event: Event, where: str, history: History, scenario: LoadedScenario) -> Question:
    from agents.society import Question, quantity

    with named_at(f"{where}.quantity"):
        asked = quantity(scenario, event.quantity)
    if event.unit != asked.unit:
        raise SpecError(
            f"{event.quantity} is in {asked.unit}",
            "write that unit, and the numbers in it",
            where=f"{where}.unit",
            value=event.unit,
        )
    if not asked.is_of_calls:
        if event.state is not None:
            raise SpecError(
                f"{event.quantity} is of a whole run, and of no state by itself",
                "leave `state` out",
                where=f"{where}.state",
                value=event.state,
            )
        return Question(asked, None)
    state = event.state or history.state
    at = "state" if event.state is None else f"{where}.state"
    members = list(scenario.atlas.members)
    if state is None:
        raise SpecError(
            f"{event.quantity} is read off the calls of one state, and none is named",
            f"write for example `state: {members[0]}` at the start of a line",
            where=f"{where}.quantity",
            value=event.quantity,
        )
    if state not in members:
        raise unknown_name("state", state, members, where=at)
    return Question(asked, state)


def _check_state(history: History, questions: tuple[Question, ...]) -> None:
    """Refuse a state that no quantity is about."""
    used = any(
        question.quantity.is_of_calls and event.state is None
        for question, event in zip(questions, history.events, strict=True)
    )
    if history.state is not None and not used:
        raise SpecError(
            "no quantity is read off the calls of this state",
            "leave `state` out, or ask for a quantity of calls",
            where="state",
            value=history.state,
        )
