"""Hosts and worlds in which one piece of news spreads; what counts is who has read of it."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.draws.streams import ONE, Draws
from sim.kernel.engine import Kernel
from sim.seam.port import EVERYONE, LaneId
from tests.worlds import Kind, Link, Point, Rule, Sketch, build

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from sim.seam.port import Engine, Happenings
    from sim.seam.world import World
    from tests.worlds import Spread

SEED: Final = 20_260
NEWS: Final = 0
"""The one class, and the one subject."""


def lanes(count: int, seed: int = SEED) -> list[LaneId]:
    """Return addresses of that many random worlds."""
    return [LaneId(0, seed, number) for number in range(count)]


def complete(n: int) -> list[tuple[int, int]]:
    """All ordered pairs."""
    return [(src, dst) for src in range(n) for dst in range(n) if src != dst]


def star(n: int) -> list[tuple[int, int]]:
    """From unit 0 to all others."""
    return [(0, leaf) for leaf in range(1, n)]


def news_world(
    n: int,
    ends: Iterable[tuple[int, int]],
    *,
    horizon: int,
    latency: Spread = 1,
    chance: int = ONE,
    relayed: bool,
    closed: Iterable[int] = (),
) -> World:
    """Return a world of n desks that read everything at once and the host hears of.

    If `relayed`, desks pass on what they read; else only what the host has them write is sent.
    Each of the first 63 desks is a group of its own, so that it can be an audience.
    """
    links = [Link(*pair) for pair in sorted(ends)]
    quiet = {} if relayed else {(s, c, NEWS): 0 for s in (2, 3) for c in range(len(links))}
    sketch = Sketch(
        groups=[min(unit, 63) for unit in range(n)],
        links=links,
        kinds=[Kind(lifetime=10 * horizon, addressed=True)],
        rules=[Rule(push=chance)],
        points=[Point(term=quiet, latency=dict.fromkeys(range(len(links)), latency))],
        closed=[(channel, NEWS) for channel in closed],
        horizon=horizon,
    )
    return build(sketch)


class Witness:
    """Has unit 0 write the news before tick 0 and notes when each desk first reads of it."""

    def __init__(self, count: int, units: int) -> None:
        self.read_at = np.full((count, units), np.inf)
        self.left = count * (units - 1)
        self.engine: Engine | None = None

    def start(self, engine: Engine) -> None:
        """Let unit 0 know."""
        self.engine = engine
        self.read_at[:, 0] = 0
        self.spread()

    def spread(self) -> None:
        """Tell everyone the first unit has channels to."""
        assert self.engine is not None
        for lane in range(len(self.read_at)):
            self.engine.emit(lane, 0, NEWS, NEWS, EVERYONE)

    def react(self, tick: int, happenings: Happenings) -> None:
        """Note the readings."""
        for row in happenings.readings:
            if self.read_at[row.lane, row.unit] == np.inf:
                self.read_at[row.lane, row.unit] = tick
                self.left -= 1
                self.told(tick, row.lane, row.unit)

    def told(self, tick: int, lane: int, unit: int) -> None:
        """Hear of a desk that has read of it for the first time."""

    def work(self, tick: int) -> None:
        """Do nothing: no casework."""

    def move(self, tick: int) -> None:
        """Do nothing: no threats."""

    def end(self, tick: int) -> None:
        """Do nothing."""


def play(world: World, host: Witness, ids: Sequence[LaneId]) -> NDArray[np.float64]:
    """Run until everybody has read of it; return when, shape (L, U), infinite for never."""
    engine = Kernel(world, ids)
    host.start(engine)
    for tick in range(world.horizon):
        host.react(tick, engine.begin(tick))
        host.work(tick)
        host.move(tick)
        engine.finish(tick)
        host.end(tick)
        if not host.left:
            break
    return host.read_at


@dataclass(frozen=True)
class Manners:
    """Who calls whom."""

    scale: float
    """Mean ticks between two calls of one unit; 0 for one call every tick."""
    by_all: bool = True
    """Whether whoever knows calls; else only unit 0 does."""
    both_ways: bool = False
    """Whether those who do not know call as well, and are told by whom they call."""


class Callers(Witness):
    """Units that call one random other at a time.

    A call is a report whose audience is one unit. It is made in the tick of the call and read in
    the next, so a unit told at `t` counts as told half a tick before `t`.
    """

    def __init__(self, ids: Sequence[LaneId], units: int, manners: Manners) -> None:
        super().__init__(len(ids), units)
        self.manners, self.units = manners, units
        self._draws = [Draws(lane.seed, lane.replication) for lane in ids]
        self._ordinal = np.zeros((len(ids), units), dtype=np.int64)
        self._calls: defaultdict[int, list[tuple[int, int, int, float]]] = defaultdict(list)
        self._missing = np.full(len(ids), units - 1)

    def spread(self) -> None:
        """Plan the first calls."""
        first = range(self.units) if self.manners.both_ways else (0,)
        for lane in range(len(self.read_at)):
            for unit in first:
                self._plan(lane, unit, now=0, since=0.0)

    def told(self, tick: int, lane: int, unit: int) -> None:
        """Let who has been told call others."""
        self._missing[lane] -= 1
        if self.manners.by_all and not self.manners.both_ways:
            self._plan(lane, unit, now=tick, since=tick - 0.5)

    def work(self, tick: int) -> None:
        """Make the calls of this tick."""
        assert self.engine is not None
        calls = self._calls
        while calls.get(tick):
            for lane, unit, other, when in calls.pop(tick):
                if not self._missing[lane]:
                    continue
                self._call(lane, unit, other)
                self._plan(lane, unit, now=tick + (self.manners.scale == 0), since=when)

    def _call(self, lane: int, unit: int, other: int) -> None:
        assert self.engine is not None
        knows, other_knows = np.isfinite(self.read_at[lane, [unit, other]])
        if knows:
            self.engine.emit(lane, unit, NEWS, NEWS, 1 << other)
        elif other_knows and self.manners.both_ways:
            self.engine.emit(lane, other, NEWS, NEWS, 1 << unit)

    def _plan(self, lane: int, unit: int, *, now: int, since: float) -> None:
        """Draw when a unit calls next, and whom."""
        gap, choice, _, _ = self._draws[lane].words("call", unit, int(self._ordinal[lane, unit]))
        self._ordinal[lane, unit] += 1
        when = since - self.manners.scale * math.log((gap + 0.5) / ONE)
        other = (choice * (self.units - 1)) >> 32
        other += other >= unit
        self._calls[max(now, math.floor(when))].append((lane, unit, other, when))
