"""The making of reports: keys and weights are drawn, and what is drawn up is stored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.draws import QUANTILE_SHIFT
from sim.kernel.drafts import Drafts
from sim.kernel.lanes import Lanes
from sim.kernel.records import Recorder
from sim.kernel.reports import NewReports, ReportStore
from sim.seam import Counts, Role, World

I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


class Making:
    """Makes reports of drafts."""

    def __init__(
        self, world: World, lanes: Lanes, store: ReportStore, counts: Counts, record: Recorder
    ) -> None:
        self._world, self._lanes, self._store = world, lanes, store
        self._counts, self._record = counts, record
        self._is_evidence: Bool = world.classes.role == int(Role.EVIDENCE)

    def make(self, tick: int, draft: Drafts) -> I64:
        """Store new reports under the keys drawn for their names; return their slots."""
        world, lane, cls = self._world, draft.lane, draft.cls
        words = self._lanes.draw(lane, draft.stream, draft.a, draft.b, draft.c)
        key = (words[0].astype(np.uint64) << np.uint64(32)) | words[1]
        weight = world.tables[world.classes.weight[cls], words[2] >> np.uint32(QUANTILE_SHIFT)]
        weight *= self._is_evidence[cls]
        new = NewReports(
            lane, draft.unit, draft.subject, cls, key, weight, draft.origins, draft.audience
        )
        self._counts.add("reports", lane)
        self._record.made(tick, new)
        return self._store.add(tick, new)
