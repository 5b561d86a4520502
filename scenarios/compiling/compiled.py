"""From declarations to arrays: one scenario, its place, and policies as design points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scenarios.compiling.alike import all_reports, check_alike, check_lasting
from scenarios.compiling.calendar import week_of
from scenarios.compiling.parts import Parts, of_file
from scenarios.compiling.phases import phases_of
from scenarios.compiling.point import Point, sharing
from scenarios.compiling.seeing import observed
from scenarios.compiling.stores import compiled_stores
from scenarios.compiling.terms import Rules
from scenarios.compiling.threats import Threats
from scenarios.compiling.timetables import Timetable, points_of, timetables_of
from scenarios.errors import SpecError
from scenarios.reading import Atlas, LoadedPolicy, LoadedScenario
from scenarios.schema import ROLES, URGENCIES, ReportClass, Scenario
from sim.draws import TableStore, name_key
from sim.seam import (
    DECAY_ONE,
    SITUATIONS,
    Classes,
    Kinds,
    Role,
    World,
)

MOST_TERMS = 200_000_000
"""Most entries of the table of terms, of 2 bytes each."""


class InForce(NamedTuple):
    """A scenario with its place, in force from a tick on."""

    since: int
    scenario: Scenario
    atlas: Atlas


@dataclass(frozen=True)
class Layout:
    """Numbers of the things a world is made of, by name."""

    scenario: Scenario
    atlas: Atlas
    units: dict[str, int]
    groups: dict[str, int]
    places: dict[str, int]
    classes: dict[str, int]
    subjects: dict[str, int]
    """Those of several threats are named ``THREAT.NAME``."""
    threats: Threats
    desks: tuple[str, ...]
    """Kind of desk of each unit: ``police``, ``europol.analysis``."""
    owners: tuple[str, ...]
    """Organisation of each unit."""
    policies: tuple[LoadedPolicy, ...]
    """Policies of all stretches of all points, in order."""
    force: tuple[tuple[InForce, ...], ...]
    """What is in force at each point, from when on."""


@dataclass(frozen=True)
class Compiled:
    """A world with the names that go with it."""

    world: World
    layout: Layout


def compile_world(loaded: LoadedScenario, policies: Sequence[LoadedPolicy]) -> Compiled:
    """Compile a scenario for `policies`, one design point each.

    Raises
    ------
    SpecError
        If a policy names what the place does not have, or the arrays would be too large.
    """
    return compile_points([Point.of(loaded, policy) for policy in policies])


def compile_points(points: Sequence[Point]) -> Compiled:
    """Compile design points into one world; a point's lanes do not hang on the others.

    Scenarios may differ in their desks, instruments, stores and classes of report, in numbers as in
    what there is; what only some have is closed in the phases of the others. Of casework and
    threats, they may differ in numbers. All else agents take from what the first point declares.

    Raises
    ------
    SpecError
        As `compile_world`; or if scenarios differ in anything else.
    """
    declared = points[0].scenario
    points = sharing([point.before(declared.ticks) for point in points])
    stretches = [stretch for point in points for stretch in point.timetable]
    scenarios = list({id(one.scenario): one.scenario for one in stretches}.values())
    for other in scenarios:
        check_alike(declared, other)
    for point in points:
        for stretch in point.timetable[1:]:
            check_lasting(point.timetable[0].scenario, stretch.scenario)
    with of_file(declared):
        return _compiled(points, scenarios, declared)


def _compiled(
    points: Sequence[Point], scenarios: Sequence[LoadedScenario], declared: LoadedScenario
) -> Compiled:
    scenario, atlas = declared.spec, declared.atlas
    tables = TableStore()
    policies = [stretch.policy for point in points for stretch in point.timetable]
    rules = Rules(policies, scenario.tick_h, tables)
    timetables = timetables_of(points, scenarios, rules)
    reports = all_reports(scenarios)
    parts = Parts(scenarios, timetables, rules, reports)
    _check_size(parts, len(reports), timetables)
    network, threats = parts.network, Threats.of(scenario, tuple(atlas.members))
    views = [part.seen(loaded) for loaded, part in zip(scenarios, parts.of, strict=True)]
    seen = observed(views, network, threats, tables)
    phases, through = phases_of(scenarios, timetables, parts, seen.rate, rules, tables)
    classes = _classes(scenario, reports, tables)
    world = World(
        groups=network.groups,
        places=network.members,
        domains=scenario.families,
        aspects=threats.aspects,
        units=network.units,
        channels=replace(network.channels, kind=parts.kind),
        classes=classes,
        kinds=_kinds(scenario, int(classes.lifetime.max())),
        subjects=threats.subjects(),
        sights=seen.sights,
        watch=seen.watch,
        stores=compiled_stores(reports, threats, network.stores, network.units.names),
        terms=rules.compiled(),
        phases=phases,
        points=points_of(points, timetables, through),
        tables=tables.stack(),
        week=week_of(scenario, atlas.place),
        horizon=scenario.ticks,
    )
    layout = Layout(
        scenario,
        atlas,
        {name: number for number, name in enumerate(world.units.names)},
        {name: number for number, name in enumerate(world.groups)},
        {name: number for number, name in enumerate(world.places)},
        {name: number for number, name in enumerate(classes.names)},
        {name: number for number, name in enumerate(threats.names)},
        threats=threats,
        desks=network.kinds,
        owners=tuple(desk.group for desk in network.desks),
        policies=tuple(policies),
        force=tuple(
            tuple(
                InForce(one.since, one.scenario.spec, one.scenario.atlas) for one in each.timetable
            )
            for each in points
        ),
    )
    return Compiled(world, layout)


def _check_size(parts: Parts, classes: int, timetables: Sequence[Timetable]) -> None:
    """Refuse what would fill the memory before the need for it can be estimated."""
    kinds = parts.first.size
    phases = len({entry for each in timetables for entry in each.entries})
    size = SITUATIONS * kinds * classes * phases
    if size > MOST_TERMS:
        raise SpecError(
            "channels that rules tell apart x classes of report x policies and their phases "
            f"x {SITUATIONS} are at most {MOST_TERMS:,}; "
            f"{kinds:,} x {classes} x {phases} x {SITUATIONS} are {size:,}",
            "compare fewer policies at a time, declare fewer reports, or name fewer single desks",
            where="reports",
            value=f"{classes} classes",
        )


def _keys(prefix: str, names: Sequence[str]) -> NDArray[np.uint32]:
    return np.array([name_key(f"{prefix}:{name}") for name in names], dtype=np.uint32)


def _classes(scenario: Scenario, reports: Mapping[str, ReportClass], tables: TableStore) -> Classes:
    specs = list(reports.values())
    names = tuple(reports)
    weights = [tables.add(spec.weight.table()) for spec in specs]
    roles = [Role[ROLES.get(spec.kind, "EVIDENCE")] for spec in specs]
    return Classes(
        names=names,
        role=np.array(roles, dtype=np.int8),
        urgency=np.array([URGENCIES.index(spec.urgency) for spec in specs], dtype=np.int8),
        lifetime=np.array([_lifetime(spec.lifetime, scenario) for spec in specs], dtype=np.int32),
        persons=np.array([spec.persons for spec in specs], dtype=np.int32),
        weight=np.array(weights, dtype=np.int32),
        addressed=np.array([spec.addressed for spec in specs], dtype=np.bool_),
        trace_key=_keys("trace", names),
        emit_key=_keys("emit", names),
        gap_key=_keys("gap", names),
    )


def _lifetime(hours: float, scenario: Scenario) -> int:
    """Ticks that a report lives; what outlives the run need not live longer than it."""
    return min(max(1, round(hours / scenario.tick_h)), scenario.ticks)


def _kinds(scenario: Scenario, longest_lifetime: int) -> Kinds:
    """Return the kinds of subject: the threats."""
    age = np.arange(scenario.ticks + longest_lifetime + 1)
    left = [
        np.rint(DECAY_ONE * np.exp2(-age / (threat.half_life.value / scenario.tick_h)))
        for threat in scenario.threats.values()
    ]
    threats = scenario.threats.values()
    return Kinds(
        names=tuple(scenario.threats),
        domain=np.array([scenario.families.index(one.family) for one in threats], dtype=np.int64),
        faces=np.array([len(one.faces) for one in threats], dtype=np.int64),
        decay=np.array(left).astype(np.int64),
    )
