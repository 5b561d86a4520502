"""The reports that are alive in a batch, as arrays with slots that are used again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.arrays import ranges, run_lengths, run_starts
from sim.kernel.pool import FIRST_SLOTS, Pool

if TYPE_CHECKING:
    from sim.seam import World

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]
U8 = NDArray[np.uint8]

UNSEEN: Final = 0


class NewReports(NamedTuple):
    """Reports about to be stored, arrays of shape (n,)."""

    lane: I64
    unit: I64
    subject: I64
    cls: I64
    key: U64
    weight: NDArray[np.int32]
    origins: U64
    audience: U64
    faces: U8


def copy_bits(codes: int) -> int:
    """Bits that say under which of some codes a unit holds a report, or that it has not seen it."""
    return next(width for width in (1, 2, 4, 8) if codes < 1 << width)


class Packing(NamedTuple):
    """Where in the bytes of all copies a place is."""

    places: int
    """Places of a report."""
    shift: int
    """Places of a byte, as a power of two."""
    within: int
    """Mask of a place's position in its byte."""
    log_width: int
    """Bits of a place, as a power of two."""


class ReportStore(Pool):
    """Struct of arrays; a slot is one report of one lane.

    For each unit a report has a few bits: 0 where the unit has not seen the report, else 1 + the
    handling code under which it holds it. These are 1, 2, 4 or 8 bits, as the codes of the world
    need; a unit and a report are a *place*, number ``slot * places + unit``.
    """

    columns = (
        "lane",
        "key",
        "cls",
        "subject",
        "unit",
        "made",
        "expires",
        "weight",
        "origins",
        "audience",
        "faces",
        "copies",
    )

    def __init__(self, world: World) -> None:
        super().__init__()
        self._log_width = copy_bits(world.phases.onward.shape[1]).bit_length() - 1
        self._places_shift = 3 - self._log_width
        """Places of a byte, as a power of two."""
        self._within = (1 << self._places_shift) - 1
        self._mask = np.uint8((1 << (1 << self._log_width)) - 1)
        width = -(-len(world.units.names) >> self._places_shift)
        self.places = width << self._places_shift
        """Places of a report: its units, and a few that fill the last byte."""
        self.lane = np.zeros(FIRST_SLOTS, dtype=np.int64)
        self.key = np.zeros(FIRST_SLOTS, dtype=np.uint64)
        self.cls = np.zeros(FIRST_SLOTS, dtype=np.int64)
        self.subject = np.zeros(FIRST_SLOTS, dtype=np.int64)
        self.unit = np.zeros(FIRST_SLOTS, dtype=np.int64)
        self.made = np.zeros(FIRST_SLOTS, dtype=np.int32)
        self.expires = np.zeros(FIRST_SLOTS, dtype=np.int32)
        self.weight = np.zeros(FIRST_SLOTS, dtype=np.int32)
        self.origins = np.zeros(FIRST_SLOTS, dtype=np.uint64)
        self.audience = np.zeros(FIRST_SLOTS, dtype=np.uint64)
        self.faces = np.zeros(FIRST_SLOTS, dtype=np.uint8)
        self.copies = np.zeros((FIRST_SLOTS, width), dtype=np.uint8)
        self._lifetime = world.classes.lifetime

    def add(self, tick: int, new: NewReports) -> I64:
        """Store reports made at `tick`; their makers hold them under code 0. Return the slots."""
        slots = self.take(new.lane.size)
        for name, values in new._asdict().items():
            getattr(self, name)[slots] = values
        self.made[slots] = tick
        self.expires[slots] = tick + self._lifetime[new.cls]
        self.copies[slots] = UNSEEN
        self.hold(self.place(slots, new.unit), np.ones(slots.size, dtype=np.uint8))
        return slots

    @property
    def packing(self) -> Packing:
        """How copies are packed."""
        return Packing(self.places, self._places_shift, self._within, self._log_width)

    def place(self, slot: I64, unit: I64 | int) -> I64:
        """Numbers of the places of units in reports."""
        number: I64 = slot * self.places + unit
        return number

    def held(self, slot: I64, unit: I64) -> U8:
        """Return 1 + the code under which units hold reports, or `UNSEEN`."""
        return self.held_at(self.place(slot, unit))

    def held_at(self, place: I64) -> U8:
        """Return `held` of the places given."""
        copies = self.copies.reshape(-1)
        found: U8 = copies[place >> self._places_shift]
        if self._places_shift:
            found >>= self._bit(place)
            found &= self._mask
        return found

    def hold(self, place: I64, code: U8) -> None:
        """Let units that have not seen reports hold them; `code` is 1 + the handling code.

        No place is named twice.
        """
        copies = self.copies.reshape(-1)
        if not self._places_shift:
            copies[place] = code
        else:
            np.bitwise_or.at(copies, place >> self._places_shift, code << self._bit(place))

    def _bit(self, place: I64) -> U8:
        """Lowest bit of places in their byte."""
        return ((place & self._within) << self._log_width).astype(np.uint8)

    def dead(self, tick: int) -> I64:
        """Slots of reports that are not alive at `tick`."""
        return np.flatnonzero(self.used & (self.expires <= tick))


class Postings:
    """Evidence reports by (lane, subject), so that a holder's files can be searched."""

    def __init__(self, groups: int) -> None:
        self.slots = np.zeros((groups, 8), dtype=np.int32)
        self.count = np.zeros(groups, dtype=np.int64)

    def add(self, group: I64, slots: I64) -> None:
        """File reports under their group."""
        if not group.size:
            return
        order = np.argsort(group, kind="stable")
        group, slots = group[order], slots[order]
        starts = run_starts(group)
        lengths = run_lengths(starts, group.size)
        filed = self.count[group[starts]]
        self.count[group[starts]] += lengths
        while (filed + lengths).max() > self.slots.shape[1]:
            self._widen()
        place, _ = ranges(filed, lengths)
        self.slots[group, place] = slots

    def search(self, group: I64) -> tuple[I64, I64]:
        """Pairs (index into `group`, slot) of everything filed under each group."""
        place, index = ranges(group * self.slots.shape[1], self.count[group])
        return index, self.slots.reshape(-1)[place].astype(np.int64)

    def _widen(self) -> None:
        """Double the places of a group; memory that holds nothing yet is not touched."""
        groups, width = self.slots.shape
        narrow, self.slots = self.slots, np.zeros((groups, 2 * width), dtype=np.int32)
        self.slots[:, :width] = narrow

    def drop(self, dead: NDArray[np.bool_]) -> None:
        """Forget slots marked in `dead` (indexed by slot)."""
        group, slots = self.search(np.arange(self.count.size))
        keep = ~dead[slots]
        group, slots = group[keep], slots[keep]
        self.count[:] = 0
        self.add(group, slots)
