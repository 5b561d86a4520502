"""Desks and channels of a place, as arrays.

Whatever may decide between equals (two copies that arrive together, two organisations that react)
goes by the order of desks and channels. So they are in the order of states and of names, which is
the same in every world that has them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from scenarios.compiling.stores import stores_of
from scenarios.errors import SpecError
from scenarios.reading import Atlas
from scenarios.schema import Connection, Scenario, Store, UnitKind
from sim.draws import name_key
from sim.seam import MAX_GROUPS, Channels, Units

STORE = "store"
"""What rules call all stores; nothing else that stands for several desks stands for a store."""

I64 = NDArray[np.int64]
Neighbours = frozenset[frozenset[str]]
Link = tuple[str, str, str]
"""A channel: the names of its sender, its receiver and its instrument."""

_REMEMBERED = 256
"""Connections whose links are kept for the next network: most scenarios of a world share them."""


@dataclass(frozen=True)
class DeskAt:
    """A desk of a Member State or a body."""

    name: str
    kind: str
    """``police``, ``europol.analysis``."""
    group: str
    member: str
    """Its Member State, or an empty text."""
    spec: UnitKind
    store: bool

    @property
    def words(self) -> tuple[str, ...]:
        """What it is called in rules, by itself and among others."""
        if self.store:
            return (self.kind, self.name, STORE)
        return (self.kind, self.name, "national" if self.member else "body", self.group)


@dataclass(frozen=True)
class Network:
    """The compiled network and what its parts are called."""

    members: tuple[str, ...]
    """Member States by code."""
    groups: tuple[str, ...]
    """Organisations: Member States, then bodies."""
    desks: tuple[DeskAt, ...]
    """What each unit is."""
    place: I64
    """Member State of each unit, or -1, shape (U,)."""
    known_words: frozenset[str]
    """What the desks of the place are called in rules, those left out by the scenario too."""
    stores: Mapping[int, Store]
    """What the units that are data bases keep, by unit, ascending."""
    links: tuple[Link, ...]
    src: I64
    """Units that channels lead from, shape (C,)."""
    dst: I64
    """Units that channels lead to, shape (C,)."""

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Kind of desk of each unit: ``police``, ``europol.analysis``."""
        return tuple(desk.kind for desk in self.desks)

    @cached_property
    def instrument(self) -> tuple[str, ...]:
        """Instrument of each channel."""
        return tuple(how for _, _, how in self.links)

    @cached_property
    def units(self) -> Units:
        """Desks as the engine knows them."""
        names = tuple(desk.name for desk in self.desks)
        of = {name: number for number, name in enumerate(self.groups)}
        return Units(
            names=names,
            key=np.array([name_key(f"unit:{name}") for name in names], dtype=np.uint32),
            group=np.array([of[desk.group] for desk in self.desks], dtype=np.int64),
            place=self.place,
        )

    @cached_property
    def channels(self) -> Channels:
        """Links as the engine knows them; each of a kind of its own, as long as no rules are."""
        names = [f"{how}:{src}>{dst}" for src, dst, how in self.links]
        index = {link: position for position, link in enumerate(self.links)}
        back = [index.get((dst, src, how), -1) for src, dst, how in self.links]
        return Channels(
            names=tuple(names),
            src=self.src,
            dst=self.dst,
            key=np.array([name_key(f"channel:{name}") for name in names], dtype=np.uint32),
            reverse=np.array(back, dtype=np.int64),
            kind=np.arange(len(names)),
        )


def build_network(scenario: Scenario, atlas: Atlas) -> Network:
    """Lay out the desks of the place that the scenario uses, and the channels between them."""
    stores = stores_of(scenario, atlas)
    everybody = _desks(atlas, stores)
    desks = [desk for desk in everybody if desk.store or desk.kind in scenario.desks]
    ends: dict[str, list[tuple[str, str]]] = {}
    for desk in desks:
        ends.setdefault(desk.kind, []).append((desk.name, desk.member))
    links = {
        link
        for instrument, spec in atlas.place.instruments.items()
        for connection in spec.connections
        for link in _links(
            instrument,
            connection.among,
            *(_taking_part(connection, ends.get(kind, ()), atlas) for kind in connection.between),
            atlas.neighbours,
        )
    }
    bodies = {name for name, body in atlas.place.bodies.items() if body.enabled}
    words = frozenset((STORE, *(word for desk in everybody for word in desk.words)))
    kept = {desk.name: stores[desk.kind] for desk in desks if desk.store}
    return _laid_out(tuple(atlas.members), bodies, desks, kept, links, words)


def joined(networks: Sequence[Network]) -> Network:
    """Return the network of all desks and channels of several.

    Raises
    ------
    SpecError
        If one of them has people at a desk where another has a store, or another store, or there
        would be too many organisations.
    """
    first, *others = networks
    if not others:
        return first
    desks: dict[str, DeskAt] = {}
    stores: dict[str, Store] = {}
    for network in networks:
        kept = {network.desks[unit].name: store for unit, store in network.stores.items()}
        for desk in network.desks:
            _check_same(desk, desks.setdefault(desk.name, desk), kept, stores)
        stores = kept | stores
    bodies = {group for network in networks for group in network.groups} - set(first.members)
    if len(first.members) + len(bodies) > MAX_GROUPS:
        raise SpecError(
            f"a world has at most {MAX_GROUPS} Member States and bodies",
            "compare fewer scenarios with bodies of their own at a time",
            where="bodies",
        )
    links = {link for network in networks for link in network.links}
    words = frozenset(word for network in networks for word in network.known_words)
    return _laid_out(first.members, bodies, desks.values(), stores, links, words)


def _check_same(
    desk: DeskAt, other: DeskAt, kept: Mapping[str, Store], stores: Mapping[str, Store]
) -> None:
    """Hold a desk to be the same store in all scenarios of a world, or none in any."""
    mine, theirs = kept.get(desk.name), stores.get(desk.name)
    differ = mine is not None and theirs is not None and _kept(mine) != _kept(theirs)
    if differ or desk.store != other.store:
        raise SpecError(
            f"{desk.kind} is one and the same store, apart from its retention, in all scenarios "
            "of a world that have it, or has people in all of them",
            "give the store that differs a desk of its own",
            where=f"stores.{desk.kind}",
        )


def _kept(store: Store) -> tuple[object, ...]:
    return store.holds, store.faces, store.guards, store.false_match


def _laid_out(
    members: tuple[str, ...],
    bodies: Collection[str],
    desks: Iterable[DeskAt],
    stores: Mapping[str, Store],
    links: Collection[Link],
    known_words: frozenset[str],
) -> Network:
    """Number desks and channels in the order of organisations and of names."""
    groups = (*members, *sorted(bodies))
    of = {name: number for number, name in enumerate(groups)}
    desks = tuple(sorted(desks, key=lambda desk: (of[desk.group], desk.name)))
    number = {desk.name: unit for unit, desk in enumerate(desks)}
    found = sorted(links, key=itemgetter(2))
    src = np.array([number[src] for src, _, _ in found], dtype=np.int64)
    dst = np.array([number[dst] for _, dst, _ in found], dtype=np.int64)
    order = np.lexsort((dst, src))
    return Network(
        members,
        groups,
        desks,
        np.array([of[desk.member] if desk.member else -1 for desk in desks], dtype=np.int64),
        known_words,
        {unit: stores[desk.name] for unit, desk in enumerate(desks) if desk.store},
        tuple(found[link] for link in order.tolist()),
        src[order],
        dst[order],
    )


def _desks(atlas: Atlas, stores: Collection[str]) -> list[DeskAt]:
    found = [
        DeskAt(f"{code}.{kind}", kind, code, code, spec, kind in stores)
        for code, member in atlas.members.items()
        for kind, spec in atlas.place.national.items()
        if spec.where == "everywhere" or getattr(member, spec.where)
    ]
    for body, declared in atlas.place.bodies.items():
        if declared.enabled:
            found += [
                DeskAt(kind, kind, body, "", spec, kind in stores)
                for desk, spec in declared.desks.items()
                for kind in (f"{body}.{desk}",)
            ]
    return found


def _taking_part(
    connection: Connection, desks: Sequence[tuple[str, str]], atlas: Atlas
) -> tuple[tuple[str, str], ...]:
    """Return those of some desks, given by name and Member State, that a connection joins."""
    where = connection.where
    if where == "everywhere":
        return tuple(desks)
    return tuple(one for one in desks if not one[1] or getattr(atlas.members[one[1]], where))


@lru_cache(maxsize=_REMEMBERED)
def _links(
    instrument: str,
    among: str,
    ones: tuple[tuple[str, str], ...],
    others: tuple[tuple[str, str], ...],
    neighbours: Neighbours,
) -> tuple[Link, ...]:
    """Return the links, both ways, between desks given by their names and Member States."""
    found: list[Link] = []
    for (one, here), (other, there) in product(ones, others):
        if one != other and _joined(among, here, there, neighbours):
            found += [(one, other, instrument), (other, one, instrument)]
    return tuple(found)


def _joined(among: str, here: str, there: str, neighbours: Neighbours) -> bool:
    if not here or not there:
        return True
    if among == "same-member":
        return here == there
    if here == there:
        return False
    return among == "all" or frozenset((here, there)) in neighbours
