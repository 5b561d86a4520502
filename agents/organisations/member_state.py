"""A Member State: one agent, whose units do their jobs."""

from __future__ import annotations

from agents.lane import Lane
from agents.organisations.organisation import Organisation


class MemberState(Organisation):
    """One Member State with the units that its scenario gives work to."""

    def __init__(self, lane: Lane, name: str) -> None:
        super().__init__(lane, name)
        self.place = lane.layout.places[name]
