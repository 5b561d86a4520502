"""Organisations: what an authority does when its desks recognise a subject or read a report."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import mesa

from agents.lane import Job, Lane, Listener


class Organisation(mesa.Agent):
    """An authority of one lane; a group of the engine.

    Subclasses say what it does; nothing is done for single messages.
    """

    block: ClassVar[str | None] = None
    """Block of casework that it needs; without it, it only reads and passes on."""

    def __init__(self, lane: Lane, name: str) -> None:
        super().__init__(lane)
        self.lane = lane
        self.name = name
        self.group = lane.layout.groups[name]
        self.subjects: set[int] = set()
        """Subjects it has opened a case on."""
        self._at: dict[str, list[Job]] = {}
        """Jobs by kind of desk."""

    def take_on(self, job: Job) -> None:
        """Do a job from now on."""
        for desk in job.done_at():
            self._at.setdefault(desk, []).append(job)

    def recognised(self, subject: int, desk: str) -> None:
        """Let the desk that recognised a subject (its kind: ``police``) do its jobs."""
        for job in self._at.get(desk, ()):
            if job.concerns(subject):
                job.recognised(subject)

    def told(self, subject: int, report: str, teller: str, desk: str) -> None:
        """Act on an addressed report of class `report` from `teller` that a desk read."""

    def listeners(self, desk: str, report: str) -> tuple[Listener, ...]:
        """Return what acts on addressed reports of a class that a desk reads."""
        jobs = tuple(job.told for job in self._at.get(desk, ()) if job.hears(report))
        if type(self).told is Organisation.told:
            return jobs
        return (partial(self.told, desk=desk), *jobs)

    def open(self, subject: int) -> bool:
        """Note a new case on `subject`; False if there is one already."""
        if subject in self.subjects:
            return False
        self.subjects.add(subject)
        return True

    def contributed(self, subject: int) -> bool:
        """Whether it has observed traces of `subject` itself."""
        found = self.lane.engine.contributed(self.lane.number, subject)
        return bool(found >> self.group & 1)
