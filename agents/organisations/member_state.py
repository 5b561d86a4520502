"""A Member State: one agent, whose units do their jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from agents.jobs.investigation import Investigation
from agents.jobs.job import Job
from agents.organisations.organisation import Organisation

if TYPE_CHECKING:
    from agents.lane import Lane

JOBS: Final[tuple[type[Job], ...]] = (Investigation,)

_J = TypeVar("_J", bound=Job)


class MemberState(Organisation):
    """One Member State with the units that its scenario gives work to."""

    def __init__(self, lane: Lane, name: str) -> None:
        super().__init__(lane, name)
        self.place = lane.layout.places[name]
        self.member = lane.layout.atlas.members[name]
        self._jobs: dict[str, Job] = {}
        """By kind of desk."""
        for kind in JOBS:
            if getattr(lane.casework, kind.block) is not None:
                self._jobs |= dict.fromkeys(kind.desks, kind(self))

    def job(self, kind: type[_J]) -> _J | None:
        """Return the job of a kind, if somebody does it here."""
        found = self._jobs.get(kind.desks[0])
        return found if isinstance(found, kind) else None

    def recognised(self, subject: int, desk: str) -> None:
        """Let the desk that recognised a subject do its job."""
        if (job := self._jobs.get(desk)) is not None:
            job.recognised(subject)

    def told(self, subject: int, report: str, teller: str, desk: str) -> None:
        """Let the desk that read an addressed report do its job."""
        if (job := self._jobs.get(desk)) is not None:
            job.told(subject, report, teller)
