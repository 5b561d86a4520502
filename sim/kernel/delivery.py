"""Step 1 of a tick: what is due arrives."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.arrays import run_starts
from sim.kernel.calendar import Calendar
from sim.kernel.pull import NO_REQUEST, Request
from sim.kernel.records import Recorder
from sim.kernel.reports import UNSEEN, ReportStore
from sim.kernel.triage import NOTHING_TAKEN, NOTHING_WAITS, Taken, Triage, Waiting
from sim.seam import Counts, Role, World

I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


class Arrived(NamedTuple):
    """Copies that arrived, by what becomes of them."""

    waiting: Waiting
    """They go to the queues."""
    at_once: Taken
    """They are read in this tick by desks without limit."""
    automatic: Request
    """Requests that are answered without being read."""


NOTHING_ARRIVED: Final = Arrived(NOTHING_WAITS, NOTHING_TAKEN, NO_REQUEST)


class Delivery:
    """Takes messages off the calendar and hands copies over."""

    def __init__(
        self,
        world: World,
        store: ReportStore,
        calendar: Calendar,
        triage: Triage,
        counts: Counts,
        record: Recorder,
    ) -> None:
        self._world, self._store, self._calendar = world, store, calendar
        self._triage, self._counts, self._record = triage, counts, record
        self._request_class = world.classes.only(Role.REQUEST)
        self._closed, self._phase = ~world.phases.open, triage.phase
        self._some_closed = bool(self._closed.any())
        self._some_personal = bool((world.classes.persons > 0).any())
        self._is_evidence = world.classes.role == int(Role.EVIDENCE)
        self._at_store = world.stores.of_units(len(world.units.names)) >= 0
        """Whether a unit keeps a store."""
        self._some_stores = bool(self._at_store.any())
        lanes = counts.table.shape[1]
        size = (lanes, len(world.subjects.names), len(world.groups))
        self.disclosed = np.zeros(size, dtype=np.int64)
        """Person records disclosed, shape (L, S, G)."""

    def deliver(self, tick: int) -> Arrived:
        """Hand over what is due; copies already seen are dropped."""
        due = self._calendar.take(tick)
        if not due.size:
            return NOTHING_ARRIVED
        store, terms = self._store, self._world.terms
        due, place = self._first_copies(due)
        slot, unit = np.divmod(place, store.places)
        if self._some_closed:
            there = self._there(store.lane[slot], unit)
            due, place, slot, unit = due[there], place[there], slot[there], unit[there]
        channel, term = self._calendar.channel(due), self._calendar.term(due)
        store.hold(place, (1 + terms.handling[term]).view(np.uint8))
        self._counts.add("delivered", store.lane[slot])
        self._record.deliveries(tick, slot, channel)
        if self._some_personal:
            self._disclose(slot, unit, channel, term)
        copies = Taken(slot, channel, unit)
        if self._request_class < 0:
            return self._hand_over(copies, NO_REQUEST)
        automatic = store.cls[slot] == self._request_class
        if self._some_stores:
            at_store = self._at_store[unit]
            self._counts.add("searches", store.lane[slot[automatic & at_store]])
            automatic &= terms.automatic[term] | at_store
        else:
            automatic &= terms.automatic[term]
        if not automatic.any():
            return self._hand_over(copies, NO_REQUEST)
        asked = Request(slot[automatic], unit[automatic], channel[automatic])
        return self._hand_over(Taken(*(part[~automatic] for part in copies)), asked)

    def _there(self, lane: I64, unit: I64) -> Bool:
        """Whether units are open; count what comes to those that are not."""
        closed = self._closed[self._phase[lane], unit]
        self._counts.add("closed_to", lane[closed])
        return ~closed

    def _first_copies(self, due: I64) -> tuple[I64, I64]:
        """Messages that are the first of their report and receiver, sorted; and their places."""
        place = self._calendar.place(due)
        due = due[self._store.held_at(place) == UNSEEN]
        due.sort()
        place = self._calendar.place(due)
        first = run_starts(place)
        return due[first], place[first]

    def _hand_over(self, copies: Taken, automatic: Request) -> Arrived:
        """Part copies for desks without limit from those that wait to be read."""
        lane = self._store.lane[copies.slot]
        self._counts.add("queued", lane)
        waits = self._triage.waits(lane, copies.unit)
        if waits is None:
            return Arrived(self._queued(copies), NOTHING_TAKEN, automatic)
        self._counts.add("served", lane[~waits])
        waiting = Taken(*(part[waits] for part in copies))
        return Arrived(self._queued(waiting), Taken(*(part[~waits] for part in copies)), automatic)

    def _queued(self, copies: Taken) -> Waiting:
        """Say in which queue copies wait."""
        if not copies.slot.size:
            return NOTHING_WAITS
        store, (slot, channel, unit) = self._store, copies
        urgency = self._world.classes.urgency[store.cls[slot]].astype(np.int64)
        queue = self._triage.queue(store.lane[slot], unit, urgency)
        return Waiting(queue, store.key[slot], slot, channel)

    def _disclose(self, slot: I64, unit: I64, channel: I64, term: I64) -> None:
        """Account for personal data that reached another organisation."""
        store, world = self._store, self._world
        persons = world.classes.persons[store.cls[slot]].astype(np.int64)
        group = world.units.group[unit]
        told = (persons > 0) & (group != world.units.group[store.unit[slot]])
        if not told.any():
            return
        slot, group, persons = slot[told], group[told], persons[told]
        lane = store.lane[slot]
        self._counts.add_about("disclosures", lane, store.subject[slot])
        days = persons * world.terms.retention[term[told]]
        np.add.at(self._counts["person_days"], lane, days)
        if self._some_stores:
            found = self._at_store[world.channels.src[channel[told]]]
            found &= self._is_evidence[store.cls[slot]]
            np.add.at(self._counts["disclosed_by_store"], lane[found], persons[found])
        _, subjects, groups = self.disclosed.shape
        told_of = (lane * subjects + store.subject[slot]) * groups + group
        np.add.at(self.disclosed.reshape(-1), told_of, persons)
