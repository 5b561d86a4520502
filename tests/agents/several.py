"""Small worlds of one threat and of several: the same place, time and people for each of them.

Networks meet one set of desks and fires another; an outbreak shares police with the networks.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from agents import load_scenario, run_compiled
from scenarios import LoadedScenario, compile_world
from scenarios.schema import COMMON_BY_THREAT, Outcome, Scenario, check_scenario, given
from sim import LaneId
from tests.agents import cyber, small as crime, small_fire as fire
from tests.agents.small import changed, policies

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agents import BatchResult
    from scenarios.reading.atlas import Atlas
    from scenarios.schema.threat import ThreatSpec

TRAFFICKING: Final = crime.THREAT
WORM: Final = cyber.THREAT
FIRES: Final = fire.THREAT
THREATS: Final = (TRAFFICKING, WORM, FIRES)
MEMBERS: Final = ("DE", "EL", "ES", "FR", "IT", "PL", "PT", "RO")
"""PL and RO had no response team; in the south it burns."""
POLICIES: Final = ("bilateral", "full-pool")
LANES: Final = tuple(LaneId(point, 7, number) for number in range(2) for point in range(2))

SHARED: Final = ("request", "hit", "follow-up", "routine")
"""Classes of report that a world has once, whatever its threats."""


@cache
def _atlas() -> Atlas:
    """Return the place of all worlds, in which police and civil protection do not write."""
    atlas = load_scenario("forest-fire").atlas
    near = frozenset(pair for pair in atlas.neighbours if pair <= set(MEMBERS))
    means = {
        code: changed(row, large_fires_month=row.large_fires_month * 4)
        for code in MEMBERS
        for row in (atlas.civil_protection[code],)
    }
    ways = {
        name: changed(
            way,
            connections=tuple(one for one in way.connections if set(one.between) != _APART),
        )
        for name, way in atlas.place.instruments.items()
    }
    return replace(
        atlas,
        place=changed(atlas.place, instruments=ways),
        members={code: atlas.members[code] for code in MEMBERS},
        neighbours=near,
        civil_protection=means,
    )


_APART: Final = {"police", "civil-protection"}


def _kits() -> dict[str, Scenario]:
    return {
        TRAFFICKING: crime.small(networks=2).spec,
        WORM: cyber.small_outbreak().spec,
        FIRES: fire.small_fire().spec,
    }


def world(
    *names: str,
    tick: str = "PT6H",
    days: float = 42,
    threats: Mapping[str, ThreatSpec] | None = None,
    by_year: Iterable[str] = (),
    **fields: Any,
) -> LoadedScenario:
    """Return a world of some threats, with what each of them needs and nothing else.

    Parameters
    ----------
    names
        Threats of the small worlds of one.
    threats
        Threats to take instead of those of these names.
    by_year
        Outcomes that are told by year.
    """
    kits = _kits()
    first, parts = kits[TRAFFICKING], [kits[name] for name in names]
    own = {name: _own(kits[name], name) for name in names} | dict(threats or {})
    reports = {name: first.reports[name] for name in SHARED}
    reports |= {
        name: one for part in parts for name, one in part.reports.items() if name not in SHARED
    }
    spec = changed(
        first,
        tick=tick,
        horizon=days * 24.0,
        threats=own,
        reports=reports,
        desks=_first_of(part.desks for part in parts),
        stores=first.stores if TRAFFICKING in names else None,
        posts=_first_of(part.posts for part in parts),
        procedures=_first_of(part.procedures for part in parts),
        casework=changed(
            first.casework,
            incident=next((p.casework.incident for p in parts if p.casework.incident), None),
            assistance=next((p.casework.assistance for p in parts if p.casework.assistance), None),
        ),
        **fields,
    )
    spec = changed(spec, outcomes=_outcomes(spec, frozenset(by_year)))
    check_scenario(spec)
    return replace(load_scenario("organised-crime"), spec=spec, atlas=_atlas())


def _own(spec: Scenario, name: str) -> ThreatSpec:
    """Return a threat that names the procedures that deal with it."""
    threat: ThreatSpec = changed(spec.threats[name], procedures=tuple(spec.procedures))
    return threat


def _first_of(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return things by name; of those of one name the first."""
    found: dict[str, Any] = {}
    for part in parts:
        found = {**part, **found}
    return found


def _outcomes(spec: Scenario, by_year: frozenset[str]) -> tuple[Outcome, ...]:
    """Return everything that is read off."""
    known = given(spec.threats)
    return tuple(
        Outcome(
            name=name,
            label=name,
            unit=known.times.get(name, "x"),
            better="lower",
            group="effect",
            time=name in known.times,
            by_year=name in by_year,
        )
        for name in sorted(known.names)
    )


def bare(loaded: LoadedScenario) -> LoadedScenario:
    """Return a world in which nobody sees anything of a threat, nor takes anything for one."""
    threats = {
        name: changed(threat, sees={}, recognises={})
        for name, threat in loaded.spec.threats.items()
    }
    return replace(loaded, spec=changed(loaded.spec, threats=threats))


def run(
    loaded: LoadedScenario,
    names: tuple[str, ...] = POLICIES,
    lanes: tuple[LaneId, ...] = LANES,
    **how: Any,
) -> BatchResult:
    """Run a world."""
    return run_compiled(compile_world(loaded, policies(names)), list(lanes), **how)


def of_threat(
    result: BatchResult, name: str, threat: ThreatSpec
) -> dict[str, np.ndarray[Any, Any]]:
    """Return what is read off a threat, alone (`name` is empty) or beside others."""
    prefix = f"{name}." if name else ""
    return {
        outcome: result.outcomes[prefix + outcome]
        for outcome in sorted(threat.outcomes | COMMON_BY_THREAT)
    }
