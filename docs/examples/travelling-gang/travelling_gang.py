"""Itinerant property crime: a gang that burgles in one state after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Final, Literal, cast

import mesa
import numpy as np

from agents.lane import Blow, Lane, choose
from agents.mechanisms import F64, Threat, ThreatKind
from scenarios import Layout, ThreatSpec
from scenarios.schema import Chance, Positive
from sim.draws import Draws


class TravellingGang(ThreatSpec):
    """What a scenario says of the gang."""

    family: ClassVar = "crime"
    reports_needed: ClassVar = ("case-notice", "alert")
    desks_needed: ClassVar = ("police",)
    verbs: ClassVar = frozenset(("arrest", "surrender"))
    outcomes: ClassVar = frozenset(("burglaries", "days_to_arrest", "states_visited"))
    times: ClassVar = {"days_to_arrest": "days"}

    kind: Literal["travelling-gang"]
    burglaries_per_week: Positive
    moves_per_week: Chance
    """Chance in a week that the gang moves to a neighbouring state."""

    def subjects(self, members: Sequence[str]) -> tuple[str, ...]:
        """The gang alone."""
        del members
        return ("gang",)

    def is_real(self, subject: int) -> bool:
        """Nothing here is a coincidence."""
        return subject == 0


class Gang(mesa.Agent):
    """The gang of one lane. Procedures deal with it through `arrest` and `surrender`."""

    def __init__(self, lane: Lane, spec: TravellingGang, subject: int, draws: Draws) -> None:
        super().__init__(lane)
        self.lane, self.spec, self.subject = lane, spec, subject
        self.draws = draws
        self.burglaries = 0.0
        self.arrested = math.nan
        """Tick of the arrest."""
        weight = [member.population for member in lane.layout.atlas.members.values()]
        self.place = choose(draws, weight, "gang:first-place")
        self.visited = {self.place}
        self.week = 0

    def show(self) -> None:
        """Set what there is to see: everything where the gang is, nothing elsewhere."""
        self.lane.set_activity(self.subject, {} if self.is_caught else {self.place: 1.0})

    @property
    def is_caught(self) -> bool:
        """Whether it has been arrested."""
        return not math.isnan(self.arrested)

    def step(self) -> None:
        """Live a week."""
        if self.is_caught:
            return
        self.burglaries += self.spec.burglaries_per_week.value
        self.week += 1
        if self.draws.chance(self.spec.moves_per_week.value, "gang:moves", self.week):
            self.move()

    def move(self) -> None:
        """Go to a neighbouring state."""
        codes = list(self.lane.layout.places)
        near = [float(place in self.lane.geography.near[self.place]) for place in range(len(codes))]
        if any(near):
            self.place = choose(self.draws, near, "gang:destination", self.week)
            self.visited.add(self.place)
            self.lane.note("gang", "world", self.subject, f"moves to {codes[self.place]}")
            self.show()

    def arrest(self, subject: int, blow: Blow) -> float:
        """Be caught with a chance if it is there, and else be gone."""
        del subject
        if self.place not in blow.places or self.is_caught:
            return 0
        if self.draws.chance(blow.share, "gang:caught", self.place, self.week):
            self.arrested = self.lane.now
            self.lane.note("gang", "world", self.subject, "is arrested")
            self.show()
            return 1
        self.move()
        return 0

    def surrender(self, subject: int, blow: Blow) -> float:
        """Be found on the warrant of another state."""
        return self.arrest(subject, blow)


class Gangs(Threat):
    """The gangs of all lanes of a batch."""

    def __init__(self, layout: Layout, name: str) -> None:
        super().__init__(layout, name)
        self.spec = cast("TravellingGang", self.declaration)
        self.week = round(7 * 24 / layout.scenario.tick_h)
        self.gangs: list[Gang] = []

    def inhabit(self, lane: Lane) -> Gang:
        """Put a gang into a lane."""
        draws = lane.draws_of(self.name)
        self.gangs.append(Gang(lane, self.spec, self.subjects.start, draws))
        return self.gangs[-1]

    def start(self) -> None:
        """Show the gangs where they begin."""
        for gang in self.gangs:
            gang.show()

    def move(self, tick: int) -> None:
        """Let the gangs live, once a week."""
        if (tick + 1) % self.week == 0:
            for gang in self.gangs:
                gang.lane.tick = tick
                gang.step()

    def series(self) -> dict[str, F64]:
        """Burglaries so far."""
        return {"burglaries": np.array([gang.burglaries for gang in self.gangs])}

    def outcomes(self) -> dict[str, F64]:
        """What the gangs did, and when they were caught."""
        day = 24 / self.layout.scenario.tick_h
        return {
            "burglaries": np.array([gang.burglaries for gang in self.gangs]),
            "days_to_arrest": np.array([gang.arrested / day for gang in self.gangs]),
            "states_visited": np.array([float(len(gang.visited)) for gang in self.gangs]),
        }


THREAT: Final = ThreatKind(TravellingGang, Gangs)
