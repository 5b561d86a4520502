"""Scarce people: SimPy resources of one lane, and the hours they work."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import simpy

Step = Generator[simpy.Event, Any, Any]
"""A SimPy process."""

URGENT, ORDINARY = 0, 1
"""Priorities of casework: a joint or referred case goes before one's own."""


class Post(NamedTuple):
    """Places of one kind in an organisation."""

    places: int
    """Teams or desks that can work at once."""
    hours_a_tick: float
    """Working hours that one held place costs in a tick."""


class Workplace:
    """Resources by name, made when first asked for.

    Parameters
    ----------
    environment
        Clock of the lane, in ticks.
    posts
        Places by name.
    """

    def __init__(self, environment: simpy.Environment, posts: Mapping[str, Post]) -> None:
        self._environment = environment
        self._posts = posts
        self._resources: dict[str, simpy.PriorityResource] = {}
        self._pools: dict[str, simpy.Container] = {}
        self._held: dict[int, tuple[float, bool, float]] = {}
        self._worked: dict[tuple[bool, float], float] = {}
        self._turns = 0

    def request(self, name: str, priority: int) -> simpy.resources.resource.PriorityRequest:
        """Queue for a place; a context manager that gives it back."""
        resource = self._resources.get(name)
        if resource is None:
            resource = simpy.PriorityResource(self._environment, self._posts[name].places)
            self._resources[name] = resource
        return resource.request(priority=priority)

    def pool(self, name: str) -> simpy.Container:
        """Return the places of a kind that are taken and given back several at a time."""
        pool = self._pools.get(name)
        if pool is None:
            places = self._posts[name].places
            pool = simpy.Container(self._environment, capacity=places, init=places)
            self._pools[name] = pool
        return pool

    @contextmanager
    def shift(self, name: str, *, useful: bool, places: int = 1) -> Generator[None]:
        """Count the time inside as work at some places, on a real subject or on a decoy."""
        turn, self._turns = self._turns, self._turns + 1
        rate = self._posts[name].hours_a_tick * places
        self._held[turn] = (self._environment.now, useful, rate)
        try:
            yield
        finally:
            held = self._held.pop(turn, None)
            if held is not None:
                begun, _, rate = held
                worked = self._worked.get((useful, rate), 0.0)
                self._worked[useful, rate] = worked + self._environment.now - begun

    @property
    def open_now(self) -> int:
        """Pieces of work that hold a place now."""
        return len(self._held)

    def hours(self, tick: float) -> tuple[float, float]:
        """Hours worked up to `tick` on real subjects and on decoys, work still open included."""
        total = dict(self._worked)
        for begun, useful, rate in self._held.values():
            total[useful, rate] = total.get((useful, rate), 0.0) + tick - begun
        real, false = (
            sum(ticks * rate for (useful, rate), ticks in sorted(total.items()) if useful is wanted)
            for wanted in (True, False)
        )
        return float(real), float(false)
