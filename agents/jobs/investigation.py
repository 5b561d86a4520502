"""Police: opens cases, investigates, strikes alone or together, goes for the money."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from agents.jobs.job import Job
from agents.workplace import ORDINARY, URGENT, Step
from scenarios.schema import Finance, declared

if TYPE_CHECKING:
    from agents.organisations.member_state import MemberState


NO_CASES: Final = frozenset(("indicator", "warning"))
"""Addressed reports that tell of no case."""


class Criminals(Protocol):
    """What investigators can do to a threat."""

    def hides(self, subject: int, place: int) -> bool:
        """Whether a wanted member of `subject` is in `place`."""

    def raid(self, places: list[int], share: float, *, together: bool) -> None:
        """Arrest a share of those present in `places`."""

    def surrender(self, place: int, success: float, issuer: str) -> None:
        """Arrest wanted members in `place` on a warrant, each with a chance of `success`."""

    def freeze(self, place: int, share: float) -> None:
        """Freeze a share of the liquid money in `place`."""


class Investigation(Job):
    """The criminal case of one Member State: police, prosecutors and financial unit."""

    __slots__ = (
        "_executed",
        "criminals",
        "investigating",
        "name",
        "place",
        "spec",
        "verified_at",
    )

    desks: ClassVar = ("police", "judiciary", "customs", "border-guard", "financial")
    block: ClassVar = "investigation"

    def __init__(self, state: MemberState) -> None:
        super().__init__(state)
        self.spec = declared(self.lane.casework.investigation)
        self.name, self.place = state.name, state.place
        self.criminals: Criminals = self.lane.threat
        self.investigating: set[int] = set()
        """Subjects whose verified case is being investigated."""
        self.verified_at: dict[int, float] = {}
        """Tick at which the case on a subject was verified."""
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
            if teller not in self._executed and self.criminals.hides(subject, self.place):
                self._executed.add(teller)
                self.lane.start(self._execute_warrant(subject, teller))
        elif subject not in self.subjects and self.state.contributed(subject):
            self.open(subject)
            self.lane.aware(subject, self.name)
            self.lane.start(self._case(subject, URGENT))

    def hears(self, report: str) -> bool:
        """Whether reports of class `report` tell of cases."""
        return report not in NO_CASES

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
                self.investigating.add(subject)
                self.verified_at[subject] = lane.now
                if lane.eurojust is not None:
                    lane.eurojust.verified(subject, self.name)
                yield lane.wait("investigation", self.name, subject)
                yield from self._strike(subject)
                self.investigating.discard(subject)

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
        self.state.write(f"{self.name}.police", subject, "case-notice")

    def _strike(self, subject: int) -> Step:
        """Arrest together if a joint team is there or being set up, else alone."""
        lane = self.lane
        if lane.eurojust is not None:
            joint = lane.eurojust.team(subject)
            if joint is not None and self.name in joint.members:
                lane.note(self.name, "case", subject, "is ready and waits for its joint team")
                joint.ready(self.name)
                yield joint.struck
                return
            lane.eurojust.withdrew(subject, self.name)
        yield lane.wait("authorisation", self.name, subject)
        lane.note(self.name, "action", subject, "strikes alone")
        self.criminals.raid([self.place], self.spec.arrested_alone.value, together=False)
        if "alert" in lane.layout.classes:
            self.state.write(f"{self.name}.police", subject, "alert")

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
        self.criminals.freeze(self.place, spec.traced_share.value)

    def _execute_warrant(self, subject: int, issuer: str) -> Step:
        """Surrender a member found here to the state that issued the warrant."""
        lane = self.lane
        lane.note(self.name, "case", subject, f"takes up the warrant of {issuer}")
        yield lane.wait("warrant", issuer, self.name)
        success = self.spec.warrant_success.value
        self.criminals.surrender(self.place, success, issuer)
