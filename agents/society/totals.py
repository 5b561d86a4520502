"""Running totals of lanes, whatever the threat, and the years that are cut from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.lane import Case, Lane, total
from agents.mechanisms import Threat, named
from agents.society.caseload import Group, cases_on_subjects, groups_of, persons_of, wrongly_upheld
from agents.society.cost import cost_by
from scenarios.schema import Scenario
from sim.seam import COUNTERS, Engine

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

COUNTED: Final = (
    "disclosed_by_store",
    "disclosures",
    "false_matches",
    "guard_hits",
    "searches",
    "violations",
)
"""Counters that are outcomes as they are."""

JUDGED: Final = ("needed_disclosures", "unnecessary_disclosures")
"""Person records told, by whether there was a need; that is judged by what lanes are now."""

PERSON_DAYS_A_YEAR: Final = 365

HOURS_A_YEAR: Final = 24 * 365


@dataclass(frozen=True)
class Totals:
    """What has come together in L lanes from the beginning of the run up to a tick."""

    of: dict[str, F64]
    """By the name of the outcome, each of shape (L,)."""
    disclosed: tuple[I64, ...]
    """Person records disclosed by subject and organisation, by lane, each of shape (S, G)."""

    def of_outcome(self, name: str, lanes: Sequence[Lane]) -> F64:
        """Return the total of an outcome, shape (L,); need is judged by what the lanes are now."""
        if name not in JUDGED:
            return self.of[name]
        found = [judged(name, *one).sum() for one in zip(lanes, self.disclosed, strict=True)]
        return np.array(found, dtype=float)


def totals_of(
    lanes: Sequence[Lane], threats: Sequence[Threat], engine: Engine, tick: int
) -> Totals:
    """Return what has come together when `tick` begins, or the run has ended."""
    counters = dict(zip(COUNTERS, engine.counters().T.astype(float), strict=True))
    hours = np.array([lane.work.hours(tick) for lane in lanes]).reshape(-1, 2)
    return Totals(
        {
            **{name: counters[name] for name in COUNTED},
            "person_years": counters["person_days"] / PERSON_DAYS_A_YEAR,
            "refused_releases": counters["refused"],
            "casework_hours": hours.sum(axis=1),
            "false_casework_hours": hours[:, 1],
            "work_eur": np.array([total(cost_by(lane, tick).values()) for lane in lanes]),
            **_caseload(lanes, tick),
            **named(threats, lambda threat: threat.totals(tick)),
        },
        tuple(engine.disclosed(lane.number).copy() for lane in lanes),
    )


def _caseload(lanes: Sequence[Lane], tick: int) -> dict[str, F64]:
    """Return what cases came to so far, for all threats together and for each."""
    found: dict[str, F64] = {}
    for group in groups_of(lanes[0].layout.scenario):
        rows = np.array([_cases(lane, group, tick) for lane in lanes], dtype=float)
        named = (f"{group.prefix}{name}" for name in _OF_CASES)
        found |= dict(zip(named, rows.reshape(-1, len(_OF_CASES)).T, strict=True))
    return found


_OF_CASES: Final = (
    "cases_opened",
    "cases_closed",
    "cases_dropped",
    "false_recognitions",
    "false_subjects",
    "wrongly_pursued_years",
)


def _cases(lane: Lane, group: Group, tick: int) -> tuple[float, ...]:
    """Cases and false recognitions so far, and how long somebody was wrongly pursued."""
    cases, leads = cases_on_subjects(lane, group), kinds_of_lead(lane.layout.scenario)
    closed = [one for one in cases if one.closed is not None]
    pursued = total(
        one.pursued(tick) * persons_of(lane, one.subject) for one in wrongly_upheld(lane, group)
    )
    return (
        len(cases),
        len(closed),
        sum(is_dropped(one, leads) for one in closed),
        sum(lane.false_recognitions[threat] for threat in group.threats),
        sum(lane.threat_of(subject) in group.threats for subject in lane.false_subjects),
        pursued * lane.layout.scenario.tick_h / HOURS_A_YEAR,
    )


def is_dropped(case: Case, leads: set[str]) -> bool:
    """Whether a case was closed as a lead, before anybody was suspected."""
    return case.closed is not None and case.upheld is None and case.procedure in leads


def kinds_of_lead(scenario: Scenario) -> set[str]:
    """Return the procedures whose cases begin as leads, and may come to suspects."""
    return {
        name
        for name, procedure in scenario.procedures.items()
        if any(step.test is not None and step.test.upholds for _, step in procedure.walk())
    }


def judged(name: str, lane: Lane, disclosed: I64) -> I64:
    """Return the person records told with or without need, by organisation, shape (G,).

    Parameters
    ----------
    disclosed
        By subject and organisation, shape (S, G).
    """
    without = unnecessary(lane, disclosed)
    return without if name == "unnecessary_disclosures" else disclosed.sum(axis=0) - without


def unnecessary(lane: Lane, disclosed: I64) -> I64:
    """Person records told to organisations that had no part in a real case, shape (G,)."""
    needed = np.zeros(disclosed.shape, dtype=np.bool_)
    for subject in range(disclosed.shape[0]):
        needed[subject, lane.groups_in(lane.engine.contributed(lane.number, subject))] = True
    for organisation in lane.organisations.values():
        for subject in filter(lane.is_real, organisation.subjects):
            needed[subject, organisation.group] = True
    without: I64 = np.where(needed, 0, disclosed).sum(axis=0)
    return without


class Years:
    """Totals at the end of each year of a run but the last, for outcomes that are told by year."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        asked = any(outcome.by_year for outcome in scenario.outcomes)
        self._ends = {scenario.ticks_of(year) for year in scenario.years[:-1] if asked}
        self._kept: list[Totals] = []

    def end_at(self, tick: int) -> bool:
        """Whether a year but the last ends with the tick before `tick`."""
        return tick in self._ends

    def keep(self, totals: Totals) -> None:
        """Take the totals at the end of the next year."""
        self._kept.append(totals)

    def values(self, last: Totals, lanes: Sequence[Lane]) -> dict[str, F64]:
        """Return what came in each year, by outcome and year, each of shape (L,).

        Parameters
        ----------
        last
            Totals at the end of the run.
        """
        found: dict[str, F64] = {}
        for outcome in self._scenario.outcomes:
            parts = self._scenario.by_year(outcome)
            if parts:
                ends = [one.of_outcome(outcome.name, lanes) for one in (*self._kept, last)]
                rows = np.diff(ends, axis=0, prepend=0.0)
                found |= {part.name: row for part, row in zip(parts, rows, strict=True)}
        return found
