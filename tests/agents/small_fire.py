"""A small, hot version of the forest-fire scenario: nine states, a week, many large fires."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, Final

from agents import load_scenario
from agents.lane import Lane
from agents.society import Society
from scenarios import Compiled, LoadedPolicy, LoadedScenario, compile_world, load_policy
from sim import LaneId
from sim.kernel.engine import Kernel
from sim.seam.port import Happenings, advance
from tests.agents.small import changed

MEMBERS: Final = ("BG", "CY", "DE", "EL", "ES", "FR", "IT", "PT", "RO")
POLICIES: Final = (
    "bilateral",
    "request-response",
    "hub-and-spoke",
    "need-to-know",
    "availability",
    "full-pool",
)
"""Regimes that make sense for the family."""
HOTTER: Final = 4
DAYS: Final = 8


def policies(names: tuple[str, ...] = POLICIES) -> list[LoadedPolicy]:
    """Return policies of the catalogue."""
    return [load_policy(name) for name in names]


@cache
def _catalogue() -> LoadedScenario:
    return load_scenario("forest-fire")


def small_fire(*, days: float = DAYS, hotter: float = HOTTER, **assistance: Any) -> LoadedScenario:
    """Return the small scenario, with other values of the assistance block."""
    loaded = _catalogue()
    spec, atlas = loaded.spec, loaded.atlas
    season = changed(spec.threat.season, window=48.0)  # type: ignore[attr-defined]
    casework = changed(spec.casework, assistance=changed(spec.casework.assistance, **assistance))
    absent = {code.lower() for code in atlas.members if code not in MEMBERS}
    spec = changed(
        spec,
        outcomes=tuple(one for one in spec.outcomes if one.name.rpartition("_")[2] not in absent),
        horizon=days * 24.0,
        threat=changed(spec.threat, season=season),
        casework=casework,
    )
    members = {code: atlas.members[code] for code in MEMBERS}
    means = {
        code: changed(
            atlas.civil_protection[code],
            large_fires_month=atlas.civil_protection[code].large_fires_month * hotter,
        )
        for code in MEMBERS
    }
    near = frozenset(pair for pair in atlas.neighbours if pair <= set(MEMBERS))
    atlas = replace(atlas, members=members, civil_protection=means, neighbours=near)
    return replace(loaded, spec=spec, atlas=atlas)


@cache
def compiled_fire(names: tuple[str, ...] = POLICIES) -> Compiled:
    """Return the small scenario compiled for policies."""
    return compile_world(small_fire(), policies(names))


class Watched(Society):
    """A society that is looked at after each tick."""

    def __init__(self, compiled: Compiled, look: Any, journal: Any = None) -> None:
        super().__init__(compiled, journal)
        self._look = look

    def react(self, tick: int, happenings: Happenings) -> None:
        super().react(tick, happenings)
        self._look(self, tick)


def watch(compiled: Compiled, lanes: list[LaneId], look: Any) -> list[Lane]:
    """Run lanes, and let `look(society, tick)` look at every tick."""
    society = Watched(compiled, look)
    advance(Kernel(compiled.world, lanes), society, compiled.world.horizon)
    return society.lanes
