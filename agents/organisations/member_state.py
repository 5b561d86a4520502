"""A Member State: one agent, whose units do their jobs."""

from __future__ import annotations

from typing import Protocol

from agents.lane import Lane, Listener
from agents.organisations.organisation import Organisation


class Job(Protocol):
    """Work of some units, as the state deals with it."""

    def done_at(self) -> tuple[str, ...]:
        """Kinds of desk that do it in this state."""

    def recognised(self, subject: int) -> None:
        """Act on the first recognition of `subject` at one of its desks."""

    def told(self, subject: int, report: str, teller: str) -> None:
        """Act on an addressed report that one of its desks read."""

    def hears(self, report: str) -> bool:
        """Whether addressed reports of class `report` may be of concern."""


class MemberState(Organisation):
    """One Member State with the units that its scenario gives work to."""

    def __init__(self, lane: Lane, name: str) -> None:
        super().__init__(lane, name)
        self.place = lane.layout.places[name]
        self.member = lane.layout.atlas.members[name]
        self._at: dict[str, list[Job]] = {}
        """Jobs by kind of desk."""

    def take_on(self, job: Job) -> None:
        """Do a job from now on."""
        for desk in job.done_at():
            self._at.setdefault(desk, []).append(job)

    def recognised(self, subject: int, desk: str) -> None:
        """Let the desk that recognised a subject do its jobs."""
        for job in self._at.get(desk, ()):
            job.recognised(subject)

    def listeners(self, desk: str, report: str) -> tuple[Listener, ...]:
        """Return the jobs of a desk that act on addressed reports of a class."""
        return tuple(job.told for job in self._at.get(desk, ()) if job.hears(report))
