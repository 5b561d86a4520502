"""Scarce people: SimPy resources of one lane, and the hours they work."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, NamedTuple

import simpy

from agents.lane.sums import total

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


class Shift:
    """Work at some places; the time inside counts."""

    __slots__ = ("_workplace", "rate", "useful")

    def __init__(self, workplace: Workplace, useful: bool, rate: float) -> None:  # noqa: FBT001
        self._workplace, self.useful, self.rate = workplace, useful, rate

    def __enter__(self) -> None:
        self._workplace.begin(self)

    def __exit__(self, *_: object) -> None:
        self._workplace.end(self)


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
        self._held: dict[Shift, float] = {}
        """When the shifts that go on now began."""
        self._worked: dict[tuple[bool, float], float] = {}

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

    def shift(self, name: str, *, useful: bool, places: int = 1) -> Shift:
        """Count the time inside as work at some places, on a real subject or on a decoy."""
        return Shift(self, useful, self._posts[name].hours_a_tick * places)

    def begin(self, shift: Shift) -> None:
        """Have a shift begin now."""
        self._held[shift] = self._environment.now

    def end(self, shift: Shift) -> None:
        """Have a shift end now, if it has not."""
        begun = self._held.pop(shift, None)
        if begun is not None:
            work = shift.useful, shift.rate
            worked = self._worked.get(work, 0.0)
            self._worked[work] = worked + self._environment.now - begun

    @property
    def open_now(self) -> int:
        """Pieces of work that hold a place now."""
        return len(self._held)

    def hours(self, tick: float) -> tuple[float, float]:
        """Hours worked up to `tick` on real subjects and on decoys, work still open included."""
        worked = dict(self._worked)
        for shift, begun in self._held.items():
            work = shift.useful, shift.rate
            worked[work] = worked.get(work, 0.0) + tick - begun
        real, false = (
            total(
                ticks * rate for (useful, rate), ticks in sorted(worked.items()) if useful is wanted
            )
            for wanted in (True, False)
        )
        return real, false
