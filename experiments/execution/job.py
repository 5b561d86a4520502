"""What running a chunk is, wherever it runs: advance its lanes, write their shard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.outcomes import F64, Mask
from experiments.planning import Chunk
from experiments.store import Address, has_shards, record_lane, write_shard
from scenarios.errors import SpecError

if TYPE_CHECKING:
    from agents import BatchResult
    from experiments.planning import Plan
    from scenarios import Compiled
    from sim import LaneId
    from sim.kernel import KernelName

OnTick = Callable[[int], None]

MOST_RAISING: Final = 8
MOST_SHARE_RAISING: Final = 0.25
"""Lanes of a chunk, and share of them if that is more, that may raise before it is given up."""


class ManyRaisedError(Exception):
    """So many lanes of a chunk raise that the rest of it is not tried."""


@dataclass(frozen=True)
class Work:
    """Work done."""

    lanes: int = 0
    messages: int = 0
    attempts: int = 0
    raised: int = 0
    """Of the lanes, those that ended with an error."""

    def __add__(self, other: Work) -> Work:
        """Add up."""
        return Work(
            self.lanes + other.lanes,
            self.messages + other.messages,
            self.attempts + other.attempts,
            self.raised + other.raised,
        )


@dataclass(frozen=True, eq=False)
class Rows:
    """What a chunk of L lanes gave; lanes that raised have NaN everywhere."""

    outcomes: dict[str, F64]
    series_days: F64
    series: dict[str, F64]
    finished: Mask
    messages: int
    attempts: int

    def some(self, which: slice) -> Rows:
        """Return the rows of some of the lanes; messages and attempts stay those of all."""
        return replace(
            self,
            outcomes={name: values[which] for name, values in self.outcomes.items()},
            series={name: values[which] for name, values in self.series.items()},
            finished=self.finished[which],
        )


@dataclass(frozen=True)
class Job:
    """What the chunks of an experiment have in common; it can be sent to other processes."""

    plan: Plan
    address: Address
    kernel: KernelName


class Worker:
    """Runs chunks of a job, and keeps the world of the settings it is at.

    Parameters
    ----------
    ready
        The world of the first setting, if it is compiled already.
    """

    def __init__(self, job: Job, ready: Compiled | None = None) -> None:
        self.job = job
        self._ready: tuple[tuple[int, ...], Compiled] | None = (
            None if ready is None else ((0,), ready)
        )

    def run(self, chunk: Chunk, on_tick: OnTick) -> Work:
        """Run a chunk and write its shards; lanes that raise are recorded and the rest go on.

        If its shards are there, nothing is run.

        Raises
        ------
        ManyRaisedError
            If more than `MOST_RAISING` and `MOST_SHARE_RAISING` of the lanes raise.
        """
        address = self.job.address
        if has_shards(address, chunk):  # whoever ran it died before saying so
            return Work(chunk.lanes)
        try:
            compiled = self._world(chunk.settings)
        except SpecError:
            if len(chunk.parts) == 1:
                raise
            return self._apart(chunk, on_tick)
        raised: dict[int, BaseException] = {}
        lanes = self._lanes(chunk)
        rows = self._rows(compiled, [lane for _, lane in lanes], raised, on_tick)
        for place, error in raised.items():
            setting, lane = lanes[place]
            lane = lane._replace(point=lane.point % len(address.policies))
            record_lane(address.folder, setting, lane, address.policies, error)
        begin = 0
        for part in chunk.parts:
            write_shard(address, part, rows.some(slice(begin, begin + len(part.lanes))))
            begin += len(part.lanes)
        return Work(chunk.lanes, rows.messages, rows.attempts, len(raised))

    def _apart(self, chunk: Chunk, on_tick: OnTick) -> Work:
        """Run the parts of a chunk one by one, since one of them breaks a rule; raise its error."""
        error: SpecError | None = None
        for part in chunk.parts:
            try:
                self.run(Chunk((part,)), on_tick)
            except SpecError as broken:
                error = error or broken
        if error is not None:
            raise error
        return Work(chunk.lanes)

    def _lanes(self, chunk: Chunk) -> list[tuple[int, LaneId]]:
        """Return the lanes of a chunk and their settings; points are those of its world."""
        policies = len(self.job.address.policies)
        return [
            (setting, lane._replace(point=number * policies + lane.point))
            for number, (setting, lanes) in enumerate(chunk.parts)
            for lane in lanes
        ]

    def _world(self, settings: tuple[int, ...]) -> Compiled:
        if self._ready is None or self._ready[0] != settings:
            self._ready = None  # two worlds are not held at a time
            try:
                world = self.job.plan.settings.compiled(*settings)
            except SystemExit as error:  # it is this chunk that ends, not the program
                raise RuntimeError(f"SystemExit: {error}") from error
            self._ready = settings, world
        return self._ready[1]

    def _rows(
        self,
        compiled: Compiled,
        lanes: Sequence[LaneId],
        raised: dict[int, BaseException],
        on_tick: OnTick,
    ) -> Rows:
        """Run lanes together; where one raises, halve them until it stands alone."""
        from agents import engines, run_compiled

        engine = engines(self.job.kernel)
        parts: list[tuple[int, BatchResult]] = []
        todo = [(0, len(lanes))]
        while todo:
            first, last = todo.pop()
            try:
                part = run_compiled(compiled, lanes[first:last], on_tick=on_tick, engine=engine)
                parts.append((first, part))
            except (Exception, SystemExit) as error:
                if not _is_of_a_lane(error):
                    raise
                if last - first > 1:
                    middle = (first + last) // 2
                    todo += [(middle, last), (first, middle)]
                    continue
                raised[first] = error
                if len(raised) > max(MOST_RAISING, MOST_SHARE_RAISING * len(lanes)):
                    raise ManyRaisedError(
                        f"{len(raised)} of its lanes raised; the last: {error!r}"
                    ) from error
        return _joined(parts, len(lanes), self.job.address.outcomes)


def _is_of_a_lane(error: BaseException) -> bool:
    """Whether an error may come from what one lane does, not from the machine or the user.

    A lane that asks to end the program (SystemExit) is one that raised: the others go on.
    """
    from experiments.errors import StoppedError
    from sim.kernel import TooManyError

    return not isinstance(error, StoppedError | TooManyError | MemoryError | OSError)


def _joined(parts: Sequence[tuple[int, BatchResult]], count: int, names: Sequence[str]) -> Rows:
    """Put the results of parts of a chunk together, each with the place where it begins."""
    finished = np.zeros(count, np.bool_)
    outcomes = {name: np.full(count, np.nan) for name in names}
    days: F64 = np.zeros(0)
    series: dict[str, F64] = {}
    for first, part in parts:
        here = slice(first, first + len(part.lanes))
        finished[here] = True
        for name, values in outcomes.items():
            values[here] = part.outcomes[name]
        days = part.series_days
        for name, rows in part.series.items():
            series.setdefault(name, np.full((count, days.size), np.nan))[here] = rows
    return Rows(
        outcomes=outcomes,
        series_days=days,
        series=series,
        finished=finished,
        messages=sum(part.messages for _, part in parts),
        attempts=sum(part.attempts for _, part in parts),
    )
