"""Passing on what was read, compiled."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws import (
    CHANCE_SHIFT,
    FIRST_PLACE,
    QUANTILE_BITS,
    QUANTILES,
    entity_offset,
    stream_offset,
)
from sim.kernel.compiled.delivery import held
from sim.kernel.compiled.fetch import AHEAD, fetch
from sim.kernel.compiled.jit import jit, leaf
from sim.kernel.compiled.knowledge import Known, known_now, origins_of
from sim.kernel.compiled.words import word_about
from sim.kernel.release import PERMISSION, Release
from sim.kernel.reports import Packing
from sim.seam import Onward

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
I8 = NDArray[np.int8]
U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

_FREE, _FORBIDDEN = int(Onward.FREE), int(Onward.FORBIDDEN)
_CHANCE, _FIRST = np.uint64(CHANCE_SHIFT), np.uint64(FIRST_PLACE)
_PLACE = np.uint64(QUANTILES - 1)
_STREAM = stream_offset(PERMISSION)

NEVER_PERMITTED = -1


class Handling(NamedTuple):
    """What holders of copies may do with them, by phase and code; shape (D, H)."""

    onward: I8
    chance: U64
    delay: I32
    quantiles: I32
    offset: U64
    """Of the draws about each unit."""
    phase: I64


class TermTable(NamedTuple):
    """Under which terms units tell of what over which channels."""

    term: U16
    """Shape (D, SITUATIONS, X, R)."""
    kind: I64
    """Of each channel."""
    phase: I64
    group: I64
    bit: U64
    """Group of each channel's receiver."""
    concern_matters: bool
    contact: Bool
    """By term."""
    contacts: U64
    """Shape (L, G, domains)."""
    domain: I64
    """Of each subject."""


class CompiledRelease(Release):
    """Expansion over channels, named draws, legal gate, due ticks."""

    def relayed(self, slot: I64, unit: I64) -> tuple[I64, I64, I64]:
        """Return what holders may pass on of what they hold, and the ticks that takes."""
        store = self._store
        return _relayed(
            (slot, unit),
            (store.lane, store.key, store.cls),
            self._is_evidence,
            store.copies.reshape(-1),
            store.packing,
            self.handling,
        )

    def term_of(self, slot: I64, unit: I64, channel: I64) -> I64:
        """Terms under which units may tell of reports over one channel each."""
        store = self._store
        reports = store.lane, store.subject, store.unit, store.cls, store.faces
        return _terms_of(slot, unit, channel, reports, self.term_table, known_now(self.known))

    @cached_property
    def term_table(self) -> TermTable:
        """What stays the same for as long as the batch runs."""
        world = self._world
        return TermTable(
            world.phases.term,
            world.channels.kind,
            self.lanes.phase,
            world.units.group,
            self.target_bit,
            self.concern_matters,
            world.terms.contact,
            self.contacts,
            self.domain,
        )

    @cached_property
    def handling(self) -> Handling:
        """What stays the same for as long as the batch runs."""
        phases, units = self._world.phases, self._world.units
        return Handling(
            phases.onward,
            phases.onward_chance,
            phases.onward_delay,
            self._quantiles,
            entity_offset(units.key),
            self.lanes.phase,
        )


@jit
def _relayed(
    read: tuple[I64, I64],
    reports: tuple[I64, U64, I64],
    is_evidence: Bool,
    copies: U8,
    packing: Packing,
    handling: Handling,
) -> tuple[I64, I64, I64]:
    (slots, units), (lanes, keys, classes) = read, reports
    told, tellers, extras = np.empty_like(slots), np.empty_like(slots), np.empty_like(slots)
    count = 0
    for at in range(slots.size):
        soon = slots[min(at + AHEAD, slots.size - 1)]
        fetch(classes, soon)
        fetch(keys, soon)
        fetch(lanes, soon)
        fetch(
            copies,
            (soon * packing.places + units[min(at + AHEAD, slots.size - 1)]) >> packing.shift,
        )
        slot, unit = slots[at], units[at]
        if not is_evidence[classes[slot]]:
            continue
        code = held(copies, packing, slot * packing.places + unit) - 1
        extra = permission(handling, handling.phase[lanes[slot]], code, keys[slot], unit)
        if extra != NEVER_PERMITTED:
            told[count], tellers[count], extras[count] = slot, unit, extra
            count += 1
    return told[:count], tellers[:count], extras[:count]


@leaf
def permission(handling: Handling, phase: int, code: int, key: np.uint64, unit: int) -> int:
    """Return the ticks that a holder's permission to pass a report on takes, if it is given."""
    mode = handling.onward[phase, code]
    if mode == _FREE:
        return 0
    if mode == _FORBIDDEN:
        return NEVER_PERMITTED
    word = word_about(key + _STREAM, handling.offset[unit])
    if (word >> _CHANCE) >= handling.chance[phase, code]:
        return NEVER_PERMITTED
    table = np.uint64(handling.delay[phase, code]) << np.uint64(QUANTILE_BITS)
    return int(handling.quantiles[table + ((word >> _FIRST) & _PLACE)])


@jit
def _terms_of(
    slots: I64,
    units: I64,
    channels: I64,
    reports: tuple[I64, I64, I64, I64, U8],
    table: TermTable,
    known: Known,
) -> I64:
    lane, subject, maker, cls, faces = reports
    terms = np.empty_like(slots)
    for at in range(slots.size):
        slot = slots[at]
        about = lane[slot], subject[slot], maker[slot], cls[slot], faces[slot]
        terms[at] = term_of(about, units[at], channels[at], table, known)
    return terms


@leaf
def term_of(
    about: tuple[int, int, int, int, np.uint8],
    unit: int,
    channel: int,
    table: TermTable,
    known: Known,
) -> int:
    """Return the term under which a unit tells of a report.

    Of that it is its lane, subject, maker, class and faces.
    """
    lane, subject, maker, cls, faces = about
    situation = 2 * np.int64(table.group[unit] != table.group[maker])
    if table.concern_matters:
        origins = origins_of(known, lane, unit, subject, faces)
        situation += np.int64((origins & table.bit[channel]) != 0)
    term = int(table.term[table.phase[lane], situation, table.kind[channel], cls])
    contacts = table.contacts[lane, table.group[unit], table.domain[subject]]
    return 0 if table.contact[term] and (contacts & table.bit[channel]) == 0 else term
