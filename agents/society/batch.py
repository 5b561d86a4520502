"""Run a batch of lanes, and read the result off it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agents.lane import Call, Deed, Fact, forget
from agents.society.outcomes import outcomes_of
from agents.society.society import Society
from scenarios import Compiled, LoadedPolicy, LoadedScenario, compile_world
from sim.kernel import Kernel, KernelName, kernel
from sim.seam import COUNTERS, Engine, Happenings, LaneId, Log, advance

EngineMaker = Callable[[Compiled, Sequence[LaneId]], Engine]

_SELDOM = (1_000_000, 50, 100)
"""Thresholds of the collector of reference cycles while a batch runs."""

_MANY = 50
"""Lanes of a batch that is worth a full collection afterwards."""


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
    facts: list[Fact] = field(default_factory=list)
    """The same in numbers, and what happened without being told of, in order."""


class _Ticking(Society):
    """A society that tells an onlooker how far it has come."""

    def __init__(
        self,
        compiled: Compiled,
        on_tick: Callable[[int], None] | None,
        journal: list[Deed] | None = None,
        facts: list[Fact] | None = None,
    ) -> None:
        super().__init__(compiled, journal, facts)
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


def run_with_calls(compiled: Compiled, lanes: Sequence[LaneId]) -> tuple[BatchResult, list[Call]]:
    """Run `lanes` of a compiled world; return also the calls for help that were written in them."""
    society = Society(compiled)
    result = _run(society, compiled, engines()(compiled, lanes))
    return result, [call for lane in society.lanes for call in lane.help.calls if call.calls]


def replay(compiled: Compiled, lane: LaneId) -> Replay:
    """Run one lane again and keep its story; its result is what it was in any batch."""
    log, deeds, facts = Log(), list[Deed](), list[Fact]()
    society = _Ticking(compiled, None, deeds, facts)
    result = _run(society, compiled, Kernel(compiled.world, [lane], log))
    return Replay(result, log, deeds, facts)


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
