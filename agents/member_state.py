"""A Member State: opens cases, investigates, strikes alone or together, goes for the money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.organisation import Organisation
from agents.workplace import ORDINARY, URGENT, Step

if TYPE_CHECKING:
    from agents.lane import Lane


class MemberState(Organisation):
    """One Member State with its police, prosecutors and financial unit."""

    def __init__(self, lane: Lane, name: str) -> None:
        super().__init__(lane, name)
        self.place = lane.layout.places[name]
        self.member = lane.layout.atlas.members[name]
        self.investigating: set[int] = set()
        """Subjects whose verified case is being investigated."""
        self._executed: set[str] = set()
        """States whose warrant it has taken up; each issues one, after its strike."""

    def recognised(self, subject: int) -> None:
        """Open a case, if there is anything of it in the own state."""
        if self.contributed(subject) and self.open(subject):
            self.lane.start(self._case(subject, ORDINARY))

    def told(self, subject: int, report: str, teller: str) -> None:
        """Join a case that touches it; execute an alert on a member who hides here."""
        if report == "alert":
            if teller not in self._executed and self.lane.network.hides(subject, self.place):
                self._executed.add(teller)
                self.lane.start(self._execute_warrant(teller))
        elif self.contributed(subject) and self.open(subject):
            self.lane.aware(subject, self.name)
            self.lane.start(self._case(subject, URGENT))

    def _case(self, subject: int, priority: int) -> Step:
        """Verify, investigate with the money in parallel, arrest."""
        lane = self.lane
        with lane.work.request(f"{self.name}.team", priority) as team:
            yield team
            with lane.work.shift(useful=lane.is_real(subject)):
                yield lane.wait("verification", self.name, subject)
                if not lane.is_real(subject):
                    yield from self._pursue_decoy(subject)
                    return
                self._tell(subject)
                lane.start(self._follow_money(subject))
                self.investigating.add(subject)
                lane.eurojust.verified(subject, self.name)
                yield lane.wait("investigation", self.name, subject)
                yield from self._strike(subject)
                self.investigating.discard(subject)

    def _pursue_decoy(self, subject: int) -> Step:
        """Drop a decoy, or tell others and pursue it for a while first."""
        lane = self.lane
        found = lane.casework.false_found.value
        if not lane.draws.chance(found, "false-found", self.name, subject):
            self._tell(subject)
            yield lane.wait("false_pursuit", self.name, subject)
        contributors = lane.engine.contributed(lane.number, subject)
        lane.trust.misled([self.group], lane.groups_in(contributors))

    def _tell(self, subject: int) -> None:
        """Tell of the case; prosecutors who read of it may tell Eurojust."""
        self.write(f"{self.name}.police", subject, "case-notice")

    def _strike(self, subject: int) -> Step:
        """Arrest together if a joint team is there or being set up, else alone."""
        lane = self.lane
        joint = lane.eurojust.team(subject)
        if joint is not None and self.name in joint.members:
            joint.ready(self.name)
            yield joint.struck
            return
        lane.eurojust.withdrew(subject, self.name)
        yield lane.wait("authorisation", self.name, subject)
        lane.network.raid([self.place], lane.casework.arrested_alone.value, together=False)
        self.write(f"{self.name}.police", subject, "alert")

    def _follow_money(self, subject: int) -> Step:
        """Trace and freeze in a race with the launderers."""
        lane = self.lane
        with lane.work.request(f"{self.name}.financial", ORDINARY) as desk:
            yield desk
            with lane.work.shift(useful=True):
                tracing = lane.durations.draw(lane.draws, "tracing", self.name, subject)
                if not self.member.aro_2010:
                    tracing *= lane.casework.tracing_without_office.value
                yield lane.environment.timeout(tracing)
                yield lane.wait("freezing", self.name, subject)
        lane.network.freeze(self.place, lane.casework.traced_share.value)

    def _execute_warrant(self, issuer: str) -> Step:
        """Surrender a member found here to the state that issued the warrant."""
        lane = self.lane
        yield lane.wait("warrant", issuer, self.name)
        success = lane.casework.warrant_success.value
        lane.network.surrender(self.place, success, issuer)
