"""A small, hot version of the forest-fire scenario: nine states, a week, many large fires."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np

from agents import load_scenario
from agents.casework.civil_protection import CivilProtection
from agents.lane.help import Call, Modules
from agents.lane.lane import Lane
from agents.mechanisms.fires.batch import FireSeasons
from agents.mechanisms.fires.fires import ONE, Fires
from agents.mechanisms.fires.season import FireSeason
from agents.society.society import Society
from scenarios import Compiled, LoadedPolicy, LoadedScenario, compile_world, load_policy
from scenarios.schema.delays import Delay
from sim import LaneId
from sim.kernel.engine import Kernel
from sim.seam.port import Happenings, advance
from tests.agents.small import changed, job_of, outcomes_in

THREAT: Final = "fires"
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
    threat: Any = spec.threats[THREAT]
    casework = changed(spec.casework, assistance=changed(spec.casework.assistance, **assistance))
    spec = changed(
        spec,
        horizon=days * 24.0,
        threats={THREAT: changed(threat, season=changed(threat.season, window=48.0))},
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


# A stage for single emergencies --------------------------------------------------------------

OWNED: Final = {"BG": (0, 4), "EL": (2, 10), "FR": (10, 20), "IT": (6, 12)}
"""Aircraft and ground modules on the stage; the other states have none."""
APART_KM: Final = 600
"""Between any two states: two hours by air, twelve by road."""
FAR_KM: Final = 1800
"""To Cyprus, which ground modules cannot be sent to."""
HALF_HOURS: Final = 2
"""Ticks an hour."""
STAGE_DAYS: Final = 2

_HOURS: Final = {
    "asking": 2,
    "deciding": 3,
    "answering": 1,
    "mobilising_aircraft": 4,
    "mobilising_ground": 8,
    "refit": 10,
    "reporting": 2,
}
_VALUES: Final = {
    "asking_when_aware": 0.5,
    "call_at": 8.0,
    "aircraft_share": 0.5,
    "reserve": 0.125,
    "reserve_for_neighbours": 0.25,
    "mobilising_when_ready": 0.25,
    "flight_km_h": 300.0,
    "road_km_h": 50.0,
    "ground_range_km": 1000.0,
    "seen_through": 0.0,
}


def _staged(**assistance: Any) -> LoadedScenario:
    """Return a scenario of half-hour ticks in which every delay is known and nothing is drawn."""
    fixed = {
        name: Delay(value=f"{hours} h", assumed="for the test")  # type: ignore[arg-type]
        for name, hours in _HOURS.items()
    }
    loaded = small_fire(days=STAGE_DAYS, **{**fixed, **_VALUES, **assistance})
    means = {}
    for code, row in loaded.atlas.civil_protection.items():
        aircraft, ground = OWNED.get(code, (0, 0))
        fires, burnt = {"EL": (1500, 30_000), "FR": (3000, 0)}.get(code, (0, 0))
        means[code] = changed(
            row, aircraft=aircraft, ground_modules=ground, fires_year=fires, burnt_ha_year=burnt
        )
    threat: Any = loaded.spec.threats[THREAT]
    threat = changed(threat, means=changed(threat.means, tied_share=0.0))
    spec = changed(loaded.spec, tick="PT30M", threats={THREAT: threat})
    return replace(loaded, spec=spec, atlas=replace(loaded.atlas, civil_protection=means))


@cache
def _compiled_stage(**assistance: Any) -> Compiled:
    return compile_world(_staged(**assistance), policies(("bilateral",)))


class FireStage:
    """One lane without fires, at danger 1, whose engine is never advanced; the test plays it.

    Fires burn where and as long as the test wants: they neither grow nor go out.
    """

    def __init__(self, **assistance: Any) -> None:
        self.compiled = _compiled_stage(**assistance)
        self.engine = Kernel(self.compiled.world, [LaneId(0, 1, 0)])
        self.society = Society(self.compiled)
        batch = self.society.threats[0]
        assert isinstance(batch, FireSeasons)
        self.batch = batch
        count = len(MEMBERS)
        km = [[APART_KM] * count for _ in range(count)]
        for row in km:
            row[MEMBERS.index("CY")] = FAR_KM
        self.society._kit.geography.km = km
        self.society.start(self.engine)
        (self.lane,) = self.society.lanes
        self.season: FireSeason = self.lane.of(0)
        self._still(self.season.fires)
        self.tick = -1

    def _still(self, fires: Fires) -> None:
        self.danger(1.0)
        fires.weather.danger = lambda: fires.danger  # type: ignore[method-assign]
        fires._rate[:] = 0
        fires._burning[:, ::2] = 0  # growth, suppression, and what burns out

    # What the test plays -----------------------------------------------------------------------

    def danger(self, danger: float) -> None:
        """Let there be one danger everywhere."""
        shape = self.season.fires.need.shape
        self.season.fires.set_danger(np.full(shape, round(danger * ONE), dtype=np.int64))

    def burns(self, code: str, need: float) -> None:
        """Let the fires of a state need so many modules from now on."""
        self.season.fires.need[0, MEMBERS.index(code)] = round(need * ONE)

    def until(self, hour: float) -> None:
        """Let time go on through the tick that begins at an hour."""
        for tick in range(self.tick + 1, round(hour * HALF_HOURS) + 1):
            self.lane.tick = self.tick = tick
            self.society.move(tick)
            self.society.work(tick)

    def told(self, reader: str, report: str, teller: str, about: str = "EL") -> None:
        """Let a desk read a report on the danger of a state now."""
        owners = self.compiled.layout.owners
        units = owners.index(reader), owners.index(teller)
        self.lane.told(self._now, self.subject(about), report, *units)

    def recognised(self, reader: str, about: str) -> None:
        """Let a state recognise the danger of a state now."""
        unit = self.compiled.layout.owners.index(reader)
        self.lane.recognised(self._now, self.subject(about), unit)

    # What came of it ---------------------------------------------------------------------------

    @property
    def _now(self) -> int:
        return max(self.tick, 0)

    def subject(self, code: str) -> int:
        """Return the danger of a state now."""
        return self.batch.stretches.subject(MEMBERS.index(code), self._now)

    def open_call(self, place: int) -> Call:
        """Have a state call that has not."""
        event, now = self.lane.environment.event(), self.lane.now
        subject = self.subject(MEMBERS[place])
        call = self.lane.help.open(place, subject, self.lane.named(subject), now, event)
        self.season.called(call.subject)
        return call

    def spare(self, code: str) -> Modules:
        """Return what a state could spare now."""
        return self.job(code).spare(self.season)

    def job(self, code: str) -> CivilProtection:
        """Return the civil protection of a state."""
        return job_of(self.lane, code, CivilProtection)

    @property
    def call(self) -> Call:
        """The only call there has been."""
        (call,) = self.lane.help.calls
        return call

    @property
    def outcomes(self) -> dict[str, float]:
        """Outcomes, if the run ended now."""
        return outcomes_in(self.compiled, self.society, self.engine)
