"""Scarce people: SimPy resources of one lane, and the hours they work."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import simpy

Step = Generator[simpy.Event, Any, Any]
"""A SimPy process."""

URGENT, ORDINARY = 0, 1
"""Priorities of casework: a joint or referred case goes before one's own."""


class Workplace:
    """Resources by name, made when first asked for.

    Parameters
    ----------
    environment
        Clock of the lane, in ticks.
    capacity
        Number of teams or desks of each name.
    hours_a_tick
        Working hours that one held place costs in a tick.
    """

    def __init__(
        self, environment: simpy.Environment, capacity: dict[str, int], hours_a_tick: float
    ) -> None:
        self._environment = environment
        self._capacity = capacity
        self._hours_a_tick = hours_a_tick
        self._resources: dict[str, simpy.PriorityResource] = {}
        self._held: dict[int, tuple[float, bool]] = {}
        self._worked = {True: 0.0, False: 0.0}
        self._turns = 0

    def request(self, name: str, priority: int) -> simpy.resources.resource.PriorityRequest:
        """Queue for a place; a context manager that gives it back."""
        resource = self._resources.get(name)
        if resource is None:
            resource = simpy.PriorityResource(self._environment, self._capacity[name])
            self._resources[name] = resource
        return resource.request(priority=priority)

    @contextmanager
    def shift(self, *, useful: bool) -> Generator[None]:
        """Count the time inside as work on a real subject or on a decoy."""
        turn, self._turns = self._turns, self._turns + 1
        self._held[turn] = (self._environment.now, useful)
        try:
            yield
        finally:
            held = self._held.pop(turn, None)
            if held is not None:
                self._worked[useful] += self._environment.now - held[0]

    @property
    def open_now(self) -> int:
        """Pieces of work that hold a place now."""
        return len(self._held)

    def hours(self, tick: float) -> tuple[float, float]:
        """Hours worked up to `tick` on real subjects and on decoys, work still open included."""
        total = dict(self._worked)
        for begun, useful in self._held.values():
            total[useful] += tick - begun
        return total[True] * self._hours_a_tick, total[False] * self._hours_a_tick
