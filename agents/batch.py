"""Run a batch of lanes, and read the result off it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.journal import Deed
from agents.lane import forget
from agents.outcomes import outcomes_of
from agents.society import Society
from scenarios import Compiled, LoadedPolicy, LoadedScenario, compile_world
from sim.kernel import Kernel, KernelName, bytes_an_entry, copy_bits, count_routes, kernel
from sim.seam import COUNTERS, RATE_ONE, Engine, Happenings, LaneId, Log, World, advance

EngineMaker = Callable[[Compiled, Sequence[LaneId]], Engine]

_SELDOM = (1_000_000, 50, 100)
"""Thresholds of the collector of reference cycles while a batch runs."""

_MANY = 50
"""Lanes of a batch that is worth a full collection afterwards."""

_LIVE_REPORTS_A_LANE = 400
_ACTIVE = 0.2
"""Share of the streams of observations that somebody active is seen in at a time."""
_KNOWN = 0.8
"""Share of the pairs of desk and subject that come to hold something."""
_BYTES_A_MODEL = 300_000
_BYTES_A_SUBJECT = 2_500
BYTES_A_ROUTE = 24
"""Of a channel in a row: its number, and what the compiled kernel has laid out beside it."""
_BYTES_A_TICK = 200
"""Of the calendars, which have two lists a tick, and the evidence left after each age."""


@dataclass(frozen=True)
class BatchResult:
    """Outcomes and series of L lanes, in the order of the lanes given."""

    lanes: tuple[LaneId, ...]
    outcomes: dict[str, NDArray[np.float64]]
    """Each of shape (L,); a time that was not reached is NaN."""
    series_days: NDArray[np.float64]
    """Days at which the series are recorded, shape (T,)."""
    series: dict[str, NDArray[np.float64]]
    """Each of shape (L, T)."""
    counters: dict[str, NDArray[np.int64]]
    """Counters of the engine, each of shape (L,)."""

    @property
    def messages(self) -> int:
        """Messages sent in all lanes."""
        return int(self.counters["messages"].sum())

    @property
    def attempts(self) -> int:
        """Transmissions tried in all lanes."""
        return int(self.counters["attempts"].sum())


@dataclass(frozen=True)
class Replay:
    """One lane run again on its own, with everything that happened in it."""

    result: BatchResult
    log: Log
    """Events of the engine: reports made, sent, delivered and read; recognitions."""
    deeds: list[Deed]
    """What organisations and the threat did, in order."""


class _Ticking(Society):
    """A society that tells an onlooker how far it has come."""

    def __init__(
        self,
        compiled: Compiled,
        on_tick: Callable[[int], None] | None,
        journal: list[Deed] | None = None,
    ) -> None:
        super().__init__(compiled, journal)
        self._on_tick = on_tick

    def react(self, tick: int, happenings: Happenings) -> None:
        if self._on_tick is not None:
            self._on_tick(tick)
        super().react(tick, happenings)


def engines(name: KernelName = KernelName.AUTO) -> EngineMaker:
    """Return what makes the engine of a batch, by the name of a kernel."""
    chosen = kernel(name)
    return lambda compiled, lanes: chosen(compiled.world, lanes)


def run_batch(
    scenario: LoadedScenario,
    policies: Sequence[LoadedPolicy],
    lanes: Sequence[LaneId],
    on_tick: Callable[[int], None] | None = None,
) -> BatchResult:
    """Run `lanes`, whose design points are indices into `policies`.

    Raises
    ------
    SpecError
        If a policy names what the scenario's place does not have.
    """
    return run_compiled(compile_world(scenario, policies), lanes, on_tick=on_tick)


def run_compiled(
    compiled: Compiled,
    lanes: Sequence[LaneId],
    *,
    on_tick: Callable[[int], None] | None = None,
    engine: EngineMaker | None = None,
) -> BatchResult:
    """Run `lanes` of a compiled world; `engine` may be another kernel, such as the reference."""
    made = (engine or engines())(compiled, lanes)
    try:
        return _run(_Ticking(compiled, on_tick), compiled, made)
    finally:
        if len(lanes) >= _MANY:
            gc.collect()  # agents refer to each other in circles, which are seldom looked for


def replay(compiled: Compiled, lane: LaneId) -> Replay:
    """Run one lane again and keep its story; its result is what it was in any batch."""
    log, deeds = Log(), list[Deed]()
    society = _Ticking(compiled, None, deeds)
    result = _run(society, compiled, Kernel(compiled.world, [lane], log))
    return Replay(result, log, deeds)


def _run(society: Society, compiled: Compiled, made: Engine) -> BatchResult:
    """Run a society to the horizon and read the result off it."""
    try:
        with _seldom_collecting():
            advance(made, society, compiled.world.horizon)
    finally:
        forget(society.lanes)
    days = (np.array(society.series_ticks) + 1) * compiled.layout.scenario.tick_h / 24
    return BatchResult(
        lanes=made.lanes,
        outcomes=outcomes_of(compiled, society, made),
        series_days=days,
        series=society.series,
        counters=dict(zip(COUNTERS, made.counters().T, strict=True)),
    )


@contextmanager
def _seldom_collecting() -> Generator[None]:
    """Have Python look for reference cycles less often.

    Lanes make many objects that stay, and few cycles; going through all of them again and again
    takes a tenth to a quarter of the time.
    """
    before = gc.get_threshold()
    if before[0]:
        gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Footprint(NamedTuple):
    """Bytes that running a world takes."""

    shared: int
    """Arrays that all processes read."""
    process: int
    """What each process makes of them beside, however many lanes it runs together."""
    lane: int
    """What each of the lanes takes that run together."""
    tick: int
    """What every tick touches of a lane, even if nothing happens in it."""


def footprint(world: World) -> Footprint:
    """Estimate the memory that a world takes, from the sizes of its arrays."""
    units, subjects = len(world.units.names), len(world.subjects.names)
    pairs = units * subjects * (4 + round(_KNOWN * bytes_an_entry(world)))
    queues = units * (world.urgencies * (3 * 4 + 2 * 8) + 4 + 8)
    streams = world.watch.unit.size * (8 + 4 + 4 + 4)
    reports = _live_reports(world) * (units * copy_bits(world.phases.onward.shape[1]) // 8 + 80)
    groups = len(world.groups)
    told = subjects * groups * 8 + groups * groups * 4
    agents = _BYTES_A_MODEL + subjects * _BYTES_A_SUBJECT
    phases = world.phases
    shared = world.tables.nbytes + sum(array.nbytes for array in vars(phases).values())
    routes = count_routes(world) * BYTES_A_ROUTE
    process = routes + phases.term.nbytes + phases.capacity.nbytes + world.horizon * _BYTES_A_TICK
    lane = pairs + queues + streams + reports + told + agents
    tick = units * (world.urgencies * (3 * 4 + 3 * 8) + 4 * 4)
    return Footprint(shared, process, lane, tick)


def _live_reports(world: World) -> int:
    """Reports of a lane that are alive at a time, if subjects are as active as a threat."""
    sights = world.sights
    made = np.minimum(world.phases.rate / RATE_ONE, 1.0) * _ACTIVE
    streams = np.bincount(world.watch.sight, minlength=sights.cls.size)
    seen = (made * world.classes.lifetime[sights.cls] * streams).sum(axis=1).max()
    return max(_LIVE_REPORTS_A_LANE, round(float(seen)))
