"""What is read off finished lanes, whatever the threat; the rest the threat reads off itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.society.caseload import caseload_of
from agents.society.society import Society
from agents.society.states import states_of
from agents.society.totals import JUDGED, totals_of
from scenarios import Compiled
from sim.seam import Engine

F64 = NDArray[np.float64]


def outcomes_of(compiled: Compiled, society: Society, engine: Engine) -> dict[str, F64]:
    """Return the outcomes a scenario records, each of shape (L,); NaN is a time not reached."""
    lanes = society.lanes
    totals = totals_of(lanes, society.threats, engine, compiled.world.horizon)
    values = {
        **totals.of,
        **{name: totals.of_outcome(name, lanes) for name in JUDGED},
        "backlog_mean": society.backlog_sum / max(society.backlog_days, 1),
        "backlog_peak": society.backlog_peak,
        "never_read_share": society.never_read(),
        **caseload_of(lanes, compiled),
        **society.threat_outcomes(),
        **society.years.values(totals, lanes),
        **states_of(lanes, society.threats, totals, compiled.world.horizon),
    }
    recorded = compiled.layout.scenario.recorded(compiled.layout.places)
    return {outcome.name: values[outcome.name] for outcome in recorded}
