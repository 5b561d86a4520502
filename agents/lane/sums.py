"""Sums of fractions that are the same, to the bit, in every version of Python."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import add


def total(values: Iterable[float]) -> float:
    """Add numbers one after the other, each sum rounded; 0 of none.

    `sum` did so up to Python 3.11 and carries the rounding along from 3.12 on, so that the last bit
    of an outcome, and with it a replay, depended on who ran it.
    """
    return reduce(add, values, 0.0)
