"""Frontex: sees patterns without persons, and sends officers where they point."""

from __future__ import annotations

from typing import ClassVar

from agents.lane import ORDINARY, Step
from agents.organisations.organisation import Organisation
from scenarios.schema import declared

DESK = "frontex.risk-analysis"


class Frontex(Organisation):
    """The agency of the external borders."""

    block: ClassVar = "operations"

    def recognised(self, subject: int, desk: str) -> None:
        """Tell the border guards, and start a joint operation at the sections concerned."""
        if self.open(subject):
            self.lane.write(DESK, subject, "risk")
            unit = self.lane.layout.units[DESK]
            known = self.lane.engine.origins(self.lane.number, unit, subject)
            self.lane.start(self._operation(subject, self.lane.places_in(known)))

    def _operation(self, subject: int, places: list[int]) -> Step:
        """For some months more is seen in the states concerned."""
        lane, spec = self.lane, declared(self.lane.casework.operations)
        with lane.work.request("frontex", ORDINARY) as operation:
            yield operation
            with lane.work.shift("frontex", useful=lane.is_real(subject)):
                lane.note(self.name, "action", subject, "begins a joint operation")
                lane.watch_closer(subject, places, spec.operation_gain.value)
                yield lane.environment.timeout(lane.durations.ticks(spec.operation_length))
                lane.watch_closer(subject, places, -spec.operation_gain.value)
