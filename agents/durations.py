"""How long work takes: delays compiled once, drawn by name."""

from __future__ import annotations

from typing import Final

from scenarios.organised_crime import Casework
from scenarios.quantities import Delay, Span
from sim.streams import Draws
from sim.tables import Table

STEPS_A_TICK: Final = 64
"""Delays of casework are whole multiples of 1/64 tick, so that they are the same everywhere."""


class Durations:
    """Delays of casework as tables, shared by all lanes."""

    def __init__(self, casework: Casework, tick_h: float) -> None:
        self._tables: dict[str, Table] = {}
        for name in type(casework).model_fields:
            value = getattr(casework, name)
            if isinstance(value, Delay):
                self._tables[name] = value.table(tick_h, unit=1 / STEPS_A_TICK)
        self._tick_h = tick_h

    def draw(self, draws: Draws, name: str, *entity: int | str) -> float:
        """Draw the delay `name` of the case named by `entity`, in ticks."""
        return draws.quantile(self._tables[name], f"casework:{name}", *entity) / STEPS_A_TICK

    def ticks(self, span: Span) -> float:
        """Length of a fixed span, in ticks."""
        return span.value / self._tick_h
