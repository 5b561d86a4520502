"""Operators of an outbreak as counts: vulnerable, alerted, infected, isolated, restored, patched.

A cell is a sector of a state. All lanes of a batch are moved at once, and work is done only where
the malware is. Time goes by the step, of which a tick of the world holds one or more. Counts are
whole numbers, chances plain arithmetic, draws named by lane, cell and step: a lane does not depend
on its batch, nor on the machine, nor on how many steps make a tick.
"""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.mechanisms.outbreak.course import SELDOM, SHARE_ONE, Cells, Course, Rates, chance_of
from agents.mechanisms.versions import Versions
from sim.draws import (
    ONE,
    QUANTILE_SHIFT,
    binomial,
    binomial_scalar,
    name_key,
    philox4x32_scalar,
)
from sim.kernel import Lanes, Named, Things, together
from sim.seam import LEVEL_ONE, NEVER

Bool = NDArray[np.bool_]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_ROOT: Final = 362
"""Activity level of the square root of 2."""

_SHARE: Final = name_key("operators:share")
_FIRST: Final = name_key("operators:vulnerable")
_HEEDS: Final = name_key("operators:heeds")
_SEEDS: Final = name_key("outbreak:seed")
_FAR: Final = name_key("outbreak:from-outside")
_NOWHERE: Final = np.empty(0, dtype=np.int64)

_WHICH: Final = name_key("outbreak:which")
_NEAR: Final = name_key("outbreak:in-cell")
_NEAR_ALERTED: Final = name_key("outbreak:alerted-in-cell")
_ISOLATES: Final = name_key("outbreak:isolates")
_RESTORES: Final = name_key("outbreak:restores")
_PATCHES: Final = name_key("outbreak:patches")
_PATCHES_ALERTED: Final = name_key("outbreak:alerted-patches")


class _Move(NamedTuple):
    """Operators of some cells, each of whom does something with a chance."""

    at: I64
    people: I64
    chance: F64
    words: Named


class Witness(Protocol):
    """Who is told of what happens."""

    def infected(self, spots: I64, numbers: I64) -> None:
        """Take infections: their spots, lane by lane all places, and how many."""

    def stepped(self, tick: float) -> None:
        """Take note that a step has ended, which began at a tick and a part of it."""


class Compartments:
    """Counts of L lanes; arrays of shape (L, P, K) unless said otherwise."""

    def __init__(self, lanes: Lanes, cells: Cells, courses: Versions[Course]) -> None:
        self._lanes, self._version = lanes, courses.of
        self._course = courses.rows[0]
        """For its rounds, which all versions have in common."""
        self.operators = cells.operators
        self.places, self.sectors = cells.operators.shape
        self._cells = self.places * self.sectors
        self._by_cell = Things(lanes, self._cells)
        self._by_spot = Things(lanes, self.places)
        self._spot, self._lane = (
            np.arange(lanes.size * self._cells) // width for width in (self.sectors, self._cells)
        )
        shape = (lanes.size, self.places, self.sectors)
        self.vulnerable = self._first_vulnerable(cells)
        self.alerted = np.zeros(shape, dtype=np.int64)
        self.infected = np.zeros(shape, dtype=np.int64)
        self.isolated = np.zeros(shape, dtype=np.int64)
        self.restored = np.zeros(shape, dtype=np.int64)
        self.patched = cells.operators - self.vulnerable
        self._open: I64 = self.vulnerable.sum(axis=2)
        """Operators vulnerable or alerted, shape (L, P)."""
        self.at_first = self._open.copy()
        """Operators that could be infected when the malware came, shape (L, P)."""
        self.down: I64 = np.zeros(shape[:2], dtype=np.int64)
        """Operators infected or isolated, shape (L, P)."""
        self._all_down: I64 = np.zeros(lanes.size, dtype=np.int64)
        self.peak_down = np.zeros(lanes.size, dtype=np.int64)
        self.outage = np.zeros(shape[:2], dtype=np.int64)
        """Operator-steps of outage, shape (L, P)."""
        self.killed_at = np.full(lanes.size, NEVER, dtype=np.int64)
        """Step from which a kill switch works, shape (L,)."""
        self._worlds: list[int] = lanes.world.tolist()
        self._keys: list[list[int]] = lanes.world_keys.T.tolist()
        self._drawn: dict[tuple[int, ...], int] = {}
        self._rates = Rates(courses, cells.operators)
        self.witness: Witness | None = None

    def _first_vulnerable(self, cells: Cells) -> I64:
        """Draw how many operators of each cell the malware can infect."""
        lane = np.arange(self._lanes.size)
        every = np.arange(lane.size * self._cells)
        word = together(self._lanes, [self._by_cell.words(_SHARE, every, 0)])(every, 0)
        tables = np.stack([[one.table() for one in row] for row in cells.vulnerable.rows])
        version = cells.vulnerable.of[self._lane]
        quantile = word >> np.uint32(QUANTILE_SHIFT)
        share = tables[version, every % self.sectors, quantile] / SHARE_ONE
        operators = np.tile(cells.operators.reshape(-1), lane.size)
        words = together(self._lanes, [self._by_cell.words(_FIRST, every, 0)])
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
            self._open[lane, place] -= 1
            hit.append((place, sector))
        self._all_down[lane] += len(hit)
        if self.witness is not None:
            spots = np.array([lane * self.places + place for place, _ in hit], dtype=np.int64)
            self.witness.infected(spots, np.ones_like(spots))
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

    def kill(self, lane: int, step: int) -> None:
        """Stop most infections from `step` on."""
        self.killed_at[lane] = step

    # What it does by itself ---------------------------------------------------------------------

    def step(self, tick: int) -> tuple[I64, I64]:
        """Live one tick; return the lanes and places where more or fewer operators are down."""
        first = tick * self._course.steps
        changed: list[I64] = []
        for step in range(first, first + self._course.steps):
            changed += self._step(step)
        if not changed:
            return _NOWHERE, _NOWHERE
        told = np.zeros(self.down.size, dtype=np.bool_)
        for spot in changed:
            told[spot] = True
        return np.divmod(np.flatnonzero(told), self.places)

    def _step(self, step: int) -> list[I64]:
        """Live one step; return the spots where more or fewer operators are down."""
        changed: list[I64] = []
        if self._all_down.any():
            if (step + 1) % self._course.every == 0:
                changed += self._spread(step)
            if (step + 1) % self._course.slow == 0:
                changed.append(self._recover(step))
        if changed:
            self._all_down = self.down.sum(axis=1)
        self.outage += self.down
        np.maximum(self.peak_down, self._all_down, out=self.peak_down)
        if self.witness is not None:
            self.witness.stepped(step / self._course.steps)
        return changed

    def _spread(self, step: int) -> list[I64]:
        """Infect operators; return the spots."""
        infected = self.infected.reshape(-1)
        sick = _occupied(infected)
        if not sick.size:
            return []
        before = infected[sick]
        cell = self._from_outside(step, sick, before)
        spot = self._take_out(cell)
        near = self._in_cells(step, sick, before)
        np.add.at(infected, cell, 1)
        infected[sick] += near
        also = self._spot[sick]
        np.add.at(self.down.reshape(-1), also, near)
        np.subtract.at(self._open.reshape(-1), also, near)
        if self.witness is not None:
            self.witness.infected(spot, np.ones_like(spot))
            self.witness.infected(also, near)
        return [spot, also[near > 0]]

    def _take_out(self, cell: I64) -> I64:
        """Count operators infected from outside as down; return their spots."""
        spot: I64 = self._spot[cell]
        np.add.at(self.down.reshape(-1), spot, 1)
        np.subtract.at(self._open.reshape(-1), spot, 1)
        return spot

    def _recover(self, step: int) -> I64:
        """Isolate, patch and restore; return the spots where fewer operators are down."""
        infected, isolated, alerted, vulnerable, patched = (
            part.reshape(-1)
            for part in (self.infected, self.isolated, self.alerted, self.vulnerable, self.patched)
        )
        rates = self._rates
        back = self._some(step, _RESTORES, isolated, rates.restores)
        sick = self._some(step, _ISOLATES, infected, rates.isolates)
        moves = [back]
        if sick.at.size:
            ill = np.zeros(self._all_down.size, dtype=np.bool_)
            ill[self._lane[sick.at]] = True
            heeding = self._some(step, _PATCHES_ALERTED, alerted, rates.patches_alerted, ill)
            moves += [sick, heeding]
            if (step + 1) % (self._course.slow * SELDOM) == 0:
                moves.append(self._some(step, _PATCHES, vulnerable, rates.patches, ill))
        numbers = self._moved(moves)
        for source, move, number in zip(
            (isolated, infected, alerted, vulnerable), moves, numbers, strict=False
        ):
            source[move.at] -= number
        self.restored.reshape(-1)[back.at] += numbers[0]
        np.subtract.at(self.down.reshape(-1), self._spot[back.at], numbers[0])
        if sick.at.size:
            isolated[sick.at] += numbers[1]
            for move, number in zip(moves[2:], numbers[2:], strict=True):
                patched[move.at] += number
                np.subtract.at(self._open.reshape(-1), self._spot[move.at], number)
        spot: I64 = self._spot[back.at[numbers[0] > 0]]
        return spot

    def _from_outside(self, step: int, sick: I64, before: I64) -> I64:
        """Infect from elsewhere in the state and from anywhere; return the cells, one each."""
        in_place = np.bincount(self._spot[sick], weights=before, minlength=self.down.size)
        by_lane = in_place.reshape(-1, self.places)
        in_lane = by_lane.sum(axis=1)
        lane: I64 = np.flatnonzero(in_lane)
        rates, version = self._rates, self._version[lane]
        rate: F64 = by_lane[lane] * rates.in_state[version]
        rate += (in_lane[lane] * rates.anywhere[version])[:, None]
        rate *= (self._kept(step, lane) * self._course.every)[:, None]
        spot = (lane[:, None] * self.places + np.arange(self.places)).reshape(-1)
        words = together(self._lanes, [self._by_spot.words(_FAR, spot, step)])
        number = binomial(self._open.reshape(-1)[spot], chance_of(rate).reshape(-1), words)
        hit = np.flatnonzero(number)
        return self._chosen(step, spot[hit], number[hit])

    def _chosen(self, step: int, spot: I64, number: I64) -> I64:
        """Draw which operators of each spot are infected, and take them out; return cells."""
        if not spot.size:
            return spot
        found = []
        vulnerable = self.vulnerable.reshape(-1, self.sectors)
        alerted = self.alerted.reshape(-1, self.sectors)
        first = np.cumsum(number) - number
        turns = np.arange(int(number.sum())) - np.repeat(first, number)
        lane, place = np.divmod(np.repeat(spot, number), self.places)
        word = self._lanes.draw(lane, _WHICH, place, step, turns)[0].astype(np.int64)
        for turn in range(int(number.max())):
            some = np.flatnonzero(number > turn)
            at = spot[some]
            pool = np.concatenate((vulnerable[at], alerted[at]), axis=1).cumsum(axis=1)
            rank = (word[first[some] + turn] * pool[:, -1]) >> 32
            column = (pool <= rank[:, None]).sum(axis=1)
            is_alerted, sector = np.divmod(column, self.sectors)
            open_ = is_alerted == 0
            vulnerable[at[open_], sector[open_]] -= 1
            alerted[at[~open_], sector[~open_]] -= 1
            found.append(at * self.sectors + sector)
        return np.concatenate(found)

    def _in_cells(self, step: int, sick: I64, before: I64) -> I64:
        """Infect within cells; return the numbers of operators infected in those given."""
        lane = self._lane[sick]
        kept = self._kept(step, lane) * self._course.every
        in_cell = self._rates.in_cell[self._version[lane], sick % self._cells]
        chance = chance_of(before * in_cell * kept)
        vulnerable, alerted = self.vulnerable.reshape(-1), self.alerted.reshape(-1)
        moves = [
            _Move(sick, vulnerable[sick], chance, self._by_cell.words(_NEAR, sick, step)),
            _Move(sick, alerted[sick], chance, self._by_cell.words(_NEAR_ALERTED, sick, step)),
        ]
        first, second = self._moved(moves)
        vulnerable[sick] -= first
        alerted[sick] -= second
        return first + second

    def _kept(self, step: int, lane: I64) -> F64:
        """Share of infections that no kill switch stops."""
        escapes = self._rates.escapes[self._version[lane]]
        return np.where(self.killed_at[lane] <= step, escapes, 1.0)

    def _some(
        self, step: int, stream: int, compartment: I64, chance: F64, lanes: Bool | None = None
    ) -> _Move:
        """Have everybody in a compartment, in some lanes or all, do something.

        Parameters
        ----------
        chance
            Of everybody, by version, shape (V,).
        """
        at = _occupied(compartment)
        if lanes is not None:
            at = at[lanes[self._lane[at]]]
        words = self._by_cell.words(stream, at, step)
        return _Move(at, compartment[at], chance[self._version[self._lane[at]]], words)

    # Draws ----------------------------------------------------------------------------------

    def _moved(self, moves: list[_Move]) -> list[I64]:
        """Draw how many move of each cell of several moves."""
        words = together(self._lanes, [move.words for move in moves])
        people = np.concatenate([move.people for move in moves])
        chance = np.concatenate([move.chance for move in moves])
        ends = np.cumsum([move.at.size for move in moves])
        return np.split(binomial(people, chance, words), ends[:-1])

    def _word(self, lane: int, *name: int) -> int:
        """One word of a lane, for what happens seldom; `name`: stream and up to three keys."""
        world = self._worlds[lane]
        word = self._drawn.get((world, *name))
        if word is None:
            stream, a, b, c = (*name, 0, 0, 0)[:4]
            first, second = self._keys[world]
            word = philox4x32_scalar((stream, a, b, c), (first, second))[0]
            self._drawn[world, *name] = word
        return word


def _occupied(compartment: I64) -> I64:
    """Return the cells with anybody in a compartment; twice as fast as asking for those not 0."""
    return np.flatnonzero(compartment != 0)


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
