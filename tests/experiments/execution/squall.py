"""A small threat of a user's own, with a fault that the environment can bring out in some lanes.

``SQUALL_FAULTS`` is a JSON object: from a lane, written as its number of policy and its replication
(``"1 4"``), to what happens there on the second day. Without it nothing does, so that what a broken
run should have given can be had from the same files.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import ClassVar, Final, Literal, cast

import mesa
import numpy as np

from agents.lane import Lane
from agents.mechanisms import F64, Threat, ThreatKind
from scenarios import Layout, ThreatSpec
from scenarios.schema.quantities import Positive
from sim.draws import Draws

FAULTS: Final = "SQUALL_FAULTS"


def _raise() -> None:
    raise ZeroDivisionError("the mast is gone")


def _interrupt() -> None:
    raise KeyboardInterrupt


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _wait() -> None:
    time.sleep(3600)


WHAT: Final[dict[str, Callable[[], None]]] = {
    "raises": _raise,
    "interrupts": _interrupt,
    "exits": lambda: os._exit(3),
    "quits": lambda: sys.exit(3),
    "kills": _kill,
    "hangs": _wait,
}


class Squall(ThreatSpec):
    """What a scenario says of it."""

    family: ClassVar = "disaster"
    outcomes: ClassVar = frozenset(("damage",))

    kind: Literal["squall"]
    force: Positive

    def subjects(self, members: Sequence[str]) -> tuple[str, ...]:
        """The squall alone."""
        del members
        return ("squall",)

    def is_real(self, subject: int) -> bool:
        """Nothing here is a coincidence."""
        return subject == 0


class Wind(mesa.Agent):
    """The squall of one lane."""

    def __init__(self, lane: Lane, force: float, draws: Draws) -> None:
        super().__init__(lane)
        self.lane, self.force, self.draws = lane, force, draws
        identity = lane.engine.lanes[lane.number]
        faults: dict[str, str] = json.loads(os.environ.get(FAULTS, "{}"))
        self.fault = faults.get(f"{identity.point} {identity.replication}")
        self.damage = 0.0

    def blow(self, tick: int) -> None:
        """Do some damage, and show the fault if there is one."""
        if tick == 1 and self.fault:
            WHAT[self.fault]()
        self.damage += self.force * self.draws.uniform("squall:gust", tick)


class Squalls(Threat):
    """The squalls of all lanes of a batch."""

    record_every_h: ClassVar = 24

    def __init__(self, layout: Layout, name: str) -> None:
        super().__init__(layout, name)
        self.force = cast("Squall", self.declaration).force.value
        self.winds: list[Wind] = []

    def inhabit(self, lane: Lane) -> Wind:
        """Put a squall into a lane."""
        self.winds.append(Wind(lane, self.force, lane.draws_of(self.name)))
        return self.winds[-1]

    def start(self) -> None:
        """Show it, the stronger in one state."""
        for wind in self.winds:
            wind.lane.set_activity(self.subjects.start, {0: 1.0})

    def move(self, tick: int) -> None:
        """Let it blow."""
        for wind in self.winds:
            wind.blow(tick)

    def series(self) -> dict[str, F64]:
        """Damage so far."""
        return {"damage": np.array([wind.damage for wind in self.winds])}

    def outcomes(self) -> dict[str, F64]:
        """What it did."""
        return {"damage": np.array([wind.damage for wind in self.winds])}


THREAT: Final = ThreatKind(Squall, Squalls)
