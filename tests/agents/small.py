"""A small, hurried version of the catalogue's scenario, and a stage for single agents.

Nine states, a dozen times as many traces and a twelfth of the time for casework: within three
months there happens what takes years in the scenario itself. Of everything there is a whole one,
not a sample, and a state has a single team.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar
from unittest.mock import patch

import numpy as np

from agents import BatchResult, load_scenario
from agents.lane.cases import Case
from agents.lane.lane import Lane
from agents.mechanisms.network.declaration import OrganisedCrime
from agents.mechanisms.network.ledger import Ledger
from agents.mechanisms.network.network import Cell
from agents.mechanisms.network.underworld import Underworld
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
from scenarios.schema import EVIDENCE_ONE
from scenarios.schema.delays import Delay
from scenarios.schema.procedure import Evidence
from sim import Engine, LaneId, Reference
from sim.seam.world import TRUST_ONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from scenarios.schema.procedure import Procedure
    from scenarios.schema.store import Store


MEMBERS: Final = ("AT", "CZ", "DE", "HU", "IT", "PL", "RO", "SI", "SK")
THREAT: Final = "trafficking"
SUBJECT: Final = 0
"""The first network."""
HURRY: Final = 12
SHORTER: Final = 6
"""So many times shorter is the life of reports: they expire, and their places are used again."""
DAYS: Final = 84
TICKS_A_DAY: Final = 4
"""Ticks of six hours."""
USUAL: Final = 10
"""Evidence with which an investigation takes as long and errs as often as declared."""

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


def of_one_face(threat: Any) -> Any:
    """Return a threat of which every report shows the same: evidence is counted by hand then."""
    sees = {
        desk: tuple(changed(sight, shows=None) for sight in sights)
        for desk, sights in threat.sees.items()
    }
    return changed(threat, faces=("whole",), sees=sees)


def _whole(stores: Mapping[str, Store]) -> dict[str, Store]:
    """Return data bases that keep whatever has one face, and mistake nothing."""
    return {name: changed(one, faces=None, false_match={}) for name, one in stores.items()}


def days(number: float) -> Delay:
    """Return a fixed delay."""
    return Delay(value=f"{number} d", assumed="for the test")  # type: ignore[arg-type]


def practised(procedure: Procedure, **values: Any) -> Procedure:
    """Return a procedure with other delays, chances, numbers, weights of evidence, or parts."""
    update: dict[str, Any] = {}
    for name, value in values.items():
        if name in Evidence.model_fields:
            evidence = update.get("evidence", procedure.evidence)
            update["evidence"] = changed(evidence, **{name: value})
            continue
        block = next((b for b in _BLOCKS if name in getattr(procedure, b)), None)
        if block is None:
            update[name] = value
            continue
        old = update.get(block, getattr(procedure, block))
        new = value if isinstance(value, Delay) else old[name].model_copy(update={"value": value})
        update[block] = {**old, name: new}
    result: Procedure = changed(procedure, **update)
    return result


_BLOCKS: Final = ("delays", "chances", "numbers")


def _hurried(procedure: Procedure) -> Procedure:
    """Return a procedure that takes a twelfth of the time."""
    quick = {}
    for name, delay in procedure.delays.items():
        forms = {form: getattr(delay, form) for form in ("value", "median", "p95", "mean")}
        fast = {form: hours / HURRY for form, hours in forms.items() if hours is not None}
        quick[name] = delay.model_copy(update=fast)
    every = procedure.starts.every
    starts = changed(procedure.starts, every=None if every is None else 8 * 24.0)
    return practised(procedure, delays=quick, starts=starts)


def certain(**investigation: Any) -> dict[str, dict[str, Any]]:
    """Return changes with which police are always right, as fast with little as with much."""
    sure = {"verified": 1, "seen_through": 1, "proven": 1, "cleared": 1, "faster": 0, "stale": 0}
    return {"investigation": {**sure, **investigation}}


_EAGER: Final[Mapping[str, Mapping[str, Any]]] = {
    "coordination": {"worth_a_meeting": 0.7, "team_agreed": 0.5},
    "joint-team": {"proposed": 0.2},
}
"""There is so little time that what is rare is not."""

_POSTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "team": {"one_per": None, "number": 1.0},
    "financial": {"one_per": None, "number": 1.0},
    "analysts": {"number": 1.5},
    "desk": {"number": 2.0},
}
"""Two analysts' places, each of them for a quarter of its time on other things."""


_STORES: Final[Mapping[str, Mapping[str, Any]]] = {
    "common-store.index": {"retention": 30 * 24.0, "false_match": {"whole": 0.01}},
}


def small(
    *,
    horizon_days: float = DAYS,
    networks: int = 1,
    decoys: int = 4,
    procedures: Mapping[str, Mapping[str, Any]] | None = None,
    posts: Mapping[str, Mapping[str, Any]] | None = None,
    network: Mapping[str, Any] | None = None,
    reports: Mapping[str, Mapping[str, Any]] | None = None,
) -> LoadedScenario:
    """Return the small scenario, with other values of procedures, posts, networks or reports.

    Networks are the first subjects, decoys follow.
    """
    loaded = _catalogue()
    spec, atlas = loaded.spec, loaded.atlas
    threat: Any = of_one_face(spec.threats[THREAT])
    brisk = {
        "number": networks,
        "cells": changed(threat.network.cells, low=3, high=4),
        "notice_per_week": 0.05,
        "leak_per_week": 0.02,
        "leak_traced": 0.5,
        "reaction_time": 14 * 24.0,
        "memory": 60 * 24.0,
        "falls_apart": 0.6,
        "replaced_after": 10 * 24.0,
        **(network or {}),
    }
    coincidences = changed(
        threat.decoys,
        number=decoys,
        places=changed(threat.decoys.places, low=2, high=4),
        starts_within=20 * 24.0,
    )
    sees = {
        kind: tuple(changed(sight, per_year=sight.per_year * HURRY) for sight in sights)
        for kind, sights in threat.sees.items()
    }
    threat = changed(
        threat, network=changed(threat.network, **brisk), decoys=coincidences, sees=sees
    )
    shorter = {name: {"lifetime": one.lifetime / SHORTER} for name, one in spec.reports.items()}
    hurried = {name: _hurried(one) for name, one in spec.procedures.items()}
    spec = changed(
        spec,
        horizon=horizon_days * 24.0,
        sample=changed(spec.sample, value=1.0),
        threats={THREAT: threat},
        reports=_each(changed, spec.reports, shorter, reports),
        procedures=_each(practised, hurried, _EAGER, procedures),
        stores=_each(changed, _whole(atlas.place.stores or {}), _STORES),
        posts=_each(changed, spec.posts, _POSTS, posts),
    )
    near = frozenset(pair for pair in atlas.neighbours if pair <= set(MEMBERS))
    members = {code: atlas.members[code] for code in MEMBERS}
    return replace(loaded, spec=spec, atlas=replace(atlas, members=members, neighbours=near))


def with_procedures(
    loaded: LoadedScenario, changes: Mapping[str, Mapping[str, Any]]
) -> LoadedScenario:
    """Return a scenario with other values of procedures."""
    procedures = _each(practised, loaded.spec.procedures, changes)
    return replace(loaded, spec=changed(loaded.spec, procedures=procedures))


def without(loaded: LoadedScenario, *names: str) -> LoadedScenario:
    """Return a scenario in which some procedures are not done."""
    kept = {name: one for name, one in loaded.spec.procedures.items() if name not in names}
    return replace(loaded, spec=changed(loaded.spec, procedures=kept))


def _each(
    change: Any, things: Mapping[str, Any], *changes: Mapping[str, Mapping[str, Any]] | None
) -> dict[str, Any]:
    """Return things of which some are changed, by their name."""
    found = dict(things)
    for new in changes:
        for name, values in (new or {}).items():
            found[name] = change(found[name], **values)
    return found


@cache
def compiled_small(names: tuple[str, ...] = POLICIES) -> Compiled:
    """Return the small scenario with two networks compiled for policies."""
    return compile_world(small(networks=2), policies(names))


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
        underworld = self.lane.of(SUBJECT)
        assert isinstance(underworld, Underworld)
        self.underworld = underworld
        self.network = underworld.networks[0]
        self.tick = 0

    def network_is(self, **values: Any) -> None:
        """Let other numbers of networks be in force from now on."""
        lane = self.lane
        threats: Any = {
            name: changed(threat, network=changed(threat.network, **values))
            for name, threat in lane.regime.threats.items()
            if isinstance(threat, OrganisedCrime)
        }
        lane._regime = lane.regime._replace(threats={**lane.regime.threats, **threats})

    # What the world does -----------------------------------------------------------------------

    def settle(self, *members: tuple[str, int]) -> list[Cell]:
        """Have the network begin now, with its cells where the test wants them."""
        held = self.network.spec.victims_per_member.value
        places = self.layout.places
        cells = [Cell(places[code], number, number, number * held) for code, number in members]
        network = self.network
        network.ledger, network.known = Ledger(), []
        with patch.object(network, "_settle", lambda: cells):
            network._begin()
        network.show()
        return cells

    def saw(self, subject: int, *codes: str, evidence: float = USUAL) -> None:
        """Let states have observed a subject; their police hold the usual evidence."""
        for code in codes:
            self.engine._contributed[subject] |= 1 << self.layout.groups[code]
            self.knows(f"{code}.police", subject, code, evidence=evidence)

    def knows(self, desk: str, subject: int, *groups: str, evidence: float = USUAL) -> None:
        """Let a desk now hold evidence that stems from some organisations."""
        belief = self.engine._belief(self.layout.units[desk], subject)
        belief.last = self.tick
        [part] = belief.parts
        part.evidence = round(evidence * EVIDENCE_ONE)
        part.origins = sum(1 << self.layout.groups[group] for group in groups)

    def cases(self, procedure: str) -> list[Case]:
        """Return all cases of a kind, in the order of their opening."""
        return [case for case in self.lane.cases.all if case.procedure == procedure]

    def case_of(self, organisation: str, procedure: str, subject: int = SUBJECT) -> Case:
        """Return the last case of a kind that an organisation opened on a subject."""
        (*_, last) = (
            case
            for case in self.cases(procedure)
            if (case.organisation, case.subject) == (organisation, subject)
        )
        return last

    def investigates(self, code: str, subject: int) -> bool:
        """Whether a state pursues suspects in a subject."""
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

    def desk(self, group: str) -> int:
        """Return the first unit of an organisation."""
        return self.layout.owners.index(group)

    def until(self, day: float) -> None:
        """Let casework run through the first tick of a day."""
        self.tick = round(day * TICKS_A_DAY)
        self.clocks.run_before(self.tick + 1)
        self.lane.tick = self.tick

    def weeks(self, number: int) -> None:
        """Let the networks live for some weeks, casework included."""
        for _ in range(number):
            self.until(self.tick / TICKS_A_DAY + 7)
            for network in self.underworld.networks:
                network.step()

    # What came of it ---------------------------------------------------------------------------

    @property
    def written(self) -> list[tuple[str, int, str]]:
        """Reports that agents wrote so far: (desk, subject, class), in order."""
        units, classes = list(self.layout.units), list(self.layout.classes)
        drafts = self.engine._to_emit
        return [(units[unit], subject, classes[cls]) for unit, subject, cls, *_ in drafts]

    def level(self, code: str, subject: int = SUBJECT, aspect: int = 0) -> int:
        """Return what there is to see in a state, in units of ``1 / LEVEL_ONE``."""
        return self.engine._level[subject, self.layout.places[code], aspect]

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
