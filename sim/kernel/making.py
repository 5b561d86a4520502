"""The making of reports: keys and weights are drawn, and what is drawn up is stored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.draws import (
    CHANCE_SHIFT,
    GAMMA,
    ONE,
    QUANTILE_SHIFT,
    mix64,
    name_key,
    stream_offset,
)
from sim.kernel.drafts import Drafts
from sim.kernel.lanes import Lanes
from sim.kernel.records import Recorder
from sim.kernel.reports import NewReports, ReportStore
from sim.seam import Counts, Role, World

I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

FACE = stream_offset(name_key("face"))


class Making:
    """Makes reports of drafts."""

    def __init__(
        self, world: World, lanes: Lanes, store: ReportStore, counts: Counts, record: Recorder
    ) -> None:
        self._world, self._lanes, self._store = world, lanes, store
        self._counts, self._record = counts, record
        self._is_evidence: Bool = world.classes.role == int(Role.EVIDENCE)
        shows = world.sights.shows
        self._doubtful = np.flatnonzero(((shows > 0) & (shows < ONE)).any(axis=0))
        """Faces that some sight shows by chance."""

    def make(self, tick: int, draft: Drafts) -> I64:
        """Store new reports under the keys drawn for their names; return their slots."""
        world, lane, cls = self._world, draft.lane, draft.cls
        words = self._lanes.draw(lane, draft.stream, draft.a, draft.b, draft.c)
        key = (words[0].astype(np.uint64) << np.uint64(32)) | words[1]
        weight = world.tables[world.classes.weight[cls], words[2] >> np.uint32(QUANTILE_SHIFT)]
        weight *= self._is_evidence[cls]
        new = NewReports(
            lane,
            draft.unit,
            draft.subject,
            cls,
            key,
            weight,
            draft.origins,
            draft.audience,
            self._faces(draft, key),
        )
        self._counts.add("reports", lane)
        self._record.made(tick, new)
        return self._store.add(tick, new)

    def _faces(self, draft: Drafts, key: U64) -> U8:
        """Return what reports show: that which is sure, and what observations show by chance."""
        if not self._doubtful.size:
            return draft.faces
        faces = draft.faces.copy()
        seen = np.flatnonzero(draft.sight >= 0)
        shows = self._world.sights.shows[draft.sight[seen]]
        for face in self._doubtful.tolist():
            word = key[seen] + FACE + np.uint64(face * GAMMA % 2**64)
            shown = (mix64(word) >> np.uint64(CHANCE_SHIFT)) < shows[:, face]
            faces[seen] |= shown.astype(np.uint8) << np.uint8(face)
        return faces
