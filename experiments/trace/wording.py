"""Times, spans and counts in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from experiments.terminal import number

_MINUTES_A_DAY: Final = 24 * 60
_LEAST: Final = 0.001
"""Numbers below it have one digit."""
_FIRST_DAYS: Final = 2
"""Spans below so many days are told in hours."""


class Clock:
    """Ticks in words: day 0 is the first of the run."""

    def __init__(self, tick_h: float) -> None:
        self.tick_h = tick_h

    def days(self, tick: float) -> float:
        """Days from the start of the run."""
        return tick * self.tick_h / 24

    def when(self, tick: float) -> str:
        """Day and time of day: ``day 63 06:00``."""
        day, minute = divmod(math.floor(tick * self.tick_h * 60), _MINUTES_A_DAY)
        return f"day {day} {minute // 60:02d}:{minute % 60:02d}"

    def exactly(self, tick: float) -> str:
        """Day, time of day and tick: ``day 63 06:00 (tick 253)``."""
        return f"{self.when(tick)} (tick {tick:g})" if tick % 1 == 0 else self.when(tick)

    def span(self, ticks: float) -> str:
        """Length of a time: ``12.5 d``, ``6 h``, ``15 min``."""
        hours = ticks * self.tick_h
        if hours >= 24 * _FIRST_DAYS:
            return f"{_short(hours / 24)} d"
        return f"{_short(hours)} h" if hours >= 1 or not hours else f"{round(hours * 60)} min"


def _short(value: float) -> str:
    return f"{value:,.0f}" if round(value, 1) % 1 == 0 else f"{value:,.1f}"


def amount(value: float, *, sign: bool = False) -> str:
    """Write a number without an exponent; of a small one the first digit that is not zero."""
    small = 0 < abs(value) < _LEAST
    return number(value, sign=sign, digits=math.ceil(-math.log10(abs(value))) if small else None)


def count(times: int, noun: str) -> str:
    """Write a number with its noun: ``1 trace``, ``1,204 traces``."""
    return f"{times:,} {noun}{'' if times == 1 else 's'}"


def article(noun: str) -> str:
    """Write a noun with its article: ``a trace``, ``an incident``."""
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Write names with commas; of a long list the first and how many more there are."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def share(chance: float) -> str:
    """Write a chance in per cent, as the engine takes it: to 32 bits."""
    percent = 100 * round(chance * (1 << 32)) / (1 << 32)
    return f"{percent:.0f}%" if round(percent, 1) % 1 == 0 else f"{percent:.1f}%"


def traces(evidence: float) -> str:
    """Write evidence in traces of ordinary weight, rounded down."""
    return f"{math.floor(evidence * 10) / 10:.1f}"
