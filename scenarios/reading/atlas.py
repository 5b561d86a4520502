"""A place as loaded: its declaration, its Member States, and who neighbours whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from scenarios.errors import SpecError, unknown_name
from scenarios.reading.declarations import located, read
from scenarios.reading.table import read_csv
from scenarios.schema import (
    MOST_DESKS,
    MOST_PAIRS,
    NO_STATE,
    PLACE_FILE,
    Centre,
    CivilProtection,
    Columns,
    Member,
    Membership,
    Pair,
    Place,
    SourceRow,
    check_place,
    walk_sources,
)
from sim.seam import MAX_GROUPS

_Row = TypeVar("_Row", Member, CivilProtection)


@dataclass(frozen=True)
class Atlas:
    """A place and its tables."""

    place: Place
    members: Mapping[str, Member]
    """Member States by code, in the order of the table."""
    neighbours: frozenset[frozenset[str]]
    """Pairs of states that share a border, a cooperation centre or a regional group."""
    centres: tuple[Centre, ...]
    groups: Mapping[str, tuple[str, ...]]
    columns: Columns
    """What each column of the tables means, with its source."""
    civil_protection: Mapping[str, CivilProtection] = field(default_factory=dict)
    """Means against forest fires by state; empty where the place has no such table."""

    def are_neighbours(self, one: str, other: str) -> bool:
        """Whether two states deal with each other directly."""
        return frozenset((one, other)) in self.neighbours

    @property
    def desk_kinds(self) -> tuple[str, ...]:
        """Kinds of desk there are: national ones, and those of bodies that are enabled."""
        bodies = self.place.bodies.items()
        return (
            *self.place.national,
            *(f"{name}.{desk}" for name, body in bodies if body.enabled for desk in body.desks),
        )

    def document(self) -> dict[str, Any]:
        """Return everything that can change a result, as plain JSON types."""
        return {
            **self.place.model_dump(mode="json", exclude_none=True),
            "members": [member.model_dump(mode="json") for member in self.members.values()],
            "neighbours": sorted(sorted(pair) for pair in self.neighbours),
            "civil_protection": [
                row.model_dump(mode="json") for row in self.civil_protection.values()
            ],
        }

    def sources(self) -> list[SourceRow]:
        """Every number of the place and every column of its tables with where it comes from."""
        return [*walk_sources(self.place, "place"), *self.columns.sources()]


def load_atlas(folder: Path) -> Atlas:
    """Load a place from its folder.

    Raises
    ------
    SpecError
        If a file is missing or breaks a rule.
    """
    place = read(folder / PLACE_FILE, Place, check=check_place)
    members = _members(folder)
    pairs = read_csv(folder / "borders.csv", Pair)
    centres = tuple(read_csv(folder / "pccc.csv", Centre))
    memberships = read_csv(folder / "groups.csv", Membership)
    groups: dict[str, tuple[str, ...]] = {}
    for row in memberships:
        groups[row.group] = (*groups.get(row.group, ()), row.member)
    _check_codes(folder, members, pairs, centres, memberships)
    _check_groups(folder, place, groups)
    try:
        check_size(place, members)
    except SpecError as error:
        error.file = str(folder / PLACE_FILE)
        raise located(error) from None
    near = {frozenset((row.a, row.b)) for row in pairs}
    near |= {frozenset((row.a, row.b)) for row in centres}
    for group in place.groups_as_neighbours:
        near |= {frozenset((a, b)) for a in groups[group] for b in groups[group] if a != b}
    columns = read(folder / "columns.yaml", Columns)
    means = _civil_protection(folder / "civil_protection.csv", members)
    return Atlas(place, members, frozenset(near), centres, groups, columns, means)


def _civil_protection(path: Path, members: Mapping[str, Member]) -> dict[str, CivilProtection]:
    """Read the means of every state, in the order of the states; nothing if there is no table."""
    if not path.exists():
        return {}
    rows = _by_code(path, CivilProtection)
    wrong = sorted(rows.keys() ^ members.keys())
    if wrong:
        line = 1 if wrong[0] in members else 2 + list(rows).index(wrong[0])
        raise _refused(
            path,
            "the table has one row for each Member State",
            "add the missing row, or remove the one too many",
            wrong[0],
            line=line,
        )
    return {code: rows[code] for code in members}


def _members(folder: Path) -> dict[str, Member]:
    file = folder / "members.csv"
    members = _by_code(file, Member)
    if not members:
        raise _refused(file, "a place has a Member State", "add a row", "no rows", line=1)
    return members


def _by_code(file: Path, model: type[_Row]) -> dict[str, _Row]:
    """Read a table with one row for each Member State."""
    found: dict[str, _Row] = {}
    for number, row in enumerate(read_csv(file, model)):
        if row.code in found:
            rule, remedy = "a Member State has one row", "remove one of the two"
            raise _refused(file, rule, remedy, row.code, line=number + 2)
        found[row.code] = row
    return found


def _refused(file: Path, rule: str, remedy: str, value: str, *, line: int) -> SpecError:
    return SpecError(rule, remedy, file=str(file), line=line, where="code", value=value)


def check_size(place: Place, members: Mapping[str, Member]) -> None:
    """Hold a place to what the engine can number, before any network is laid out.

    Raises
    ------
    SpecError
        If there are too many organisations, desks or pairs of desks.
    """
    bodies = [body for body in place.bodies.values() if body.enabled]
    groups = len(members) + len(bodies)
    count = dict.fromkeys(place.national, len(members))
    count |= {f"{name}.{desk}": 1 for name, body in place.bodies.items() for desk in body.desks}
    pairs = sum(
        count[connection.between[0]] * count[connection.between[1]]
        for instrument in place.instruments.values()
        for connection in instrument.connections
    )
    for where, what, number, most in (
        ("bodies", "Member States and bodies", groups, MAX_GROUPS),
        ("national", "desks of all states and bodies", sum(count.values()), MOST_DESKS),
        ("instruments", "pairs of desks in all connections", pairs, MOST_PAIRS),
    ):
        if number > most:
            raise SpecError(
                f"a place has at most {most:,} {what}; this one has {number:,}",
                "leave some out, here or in members.csv",
                where=where,
                value=number,
            )


def _check_codes(
    folder: Path,
    members: Mapping[str, Member],
    pairs: list[Pair],
    centres: tuple[Centre, ...],
    memberships: list[Membership],
) -> None:
    tables: dict[str, list[tuple[str, ...]]] = {
        "borders.csv": [(row.a, row.b) for row in pairs],
        "pccc.csv": [(row.a, row.b) for row in centres],
        "groups.csv": [(row.member,) for row in memberships],
    }
    if NO_STATE in members:
        raise SpecError(
            f"{NO_STATE} stands for what is of no Member State",
            "give the state another code",
            file=str(folder / "members.csv"),
            value=NO_STATE,
        )
    _check_once(folder / "borders.csv", [frozenset((row.a, row.b)) for row in pairs])
    _check_once(folder / "groups.csv", [(row.group, row.member) for row in memberships])
    named = [
        (file, number, code)
        for file, rows in tables.items()
        for number, codes in enumerate(rows)
        for code in codes
    ]
    for file, number, code in named:
        if code not in members:
            raise SpecError(
                "a Member State must have a row in members.csv",
                f"use one of {', '.join(members)}, or add it to members.csv",
                file=str(folder / file),
                line=number + 2,
                where="member",
                value=code,
            )


def _check_once(file: Path, rows: Sequence[Collection[str]]) -> None:
    """Refuse a row that says again what another one says."""
    first: dict[Collection[str], int] = {}
    for number, row in enumerate(rows):
        if first.setdefault(row, number) != number:
            raise SpecError(
                f"a row stands once; this one says what line {first[row] + 2} says",
                "remove one of the two",
                file=str(file),
                line=number + 2,
            )


def _check_groups(folder: Path, place: Place, groups: Mapping[str, tuple[str, ...]]) -> None:
    for number, name in enumerate(place.groups_as_neighbours):
        if name not in groups:
            raise located(
                unknown_name(
                    "group",
                    name,
                    groups,
                    file=str(folder / PLACE_FILE),
                    where=f"groups_as_neighbours[{number}]",
                )
            )
