"""Decoys: coincidences that leave traces for a while, like a network that does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import mesa

from agents.lane import ASPECT, Lane, choose, whole_number
from scenarios import Layout
from scenarios.schema import Decoys as DecoysSpec
from sim.draws import Draws, Table, lognormal
from sim.seam import LEVEL_ONE, NEVER


class Trace(NamedTuple):
    """What a coincidence leaves in a world, whatever the policy."""

    levels: dict[int, float]
    """By place."""
    begins: int
    ends: int


class Decoy(mesa.Agent):
    """One coincidence; its places, strength and time are drawn once."""

    def __init__(self, lane: Lane, subject: int, trace: Trace, aspects: Sequence[int]) -> None:
        super().__init__(lane)
        self.lane = lane
        self.subject = subject
        self._aspects = aspects
        self.levels, self.begins, self.ends = trace
        self.next_tick = self.begins

    def step(self) -> None:
        """Begin or end."""
        if self.next_tick == self.begins:
            self._show(self.levels)
            self.next_tick = self.ends
        else:
            self._show({})
            self.next_tick = NEVER

    def _show(self, levels: dict[int, float]) -> None:
        for aspect in self._aspects:
            self.lane.set_activity(self.subject, levels, aspect)


class Coincidences:
    """The decoys of a batch of lanes, called only when one begins or ends.

    Parameters
    ----------
    layout
        Numbers of the things in the world, by name.
    threat
        Name of the threat that they resemble; they are the last of its subjects.
    aspects
        What there is to see of it, unless each has one of its own: the same everywhere.
    """

    def __init__(
        self,
        layout: Layout,
        threat: str,
        aspects: Sequence[int] = (ASPECT,),
    ) -> None:
        self._threat, self._aspects = threat, aspects
        self._end = layout.threats.ranges[threat].stop
        self._tick_h = layout.scenario.tick_h
        self._kinds: dict[int, _Drawn] = {}
        """By what declares them; a world has few declarations, which live as long as it."""
        self._due: dict[int, list[Decoy]] = {}
        self._traces: dict[tuple[int, tuple[int, int]], list[Trace]] = {}
        """By what declares them, and by the key of the world."""

    def inhabit(
        self, lane: Lane, spec: DecoysSpec, weights: Sequence[float] | None = None
    ) -> list[Decoy]:
        """Put the decoys into a lane: how many, where, how strong and how long.

        Parameters
        ----------
        weights
            Of the aspects, if each decoy has one of them only; left out, it has all.
        """
        draws = lane.draws_of(self._threat)
        traces = self._traces.get((id(spec), draws.key))
        if traces is None:
            if id(spec) not in self._kinds:
                self._kinds[id(spec)] = _Drawn.of(spec, self._tick_h)
            drawn = self._kinds[id(spec)]
            traces = [_drawn(lane, draws, drawn, number) for number in range(spec.number.value)]
            self._traces[id(spec), draws.key] = traces
        first = self._end - len(traces)
        decoys = [
            Decoy(lane, first + number, one, self._shown(draws, weights, number))
            for number, one in enumerate(traces)
        ]
        for decoy in decoys:
            self._due.setdefault(decoy.next_tick, []).append(decoy)
        return decoys

    def _shown(self, draws: Draws, weights: Sequence[float] | None, number: int) -> Sequence[int]:
        """Return what there is to see of a decoy."""
        if weights is None:
            return self._aspects
        return (choose(draws, weights, "decoy:aspect", number),)

    def move(self, tick: int) -> None:
        """Let those begin or end whose time has come."""
        for decoy in self._due.pop(tick, ()):
            decoy.step()
            self._due.setdefault(decoy.next_tick, []).append(decoy)


class _Drawn(NamedTuple):
    """What coincidences are drawn from."""

    spec: DecoysSpec
    activity: Table
    lasts: Table

    @classmethod
    def of(cls, spec: DecoysSpec, tick_h: float) -> _Drawn:
        """Make tables of what is declared."""
        activity = spec.activity_median.value * LEVEL_ONE, spec.activity_p95.value * LEVEL_ONE
        return cls(spec, lognormal(*activity), spec.lasts.table(tick_h))


def _drawn(lane: Lane, draws: Draws, made: _Drawn, number: int) -> Trace:
    """Draw the places, strength and time of one coincidence."""
    count = whole_number(draws, made.spec.places, "decoy:places", number)
    weight = [1.0] * len(lane.layout.places)
    levels: dict[int, float] = {}
    for index in range(count):
        place = choose(draws, weight, "decoy:place", number, index)
        weight[place] = 0.0
        drawn = draws.quantile(made.activity, "decoy:activity", number, index)
        levels[place] = drawn / LEVEL_ONE
    within = lane.durations.ticks(made.spec.starts_within)
    begins = int(draws.uniform("decoy:begins", number) * within)
    ends = begins + max(1, draws.quantile(made.lasts, "decoy:lasts", number))
    return Trace(levels, begins, ends)
