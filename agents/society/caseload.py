"""What became of the cases of finished lanes, whatever the threat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.lane import Case, Lane, total
from scenarios import Compiled
from scenarios.schema import Decoys, Scenario

F64 = NDArray[np.float64]


class Group(NamedTuple):
    """Threats whose cases are counted together, and what their outcomes are called."""

    threats: frozenset[str]
    prefix: str = ""


def groups_of(scenario: Scenario) -> tuple[Group, ...]:
    """Return all threats as one, and where there are several, each by itself."""
    whole = Group(frozenset(scenario.threats))
    if len(scenario.threats) == 1:
        return (whole,)
    return whole, *(Group(frozenset((name,)), f"{name}.") for name in scenario.threats)


def caseload_of(lanes: Sequence[Lane], compiled: Compiled) -> dict[str, F64]:
    """Return how long cases waited, and how many persons were wrongly pursued, each of shape (L,).

    Persons of a coincidence count once in each state that pursued them.
    """
    scenario = compiled.layout.scenario
    end, day = float(scenario.ticks), 24 / scenario.tick_h
    found: dict[str, F64] = {}
    for group in groups_of(scenario):
        waiting, wrong = [], []
        for lane in lanes:
            cases = cases_on_subjects(lane, group)
            waited = total(one.waiting(end) for one in cases) / day
            waiting.append(waited / max(len(cases), 1))
            pursued = {(one.subject, one.place) for one in wrongly_upheld(lane, group)}
            wrong.append(sum(persons_of(lane, subject) for subject, _ in pursued))
        found[f"{group.prefix}waiting_days"] = np.array(waiting, dtype=float)
        found[f"{group.prefix}wrongly_pursued"] = np.array(wrong, dtype=float)
    return found


def cases_on_subjects(lane: Lane, group: Group) -> list[Case]:
    """Return the cases of a lane that are about somebody of some threats."""
    return [
        case
        for case in lane.cases.all
        if case.subject >= 0 and lane.threat_of(case.subject) in group.threats
    ]


def wrongly_upheld(lane: Lane, group: Group) -> list[Case]:
    """Return the cases in which somebody was suspected for a coincidence."""
    return [
        case
        for case in cases_on_subjects(lane, group)
        if case.upheld is not None and not lane.is_real(case.subject)
    ]


def persons_of(lane: Lane, subject: int) -> int:
    """Return the persons who are suspected in a state for a coincidence."""
    decoys: Decoys | None = getattr(lane.declared(subject), "decoys", None)
    return 0 if decoys is None or decoys.persons is None else decoys.persons.value
