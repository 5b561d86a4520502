"""Search in what units hold, compiled."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.compiled.delivery import held
from sim.kernel.compiled.fetch import fetch
from sim.kernel.compiled.jit import jit
from sim.kernel.compiled.knowledge import Known, known_now
from sim.kernel.compiled.release import (
    NEVER_PERMITTED,
    CompiledRelease,
    Handling,
    TermTable,
    permission,
    term_of,
)
from sim.kernel.pull import HIT, RELEASE, Answers, Files, Request
from sim.kernel.release import Holding, Sending
from sim.kernel.reports import Packing

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
I8 = NDArray[np.int8]
U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]


class CompiledFiles(Files):
    """Search in what the units hold."""

    _release: CompiledRelease

    def answer(self, tick: int, request: Request) -> Answers:
        """Find what holders have and their terms let them answer."""
        store, postings = self._store, self._postings
        filed = _Filed(postings.slots, postings.count, self._subjects)
        reports = _Reports(
            store.lane,
            store.key,
            store.cls,
            store.subject,
            store.unit,
            store.expires,
            store.faces,
            known_now(self._release.known),
        )
        copies = store.copies.reshape(-1)
        room = _most(request.slot, filed, reports)
        answered, hit = _answer(
            tick,
            request,
            room,
            filed,
            reports,
            copies,
            store.packing,
            self._rules,
        )
        slot, lane, extra, channel, term = answered
        each = np.arange(slot.size)
        return Answers(Holding(slot, lane, extra), Sending(each, channel, term), Request(*hit))

    @cached_property
    def _rules(self) -> _Rules:
        """What stays the same for as long as the batch runs."""
        world, release = self._world, self._release
        return _Rules(
            world.channels.reverse,
            world.phases.open,
            world.terms.pull_mode,
            world.terms.pull,
            self._followup,
            release.handling,
            release.term_table,
        )


class _Filed(NamedTuple):
    """Reports by lane and subject."""

    slots: I32
    number: I64
    subjects: int


class _Reports(NamedTuple):
    """What answering looks up of a report, by slot."""

    lane: I64
    key: U64
    cls: I64
    subject: I64
    unit: I64
    expires: I32
    faces: U8
    known: Known


class _Rules(NamedTuple):
    """What answering looks up of the world."""

    reverse: I64
    open: Bool
    """By phase and unit."""
    mode: I8
    chance: U64
    followup: int
    handling: Handling
    terms: TermTable


@jit
def _most(slots: I64, filed: _Filed, reports: _Reports) -> int:
    """Return how many reports there are to look at for all requests."""
    most = 0
    for slot in slots:
        most += filed.number[reports.lane[slot] * filed.subjects + reports.subject[slot]]
    return most


@jit
def _answer(
    tick: int,
    request: Request,
    room: int,
    filed: _Filed,
    reports: _Reports,
    copies: U8,
    packing: Packing,
    rules: _Rules,
) -> tuple[tuple[I64, I64, I64, I64, I64], tuple[I64, I64, I64]]:
    """Return what is answered: slot, lane, ticks a permission takes, channel and term; and hits."""
    out, hits = (
        np.empty((5, room), dtype=np.int64),
        np.empty((3, request.slot.size), dtype=np.int64),
    )
    count, found = 0, 0
    for at in range(request.slot.size):
        soon = min(at + 1, request.slot.size - 1)
        _fetch_filed(request.slot[soon], request.holder[soon], filed, reports, copies, packing)
        back = rules.reverse[request.channel[at]]
        asked, holder = request.slot[at], request.holder[at]
        lane, subject = reports.lane[asked], reports.subject[asked]
        if back < 0 or not rules.open[rules.terms.phase[lane], reports.unit[asked]]:
            continue
        hit = False
        for slot in _matching(tick, asked, holder, filed, reports, copies, packing):
            extra = 0
            if reports.unit[slot] != holder:
                code = held(copies, packing, slot * packing.places + holder) - 1
                phase = rules.handling.phase[lane]
                extra = permission(rules.handling, phase, code, reports.key[slot], holder)
            if extra == NEVER_PERMITTED:
                continue
            about = lane, subject, reports.unit[slot], reports.cls[slot], reports.faces[slot]
            term = term_of(about, holder, back, rules.terms, reports.known)
            mode = rules.mode[term]
            if mode == HIT and reports.cls[asked] != rules.followup:
                hit = True
            elif mode in {HIT, RELEASE} and rules.chance[term] > 0:
                out[0, count], out[1, count], out[2, count] = slot, lane, extra
                out[3, count], out[4, count] = back, term
                count += 1
        if hit:
            hits[0, found], hits[1, found], hits[2, found] = asked, holder, back
            found += 1
    answered = out[0, :count], out[1, :count], out[2, :count], out[3, :count], out[4, :count]
    return answered, (hits[0, :found], hits[1, :found], hits[2, :found])


@jit
def _fetch_filed(
    asked: int, holder: int, filed: _Filed, reports: _Reports, copies: U8, packing: Packing
) -> None:
    """Fetch what a holder holds of what is filed."""
    group = reports.lane[asked] * filed.subjects + reports.subject[asked]
    for number in range(filed.number[group]):
        place = filed.slots[group, number] * packing.places + holder
        fetch(copies, place >> packing.shift)


@jit
def _matching(
    tick: int,
    asked: int,
    holder: int,
    filed: _Filed,
    reports: _Reports,
    copies: U8,
    packing: Packing,
) -> I64:
    """Return the reports a holder has on what is asked, and the asker has not."""
    group = reports.lane[asked] * filed.subjects + reports.subject[asked]
    asker, faces = reports.unit[asked], reports.faces[asked]
    found = np.empty(filed.number[group], dtype=np.int64)
    count = 0
    for number in range(found.size):
        slot = int(filed.slots[group, number])
        found[count] = slot
        place = slot * packing.places
        if held(copies, packing, place + holder) == 0 or held(copies, packing, place + asker) != 0:
            continue
        count += reports.expires[slot] > tick and (reports.faces[slot] & faces) != 0
    return found[:count]
