"""Search in what units hold, compiled."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.compiled.delivery import held
from sim.kernel.compiled.fetch import fetch
from sim.kernel.compiled.jit import jit, leaf
from sim.kernel.compiled.knowledge import Known, known_now
from sim.kernel.compiled.release import (
    NEVER_PERMITTED,
    CompiledRelease,
    Handling,
    TermTable,
    permission,
    term_of,
)
from sim.kernel.pull import HIT, Answers, Files, Request
from sim.kernel.release import Holding, Sending
from sim.kernel.reports import Packing
from sim.seam import Pull

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
I8 = NDArray[np.int8]
U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

_NOTHING = int(Pull.NONE)


class CompiledFiles(Files):
    """Search in what the units hold."""

    _release: CompiledRelease

    def answer(self, tick: int, request: Request) -> Answers:
        """Find what holders have and their terms let them answer."""
        postings = self._postings
        filed = _Filed(postings.slots, postings.count, self._subjects)
        return answers(_answer(tick, request, filed, self.held_now(), self.rules))

    def held_now(self) -> Held:
        """Return where to look reports and copies up until there are more of them."""
        store = self._store
        columns = store.lane, store.key, store.cls, store.subject, store.unit
        about = store.expires, store.faces, store.copies.reshape(-1), store.packing
        return Held(*columns, *about, known_now(self._release.known))

    @cached_property
    def rules(self) -> Rules:
        """What stays the same for as long as the batch runs."""
        world, release = self._world, self._release
        return Rules(
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


class Held(NamedTuple):
    """What answering looks up of a report, by slot."""

    lane: I64
    key: U64
    cls: I64
    subject: I64
    unit: I64
    expires: I32
    faces: U8
    copies: U8
    """Who holds it, and under which code."""
    packing: Packing
    known: Known


class Rules(NamedTuple):
    """What answering looks up of the world."""

    reverse: I64
    open: Bool
    """By phase and unit."""
    mode: I8
    chance: U64
    followup: int
    handling: Handling
    terms: TermTable


class Told(NamedTuple):
    """What is answered: columns, with room behind them, and how much there is of it."""

    answer: I64
    """Slot, lane, ticks a permission takes, channel and term; shape (5, n)."""
    hit: I64
    """Request, holder and channel back; shape (3, n)."""
    size: I64
    """Answers and hits, shape (2,)."""


def answers(told: Told) -> Answers:
    """Return what holders may answer."""
    (slot, lane, extra, channel, term), hit = told.answer[:, : told.size[0]], told.hit
    each = np.arange(slot.size)
    hits = Request(*hit[:, : told.size[1]])
    return Answers(Holding(slot, lane, extra), Sending(each, channel, term), hits)


@jit
def room_for(found: int, requests: int) -> Told:
    """Return room for what is answered."""
    return Told(
        np.empty((5, found), dtype=np.int64),
        np.empty((3, requests), dtype=np.int64),
        np.zeros(2, dtype=np.int64),
    )


@jit
def _answer(tick: int, request: Request, filed: _Filed, reports: Held, rules: Rules) -> Told:
    """Answer requests from copies that are held."""
    most, longest, asked = 0, 0, request.slot
    for slot in asked:
        number = filed.number[reports.lane[slot] * filed.subjects + reports.subject[slot]]
        most, longest = most + number, max(longest, number)
    told, found = room_for(most, asked.size), np.empty(longest, dtype=np.int64)
    _answer_all(tick, request, filed, reports, rules, told, found)
    return told


@leaf
def _answer_all(
    tick: int,
    request: Request,
    filed: _Filed,
    reports: Held,
    rules: Rules,
    told: Told,
    found: I64,
) -> None:
    asked = request.slot
    for at in range(asked.size):
        soon = min(at + 1, asked.size - 1)
        _fetch_filed(asked[soon], request.holder[soon], filed, reports)
        back = way_back(asked[at], request.channel[at], reports, rules)
        if back >= 0:
            count = _matching(tick, asked[at], request.holder[at], filed, reports, found)
            tell(found, count, asked[at], request.holder[at], back, reports, rules, told)


@leaf
def way_back(asked: int, channel: int, reports: Held, rules: Rules) -> int:
    """Return the channel over which a request is answered, or -1."""
    phase = rules.terms.phase[reports.lane[asked]]
    return int(rules.reverse[channel]) if rules.open[phase, reports.unit[asked]] else -1


@leaf
def tell(
    found: I64,
    number: int,
    asked: int,
    holder: int,
    back: int,
    reports: Held,
    rules: Rules,
    told: Told,
) -> None:
    """Note what a holder may tell of the first so many reports that it found."""
    lane, subject = reports.lane[asked], reports.subject[asked]
    places, followup = reports.packing.places, reports.cls[asked] == rules.followup
    count, hit, answer = told.size[0], False, told.answer
    for at in range(number):
        slot, extra = found[at], 0
        if reports.unit[slot] != holder:
            code = held(reports.copies, reports.packing, slot * places + holder) - 1
            phase = rules.handling.phase[lane]
            extra = permission(rules.handling, phase, code, reports.key[slot], holder)
        if extra == NEVER_PERMITTED:
            continue
        about = lane, subject, reports.unit[slot], reports.cls[slot], reports.faces[slot]
        term = term_of(about, holder, back, rules.terms, reports.known)
        mode = rules.mode[term]
        if mode == HIT and not followup:
            hit = True
        elif mode != _NOTHING and rules.chance[term] > 0:
            answer[0, count], answer[1, count], answer[2, count] = slot, lane, extra
            answer[3, count], answer[4, count] = back, term
            count += 1
    told.size[0] = count
    if hit:
        which = told.size[1]
        told.hit[0, which], told.hit[1, which], told.hit[2, which] = asked, holder, back
        told.size[1] += 1


@leaf
def _fetch_filed(asked: int, holder: int, filed: _Filed, reports: Held) -> None:
    """Fetch what a holder holds of what is filed."""
    group = reports.lane[asked] * filed.subjects + reports.subject[asked]
    for number in range(filed.number[group]):
        place = filed.slots[group, number] * reports.packing.places + holder
        fetch(reports.copies, place >> reports.packing.shift)


@leaf
def _matching(tick: int, asked: int, holder: int, filed: _Filed, reports: Held, found: I64) -> int:
    """Find the reports a holder has on what is asked, and the asker has not."""
    group = reports.lane[asked] * filed.subjects + reports.subject[asked]
    asker, faces = reports.unit[asked], reports.faces[asked]
    copies, packing = reports.copies, reports.packing
    count = 0
    for number in range(filed.number[group]):
        slot = int(filed.slots[group, number])
        found[count] = slot
        place = slot * packing.places
        if held(copies, packing, place + holder) == 0 or held(copies, packing, place + asker) != 0:
            continue
        count += reports.expires[slot] > tick and (reports.faces[slot] & faces) != 0
    return count
