"""From declarations to arrays: one scenario, its place, and policies as design points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scenarios.compiling.channels import build_network
from scenarios.compiling.desks import sights, watch_streams
from scenarios.compiling.kinds import ChannelKinds, ends_in
from scenarios.compiling.phases import Variant, phases_of
from scenarios.compiling.stores import compiled_stores
from scenarios.compiling.terms import TermTable
from scenarios.errors import SpecError
from scenarios.reading import Atlas, LoadedPolicy, LoadedScenario, located
from scenarios.schema import ROLES, URGENCIES, Scenario, Sight
from sim.draws import TableStore, name_key
from sim.seam import (
    DECAY_ONE,
    SITUATIONS,
    Classes,
    Kinds,
    Points,
    Role,
    Subjects,
    World,
)

ASPECTS = ("activity",)

MOST_TERMS = 200_000_000
"""Most entries of the table of terms, of 2 bytes each."""


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
    desks: tuple[str, ...]
    """Kind of desk of each unit: ``police``, ``europol.analysis``."""
    owners: tuple[str, ...]
    """Organisation of each unit."""


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
    return compile_together([Variant(loaded, tuple(policies))])


def compile_together(variants: Sequence[Variant]) -> Compiled:
    """Compile variants of a scenario into one world: the policies of the first, of the next ...

    They may differ in their policies, and in how desks read, see, recognise and ask. Agents see
    the first.

    Raises
    ------
    SpecError
        As `compile_world`.
    ValueError
        If they differ in anything else.
    """
    first = variants[0].scenario
    if any(not _same_world(first, other) for other, _ in variants[1:]):
        msg = "scenarios that differ in more than their desks' numbers are no points of one world"
        raise ValueError(msg)
    try:
        return _compiled(variants)
    except SpecError as error:
        error.file = error.file or str(first.path)
        raise located(error) from None


def _same_world(one: LoadedScenario, other: LoadedScenario) -> bool:
    """Whether two scenarios differ in the numbers of desks alone."""
    return one.atlas == other.atlas and _shared(one.spec) == _shared(other.spec)


def _shared(scenario: Scenario) -> tuple[Scenario, dict[str, list[Sight]]]:
    """Return a scenario without desks, and what kinds of desk see without how often."""
    seen = {
        kind: [sight.model_copy(update={"per_year": 0.0}) for sight in desk.sees]
        for kind, desk in scenario.desks.items()
    }
    return scenario.model_copy(update={"desks": {}}), seen


def _compiled(variants: Sequence[Variant]) -> Compiled:
    scenario, atlas = variants[0].scenario.spec, variants[0].scenario.atlas
    policies = [policy for variant in variants for policy in variant.policies]
    tables = TableStore()
    network = build_network(scenario, atlas)
    classes = _classes(scenario, tables)
    subjects = _subjects(scenario, atlas)
    _check_rules(policies)
    kinds = ChannelKinds(network, ends_in(policies))
    _check_size(kinds, classes, len(policies))
    terms = TermTable(scenario, atlas, network, kinds, tables)
    phases = phases_of(variants, network, kinds, terms, tables)
    world = World(
        groups=tuple(network.groups),
        places=tuple(atlas.members),
        domains=(scenario.threat.family,),
        aspects=ASPECTS,
        units=network.units,
        channels=replace(network.channels, kind=kinds.of),
        classes=classes,
        kinds=_kinds(scenario, int(classes.lifetime.max())),
        subjects=subjects,
        sights=sights(scenario),
        watch=watch_streams(
            scenario, atlas, network, tables, len(subjects.names), phases.rate.max(axis=0)
        ),
        stores=compiled_stores(scenario, network.stores, network.units.names),
        terms=terms.compiled(),
        phases=phases,
        points=Points.constant(tuple(policy.name for policy in policies)),
        tables=tables.stack(),
        horizon=scenario.ticks,
    )
    layout = Layout(
        scenario,
        atlas,
        {name: number for number, name in enumerate(world.units.names)},
        {name: number for number, name in enumerate(world.groups)},
        {name: number for number, name in enumerate(world.places)},
        {name: number for number, name in enumerate(classes.names)},
        {name: number for number, name in enumerate(subjects.names)},
        desks=network.kinds,
        owners=tuple(network.groups[group] for group in network.units.group.tolist()),
    )
    return Compiled(world, layout)


def _check_size(kinds: ChannelKinds, classes: Classes, policies: int) -> None:
    """Refuse what would fill the memory before the need for it can be estimated."""
    reports = len(classes.names)
    size = SITUATIONS * len(kinds) * reports * policies
    if size > MOST_TERMS:
        raise SpecError(
            "channels that rules tell apart x classes of report x policies "
            f"x {SITUATIONS} are at most {MOST_TERMS:,}; "
            f"{len(kinds):,} x {reports} x {policies} x {SITUATIONS} are {size:,}",
            "compare fewer policies at a time, declare fewer reports, or name fewer single desks",
            where="reports",
            value=f"{reports} classes",
        )


def _check_rules(policies: Sequence[LoadedPolicy]) -> None:
    """Refuse more rules than terms can be numbered; one term is that of no rule."""
    most = int(np.iinfo(np.uint16).max)
    total = 0
    for policy in policies:
        total += len(policy.spec.rules)
        if total > most:
            raise SpecError(
                f"the policies of a comparison have at most {most:,} rules together",
                "compare fewer policies at a time",
                file=str(policy.path),
                where="rules",
                value=f"{len(policy.spec.rules)} rules",
            )


def _keys(prefix: str, names: Sequence[str]) -> NDArray[np.uint32]:
    return np.array([name_key(f"{prefix}:{name}") for name in names], dtype=np.uint32)


def _classes(scenario: Scenario, tables: TableStore) -> Classes:
    specs = list(scenario.reports.values())
    names = tuple(scenario.reports)
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


def _subjects(scenario: Scenario, atlas: Atlas) -> Subjects:
    names = scenario.threat.subjects(tuple(atlas.members))
    return Subjects(names, _keys("subject", names), np.zeros(len(names), dtype=np.int64))


def _kinds(scenario: Scenario, longest_lifetime: int) -> Kinds:
    """Return the one kind of subject that there is."""
    half_life = scenario.half_life.value / scenario.tick_h
    age = np.arange(scenario.ticks + longest_lifetime + 1)
    left = np.rint(DECAY_ONE * np.exp2(-age / half_life)).astype(np.int64)
    return Kinds(
        names=(scenario.threat.kind,),
        domain=np.zeros(1, dtype=np.int64),
        faces=np.array([len(scenario.threat.faces)], dtype=np.int64),
        decay=left[np.newaxis],
    )
