"""Tables of what drives an answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.outcomes import F64, Outcome
from experiments.terminal import amount, console, grid, number, percent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from rich.table import Table

    from experiments.analysis import Indices, Noise, Screening, Study, Swings

NAME_COLUMNS: Final = 26
MOST_ROWS: Final = 15
"""Parameters that a table shows."""


def print_drivers(
    study: Study, outcome: Outcome, policy: str, found: Swings | Screening | Indices
) -> None:
    """Print the parameters that matter most for a difference from the baseline."""
    from experiments.analysis import Indices, Screening

    title = f"{outcome.label} ({outcome.unit}): {policy} minus {study.futures.baseline}"
    out = console()
    sizes = _sizes(found)
    if isinstance(found, Screening):
        table = _screening(title, found)
    elif isinstance(found, Indices):
        table = _indices(title, found)
    else:
        table = _swings(title, found, study.durations)
    out.print(table)
    if len(sizes) > MOST_ROWS:
        rest = float(np.nanmax(np.sort(np.nan_to_num(sizes))[:-MOST_ROWS]))
        out.print(f"{len(sizes) - MOST_ROWS} more parameters, none above {number(rest)}.")
    if not isinstance(found, (Screening, Indices)):
        return
    out.print(_noise(found.noise))


def print_meanings(study: Study, results: Iterable[Swings | Screening | Indices]) -> None:
    """Say what the parameters in some tables are, once each, where their names do not."""
    shown = (result.names[place] for result in results for place in _order(_sizes(result)))
    said = {name: study.meanings[name] for name in dict.fromkeys(shown) if name in study.meanings}
    if said:
        table = grid("parameter", "what it is")
        for name in sorted(said):
            table.add_row(name, said[name])
        console().print(table)


def _sizes(found: Swings | Screening | Indices) -> F64:
    """Return by what parameters are ordered."""
    from experiments.analysis import Indices, Screening

    if isinstance(found, Screening):
        return found.mu_star
    if isinstance(found, Indices):
        return found.total
    return np.fmax(np.abs(found.low), np.abs(found.high))


def _noise(noise: Noise) -> str:
    if not np.isfinite(noise.share):
        return "One replication: what is noise cannot be told; take more."
    return (
        f"{percent(noise.share)} of the variance between settings is noise of having"
        f" {noise.replications} worlds; * stands clear of it."
    )


def _order(sizes: F64) -> list[int]:
    found: list[int] = np.argsort(-np.nan_to_num(sizes), kind="stable")[:MOST_ROWS].tolist()
    return found


def _grid(*headings: str, title: str) -> Table:
    """Return an empty table whose long names are folded: cut off, several would look the same."""
    table = grid(*headings, title=title)
    table.columns[0].overflow = "fold"
    return table


def _folded(name: str) -> str:
    """Break a long name behind a dot."""
    lines = [""]
    for part in name.replace(".", ".\n").split("\n"):
        if lines[-1] and len(lines[-1]) + len(part) > NAME_COLUMNS:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _screening(title: str, found: Screening) -> Table:
    table = _grid("parameter", "effect#", "95% interval#", "", "direction#", "varies#", title=title)
    for place in _order(found.mu_star):
        table.add_row(
            _folded(found.names[place]),
            number(float(found.mu_star[place])),
            _interval(found.mu_star_low[place], found.mu_star_high[place]),
            "*" if found.is_clear[place] else "",
            number(float(found.mu[place]), sign=True),
            number(float(found.sigma[place])),
        )
    return table


def _indices(title: str, found: Indices) -> Table:
    table = _grid(
        "parameter", "first#", "95% interval#", "total#", "95% interval#", "", title=title
    )
    for place in _order(found.total):
        table.add_row(
            _folded(found.names[place]),
            number(float(found.first[place])),
            _interval(found.first_low[place], found.first_high[place]),
            number(float(found.total[place])),
            _interval(found.total_low[place], found.total_high[place]),
            "*" if found.is_clear[place] else "",
        )
    return table


def _swings(title: str, found: Swings, durations: Collection[str]) -> Table:
    table = _grid(
        "parameter", "low at#", "change#", "95% interval#", "high at#", "change#", "95% interval#",
        title=title,
    )  # fmt: skip
    for place in _order(_sizes(found)):
        write = partial(amount, is_duration=found.names[place] in durations)
        table.add_row(
            _folded(found.names[place]),
            write(float(found.low_at[place])),
            number(float(found.low[place]), sign=True),
            _interval(found.low_from[place], found.low_to[place]),
            write(float(found.high_at[place])),
            number(float(found.high[place]), sign=True),
            _interval(found.high_from[place], found.high_to[place]),
        )
    return table


def _interval(low: float, high: float) -> str:
    return f"{number(float(low))} to {number(float(high))}"
