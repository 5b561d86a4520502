"""The loads of a flow in L lanes: set out, come to checkpoints, are found, lost, or get through.

All lanes move at once. Counts are whole numbers, binomial or Poisson, drawn by name; chances plain
arithmetic: a lane does not depend on its batch, nor on the machine.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

import numpy as np

from agents.mechanisms.flow.plan import F64, I64, Bool, Numbers, Plan
from agents.mechanisms.versions import Versions
from sim.draws import ONE, QUANTILE_SHIFT, binomial, name_key
from sim.kernel import Lanes, Things, together

_ROUGH: Final = name_key("flow:rough")
_SETS_OUT: Final = name_key("flow:sets-out")
_SIZE: Final = name_key("flow:size")
_FOUND: Final = name_key("flow:found")
_DISTRESS: Final = name_key("flow:distress")
_RESCUED: Final = name_key("flow:rescued")
_LOST: Final = name_key("flow:lost")

TRIALS: Final = 1 << 16
"""Trials of the binomial count that stands for a Poisson one: one part in so many differs."""

_WORD: Final = 5.0
"""Loads of which word goes round whatever is remembered."""

_HALVINGS: Final = 8


class Met(NamedTuple):
    """What became of loads at a stage, in loads, shape (L, N)."""

    found: I64
    rescued: I64
    lost: I64


class Witness(Protocol):
    """Who is told of what happens."""

    def set_out(self, loads: I64, sizes: I64) -> None:
        """Take the loads that set out in a tick, and their items."""

    def met(self, stage: int, met: Met) -> None:
        """Take what became of them at a stage."""

    def arrived(self, loads: I64) -> None:
        """Take those that got through."""

    def checked(self, checks: F64) -> None:
        """Take the checks of a tick, shape (L, Q + 1)."""

    def chosen(self, choice: Chosen) -> None:
        """Take how a day's flow chose."""


class Chosen(NamedTuple):
    """How a day's flow chose its routes, in items."""

    pressure: F64
    """What would set out on each route, shape (R,)."""
    moved: F64
    """What came to each route from others, shape (L, R)."""
    carried: F64
    """What sets out with each ring, shape (L, N)."""


class Books:
    """What came of the loads so far, in items unless said otherwise."""

    def __init__(self, lanes: int, plan: Plan) -> None:
        stages, rings = plan.point.shape
        self.set_out: I64 = np.zeros((lanes, rings), dtype=np.int64)
        self.through: I64 = np.zeros((lanes, rings), dtype=np.int64)
        self.found: I64 = np.zeros((lanes, stages, rings), dtype=np.int64)
        """Stopped or turned back, by where."""
        self.rescued = self.found.copy()
        self.lost = self.found.copy()
        self.finds: I64 = np.zeros((lanes, rings), dtype=np.int64)
        """Loads found by those who look."""
        self.met_week: I64 = self.found.copy()
        """Loads found or rescued since somebody last looked at this."""
        self.sent_week: I64 = self.set_out.copy()
        """Loads that set out since then."""
        self.checks: F64 = np.zeros((lanes, len(plan.points) + 1))
        """Checks made."""
        self.deterred: F64 = np.zeros(lanes)
        self.displaced: F64 = np.zeros(lanes)


class Stream:
    """The loads of L lanes.

    Parameters
    ----------
    lanes
        Addresses and keys of the lanes, of the draws of this threat.
    plan
        Routes, checkpoints and rings.
    numbers
        What each lane goes by now.
    """

    def __init__(self, lanes: Lanes, plan: Plan, numbers: Versions[Numbers]) -> None:
        self._lanes, self._numbers = lanes, numbers
        self.plan = plan
        size, (stages, rings) = lanes.size, plan.point.shape
        self._by_ring = Things(lanes, rings)
        self._by_stage = Things(lanes, rings * stages)
        self._by_route = Things(lanes, len(plan.routes))
        self._every = np.arange(size * rings)
        self.books = Books(size, plan)
        self.strength: F64 = np.ones((size, rings))
        """Share of its first members that each ring has; 0 of one that has fallen apart."""
        self.expected: I64 = np.zeros((size, stages, rings), dtype=np.int64)
        """How many look for a ring at each stage."""
        self.busy: I64 = np.zeros((size, len(plan.points) + 1), dtype=np.int64)
        """How many such orders there are at each checkpoint, those for nothing included."""
        self.reinforced: I64 = self.busy.copy()
        """Reinforcements at each checkpoint."""
        self.rough: Bool = np.zeros((size, len(plan.routes)), dtype=np.bool_)
        self._carried: F64 = np.zeros((size, rings))
        self._sent: F64 = np.zeros((size, len(plan.routes)))
        self._missed = self._sent.copy()
        """Loads that set out, and how many of them were lost to those who sent, as remembered."""
        self.witness: Witness | None = None
        self.turn()
        remembered = plan.pressure.mean(axis=0) / plan.mean_size / (1 - self._of["memory"][:, None])
        self._sent += remembered
        self._missed += remembered * plan.usual

    def turn(self) -> None:
        """Go by what is in force now."""
        array, of = self._numbers.array, self._numbers.of
        self._of: dict[str, F64] = {name: array(name)[of] for name in Numbers._fields}
        """The numbers of each lane, shape (L,) or (L, Q + 1)."""

    # A day ------------------------------------------------------------------------------------

    def dawn(self, tick: int) -> None:
        """Draw a day's weather, and let those who send choose by what they remember."""
        day, plan = tick // self.plan.per_day, self.plan
        every = np.arange(self.rough.size)
        words = together(self._lanes, [self._by_route.words(_ROUGH, every, day)])(every, 0)
        self.rough = (words / ONE < plan.rough[day]).reshape(self.rough.shape)
        fading = self._of["memory"][:, None]
        self._sent *= fading
        self._missed *= fading
        self._choose(plan.pressure[day])

    def loss(self) -> F64:
        """Return the loss that those who send reckon with on each route, shape (L, R).

        They go by what they remember, and by word of some loads that fared as usual.
        """
        reckoned: F64 = (self._missed + _WORD * self.plan.usual) / (self._sent + _WORD)
        return reckoned

    def _choose(self, pressure: F64) -> None:
        plan, books = self.plan, self.books
        more = np.maximum(self.loss() - plan.usual, 0.0)
        least = self._of["ventures"][:, None]
        willing = np.clip(1 - self._of["deterred"][:, None] * more, least, 1.0)
        away = pressure * (1 - willing)
        moved = np.zeros_like(willing)
        for route in range(len(plan.routes)):
            moved += away[:, route, None] * plan.instead[route]
        moved *= willing
        wanted = pressure * willing + moved
        first = 0
        for route, end in enumerate(plan.ends):
            self._carried[:, first:end] = self._shared(wanted[:, route], first, end)
            first = end
        books.displaced += across(moved)
        books.deterred += total_of(pressure) - across(self._carried)
        if self.witness is not None:
            self.witness.chosen(Chosen(pressure, moved, self._carried))

    def _shared(self, wanted: F64, first: int, end: int) -> F64:
        """Return what each ring of a route takes; others take on part of what a weak one leaves."""
        strength = self.strength[:, first:end]
        whole = across(strength)
        left = (end - first - whole) * self._of["absorbed"]
        times = np.where(whole > 0, 1 + left / np.maximum(whole, 1e-9), 0.0)
        shared: F64 = (wanted / (end - first) * times)[:, None] * strength
        return shared

    # A tick -----------------------------------------------------------------------------------

    def step(self, tick: int) -> None:
        """Let loads set out and come to one checkpoint after the other."""
        if tick % self.plan.per_day == 0:
            self.dawn(tick)
        plan, books = self.plan, self.books
        loads, sizes = self._setting_out(tick)
        books.set_out += loads * sizes
        books.sent_week += loads
        self._remember(loads, 0.0)
        if self.witness is not None:
            self.witness.set_out(loads, sizes)
        looks = self._looks(tick)
        books.checks += looks
        if self.witness is not None:
            self.witness.checked(looks)
        for stage in range(plan.point.shape[0]):
            loads = self._pass(stage, tick, loads, sizes, looks)
        books.through += loads * sizes
        if self.witness is not None:
            self.witness.arrived(loads)

    def _setting_out(self, tick: int) -> tuple[I64, I64]:
        """Draw how many loads of each ring set out, and of how many items each; shape (L, N)."""
        plan, day = self.plan, tick // self.plan.per_day
        fair, rough = float(plan.fair_sets_out[day]), float(plan.rough_sets_out[day])
        weather = np.where(self.rough, rough, fair)[:, plan.route]
        mean = self._carried / plan.mean_size[plan.route] * weather * plan.share_of(tick)
        trials = np.full(mean.size, TRIALS)
        words = together(self._lanes, [self._by_ring.words(_SETS_OUT, self._every, tick)])
        chance = np.minimum(mean.reshape(-1) / TRIALS, 1.0)
        loads = binomial(trials, chance, words).reshape(mean.shape)
        sizes = np.ones_like(loads)
        some = np.flatnonzero(loads)
        if some.size:
            named = self._by_ring.words(_SIZE, self._every, tick)
            word = together(self._lanes, [named])(some, 0)
            table = plan.route[some % plan.rings]
            sizes.reshape(-1)[some] = plan.sizes[table, word >> np.uint32(QUANTILE_SHIFT)]
        return loads, sizes

    def _looks(self, tick: int) -> F64:
        """Return the checks of each checkpoint in a tick, shape (L, Q + 1)."""
        of, plan = self._of, self.plan
        looks = of["looks"] * np.where(tick >= plan.later, plan.later_times, 1.0)
        looks = looks + self.reinforced * of["patrol"][:, None]
        if plan.is_night(tick):
            looks = looks * of["night_looks"][:, None]
        looks = looks * np.where(self._rough_at(), of["rough_looks"][:, None], 1.0)
        per_tick: F64 = looks / plan.per_day
        return per_tick

    def _rough_at(self) -> Bool:
        """Return at which checkpoints it is rough: as on the first route through them."""
        plan = self.plan
        rough: Bool = np.zeros((self._lanes.size, len(plan.points) + 1), dtype=np.bool_)
        for stage in range(plan.point.shape[0]):
            point = plan.point[stage]
            rough[:, point[::-1]] = self.rough[:, plan.route[::-1]]
        return rough

    def _pass(self, stage: int, tick: int, loads: I64, sizes: I64, looks: F64) -> I64:
        """Let loads pass the checkpoints of a stage; return those that go on."""
        if not loads.any():
            return loads
        plan, books = self.plan, self.books
        point = plan.point[stage]
        found_if = self._chance(stage, loads, looks)
        found = self._drawn(_FOUND, stage, tick, loads, found_if)
        passing = loads - found
        if plan.is_safe[stage]:
            rescued = lost = np.zeros_like(found)
        else:
            rescued, lost = self._in_peril(stage, tick, passing, found_if)
            books.rescued[:, stage] += rescued * sizes
            books.lost[:, stage] += lost * sizes
        books.found[:, stage] += found * sizes
        books.finds += found
        books.met_week[:, stage] += found + rescued
        self._count_loss(point, found, rescued, lost)
        if self.witness is not None:
            self.witness.met(stage, Met(found, rescued, lost))
        return passing - rescued - lost

    def _count_loss(self, point: I64, found: I64, rescued: I64, lost: I64) -> None:
        """Let those who send remember what they lost."""
        of, back = self._of, self.plan.turns_back[point]
        weight = np.where(back, of["turned_back"][:, None], of["stopped"][:, None])
        self._remember(0, found * weight + rescued * of["stopped"][:, None] + lost)

    def _in_peril(self, stage: int, tick: int, passing: I64, found_if: F64) -> tuple[I64, I64]:
        """Draw the loads that are rescued from distress, and those that are lost; (L, N)."""
        of, plan = self._of, self.plan
        point = plan.point[stage]
        rough = np.where(self.rough[:, plan.route], of["rough_distress"][:, None], 1.0)
        distress = np.minimum(of["distress"][:, point] * rough, 1.0)
        distressed = self._drawn(_DISTRESS, stage, tick, passing, distress)
        saved = 1 - (1 - found_if) * (1 - of["helped"][:, point])
        rescued = self._drawn(_RESCUED, stage, tick, distressed, saved)
        perishes = of["perishes"][:, point]
        lost = self._drawn(_LOST, stage, tick, distressed - rescued, perishes)
        return rescued, lost

    def _chance(self, stage: int, loads: I64, looks: F64) -> F64:
        """Return the chance that a load of each ring is found at its checkpoint, shape (L, N)."""
        of, plan = self._of, self.plan
        point = plan.point[stage]
        there = np.zeros_like(self.busy)
        np.add.at(there.T, point, loads.T)
        among = of["among"] / plan.per_day
        tied = np.minimum(of["bound"][:, None] * self.busy, of["most_bound"][:, None])
        lawful = among + of["selectivity"] * there
        general = looks * (1 - tied) * of["selectivity"] / np.maximum(lawful, 1e-9)
        an_order = looks * tied / np.maximum(self.busy, 1)
        times = of["times"][:, None] * of["selectivity"][:, point]
        ordered = an_order[:, point] * self.expected[:, stage] * times
        ordered = ordered / np.maximum(among[:, point] + times * loads, 1e-9)
        chance: F64 = met_at_random(general[:, point] + ordered) * of["finds"][:, point]
        return chance

    def _drawn(self, stream: int, stage: int, tick: int, trials: I64, chance: F64) -> I64:
        """Draw how many of the loads of each ring something happens to; shape (L, N)."""
        drawn = np.zeros_like(trials)
        some = np.flatnonzero((trials > 0) & (chance > 0))
        if some.size:
            lane, ring = np.divmod(some, self.plan.rings)
            at = (lane * self.plan.point.shape[0] + stage) * self.plan.rings + ring
            words = together(self._lanes, [self._by_stage.words(stream, at, tick)])
            drawn.flat[some] = binomial(trials.flat[some], chance.flat[some], words)
        return drawn

    def _remember(self, sent: I64 | int, missed: F64 | float) -> None:
        """Add to what those who send remember of each route."""
        first = 0
        for route, end in enumerate(self.plan.ends):
            if not isinstance(sent, int):
                self._sent[:, route] += across(sent[:, first:end])
            if not isinstance(missed, float):
                self._missed[:, route] += across(missed[:, first:end])
            first = end


def met_at_random(looks: F64) -> F64:
    """Chance that at least one of so many looks at random falls on a thing.

    ``1 - exp(-looks)`` (Koopman's law of random search) in plain arithmetic, to one part in some
    hundreds.
    """
    missed = 1 / (1 + looks / (1 << _HALVINGS))
    for _ in range(_HALVINGS):
        missed = missed * missed
    met: F64 = 1 - missed
    return met


def across(values: F64 | I64) -> F64:
    """Add up columns one after the other: the same to the bit however many rows there are."""
    added = np.zeros(values.shape[0])
    for column in range(values.shape[1]):
        added += values[:, column]
    return added


def total_of(values: F64) -> float:
    """Add up numbers in their order."""
    return float(across(values[None, :])[0])
