"""Scenarios: what happens, who watches, what is measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, create_model, model_validator

from scenarios.errors import SpecError, refusal, unknown_name
from scenarios.schema.absent import Absent
from scenarios.schema.calendar import Day, Year, years
from scenarios.schema.casework import STEPS_A_TICK, Casework
from scenarios.schema.dealing import check_procedures, dealing
from scenarios.schema.delays import walk_delays
from scenarios.schema.durations import Hours, format_hours
from scenarios.schema.outcomes import NO_STATE, Outcome, check_outcomes
from scenarios.schema.place import ROLES, Clearance
from scenarios.schema.procedure import Post, Procedure
from scenarios.schema.quantities import MOST_EVIDENCE, Chance, NonNegative, Positive
from scenarios.schema.sourced import Sourced
from scenarios.schema.spec import Name, Spec
from scenarios.schema.store import Store
from scenarios.schema.threat import (
    Family,
    Recognition,
    Sight,
    ThreatSpec,
    Trust,
    check_alone,
)
from sim.draws import LARGEST as LARGEST_STEP, QUANTILES, Table, constant, lognormal

URGENCIES: tuple[str, ...] = ("immediate", "priority", "routine")
Urgency = Literal["immediate", "priority", "routine"]

EVIDENCE_ONE = 256
"""Evidence of one trace of ordinary weight."""

MOST_TICKS = 1_000_000
"""Most ticks of a run: a hundred years by the hour."""

MOST_REPORTS = 100
"""Most classes of report."""

MOST_THREATS = 8
"""Most threats of a scenario."""

MOST_POSTS = 100

MOST_PROCEDURES = 100


class Weight(Spec):
    """Evidence that one report carries, in traces of ordinary weight."""

    median: float = Field(ge=0, le=MOST_EVIDENCE)
    p95: float = Field(ge=0, le=MOST_EVIDENCE)

    @model_validator(mode="after")
    def _ordered(self) -> Weight:
        if self.p95 < self.median:
            raise refusal("the 95th percentile lies below the median", "write p95 >= median")
        try:
            self.table()
        except ValueError:
            raise refusal(
                f"1 of {2 * QUANTILES} reports would weigh more than the engine can add up",
                "bring p95 nearer to the median",
            ) from None
        return self

    def table(self) -> Table:
        """Compile to an inverse-CDF table, in units of ``1 / EVIDENCE_ONE``."""
        median, p95 = self.median * EVIDENCE_ONE, self.p95 * EVIDENCE_ONE
        return constant(median) if median in (0, p95) else lognormal(median, p95)


class ReportClass(Sourced):
    """A class of report."""

    kind: Name
    meaning: str
    weight: Weight = Weight(median=0, p95=0)
    persons: int = Field(default=0, ge=0, le=1_000_000)
    """Person records it carries; 0: it is not personal data."""
    classification: Clearance = "restricted"
    urgency: Urgency = "routine"
    lifetime: Hours = Field(gt=0)
    """Time after which it is of no use."""
    addressed: bool = False
    """Whether organisations react to reading it, apart from what it adds to the evidence."""


class Staff(Sourced):
    """Readers of a kind of desk."""

    base: float = Field(ge=0, le=1_000_000)
    per_10k_police: float = Field(default=0, ge=0, le=10_000)
    """Readers more for every 10,000 police officers of the state."""


class Desk(Spec):
    """How a kind of desk reads and asks in this scenario."""

    staff: Staff
    reads: Positive
    """Reports a reader reads in a working day."""
    local_routine: NonNegative
    """Share of the capacity taken by routine that no policy changes."""
    routine_made: NonNegative
    """Routine reports of interest to others that a reader writes in a working day."""
    asks: bool = False


class Scenario(Spec):
    """A scenario, as declared."""

    scenario: Name
    extends: str | None = None
    """Scenario (name, or path beside this file) of which this one gives only what differs."""
    meaning: str
    place: str
    tick: Annotated[str, Field(pattern=r"^PT[1-9][0-9]{0,3}[MH]$")]
    """ISO 8601 duration of a tick: PT15M, PT1H, PT6H; a day holds a whole number of ticks."""
    horizon: Hours = Field(gt=0)
    begins: Day | None = Field(default=None, alias="from")
    """Day of the first tick: weekdays, holidays and years are those of the calendar then. Left out,
    the first day is a Monday, and there are no holidays."""
    baseline: Name
    reports: dict[Name, ReportClass] = Field(min_length=1, max_length=MOST_REPORTS)
    desks: dict[str, Desk] = Field(min_length=1)
    stores: dict[str, Store] | None = Field(default=None, min_length=1)
    """Kinds of desk that are data bases here, beside or instead of what the place declares."""
    absent: Absent | None = None
    """What of the place takes no part; left out, all of it does."""
    threats: dict[Name, SerializeAsAny[ThreatSpec]] = Field(min_length=1, max_length=MOST_THREATS)
    """By name; that of a file of the catalogue, or a path, stands for what it declares."""
    sample: Chance | None = None
    """Share of the groups of the real world that is here, and of the people who chase them."""
    casework: Casework
    posts: dict[Name, Post] = Field(default={}, max_length=MOST_POSTS)
    procedures: dict[Name, Procedure] = Field(default={}, max_length=MOST_PROCEDURES)
    """A name of the catalogue or a file beside this one stands for what it declares."""
    trust: Trust | None = None
    """How trust changes; left out, it stays neutral."""
    outcomes: tuple[Outcome, ...] = Field(min_length=1)

    @property
    def tick_h(self) -> float:
        """Hours of a tick."""
        number, unit = re.fullmatch(r"PT(\d+)([MH])", self.tick).groups()  # type: ignore[union-attr]
        return int(number) / (60 if unit == "M" else 1)

    @property
    def ticks(self) -> int:
        """Ticks up to the horizon."""
        return round(self.horizon / self.tick_h)

    @property
    def horizon_days(self) -> float:
        """Length of a run in days."""
        return self.ticks * self.tick_h / 24

    @property
    def families(self) -> tuple[Family, ...]:
        """Families of the threats, each once."""
        return tuple(dict.fromkeys(threat.family for threat in self.threats.values()))

    def procedures_of(self, threat: str) -> frozenset[str]:
        """Return the procedures that deal with a threat."""
        return dealing(threat, self.threats, self.procedures)

    @property
    def tables_needed(self) -> frozenset[str]:
        """Tables of the place that a threat needs."""
        return frozenset(name for one in self.threats.values() for name in one.tables_needed)

    def seen_by(self, desk: str) -> Iterator[tuple[str, Sight]]:
        """Give what a kind of desk sees, each with the threat that it is of."""
        for name, threat in self.threats.items():
            yield from ((name, sight) for sight in threat.sees.get(desk, ()))

    def recognised_by(self, desk: str) -> dict[str, Recognition]:
        """Return when a kind of desk recognises a threat, by its name."""
        return {
            name: threat.recognises[desk]
            for name, threat in self.threats.items()
            if desk in threat.recognises
        }

    @property
    def years(self) -> tuple[Year, ...]:
        """The years of a run, whole or not, in order."""
        return years(self.horizon_days, self.begins)

    def ticks_of(self, year: Year) -> int:
        """Ticks from the beginning of a run to the end of a year."""
        return min(round(year.end * 24 / self.tick_h), self.ticks)

    @property
    def _told_years(self) -> tuple[str, ...]:
        """Names of the years that outcomes are told by; a run of one year is told as a whole."""
        named = tuple(year.name for year in self.years)
        return named if len(named) > 1 else ()

    def by_year(self, outcome: Outcome) -> tuple[Outcome, ...]:
        """Return what is recorded of an outcome by year: nothing if it is not, or there is one."""
        return tuple(map(outcome.part, self._told_years)) if outcome.by_year else ()

    def recorded(self, members: Iterable[str]) -> tuple[Outcome, ...]:
        """Return what is recorded of each lane: the outcomes declared, by year, and by state.

        Parameters
        ----------
        members
            Codes of the Member States.
        """
        parts = (outcome.part(name) for outcome, name in self._parts(members))
        return (*self.outcomes, *parts)

    def recorded_names(self, members: Iterable[str]) -> list[str]:
        """Return the names of what is `recorded`, which takes longer to make."""
        parts = (outcome.part_name(name) for outcome, name in self._parts(members))
        return [*(outcome.name for outcome in self.outcomes), *parts]

    def _parts(self, members: Iterable[str]) -> Iterator[tuple[Outcome, str]]:
        """Give outcomes with the years, then the states, that they are told by."""
        years, codes = self._told_years, (*members, NO_STATE)
        yield from ((one, year) for one in self.outcomes if one.by_year for year in years)
        yield from ((one, code) for one in self.outcomes if one.by_state for code in codes)


class Header(BaseModel):
    """The lines of a scenario that a list shows; the rest is not looked at."""

    model_config = ConfigDict(extra="ignore")

    scenario: Name
    meaning: str


Threats = Mapping[str, type[ThreatSpec]]
"""Declarations of threats by kind."""


def scenario_model(threats: Threats) -> type[Scenario]:
    """Return the model of scenarios whose threats are of `threats`, told apart by `kind`."""
    return _scenario_model(tuple(threats.values()))


@cache
def _scenario_model(declarations: tuple[type[ThreatSpec], ...]) -> type[Scenario]:
    kinds: Any = Union[declarations]  # noqa: UP007 - a union of what is known at run time only
    if len(declarations) > 1:
        kinds = Annotated[kinds, Field(discriminator="kind")]
    named = (dict[Name, kinds], Field(min_length=1, max_length=MOST_THREATS))
    model: type[Scenario] = create_model("Scenario", __base__=Scenario, threats=named)
    return model


def check_threats(spec: Scenario, members: Sequence[str]) -> None:
    """Hold threats to the Member States and the tick there are.

    Raises
    ------
    SpecError
        If one does not fit; its `where` is a path in the scenario.
    """
    for name, threat in spec.threats.items():
        with _in_threat(name):
            threat.check(members, spec.tick_h)


@contextmanager
def _in_threat(name: str) -> Iterator[None]:
    """Let errors with a path in a threat have one in the scenario."""
    try:
        yield
    except SpecError as error:
        error.where = f"threats.{name}.{error.where}"
        raise


def plain(spec: Scenario) -> Scenario:
    """Return the same declaration as a `Scenario` proper, which other processes can be sent."""
    return Scenario.model_construct(**{name: getattr(spec, name) for name in Scenario.model_fields})


def check_scenario(spec: Scenario, like: Scenario | None = None) -> None:
    """Hold a scenario to the rules that join its parts.

    Parameters
    ----------
    spec
        The scenario.
    like
        One that was held to them before: delays that are its very own fit if the tick is the same.

    Raises
    ------
    SpecError
        For the first part that does not fit.
    """
    _check_time(spec)
    _check_delays(spec, like if like is not None and like.tick_h == spec.tick_h else None)
    _check_hours(spec)
    _check_reports(spec)
    for name, threat in spec.threats.items():
        with _in_threat(name):
            check_alone(threat)
    _check_once(spec)
    _check_sights(spec)
    _check_stores(spec)
    check_procedures(spec.procedures, spec.posts, spec.reports, spec.desks, spec.threats)
    check_outcomes(spec.outcomes, spec.threats)


def _check_once(spec: Scenario) -> None:
    first: dict[str, str] = {}
    for name, threat in spec.threats.items():
        other = first.setdefault(threat.kind, name)
        if threat.once and other != name:
            raise SpecError(
                f"a world has one threat of the kind {threat.kind}; {other} is one already",
                f"let {other} stand for both",
                where=f"threats.{name}.kind",
            )


def _check_time(spec: Scenario) -> None:
    if (24 / spec.tick_h) % 1 or spec.ticks < 1:
        raise SpecError(
            "a day holds a whole number of ticks, and the run at least one",
            "write PT15M, PT1H or PT6H, and a longer horizon",
            where="tick",
        )
    if spec.ticks > MOST_TICKS:
        raise SpecError(
            f"a run has at most {MOST_TICKS:,} ticks; this one has {spec.ticks:,}",
            "write a longer tick or a shorter horizon",
            where="horizon",
        )


def _check_hours(spec: Scenario) -> None:
    if (spec.posts or spec.casework.incident) and spec.casework.hours_per_day is None:
        raise SpecError(
            "people of posts, and those who handle incidents, work some hours a day",
            'write `hours_per_day: {value: 5.4, assumed: "7.5 hours on five of seven days"}`',
            where="casework",
        )


def _check_delays(spec: Scenario, like: Scenario | None) -> None:
    """Hold delays to the tables of casework, which count parts of ticks."""
    unit = 1 / STEPS_A_TICK
    for where, delay in walk_delays(spec, but=like):
        if not delay.fits(spec.tick_h, unit=unit):
            longest = format_hours(float(LARGEST_STEP * unit * spec.tick_h // 24 * 24))
            raise SpecError(
                f"a delay is at most {longest} with a tick of {spec.tick}, its tail included",
                "write a longer tick or shorter delays",
                where=where,
            )


def _check_reports(spec: Scenario) -> None:
    names: dict[str, str] = {}
    for name, report in spec.reports.items():
        role = ROLES.get(report.kind)
        if role is not None and role != "ROUTINE" and role in names:
            raise SpecError(
                f"there is one class of report of the kind {report.kind}; "
                f"{names[role]} is one already",
                "keep one of the two, or give one another kind",
                where=f"reports.{name}.kind",
            )
        names[role or ""] = name


def _check_sights(spec: Scenario) -> None:
    for name, threat in spec.threats.items():
        for part, desks in (("sees", threat.sees), ("recognises", threat.recognises)):
            for kind in desks:
                if kind not in spec.desks:
                    where = f"threats.{name}.{part}.{kind}"
                    raise unknown_name("desk", kind, spec.desks, where=where)
        for kind, sights in threat.sees.items():
            for number, sight in enumerate(sights):
                if sight.report not in spec.reports:
                    where = f"threats.{name}.sees.{kind}[{number}].report"
                    raise unknown_name("report", sight.report, spec.reports, where=where)


def _check_stores(spec: Scenario) -> None:
    """Hold stores to the reports and faces there are, and desks to be one thing."""
    evidence = {name: one.kind for name, one in spec.reports.items() if one.kind not in ROLES}
    kept = {*evidence, *evidence.values()}
    for kind, store in (spec.stores or {}).items():
        if kind in spec.desks:
            raise SpecError(
                f"a desk has people or is a store; {kind} is under `desks:`, too",
                f"remove {kind} from `desks:` or from `stores:`",
                where=f"stores.{kind}",
            )
        for number, name in enumerate(store.holds):
            if name not in kept:
                where = f"stores.{kind}.holds[{number}]"
                raise unknown_name("report", name, kept, where=where)
        named = {f"faces[{number}]": name for number, name in enumerate(store.faces or ())}
        named |= {f"false_match.{name}": name for name in store.false_match}
        faces = {face: None for threat in spec.threats.values() for face in threat.faces}
        for place, name in named.items():
            if name not in faces:
                where = f"stores.{kind}.{place}"
                raise unknown_name("face", name, faces, where=where)
