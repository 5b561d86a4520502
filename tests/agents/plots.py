"""A small, hurried version of terrorism: nine states, two months, plots of some weeks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from agents import load_scenario
from agents.lane import Blow
from agents.mechanisms.plot.batch import Plots
from agents.mechanisms.plot.declaration import STAGES
from agents.society.society import Society
from scenarios import Compiled, LoadedScenario, compile_world
from sim import Kernel, LaneId, Reference
from tests.agents.small import MEMBERS, POLICIES, changed, days, policies, practised

if TYPE_CHECKING:
    from agents.lane import Lane
    from agents.mechanisms.plot.conspiracy import Conspiracy
    from agents.mechanisms.plot.plotters import Plotters

DAYS: Final = 60
FASTER: Final = 12
"""So many times faster are plots, and what is done about them."""
CELL, LONE = "cell", "lone"
TICKS_A_DAY: Final = 4


def small_plots(
    *kinds: str,
    horizon_days: float = DAYS,
    decoys: int = 8,
    arrivals: Mapping[str, Any] | None = None,
    stages: Mapping[str, Mapping[str, Any]] | None = None,
    attack: Mapping[str, Any] | None = None,
    struck: Mapping[str, Any] | None = None,
    procedures: Mapping[str, Mapping[str, Any]] | None = None,
) -> LoadedScenario:
    """Return the small scenario, of one kind or both, with other values of plots or procedures."""
    loaded = load_scenario("terrorism")
    spec, atlas = loaded.spec, loaded.atlas
    changes = {"arrivals": arrivals, "attack": attack, "struck": struck}
    threats = {
        name: _hurried(spec.threats[name], decoys, stages or {}, changes)
        for name in kinds or (CELL, LONE)
    }
    done = {name: _fast(one) for name, one in spec.procedures.items()}
    for name, values in (procedures or {}).items():
        done[name] = practised(done[name], **values)
    outcomes = spec.outcomes
    if len(threats) == 1:
        own = [one for one in outcomes if one.name.partition(".")[0] in (*threats, one.name)]
        outcomes = tuple(changed(one, name=one.name.rpartition(".")[2]) for one in own)
    spec = changed(
        spec, horizon=horizon_days * 24.0, threats=threats, procedures=done, outcomes=outcomes
    )
    near = frozenset(pair for pair in atlas.neighbours if pair <= set(MEMBERS))
    members = {code: atlas.members[code] for code in MEMBERS}
    return replace(loaded, spec=spec, atlas=replace(atlas, members=members, neighbours=near))


def _hurried(
    threat: Any,
    decoys: int,
    stages: Mapping[str, Mapping[str, Any]],
    changes: Mapping[str, Mapping[str, Any] | None],
) -> Any:
    """Return a threat whose plots go fast and are seen as often on their way."""
    quick = {}
    for name in STAGES:
        one = getattr(threat.stages, name)
        lasts = one.lasts
        faster = {"median": lasts.median / FASTER, "p95": lasts.p95 / FASTER}
        own = {"lasts": lasts.model_copy(update=faster), **stages.get(name, {})}
        quick[name] = changed(one, **own)
    sees = {
        desk: tuple(changed(one, per_year=one.per_year * FASTER) for one in sights)
        for desk, sights in threat.sees.items()
    }
    brisk = {"per_year": 60, "before": 10 * 24.0, "most": 60, **(changes["arrivals"] or {})}
    coincidences = changed(threat.decoys, number=decoys, starts_within=20 * 24.0)
    return changed(
        threat,
        arrivals=changed(threat.arrivals, **brisk),
        stages=changed(threat.stages, **quick),
        attack=changed(threat.attack, **(changes["attack"] or {})),
        struck=changed(threat.struck, **(changes["struck"] or {})),
        decoys=coincidences,
        sees=sees,
    )


def _fast(procedure: Any) -> Any:
    quick = {}
    for name, delay in procedure.delays.items():
        forms = {form: getattr(delay, form) for form in ("value", "median", "p95", "mean")}
        fast = {form: hours / FASTER for form, hours in forms.items() if hours is not None}
        quick[name] = delay.model_copy(update=fast)
    return practised(procedure, delays=quick)


def crowded() -> LoadedScenario:
    """Return a scenario of many groups, whom everything that can befall them befalls."""
    return small_plots(
        CELL,
        horizon_days=40,
        arrivals={"per_year": 900, "most": 200, "from_content": 0.6, "exposure": 0.7},
        attack={"fails": 0.4, "deterred": 0.3, "protected": 0.6, "hurried": 0.6},
        struck={"hastens": 0.5, "falls_apart": 0.4, "begins_again": 0.8, "denied_ends": 0.5},
        stages={name: {"persuadable": 0.8} for name in STAGES},
        procedures={
            "terrorism-trial": {"trial": days(1)},
            "threat-investigation": {"credible": 1, "watching": days(1), "waiting": days(1)},
            "protection": {"ordered": 1},
        },
    )


@cache
def compiled_plots(names: tuple[str, ...] = POLICIES) -> Compiled:
    """Return the small scenario of both kinds compiled for policies."""
    return compile_world(small_plots(), policies(names))


CALM: Final[dict[str, Any]] = {"taken": 1, "gives_up": 0, "lasts": days(10)}
"""A stage of ten days that every plot goes through."""


def calm(**changes: Mapping[str, Any]) -> LoadedScenario:
    """Return a scenario of groups in which nothing is left to chance unless a test says so."""
    own = {name: {**CALM, **changes.pop(name, {})} for name in STAGES}
    sure: dict[str, dict[str, Any]] = {
        "arrivals": {"per_year": 30, "before": 0.0, "from_content": 0},
        "attack": {"fails": 0, "deterred": 0},
        "struck": {"hastens": 0, "begins_again": 0, "denied_ends": 0},
    }
    for name, values in changes.items():
        sure[name] |= values
    return small_plots(CELL, decoys=1, horizon_days=100, stages=own, **sure)


@cache
def _usual() -> LoadedScenario:
    return calm()


_COMPILED: Final[dict[int, tuple[LoadedScenario, Compiled]]] = {}


def _compiled(loaded: LoadedScenario) -> Compiled:
    """Return a scenario compiled for one policy, once."""
    if id(loaded) not in _COMPILED:
        _COMPILED[id(loaded)] = loaded, compile_world(loaded, policies(("bilateral",)))
    return _COMPILED[id(loaded)][1]


class PlotStage:
    """One lane whose engine is never advanced; the test plays the world."""

    def __init__(self, loaded: LoadedScenario | None = None, replication: int = 0) -> None:
        self.compiled = _compiled(loaded or _usual())
        self.engine = Reference(self.compiled.world, LaneId(0, 1, replication))
        self.facts: list[Any] = []
        self.society = Society(self.compiled, None, self.facts)
        self.society.start(self.engine)
        self.tick = 0

    @property
    def lane(self) -> Lane:
        """The lane."""
        return self.society.lanes[0]

    @property
    def plotters(self) -> Plotters:
        """The agent of the threat."""
        found: Plotters = self.lane.of(0)
        return found

    @property
    def plot(self) -> Conspiracy:
        """The first plot."""
        return self.plotters.plots[0]

    @property
    def decoy(self) -> int:
        """The only coincidence."""
        return len(self.compiled.layout.subjects) - 1

    def until(self, tick: int) -> None:
        """Let plots live up to a tick."""
        threat = self.society.threats[0]
        assert isinstance(threat, Plots)
        for now in range(self.tick, tick):
            self.lane.tick = now
            threat.move(now)
        self.tick = self.lane.tick = tick

    def at_stage(self, stage: str, day: float = 0) -> None:
        """Let the first plot come to a stage, and some days on."""
        begins = self.plot.begins + 1
        self.until(begins + STAGES.index(stage) * 10 * TICKS_A_DAY + round(day * TICKS_A_DAY))
        assert STAGES[self.plot.stage] == stage

    def does(
        self, verb: str, *codes: str, share: float = 1, by: str = "DE:0", subject: int = 0
    ) -> float:
        """Do something to a subject in some states, or to the first plot where it is."""
        places = self.compiled.layout.places
        where = tuple(places[code] for code in codes) or tuple(sorted(set(self.plot.persons)))
        done: float = getattr(self.plotters, verb)(subject, Blow(where, by, share, 1.0))
        return done

    def level(self, stage: str, place: int, subject: int = 0) -> int:
        """Return what there is to see of a stage in a state."""
        return self.engine._level[subject, place, STAGES.index(stage)]

    @property
    def outcomes(self) -> dict[str, float]:
        """Outcomes of the threat, if the run ended now."""
        (threat,) = self.society.threats
        found = {**threat.outcomes(), **threat.totals(self.tick)}
        return {name: float(value) for name, (value,) in found.items()}


def many(loaded: LoadedScenario, worlds: int, tick: int = 0) -> list[list[Conspiracy]]:
    """Return the plots of many worlds as they are at a tick, if nobody does anything."""
    compiled = _compiled(loaded)
    society = Society(compiled)
    society.start(Kernel(compiled.world, [LaneId(0, 1, world) for world in range(worlds)]))
    (threat,) = society.threats
    for now in range(tick):
        threat.move(now)
    return [lane.of(0).plots for lane in society.lanes]
