"""Outcomes: what is read off a finished lane, and which a scenario may declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from functools import partial
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from scenarios.errors import SpecError, unknown_name
from scenarios.schema.spec import Spec
from scenarios.schema.threat import ThreatSpec

COMMON_OUTCOMES: frozenset[str] = frozenset(
    (
        "backlog_mean",
        "backlog_peak",
        "cases_closed",
        "cases_dropped",
        "cases_opened",
        "casework_hours",
        "disclosed_by_store",
        "disclosures",
        "false_casework_hours",
        "false_matches",
        "false_recognitions",
        "false_subjects",
        "guard_hits",
        "needed_disclosures",
        "never_read_share",
        "person_years",
        "refused_releases",
        "searches",
        "unnecessary_disclosures",
        "violations",
        "waiting_days",
        "work_eur",
        "wrongly_pursued",
        "wrongly_pursued_years",
    )
)
"""Outcomes that can be read off any lane, whatever the threat."""

COMMON_FLOWS = COMMON_OUTCOMES - {
    "backlog_mean",
    "backlog_peak",
    "never_read_share",
    "waiting_days",
    "wrongly_pursued",
}
"""Those of them that are sums over time, and may be told by year."""

COMMON_BY_THREAT: frozenset[str] = frozenset(
    (
        "cases_closed",
        "cases_dropped",
        "cases_opened",
        "false_recognitions",
        "false_subjects",
        "waiting_days",
        "wrongly_pursued",
        "wrongly_pursued_years",
    )
)
"""Those of them that several threats in one world have each for itself, too."""

COMMON_PLACED: frozenset[str] = frozenset(
    (
        "cases_closed",
        "cases_dropped",
        "cases_opened",
        "casework_hours",
        "needed_disclosures",
        "unnecessary_disclosures",
        "work_eur",
        "wrongly_pursued",
        "wrongly_pursued_years",
    )
)
"""Those of them that have a place: where a case is, who works, who is told."""

OF_PART = "@"
"""What stands between the name of an outcome and that of a year or of a state."""

NO_STATE = "EU"
"""Name of the part of an outcome that is of no Member State: what bodies of the Union have."""


TIME_UNITS: tuple[str, ...] = ("days", "hours")
"""Units of outcomes that are times."""


class Outcome(Spec):
    """A number or time read off a finished lane."""

    name: Annotated[str, Field(pattern=r"^([a-z][a-z0-9-]*\.)?[a-z][a-z0-9_]*$")]
    """Where there are several threats, what one of them gives is named ``THREAT.NAME``."""
    label: str
    unit: str
    better: Literal["lower", "higher"]
    group: Literal["effect", "cost", "rights", "fairness"]
    time: bool = False
    """Whether it is a time that may not be reached; NaN is then censored at the horizon."""
    headline: bool = False
    tested: bool = True
    """Whether differences are tested; not where many outcomes describe one thing, as by state."""
    by_year: bool = False
    """Whether what came in each year is recorded as well, as ``NAME@YEAR``; of sums over time."""
    by_state: bool = False
    """Whether each Member State's part is recorded as well, as ``NAME@DE``; that of bodies of the
    Union is ``NAME@EU``. Of outcomes that have a place."""

    def part(self, name: str) -> Outcome:
        """Return what is recorded of it of a year or of a state; it describes, and is no test."""
        own = {"headline": False, "tested": False, "by_year": False, "by_state": False}
        named = {"name": self.part_name(name), "label": f"{self.label}, {name}"}
        return self.model_copy(update={**own, **named})

    def part_name(self, name: str) -> str:
        """Return the name of what is recorded of it of a year or of a state."""
        return f"{self.name}{OF_PART}{name}"


class Given(NamedTuple):
    """What the lanes of a scenario give, by the names that its outcomes may have."""

    names: frozenset[str]
    flows: frozenset[str]
    times: Mapping[str, str]
    placed: frozenset[str]
    """Those that have a place, and may be told by state."""


def qualified(threat: str, name: str, threats: Sized) -> str:
    """Return the name of what a threat gives, alone or beside others."""
    return name if len(threats) == 1 else f"{threat}.{name}"


def given(threats: Mapping[str, ThreatSpec]) -> Given:
    """Return what lanes with some threats give."""
    names, flows, placed = set(COMMON_OUTCOMES), set(COMMON_FLOWS), set(COMMON_PLACED)
    times: dict[str, str] = {}
    for threat, spec in threats.items():
        common = COMMON_BY_THREAT if len(threats) > 1 else frozenset[str]()
        own = partial(qualified, threat, threats=threats)
        names.update(map(own, common | spec.outcomes))
        flows.update(map(own, (common & COMMON_FLOWS) | spec.flows))
        placed.update(map(own, (common & COMMON_PLACED) | spec.placed))
        times |= {own(name): unit for name, unit in spec.times.items()}
    return Given(frozenset(names), frozenset(flows), times, frozenset(placed))


def check_outcomes(outcomes: Sequence[Outcome], threats: Mapping[str, ThreatSpec]) -> None:
    """Hold outcomes to what the lanes of some threats give.

    Raises
    ------
    SpecError
        For the first that they do not give, or not like that.
    """
    known = given(threats)
    names = [outcome.name for outcome in outcomes]
    for number, name in enumerate(names):
        if name not in known.names:
            raise unknown_name("outcome", name, known.names, where=f"outcomes[{number}].name")
        outcome = outcomes[number]
        _check_is_time(outcome, known.times.get(name), f"outcomes[{number}]")
        for key, there, why in (
            ("by_year", known.flows, "is no sum over time, of which each year has its part"),
            ("by_state", known.placed, "has no place, so that each state had its part"),
        ):
            if getattr(outcome, key) and name not in there:
                raise SpecError(
                    f"{name} {why}",
                    f"leave {key} out; it may stand at {', '.join(sorted(there))}",
                    where=f"outcomes[{number}].{key}",
                    value=True,
                )
        if name in names[:number]:
            raise SpecError(
                "an outcome is declared once",
                "remove the second declaration",
                where=f"outcomes[{number}].name",
            )


def _check_is_time(outcome: Outcome, unit: str | None, where: str) -> None:
    """Hold an outcome to what the threat gives: a time in a unit, or something else."""
    if outcome.time != (unit is not None):
        gives = f"a time, in {unit}" if unit else "no time"
        raise SpecError(
            f"{outcome.name} is {gives}",
            "write time: true" if unit else "leave it out",
            where=f"{where}.time",
            value=outcome.time,
        )
    if unit is not None and unit not in TIME_UNITS:
        raise SpecError(
            f"the threat gives {outcome.name} in {unit}, and times are in days or hours",
            f"mend the threat, or leave {outcome.name} out",
            where=f"{where}.name",
        )
    if unit is not None and outcome.unit != unit:
        raise SpecError(
            f"the threat gives {outcome.name} in {unit}",
            f"write {unit}",
            where=f"{where}.unit",
            value=outcome.unit,
        )
