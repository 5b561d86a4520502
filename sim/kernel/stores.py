"""Data bases: what is kept, what is told of it on request, and hits that nobody asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws import CHANCE_SHIFT, entity_offset, mix64, name_key, stream_offset
from sim.kernel.arrays import run_lengths, run_starts
from sim.kernel.kept import NO_REPORT, Came, Kept
from sim.kernel.lanes import Lanes
from sim.kernel.pull import NO_REQUEST, Answers, Files, Request
from sim.kernel.reports import UNSEEN, ReportStore
from sim.kernel.triage import Taken
from sim.seam import Counts, Role, World

I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

FALSE_MATCH = stream_offset(name_key("false match"))

_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_PLACE_SHIFT, _PLACE = np.uint64(8), np.uint64(0xFFFFFF)


class Hits(NamedTuple):
    """Hits that stores make by themselves; arrays of shape (n,)."""

    lane: I64
    subject: I64
    channel: I64
    """The channel back to the owner who is told."""
    a: U64
    b: U64
    c: U64
    """Name the draws, beside the class."""
    faces: U8
    record: U64
    """Key of the record told of."""
    matched: U64
    """Key of the record that matches it; 0 for a false match."""


_NONE: Final = np.empty(0, dtype=np.int64)
_NO_KEY: Final = np.empty(0, dtype=np.uint64)
_NO_FACES: Final = np.empty(0, dtype=np.uint8)
_NOTHING_CAME: Final = Came(_NONE, _NO_KEY, *(_NONE,) * 4, _NO_FACES)
NO_HITS: Final = Hits(*(_NONE,) * 3, *(_NO_KEY,) * 3, _NO_FACES, *(_NO_KEY,) * 2)


class Matching(NamedTuple):
    """Pairs of records of which the one's owner is told of the other; arrays of shape (n,)."""

    file: I64
    back: I64
    """The channel back to the owner who is told."""
    own: U64
    match: U64
    """Keys of the owner's record, and of that which matches it."""
    faces: U8

    def part(self, which: Bool | slice) -> Matching:
        """Return some of them."""
        parts: Iterator[Any] = (part[which] for part in self)
        return Matching(*parts)


class Stores:
    """The stores of all lanes, of a world that has some."""

    def __init__(
        self, world: World, lanes: Lanes, reports: ReportStore, files: Files, counts: Counts
    ) -> None:
        self._world, self._lanes, self._reports = world, lanes, reports
        self._files, self._counts = files, counts
        self._of = world.stores.of_units(len(world.units.names))
        self._number, self._subjects = len(world.stores.names), len(world.subjects.names)
        self._is_evidence: Bool = world.classes.role == int(Role.EVIDENCE)
        self._tells = world.classes.only(Role.HIT) >= 0
        self._kept = Kept(lanes.size * self._subjects * self._number)
        self._new = _NOTHING_CAME
        chances = world.stores.false_match
        self._doubtful = np.flatnonzero((chances > 0).any(axis=(0, 1)))
        """Faces that some store may take for another subject's."""
        kind = world.subjects.kind
        self._by_kind = np.argsort(kind, kind="stable")
        self._first = np.searchsorted(kind[self._by_kind], np.arange(len(world.kinds.names)))
        self._among = np.empty_like(kind)
        self._among[self._by_kind] = np.arange(kind.size) - self._first[kind[self._by_kind]]
        self._of_kind = np.bincount(kind, minlength=len(world.kinds.names))

    @property
    def kept(self) -> int:
        """Number of records."""
        return int(self._kept.count.sum())

    def keep(self, tick: int, taken: Taken, searches: Request) -> None:
        """Keep what came at `tick`: reports that were read, and requests.

        What a store was asked is of no use to it later, unless it stands guard.
        """
        self._new = _NOTHING_CAME
        if taken.slot.size or searches.slot.size:
            self._new = new = self._came(tick, taken, searches)
            guards = self._world.stores.guards[new.file % self._number] & self._tells
            self._kept.add(tick, new.part(guards | (new.slot != NO_REPORT)))

    def _came(self, tick: int, taken: Taken, searches: Request) -> Came:
        """Return the records of what was read and what is asked."""
        reports, world, stores = self._reports, self._world, self._world.stores
        some = np.flatnonzero(self._is_evidence[reports.cls[taken.slot]])
        some = some[self._of[taken.unit[some]] >= 0]
        slot = np.concatenate((taken.slot[some], searches.slot))
        store = self._of[np.concatenate((taken.unit[some], searches.holder))]
        channel = np.concatenate((taken.channel[some], searches.channel))
        query = np.arange(slot.size) >= some.size
        faces = (
            reports.faces[slot] & stores.faces[store, world.subjects.kind[reports.subject[slot]]]
        )
        held = query | stores.holds[store, reports.cls[slot]]
        held &= (store >= 0) & (faces != 0)
        slot, store, channel, query = slot[held], store[held], channel[held], query[held]
        lane = reports.lane[slot]
        retention = world.phases.retention[self._lanes.phase[lane], store].astype(np.int64)
        last = np.where(query, np.int64(world.horizon), reports.expires[slot])
        until = np.minimum(tick + retention, last)
        until[query & ~(stores.guards[store] & self._tells)] = tick + 1
        return Came(
            (lane * self._subjects + reports.subject[slot]) * self._number + store,
            reports.key[slot],
            np.where(query, NO_REPORT, slot),
            world.channels.reverse[channel],
            until,
            world.units.group[reports.unit[slot]],
            faces[held],
        )

    def parted(self, request: Request) -> tuple[Request, Request]:
        """Part what is asked of stores from what is asked of others."""
        at = self._of[request.holder] >= 0
        if not at.any():
            return request, NO_REQUEST
        others = Request(*(part[~at] for part in request))
        return others, Request(*(part[at] for part in request))

    def answer(self, tick: int, request: Request) -> Answers:
        """Find what stores have and their terms let them answer."""
        request, back = self._files.with_way_back(request)
        reports, kept = self._reports, self._kept
        index, place = kept.search(self._asked(request))
        match = (kept.until[place] > tick) & (kept.slot[place] != NO_REPORT)
        match &= (kept.faces[place] & reports.faces[request.slot][index]) != 0
        index, slot = index[match], kept.slot[place[match]].astype(np.int64)
        unknown = reports.held(slot, reports.unit[request.slot][index]) == UNSEEN
        return self._files.told(request, back, index[unknown], slot[unknown])

    def _asked(self, request: Request) -> I64:
        """Return the files that are asked."""
        reports, store = self._reports, self._of[request.holder]
        about = reports.lane[request.slot] * self._subjects + reports.subject[request.slot]
        file: I64 = about * self._number + store
        return file

    def guard(self, tick: int) -> Hits:
        """Return the hits that tell owners of what came at `tick` and matches.

        There is one for each channel back, lane and subject.
        """
        new = self._new
        new = new.part(self._world.stores.guards[new.file % self._number])
        if not new.file.size or not self._tells:
            return NO_HITS
        told = self._matching(tick, new)
        if not told.file.size:
            return NO_HITS
        place, store = np.divmod(told.file, self._number)
        lane, subject = np.divmod(place, self._subjects)
        unit_key = self._key(self._world.stores.unit[store])
        name = told.own >> _HALF, told.match >> _HALF, unit_key
        self._counts.add("guard_hits", lane)
        return Hits(lane, subject, told.back, *name, told.faces, told.own, told.match)

    def _matching(self, tick: int, new: Came) -> Matching:
        """Return the lowest pair for each file and channel back; with the faces of all pairs."""
        kept = self._kept
        index, other = self._alike(tick, new, new.file, new.faces)
        both = (new.slot[index] != NO_REPORT) | (kept.slot[other] != NO_REPORT)
        index, other = index[both], other[both]
        ours, shared = new.part(index), new.faces[index] & kept.faces[other]
        theirs, back = kept.key[other], kept.back[other].astype(np.int64)
        answered = kept.slot[other] == NO_REPORT, kept.since[other] == tick
        pairs = Matching(
            np.concatenate((ours.file, ours.file)),
            np.concatenate((ours.back, back)),
            np.concatenate((ours.key, theirs)),
            np.concatenate((theirs, ours.key)),
            np.concatenate((shared, shared)),
        )
        asked = np.concatenate((ours.slot == NO_REPORT, answered[0] & answered[1]))
        return self._lowest(pairs.part(~asked & self._leads(pairs.file, pairs.back)))

    def _lowest(self, pairs: Matching) -> Matching:
        """Return the lowest pair for each file and channel back; with the faces of all."""
        if not pairs.file.size:
            return pairs
        whom = pairs.file * len(self._world.channels.names) + pairs.back
        order = np.argsort(whom, kind="stable")
        starts = run_starts(whom[order])
        own, match, faces = pairs.own[order], pairs.match[order], pairs.faces[order]
        lowest = np.minimum.reduceat(own, starts)
        others = own != np.repeat(lowest, run_lengths(starts, own.size))
        match[others] = np.iinfo(np.uint64).max
        first = order[starts]
        return Matching(
            pairs.file[first],
            pairs.back[first],
            lowest,
            np.minimum.reduceat(match, starts),
            np.bitwise_or.reduceat(faces, starts),
        )

    def _leads(self, file: I64, back: I64) -> Bool:
        """Whether there is a way back to the owners of records."""
        return self._files.leads(file // (self._number * self._subjects), back)

    def _alike(self, tick: int, new: Came, file: I64, faces: U8) -> tuple[I64, I64]:
        """Pairs (index into `new`, place) of live records in `file` that show one of `faces`.

        They are from another group.
        """
        kept = self._kept
        index, other = kept.search(file)
        match = (
            (kept.until[other] > tick)
            & ((kept.faces[other] & faces[index]) != 0)
            & (kept.group[other] != new.group[index])
        )
        return index[match], other[match]

    def mistake(self, tick: int) -> Hits:
        """Return the hits of what came at `tick` and was taken for another subject."""
        if not self._doubtful.size or not self._tells or not self._new.file.size:
            return NO_HITS
        found = [self._mistaken(tick, face) for face in self._doubtful.tolist()]
        hits = Hits(*map(np.concatenate, zip(*found, strict=True)))
        self._counts.add("false_matches", hits.lane)
        return hits

    def _mistaken(self, tick: int, face: int) -> Hits:
        """Return the hits of what came whose face was taken for another subject's."""
        new, stores = self._new, self._world.stores
        place, store = np.divmod(new.file, self._number)
        kind = self._world.subjects.kind[place % self._subjects]
        unit_key = self._key(stores.unit[store])
        word = new.key + FALSE_MATCH + entity_offset(unit_key ^ np.uint64(face))
        mix64(word)
        taken = (word >> np.uint64(CHANCE_SHIFT)) < stores.false_match[store, kind, face]
        taken &= (new.faces >> np.uint8(face) & np.uint8(1)) == 1
        if not taken.any():
            return NO_HITS
        taken &= (self._of_kind[kind] > 1) & self._leads(new.file, new.back)
        new, place, store = new.part(taken), place[taken], store[taken]
        kind, word, unit_key = kind[taken], word[taken], unit_key[taken]
        lane, subject = np.divmod(place, self._subjects)
        number = (word >> _PLACE_SHIFT & _PLACE).astype(np.int64) % (self._of_kind[kind] - 1)
        number += number >= self._among[subject]
        wrong = self._by_kind[self._first[kind] + number]
        shows = np.full(lane.size, 1 << face, dtype=np.uint8)
        file = (lane * self._subjects + wrong) * self._number + store
        index, other = self._alike(tick, new, file, shows)
        there = np.unique(index[self._kept.slot[other] != NO_REPORT])
        key, unit_key = new.key[there], unit_key[there] ^ np.uint64(face + 1)
        name = key >> _HALF, key & _LOW, unit_key
        about = lane[there], wrong[there], new.back[there]
        return Hits(*about, *name, shows[there], key, np.zeros_like(key))

    def _key(self, unit: I64) -> U64:
        return self._world.units.key[unit].astype(np.uint64)

    def sweep(self, tick: int) -> None:
        """Forget what is not live at `tick`."""
        self._kept.sweep(tick)
