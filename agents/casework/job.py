"""What every job of a Member State's units has in common."""

from __future__ import annotations

from typing import ClassVar, Protocol

from agents.lane import Lane


class State(Protocol):
    """The Member State whose units do a job."""

    lane: Lane
    name: str
    group: int
    place: int
    subjects: set[int]

    def contributed(self, subject: int) -> bool:
        """Whether it has observed traces of `subject` itself."""


class Job:
    """Work of one unit of a Member State, or of several that work together."""

    __slots__ = ("lane", "name", "place", "state", "subjects")

    block: ClassVar[str]
    """Block of casework that declares it."""
    desks: ClassVar[tuple[str, ...]]
    """Kinds of desk whose recognitions and readings it acts on."""

    def __init__(self, state: State) -> None:
        self.state, self.lane = state, state.lane
        self.name, self.place = state.name, state.place
        self.subjects: set[int] = set()
        """Subjects it has opened a case on."""

    def done_at(self) -> tuple[str, ...]:
        """Kinds of desk that do it in this state."""
        return self.desks

    def concerns(self, subject: int) -> bool:
        """Whether the threat of a subject needs this work."""
        return self.block in self.lane.declared(subject).casework_needed

    def recognised(self, subject: int) -> None:
        """Act on the first recognition of `subject` at one of its desks."""

    def told(self, subject: int, report: str, teller: str) -> None:
        """Act on an addressed report of class `report` from `teller` that one of its desks read."""

    def hears(self, report: str) -> bool:
        """Whether addressed reports of class `report` may be of concern."""
        del report
        return True

    def open(self, subject: int) -> bool:
        """Note a new case on `subject`; False if there is one already."""
        if subject in self.subjects:
            return False
        self.subjects.add(subject)
        self.state.subjects.add(subject)
        return True
