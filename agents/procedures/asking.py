"""What a case asks of other organisations, and what they answer: letters and orders abroad."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import simpy

from agents.lane import Case, Lane, Step, total
from sim.seam import Either


class Asked(Protocol):
    """A procedure as an organisation practises it that others may ask it for."""

    key: str

    @property
    def organisation(self) -> str:
        """Who practises it."""

    def take_up(self, asker: Case) -> Case:
        """Return the case in which it does what is asked: one that is open, or a new one."""


class Inquiry:
    """What one case has asked of others, and what they have given it."""

    def __init__(self, lane: Lane, asker: Case) -> None:
        self._lane, self.asker = lane, asker
        self._open: list[Case] = []
        """Cases of those who are at work on it."""
        self.given: dict[str, float] = {}
        """Evidence in due form, in traces, by who gave it."""
        self._changed = lane.environment.event()

    @property
    def evidence(self) -> float:
        """All that was given, in traces."""
        return total(self.given.values())

    def takes_up(self, case: Case) -> None:
        """Note who is at work on it."""
        self._open.append(case)

    def give(self, giver: Case, evidence: float) -> None:
        """Note what somebody gave; who is asked again gives no more than the most of it."""
        before = self.given.get(giver.organisation, 0.0)
        self.given[giver.organisation] = max(before, evidence)

    def ends(self, case: Case) -> None:
        """Note that somebody is done."""
        self._open.remove(case)
        before, self._changed = self._changed, self._lane.environment.event()
        self._lane.fire(before)

    def answered(self, deadline: simpy.Event) -> Step:
        """Wait until everybody is done, or the deadline has come."""
        while self._open and not deadline.processed:
            yield Either(self._changed, deadline)


class Inquiries:
    """Who asks whom in a lane."""

    def __init__(self) -> None:
        self._practised: dict[tuple[str, str], Asked] = {}
        self._of: dict[Case, Inquiry] = {}
        """By the case that asks, and those that go on with what it found."""
        self._for: dict[Case, list[Inquiry]] = {}
        """By the case in which something is done for others."""

    def enrol(self, practice: Asked) -> None:
        """Let others ask for a procedure of an organisation."""
        self._practised[practice.organisation, practice.key] = practice

    def of(self, case: Case) -> Inquiry | None:
        """Return what a case has asked, if anything."""
        return self._of.get(case)

    def share(self, case: Case, other: Case) -> None:
        """Let another case of the organisation have what a case is given."""
        if (inquiry := self.of(case)) is not None:
            self._of[other] = inquiry

    def ask(self, lane: Lane, asker: Case, procedure: str, organisations: list[str]) -> list[str]:
        """Ask organisations for a procedure; return those that do it."""
        practices = [
            practice
            for name in organisations
            if (practice := self._practised.get((name, procedure))) is not None
        ]
        if practices and asker not in self._of:
            self._of[asker] = Inquiry(lane, asker)
        for practice in practices:
            case = practice.take_up(asker)
            self._for.setdefault(case, []).append(self._of[asker])
            self._of[asker].takes_up(case)
        return [practice.organisation for practice in practices]

    def asked(self, case: Case) -> Iterator[Inquiry]:
        """Give what a case is done for."""
        yield from self._for.get(case, ())

    def close(self, case: Case) -> None:
        """Tell those who asked for a case that it is over."""
        for inquiry in self._for.pop(case, ()):
            inquiry.ends(case)
