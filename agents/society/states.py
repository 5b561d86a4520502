"""What has a place: of finished lanes each Member State's part, and that of bodies of the Union."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from agents.lane import NO_PLACE, Lane
from agents.mechanisms import Threat, by_place, named
from agents.society.caseload import (
    Group,
    cases_on_subjects,
    groups_of,
    persons_of,
    wrongly_upheld,
)
from agents.society.cost import cost_by
from agents.society.totals import HOURS_A_YEAR, JUDGED, Totals, is_dropped, judged, kinds_of_lead
from scenarios.schema import NO_STATE

F64 = NDArray[np.float64]

_Places = Mapping[int, float]
"""What there is of each place; of what has none under `NO_PLACE`."""


def states_of(
    lanes: Sequence[Lane], threats: Sequence[Threat], totals: Totals, tick: int
) -> dict[str, F64]:
    """Return the parts of all outcomes that are told by state, each of shape (L,).

    Parameters
    ----------
    totals
        Those at the end of the run.
    tick
        The end of the run.
    """
    layout = lanes[0].layout
    told = [one for one in layout.scenario.outcomes if one.by_state]
    if not told:
        return {}
    found = {
        **_of_work_and_disclosure(lanes, totals, tick),
        **_of_cases(lanes, tick),
        **named(threats, lambda threat: threat.by_state(tick)),
    }
    codes = (*layout.places, NO_STATE)
    return {
        one.part(code).name: found[one.name][:, number]
        for one in told
        for number, code in enumerate(codes)
    }


def _of_work_and_disclosure(lanes: Sequence[Lane], totals: Totals, tick: int) -> dict[str, F64]:
    """Return who worked for how long, and who was told of how many persons."""
    places = lanes[0].layout.places
    worked = (_by_place(lane, lane.work.hours_by(tick)) for lane in lanes)
    costs = (_by_place(lane, cost_by(lane, tick)) for lane in lanes)
    return {
        "casework_hours": by_place(worked, len(places)),
        "work_eur": by_place(costs, len(places)),
        **{
            name: by_place(
                (
                    _by_place(lane, dict(zip(lane.groups, judged(name, lane, told), strict=True)))
                    for lane, told in zip(lanes, totals.disclosed, strict=True)
                ),
                len(places),
            )
            for name in JUDGED
        },
    }


def _by_place(lane: Lane, by_organisation: Mapping[str, float]) -> _Places:
    """Return what organisations have by place."""
    found = defaultdict[int, float](float)
    for name, number in by_organisation.items():
        found[lane.layout.places.get(name, NO_PLACE)] += number
    return found


def _of_cases(lanes: Sequence[Lane], tick: int) -> dict[str, F64]:
    """Return what cases came to where they are, for all threats together and for each."""
    places = len(lanes[0].layout.places)
    return {
        f"{group.prefix}{name}": by_place((count(lane, group, tick) for lane in lanes), places)
        for group in groups_of(lanes[0].layout.scenario)
        for name, count in _COUNTS.items()
    }


def _opened(lane: Lane, group: Group, tick: int) -> _Places:
    del tick
    return Counter(case.place for case in cases_on_subjects(lane, group))


def _closed(lane: Lane, group: Group, tick: int) -> _Places:
    del tick
    cases = cases_on_subjects(lane, group)
    return Counter(case.place for case in cases if case.closed is not None)


def _dropped(lane: Lane, group: Group, tick: int) -> _Places:
    del tick
    cases, leads = cases_on_subjects(lane, group), kinds_of_lead(lane.layout.scenario)
    return Counter(case.place for case in cases if is_dropped(case, leads))


def _pursued(lane: Lane, group: Group, tick: int) -> _Places:
    """Persons wrongly pursued; those of a coincidence count once in each state."""
    del tick
    found = defaultdict[int, float](float)
    for subject, place in {(case.subject, case.place) for case in wrongly_upheld(lane, group)}:
        found[place] += persons_of(lane, subject)
    return found


def _pursued_years(lane: Lane, group: Group, tick: int) -> _Places:
    found = defaultdict[int, float](float)
    year = HOURS_A_YEAR / lane.layout.scenario.tick_h
    for case in wrongly_upheld(lane, group):
        found[case.place] += case.pursued(tick) * persons_of(lane, case.subject) / year
    return found


_COUNTS: dict[str, Callable[[Lane, Group, int], _Places]] = {
    "cases_closed": _closed,
    "cases_dropped": _dropped,
    "cases_opened": _opened,
    "wrongly_pursued": _pursued,
    "wrongly_pursued_years": _pursued_years,
}
