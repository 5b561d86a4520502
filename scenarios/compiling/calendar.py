"""Which tick of a week each tick of a run is read like."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from scenarios.schema import SUNDAY, Place, Scenario

WEEK_DAYS = 7


def week_of(scenario: Scenario, place: Place) -> NDArray[np.int64]:
    """Return the tick of a week that begins on Monday, for each tick of a run, shape (T,).

    Without a calendar a run begins on a Monday, and week follows week. With one, days are the
    weekdays that they were, and holidays are read like Sundays.
    """
    a_day = round(24 / scenario.tick_h)
    days, of_day = np.divmod(np.arange(scenario.ticks), a_day)
    if scenario.begins is None:
        return days % WEEK_DAYS * a_day + of_day
    weekday = np.array(
        [
            SUNDAY if any(one.is_on(day) for one in place.holidays) else day.weekday()
            for day in (scenario.begins + timedelta(int(number)) for number in range(days[-1] + 1))
        ]
    )
    return weekday[days] * a_day + of_day
