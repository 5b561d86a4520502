"""The backlog at the end of each day, counted in the queues of the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim import LaneId, Reference

if TYPE_CHECKING:
    from scenarios import Compiled


class Counting(Reference):
    """A reference that counts what waits when a day ends."""

    def __init__(self, compiled: Compiled, lane: LaneId) -> None:
        super().__init__(compiled.world, lane)
        self._tick_h = compiled.layout.scenario.tick_h
        self.days: list[int] = []

    def finish(self, tick: int) -> None:
        super().finish(tick)
        hours = (tick + 1) * self._tick_h
        if hours % 24 == 0:
            waits = 0
            for queues in self._queues:
                for queue in queues:
                    for _ in queue:
                        waits += 1
            self.days.append(waits)

    def outcomes(self) -> dict[str, float]:
        """Return mean and highest backlog."""
        days = self.days
        return {
            "backlog_mean": sum(days) / len(days) if days else 0.0,
            "backlog_peak": max(days, default=0),
        }


class Made:
    """Makes the engine of one lane, and keeps it."""

    engine: Counting

    def __call__(self, compiled: Compiled, lanes: Sequence[LaneId]) -> Counting:
        (lane,) = lanes
        self.engine = Counting(compiled, lane)
        return self.engine
