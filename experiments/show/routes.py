"""Who is joined to whom, and what each may tell the other: read off a compiled world.

Nothing here looks at the rules of a policy. What is shown is what the engine will do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from scenarios import Compiled, LoadedPolicy
from scenarios.compiling import rule_of
from scenarios.schema import Place
from sim.draws import ONE
from sim.seam import Onward, Pull, Role, World

Reach: TypeAlias = Literal["own state", "other states", "bodies"]
REACHES: Final[tuple[Reach, ...]] = ("own state", "other states", "bodies")

PHASE: Final = 0
"""A picture is of one policy: the only design point of its world."""


@dataclass(frozen=True)
class Route:
    """All channels from one kind of desk to another over one instrument."""

    sender: str
    receiver: str
    instrument: str
    reach: Reach
    """Where the receiver is, seen from the sender; desks of bodies write to `other states`."""
    channels: tuple[int, ...]


@dataclass(frozen=True)
class Grant:
    """What one term lets a sender do. Delays are medians, in hours."""

    push: float
    """Chance of telling unasked."""
    push_h: float
    """From release to arrival: authorisation and channel together."""
    pull: str
    """``none``, ``release`` or ``hit``."""
    answer: float
    """Chance of an answer to a request."""
    answer_h: float
    """From reading the request to the arrival of the answer."""
    onward: str
    """``free``, ``forbidden`` or ``permission``: what the receiver may do with it."""
    retention_d: int
    trusted: bool
    """Whether trust scales the chances: in the rule, and in the scenario at all."""
    automatic: bool

    @property
    def is_never(self) -> bool:
        """Whether nothing is told and nothing answered."""
        return not self.push and self.pull == "none"


@dataclass(frozen=True)
class Cell:
    """What a kind of desk may do with a class of report on one route, in one situation."""

    grants: tuple[Grant, ...]
    """The different grants of the route's channels: one, unless a rule names single desks."""
    lawful: bool
    """Whether the legal gate is open."""


@dataclass(frozen=True)
class Matrix:
    """Classes of report that every desk treats alike, and who may tell whom of them."""

    name: str
    reports: tuple[str, ...]
    routes: tuple[Route, ...]
    cells: dict[tuple[Route, int], Cell]
    """By route and situation: ``2 * relay + concerned``."""
    relayed: bool
    """Whether reports of these classes are ever passed on."""
    seeing: frozenset[str]
    """Kinds of desk whose organisation makes such reports of what it sees; empty if none does."""


def desk_order(place: Place) -> dict[str, int]:
    """Return the order of kinds of desk in pictures: those of states, then those of bodies."""
    bodies = (f"{body}.{desk}" for body, spec in place.bodies.items() for desk in spec.desks)
    return {kind: number for number, kind in enumerate((*place.national, *bodies))}


def routes_of(compiled: Compiled) -> tuple[Route, ...]:
    """Group the channels of a world; in the order of desks and instruments in the place."""
    world, place, kinds = compiled.world, compiled.layout.atlas.place, compiled.layout.desks
    found: dict[tuple[str, str, str, Reach], list[int]] = defaultdict(list)
    ends = zip(world.channels.src.tolist(), world.channels.dst.tolist(), strict=True)
    for channel, (src, dst) in enumerate(ends):
        instrument = world.channels.names[channel].split(":", 1)[0]
        key = (kinds[src], kinds[dst], instrument, _reach(world, src, dst))
        found[key].append(channel)
    desks, ways = desk_order(place), list(place.instruments)
    order = sorted(
        found,
        key=lambda key: (
            desks[key[0]],
            REACHES.index(key[3]),
            desks[key[1]],
            ways.index(key[2]),
        ),
    )
    return tuple(Route(*key, tuple(found[key])) for key in order)


def _reach(world: World, src: int, dst: int) -> Reach:
    places = world.units.place
    if places[dst] < 0:
        return "bodies"
    return "own state" if places[src] == places[dst] else "other states"


def matrices(compiled: Compiled) -> list[Matrix]:
    """Return a matrix for each group of classes that every desk treats alike.

    Groups in which nobody tells or answers anything are left out.
    """
    world, place = compiled.world, compiled.layout.atlas.place
    reports = compiled.layout.scenario.reports
    routes = routes_of(compiled)
    groups: dict[Any, list[int]] = defaultdict(list)
    for cls in range(len(reports)):
        groups[_treatment(world, cls)].append(cls)
    found = []
    for group in groups.values():
        names = tuple(world.classes.names[cls] for cls in group)
        kinds = {reports[name].kind for name in names}
        carrying = tuple(r for r in routes if kinds & set(place.instruments[r.instrument].kinds))
        cells = {
            (route, situation): cell_of(compiled, route, group[0], situation)
            for route in carrying
            for situation in range(world.phases.term.shape[1])
        }
        if any(not grant.is_never for cell in cells.values() for grant in cell.grants):
            relayed = bool(np.any(world.classes.role[group] == Role.EVIDENCE))
            name, seeing = _name(names, kinds), _seeing(compiled, group)
            found.append(Matrix(name, names, carrying, cells, relayed, seeing))
    return found


def _seeing(compiled: Compiled, classes: Sequence[int]) -> frozenset[str]:
    """Return the kinds of desk of organisations that observe reports of some classes."""
    world = compiled.world
    seen = world.sights.cls[world.watch.sight]
    observers = world.watch.unit[np.isin(seen, classes)]
    groups = set(world.units.group[observers].tolist())
    owners = zip(compiled.layout.desks, world.units.group.tolist(), strict=True)
    return frozenset(kind for kind, group in owners if group in groups)


def _name(names: Sequence[str], kinds: set[str]) -> str:
    """Name a group after its kind of report, or after its class if it has but one."""
    return names[0] if len(names) == 1 else "-".join(sorted(kinds))


def _treatment(world: World, cls: int) -> tuple[bytes, bytes, bool]:
    """Return what all kinds of channels do with a class, so that equal treatment compares equal."""
    return (
        _numbers_of_equals(world)[world.phases.term[PHASE, :, :, cls]].tobytes(),
        world.phases.gate[PHASE, :, cls].tobytes(),
        bool(world.classes.role[cls] == Role.EVIDENCE),
    )


def _numbers_of_equals(world: World) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return for each term the number of the first term that grants the same."""
    columns = [np.asarray(getattr(world.terms, name)).tolist() for name in _FIELDS]
    rows = list(zip(*columns, strict=True))
    return np.array([rows.index(row) for row in rows], dtype=np.int64)


_FIELDS: Final = (
    "push",
    "push_delay",
    "pull_mode",
    "pull",
    "pull_delay",
    "handling",
    "retention",
    "trusted",
    "contact",
    "automatic",
)


def cell_of(compiled: Compiled, route: Route, cls: int, situation: int) -> Cell:
    """Return what the channels of a route do with a class of report in a situation."""
    world = compiled.world
    kinds = world.channels.kind[list(route.channels)]
    terms = world.phases.term[PHASE, situation, kinds, cls].tolist()
    pairs = dict.fromkeys(zip(terms, world.phases.latency[PHASE, kinds].tolist(), strict=True))
    grants = dict.fromkeys(_grant(compiled, term, latency) for term, latency in pairs)
    return Cell(tuple(grants), bool(np.all(world.phases.gate[PHASE, kinds, cls])))


def _grant(compiled: Compiled, term: int, latency: int) -> Grant:
    world, scenario = compiled.world, compiled.layout.scenario
    terms = world.terms
    code = int(terms.handling[term])
    return Grant(
        push=int(terms.push[term]) / ONE,
        push_h=_median(world, latency, int(terms.push_delay[term])) * scenario.tick_h,
        pull=Pull(int(terms.pull_mode[term])).name.lower(),
        answer=int(terms.pull[term]) / ONE,
        answer_h=_median(world, latency, int(terms.pull_delay[term])) * scenario.tick_h,
        onward=Onward(int(world.phases.onward[PHASE, code])).name.lower(),
        retention_d=int(terms.retention[term]),
        trusted=bool(terms.trusted[term]) and scenario.trust is not None,
        automatic=bool(terms.automatic[term]),
    )


def _median(world: World, first: int, second: int) -> int:
    tables = world.tables
    return median_of_sum(tables[first].tobytes(), tables[second].tobytes())


@lru_cache(maxsize=1024)
def median_of_sum(first: bytes, second: bytes) -> int:
    """Return the median of the sum of independent draws from two tables, at least one tick.

    It is the least number that at least half of all pairs of entries do not exceed.
    """
    a, b = (np.sort(np.frombuffer(table, np.int32)).astype(np.int64) for table in (first, second))
    low, high = int(a[0] + b[0]), int(a[-1] + b[-1])
    while low < high:
        middle = (low + high) // 2
        if 2 * int(np.searchsorted(b, middle - a, side="right").sum()) >= a.size * b.size:
            high = middle
        else:
            low = middle + 1
    return max(1, low)


def rows_of(matrix: Matrix) -> Iterator[dict[str, Any]]:
    """Yield what a matrix says as plain JSON content, a row for each route and situation."""
    for (route, situation), cell in matrix.cells.items():
        for grant in cell.grants:
            yield {
                "sender": route.sender,
                "receiver": route.receiver,
                "over": route.instrument,
                "reach": route.reach,
                "own": situation < 2,  # noqa: PLR2004 - the first two situations of four
                "concerned": bool(situation % 2),
                "lawful": cell.lawful,
                **grant.__dict__,
            }


def refused_rules(policy: LoadedPolicy, worlds: Iterable[World]) -> set[int]:
    """Return the places of the rules that decide something, and only what the legal gate stops."""
    decided, open_ = set(), set()
    for world in worlds:
        term, gate = world.phases.term[PHASE], world.phases.gate[PHASE]
        for number in np.unique(term).tolist():
            if (rule := rule_of(number, [policy])) is not None:
                decided.add(rule[1])
                if gate[(term == number).any(axis=0)].any():
                    open_.add(rule[1])
    return decided - open_
