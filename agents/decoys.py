"""Decoys: coincidences that leave traces for a while, like a network that does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from agents.choice import choose, whole_number
from scenarios.organised_crime import Decoys as DecoysSpec
from sim.tables import Table, lognormal
from sim.world import LEVEL_ONE, NEVER

if TYPE_CHECKING:
    from agents.lane import Lane


def activity_table(spec: DecoysSpec) -> Table:
    """Activity of a decoy in a state, in units of ``1 / LEVEL_ONE``."""
    return lognormal(spec.activity_median.value * LEVEL_ONE, spec.activity_p95.value * LEVEL_ONE)


class Decoy(mesa.Agent):
    """One coincidence; its places, strength and time are drawn once."""

    def __init__(self, lane: Lane, number: int, activity: Table, lasts: Table) -> None:
        super().__init__(lane)
        self.lane = lane
        self.subject = number + 1
        spec, draws = lane.layout.scenario.threat.decoys, lane.draws
        count = whole_number(draws, spec.places, "decoy:places", number)
        weight = [1.0] * len(lane.layout.places)
        self.levels: dict[int, float] = {}
        for index in range(count):
            place = choose(draws, weight, "decoy:place", number, index)
            weight[place] = 0.0
            drawn = draws.quantile(activity, "decoy:activity", number, index)
            self.levels[place] = drawn / LEVEL_ONE
        within = lane.durations.ticks(spec.starts_within)
        self.begins = int(draws.uniform("decoy:begins", number) * within)
        self.ends = self.begins + max(1, draws.quantile(lasts, "decoy:lasts", number))
        self.next_tick = self.begins

    def step(self) -> None:
        """Begin or end."""
        if self.next_tick == self.begins:
            self.lane.set_activity(self.subject, self.levels)
            self.next_tick = self.ends
        else:
            self.lane.set_activity(self.subject, {})
            self.next_tick = NEVER
