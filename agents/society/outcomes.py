"""What is read off finished lanes, whatever the threat; the rest the threat reads off itself."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.lane import Lane
from agents.society.society import Society
from scenarios import Compiled
from sim.seam import COUNTERS, Engine

F64 = NDArray[np.float64]


OF_STORES: Final = ("searches", "guard_hits", "false_matches", "disclosed_by_store")
"""Counters that are outcomes as they are."""


def outcomes_of(compiled: Compiled, society: Society, engine: Engine) -> dict[str, F64]:
    """Return the outcomes a scenario declares, each of shape (L,); NaN is a time not reached."""
    counters = dict(zip(COUNTERS, engine.counters().T.astype(float), strict=True))
    lanes = society.lanes
    hours = np.array([lane.work.hours(compiled.world.horizon) for lane in lanes]).reshape(-1, 2)
    values = {
        "disclosures": counters["disclosures"],
        "unnecessary_disclosures": np.array([unnecessary(lane) for lane in lanes], dtype=float),
        "person_years": counters["person_days"] / 365,
        "refused_releases": counters["refused"],
        "violations": counters["violations"],
        **{name: counters[name] for name in OF_STORES},
        "backlog_mean": society.backlog_sum / max(society.backlog_days, 1),
        "backlog_peak": society.backlog_peak,
        "never_read_share": society.never_read(),
        "false_recognitions": np.array([lane.false_recognitions for lane in lanes], dtype=float),
        "casework_hours": hours.sum(axis=1),
        "false_casework_hours": hours[:, 1],
        **society.threat_outcomes(),
    }
    return {outcome.name: values[outcome.name] for outcome in compiled.layout.scenario.outcomes}


def unnecessary(lane: Lane) -> int:
    """Person records told to organisations that had no part in a real case."""
    disclosed = lane.engine.disclosed(lane.number)
    needed = np.zeros(disclosed.shape, dtype=np.bool_)
    for subject in range(disclosed.shape[0]):
        needed[subject, lane.groups_in(lane.engine.contributed(lane.number, subject))] = True
    for organisation in lane.organisations.values():
        for subject in filter(lane.is_real, organisation.subjects):
            needed[subject, organisation.group] = True
    return int(disclosed[~needed].sum())
