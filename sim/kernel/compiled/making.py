"""The making of reports, compiled."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws import CHANCE_SHIFT, GAMMA, QUANTILE_SHIFT
from sim.kernel.compiled.jit import jit, leaf
from sim.kernel.compiled.streams import philox
from sim.kernel.compiled.words import word_about
from sim.kernel.drafts import Drafts
from sim.kernel.making import FACE, Making
from sim.kernel.reports import UNSEEN, Packing
from sim.seam import ROW

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

_REPORTS = ROW["reports"]
_GAMMA, _CHANCE = np.uint64(GAMMA), np.uint64(CHANCE_SHIFT)


class CompiledMaking(Making):
    """Makes reports of drafts."""

    def make(self, tick: int, draft: Drafts) -> I64:
        """Store new reports under the keys drawn for their names; return their slots."""
        if self._record.log is not None:
            return super().make(tick, draft)
        store, name = self._store, np.empty((6, draft.lane.size), dtype=np.uint32)
        name[0], name[1], name[2], name[3] = draft.stream, draft.a, draft.b, draft.c
        name[4:] = self._lanes.key[:, draft.lane]
        unit = np.ascontiguousarray(draft.unit)  # or another layout would be compiled by itself
        content = _Content(
            np.ascontiguousarray(draft.lane),
            unit,
            np.ascontiguousarray(draft.subject),
            np.ascontiguousarray(draft.cls),
            draft.origins,
            draft.audience,
            draft.faces,
            draft.sight,
        )
        slots = store.take(draft.lane.size)
        columns = _Columns(
            store.lane,
            store.key,
            store.cls,
            store.subject,
            store.unit,
            store.made,
            store.expires,
            store.weight,
            store.origins,
            store.audience,
            store.faces,
        )
        counts = self._counts.table[_REPORTS]
        _make(tick, slots, content, columns, self._rules, name, counts)
        _seen_by_makers(slots, unit, store.copies, store.packing)
        return slots

    @cached_property
    def _rules(self) -> _Rules:
        """What stays the same for as long as the batch runs."""
        classes = self._world.classes
        shown = classes.lifetime, classes.weight, self._world.tables, self._is_evidence
        return _Rules(*shown, self._world.sights.shows, self._doubtful)


class _Content(NamedTuple):
    """What new reports say."""

    lane: I64
    unit: I64
    subject: I64
    cls: I64
    origins: U64
    audience: U64
    faces: U8
    sight: I64


class _Columns(NamedTuple):
    """All reports, by slot."""

    lane: I64
    key: U64
    cls: I64
    subject: I64
    unit: I64
    made: I32
    expires: I32
    weight: I32
    origins: U64
    audience: U64
    faces: U8


class _Rules(NamedTuple):
    """What is looked up of the world, by class but for the tables."""

    lifetime: I32
    weight: I32
    tables: I32
    is_evidence: Bool
    shows: U64
    """By sight and face."""
    doubtful: I64


@jit
def _make(
    tick: int,
    slots: I64,
    new: _Content,
    columns: _Columns,
    rules: _Rules,
    name: U32,
    counts: I64,
) -> None:
    """Write new reports into their slots."""
    words = philox(name)
    for at in range(slots.size):
        slot, cls = slots[at], new.cls[at]
        columns.key[slot] = (np.uint64(words[0, at]) << np.uint64(32)) | np.uint64(words[1, at])
        columns.weight[slot] = 0
        if rules.is_evidence[cls]:
            place = words[2, at] >> np.uint32(QUANTILE_SHIFT)
            columns.weight[slot] = rules.tables[rules.weight[cls], place]
        columns.lane[slot], columns.unit[slot] = new.lane[at], new.unit[at]
        columns.subject[slot], columns.cls[slot] = new.subject[at], cls
        columns.origins[slot], columns.audience[slot] = new.origins[at], new.audience[at]
        columns.made[slot], columns.expires[slot] = tick, tick + rules.lifetime[cls]
        columns.faces[slot] = new.faces[at]
        if new.sight[at] >= 0:
            shown = _by_chance(columns.key[slot], rules.shows[new.sight[at]], rules.doubtful)
            columns.faces[slot] |= shown
        counts[new.lane[at]] += 1


@leaf
def _by_chance(key: np.uint64, shows: U64, doubtful: I64) -> np.uint8:
    """Return the faces that an observation shows by chance."""
    faces = np.uint8(0)
    for face in doubtful:
        word = word_about(key + FACE, np.uint64(face) * _GAMMA)
        if (word >> _CHANCE) < shows[face]:
            faces |= np.uint8(1 << face)
    return faces


@leaf
def _seen_by_makers(slots: I64, units: I64, copies: NDArray[np.uint8], packing: Packing) -> None:
    """Let makers, and nobody else, hold new reports, under code 0."""
    for at in range(slots.size):
        copies[slots[at], :] = UNSEEN
        unit = units[at]
        bit = (unit & packing.within) << packing.log_width
        copies[slots[at], unit >> packing.shift] = np.uint8(1 << bit)
