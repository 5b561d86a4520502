"""Operators of an outbreak as counts: vulnerable, alerted, infected, isolated, restored, patched.

A cell is a sector of a state. All lanes of a batch are moved at once, and work is done only where
the malware is. Counts are whole numbers, chances plain arithmetic, draws named by lane, cell and
tick: a lane does not depend on its batch, nor on the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.binomial import Words, binomial, binomial_scalar
from sim.lanes import Lanes
from sim.streams import ONE, QUANTILE_SHIFT, name_key, philox4x32_scalar
from sim.tables import Table
from sim.world import LEVEL_ONE, NEVER

Bool = NDArray[np.bool_]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]

SHARE_ONE: Final = 1 << 16
"""Unit of shares in tables."""

SELDOM: Final = 6
"""Slow rounds between two in which operators patch that nobody warned."""

_ROOT: Final = 362
"""Activity level of the square root of 2."""

_WORDS: Final = 4
_SHARE: Final = name_key("operators:share")
_FIRST: Final = name_key("operators:vulnerable")
_HEEDS: Final = name_key("operators:heeds")
_SEEDS: Final = name_key("outbreak:seed")
_FAR: Final = name_key("outbreak:from-outside")
_WHICH: Final = name_key("outbreak:which")
_NEAR: Final = name_key("outbreak:in-cell")
_NEAR_ALERTED: Final = name_key("outbreak:alerted-in-cell")
_ISOLATES: Final = name_key("outbreak:isolates")
_RESTORES: Final = name_key("outbreak:restores")
_PATCHES: Final = name_key("outbreak:patches")
_PATCHES_ALERTED: Final = name_key("outbreak:alerted-patches")


@dataclass(frozen=True)
class Course:
    """How an outbreak runs; rates a tick.

    An infected operator tries to infect others in its cell, in its state and anywhere; the rates
    are those at which it would infect if every operator were vulnerable.
    """

    in_cell: float
    in_state: float
    anywhere: float
    isolates: float
    """Rate at which an infected operator cuts itself off: it is down, but infects nobody."""
    restores: float
    patches: float
    """Rate at which vulnerable operators patch by themselves once there is an outbreak."""
    patches_alerted: float
    escapes: float
    """Share of infections that a kill switch does not stop."""
    every: int
    """Ticks between two rounds of infecting."""
    slow: int
    """Ticks between two rounds of isolating, restoring and patching."""


class Cells(NamedTuple):
    """What is the same in every lane: operators by state and sector."""

    operators: I64
    """Shape (P, K)."""
    vulnerable: tuple[Table, ...]
    """Share that is vulnerable at first, a table for each of the K sectors, in 1/SHARE_ONE."""


class Compartments:
    """Counts of L lanes; arrays of shape (L, P, K) unless said otherwise."""

    def __init__(self, lanes: Lanes, cells: Cells, course: Course) -> None:
        self._lanes, self._course = lanes, course
        self.operators = cells.operators
        self.places, self.sectors = cells.operators.shape
        self._cells = self.places * self.sectors
        shape = (lanes.size, self.places, self.sectors)
        self.vulnerable = self._first_vulnerable(cells)
        self.alerted = np.zeros(shape, dtype=np.int64)
        self.infected = np.zeros(shape, dtype=np.int64)
        self.isolated = np.zeros(shape, dtype=np.int64)
        self.restored = np.zeros(shape, dtype=np.int64)
        self.patched = cells.operators - self.vulnerable
        self.at_first: I64 = self.vulnerable.sum(axis=2)
        """Operators that could be infected when the malware came, shape (L, P)."""
        self.down: I64 = np.zeros(shape[:2], dtype=np.int64)
        """Operators infected or isolated, shape (L, P)."""
        self.peak_down = np.zeros(lanes.size, dtype=np.int64)
        self.outage = np.zeros(lanes.size, dtype=np.int64)
        """Operator-ticks of outage, shape (L,)."""
        self.killed_at = np.full(lanes.size, NEVER, dtype=np.int64)
        """Tick from which a kill switch works, shape (L,)."""
        self._keys: list[list[int]] = lanes.key.T.tolist()
        self._loose = np.zeros(lanes.size, dtype=np.bool_)
        self._in_cell = course.in_cell / np.maximum(cells.operators, 1).reshape(-1)
        self._in_state = course.in_state / np.maximum(cells.operators.sum(axis=1), 1)
        self._anywhere = course.anywhere / max(int(cells.operators.sum()), 1)

    def _first_vulnerable(self, cells: Cells) -> I64:
        """Draw how many operators of each cell the malware can infect."""
        lane = np.arange(self._lanes.size)
        every = np.arange(lane.size * self._cells)
        word = self._words(_SHARE, 0, every, self._cells)(every, 0)
        tables = np.stack(cells.vulnerable)
        share = tables[every % self.sectors, word >> np.uint32(QUANTILE_SHIFT)] / SHARE_ONE
        operators = np.tile(cells.operators.reshape(-1), lane.size)
        words = self._words(_FIRST, 0, every, self._cells)
        drawn = binomial(operators, share, words)
        return drawn.reshape(self._lanes.size, self.places, self.sectors)

    # What is done to it -----------------------------------------------------------------------

    def seed(self, lane: int, number: int) -> list[tuple[int, int]]:
        """Infect some vulnerable operators, drawn evenly; return the places and sectors hit."""
        hit: list[tuple[int, int]] = []
        open_ = self.vulnerable[lane].reshape(-1)
        bounds = np.cumsum(open_)
        for index in range(min(number, int(bounds[-1]))):
            rank = self._word(lane, _SEEDS, index) * int(bounds[-1]) // ONE
            cell = int(np.searchsorted(bounds, rank, side="right"))
            open_[cell] -= 1
            bounds[cell:] -= 1
            place, sector = divmod(cell, self.sectors)
            self.infected[lane, place, sector] += 1
            self.down[lane, place] += 1
            hit.append((place, sector))
        self._loose[lane] |= bool(hit)
        return hit

    def warn(self, lane: int, place: int, share: float) -> int:
        """Warn the operators of a state; `share` heed it. Return how many were not yet infected."""
        open_ = self.vulnerable[lane, place].tolist()
        first = place * self.sectors
        heeding = [
            binomial_scalar(count, share, partial(self._word, lane, _HEEDS, first + sector))
            for sector, count in enumerate(open_)
        ]
        self.vulnerable[lane, place] -= heeding
        self.alerted[lane, place] += heeding
        return sum(open_)

    def kill(self, lane: int, tick: int) -> None:
        """Stop most infections from `tick` on."""
        self.killed_at[lane] = tick

    # What it does by itself ---------------------------------------------------------------------

    def step(self, tick: int) -> tuple[I64, I64]:
        """Live one tick; return the lanes and places where more or fewer operators are down."""
        lane = np.flatnonzero(self._loose)
        if not lane.size:
            return lane, lane
        changed = [np.empty(0, dtype=np.int64)]
        if (tick + 1) % self._course.every == 0:
            changed += self._spread(tick)
        if (tick + 1) % self._course.slow == 0:
            changed.append(self._recover(tick, lane))
        down = self.down[lane].sum(axis=1)
        self.outage[lane] += down
        self.peak_down[lane] = np.maximum(self.peak_down[lane], down)
        self._loose[lane[down == 0]] = False
        spot = np.unique(np.concatenate(changed))
        return np.divmod(spot, self.places)

    def _spread(self, tick: int) -> list[I64]:
        """Infect operators; return the spots."""
        infected = self.infected.reshape(-1)
        sick = np.flatnonzero(infected)
        if not sick.size:
            return []
        before = infected[sick]
        spots = []
        for cell in (self._from_outside(tick, sick, before), *self._in_cells(tick, sick, before)):
            np.add.at(infected, cell, 1)
            spots.append(cell // self.sectors)
            np.add.at(self.down.reshape(-1), spots[-1], 1)
        return spots

    def _recover(self, tick: int, lane: I64) -> I64:
        """Isolate, patch and restore; return the spots where fewer operators are down."""
        back = self._restore(tick, lane)
        infected = self.infected.reshape(-1)
        sick = np.flatnonzero(infected)
        if sick.size:
            self._patch(tick, np.unique(sick // self._cells))
            chance = np.full(sick.size, _chance(self._course.isolates * self._course.slow))
            noticed = self._moved(_ISOLATES, tick, sick, infected[sick], chance)
            infected[sick] -= noticed
            self.isolated.reshape(-1)[sick] += noticed
        return back

    def _from_outside(self, tick: int, sick: I64, before: I64) -> I64:
        """Infect from elsewhere in the state and from anywhere; return the cells, one each."""
        in_place = np.zeros(self.down.size, dtype=np.int64)
        np.add.at(in_place, sick // self.sectors, before)
        by_lane = in_place.reshape(-1, self.places)
        in_lane = by_lane.sum(axis=1)
        lane: I64 = np.flatnonzero(in_lane)
        rate: F64 = by_lane[lane] * self._in_state + (in_lane[lane] * self._anywhere)[:, None]
        rate *= (self._kept(tick, lane) * self._course.every)[:, None]
        chance = _chance(rate).reshape(-1)
        spot = (lane[:, None] * self.places + np.arange(self.places)).reshape(-1)
        pool = (self.vulnerable[lane] + self.alerted[lane]).sum(axis=2).reshape(-1)
        number = binomial(pool, chance, self._words(_FAR, tick, spot, self.places))
        hit = np.flatnonzero(number)
        return self._chosen(tick, spot[hit], number[hit])

    def _chosen(self, tick: int, spot: I64, number: I64) -> I64:
        """Draw which operators of each spot are infected, and take them out; return cells."""
        found = [np.empty(0, dtype=np.int64)]
        vulnerable = self.vulnerable.reshape(-1, self.sectors)
        alerted = self.alerted.reshape(-1, self.sectors)
        lane, place = np.divmod(spot, self.places)
        for turn in range(int(number.max(initial=0))):
            some = np.flatnonzero(number > turn)
            at = spot[some]
            pool = np.concatenate((vulnerable[at], alerted[at]), axis=1).cumsum(axis=1)
            word = self._lanes.draw(lane[some], _WHICH, place[some], tick, turn)[0]
            rank = (word.astype(np.int64) * pool[:, -1]) >> 32
            column = (pool <= rank[:, None]).sum(axis=1)
            is_alerted, sector = np.divmod(column, self.sectors)
            first = is_alerted == 0
            vulnerable[at[first], sector[first]] -= 1
            alerted[at[~first], sector[~first]] -= 1
            found.append(at * self.sectors + sector)
        return np.concatenate(found)

    def _in_cells(self, tick: int, sick: I64, before: I64) -> list[I64]:
        """Infect within cells; return the cells, one for each operator infected."""
        lane, cell = np.divmod(sick, self._cells)
        kept = self._kept(tick, lane) * self._course.every
        chance = _chance(before * self._in_cell[cell] * kept)
        found = []
        for stream, compartment in ((_NEAR, self.vulnerable), (_NEAR_ALERTED, self.alerted)):
            source = compartment.reshape(-1)
            number = self._moved(stream, tick, sick, source[sick], chance)
            source[sick] -= number
            found.append(np.repeat(sick, number))
        return found

    def _kept(self, tick: int, lane: I64) -> F64:
        """Share of infections that no kill switch stops."""
        return np.where(self.killed_at[lane] <= tick, self._course.escapes, 1.0)

    def _patch(self, tick: int, lane: I64) -> None:
        """Let operators of lanes with infections patch: the warned often, the others seldom."""
        course = self._course
        chance = _chance(course.patches_alerted * course.slow)
        self._patch_some(_PATCHES_ALERTED, tick, lane, self.alerted, chance)
        seldom = course.slow * SELDOM
        if (tick + 1) % seldom == 0:
            self._patch_some(
                _PATCHES, tick, lane, self.vulnerable, _chance(course.patches * seldom)
            )

    def _patch_some(self, stream: int, tick: int, lane: I64, compartment: I64, chance: F64) -> None:
        """Let operators of one compartment patch."""
        row, cell = np.nonzero(compartment[lane].reshape(lane.size, -1))
        at = lane[row] * self._cells + cell
        source = compartment.reshape(-1)
        number = self._moved(stream, tick, at, source[at], np.full(at.size, chance))
        source[at] -= number
        self.patched.reshape(-1)[at] += number

    def _restore(self, tick: int, lane: I64) -> I64:
        """Bring isolated operators back; return the spots."""
        course, isolated = self._course, self.isolated.reshape(-1)
        row, cell = np.nonzero(self.isolated[lane].reshape(lane.size, -1))
        at: I64 = lane[row] * self._cells + cell
        chance = np.full(at.size, _chance(course.restores * course.slow))
        number = self._moved(_RESTORES, tick, at, isolated[at], chance)
        isolated[at] -= number
        self.restored.reshape(-1)[at] += number
        np.subtract.at(self.down.reshape(-1), at // self.sectors, number)
        spot: I64 = at[number > 0] // self.sectors
        return spot

    # Draws ----------------------------------------------------------------------------------

    def _moved(self, stream: int, tick: int, at: I64, count: I64, chance: F64) -> I64:
        """Draw how many of `count` in the cells `at` move."""
        return binomial(count, chance, self._words(stream, tick, at, self._cells))

    def _word(self, lane: int, *name: int) -> int:
        """One word of a lane, for what happens seldom; `name`: stream and up to three keys."""
        stream, a, b, c = (*name, 0, 0, 0)[:4]
        first, second = self._keys[lane]
        return philox4x32_scalar((stream, a, b, c), (first, second))[0]

    def _words(self, stream: int, tick: int, at: I64, width: int) -> Words:
        """Words of things numbered ``lane * width + thing``; four neighbours share a call.

        `at` must rise.
        """
        lane, thing = np.divmod(at, width)
        block, word = np.divmod(thing, _WORDS)

        def words(index: I64, part: int) -> U32:
            lanes, blocks = lane[index], block[index]
            new = np.ones(index.size, dtype=np.bool_)
            new[1:] = (lanes[1:] != lanes[:-1]) | (blocks[1:] != blocks[:-1])
            drawn = self._lanes.draw(lanes[new], stream, blocks[new], tick, part)
            chosen: U32 = drawn[word[index], np.cumsum(new) - 1]
            return chosen

        return words


def _chance(rate: F64 | float) -> F64:
    """Chance that something of a rate a tick happens in a tick.

    The Pade approximant of ``1 - exp(-rate)``, in plain arithmetic; below 0.1 it is right to
    one part in a thousand.
    """
    chance: F64 = np.minimum(rate / (1 + np.asarray(rate) / 2), 1.0)
    return chance


def noticeable(count: I64) -> I64:
    """Activity levels for numbers of operators down, in units of ``1 / LEVEL_ONE``.

    Rounded down to powers of the square root of 2, so that a level changes seldom.
    """
    powers = [0]
    while powers[-1] <= int(count.max(initial=0)) * LEVEL_ONE:
        half, odd = divmod(len(powers) - 1, 2)
        powers.append((_ROOT if odd else LEVEL_ONE) << half)
    steps = np.array(powers)
    level: I64 = steps[np.searchsorted(steps, count * LEVEL_ONE, side="right") - 1]
    return level
