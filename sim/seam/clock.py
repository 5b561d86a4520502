"""Clocks of casework: a SimPy environment a lane, run only where something is due."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any

import numpy as np
import simpy
from simpy.core import SimTime
from simpy.events import NORMAL, EventPriority


class Clock(simpy.Environment):
    """The SimPy environment of one lane, in ticks, with what SimPy does per event done in place.

    A process that has ended, and for which nobody waits, is over at once: no event tells of it.
    """

    def schedule(
        self, event: simpy.Event, priority: EventPriority = NORMAL, delay: SimTime = 0
    ) -> None:
        """Put an event on the agenda."""
        if type(event) is simpy.Process and not event.callbacks and event.ok:
            event.callbacks = None  # type: ignore[assignment]  # SimPy's mark of what is over
            return
        heappush(self._queue, (self._now + delay, priority, next(self._eid), event))

    def run_before(self, time: SimTime) -> None:
        """Fire everything due before `time`."""
        agenda = self._queue
        while agenda and agenda[0][0] < time:
            self._now, _, _, event = heappop(agenda)
            callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
            for callback in callbacks:
                callback(event)
            if not event._ok and not event.defused:  # noqa: SLF001 - the property costs more
                error: Any = event.value
                raise error

    def forward(self, tick: int) -> None:
        """Move the clock forward to `tick`, as running until then does."""
        self.run_before(tick)
        self._now = tick

    @property
    def next(self) -> SimTime:
        """When the next event is due; infinity if there is none."""
        return self._queue[0][0] if self._queue else np.inf


class Either(simpy.Event):
    """Happens as soon as one of two events does; ``one | other`` that does not say which.

    It fails if the event that comes first does. Once it has happened, neither event knows of it any
    more; one that was made for another alone, and for which nobody else waits, is given up with it.

    SimPy's own condition gathers the values of its events, which costs more than all the rest.
    """

    def __init__(self, one: simpy.Event, other: simpy.Event) -> None:
        super().__init__(one.env)
        self._events = one, other
        for event in self._events:
            if event.callbacks is None:
                self._happened(event)
                return
            event.callbacks.append(self._happened)

    def _happened(self, event: simpy.Event) -> None:
        if self.triggered:
            return
        if event.ok:
            self.succeed()
        else:
            event.defused = True
            error: Any = event.value
            self.fail(error)
        self._leave()

    def _leave(self) -> None:
        """Wait for neither event any more."""
        for event in self._events:
            if event.callbacks and self._happened in event.callbacks:
                event.callbacks.remove(self._happened)
            if isinstance(event, Either) and event.callbacks == []:
                event._leave()  # noqa: SLF001 - of this class


class Clocks:
    """The SimPy environments of L lanes, in ticks.

    Running before ``tick + 1`` fires what is due in the half-open interval from `tick` to
    ``tick + 1``. Environments are stepped rather than run until a time: from SimPy 4.1.2 on, a run
    leaves its stop event on the agenda, and every lane would look busy in every tick.
    """

    def __init__(self, lanes: int) -> None:
        self._environments = [Clock() for _ in range(lanes)]
        self._next = np.full(lanes, np.inf)

    def at(self, lane: int, tick: int) -> simpy.Environment:
        """Return the environment of `lane`, its clock moved to `tick`, for new processes.

        The caller tells `planned` when it has started what it wanted to.
        """
        environment = self._environments[lane]
        if environment.now < tick:
            environment.forward(tick)
        return environment

    def planned(self, lane: int) -> None:
        """Note that a lane's agenda has changed."""
        self._next[lane] = self._environments[lane].next

    def run_through(self, tick: int) -> list[int]:
        """Fire everything due up to `tick` and at it; return the lanes that had something."""
        return self.run_before(np.nextafter(tick, np.inf))

    def run_before(self, tick: float) -> list[int]:
        """Fire everything due before `tick`, lane by lane; return the lanes that had something."""
        due: list[int] = np.flatnonzero(self._next < tick).tolist()
        for lane in due:
            environment = self._environments[lane]
            environment.run_before(tick)
            self._next[lane] = environment.next
        return due
