"""Which kinds of desk an instrument joins: of a compiled world, or as a place declares it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

from experiments.show.routes import Route, desk_order, routes_of
from scenarios import Compiled
from scenarios.schema import Place, UnitKind

Among: TypeAlias = Literal["same-member", "neighbours", "all", "body"]
"""Which desks are joined: of one state, of neighbours, of all states, or at least one a body's."""


@dataclass(frozen=True, order=True)
class Link:
    """An instrument between two kinds of desk, in the order of desks in the place."""

    first: str
    second: str
    instrument: str
    among: Among


def links_of_world(compiled: Compiled) -> tuple[Link, ...]:
    """Return the links of a compiled scenario: those between desks that it uses."""
    place = compiled.layout.atlas.place
    found = {
        _link(place, route.sender, route.receiver, route.instrument, _among(compiled, route))
        for route in routes_of(compiled)
    }
    return _sorted(found, place)


def links_of_place(place: Place) -> tuple[Link, ...]:
    """Return the links that a place declares between desks of states and of enabled bodies."""
    enabled = {
        kind
        for kind in desk_order(place)
        if kind in place.national or place.bodies[kind.split(".")[0]].enabled
    }
    found = set()
    for name, instrument in place.instruments.items():
        for connection in instrument.connections:
            first, second = connection.between
            if {first, second} <= enabled:
                states = {first, second} <= set(place.national)
                among: Among = connection.among if states else "body"
                found.add(_link(place, first, second, name, among))
    return _sorted(found, place)


def desks_of(links: Collection[Link], place: Place) -> dict[str, UnitKind]:
    """Return the desks that links join, in the order of the place."""
    joined = {end for link in links for end in (link.first, link.second)}
    return {kind: _spec(place, kind) for kind in desk_order(place) if kind in joined}


def _spec(place: Place, kind: str) -> UnitKind:
    if kind in place.national:
        return place.national[kind]
    body, desk = kind.split(".", 1)
    return place.bodies[body].desks[desk]


def _among(compiled: Compiled, route: Route) -> Among:
    """Tell whether a route's channels join one state's desks, some states or all states."""
    place, channels = compiled.world.units.place, compiled.world.channels
    ends = list(route.channels)
    sources, targets = place[channels.src[ends]], place[channels.dst[ends]]
    if min(sources.min(), targets.min()) < 0:
        return "body"
    if route.reach == "own state":
        return "same-member"
    here, there = set(sources.tolist()), set(targets.tolist())
    most = len(here) * len(there) - len(here & there)
    return "all" if len(ends) == most else "neighbours"


def _link(place: Place, one: str, other: str, instrument: str, among: Among) -> Link:
    first, second = sorted((one, other), key=desk_order(place).__getitem__)
    return Link(first, second, instrument, among)


def _sorted(links: Collection[Link], place: Place) -> tuple[Link, ...]:
    desks, ways = desk_order(place), list(place.instruments)
    return tuple(
        sorted(
            links,
            key=lambda k: (ways.index(k.instrument), desks[k.first], desks[k.second], k.among),
        )
    )
