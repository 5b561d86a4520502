"""The Monitoring and Information Centre: passes calls on, and tells what has been offered."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import ClassVar

from agents.lane import NOTHING, Call, Lane, Modules
from agents.organisations.organisation import Organisation

DESK = "mic.monitoring"


class Mic(Organisation):
    """The Commission's desk on duty; that calls and offers pass it on is the policy's matter."""

    block: ClassVar = "assistance"

    def __init__(self, lane: Lane, name: str) -> None:
        super().__init__(lane, name)
        self._offered: defaultdict[int, Modules] = defaultdict(Modules)
        """Offers that it has read since a state last called, by call."""
        self._read: dict[tuple[int, str], int] = {}
        self._writing: set[int] = set()
        self._reports: dict[int, int] = {}
        """Reports written so far, by call."""

    def told(self, subject: int, report: str, teller: str, desk: str) -> None:
        """Take note of a call or an offer, and report on the situation."""
        call = self.lane.help.latest_call(subject)
        if call is None or report not in ("assistance-request", "offer"):
            return
        if report == "offer":
            offer = call.next_offer(teller, self._read)
            if offer is not None:
                self._offered[call.key] = self._offered[call.key].plus(offer.modules)
        else:
            self._offered[call.key] = NOTHING
        if call.key not in self._writing:
            self._writing.add(call.key)
            turn = self._reports[call.key] = self._reports.get(call.key, 0) + 1
            self.lane.later("reporting", call.key, turn, then=partial(self._report, call))

    def _report(self, call: Call) -> None:
        """Write what has been asked and offered by then."""
        self._writing.discard(call.key)
        offered = self._offered[call.key]
        situation = (call.key, call.calls, offered)
        self.lane.help.situations.setdefault(call.subject, []).append(situation)
        self.lane.note(
            self.name, "alarm", call.subject, "reports what is offered so far: {}", offered
        )
        self.lane.write(DESK, call.subject, "situation")
