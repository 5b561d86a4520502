"""Eurojust: brings states with a case on one subject together in a joint investigation team."""

from __future__ import annotations

from typing import ClassVar

import simpy

from agents.lane import ORDINARY, Criminals, Lane, Step
from agents.organisations.organisation import Organisation
from scenarios.schema import declared


class JointTeam:
    """A joint investigation team on one subject, from coordination to the action day."""

    def __init__(self, lane: Lane, subject: int, members: set[str]) -> None:
        self._lane = lane
        self.subject = subject
        self.members = members
        self._ready: set[str] = set()
        self.signed = lane.environment.event()
        self._all_ready = lane.environment.event()
        self.struck: simpy.Event = lane.environment.event()
        """Fires on the action day."""

    def ready(self, member: str) -> None:
        """Note that a member's investigation is done."""
        self._ready.add(member)
        self._consider_readiness()

    def _consider_readiness(self) -> None:
        """Go ahead once nobody can join any more and everybody is ready."""
        is_complete = self.signed.triggered and self._ready >= self.members
        if is_complete and not self._all_ready.triggered:
            self._all_ready.succeed()

    def action_day(self) -> Step:
        """Once signed and every member is ready: authorisation, then arrests everywhere."""
        lane = self._lane
        yield self.signed
        self._consider_readiness()
        yield self._all_ready
        yield lane.wait("authorisation", "eurojust", self.subject)
        places = [lane.layout.places[name] for name in sorted(self.members)]
        lane.note("eurojust", "action", self.subject, f"action day of {len(places)} states")
        share = declared(lane.casework.investigation).arrested_together.value
        criminals: Criminals = lane.of(self.subject)
        criminals.raid(self.subject, places, share, together=True)
        lane.trust.useful([lane.layout.groups[name] for name in sorted(self.members)])
        if "alert" in lane.declared(self.subject).reports_needed:
            lane.write(f"{min(self.members)}.police", self.subject, "alert")
        self.struck.succeed()


class Eurojust(Organisation):
    """The agency of judicial cooperation."""

    block: ClassVar = "coordination"

    def __init__(self, lane: Lane, name: str) -> None:
        super().__init__(lane, name)
        self._verified: dict[int, set[str]] = {}
        self._heard_of: dict[int, set[str]] = {}
        self._teams: dict[int, JointTeam] = {}

    def team(self, subject: int) -> JointTeam | None:
        """Return the joint team on `subject`, if one exists or is being set up."""
        return self._teams.get(subject)

    def told(self, subject: int, report: str, teller: str, desk: str) -> None:
        """Take note of a national case, and of an analysis, which names all states concerned."""
        if report == "case-notice":
            self._heard_of.setdefault(subject, set()).add(teller)
            self._consider(subject)
        elif report == "analysis":
            self._heard_of.setdefault(subject, set()).update(self.lane.layout.places)
            self._consider(subject)

    def verified(self, subject: int, state: str) -> None:
        """Take note that a state investigates; that alone tells Eurojust nothing."""
        self._verified.setdefault(subject, set()).add(state)
        self._consider(subject)

    def withdrew(self, subject: int, state: str) -> None:
        """Take note that a state has struck alone."""
        self._verified[subject].discard(state)

    def _consider(self, subject: int) -> None:
        """Bring together the states that investigate a subject and of which it has heard.

        Two start a coordination; others may join until the team is signed.
        """
        parties = self._verified.get(subject, set()) & self._heard_of.get(subject, set())
        team = self._teams.get(subject)
        if team is not None and not team.signed.triggered:
            team.members |= parties
        elif team is None and len(parties) > 1:
            self.open(subject)
            team = JointTeam(self.lane, subject, parties)
            self._teams[subject] = team
            names = ", ".join(sorted(parties))
            self.lane.note(self.name, "case", subject, f"brings {names} together")
            self.lane.start(self._coordinate(team))
            self.lane.start(team.action_day())

    def _coordinate(self, team: JointTeam) -> Step:
        """Bring the parties to the table, then to a signature."""
        lane = self.lane
        with lane.work.request("eurojust", ORDINARY) as desk:
            yield desk
            with lane.work.shift("eurojust", useful=True):
                yield lane.wait("coordination", team.subject)
                yield lane.wait("joint_team_setup", team.subject)
        lane.note(self.name, "case", team.subject, f"joint team of {len(team.members)} signed")
        team.signed.succeed()
