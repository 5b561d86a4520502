"""Tables of what drives an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from experiments.outcomes import F64, Outcome
from experiments.terminal import Column, number, percent, print_table, say, tell_left_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from experiments.analysis import Indices, Noise, Screening, Study, Swings

    Filled: TypeAlias = tuple[list[Column], Sequence[Sequence[str]]]
    """Columns, and rows for them."""

MOST_ROWS: Final = 15
"""Parameters that a table shows."""


def print_drivers(
    study: Study, outcome: Outcome, policy: str, found: Swings | Screening | Indices
) -> None:
    """Print the parameters that matter most for a difference from the baseline."""
    from experiments.analysis import Indices, Screening

    title = f"{outcome.label} ({outcome.unit}): {policy} minus {study.futures.baseline}"
    sizes = _sizes(found)
    if isinstance(found, Screening):
        columns, rows = _screening(found)
    elif isinstance(found, Indices):
        columns, rows = _indices(found)
    else:
        columns, rows = _swings(found)
    left_out = print_table(columns, rows, title=title)
    if len(sizes) > MOST_ROWS:
        rest = float(np.nanmax(np.sort(np.nan_to_num(sizes))[:-MOST_ROWS]))
        say(f"{len(sizes) - MOST_ROWS} more parameters, none above {number(rest)}.")
    if isinstance(found, (Screening, Indices)):
        say(_noise(found.noise))
    tell_left_out(left_out)


def print_meanings(study: Study, results: Iterable[Swings | Screening | Indices]) -> None:
    """Say what the parameters in some tables are, once each, where their names do not."""
    shown = (result.names[place] for result in results for place in _order(_sizes(result)))
    said = {name: study.meanings[name] for name in dict.fromkeys(shown) if name in study.meanings}
    if said:
        columns = [Column("parameter"), Column("what it is", "text")]
        print_table(columns, [(name, said[name]) for name in sorted(said)])


def _sizes(found: Swings | Screening | Indices) -> F64:
    """Return by what parameters are ordered."""
    from experiments.analysis import Indices, Screening

    if isinstance(found, Screening):
        return found.mu_star
    if isinstance(found, Indices):
        return found.total
    return found.sizes


def _noise(noise: Noise) -> str:
    if not np.isfinite(noise.share):
        return "One world: what is noise cannot be told; take more."
    return (
        f"{percent(noise.share)} of the variance between settings is noise of having"
        f" {noise.replications} worlds; * stands clear of it."
    )


def _order(sizes: F64) -> list[int]:
    found: list[int] = np.argsort(-np.nan_to_num(sizes), kind="stable")[:MOST_ROWS].tolist()
    return found


def _screening(found: Screening) -> Filled:
    columns = [
        Column("parameter"),
        Column("effect", "number"),
        Column("95% interval", "number"),
        Column(""),
        Column("direction", "number", spare=1),
        Column("varies", "number", spare=2),
    ]
    rows = [
        (
            found.names[place],
            number(float(found.mu_star[place])),
            _interval(found.mu_star_low[place], found.mu_star_high[place]),
            "*" if found.is_clear[place] else "",
            number(float(found.mu[place]), sign=True),
            number(float(found.sigma[place])),
        )
        for place in _order(found.mu_star)
    ]
    return columns, rows


def _indices(found: Indices) -> Filled:
    columns = [
        Column("parameter"),
        Column("first", "number"),
        Column("95% interval", "number"),
        Column("total", "number"),
        Column("95% interval", "number"),
        Column(""),
    ]
    rows = [
        (
            found.names[place],
            number(float(found.first[place])),
            _interval(found.first_low[place], found.first_high[place]),
            number(float(found.total[place])),
            _interval(found.total_low[place], found.total_high[place]),
            "*" if found.is_clear[place] else "",
        )
        for place in _order(found.total)
    ]
    return columns, rows


def _swings(found: Swings) -> Filled:
    columns = [
        Column("parameter"),
        Column("at"),
        Column("change", "number"),
        Column("95% interval", "number"),
    ]
    rows = [
        (
            found.names[place],
            swing.level,
            number(swing.change, sign=True),
            _interval(swing.low, swing.high),
        )
        for place in _order(found.sizes)
        for swing in found.swings[place]
    ]
    return columns, rows


def _interval(low: float, high: float) -> str:
    return f"{number(float(low))} to {number(float(high))}"
