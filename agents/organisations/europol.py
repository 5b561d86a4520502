"""Europol: opens a work file, analyses, tells the states concerned."""

from __future__ import annotations

from typing import ClassVar, Final

from agents.lane import ORDINARY, URGENT, Step
from agents.organisations.organisation import Organisation

DESKS: Final = ("europol.analysis", "europol.high-tech")
"""Desks that keep files; a threat needs one of them."""


class Europol(Organisation):
    """The agency that links national reports."""

    block: ClassVar = "analysis"

    def _desk(self, subject: int) -> str:
        """Return the desk that files of a threat are kept at."""
        needed = self.lane.declared(subject).desks_needed
        return next((desk for desk in DESKS if desk in needed), DESKS[0])

    def recognised(self, subject: int, desk: str) -> None:
        """Open a work file on what its own analysts saw."""
        if self.open(subject):
            self.lane.start(self._file(subject, ORDINARY))

    def told(self, subject: int, report: str, teller: str, desk: str) -> None:
        """Open a work file on what a Member State reports as a case."""
        if report == "case-notice" and teller != self.name and self.open(subject):
            self.lane.start(self._file(subject, URGENT))

    def _file(self, subject: int, priority: int) -> Step:
        """Analyse; a decoy may be seen through, else it is told of like a real network."""
        lane = self.lane
        with lane.work.request("europol", priority) as team:
            yield team
            lane.note(self.name, "case", subject, "opens a work file")
            with lane.work.shift("europol", useful=lane.is_real(subject)):
                yield lane.wait("analysis", self.name, subject)
                seen_through = lane.draws.chance(
                    lane.casework.false_found.value, "false-found", self.name, subject
                )
                if lane.is_real(subject) or not seen_through:
                    lane.note(self.name, "action", subject, "writes its analysis")
                    lane.write(self._desk(subject), subject, "analysis")
