"""Clocks of casework: a SimPy environment a lane, run only where something is due."""

from __future__ import annotations

import numpy as np
import simpy


class Clocks:
    """The SimPy environments of L lanes, in ticks.

    Running before ``tick + 1`` fires what is due in the half-open interval from `tick` to
    ``tick + 1``. Environments are stepped rather than run until a time: from SimPy 4.1.2 on, a run
    leaves its stop event on the agenda, and every lane would look busy in every tick.
    """

    def __init__(self, lanes: int) -> None:
        self._environments = [simpy.Environment() for _ in range(lanes)]
        self._next = np.full(lanes, np.inf)

    def at(self, lane: int, tick: int) -> simpy.Environment:
        """Return the environment of `lane`, its clock moved to `tick`, for new processes.

        The caller tells `planned` when it has started what it wanted to.
        """
        environment = self._environments[lane]
        if environment.now < tick:
            environment.run(until=tick)
        return environment

    def planned(self, lane: int) -> None:
        """Note that a lane's agenda has changed."""
        self._next[lane] = self._environments[lane].peek()

    def run_before(self, tick: int) -> list[int]:
        """Fire everything due before `tick`, lane by lane; return the lanes that had something."""
        due: list[int] = np.flatnonzero(self._next < tick).tolist()
        for lane in due:
            environment = self._environments[lane]
            while environment.peek() < tick:
                environment.step()
            self._next[lane] = environment.peek()
        return due
