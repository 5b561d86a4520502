"""Tables of designs: which settings are run. Each is a function of the design and the seed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.designs.columns import Column, declared_number, row_of
from experiments.designs.distributions import Levels
from experiments.designs.experiment import (
    MOST_POINTS,
    Factorial,
    LatinHypercube,
    Listed,
    Morris,
    OneAtATime,
    Saltelli,
    Sobol,
)
from experiments.outcomes import F64
from scenarios.errors import SpecError

AnyDesign = Listed | Factorial | OneAtATime | LatinHypercube | Sobol | Saltelli | Morris


def size_of(design: AnyDesign, columns: Sequence[Column]) -> int:
    """Return how many settings a design has, before it is drawn."""
    if isinstance(design, Listed):
        return len(design.settings)
    if isinstance(design, Factorial):
        size = 1
        for column in columns:
            size *= len(_levels(design, column))
        return size
    if isinstance(design, OneAtATime):
        return 1 + sum(len(_away(column)) for column in columns)
    if isinstance(design, Saltelli):
        return design.points * (len(columns) + 2)
    if isinstance(design, Morris):
        return design.trajectories * (len(columns) + 1)
    return design.points


def table_of(design: AnyDesign, columns: Sequence[Column], seed: int) -> F64:
    """Draw the table of a design, shape (S, K).

    Raises
    ------
    SpecError
        If it has too many settings, or a setting of a list does not fit.
    """
    size = size_of(design, columns)
    if size > MOST_POINTS:
        raise SpecError(
            f"a design has at most {MOST_POINTS:,} settings; this one has {size:,}",
            "vary less, or write fewer points or levels",
            where="design",
        )
    if isinstance(design, Listed):
        rows = [
            row_of(columns, setting, f"design.settings[{number}]")
            for number, setting in enumerate(design.settings)
        ]
        return np.array(rows, np.float64).reshape(size, len(columns))
    if isinstance(design, Factorial):
        return np.array(list(itertools.product(*(_levels(design, one) for one in columns))))
    if isinstance(design, OneAtATime):
        return _one_at_a_time(columns)
    unit = _unit_table(design, len(columns), seed)
    made = [column.distribution.quantile(unit[:, place]) for place, column in enumerate(columns)]
    if isinstance(design, Morris):
        _step_between_words(columns, unit, made, seed)
    return np.stack(made, axis=1)


def _step_between_words(
    columns: Sequence[Column], unit: F64, made: Sequence[F64], seed: int
) -> None:
    """Let each trajectory of Morris go from a word to any other: they lie on no grid.

    Parameters
    ----------
    unit
        Numbers in [0, 1], shape (S, K): trajectories of K + 1 rows.
    made
        K columns of numbers; those of words are filled anew.
    """
    words = [place for place, column in enumerate(columns) if not column.scale.is_ordered]
    if not words:
        return
    grid = unit.reshape(-1, len(columns) + 1, len(columns))
    drawn = _unit_table(LatinHypercube(kind="latin-hypercube", points=len(grid)), len(words), seed)
    for place, chance in zip(words, drawn.T, strict=True):
        levels = np.array(columns[place].ends())
        others = len(levels) - 1
        pair = np.floor(chance * len(levels) * others).astype(np.int64)
        first = pair // others
        second = (first + 1 + pair % others) % len(levels)
        moved = grid[:, :, place] != grid[:, :1, place]
        made[place][:] = levels[np.where(moved, second[:, None], first[:, None])].ravel()


def _levels(design: Factorial, column: Column) -> list[float]:
    if isinstance(column.distribution, Levels):
        return list(column.distribution.values)
    found = column.distribution.quantile(np.linspace(0, 1, design.levels)).tolist()
    return list(dict.fromkeys(found))


def _away(column: Column) -> list[float]:
    """Return the numbers to try beside the declared one."""
    return [number for number in column.ends() if number != column.declared]


def _one_at_a_time(columns: Sequence[Column]) -> F64:
    declared = [declared_number(column, f"{column.where}.changes") for column in columns]
    rows = [declared]
    for place, column in enumerate(columns):
        rows += [[*declared[:place], end, *declared[place + 1 :]] for end in _away(column)]
    return np.array(rows, np.float64)


def _unit_table(design: LatinHypercube | Sobol | Saltelli | Morris, columns: int, seed: int) -> F64:
    """Return numbers in [0, 1], shape (S, K)."""
    problem: dict[str, Any] = {
        "num_vars": columns,
        "names": [str(number) for number in range(columns)],
        "bounds": [[0.0, 1.0]] * columns,
    }
    if isinstance(design, LatinHypercube):
        from SALib.sample import latin

        table = latin.sample(problem, design.points, seed=seed)
    elif isinstance(design, Saltelli):
        from SALib.sample import sobol

        table = sobol.sample(problem, design.points, calc_second_order=False, seed=seed)
    elif isinstance(design, Morris):
        from SALib.sample import morris

        table = morris.sample(problem, design.trajectories, num_levels=design.levels, seed=seed)
    else:
        from scipy.stats import qmc

        power = design.points.bit_length() - 1
        table = qmc.Sobol(columns, seed=seed).random_base2(power)
    return np.asarray(table, np.float64)
