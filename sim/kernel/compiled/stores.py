"""Data bases, compiled: what they are asked, and what in them matches."""

from __future__ import annotations

from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel.compiled.delivery import held
from sim.kernel.compiled.fetch import fetch
from sim.kernel.compiled.jit import jit, leaf
from sim.kernel.compiled.pull import (
    CompiledFiles,
    Held,
    Rules,
    Told,
    answers,
    room_for,
    tell,
    way_back,
)
from sim.kernel.kept import NO_REPORT, Came
from sim.kernel.pull import Answers, Request
from sim.kernel.stores import Matching, Stores

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
I8 = NDArray[np.int8]
U8 = NDArray[np.uint8]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

_NOT_TOLD: Final = -1
_HIGHEST = np.uint64((1 << 64) - 1)


class CompiledStores(Stores):
    """The stores of all lanes, of a world that has some."""

    _files: CompiledFiles

    def answer(self, tick: int, request: Request) -> Answers:
        """Find what stores have and their terms let them answer."""
        files, asked = self._files, self._asked(request)
        told = _answer(tick, request, asked, self._records, files.held_now(), files.rules)
        return answers(told)

    def _matching(self, tick: int, new: Came) -> Matching:
        """Return the lowest pair for each file and channel back; with the faces of all pairs."""
        order = np.argsort(new.file, kind="stable")
        told, count = _matching(tick, new.part(order), self._records, self._ways)
        return Matching(*told).part(slice(count))

    @property
    def _records(self) -> _Records:
        """What is kept, until there is more of it."""
        kept = self._kept
        columns = kept.key, kept.slot, kept.back, kept.until, kept.since, kept.group, kept.faces
        return _Records(kept.start, kept.count, *columns)

    @cached_property
    def _ways(self) -> _Ways:
        """What stays the same for as long as the batch runs."""
        world = self._world
        return _Ways(
            world.channels.dst,
            world.phases.open,
            self._lanes.phase,
            self._subjects * self._number,
            np.full(len(world.channels.names), _NOT_TOLD, dtype=np.int32),
        )


class _Records(NamedTuple):
    """What is kept; see `sim.kernel.kept`."""

    start: I32
    number: I32
    key: U64
    slot: I32
    back: I32
    until: I32
    since: I32
    group: I8
    faces: U8


class _Ways(NamedTuple):
    """Ways back to owners."""

    dst: I64
    open: Bool
    """By phase and unit."""
    phase: I64
    files: int
    """Of a lane."""
    told: I32
    """Of each channel, which pair is told over it now; nothing between two files."""


@jit
def _answer(
    tick: int, request: Request, files: I64, kept: _Records, reports: Held, rules: Rules
) -> Told:
    """Answer requests from entries."""
    most, longest = _sizes(files, kept)
    told, found = room_for(most, files.size), np.empty(longest, dtype=np.int64)
    _answer_all(tick, request, files, kept, reports, rules, told, found)
    return told


@leaf
def _sizes(files: I64, kept: _Records) -> tuple[int, int]:
    """Return how many records there are in files, and at most in one."""
    most, longest = 0, 0
    for file in files:
        number = int(kept.number[file])
        most, longest = most + number, max(longest, number)
    return most, longest


@leaf
def _answer_all(
    tick: int,
    request: Request,
    files: I64,
    kept: _Records,
    reports: Held,
    rules: Rules,
    told: Told,
    found: I64,
) -> None:
    asked = request.slot
    for at in range(asked.size):
        back = way_back(asked[at], request.channel[at], reports, rules)
        if back >= 0:
            count = _entries(tick, files[at], asked[at], kept, reports, found)
            tell(found, count, asked[at], request.holder[at], back, reports, rules, told)


@leaf
def _entries(tick: int, file: int, asked: int, kept: _Records, reports: Held, found: I64) -> int:
    """Find the reports in a file that show what is asked about, and the asker has not."""
    packing, asker, count = reports.packing, reports.unit[asked], 0
    for at in range(_showing(int(reports.faces[asked]), file, kept, found)):
        place = found[at]
        slot = np.int64(kept.slot[place])
        fetch(reports.copies, (slot * packing.places + asker) >> packing.shift)
        found[count] = slot
        count += kept.until[place] > tick and slot != NO_REPORT
    unknown = 0
    for at in range(count):
        slot = found[at]
        found[unknown] = slot
        unknown += held(reports.copies, packing, slot * packing.places + asker) == 0
    return unknown


@leaf
def _showing(faces: int, file: int, kept: _Records, found: I64) -> int:
    """Find the places of what shows some of the faces in a file; that tells most apart."""
    count = 0
    for place in range(kept.start[file], kept.start[file] + kept.number[file]):
        found[count] = place
        count += (int(kept.faces[place]) & faces) != 0
    return count


@jit
def _matching(
    tick: int, new: Came, kept: _Records, ways: _Ways
) -> tuple[tuple[I64, I64, U64, U64, U8], int]:
    """Return the lowest pair for each file and channel back, with room behind, and their number.

    Records are sorted by file.
    """
    most, longest = _sizes(new.file, kept)
    told = (
        np.empty(most, dtype=np.int64),
        np.empty(most, dtype=np.int64),
        np.empty(most, dtype=np.uint64),
        np.empty(most, dtype=np.uint64),
        np.empty(most, dtype=np.uint8),
    )
    return told, _match_all(tick, new, kept, ways, told, np.empty(longest, dtype=np.int64))


@leaf
def _match_all(
    tick: int,
    new: Came,
    kept: _Records,
    ways: _Ways,
    told: tuple[I64, I64, U64, U64, U8],
    found: I64,
) -> int:
    count, first = 0, 0
    for at in range(new.file.size):
        count = _told_of(tick, at, new, kept, ways, told, count, found)
        if at + 1 == new.file.size or new.file[at + 1] != new.file[at]:
            for number in range(first, count):
                ways.told[told[1][number]] = _NOT_TOLD
            first = count
    return count


@leaf
def _told_of(
    tick: int,
    at: int,
    new: Came,
    kept: _Records,
    ways: _Ways,
    told: tuple[I64, I64, U64, U64, U8],
    count: int,
    found: I64,
) -> int:
    """Note who is told of a record, and of what its owner is told; return how many are told."""
    file, key, here, asks = new.file[at], new.key[at], new.back[at], new.slot[at] == NO_REPORT
    is_open = ways.open[ways.phase[file // ways.files]]
    lowest, shown = _HIGHEST, 0
    for number in range(_showing(int(new.faces[at]), file, kept, found)):
        place = found[number]
        if kept.until[place] <= tick or kept.group[place] == new.group[at]:
            continue
        shared = int(kept.faces[place] & new.faces[at])
        asked = kept.slot[place] == NO_REPORT
        if asks and asked:
            continue
        lowest, shown = min(lowest, kept.key[place]), shown | shared
        back = kept.back[place]
        if back < 0 or not is_open[ways.dst[back]] or (asked and kept.since[place] == tick):
            continue
        count = _note(file, back, (kept.key[place], key), shared, ways, told, count)
    if shown and not asks and here >= 0 and is_open[ways.dst[here]]:
        count = _note(file, here, (key, lowest), shown, ways, told, count)
    return count


@leaf
def _note(
    file: int,
    back: int,
    pair: tuple[np.uint64, np.uint64],
    faces: int,
    ways: _Ways,
    told: tuple[I64, I64, U64, U64, U8],
    count: int,
) -> int:
    """Note a pair of records that is told over a channel; return how many are told."""
    files, backs, owns, matches, shown = told
    own, match = pair
    at = ways.told[back]
    if at == _NOT_TOLD:
        ways.told[back] = count
        files[count], backs[count], shown[count] = file, back, faces
        owns[count], matches[count] = own, match
        return count + 1
    shown[at] |= np.uint8(faces)
    if own < owns[at] or (own == owns[at] and match < matches[at]):
        owns[at], matches[at] = own, match
    return count
