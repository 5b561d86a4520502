"""The Situation Centre: draws a common picture where several states are in distress at once."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from agents.lane import Hazard, Lane
from agents.organisations.organisation import Organisation
from scenarios.schema import declared

DESK = "sitcen.watch"


class SitCen(Organisation):
    """The watch desk."""

    block: ClassVar = "assistance"

    def __init__(self, lane: Lane, name: str) -> None:
        super().__init__(lane, name)
        self._heard_of: dict[int, float] = {}
        """When it last heard of each state's emergency."""
        self._drawing = False
        self._pictures = 0

    def told(self, subject: int, report: str, teller: str, desk: str) -> None:
        """Draw a picture if it has heard of more than one emergency of late."""
        if report != "situation":
            return
        lane = self.lane
        hazard: Hazard = lane.of(subject)
        self._heard_of[hazard.place_of(subject)] = lane.now
        since = lane.now - lane.durations.ticks(declared(lane.casework.assistance).caution)
        if sum(heard >= since for heard in self._heard_of.values()) > 1 and not self._drawing:
            self._drawing = True
            self._pictures += 1
            names = self.name, self._pictures
            self.lane.later("picturing", *names, then=partial(self._draw, subject))

    def _draw(self, subject: int) -> None:
        self._drawing = False
        self.lane.note(self.name, "alarm", subject, "draws a picture of several emergencies")
        self.lane.write(DESK, subject, "picture")
