"""How long work takes: delays compiled once, drawn by name."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.schema import STEPS_A_TICK, Casework, Procedure, Span
from sim.draws import Draws, Table


class Durations:
    """Delays of casework as tables, shared by all lanes."""

    def __init__(
        self, casework: Casework, procedures: Mapping[str, Procedure], tick_h: float
    ) -> None:
        declared = dict(casework.delays())
        for key, procedure in procedures.items():
            declared |= {f"{key}:{name}": delay for name, delay in procedure.delays.items()}
        self._tables: dict[str, Table] = {
            name: delay.table(tick_h, unit=1 / STEPS_A_TICK) for name, delay in declared.items()
        }
        self._tick_h = tick_h

    def draw(self, draws: Draws, name: str, *entity: int | str) -> float:
        """Draw the delay `name` of the case named by `entity`, in ticks."""
        return draws.quantile(self._tables[name], f"casework:{name}", *entity) / STEPS_A_TICK

    def ticks(self, span: Span) -> float:
        """Length of a fixed span, in ticks."""
        return span.value / self._tick_h
