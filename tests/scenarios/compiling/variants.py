"""Variants of the small scenario that can be in force in one world, and points made of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from scenarios import LoadedPolicy, LoadedScenario, Point, Stretch
from scenarios.schema.absent import Absent
from scenarios.schema.place import Body, Connection, Instrument, UnitKind
from scenarios.schema.scenario import ReportClass, Weight
from scenarios.schema.store import Store
from scenarios.schema.threat import Sight
from tests.agents.small import THREAT, changed, days, policies, small

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenarios import ThreatSpec

GUESS: dict[str, Any] = {"assumed": "for the test"}
DAYS = 42
TICKS = DAYS * 4
CENTRE = "fusion.centre"
INDEX = "europol.archive"
SPAN: Any = "20 d"


@cache
def base() -> LoadedScenario:
    return small(horizon_days=DAYS)


def with_place(loaded: LoadedScenario, **values: Any) -> LoadedScenario:
    """Return a scenario with other parts of its place."""
    place = loaded.atlas.place.model_copy(update=values)
    return replace(loaded, atlas=replace(loaded.atlas, place=place))


def with_spec(loaded: LoadedScenario, **values: Any) -> LoadedScenario:
    """Return a scenario with other parts."""
    return replace(loaded, spec=loaded.spec.model_copy(update=values))


def with_desk(loaded: LoadedScenario, kind: str, **values: Any) -> LoadedScenario:
    """Return a scenario with other numbers of a kind of desk."""
    desks = loaded.spec.desks
    return with_spec(loaded, desks={**desks, kind: changed(desks[kind], **values)})


def gangs(loaded: LoadedScenario) -> ThreatSpec:
    """Return the threat of a scenario."""
    return loaded.spec.threats[THREAT]


def with_threat(loaded: LoadedScenario, **values: Any) -> LoadedScenario:
    """Return a scenario with other parts of its threat."""
    return with_spec(loaded, threats={THREAT: changed(gangs(loaded), **values)})


def quick(loaded: LoadedScenario) -> LoadedScenario:
    """Everybody is told within a day, also by the bureaux of Europol."""
    ways = loaded.atlas.place.instruments
    return with_place(
        loaded, instruments={name: changed(way, latency=days(0.5)) for name, way in ways.items()}
    )


def awake(loaded: LoadedScenario) -> LoadedScenario:
    """The police read round the clock, and may read anything."""
    desks = loaded.atlas.place.national
    police = changed(desks["police"], hours="continuous", clearance="unclassified")
    return with_place(loaded, national={**desks, "police": police})


def busy(loaded: LoadedScenario) -> LoadedScenario:
    """The police see more, recognise later, and write more routine."""
    threat = gangs(loaded)
    sees = tuple(changed(sight, per_year=sight.per_year * 3) for sight in threat.sees["police"])
    recognises = changed(threat.recognises["police"], evidence=6.0)
    seeing = with_threat(
        loaded,
        sees={**threat.sees, "police": sees},
        recognises={**threat.recognises, "police": recognises},
    )
    return with_desk(seeing, "police", routine_made=9.0)


def without_customs(loaded: LoadedScenario) -> LoadedScenario:
    """There is no customs desk, and nobody sees what customs see."""
    desks = {kind: desk for kind, desk in loaded.spec.desks.items() if kind != "customs"}
    reports = {name: one for name, one in loaded.spec.reports.items() if name != "customs-trace"}
    sees = {kind: one for kind, one in gangs(loaded).sees.items() if kind != "customs"}
    return with_spec(with_threat(loaded, sees=sees), desks=desks, reports=reports)


def without_siena(loaded: LoadedScenario) -> LoadedScenario:
    """There is no network of Europol; policies may still name it."""
    ways = loaded.atlas.place.instruments
    siena = changed(ways["siena"], connections=ways["siena"].connections[1:2], kinds=("notice",))
    return with_place(loaded, instruments={**ways, "siena": siena})


def with_centre(loaded: LoadedScenario) -> LoadedScenario:
    """A new body with a desk that sees what nobody saw, and tells the police over a new line."""
    place, spec = loaded.atlas.place, loaded.spec
    desk = UnitKind(meaning="x", hours="continuous", **GUESS)
    line = Instrument(
        meaning="x",
        latency=days(0.25),
        clearance="restricted",
        kinds=("trace", "notice", "analysis", "request", "hit", "follow-up", "routine"),
        connections=(
            Connection(between=("police", CENTRE)),
            Connection(between=("police", "border-guard"), among="same-member"),
        ),
        **GUESS,
    )
    made = with_place(
        loaded,
        bodies={"fusion": Body(meaning="x", desks={"centre": desk}, **GUESS), **place.bodies},
        instruments={"line": line, **place.instruments},
    )
    signal = ReportClass(
        kind="trace",
        meaning="x",
        weight=Weight(median=2, p95=4),
        persons=3,
        lifetime=SPAN,
        **GUESS,
    )
    sight = Sight(report="signal", per_year=60, **GUESS)
    threat = gangs(loaded)
    sooner = changed(threat.recognises["police"], evidence=1.0)
    return with_spec(
        with_threat(
            made,
            sees={**threat.sees, CENTRE: (sight,), "police": (*threat.sees["police"], sight)},
            recognises={**threat.recognises, CENTRE: sooner},
        ),
        reports={"signal": signal, **spec.reports},
        desks={CENTRE: spec.desks["police"], **spec.desks},
    )


def with_index(loaded: LoadedScenario) -> LoadedScenario:
    """A data base that the police write into and search, and that stands guard."""
    place = loaded.atlas.place
    europol = place.bodies["europol"]
    desks = {**europol.desks, "archive": UnitKind(meaning="x", hours="continuous", **GUESS)}
    siena = place.instruments["siena"]
    ways = (*siena.connections, Connection(between=("police", INDEX)))
    store = Store(
        meaning="x",
        holds=("trace", "notice"),
        retention=SPAN,
        guards=True,
        false_match={"whole": 0.05},
        **GUESS,
    )
    made = with_place(
        loaded,
        bodies={**place.bodies, "europol": changed(europol, desks=desks)},
        instruments={**place.instruments, "siena": changed(siena, connections=ways)},
    )
    return with_spec(made, stores={**(made.spec.stores or {}), INDEX: store})


def forgetful(loaded: LoadedScenario) -> LoadedScenario:
    """The data base keeps things for a week."""
    indexed = with_index(loaded)
    stores = indexed.spec.stores
    assert stores
    return with_spec(indexed, stores={**stores, INDEX: changed(stores[INDEX], retention=7 * 24.0)})


def inland(loaded: LoadedScenario) -> LoadedScenario:
    """Border guards see their traces at external borders only, and three times as many."""
    sees = gangs(loaded).sees
    guards = tuple(
        changed(sight, per_year=sight.per_year * 3, only_external_border=True)
        for sight in sees["border-guard"]
    )
    return with_threat(loaded, sees={**sees, "border-guard": guards})


def deserted(loaded: LoadedScenario) -> LoadedScenario:
    """A state, a body, a kind of desk, a data base and an instrument take no part."""
    absent = Absent(
        organisations=("DE", "eurojust"), desks=("customs", INDEX), instruments=("siena",)
    )
    return with_spec(with_index(loaded), absent=absent)


CHANGES: tuple[Callable[[LoadedScenario], LoadedScenario], ...] = (
    quick,
    awake,
    busy,
    without_customs,
    without_siena,
    with_centre,
    with_index,
    forgetful,
    inland,
    deserted,
)
NAMES = ("bilateral", "hit-no-hit", "originator-control", "full-pool")


@cache
def variant(number: int) -> LoadedScenario:
    """Return a changed scenario; 0 is the one as declared, the last ones are changed twice."""
    if not number:
        return base()
    if number <= len(CHANGES):
        return CHANGES[number - 1](base())
    return busy(with_centre(with_index(base())))


VARIANTS = len(CHANGES) + 2


@cache
def policy(name: str) -> LoadedPolicy:
    [found] = policies((name,))
    return found


def point(*stretches: tuple[int, int, str]) -> Point:
    """Return a point of ticks, numbers of scenarios, and policies."""
    rows = (Stretch(since, variant(number), policy(name)) for since, number, name in stretches)
    return Point("point", tuple(rows))
