"""A Member State: one agent, whose units do their jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from agents.jobs.cert import IncidentHandling
from agents.jobs.civil_protection import CivilProtection
from agents.jobs.investigation import Investigation
from agents.jobs.job import Job
from agents.organisations.organisation import Listener, Organisation

if TYPE_CHECKING:
    from agents.lane import Lane

JOBS: Final[tuple[type[Job], ...]] = (Investigation, IncidentHandling, CivilProtection)

_J = TypeVar("_J", bound=Job)


class MemberState(Organisation):
    """One Member State with the units that its scenario gives work to."""

    def __init__(self, lane: Lane, name: str) -> None:
        super().__init__(lane, name)
        self.place = lane.layout.places[name]
        self.member = lane.layout.atlas.members[name]
        self._jobs = [kind(self) for kind in JOBS if getattr(lane.casework, kind.block) is not None]
        self._at: dict[str, list[Job]] = {}
        """Jobs by kind of desk."""
        for job in self._jobs:
            for desk in job.done_at():
                self._at.setdefault(desk, []).append(job)

    def job(self, kind: type[_J]) -> _J | None:
        """Return the job of a kind, if somebody does it here."""
        for job in self._jobs:
            if isinstance(job, kind):
                return job
        return None

    def recognised(self, subject: int, desk: str) -> None:
        """Let the desk that recognised a subject do its jobs."""
        for job in self._at.get(desk, ()):
            job.recognised(subject)

    def told(self, subject: int, report: str, teller: str, desk: str) -> None:
        """Let the desk that read an addressed report do its jobs."""
        for listen in self.listeners(desk, report):
            listen(subject, report, teller)

    def listeners(self, desk: str, report: str) -> tuple[Listener, ...]:
        """Return the jobs of a desk that act on addressed reports of a class."""
        return tuple(job.told for job in self._at.get(desk, ()) if job.hears(report))
