"""Organisations: what an authority does when its desks recognise a subject or read a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa

from sim.port import EVERYONE

if TYPE_CHECKING:
    from agents.lane import Lane


class Organisation(mesa.Agent):
    """An authority of one lane; a group of the engine.

    Subclasses say what it does; nothing is done for single messages.
    """

    def __init__(self, lane: Lane, name: str) -> None:
        super().__init__(lane)
        self.lane = lane
        self.name = name
        self.group = lane.layout.groups[name]
        self.subjects: set[int] = set()
        """Subjects it has opened a case on."""

    def recognised(self, subject: int) -> None:
        """Act on the first recognition of `subject` at one of its desks."""

    def told(self, subject: int, report: str, teller: str) -> None:
        """Act on an addressed report of class `report` from `teller` that one of its desks read."""

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

    def write(self, desk: str, subject: int, report: str, audience: int = EVERYONE) -> None:
        """Have a desk (unit name) write a report of class `report`."""
        layout = self.lane.layout
        self.lane.engine.emit(
            self.lane.number, layout.units[desk], subject, layout.classes[report], audience
        )
