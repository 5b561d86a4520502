"""What became of the cases of finished lanes, whatever the threat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agents.lane import Case, Lane, total
from scenarios import Compiled
from scenarios.schema import Decoys

F64 = NDArray[np.float64]


def caseload_of(lanes: Sequence[Lane], compiled: Compiled) -> dict[str, F64]:
    """Return how long cases waited, and how many persons were wrongly pursued, each of shape (L,).

    Persons of a coincidence count once in each state that pursued them.
    """
    scenario = compiled.layout.scenario
    end, day = float(scenario.ticks), 24 / scenario.tick_h
    waiting, wrong = [], []
    for lane in lanes:
        cases = cases_on_subjects(lane)
        waited = total(one.waiting(end) for one in cases) / day
        waiting.append(waited / max(len(cases), 1))
        pursued = {(one.subject, one.place) for one in wrongly_upheld(lane)}
        wrong.append(persons_of(lane) * len(pursued))
    return {
        "waiting_days": np.array(waiting, dtype=float),
        "wrongly_pursued": np.array(wrong, dtype=float),
    }


def cases_on_subjects(lane: Lane) -> list[Case]:
    """Return the cases of a lane that are about somebody."""
    return [case for case in lane.cases.all if case.subject >= 0]


def wrongly_upheld(lane: Lane) -> list[Case]:
    """Return the cases in which somebody was suspected for a coincidence."""
    return [
        case
        for case in cases_on_subjects(lane)
        if case.upheld is not None and not lane.is_real(case.subject)
    ]


def persons_of(lane: Lane) -> int:
    """Return the persons who are suspected in a state for a coincidence."""
    decoys: Decoys | None = getattr(lane.layout.scenario.threat, "decoys", None)
    return 0 if decoys is None or decoys.persons is None else decoys.persons.value
