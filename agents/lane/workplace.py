"""Scarce people: SimPy resources of one lane, and the hours they work."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import simpy
from simpy.resources.resource import PriorityRequest

from agents.lane.sums import total
from sim.draws import Draws

Step = Generator[simpy.Event, Any, Any]
"""A SimPy process."""

FIRST, URGENT, ORDINARY = -1, 0, 1
"""Priorities of casework: what is there already, a joint or referred case, one's own."""


class Post(NamedTuple):
    """Places of one kind in an organisation."""

    places: int
    """Teams or desks that can work at once."""
    hours_a_tick: float
    """Working hours that one held place costs in a tick."""
    share: float = 1.0
    """Share of their time that is for what the lane has; the rest goes to others' cases."""
    length: float = 0.0
    """Ticks that a place is held by somebody else's case on average."""
    teams: float = 1.0
    """Teams of the whole world, of which the places stand for the lane's."""

    def owed(self, held: float) -> float:
        """Return ticks of others' cases that come between, after one that held a place so long."""
        return held * (1 / self.share - 1)


Kind = tuple[bool, float, str]
"""Of work: whether it is on something real, hours in a tick, threat (empty: about none)."""


class Shift:
    """Work at some places; the time inside counts."""

    __slots__ = ("_workplace", "kind", "name", "places", "subject")

    def __init__(
        self, workplace: Workplace, name: str, places: int, kind: Kind, subject: int
    ) -> None:
        self._workplace, self.kind, self.subject = workplace, kind, subject
        self.name, self.places = name, places

    @property
    def rate(self) -> float:
        """Working hours that it costs in a tick."""
        return self.kind[1]

    @property
    def whose(self) -> tuple[str, str]:
        """The organisation whose post it is, and the threat that it is on."""
        return self.name.partition(".")[0], self.kind[2]

    def __enter__(self) -> None:
        self._workplace.begin(self)

    def __exit__(self, *_: object) -> None:
        self._workplace.end(self)


class Taking:
    """A place that a case has asked for: it waits, works, and gives the place back.

    A place that is only partly for what the lane has works on others' cases after each of its own.

    Parameters
    ----------
    held
        The place asked for; None if people who are not the lane's do it, at once.
    whole
        Whether the case is one of the whole world, which takes all the time of a place.
    """

    __slots__ = ("_begun", "_held", "_shift", "_whole", "_workplace", "granted", "name")

    def __init__(
        self, workplace: Workplace, name: str, held: PriorityRequest | None, *, whole: bool
    ) -> None:
        self._workplace, self.name, self._held, self._whole = workplace, name, held, whole
        self.granted: simpy.Event = workplace.at_once() if held is None else held
        self._shift: Shift | None = None
        self._begun = 0.0

    def begin(self, *, useful: bool, threat: str = "", subject: int = -1) -> None:
        """Work from now on, on something real or on a coincidence."""
        self._begun = self._workplace.now
        self._shift = self._workplace.shift(
            self.name, useful=useful, threat=threat, subject=subject
        )
        self._workplace.begin(self._shift)

    def end(self) -> None:
        """Give the place back, or no longer wait for it."""
        if self._shift is not None:
            self._workplace.end(self._shift)
        if self._held is not None:
            self._workplace.release(self.name, self._held, None if self._whole else self._begun)


class Workplace:
    """Resources by name, made when first asked for.

    Parameters
    ----------
    environment
        Clock of the lane, in ticks.
    timetable
        Places by name, from the ticks on from which there are so many; the first tick is 0.
    draws
        Draws of the lane.
    witness
        Who is told of work that begins and ends.
    """

    def __init__(
        self,
        environment: simpy.Environment,
        timetable: Sequence[tuple[int, Mapping[str, Post]]],
        draws: Draws,
        witness: Callable[[str, Shift], None] | None = None,
    ) -> None:
        self._environment, self._witness = environment, witness
        self._timetable, self._draws = timetable, draws
        (_, self._posts), *later = timetable
        self._later = later[::-1]
        self._resources: dict[str, simpy.PriorityResource] = {}
        self._pools: dict[str, simpy.Container] = {}
        self._held: dict[Shift, float] = {}
        """When the shifts that go on now began."""
        self._worked: dict[Kind, float] = {}
        self._worked_by: dict[tuple[str, str], float] = {}
        """Hours of work that has ended, by organisation and threat."""

    @property
    def now(self) -> float:
        """Time in ticks."""
        return self._environment.now

    def request(self, name: str, priority: int) -> PriorityRequest:
        """Queue for a place; a context manager that gives it back."""
        resource = self._resources.get(name)
        if resource is None:
            most = max(posts[name].places for _, posts in self._timetable)
            resource = simpy.PriorityResource(self._environment, most)
            self._resources[name] = resource
            self._occupy(name, resource)
            self._shut(name, resource)
        return resource.request(priority=priority)

    def take(
        self, name: str, priority: int, case: tuple[int | str, ...] = (), *, whole: bool = False
    ) -> Taking:
        """Queue for a place that `Taking.end` gives back.

        Parameters
        ----------
        case
            What names the case in draws.
        whole
            Whether it is one of the whole world, where the places are those of a sample. Then any
            team may be called to it, and the lane's only with the chance that it is one of them.
        """
        post = self._post(name)
        if whole and not self._draws.chance(post.places / post.teams, f"post:{name}", *case):
            return Taking(self, name, None, whole=True)
        return Taking(self, name, self.request(name, priority), whole=whole)

    def at_once(self) -> simpy.Event:
        """Return an event that has happened."""
        return self._environment.timeout(0)

    def release(self, name: str, granted: PriorityRequest, begun: float | None) -> None:
        """Give a place back that was held since `begun`, once others' cases have had their turn.

        None if nothing is owed to them.
        """
        resource = self._resources[name]
        if not granted.triggered:
            granted.cancel()
            return
        owed = 0.0 if begun is None else self._post(name).owed(self.now - begun)
        if owed:
            after = self._environment.timeout(owed)
            after.callbacks.append(partial(_let_go, resource, granted))
        else:
            resource.release(granted)

    def _occupy(self, name: str, resource: simpy.PriorityResource) -> None:
        """Let others' cases hold the places that they hold when the world begins."""
        post = self._timetable[0][1][name]
        if post.share >= 1:
            return
        for place in range(post.places):
            if self._draws.chance(1 - post.share, "post:busy", name, place):
                rest = self._draws.uniform("post:rest", name, place) * post.owed(post.length)
                if rest > self.now:
                    held = resource.request(priority=FIRST)
                    after = self._environment.timeout(rest - self.now)
                    after.callbacks.append(partial(_let_go, resource, held))

    def _shut(self, name: str, resource: simpy.PriorityResource) -> None:
        """Hold the places that there are at other times only, while there are not."""
        shut: list[PriorityRequest] = []

        def turn(_: object = None) -> None:
            wanted = resource.capacity - self._post(name).places
            while len(shut) < wanted:
                shut.append(resource.request(priority=FIRST))
            while len(shut) > wanted:
                _give_up(resource, shut.pop())

        turn()
        for since, _ in self._timetable[1:]:
            if since > self.now:
                after = self._environment.timeout(since - self.now)
                after.callbacks.append(turn)

    def _post(self, name: str) -> Post:
        """Return the places of a kind, as they are now."""
        while self._later and self._later[-1][0] <= self.now:
            _, self._posts = self._later.pop()
        return self._posts[name]

    def pool(self, name: str) -> simpy.Container:
        """Return the places of a kind that are taken and given back several at a time."""
        pool = self._pools.get(name)
        if pool is None:
            places = self._post(name).places
            pool = simpy.Container(self._environment, capacity=places, init=places)
            self._pools[name] = pool
        return pool

    def shift(
        self, name: str, *, useful: bool, places: int = 1, threat: str = "", subject: int = -1
    ) -> Shift:
        """Count the time inside as work at some places, on a real subject or on a decoy."""
        return Shift(self, name, places, (useful, self.rate(name, places), threat), subject)

    def rate(self, name: str, places: int) -> float:
        """Return the working hours that work at some places costs in a tick."""
        return self._post(name).hours_a_tick * places

    def begin(self, shift: Shift) -> None:
        """Have a shift begin now."""
        self._held[shift] = self._environment.now
        if self._witness is not None:
            self._witness("work begins", shift)

    def end(self, shift: Shift) -> None:
        """Have a shift end now, if it has not."""
        begun = self._held.pop(shift, None)
        if begun is not None:
            worked = self._worked.get(shift.kind, 0.0)
            self._worked[shift.kind] = worked + self._environment.now - begun
            done = self._worked_by.get(shift.whose, 0.0)
            self._worked_by[shift.whose] = done + (self._environment.now - begun) * shift.rate
            if self._witness is not None:
                self._witness("work ends", shift)

    @property
    def open_now(self) -> int:
        """Pieces of work that hold a place now."""
        return len(self._held)

    def hours(self, tick: float, threat: str | None = None) -> tuple[float, float]:
        """Hours worked up to `tick` on real subjects and on decoys, work still open included.

        Parameters
        ----------
        threat
            The only one on which work counts; left out, all work does.
        """
        worked = dict(self._worked)
        for shift, begun in self._held.items():
            worked[shift.kind] = worked.get(shift.kind, 0.0) + tick - begun
        real, false = (
            total(
                ticks * rate
                for (useful, rate, about), ticks in sorted(worked.items())
                if useful is wanted and threat in {None, about}
            )
            for wanted in (True, False)
        )
        return real, false

    def hours_by(self, tick: float, threat: str | None = None) -> dict[str, float]:
        """Hours worked up to `tick` by each organisation, work still open included; see `hours`."""
        worked = dict(self._worked_by)
        for shift, begun in self._held.items():
            worked[shift.whose] = worked.get(shift.whose, 0.0) + (tick - begun) * shift.rate
        found: dict[str, float] = {}
        for (organisation, about), hours in worked.items():
            if threat in {None, about}:
                found[organisation] = found.get(organisation, 0.0) + hours
        return found


def _give_up(resource: simpy.PriorityResource, asked: PriorityRequest) -> None:
    """Give a place back, or no longer wait for it."""
    if asked.triggered:
        resource.release(asked)
    else:
        asked.cancel()


def _let_go(resource: simpy.PriorityResource, held: PriorityRequest, _: object) -> None:
    resource.release(held)
