"""Reports about to be made: observations, what agents write, requests, and replies to reports."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws import ONE
from sim.kernel.arrays import group_bit, run_starts
from sim.kernel.fusion import Noticed
from sim.kernel.knowledge import Knowledge
from sim.kernel.lanes import Lanes
from sim.kernel.pull import Request
from sim.kernel.reports import ReportStore
from sim.kernel.stores import Hits
from sim.seam import EVERYONE, Role, World

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
U8 = NDArray[np.uint8]
Ints = NDArray[np.integer]
Name = tuple[Ints, Ints, Ints, Ints]


class Drafts(NamedTuple):
    """Reports about to be made, arrays of shape (n,); stream and entities name their draws."""

    lane: I64
    unit: I64
    subject: I64
    cls: I64
    stream: Ints
    a: Ints
    b: Ints
    c: Ints
    origins: U64
    audience: U64
    faces: U8
    """The faces that are shown for sure."""
    sight: I64
    """Of an observation, else -1."""


_NONE: Final = np.empty(0, dtype=np.int64)
_NO_SET: Final = np.empty(0, dtype=np.uint64)
NO_DRAFTS: Final = Drafts(*(_NONE,) * 8, _NO_SET, _NO_SET, _NO_SET.astype(np.uint8), _NONE)
NO_SIGHT: Final = -1


class Drafting:
    """Who writes what under which name; counts the ordinals, and who has observed whom."""

    def __init__(self, world: World, lanes: Lanes, store: ReportStore, known: Knowledge) -> None:
        self._world, self._store, self._known = world, store, known
        self._request = world.classes.only(Role.REQUEST)
        self.contributed = np.zeros((lanes.size, len(world.subjects.names)), dtype=np.uint64)
        """Groups that observed a subject."""
        self._open, self._phase = world.phases.open, lanes.phase
        sure = world.sights.shows == ONE
        self._shown = (sure << np.arange(sure.shape[1])).sum(axis=1).astype(np.uint8)
        self._asks: list[Noticed] = []
        self._emits: list[tuple[int, int, int, int, int, int]] = []
        self._emit_ordinal: dict[tuple[int, int, int, int], int] = {}

    def emit(self, lane: int, unit: int, subject: int, cls: int, audience: int, faces: int) -> None:
        """Note what an agent wants written; nothing where nobody is."""
        if not self._open[self._phase[lane], unit]:
            return
        self._emits.append((lane, unit, subject, cls, audience, faces))

    def ask(self, tick: int, lane: int, unit: int, subject: int, faces: int) -> None:
        """Note that an agent wants something asked: about `faces`, or 0 for all that is held.

        Nothing is asked where nobody is.
        """
        if not self._open[self._phase[lane], unit]:
            return
        known = self._known
        if not faces:
            for part in known.held(tick, lane, unit, subject):
                faces |= part.faces
        entry = known.entry_of(lane, unit, subject)  # may make the arrays anew
        known.last_ask[entry] = tick
        about = faces or int(known.whole[subject])
        lanes, units, subjects = np.array([[lane], [unit], [subject]])
        self.wonder(Noticed(lanes, units, subjects, np.array([about], dtype=np.uint8)))

    def wonder(self, asks: Noticed) -> None:
        """Note that units ask."""
        if asks.lane.size:
            self._asks.append(asks)

    def observed(self, lane: I64, stream: I64, ordinal: I64) -> Drafts:
        """Reports of what units observed."""
        if not lane.size:
            return NO_DRAFTS
        watch, world = self._world.watch, self._world
        unit, subject, sight = watch.unit[stream], watch.subject[stream], watch.sight[stream]
        cls = world.sights.cls[sight]
        bit = group_bit(world.units.group[unit])
        np.bitwise_or.at(self.contributed, (lane, subject), bit)
        about, by = world.subjects.key[subject], watch.key[stream]
        name = (world.classes.trace_key[cls], about, by, ordinal)
        shown = self._shown[sight]
        return Drafts(lane, unit, subject, cls, *name, bit, _everyone(lane), shown, sight)

    def written(self, tick: int) -> Drafts:
        """Reports that agents asked for."""
        if not self._emits:
            return NO_DRAFTS
        ordinals = []
        for row in self._emits:
            which = row[:4]
            ordinals.append(self._emit_ordinal.get(which, 0))
            self._emit_ordinal[which] = ordinals[-1] + 1
        rows = np.array([row[:4] for row in self._emits], dtype=np.int64)
        lane, unit, subject, cls = rows.T.copy()
        audience = np.array([row[4] for row in self._emits], dtype=np.uint64)
        faces = np.array([row[5] for row in self._emits], dtype=np.uint8)
        self._emits.clear()
        shown, known = self._known.told(tick, self._known.pair(lane, unit, subject), faces)
        origins = group_bit(self._world.units.group[unit]) | known
        name = self._name(unit, subject, cls, np.array(ordinals, dtype=np.int64))
        return Drafts(lane, unit, subject, cls, *name, origins, audience, shown, _no_sight(lane))

    def asked(self) -> Drafts:
        """Requests of units that want to know more; one per unit and subject."""
        if not self._asks:
            return NO_DRAFTS
        lane, unit, subject, faces = map(np.concatenate, zip(*self._asks, strict=True))
        self._asks.clear()
        if self._request < 0:
            return NO_DRAFTS
        pair = self._known.pair(lane, unit, subject)
        order = np.argsort(pair, kind="stable")
        starts = run_starts(pair[order])
        faces = np.bitwise_or.reduceat(faces[order], starts)
        first = order[starts]
        lane, unit, subject = lane[first], unit[first], subject[first]
        entry = self._known.entry[pair[first]]
        ordinal = self._known.asks[entry].astype(np.int64)
        self._known.asks[entry] += 1
        cls = np.full(lane.size, self._request)
        name = self._name(unit, subject, cls, ordinal)
        bit = group_bit(self._world.units.group[unit])
        return Drafts(lane, unit, subject, cls, *name, bit, _everyone(lane), faces, _no_sight(lane))

    def reply(self, cls: int, about: Request) -> Drafts:
        """Reports of class `cls`, one on each report and unit."""
        store, units = self._store, self._world.units
        unit, key = about.holder, store.key[about.slot]
        lane, subject = store.lane[about.slot], store.subject[about.slot]
        classes = np.full(lane.size, cls)
        stream = self._world.classes.emit_key[classes]
        name = (stream, key >> np.uint64(32), key & np.uint64(0xFFFFFFFF), units.key[unit])
        bit = group_bit(units.group[unit])
        faces = store.faces[about.slot]
        return Drafts(
            lane, unit, subject, classes, *name, bit, _everyone(lane), faces, _no_sight(lane)
        )

    def hits(self, cls: int, hits: Hits) -> Drafts:
        """Hits that stores make by themselves."""
        classes, world = np.full(hits.lane.size, cls), self._world
        unit = world.channels.src[hits.channel]
        name = (world.classes.emit_key[classes], hits.a, hits.b, hits.c)
        about = hits.lane, unit, hits.subject, classes
        bit, sets = group_bit(world.units.group[unit]), _everyone(hits.lane)
        return Drafts(*about, *name, bit, sets, hits.faces, _no_sight(hits.lane))

    def _name(self, unit: I64, subject: I64, cls: I64, ordinal: I64) -> Name:
        """Name the draws of what units write: stream, subject, unit, ordinal."""
        world = self._world
        about, by = world.subjects.key[subject], world.units.key[unit]
        return world.classes.emit_key[cls], about, by, ordinal


def _no_sight(lane: I64) -> I64:
    """Return that reports are no observations, one for each entry of `lane`."""
    return np.full(lane.size, NO_SIGHT)


def _everyone(lane: I64) -> U64:
    """Return the audience of reports that may go to all, one for each entry of `lane`."""
    return np.full(lane.size, EVERYONE, dtype=np.uint64)
