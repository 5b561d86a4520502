"""ENISA: hears of indicators, checks them, warns every state."""

from __future__ import annotations

from typing import ClassVar

from agents.lane import ORDINARY, Malware, Step, upholds
from agents.organisations.organisation import Organisation
from scenarios.schema import declared

DESK = "enisa.desk"


class Enisa(Organisation):
    """The agency of network and information security; it may hold no personal data."""

    block: ClassVar = "incident"

    def told(self, subject: int, report: str, teller: str, desk: str) -> None:
        """Take up the first indicator of a malware."""
        if report == "indicator":
            malware: Malware = self.lane.of(subject)
            malware.indicator_read(subject, self.name)
            if self.open(subject):
                self.lane.fact(self.name, "incident taken up", subject)
                self.lane.aware(subject, self.name)
                self.lane.start(self._advise(subject))

    def _advise(self, subject: int) -> Step:
        """Check, and warn unless it is seen to be a coincidence."""
        lane = self.lane
        with lane.work.request(self.name, ORDINARY) as expert:
            yield expert
            lane.note(self.name, "case", subject, "checks an indicator")
            with lane.shift(self.name, subject):
                yield lane.wait("advice", lane.named(subject))
                incident = declared(lane.casework.incident)
                chance = upholds(
                    is_real=lane.is_real(subject),
                    right_if_real=incident.made_out.value,
                    right_if_false=incident.seen_through.value,
                    odds=1.0,
                )
                if lane.draws.chance(chance, "incident:made-out", self.name, lane.named(subject)):
                    lane.note(self.name, "alarm", subject, "warns the states")
                    lane.write(DESK, subject, "warning")
