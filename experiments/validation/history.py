"""Set a scenario beside history: one table and one picture.

What history says was not used to set any number of the scenario, so that agreement means something
and a miss is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from scenarios.errors import printable

if TYPE_CHECKING:
    from experiments.validation.known import Known
    from scenarios.schema import Event, History

F64 = NDArray[np.float64]

_UNUSUAL, _MISSED = 0.1, 0.02
"""Share of the model's values beyond history below which it is called so."""
_WIDE: Final = 0.5
"""Share of the model's values in the known interval from which on nearly any would agree."""


@dataclass(frozen=True)
class Row:
    """One known quantity beside what the model gives."""

    event: Event
    count: int
    """Values of the model: calls, or worlds."""
    median: float
    low: float
    """5th percentile of the model; infinity is never."""
    high: float
    below: float
    """Share of the model's values below the known interval."""
    within: float
    """Share in the known interval."""

    beside: float
    """Median under the other regime."""

    @property
    def place(self) -> float:
        """Share of the model's values below history; an interval counts by half of what is in it.

        0.5 is the model's middle.
        """
        return self.below + self.within / 2

    @property
    def verdict(self) -> str:
        """Whether what happened is usual in the model, as far as it is known."""
        if not self.count:
            return "nothing to compare"
        if self.within >= _WIDE:
            return "says little"
        far = min(self.place, 1 - self.place)
        if far >= _UNUSUAL:
            return "usual"
        side = "more" if self.place > 1 / 2 else "less"
        return f"{'unusual' if far >= _MISSED else 'missed'}: history is {side}"


def compare(history: History, values: dict[str, F64], beside: dict[str, F64]) -> list[Row]:
    """Set each known quantity beside the model's values of it, under both regimes."""
    rows = []
    for event in history.events:
        known = _defined(values[event.quantity])
        low, median, high = _quantiles(known, (0.05, 0.5, 0.95))
        rows.append(
            Row(
                event,
                known.size,
                median,
                low,
                high,
                below=_share(known < event.low),
                within=_share((known >= event.low) & (known <= event.high)),
                beside=_quantiles(_defined(beside[event.quantity]), (0.5,))[0],
            )
        )
    return rows


def _defined(values: F64) -> F64:
    found: F64 = values[~np.isnan(values)]
    return found


def _share(where: NDArray[np.bool_]) -> float:
    return float(where.mean()) if where.size else 0.0


def _quantiles(values: F64, shares: tuple[float, ...]) -> list[float]:
    if not values.size:
        return [np.nan] * len(shares)
    found: list[float] = np.quantile(values, shares, method="inverted_cdf").tolist()
    return found


def table(known: Known, rows: list[Row]) -> str:
    """Return the comparison as a table in Markdown."""
    heads = ("event", "quantity", "history", "model: median", "5% to 95%", "history at", "verdict")
    lines = [
        f"| {' | '.join(heads)} | {known.beside.name}: median |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- | ---: |",
    ]
    for row in rows:
        event = row.event
        happened = _number(event.low)
        if event.high > event.low:
            happened += f" to {_number(event.high)}"
        cells = (
            _cell(event.event),
            _cell(f"{event.label} ({event.unit})"),
            happened,
            _number(row.median),
            f"{_number(row.low)} to {_number(row.high)}",
            f"{row.place:.0%}" if row.count else "-",
            row.verdict,
            _number(row.beside),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    if np.isnan(value):
        return "-"
    return "never" if np.isinf(value) else f"{value:.3g}"


def _cell(text: str) -> str:
    """Return a text that stays in its cell, and steers no terminal."""
    return printable(text).replace("|", "\\|")


def report(known: Known, rows: list[Row], *, calls: int, worlds: int) -> str:
    """Return the table with what it rests on and what has no counterpart."""
    history = known.history
    head = (
        f"{printable(history.meaning)}.\n"
        f"Model: scenario {known.scenario.name}, policy {known.policy.name}, {worlds} worlds, "
        f"{calls} calls by {history.state}.\n"
        "A time that is not reached counts as never. `history at` is the share of the model's "
        "values below what happened, and of an interval its middle; an interval that holds half of "
        "the model's values or more says little."
    )
    missing = [f"Not in the model: {printable(one)}" for one in history.missing]
    return "\n\n".join([head, table(known, rows), *missing])
