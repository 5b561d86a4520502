"""What is read off finished lanes."""

from __future__ import annotations

import math
from statistics import pstdev

import numpy as np
from numpy.typing import NDArray

from agents.criminal_network import SUBJECT
from agents.lane import Lane
from agents.society import Society
from scenarios import Compiled
from sim.port import COUNTERS, Engine

F64 = NDArray[np.float64]


def outcomes_of(compiled: Compiled, society: Society, engine: Engine) -> dict[str, F64]:
    """Return the outcomes a scenario declares, each of shape (L,); NaN is a time not reached."""
    rows = [_lane_outcomes(compiled, lane) for lane in society.lanes]
    counters = dict(zip(COUNTERS, engine.counters().T.astype(float), strict=True))
    values = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    values |= {
        "disclosures": counters["disclosures"],
        "person_years": counters["person_days"] / 365,
        "refused_releases": counters["refused"],
        "violations": counters["violations"],
        "backlog_mean": society.backlog_sum / max(society.backlog_days, 1),
        "backlog_peak": society.backlog_peak,
        "never_read_share": society.never_read(),
    }
    return {outcome.name: values[outcome.name] for outcome in compiled.layout.scenario.outcomes}


def _lane_outcomes(compiled: Compiled, lane: Lane) -> dict[str, float]:
    scenario, world = compiled.layout.scenario, compiled.world
    day = 24 / scenario.tick_h
    ledger, network = lane.network.ledger, lane.network
    known = lane.first_recognition
    states = [lane.layout_groups[place] for place in network.first_places]
    aware = [known.get((SUBJECT, state), math.nan) / day for state in states]
    first = min(known.values(), default=math.nan) / day
    real, false = lane.work.hours(world.horizon)
    arrest = math.nan if ledger.first_arrest is None else ledger.first_arrest / day
    return {
        "days_to_recognition": first,
        "days_to_europol": known.get((SUBJECT, "europol"), math.nan) / day,
        "days_to_all_affected": math.nan if any(map(math.isnan, aware)) else max(aware),
        "unequal_awareness": pstdev(
            scenario.horizon_days if math.isnan(days) else days for days in aware
        ),
        "days_to_first_arrest": arrest,
        "arrested_share": ledger.arrested / network.size,
        "proceeds_meur": ledger.proceeds / 1e6,
        "confiscated_share": ledger.confiscated / ledger.proceeds if ledger.proceeds else 0.0,
        "false_recognitions": float(lane.false_recognitions),
        "casework_hours": real + false,
        "false_casework_hours": false,
        "unnecessary_disclosures": float(unnecessary(lane)),
    }


def unnecessary(lane: Lane) -> int:
    """Person records told to organisations that had no part in a real case."""
    disclosed = lane.engine.disclosed(lane.number)
    needed = np.zeros(disclosed.shape, dtype=np.bool_)
    for subject in range(disclosed.shape[0]):
        needed[subject, lane.groups_in(lane.engine.contributed(lane.number, subject))] = True
    for organisation in lane.organisations.values():
        if SUBJECT in organisation.subjects:
            needed[SUBJECT, organisation.group] = True
    return int(disclosed[~needed].sum())
