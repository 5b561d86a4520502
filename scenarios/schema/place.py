"""Places: who there is, and over which instruments they are joined."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, RootModel, model_validator

from scenarios.errors import refusal, unknown_name
from scenarios.schema.calendar import Holiday
from scenarios.schema.delays import Delay
from scenarios.schema.sourced import Sourced, SourceRow
from scenarios.schema.spec import Name, Spec
from scenarios.schema.store import Store
from sim.seam import MAX_GROUPS

Clearance = Literal["unclassified", "restricted", "confidential"]
PLACE_FILE = "place.yaml"
"""The declaration of a place in its folder, beside its tables."""

CLEARANCES: tuple[Clearance, ...] = ("unclassified", "restricted", "confidential")

MOST_KINDS = 100
"""Most kinds of desk, instruments, and connections of an instrument."""

MOST_HOLIDAYS = 366

MOST_DESKS = 2_000
"""Most desks of all states and bodies together."""

MOST_PAIRS = 200_000
"""Most pairs of desks that the connections of a place could join."""

Hours = Literal["office", "continuous"]
"""Working hours of a desk: weekdays 8 to 18 but for holidays, or round the clock."""


ROLES = {"request": "REQUEST", "hit": "HIT", "follow-up": "FOLLOWUP", "routine": "ROUTINE"}
"""Kinds of report that are no evidence, with the roles that they have."""


class Member(Spec):
    """A Member State: one row of ``members.csv``; the columns' sources are in ``columns.yaml``."""

    code: str = Field(pattern=r"^[A-Z]{2}$")
    name: str
    population: int = Field(gt=0, le=10_000_000_000)
    police_officers: int = Field(gt=0, le=100_000_000)
    hour_eur: float = Field(gt=0, le=10_000)
    """What an hour of work costs, in euro."""
    external_land_border_km: float = Field(ge=0, le=100_000)
    external_sea_border: bool
    external_air_border: bool
    cert_2010: bool
    aro_2010: bool
    sis_2010: bool
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)

    @property
    def external_border(self) -> bool:
        """Whether the state has a land or sea border that is external to the Union."""
        return self.external_land_border_km > 0 or self.external_sea_border


class Pair(Spec):
    """Two neighbouring Member States: one row of ``borders.csv``."""

    a: str
    b: str

    @model_validator(mode="after")
    def _of_two(self) -> Self:
        if self.a == self.b:
            raise refusal(
                f"two states are joined; both are {self.a}", "name another one, or remove the row"
            )
        return self


class Centre(Pair):
    """A police and customs cooperation centre: one row of ``pccc.csv``."""

    name: str
    year: int | None = None
    mark: str
    source: str


class Membership(Spec):
    """A state's membership of a regional group: one row of ``groups.csv``."""

    group: str
    member: str


class CivilProtection(Spec):
    """Means against forest fires: one row of ``civil_protection.csv``."""

    code: str
    region: str
    """States of one region share their weather."""
    aircraft: int = Field(ge=0, le=10_000)
    ground_modules: int = Field(ge=0, le=10_000)
    fires_year: float = Field(ge=0, le=1e6)
    burnt_ha_year: float = Field(ge=0, le=1e8)
    large_fires_month: float = Field(ge=0, le=1_000)
    fierceness: float = Field(gt=0, le=10)


class UnitKind(Sourced):
    """A kind of desk."""

    meaning: str
    hours: Hours = "office"
    clearance: Clearance = "restricted"
    """Highest classification the desk may read."""
    personal_data: bool = True
    """Whether the law lets the desk process personal data."""
    where: Literal["everywhere", "cert_2010"] = "everywhere"
    """Which Member States have one."""


class Body(Sourced):
    """An organisation outside the Member States, with its desks."""

    meaning: str
    enabled: bool = True
    desks: dict[Name, UnitKind] = Field(min_length=1, max_length=MOST_KINDS)


class Connection(Spec):
    """Desks that an instrument joins; both ways.

    `between` names one or two kinds of desk, national (``police``) or of a body
    (``europol.analysis``).
    """

    between: tuple[str, str]
    among: Literal["all", "neighbours", "same-member"] = "all"
    """Which pairs of states: all, neighbours and fellows of a regional group, or one state's own
    desks. A desk of a body is joined to all."""
    where: Literal["everywhere", "sis_2010"] = "everywhere"
    """Which Member States take part."""


class Instrument(Sourced):
    """A way by which information travels."""

    meaning: str
    latency: Delay
    clearance: Clearance
    kinds: tuple[Name, ...] = Field(min_length=1)
    """Kinds of report that may travel over it."""
    connections: tuple[Connection, ...] = Field(min_length=1, max_length=MOST_KINDS)


class Column(Spec):
    """What a column of a table means."""

    meaning: str
    unit: str
    source: str
    year: int | str
    note: str | None = None


class Columns(RootModel[dict[str, dict[str, Column]]]):
    """Columns of the tables of a place, by file and column."""

    def sources(self) -> list[SourceRow]:
        """Each column with its source."""
        return [
            SourceRow(
                f"{file}.{name}",
                f"column, {column.unit}",
                "assumed" if column.source.startswith("assumed") else "source",
                f"{column.source} ({column.year})",
            )
            for file, columns in self.root.items()
            for name, column in columns.items()
        ]


class Place(Spec):
    """Member States, bodies, desks and instruments."""

    place: Name
    meaning: str
    groups_as_neighbours: tuple[str, ...] = ()
    """Regional groups whose members deal with each other like neighbours."""
    national: dict[Name, UnitKind] = Field(min_length=1, max_length=MOST_KINDS)
    bodies: dict[Name, Body] = Field(default={}, max_length=MAX_GROUPS)
    instruments: dict[Name, Instrument] = Field(min_length=1, max_length=MOST_KINDS)
    holidays: tuple[Holiday, ...] = Field(default=(), max_length=MOST_HOLIDAYS)
    """Days on which all offices are closed, in scenarios that have a calendar."""
    stores: dict[str, Store] | None = Field(default=None, min_length=1, max_length=MOST_KINDS)
    """Kinds of desk that are data bases, national (``police``) or of a body."""


def check_place(place: Place) -> None:
    """Hold a place to the rule that instruments join desks that exist, and stores are such desks.

    Raises
    ------
    SpecError
        For the first connection or store that names an unknown desk, or report that a store cannot
        hold.
    """
    known = set(place.national) | {
        f"{body}.{desk}" for body, spec in place.bodies.items() for desk in spec.desks
    }
    for name, instrument in place.instruments.items():
        for number, connection in enumerate(instrument.connections):
            for end, desk in enumerate(connection.between):
                if desk not in known:
                    where = f"instruments.{name}.connections[{number}].between[{end}]"
                    raise unknown_name("desk", desk, known, where=where)
    evidence = {kind for way in place.instruments.values() for kind in way.kinds} - set(ROLES)
    for desk, store in (place.stores or {}).items():
        if desk not in known:
            raise unknown_name("desk", desk, known, where=f"stores.{desk}")
        for number, kind in enumerate(store.holds):
            if kind not in evidence:
                where = f"stores.{desk}.holds[{number}]"
                raise unknown_name("report", kind, evidence, where=where)
