"""Lanes told again, and what the engine says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from agents import Replay, replay
from agents.society.society import Society
from experiments.outcomes import Outcome
from experiments.trace.events import Events
from experiments.trace.replaying import Replayed
from scenarios import Compiled, LoadedPolicy
from sim import Kernel, LaneId, advance
from sim.seam.port import Happenings


class Asking(Society):
    """A society that asks the engine for the evidence behind each recognition."""

    def __init__(self, compiled: Compiled) -> None:
        super().__init__(compiled)
        self.asked: dict[tuple[int, int, int, int], tuple[int, int]] = {}

    def react(self, tick: int, happenings: Happenings) -> None:
        for lane, unit, subject, faces in happenings.recognitions:
            held = self.engine.knowledge(lane, unit, subject, tick)
            [part] = [part for part in held if part.faces == faces]
            self.asked[tick, unit, subject, faces] = part.evidence, part.origins
        super().react(tick, happenings)


def asked_of_the_engine(events: Events) -> dict[tuple[int, int, int, int], tuple[int, int]]:
    """Run a lane again; return what the engine held at each recognition."""
    lane = events.lane
    society = Asking(lane.compiled)
    engine = Kernel(events.world, [LaneId(lane.point, lane.seed, lane.replication)])
    advance(engine, society, events.horizon)
    return society.asked


def told_again(compiled: Compiled, policies: Sequence[LoadedPolicy], lane: LaneId) -> Events:
    """Replay a lane that was never stored."""
    again = replay(compiled, lane)
    values = {name: float(held[0]) for name, held in again.result.outcomes.items()}
    outcomes = tuple(map(Outcome.of, compiled.layout.scenario.outcomes))
    told = lane_of(compiled, policies, lane.point, again, outcomes=outcomes, values=values)
    return Events(replace(told, seed=lane.seed, replication=lane.replication))


def lane_of(
    compiled: Compiled,
    policies: Sequence[LoadedPolicy],
    point: int,
    again: Replay,
    *,
    outcomes: tuple[Outcome, ...],
    values: Mapping[str, float],
) -> Replayed:
    """Return what would have been read from a run directory; the seed is 1."""
    return Replayed(
        folder=Path(),
        compiled=compiled,
        policies=tuple(policies),
        point=point,
        seed=1,
        setting=0,
        replication=0,
        outcomes=outcomes,
        values=values,
        replay=again,
        engine_changed=False,
    )
