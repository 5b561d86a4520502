"""Days of a run: their dates, where a scenario has a calendar, and the years that they make."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Final, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator

from scenarios.errors import refusal
from scenarios.schema.sourced import Sourced

EARLIEST, LATEST = date(1900, 1, 1), date(2200, 12, 31)
"""Days on which a run can begin."""

DAYS_A_YEAR: Final = 365
"""Days of a year where there is no calendar."""

SUNDAY: Final = 6
"""Number of the day in a week that begins on Monday."""

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LEAP_YEAR: Final = "2000"


def day_of(value: object) -> date:
    """Read a day of the calendar.

    Raises
    ------
    ValueError
        If it is no text of year, month and day, there is no such day, or it is far away.
    """
    if isinstance(value, date):
        return value
    remedy = "write for example 2011-01-01"
    if not isinstance(value, str) or not _DAY.fullmatch(value.strip()):
        raise refusal("a day is written as year, month and day", remedy)
    try:
        found = date.fromisoformat(value.strip())
    except ValueError:
        raise refusal("the calendar has no such day", remedy) from None
    if not EARLIEST <= found <= LATEST:
        raise refusal(f"a run begins from {EARLIEST} to {LATEST}", remedy)
    return found


Day = Annotated[
    date,
    BeforeValidator(day_of),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2011-01-01"]}),
]
"""A day of the calendar, written as year, month and day."""


class Holiday(Sourced):
    """A day of every year on which all offices of a place are closed."""

    meaning: str
    day: str = Field(pattern=r"^\d{2}-\d{2}$")
    """Month and day: 12-25."""

    @field_validator("day")
    @classmethod
    def _is_in_a_year(cls, value: str) -> str:
        try:
            date.fromisoformat(f"{_LEAP_YEAR}-{value}")
        except ValueError:
            raise refusal("no year has such a day", "write month and day: 12-25") from None
        return value

    def is_on(self, day: date) -> bool:
        """Whether a day is this holiday."""
        return self.day == f"{day:%m-%d}"


class Year(NamedTuple):
    """A year of a run, or as much of it as the run has."""

    name: str
    """``2011``, or ``2012-01-01..06-19`` where it is not a whole one; without a calendar
    ``d366-730``."""
    end: int
    """Days from the beginning of the run to its end."""


def years(days: float, begins: date | None) -> tuple[Year, ...]:
    """Return the years of a run in order.

    Parameters
    ----------
    days
        Length of the run; what is left of a day counts as one.
    begins
        Its first day; without one, years are of 365 days, and the first begins with the run.
    """
    last = math.ceil(days)
    if begins is None:
        ends = [*range(DAYS_A_YEAR, last, DAYS_A_YEAR), last]
        return tuple(Year(f"d{one + 1}-{end}", end) for one, end in pairwise([0, *ends]))
    turns = (date(begins.year + number, 1, 1) for number in range(1, last // DAYS_A_YEAR + 2))
    ends = [end for end in ((turn - begins).days for turn in turns) if end < last]
    return tuple(
        Year(_named(begins + timedelta(one), begins + timedelta(end - 1)), end)
        for one, end in pairwise([0, *ends, last])
    )


def _named(first: date, last: date) -> str:
    """Name the days of a year by the year, or by first and last if there are not all of them."""
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        return f"{first.year}"
    return f"{first}..{last:%m-%d}"
