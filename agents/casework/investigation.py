"""Police: opens cases, investigates, strikes alone or together, goes for the money."""

from __future__ import annotations

from typing import ClassVar, Final

from agents.casework.job import Job, State
from agents.lane import ORDINARY, URGENT, Coordinator, Criminals, Step
from scenarios.schema import Finance, declared

NO_CASES: Final = frozenset(("indicator", "warning"))
"""Addressed reports that tell of no case."""


class Investigation(Job):
    """The criminal case of one Member State: police, prosecutors and financial unit."""

    __slots__ = (
        "_coordinator",
        "_executed",
        "spec",
    )

    desks: ClassVar = ("police", "judiciary", "customs", "border-guard", "financial")

    def __init__(self, state: State, coordinator: Coordinator | None) -> None:
        super().__init__(state)
        self.spec = declared(self.lane.casework.investigation)
        self._coordinator = coordinator
        """The agency that brings states together, where there is one."""
        self._executed: set[str] = set()
        """States whose warrant it has taken up; each issues one, after its strike."""

    def recognised(self, subject: int) -> None:
        """Open a case, if there is anything of it in the own state."""
        if subject not in self.subjects and self.state.contributed(subject):
            self.open(subject)
            self.lane.start(self._case(subject, ORDINARY))

    def told(self, subject: int, report: str, teller: str) -> None:
        """Join a case that touches it; execute an alert on a member who hides here."""
        if report == "alert":
            criminals = self._criminals(subject)
            if teller not in self._executed and criminals.hides(subject, self.place):
                self._executed.add(teller)
                self.lane.start(self._execute_warrant(subject, teller))
        elif subject not in self.subjects and self.state.contributed(subject):
            self.open(subject)
            self.lane.aware(subject, self.name)
            self.lane.start(self._case(subject, URGENT))

    def hears(self, report: str) -> bool:
        """Whether reports of class `report` tell of cases."""
        return report not in NO_CASES

    def _criminals(self, subject: int) -> Criminals:
        criminals: Criminals = self.lane.of(subject)
        return criminals

    def _case(self, subject: int, priority: int) -> Step:
        """Verify, investigate with the money in parallel, arrest."""
        lane = self.lane
        with lane.work.request(f"{self.name}.team", priority) as team:
            yield team
            lane.note(self.name, "case", subject, "puts a team on it")
            with lane.work.shift(f"{self.name}.team", useful=lane.is_real(subject)):
                yield lane.wait("verification", self.name, subject)
                if not lane.is_real(subject):
                    yield from self._pursue_decoy(subject)
                    return
                lane.note(self.name, "case", subject, "verifies the case and investigates")
                self._tell(subject)
                if lane.casework.finance is not None:
                    lane.start(self._follow_money(subject, lane.casework.finance))
                lane.cases.begin(subject, self.place, lane.now)
                if self._coordinator is not None:
                    self._coordinator.verified(subject, self.name)
                yield lane.wait("investigation", self.name, subject)
                yield from self._strike(subject)
                lane.cases.end(subject, self.place)

    def _pursue_decoy(self, subject: int) -> Step:
        """Drop a decoy, or tell others and pursue it for a while first."""
        lane = self.lane
        found = lane.casework.false_found.value
        if not lane.draws.chance(found, "false-found", self.name, subject):
            lane.note(self.name, "case", subject, "takes a coincidence for a network")
            self._tell(subject)
            yield lane.wait("false_pursuit", self.name, subject)
        lane.note(self.name, "case", subject, "drops a coincidence")
        contributors = lane.engine.contributed(lane.number, subject)
        lane.trust.misled([self.state.group], lane.groups_in(contributors))

    def _tell(self, subject: int) -> None:
        """Tell of the case; prosecutors who read of it may tell Eurojust."""
        self.lane.write(f"{self.name}.police", subject, "case-notice")

    def _strike(self, subject: int) -> Step:
        """Arrest together if a joint team is there or being set up, else alone."""
        lane = self.lane
        if self._coordinator is not None:
            joint = self._coordinator.team(subject)
            if joint is not None and self.name in joint.members:
                lane.note(self.name, "case", subject, "is ready and waits for its joint team")
                joint.ready(self.name)
                yield joint.struck
                return
            self._coordinator.withdrew(subject, self.name)
        yield lane.wait("authorisation", self.name, subject)
        lane.note(self.name, "action", subject, "strikes alone")
        share = self.spec.arrested_alone.value
        self._criminals(subject).raid(subject, [self.place], share, together=False)
        if "alert" in lane.declared(subject).reports_needed:
            lane.write(f"{self.name}.police", subject, "alert")

    def _follow_money(self, subject: int, spec: Finance) -> Step:
        """Trace and freeze in a race with the launderers."""
        lane = self.lane
        with lane.work.request(f"{self.name}.financial", ORDINARY) as desk:
            yield desk
            with lane.work.shift(f"{self.name}.financial", useful=True):
                tracing = lane.durations.draw(lane.draws, "tracing", self.name, subject)
                if not self.state.member.aro_2010:
                    tracing *= spec.tracing_without_office.value
                yield lane.environment.timeout(tracing)
                yield lane.wait("freezing", self.name, subject)
        lane.note(self.name, "action", subject, "freezes what its financial unit traced")
        share, kept = spec.traced_share.value, spec.confiscated_of_frozen.value
        self._criminals(subject).freeze(subject, self.place, share, kept)

    def _execute_warrant(self, subject: int, issuer: str) -> Step:
        """Surrender a member found here to the state that issued the warrant."""
        lane = self.lane
        lane.note(self.name, "case", subject, f"takes up the warrant of {issuer}")
        yield lane.wait("warrant", issuer, self.name)
        success = self.spec.warrant_success.value
        self._criminals(subject).surrender(subject, self.place, success, issuer)
