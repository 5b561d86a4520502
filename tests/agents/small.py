"""A small, hurried version of the catalogue's scenario, and a stage for single agents.

Nine states, a dozen times as many traces and a twelfth of the time for casework: within three
months there happens what takes two years in the scenario itself.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from agents import BatchResult, load_scenario
from agents.casework.investigation import Investigation
from agents.lane.lane import Lane
from agents.mechanisms.network.network import Cell
from agents.organisations.eurojust import Eurojust
from agents.organisations.member_state import MemberState
from agents.society.outcomes import outcomes_of
from agents.society.society import Society
from scenarios import (
    Compiled,
    LoadedPolicy,
    LoadedScenario,
    compile_world,
    load_policy,
    policy_entries,
)
from scenarios.schema.delays import Delay
from sim import Engine, LaneId, Reference
from sim.seam.world import TRUST_ONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from scenarios.schema.casework import Casework


MEMBERS: Final = ("AT", "CZ", "DE", "HU", "IT", "PL", "RO", "SI", "SK")
SUBJECT: Final = 0
"""The network; the other subjects are decoys."""
HURRY: Final = 12
SHORTER: Final = 6
"""So many times shorter is the life of reports: they expire, and their places are used again."""
DAYS: Final = 84
TICKS_A_DAY: Final = 4
"""Ticks of six hours."""

POLICIES: Final = tuple(entry.name for entry in policy_entries())

UNUSED: Final = ("searches", "guard_hits", "false_matches", "disclosed_by_store", "closed_to")
"""Counters that stay at 0 where there is no store and no desk closes."""

J = TypeVar("J")

Values = dict[str, bytes]
"""Everything a lane gave, to the bit."""


# The small scenario --------------------------------------------------------------------------


@cache
def policy(name: str) -> LoadedPolicy:
    """Return a policy of the catalogue."""
    return load_policy(name)


def policies(names: Sequence[str] = POLICIES) -> list[LoadedPolicy]:
    """Return policies of the catalogue."""
    return [policy(name) for name in names]


@cache
def _catalogue() -> LoadedScenario:
    return load_scenario("organised-crime")


def changed(spec: Any, **values: Any) -> Any:
    """Return a declaration with other values; a plain number goes into a sourced one."""
    update = {}
    for name, value in values.items():
        old = getattr(spec, name)
        sourced = hasattr(old, "assumed") and isinstance(value, int | float)
        update[name] = old.model_copy(update={"value": value}) if sourced else value
    return spec.model_copy(update=update)


def days(number: float) -> Delay:
    """Return a fixed delay."""
    return Delay(value=f"{number} d", assumed="for the test")  # type: ignore[arg-type]


def _hurried(casework: Casework) -> Casework:
    update: dict[str, Any] = {}
    for name, value in casework.delays():
        assert value.median is not None
        assert value.p95 is not None
        quick = {"median": value.median / HURRY, "p95": value.p95 / HURRY}
        update[name] = value.model_copy(update=quick)
    return worked(casework, operation_length=14 * 24.0, **update)


def worked(casework: Casework, **values: Any) -> Casework:
    """Return casework with other values, each in whatever block it belongs to."""
    own: dict[str, Any] = {}
    blocks: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        holders = [b for b in type(casework).model_fields if hasattr(getattr(casework, b), name)]
        (blocks.setdefault(holders[0], {}) if holders else own)[name] = value
    changes = {block: changed(getattr(casework, block), **new) for block, new in blocks.items()}
    result: Casework = changed(casework, **changes, **own)
    return result


def small(
    *,
    horizon_days: float = DAYS,
    decoys: int = 4,
    casework: Mapping[str, Any] | None = None,
    network: Mapping[str, Any] | None = None,
    reports: Mapping[str, Mapping[str, Any]] | None = None,
) -> LoadedScenario:
    """Return the small scenario, with other values of casework, network or report classes."""
    loaded = _catalogue()
    spec, atlas = loaded.spec, loaded.atlas
    threat: Any = spec.threat
    brisk = {
        "cells": changed(threat.network.cells, low=3, high=4),
        "notice_per_week": 0.05,
        "leak_per_week": 0.02,
        "reaction_time": 14 * 24.0,
        **(network or {}),
    }
    coincidences = changed(
        threat.decoys,
        number=decoys,
        places=changed(threat.decoys.places, low=2, high=4),
        starts_within=20 * 24.0,
    )
    desks = {
        kind: changed(
            desk,
            sees=tuple(changed(sight, per_year=sight.per_year * HURRY) for sight in desk.sees),
        )
        for kind, desk in spec.desks.items()
    }
    other = reports or {}
    classes = {
        name: changed(one, **{"lifetime": one.lifetime / SHORTER, **other.get(name, {})})
        for name, one in spec.reports.items()
    }
    threat = changed(
        threat,
        network=changed(threat.network, **brisk),
        decoys=coincidences,
    )
    spec = changed(
        spec,
        horizon=horizon_days * 24.0,
        desks=desks,
        threat=threat,
        reports=classes,
        casework=worked(_hurried(spec.casework), **(casework or {})),
    )
    near = frozenset(pair for pair in atlas.neighbours if pair <= set(MEMBERS))
    members = {code: atlas.members[code] for code in MEMBERS}
    return replace(loaded, spec=spec, atlas=replace(atlas, members=members, neighbours=near))


@cache
def compiled_small(names: tuple[str, ...] = POLICIES) -> Compiled:
    """Return the small scenario compiled for policies."""
    return compile_world(small(), policies(names))


def values_of(result: BatchResult, number: int) -> Values:
    """Return everything one lane of a batch gave, to the bit."""
    tables: dict[str, Mapping[str, NDArray[Any]]] = {
        "outcome": result.outcomes,
        "series": result.series,
        "counter": result.counters,
    }
    values = {
        f"{kind} {name}": np.ascontiguousarray(table[number]).tobytes()
        for kind, columns in tables.items()
        for name, table in columns.items()
    }
    return {**values, "days": result.series_days.tobytes()}


def differing(one: Values, other: Values) -> list[str]:
    """Return the names of what two lanes do not share."""
    assert one.keys() == other.keys()
    return [name for name, value in one.items() if other[name] != value]


def outcomes_in(compiled: Compiled, society: Society, engine: Engine) -> dict[str, float]:
    """Return what would be read off the only lane of an engine if the run ended now."""
    read_off = outcomes_of(compiled, society, engine)
    return {name: float(value) for name, (value,) in read_off.items()}


# A stage for single agents -------------------------------------------------------------------


def job_of(lane: Lane, code: str, kind: type[J]) -> J:
    """Return the job of a kind that a state does."""
    state = lane.organisations[code]
    assert isinstance(state, MemberState)
    return next(job for jobs in state._at.values() for job in jobs if isinstance(job, kind))


def police(lane: Lane, code: str) -> Investigation:
    """Return the criminal investigation of a state."""
    return job_of(lane, code, Investigation)


def eurojust(lane: Lane) -> Eurojust:
    """Return the agency that coordinates cases."""
    found = lane.organisations["eurojust"]
    assert isinstance(found, Eurojust)
    return found


class Stage:
    """One lane in an engine that is never advanced; the test plays the world."""

    def __init__(self, scenario: LoadedScenario | None = None, replication: int = 0) -> None:
        self.compiled = compile_world(scenario or small(), policies(("bilateral",)))
        self.layout = self.compiled.layout
        self.engine = Reference(self.compiled.world, LaneId(0, 1, replication))
        self.society = Society(self.compiled)
        self.society.start(self.engine)
        self.clocks = self.society._clocks
        (self.lane,) = self.society.lanes
        self.draws = self.lane.draws
        self.network = self.lane.of(0)
        self.tick = 0

    # What the world does -----------------------------------------------------------------------

    def settle(self, *members: tuple[str, int]) -> list[Cell]:
        """Put the network's cells where the test wants them."""
        cells = [Cell(self.layout.places[code], number, number) for code, number in members]
        self.network.cells = cells
        self.network.first_places = tuple(cell.place for cell in cells)
        self.network.size = sum(cell.members for cell in cells)
        self.network.show()
        return cells

    def saw(self, subject: int, *codes: str) -> None:
        """Let states have observed a subject."""
        for code in codes:
            self.engine._contributed[subject] |= 1 << self.layout.groups[code]

    def knows(self, desk: str, subject: int, *groups: str) -> None:
        """Let the evidence of a desk stem from some organisations."""
        [part] = self.engine._belief(self.layout.units[desk], subject).parts
        part.origins = sum(1 << self.layout.groups[group] for group in groups)

    def investigates(self, code: str, subject: int) -> bool:
        """Whether a state has verified its case on a subject and works on it."""
        return self.lane.cases.are_open(subject, self.layout.places[code])

    def disclosed(self, subject: int, persons: int, *groups: str) -> None:
        """Let organisations have been told of persons."""
        for group in groups:
            self.engine._disclosed[subject, self.layout.groups[group]] = persons

    def recognised(self, subject: int, *groups: str) -> None:
        """Let organisations recognise a subject now."""
        for group in groups:
            self.lane.recognised(self.tick, subject, self.desk(group))

    def told(self, reader: str, subject: int, report: str, teller: str) -> None:
        """Let an organisation read an addressed report now."""
        self.lane.told(self.tick, subject, report, self.desk(reader), self.desk(teller))

    @property
    def eurojust(self) -> Eurojust:
        """The agency."""
        return eurojust(self.lane)

    def desk(self, group: str) -> int:
        """Return the first unit of an organisation."""
        return self.layout.owners.index(group)

    def until(self, day: float) -> None:
        """Let casework run through the first tick of a day."""
        self.tick = round(day * TICKS_A_DAY)
        self.clocks.run_before(self.tick + 1)
        self.lane.tick = self.tick

    def weeks(self, number: int) -> None:
        """Let the network live for some weeks, casework included."""
        for _ in range(number):
            self.until(self.tick / TICKS_A_DAY + 7)
            self.network.step()

    # What came of it ---------------------------------------------------------------------------

    @property
    def written(self) -> list[tuple[str, int, str]]:
        """Reports that agents wrote so far: (desk, subject, class), in order."""
        units, classes = list(self.layout.units), list(self.layout.classes)
        drafts = self.engine._to_emit
        return [(units[unit], subject, classes[cls]) for unit, subject, cls, *_ in drafts]

    def level(self, code: str, subject: int = SUBJECT) -> int:
        """Return what there is to see in a state, in units of ``1 / LEVEL_ONE``."""
        return self.engine._level[subject, self.layout.places[code], 0]

    def trust(self, giver: str, receiver: str) -> float:
        """Return the trust that the engine was told of."""
        groups = self.layout.groups
        return self.engine._trust[groups[giver], groups[receiver], 0] / TRUST_ONE

    @property
    def outcomes(self) -> dict[str, float]:
        """Outcomes, if the run ended now."""
        return outcomes_in(self.compiled, self.society, self.engine)

    def hours(self, day: float) -> tuple[float, float]:
        """Hours worked by the beginning of a day: (on real subjects, on decoys)."""
        return self.lane.work.hours(day * TICKS_A_DAY)
