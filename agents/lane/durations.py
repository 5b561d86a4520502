"""How long work takes: delays compiled once, drawn by name."""

from __future__ import annotations

from scenarios.schema import STEPS_A_TICK, Casework, Span
from sim.draws import Draws, Table


class Durations:
    """Delays of casework as tables, shared by all lanes."""

    def __init__(self, casework: Casework, tick_h: float) -> None:
        self._tables: dict[str, Table] = {
            name: delay.table(tick_h, unit=1 / STEPS_A_TICK) for name, delay in casework.delays()
        }
        self._tick_h = tick_h

    def draw(self, draws: Draws, name: str, *entity: int | str) -> float:
        """Draw the delay `name` of the case named by `entity`, in ticks."""
        return draws.quantile(self._tables[name], f"casework:{name}", *entity) / STEPS_A_TICK

    def ticks(self, span: Span) -> float:
        """Length of a fixed span, in ticks."""
        return span.value / self._tick_h
