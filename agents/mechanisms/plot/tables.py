"""Delays as tables, kept for all lanes of a batch."""

from __future__ import annotations

from scenarios.schema import Delay
from sim.draws import Table


class Tables:
    """Tables by what declares them, which lives as long as the world.

    Parameters
    ----------
    tick_h
        Hours of a tick.
    """

    def __init__(self, tick_h: float) -> None:
        self._tick_h = tick_h
        self._made: dict[int, Table] = {}

    def of(self, delay: Delay) -> Table:
        """Return a delay as a table, in ticks."""
        if id(delay) not in self._made:
            self._made[id(delay)] = delay.table(self._tick_h)
        return self._made[id(delay)]
