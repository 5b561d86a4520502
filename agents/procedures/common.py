"""Common work: cases of several organisations on one subject that wait for each other."""

from __future__ import annotations

from collections.abc import Iterator

import simpy

from agents.lane import Case, Lane, Step
from agents.procedures.asking import Inquiries
from scenarios.schema import Invite
from sim.seam import Either


class Team:
    """Cases that have joined one invitation, until the common action."""

    def __init__(self, lane: Lane, host: Case, invite: Invite) -> None:
        self._lane, self.host, self.invite = lane, host, invite
        self._joined: list[Case] = []
        self._ready: set[Case] = set()
        self.has_acted = False
        self.was_useful = False
        """Whether something came of it: members trust each other more, once."""
        self.is_over = False
        self._changed = lane.environment.event()

    @property
    def ready(self) -> list[Case]:
        """Members that are ready, in the order in which they joined."""
        return [case for case in self._joined if case in self._ready]

    @property
    def joined(self) -> list[Case]:
        """All members."""
        return list(self._joined)

    def join(self, case: Case) -> None:
        """Take a case in."""
        if case not in self._joined:
            self._joined.append(case)
            self._change()

    def is_ready(self, case: Case) -> None:
        """Note that a member has done its part."""
        self._ready.add(case)
        self._change()

    def leave(self, case: Case) -> None:
        """Let a member go."""
        if case in self._joined:
            self._joined.remove(case)
            self._ready.discard(case)
            self._change()

    def end(self, *, acted: bool) -> None:
        """End the common work, with the common action or without."""
        if not self.is_over:
            self.is_over, self.has_acted = True, acted
            self._change()

    def _change(self) -> None:
        before, self._changed = self._changed, self._lane.environment.event()
        self._lane.fire(before)

    def gathered(self, least: int, deadline: simpy.Event) -> Step:
        """Wait until all members are ready and enough, or the deadline has come."""
        while not deadline.processed:
            if least <= len(self._joined) == len(self._ready):
                return
            yield Either(self._changed, deadline)

    def acted(self, deadline: simpy.Event) -> Step:
        """Wait until the common work is over, or the deadline has come."""
        while not (self.is_over or deadline.processed):
            yield Either(self._changed, deadline)


class Commons:
    """The common work of a lane."""

    def __init__(self) -> None:
        self._teams: dict[int, list[Team]] = {}
        self.inquiries = Inquiries()

    def begin(self, lane: Lane, host: Case, invite: Invite) -> Team:
        """Begin common work on the subject of a case."""
        team = Team(lane, host, invite)
        self._teams.setdefault(host.subject, []).append(team)
        return team

    def of(self, subject: int) -> Iterator[Team]:
        """Give the common work on a subject that is not over."""
        yield from (team for team in self._teams.get(subject, ()) if not team.is_over)

    def open_to(self, case: Case, report: str, host: str) -> Team | None:
        """Return what a case may join on reading a report of an organisation."""
        asked = Invite(report=report, into=case.procedure)
        return next(
            (t for t in self.of(case.subject) if (t.host.organisation, t.invite) == (host, asked)),
            None,
        )

    def joined(self, case: Case) -> Team | None:
        """Return what a case has joined."""
        return next((team for team in self.of(case.subject) if case in team.joined), None)
