"""Lanes told again, and what the engine says of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agents import replay
from agents.society import Society
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
        self.asked: dict[tuple[int, int, int], tuple[int, int]] = {}

    def react(self, tick: int, happenings: Happenings) -> None:
        for lane, unit, subject in happenings.recognitions:
            held = self.engine.evidence(lane, unit, subject, tick)
            self.asked[tick, unit, subject] = held, self.engine.origins(lane, unit, subject)
        super().react(tick, happenings)


def asked_of_the_engine(events: Events) -> dict[tuple[int, int, int], tuple[int, int]]:
    """Run a lane again; return what the engine held at each recognition."""
    lane = events.lane
    society = Asking(lane.compiled)
    engine = Kernel(events.world, [LaneId(lane.point, lane.seed, lane.replication)])
    advance(engine, society, events.horizon)
    return society.asked


def told_again(compiled: Compiled, policies: Sequence[LoadedPolicy], lane: LaneId) -> Events:
    """Replay a lane that was never stored."""
    again = replay(compiled, lane)
    return Events(
        Replayed(
            folder=Path(),
            compiled=compiled,
            policies=tuple(policies),
            point=lane.point,
            seed=lane.seed,
            setting=0,
            replication=lane.replication,
            outcomes=tuple(map(Outcome.of, compiled.layout.scenario.outcomes)),
            values={name: float(held[0]) for name, held in again.result.outcomes.items()},
            replay=again,
            engine_changed=False,
        )
    )
