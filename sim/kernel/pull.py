"""Asking and answering: requests, hits, follow-ups."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.release import Holding, Release, Sending
from sim.kernel.reports import UNSEEN, Postings, ReportStore
from sim.seam import Pull, Role, World

I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

RELEASE, HIT = int(Pull.RELEASE), int(Pull.HIT)


class Request(NamedTuple):
    """Requests or follow-ups that holders answer now; arrays of shape (n,)."""

    slot: I64
    holder: I64
    channel: I64
    """The channel over which the request came."""


NO_REQUEST: Final = Request(*(np.empty(0, dtype=np.int64) for _ in Request._fields))


class Answers(NamedTuple):
    """What holders may answer."""

    holding: Holding
    release: Sending
    hit: Request
    """Requests for which the holder has a match that it does not release at once."""


_NONE: Final = np.empty(0, dtype=np.int64)
NO_ANSWERS: Final = Answers(Holding(*(_NONE,) * 3), Sending(*(_NONE,) * 3), NO_REQUEST)


class Files:
    """Search in what the units hold."""

    def __init__(self, world: World, lanes: int, store: ReportStore, release: Release) -> None:
        self._world, self._store, self._release = world, store, release
        self._subjects, self._phase = len(world.subjects.names), release.lanes.phase
        self._some_closed = not world.phases.open.all()
        self._postings = Postings(lanes * self._subjects)
        self.active = world.classes.only(Role.REQUEST) >= 0 or bool(world.stores.names)
        self._followup = world.classes.only(Role.FOLLOWUP)
        self._some_faces = bool((world.kinds.faces > 1).any())

    def file(self, slots: I64) -> None:
        """Note new evidence reports; they are found from the next tick on."""
        if self.active and slots.size:
            group = self._store.lane[slots] * self._subjects + self._store.subject[slots]
            self._postings.add(group, slots)

    def drop(self, dead: Bool) -> None:
        """Forget reports marked in `dead` (indexed by slot)."""
        if self.active:
            self._postings.drop(dead)

    def _matches(self, tick: int, group: I64, request: Request) -> tuple[I64, I64]:
        """Pairs (index into `request`, slot) of alive reports that holders have, askers not.

        They are about the subject asked about, and show one of the faces asked about.

        Parameters
        ----------
        tick
            Now.
        group
            Lane and subject asked about, shape (n,).
        request
            What is asked, n requests.
        """
        store, asker = self._store, self._store.unit[request.slot]
        index, slot = self._postings.search(group)
        match = (
            (store.expires[slot] > tick)
            & (store.held(slot, request.holder[index]) != UNSEEN)
            & (store.held(slot, asker[index]) == UNSEEN)
        )
        if self._some_faces:
            match &= (store.faces[slot] & store.faces[request.slot[index]]) != 0
        return index[match], slot[match]

    def answer(self, tick: int, request: Request) -> Answers:
        """Find what holders have and their terms let them answer."""
        store = self._store
        request, back = self.with_way_back(request)
        group = store.lane[request.slot] * self._subjects + store.subject[request.slot]
        return self.told(request, back, *self._matches(tick, group, request))

    def leads(self, lane: I64, back: I64) -> Bool:
        """Whether ways back, -1 where there is none, end at units that are open."""
        there: Bool = back >= 0
        if self._some_closed:
            there &= self._world.phases.open[self._phase[lane], self._world.channels.dst[back]]
        return there

    def with_way_back(self, request: Request) -> tuple[Request, I64]:
        """Return what can be answered, and the channels back."""
        back = self._world.channels.reverse[request.channel]
        there = self.leads(self._store.lane[request.slot], back)
        return Request(*(part[there] for part in request)), back[there]

    def told(self, request: Request, back: I64, index: I64, slot: I64) -> Answers:
        """Say what holders may tell of what matches.

        Parameters
        ----------
        request, back
            What is asked, and the channels back, n requests.
        index, slot
            What matches: index into `request`, and report; shape (m,).
        """
        if not index.size:
            return NO_ANSWERS
        store, world = self._store, self._world
        holder = request.holder[index]
        extra = np.zeros(slot.size, dtype=np.int64)
        relay = (store.unit[slot] != holder).nonzero()[0]
        may = np.ones(slot.size, dtype=np.bool_)
        may[relay], extra[relay] = self._release.permitted(slot[relay], holder[relay])
        index, slot, holder, extra = index[may], slot[may], holder[may], extra[may]
        term = self._release.term_of(slot, holder, back[index])
        mode = world.terms.pull_mode[term]
        followup = store.cls[request.slot[index]] == self._followup
        if_hit = mode == HIT
        full = (mode == RELEASE) | (followup & if_hit)
        full &= world.terms.pull[term] > 0
        hit = np.unique(index[if_hit & ~followup])
        index_of_full = index[full]
        return Answers(
            Holding(slot[full], store.lane[slot[full]], extra[full]),
            Sending(np.arange(index_of_full.size), back[index_of_full], term[full]),
            Request(request.slot[hit], request.holder[hit], back[hit]),
        )
