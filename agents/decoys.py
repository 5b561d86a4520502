"""Decoys: coincidences that leave traces for a while, like a network that does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from agents.choice import choose, whole_number
from scenarios.threat import Decoys as DecoysSpec
from sim.tables import Table, lognormal
from sim.world import LEVEL_ONE, NEVER

if TYPE_CHECKING:
    from agents.lane import Lane


class Decoy(mesa.Agent):
    """One coincidence; its places, strength and time are drawn once."""

    def __init__(
        self, lane: Lane, number: int, subject: int, spec: DecoysSpec, activity: Table, lasts: Table
    ) -> None:
        super().__init__(lane)
        self.lane = lane
        self.subject = subject
        draws = lane.draws
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


class Coincidences:
    """The decoys of a batch of lanes, called only when one begins or ends.

    Parameters
    ----------
    spec
        How many, where, how strong and how long.
    tick_h
        Hours of a tick.
    first
        Subject of the first decoy; the others follow.
    """

    def __init__(self, spec: DecoysSpec, tick_h: float, first: int) -> None:
        self._spec, self._first = spec, first
        self._activity = lognormal(
            spec.activity_median.value * LEVEL_ONE, spec.activity_p95.value * LEVEL_ONE
        )
        self._lasts = spec.lasts.table(tick_h)
        self._due: dict[int, list[Decoy]] = {}

    def inhabit(self, lane: Lane) -> list[Decoy]:
        """Put the decoys into a lane."""
        decoys = [
            Decoy(lane, number, self._first + number, self._spec, self._activity, self._lasts)
            for number in range(self._spec.number.value)
        ]
        for decoy in decoys:
            self._due.setdefault(decoy.next_tick, []).append(decoy)
        return decoys

    def move(self, tick: int) -> None:
        """Let those begin or end whose time has come."""
        for decoy in self._due.pop(tick, ()):
            decoy.step()
            self._due.setdefault(decoy.next_tick, []).append(decoy)
