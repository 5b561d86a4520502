"""Data bases: what is kept, what is told of it on request, and hits that nobody asked for."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws import CHANCE_SHIFT, entity_offset, mix64, name_key, stream_offset
from sim.kernel.arrays import ranges
from sim.kernel.lanes import Lanes
from sim.kernel.pool import FIRST_SLOTS, Pool
from sim.kernel.pull import NO_REQUEST, Answers, Files, Request
from sim.kernel.reports import UNSEEN, Postings, ReportStore
from sim.kernel.triage import Taken
from sim.seam import Counts, Role, World

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
I16 = NDArray[np.int16]
U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

FALSE_MATCH = stream_offset(name_key("false match"))
NO_REPORT: Final = -1
"""The slot of a query: what it asked may be forgotten before it is."""

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
NO_HITS: Final = Hits(*(_NONE,) * 3, *(_NO_KEY,) * 3, _NO_FACES, *(_NO_KEY,) * 2)


class _Came(NamedTuple):
    """What comes to stores in a tick; arrays of shape (n,)."""

    slot: I64
    channel: I64
    store: I64
    faces: U8
    query: Bool


class _Pairs(NamedTuple):
    """Records whose owners are told, and what matches them; arrays of shape (n,)."""

    owned: I64
    matched: I64

    def part(self, which: Bool) -> _Pairs:
        """Return some of them."""
        return _Pairs(self.owned[which], self.matched[which])


class Records(Pool):
    """What stores keep: struct of arrays over records."""

    columns = ("place", "key", "slot", "back", "until", "since", "store", "group", "faces")

    def __init__(self) -> None:
        super().__init__()
        self.place = np.zeros(FIRST_SLOTS, dtype=np.int64)
        """Lane and subject."""
        self.key = np.zeros(FIRST_SLOTS, dtype=np.uint64)
        self.slot = np.zeros(FIRST_SLOTS, dtype=np.int32)
        """The report of an entry, or `NO_REPORT`."""
        self.back = np.zeros(FIRST_SLOTS, dtype=np.int32)
        """The channel back to the owner, or -1."""
        self.until = np.zeros(FIRST_SLOTS, dtype=np.int32)
        """The first tick at which it is not live."""
        self.since = np.zeros(FIRST_SLOTS, dtype=np.int32)
        self.store = np.zeros(FIRST_SLOTS, dtype=np.int16)
        self.group = np.zeros(FIRST_SLOTS, dtype=np.int8)
        """The group it is from."""
        self.faces = np.zeros(FIRST_SLOTS, dtype=np.uint8)


class Stores:
    """The stores of all lanes, of a world that has some."""

    def __init__(
        self, world: World, lanes: Lanes, reports: ReportStore, files: Files, counts: Counts
    ) -> None:
        self._world, self._lanes, self._reports = world, lanes, reports
        self._files, self._counts = files, counts
        self._of = world.stores.of_units(len(world.units.names))
        self._subjects = len(world.subjects.names)
        self._is_evidence: Bool = world.classes.role == int(Role.EVIDENCE)
        self._tells = world.classes.only(Role.HIT) >= 0
        self._records = Records()
        self._postings = Postings(lanes.size * self._subjects)
        self._new = _NONE
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
        return self._records.alive

    def keep(self, tick: int, taken: Taken, searches: Request) -> None:
        """Keep what came at `tick`: reports that were read, and requests.

        What a store was asked is of no use to it later, unless it stands guard.
        """
        self._new = _NONE
        if not taken.slot.size and not searches.slot.size:
            return
        came = self._came(taken, searches)
        reports, records, world = self._reports, self._records, self._world
        slot, store = came.slot, came.store
        if not slot.size:
            return
        self._new = new = records.take(slot.size)
        lane = reports.lane[slot]
        records.place[new] = place = lane * self._subjects + reports.subject[slot]
        records.key[new] = reports.key[slot]
        records.slot[new] = np.where(came.query, NO_REPORT, slot)
        records.back[new] = world.channels.reverse[came.channel]
        retention = world.phases.retention[self._lanes.phase[lane], store]
        later = ~came.query | (world.stores.guards[store] & self._tells)
        last = np.where(came.query, np.int64(world.horizon), reports.expires[slot])
        until = np.minimum(tick + retention.astype(np.int64), last)
        records.until[new] = np.where(later, until, tick + 1)
        records.since[new] = tick
        records.store[new] = store
        records.group[new] = world.units.group[reports.unit[slot]]
        records.faces[new] = came.faces
        self._postings.add(place[later], new[later])

    def _came(self, taken: Taken, searches: Request) -> _Came:
        """Return what stores keep of what was read and what is asked."""
        some = self._is_evidence[self._reports.cls[taken.slot]]
        slot = np.concatenate((taken.slot[some], searches.slot))
        unit = np.concatenate((taken.unit[some], searches.holder))
        channel = np.concatenate((taken.channel[some], searches.channel))
        query = np.arange(slot.size) >= slot.size - searches.slot.size
        kept, store = self._world.stores, self._of[unit]
        kind = self._world.subjects.kind[self._reports.subject[slot]]
        faces = self._reports.faces[slot] & kept.faces[store, kind]
        held = query | kept.holds[store, self._reports.cls[slot]]
        held &= (store >= 0) & (faces != 0)
        return _Came(slot[held], channel[held], store[held], faces[held], query[held])

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
        reports, records = self._reports, self._records
        index, record = self._entries(tick, request)
        match = (records.faces[record] & reports.faces[request.slot][index]) != 0
        index, slot = index[match], records.slot[record[match]].astype(np.int64)
        unknown = reports.held(slot, reports.unit[request.slot][index]) == UNSEEN
        return self._files.told(request, back, index[unknown], slot[unknown])

    def _entries(self, tick: int, request: Request) -> tuple[I64, I64]:
        """Pairs (index into `request`, live entry on its subject in the store that is asked).

        What there is on a subject is looked up once, however many stores are asked about it.
        """
        reports, records, stores = self._reports, self._records, len(self._world.stores.unit)
        place = reports.lane[request.slot] * self._subjects + reports.subject[request.slot]
        places, asked = np.unique(place, return_inverse=True)
        which, record = self._postings.search(places)
        live = (records.until[record] > tick) & (records.slot[record] != NO_REPORT)
        which, record = which[live], record[live]
        at = which * stores + records.store[record]
        order = np.argsort(at, kind="stable")
        wanted = asked.reshape(-1) * stores + self._of[request.holder]
        first, after = (np.searchsorted(at[order], wanted, side) for side in ("left", "right"))
        found, index = ranges(first, after - first)
        return index, record[order[found]]

    def guard(self, tick: int) -> Hits:
        """Return the hits that tell owners of what came at `tick` and matches."""
        records, new = self._records, self._new
        new = new[self._world.stores.guards[records.store[new]]]
        if not new.size or not self._tells:
            return NO_HITS
        index, other = self._alike(tick, new, records.place[new], records.faces[new])
        one = new[index]
        both = (records.slot[one] != NO_REPORT) | (records.slot[other] != NO_REPORT)
        one, other = one[both], other[both]
        if not one.size:
            return NO_HITS
        pairs = _Pairs(np.concatenate((one, other)), np.concatenate((other, one)))
        query = records.slot[pairs.owned] == NO_REPORT
        answered = query & (records.since[pairs.owned] == tick)
        return self._of_guards(pairs.part(~answered & self._told(pairs.owned)))

    def _told(self, record: I64) -> Bool:
        """Whether there is a way back to the owners of records."""
        records = self._records
        lane = records.place[record] // self._subjects
        return self._files.leads(lane, records.back[record].astype(np.int64))

    def _alike(self, tick: int, record: I64, place: I64, faces: U8) -> tuple[I64, I64]:
        """Pairs (index into `record`, other record) of live records of its store at `place`.

        They show one of `faces`, and are from another group.
        """
        records = self._records
        index, other = self._postings.search(place)
        match = (
            (records.until[other] > tick)
            & (records.store[other] == records.store[record][index])
            & ((records.faces[other] & faces[index]) != 0)
            & (records.group[other] != records.group[record][index])
        )
        return index[match], other[match]

    def _of_guards(self, pairs: _Pairs) -> Hits:
        """Make one hit for each channel back, lane and subject; shape of the pairs: (n,)."""
        records = self._records
        place, back = records.place[pairs.owned], records.back[pairs.owned].astype(np.int64)
        own, match = records.key[pairs.owned], records.key[pairs.matched]
        order = np.lexsort((match, own, back, place))
        whom = np.stack((place, back)).take(order, axis=1)
        new = np.ones(order.size, dtype=np.bool_)
        new[1:] = (whom[:, 1:] != whom[:, :-1]).any(axis=0)
        starts = np.flatnonzero(new)
        if not starts.size:
            return NO_HITS
        shared = records.faces[pairs.owned] & records.faces[pairs.matched]
        faces = np.bitwise_or.reduceat(shared[order], starts)
        (place, back), first = whom.take(starts, axis=1), order[starts]
        lane, subject = np.divmod(place, self._subjects)
        unit = self._world.stores.unit[records.store[pairs.owned[first]]]
        own, match = own[first], match[first]
        name = own >> _HALF, match >> _HALF, self._key(unit)
        hits = Hits(lane, subject, back, *name, faces, own, match)
        self._counts.add("guard_hits", lane)
        return hits

    def mistake(self, tick: int) -> Hits:
        """Return the hits of what came at `tick` and was taken for another subject."""
        if not self._doubtful.size or not self._tells or not self._new.size:
            return NO_HITS
        found = [self._mistaken(tick, face) for face in self._doubtful.tolist()]
        hits = Hits(*map(np.concatenate, zip(*found, strict=True)))
        self._counts.add("false_matches", hits.lane)
        return hits

    def _mistaken(self, tick: int, face: int) -> Hits:
        """Return the hits of what came whose face was taken for another subject's."""
        world, records, record = self._world, self._records, self._new
        kind = world.subjects.kind[records.place[record] % self._subjects]
        store = records.store[record].astype(np.int64)
        unit_key = self._key(world.stores.unit[store])
        word = records.key[record] + FALSE_MATCH + entity_offset(unit_key ^ np.uint64(face))
        mix64(word)
        taken = (word >> np.uint64(CHANCE_SHIFT)) < world.stores.false_match[store, kind, face]
        taken &= (records.faces[record] >> np.uint8(face) & np.uint8(1)) == 1
        taken &= (self._of_kind[kind] > 1) & self._told(record)
        if not taken.any():
            return NO_HITS
        record, kind, word, unit_key = (part[taken] for part in (record, kind, word, unit_key))
        lane, subject = np.divmod(records.place[record], self._subjects)
        number = (word >> _PLACE_SHIFT & _PLACE).astype(np.int64) % (self._of_kind[kind] - 1)
        number += number >= self._among[subject]
        wrong = self._by_kind[self._first[kind] + number]
        shows = np.full(record.size, 1 << face, dtype=np.uint8)
        index, other = self._alike(tick, record, lane * self._subjects + wrong, shows)
        there = np.unique(index[records.slot[other] != NO_REPORT])
        key, unit_key = records.key[record[there]], unit_key[there] ^ np.uint64(face + 1)
        back = records.back[record[there]].astype(np.int64)
        name = key >> _HALF, key & _LOW, unit_key
        about = lane[there], wrong[there], back
        return Hits(*about, *name, shows[there], key, np.zeros_like(key))

    def _key(self, unit: I64) -> U64:
        return self._world.units.key[unit].astype(np.uint64)

    def sweep(self, tick: int) -> None:
        """Forget what is not live at `tick`."""
        records = self._records
        gone = records.used & (records.until <= tick)
        if gone.any():
            self._postings.drop(gone)
            records.free(np.flatnonzero(gone))
