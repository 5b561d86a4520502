"""A place as loaded: its declaration, its Member States, and who neighbours whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scenarios.errors import SpecError
from scenarios.place import Centre, Member, Membership, Pair, Place
from scenarios.reading import read, read_csv


@dataclass(frozen=True)
class Atlas:
    """A place and its tables."""

    place: Place
    members: Mapping[str, Member]
    """Member States by code, in the order of the table."""
    neighbours: frozenset[frozenset[str]]
    """Pairs of states that share a border, a cooperation centre or a regional group."""
    centres: tuple[Centre, ...]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def are_neighbours(self, one: str, other: str) -> bool:
        """Whether two states deal with each other directly."""
        return frozenset((one, other)) in self.neighbours


def load_atlas(folder: Path) -> Atlas:
    """Load a place from its folder.

    Raises
    ------
    SpecError
        If a file is missing or breaks a rule.
    """
    place = read(folder / "place.yaml", Place)
    members = {row.code: row for row in read_csv(folder / "members.csv", Member)}
    pairs = read_csv(folder / "borders.csv", Pair)
    centres = tuple(read_csv(folder / "pccc.csv", Centre))
    memberships = read_csv(folder / "groups.csv", Membership)
    groups: dict[str, tuple[str, ...]] = {}
    for row in memberships:
        groups[row.group] = (*groups.get(row.group, ()), row.member)
    _check_codes(folder, members, pairs, centres, memberships)
    _check_groups(folder, place, groups)
    near = {frozenset((pair.a, pair.b)) for pair in (*pairs, *centres)}
    for group in place.groups_as_neighbours:
        near |= {frozenset((a, b)) for a in groups[group] for b in groups[group] if a != b}
    return Atlas(place, members, frozenset(near), centres, groups)


def _check_codes(
    folder: Path,
    members: Mapping[str, Member],
    pairs: list[Pair],
    centres: tuple[Centre, ...],
    memberships: list[Membership],
) -> None:
    named = [
        *(("borders.csv", number, code) for number, row in enumerate(pairs) for code in (row.a, row.b)),
        *(("pccc.csv", number, code) for number, row in enumerate(centres) for code in (row.a, row.b)),
        *(("groups.csv", number, row.member) for number, row in enumerate(memberships)),
    ]
    for file, number, code in named:
        if code not in members:
            raise SpecError(
                file=str(folder / file),
                line=number + 2,
                where="member",
                value=code,
                rule="a Member State must have a row in members.csv",
                remedy=f"use one of {', '.join(members)}, or add it to members.csv",
            )


def _check_groups(folder: Path, place: Place, groups: Mapping[str, tuple[str, ...]]) -> None:
    for name in place.groups_as_neighbours:
        if name not in groups:
            raise SpecError(
                file=str(folder / "place.yaml"),
                line=None,
                where="groups_as_neighbours",
                value=name,
                rule="a group must have members in groups.csv",
                remedy=f"use one of {', '.join(groups)}",
            )
