"""Frontex: sees patterns without persons, and sends officers where they point."""

from __future__ import annotations

from agents.organisation import Organisation
from agents.workplace import ORDINARY, Step

DESK = "frontex.risk-analysis"


class Frontex(Organisation):
    """The agency of the external borders."""

    def recognised(self, subject: int) -> None:
        """Tell the border guards, and start a joint operation at the sections concerned."""
        if self.open(subject):
            self.write(DESK, subject, "risk")
            desk = self.lane.layout.units[DESK]
            known = self.lane.engine.origins(self.lane.number, desk, subject)
            self.lane.start(self._operation(subject, self.lane.places_in(known)))

    def _operation(self, subject: int, places: list[int]) -> Step:
        """For some months more is seen in the states concerned."""
        lane = self.lane
        with lane.work.request("frontex", ORDINARY) as operation:
            yield operation
            with lane.work.shift(useful=lane.is_real(subject)):
                lane.watch_closer(subject, places, lane.casework.operation_gain.value)
                yield lane.environment.timeout(lane.durations.ticks(lane.casework.operation_length))
                lane.watch_closer(subject, places, -lane.casework.operation_gain.value)
