"""Desks and channels of a place, as arrays."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from scenarios.compiling.stores import stores_of
from scenarios.reading import Atlas
from scenarios.schema import Connection, Scenario, Store, UnitKind
from sim.draws import name_key
from sim.seam import Channels, Units

STORE = "store"
"""What rules call all stores; they are not among what is called ``national`` or ``body``."""


@dataclass(frozen=True)
class Network:
    """The compiled network and what its parts are called."""

    groups: tuple[str, ...]
    """Organisations: Member States by code, then bodies."""
    units: Units
    kinds: tuple[str, ...]
    """Kind of desk of each unit: ``police``, ``europol.analysis``."""
    specs: tuple[UnitKind, ...]
    member: tuple[str, ...]
    """Member State of each unit, or an empty text."""
    words: tuple[tuple[str, ...], ...]
    """What each unit is called in rules, by itself and among others."""
    known_words: frozenset[str]
    """What the desks of the place are called in rules, those left out by the scenario too."""
    stores: Mapping[int, Store]
    """What the units that are data bases keep, by unit."""
    channels: Channels
    """Each of a kind of its own, as long as no rules are known."""
    instrument: tuple[str, ...]
    """Instrument of each channel."""
    atlas: Atlas


@dataclass(frozen=True)
class _Desk:
    name: str
    kind: str
    group: str
    member: str
    spec: UnitKind

    store: bool

    @property
    def words(self) -> tuple[str, ...]:
        """What it is called in rules, by itself and among others."""
        among = STORE if self.store else "national" if self.member else "body"
        return (self.kind, self.name, among, self.member or self.group)


def build_network(scenario: Scenario, atlas: Atlas) -> Network:
    """Lay out the desks of the place that the scenario uses, and the channels between them."""
    stores = stores_of(scenario, atlas)
    everybody = _desks(atlas, stores)
    desks = [desk for desk in everybody if desk.store or desk.kind in scenario.desks]
    groups = (*atlas.members, *(name for name, body in atlas.place.bodies.items() if body.enabled))
    number = {desk.name: index for index, desk in enumerate(desks)}
    links = sorted(
        {
            (number[source.name], number[target.name], instrument)
            for instrument, spec in atlas.place.instruments.items()
            for connection in spec.connections
            for source, target in _pairs(connection, desks, atlas)
        }
    )
    names = [f"{how}:{desks[src].name}>{desks[dst].name}" for src, dst, how in links]
    index = {link: position for position, link in enumerate(links)}
    back = [index.get((dst, src, how), -1) for src, dst, how in links]
    units = Units(
        names=tuple(desk.name for desk in desks),
        key=np.array([name_key(f"unit:{desk.name}") for desk in desks], dtype=np.uint32),
        group=np.array([groups.index(desk.group) for desk in desks], dtype=np.int64),
        place=np.array(
            [list(atlas.members).index(desk.member) if desk.member else -1 for desk in desks],
            dtype=np.int64,
        ),
    )
    channels = Channels(
        names=tuple(names),
        src=np.array([src for src, _, _ in links], dtype=np.int64),
        dst=np.array([dst for _, dst, _ in links], dtype=np.int64),
        key=np.array([name_key(f"channel:{name}") for name in names], dtype=np.uint32),
        reverse=np.array(back, dtype=np.int64),
        kind=np.arange(len(links)),
    )
    return Network(
        groups=groups,
        units=units,
        kinds=tuple(desk.kind for desk in desks),
        specs=tuple(desk.spec for desk in desks),
        member=tuple(desk.member for desk in desks),
        words=tuple(desk.words for desk in desks),
        known_words=frozenset((STORE, *(word for desk in everybody for word in desk.words))),
        stores={unit: stores[desk.kind] for unit, desk in enumerate(desks) if desk.store},
        channels=channels,
        instrument=tuple(how for _, _, how in links),
        atlas=atlas,
    )


def _desks(atlas: Atlas, stores: Collection[str]) -> list[_Desk]:
    found = [
        _Desk(f"{code}.{kind}", kind, code, code, spec, kind in stores)
        for code, member in atlas.members.items()
        for kind, spec in atlas.place.national.items()
        if spec.where == "everywhere" or getattr(member, spec.where)
    ]
    for body, declared in atlas.place.bodies.items():
        if declared.enabled:
            found += [
                _Desk(kind, kind, body, "", spec, kind in stores)
                for desk, spec in declared.desks.items()
                for kind in (f"{body}.{desk}",)
            ]
    return found


def _pairs(connection: Connection, desks: list[_Desk], atlas: Atlas) -> list[tuple[_Desk, _Desk]]:
    """Return ordered pairs of desks that a connection joins, both ways."""
    first, second = connection.between
    ones = [desk for desk in desks if desk.kind == first]
    others = [desk for desk in desks if desk.kind == second]
    found: list[tuple[_Desk, _Desk]] = []
    for one, other in product(ones, others):
        if one is not other and _joined(connection, one, other, atlas):
            found += [(one, other), (other, one)]
    return found


def _joined(connection: Connection, one: _Desk, other: _Desk, atlas: Atlas) -> bool:
    if not one.member or not other.member:
        return True
    if connection.among == "same-member":
        return one.member == other.member
    if one.member == other.member:
        return False
    return connection.among == "all" or atlas.are_neighbours(one.member, other.member)
