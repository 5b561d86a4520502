"""Set a scenario beside history: one table and one picture.

What history says was not used to set any number of the scenario, so that agreement means something
and a miss is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from scenarios.errors import printable

if TYPE_CHECKING:
    from experiments.validation.known import Known
    from scenarios.schema import Event, History

F64 = NDArray[np.float64]

SHARES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Shares of the model's values at which quantiles are told."""

_TEXTS: Final = frozenset(("event", "quantity", "verdict"))

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
    quantiles: tuple[float, ...]
    """Of the model, at `SHARES`; infinity is never."""
    below: float
    """Share of the model's values below the known interval."""
    within: float
    """Share in the known interval."""

    beside: float | None
    """Median under the other regime, if there is one."""

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


def compare(
    history: History, values: Sequence[F64], beside: Sequence[F64] | None = None
) -> list[Row]:
    """Set each known quantity beside the model's values of it, by event, under its regimes."""
    rows = []
    for number, event in enumerate(history.events):
        known, (low, high) = _defined(values[number]), event.interval
        rows.append(
            Row(
                event,
                known.size,
                _quantiles(known, SHARES),
                below=_share(known < low),
                within=_share((known >= low) & (known <= high)),
                beside=None if beside is None else _median(beside[number]),
            )
        )
    return rows


def _defined(values: F64) -> F64:
    found: F64 = values[~np.isnan(values)]
    return found


def _median(values: F64) -> float:
    return _quantiles(_defined(values), (0.5,))[0]


def _share(where: NDArray[np.bool_]) -> float:
    return float(where.mean()) if where.size else 0.0


def _quantiles(values: F64, shares: tuple[float, ...]) -> tuple[float, ...]:
    if not values.size:
        return (np.nan,) * len(shares)
    return tuple(np.quantile(values, shares, method="inverted_cdf").tolist())


def table(known: Known, rows: list[Row]) -> str:
    """Return the comparison as a table in Markdown."""
    heads = ["event", "quantity", "history", "model: median", "25% to 75%", "5% to 95%"]
    heads += ["within", "history at", "verdict", "values"]
    if known.beside is not None:
        heads.append(f"{known.beside.name}: median")
    rule = ["---" if head in _TEXTS else "---:" for head in heads]
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, rule)]
    lines += [f"| {' | '.join(_cells(row))} |" for row in rows]
    return "\n".join(lines)


def _cells(row: Row) -> list[str]:
    event, (least, low, median, high, most) = row.event, row.quantiles
    cells = [
        _cell(event.event),
        _cell(f"{event.label} ({event.unit})"),
        _happened(event),
        _number(median),
        f"{_number(low)} to {_number(high)}",
        f"{_number(least)} to {_number(most)}",
        f"{row.within:.0%}" if row.count else "-",
        f"{row.place:.0%}" if row.count else "-",
        row.verdict,
        str(row.count),
    ]
    return cells if row.beside is None else [*cells, _number(row.beside)]


def _happened(event: Event) -> str:
    low, high = event.interval
    interval = f"{_number(low)} to {_number(high)}"
    if event.value is None:
        return interval if high > low else _number(low)
    return f"{_number(event.value)} ({interval})" if high > low else _number(event.value)


def _number(value: float) -> str:
    if np.isnan(value):
        return "-"
    return "never" if np.isinf(value) else f"{value:.3g}"


def _cell(text: str) -> str:
    """Return a text that stays in its cell, and steers no terminal."""
    return printable(text).replace("|", "\\|")


def report(known: Known, rows: list[Row], *, worlds: int, values: Sequence[str] = ()) -> str:
    """Return the table with what it rests on and what has no counterpart."""
    history = known.history
    model = f"Model: scenario {known.scenario.name}, policy {known.policy.name}, {worlds} worlds"
    if values:
        model += f", with {printable(', '.join(values))}"
    head = (
        f"{printable(history.meaning)}.\n"
        f"{model}.\n"
        "`values` counts worlds, or the calls for help of the state in them; a time that is not "
        "reached counts as never. `within` is the share of the model's values in what is known, "
        "`history at` the share below it, of an interval below its middle; an interval that holds "
        "half of the model's values or more says little."
    )
    missing = [f"Not in the model: {printable(one)}" for one in history.missing]
    return "\n\n".join([head, table(known, rows), *missing])
