"""The years of a run, counted day by day."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import NamedTuple

from tests.agents.oracle.witness import Witness


class Part(NamedTuple):
    """A year, or what a run has of it."""

    name: str
    end: float
    """Tick at which it is over."""


def years(witness: Witness) -> list[Part]:
    """Return the years of a run in order."""
    begins, days = witness.scenario.begins, math.ceil(witness.end * witness.tick_h / 24)
    if begins is None:
        of_day = [day // 365 for day in range(days)]
    else:
        of_day = [(begins + timedelta(day)).year for day in range(days)]
    found = []
    for year in sorted(set(of_day)):
        first, last = of_day.index(year), days - 1 - of_day[::-1].index(year)
        ends = min((last + 1) * 24 / witness.tick_h, witness.end)
        found.append(Part(_name(witness, year, first, last), ends))
    return found


def _name(witness: Witness, year: int, first: int, last: int) -> str:
    begins = witness.scenario.begins
    if begins is None:
        return f"d{first + 1}-{last + 1}"
    one, other = begins + timedelta(first), begins + timedelta(last)
    if (one.month, one.day, other.month, other.day) == (1, 1, 12, 31):
        return str(year)
    return f"{one.isoformat()}..{other.isoformat()[5:]}"
