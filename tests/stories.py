"""What happened in one lane of a batch, so that lanes can be compared."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sim.kernel.engine import Kernel
from sim.seam.port import COUNTERS, Happenings, Log, advance
from tests.worlds import ScriptedHost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.seam.port import Engine, LaneId
    from sim.seam.world import World
    from tests.worlds import Script


@dataclass
class Story:
    """Everything that happened in one lane."""

    log: Log
    heard: list[tuple[int, Happenings]]
    counters: dict[str, int]
    by_kind: list[list[int]]
    backlog: int
    disclosed: list[list[int]]
    knows: dict[tuple[int, int], Any]
    """What units hold on subjects at the end."""

    def sorted(self) -> dict[str, Any]:
        """Return the story with each tick's events in a fixed order."""
        events = {field.name: sorted(getattr(self.log, field.name)) for field in fields(Log)}
        rest = {key: value for key, value in vars(self).items() if key != "log"}
        return {**events, **rest}


def knows(engine: Engine, world: World, lane: int) -> dict[tuple[int, int], Any]:
    """Return what the units of a lane hold on subjects at the end."""
    return {
        (unit, subject): (
            engine.knowledge(lane, unit, subject, world.horizon),
            engine.evidence(lane, unit, subject, world.horizon),
            engine.origins(lane, unit, subject),
        )
        for unit in range(len(world.units.names))
        for subject in range(len(world.subjects.names))
    }


def of_lane(log: Log, lane: int) -> Log:
    """Events of one lane, as if it were lane 0."""
    return Log(
        *(
            [(row[0], 0, *row[2:]) for row in getattr(log, field.name) if row[1] == lane]
            for field in fields(Log)
        )
    )


def kernel_stories(world: World, lanes: Sequence[LaneId], plans: Sequence[Script]) -> list[Story]:
    """Run a batch in the kernel, each lane with its script; return the story of each lane."""
    log, host = Log(), ScriptedHost(plans)
    engine = Kernel(world, lanes, log)
    advance(engine, host, world.horizon)
    return [
        Story(
            of_lane(log, number),
            host.heard(number),
            dict(zip(COUNTERS, engine.counters()[number].tolist(), strict=True)),
            engine.by_kind()[number].tolist(),
            int(engine.backlog()[number]),
            engine.disclosed(number).tolist(),
            knows(engine, world, number),
        )
        for number in range(len(lanes))
    ]
