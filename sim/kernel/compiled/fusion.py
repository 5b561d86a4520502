"""Evidence that meets, compiled."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.compiled.fetch import AHEAD, fetch
from sim.kernel.compiled.jit import jit, leaf
from sim.kernel.fusion import Evidence, Fusion, Noticed
from sim.kernel.knowledge import DECAY_SHIFT, MOST_EVIDENCE, NEVER_ASKED, NOBODY
from sim.kernel.reports import ReportStore

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
I32 = NDArray[np.int32]
Ticks = NDArray[np.signedinteger]
U8 = NDArray[np.uint8]
Bool = NDArray[np.bool_]

_ONE = np.uint64(1)


class CompiledFusion(Fusion):
    """Adds evidence to what units know, in all lanes."""

    def evidence(self, store: ReportStore, slot: I64, unit: I64) -> Evidence:
        """Return what reports tell the units that read or made them, if anything."""
        reports = _Reports(
            store.lane,
            store.subject,
            store.cls,
            store.weight,
            store.made,
            store.origins,
            store.faces,
        )
        return Evidence(*_evidence(slot, unit, reports, self._is_evidence))

    def add(self, tick: int, evidence: Evidence) -> tuple[Noticed, Noticed]:
        """Add what was read, one report at least; return what is recognised, and who asks."""
        known = self.known
        pair, missing = _pairs(evidence, known.units, known.subjects, known.entry)
        known.reserve(missing)
        held = _Held(
            known.entry,
            known.evidence,
            known.origins,
            known.component,
            known.recognised,
            known.last,
            known.last_ask,
        )
        at, known.count = _add_up(tick, pair, evidence, held, known.count, self._limits)
        limits, whole = self._limits, known.whole
        recognised, faces = _recognised(pair, at, evidence, held, limits, whole)
        asking, about = _asking(tick, pair, at, evidence, held, limits, whole)
        whose = evidence.lane, evidence.unit, evidence.subject
        return (
            Noticed.at(recognised, whose, faces),
            Noticed.at(asking, whose, about),
        )

    @cached_property
    def _limits(self) -> _Limits:
        """What stays the same for as long as the batch runs."""
        phases = self._phases
        return _Limits(
            phases.recognise_at,
            phases.origins_needed,
            phases.ask_at,
            phases.ask_every,
            self._phase,
            self.known.kind,
            self.known.decay,
        )


class _Reports(NamedTuple):
    """What reports tell, by slot."""

    lane: I64
    subject: I64
    cls: I64
    weight: I32
    made: I32
    origins: U64
    faces: U8


class _Held(NamedTuple):
    """Entries by pair, and what they hold."""

    entry: I32
    evidence: I32
    origins: U64
    component: U8
    recognised: U8
    last: Ticks
    last_ask: Ticks


class _Limits(NamedTuple):
    """Evidence from which units recognise and ask, by phase and kind."""

    recognise_at: I32
    origins_needed: I32
    ask_at: I32
    ask_every: I32
    phase: I64
    kind: I64
    """Of each subject."""
    decay: I64


@leaf
def _fetch_report(slot: int | np.int64, reports: _Reports) -> None:
    """Fetch what fusion looks up of a report."""
    fetch(reports.lane, slot)
    fetch(reports.subject, slot)
    fetch(reports.weight, slot)
    fetch(reports.made, slot)
    fetch(reports.origins, slot)
    fetch(reports.faces, slot)


@leaf
def _fetch_entry(entry: int | np.integer, held: _Held) -> None:
    """Fetch what fusion looks up of what is known."""
    fetch(held.evidence, entry)
    fetch(held.origins, entry)
    fetch(held.last, entry)


@jit
def _evidence(
    slots: I64, units: I64, reports: _Reports, is_evidence: Bool
) -> tuple[I64, I64, I64, I64, I64, U64, U8]:
    """Return the columns of the evidence in some reports."""
    out, origins = np.empty((5, slots.size), dtype=np.int64), np.empty(slots.size, dtype=np.uint64)
    faces = np.empty(slots.size, dtype=np.uint8)
    count = 0
    for at in range(slots.size):
        _fetch_report(slots[min(at + AHEAD, slots.size - 1)], reports)
        slot = slots[at]
        weight, shown = reports.weight[slot], int(reports.faces[slot])
        if weight > 0 or (shown & (shown - 1) and is_evidence[reports.cls[slot]]):
            out[0, count], out[1, count] = reports.lane[slot], units[at]
            out[2, count], out[3, count] = reports.subject[slot], weight
            out[4, count], origins[count] = reports.made[slot], reports.origins[slot]
            faces[count] = shown
            count += 1
    lane, unit, subject, given, made = out[0], out[1], out[2], out[3], out[4]
    whole = lane[:count], unit[:count], subject[:count], given[:count], made[:count]
    return (*whole, origins[:count], faces[:count])


@jit
def _pairs(new: Evidence, units: int, subjects: int, entries: I32) -> tuple[I64, int]:
    """Return the pairs that evidence is about, and how many entries they need more at most."""
    pairs, missing = np.empty_like(new.lane), 0
    for at in range(pairs.size):
        pairs[at] = (new.lane[at] * units + new.unit[at]) * subjects + new.subject[at]
        missing += entries[pairs[at]] == NOBODY
    return pairs, missing


@jit
def _add_up(
    tick: int, pairs: I64, new: Evidence, held: _Held, count: int, limits: _Limits
) -> tuple[I64, int]:
    """Add evidence to that of its pairs; return where in `new` every pair is first.

    Also how many entries there are now. As sums only grow, it is the same whether faces are joined
    before or after something is added.
    """
    touched = np.empty(pairs.size, dtype=np.int64)
    found, faces = 0, held.component.shape[1]
    for at in range(pairs.size):
        _fetch_entry(held.entry[pairs[min(at + AHEAD, pairs.size - 1)]], held)
        entry, decay = held.entry[pairs[at]], limits.decay[limits.kind[new.subject[at]]]
        if entry == NOBODY:
            entry, count = count, count + 1
            held.entry[pairs[at]] = entry
            _open(entry, held)
        if held.last[entry] != tick:
            left = decay[tick - held.last[entry]]
            for face in range(faces):
                evidence = (held.evidence[entry, face] * left) >> DECAY_SHIFT
                held.evidence[entry, face] = evidence
                if evidence == 0:
                    held.origins[entry, face] = 0
            held.last[entry] = tick
            touched[found] = at
            found += 1
        weight = (new.weight[at] * decay[tick - new.made[at]]) >> DECAY_SHIFT
        if faces == 1:
            held.evidence[entry, 0] = min(held.evidence[entry, 0] + weight, MOST_EVIDENCE)
            held.origins[entry, 0] |= new.origins[at]
        elif new.faces[at] != 0:
            _add(entry, int(new.faces[at]), int(weight), new.origins[at], held)
    return touched[:found], count


@leaf
def _open(entry: int, held: _Held) -> None:
    """Begin an entry: every face stands alone, and nothing is held."""
    for face in range(held.component.shape[1]):
        held.component[entry, face] = 1 << face
    held.last[entry] = held.last_ask[entry] = NEVER_ASKED


@leaf
def _add(entry: int, faces: int, weight: int, origins: np.uint64, held: _Held) -> None:
    """Add evidence to the component that has some faces, which are joined first."""
    whole = 0
    for face in range(held.component.shape[1]):
        if (faces >> face) & 1:
            whole |= int(held.component[entry, face])
    total, known = weight, origins
    for face in range(held.component.shape[1]):
        if ((whole >> face) & 1) and _is_first(entry, face, held):
            total += int(held.evidence[entry, face])
            known |= held.origins[entry, face]
    total = min(total, MOST_EVIDENCE)
    for face in range(held.component.shape[1]):
        if (whole >> face) & 1:
            held.component[entry, face] = whole
            held.evidence[entry, face], held.origins[entry, face] = total, known
    if int(held.recognised[entry]) & whole:
        held.recognised[entry] |= np.uint8(whole)


@leaf
def _is_first(entry: int | np.integer, face: int, held: _Held) -> bool:
    """Whether a face is the lowest of its component."""
    return (int(held.component[entry, face]) & ((1 << face) - 1)) == 0


@jit
def _recognised(
    pairs: I64, touched: I64, new: Evidence, held: _Held, limits: _Limits, whole: U8
) -> tuple[I64, U8]:
    """Recognise what has become enough; return where in `new` its pair is, and its faces."""
    faces = held.component.shape[1]
    which = np.empty(touched.size * faces, dtype=np.int64)
    shown = np.empty(touched.size * faces, dtype=np.uint8)
    found = 0
    for number in range(touched.size):
        soon = held.entry[pairs[touched[min(number + AHEAD, touched.size - 1)]]]
        fetch(held.recognised, soon)
        fetch(held.evidence, soon)
        at = touched[number]
        entry, subject, unit = np.int64(held.entry[pairs[at]]), new.subject[at], new.unit[at]
        kind, phase = limits.kind[subject], limits.phase[new.lane[at]]
        enough = limits.recognise_at[phase, unit, kind]
        needed = limits.origins_needed[phase, unit, kind]
        for face in range(faces):
            if held.evidence[entry, face] < enough:
                continue
            if (int(held.recognised[entry]) >> face) & 1 or not _is_first(entry, face, held):
                continue
            there = (int(whole[subject]) >> face) & 1
            if there and _members(held.origins[entry, face]) >= needed:
                held.recognised[entry] |= held.component[entry, face]
                which[found], shown[found] = at, held.component[entry, face]
                found += 1
    return which[:found], shown[:found]


@jit
def _asking(
    tick: int,
    pairs: I64,
    touched: I64,
    new: Evidence,
    held: _Held,
    limits: _Limits,
    whole: U8,
) -> tuple[I64, U8]:
    """Return where in `new` the pairs are that ask, and about which faces."""
    which, shown = np.empty_like(touched), np.empty(touched.size, dtype=np.uint8)
    found = 0
    for number in range(touched.size):
        fetch(held.last_ask, held.entry[pairs[touched[min(number + AHEAD, touched.size - 1)]]])
        at = touched[number]
        entry, subject = held.entry[pairs[at]], new.subject[at]
        kind, phase = limits.kind[subject], limits.phase[new.lane[at]]
        enough, faces = limits.ask_at[phase, new.unit[at], kind], 0
        for face in range(held.component.shape[1]):
            if held.evidence[entry, face] >= enough:
                faces |= 1 << face
        faces &= int(whole[subject])
        last = held.last_ask[entry]
        if faces and (last == NEVER_ASKED or tick - last >= limits.ask_every[phase, kind]):
            held.last_ask[entry] = tick
            which[found], shown[found] = at, faces
            found += 1
    return which[:found], shown[:found]


@leaf
def _members(groups: np.uint64) -> int:
    """Return how many groups a set has."""
    count, left = 0, groups
    while left != 0:
        left &= left - _ONE
        count += 1
    return count
