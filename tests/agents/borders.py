"""A small, hurried version of sea-borders: six states, some weeks, many boats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from agents import load_scenario
from agents.lane.lane import Lane
from agents.mechanisms.flow.batch import Flows
from agents.mechanisms.flow.plan import Numbers, Plan
from agents.mechanisms.flow.rings import Traffic
from agents.mechanisms.flow.stream import Stream
from agents.mechanisms.versions import Versions
from agents.society.society import Society
from scenarios import Compiled, LoadedScenario, compile_world
from sim import Kernel, LaneId
from sim.kernel import Lanes
from tests.agents.small import _hurried, changed, of_one_face, outcomes_in, policies, practised

MEMBERS: Final = ("DE", "EL", "ES", "FR", "IT", "MT")
THREAT: Final = "crossings"
WEEKS: Final = 12

_SEEN: Final = {"police": 10, "financial": 10}
"""Times as much as usual that these desks see: there is so little time."""

_POSTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "team": {"one_per": None, "number": 1.0},
    "financial": {"one_per": None, "number": 1.0},
    "magistrates": {"one_per": None, "number": 1.0},
}


def small_borders(
    *,
    days: float = 7 * WEEKS,
    decoys: int = 4,
    parts: Mapping[str, Mapping[str, Any]] | None = None,
    points: Mapping[str, Mapping[str, Any]] | None = None,
    procedures: Mapping[str, Mapping[str, Any]] | None = None,
) -> LoadedScenario:
    """Return the small scenario, with other values of parts, of checkpoints, or of procedures."""
    loaded = load_scenario("sea-borders")
    spec, atlas = loaded.spec, loaded.atlas
    threat: Any = of_one_face(spec.threats[THREAT])
    brisk: dict[str, dict[str, Any]] = {
        "decoys": {"number": decoys, "starts_within": days * 12.0},
        "rings": {"recruits_per_week": 0.2, "replaced": 1.0, "replaced_after": 14 * 24.0},
        "choice": {"memory": 7 * 24.0},
    }
    for name, values in (parts or {}).items():
        brisk.setdefault(name, {}).update(values)
    update = {name: changed(getattr(threat, name), **values) for name, values in brisk.items()}
    places = {
        name: changed(one, **(points or {}).get(name, {})) for name, one in threat.points.items()
    }
    sees = {
        desk: tuple(changed(one, per_year=one.per_year * _SEEN.get(desk, 1)) for one in sights)
        for desk, sights in threat.sees.items()
    }
    threat = changed(threat, points=places, sees=sees, **update)
    spec = changed(
        spec,
        horizon=days * 24.0,
        threats={THREAT: threat},
        posts={
            name: post.model_copy(update=dict(_POSTS.get(name, {})))
            for name, post in spec.posts.items()
        },
        procedures={
            name: practised(_hurried(one), **(procedures or {}).get(name, {}))
            for name, one in spec.procedures.items()
        },
    )
    near = frozenset(pair for pair in atlas.neighbours if pair <= set(MEMBERS))
    members = {code: atlas.members[code] for code in MEMBERS}
    return replace(loaded, spec=spec, atlas=replace(atlas, members=members, neighbours=near))


@cache
def compiled_borders(names: tuple[str, ...]) -> Compiled:
    """Return the small scenario compiled for policies."""
    return compile_world(small_borders(), policies(names))


def stream_of(loaded: LoadedScenario, addresses: list[LaneId]) -> Stream:
    """Return the loads of lanes in which nobody does anything."""
    layout = compile_world(loaded, policies(("bilateral",))).layout
    spec: Any = layout.threats.specs[THREAT]
    lanes = Lanes.of(addresses).within(f"threat:{THREAT}")
    return Stream(lanes, Plan(spec, layout), Versions([Numbers.of(spec)], len(addresses)))


class BorderStage:
    """One lane whose engine is never advanced; the test plays the world."""

    def __init__(self, loaded: LoadedScenario | None = None, replication: int = 0) -> None:
        self.compiled = compile_world(loaded or small_borders(), policies(("bilateral",)))
        self.engine = Kernel(self.compiled.world, [LaneId(0, 1, replication)])
        self.journal: list[Any] = []
        self.society = Society(self.compiled, self.journal)
        self.society.start(self.engine)

    @property
    def lane(self) -> Lane:
        """The lane."""
        return self.society.lanes[0]

    @property
    def flows(self) -> Flows:
        """The flows of the batch."""
        flows = self.society.threats[0]
        assert isinstance(flows, Flows)
        return flows

    @property
    def traffic(self) -> Traffic:
        """The rings of the lane."""
        traffic: Traffic = self.lane.of(0)
        return traffic

    def place(self, code: str) -> int:
        """Return the number of a state."""
        return self.compiled.layout.places[code]

    def days(self, first: int, last: int) -> None:
        """Let the world move for some days, without work."""
        for tick in range(first * self.flows.plan.per_day, last * self.flows.plan.per_day):
            self.flows.move(tick)

    @property
    def outcomes(self) -> dict[str, float]:
        """Outcomes, if the run ended now."""
        return outcomes_in(self.compiled, self.society, self.engine)
