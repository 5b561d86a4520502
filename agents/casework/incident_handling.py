"""Incident handling: find what a malware is known by, tell others, warn the own operators."""

from __future__ import annotations

from typing import ClassVar, Final

import simpy

from agents.casework.job import Job, State
from agents.lane import ORDINARY, URGENT, Malware, Step, upholds
from scenarios.schema import Incident, declared

INDICATOR: Final = "indicator"
WARNING: Final = "warning"


class IncidentHandling(Job):
    """The response team of a Member State; its police, where there is none."""

    __slots__ = ("_searches",)

    block: ClassVar = "incident"
    desks: ClassVar = ("cert",)

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._searches: dict[int, simpy.Process] = {}
        """Searches that somebody else's indicator would end, by subject."""

    @property
    def _spec(self) -> Incident:
        return declared(self.lane.casework.incident)

    @property
    def has_team(self) -> bool:
        """Whether the state has a response team now."""
        return self.lane.member(self.place).cert_2010

    def done_at(self) -> tuple[str, ...]:
        """Return the response team, or the police in its place."""
        return self.desks if self.has_team else ("police",)

    @property
    def _desk(self) -> str:
        return f"{self.name}.{self.done_at()[0]}"

    def _malware(self, subject: int) -> Malware:
        malware: Malware = self.lane.of(subject)
        return malware

    def recognised(self, subject: int) -> None:
        """Look for the indicator of what own operators report; others' reports hold no sample."""
        if self.state.contributed(subject) and self.open(subject):
            self.lane.fact(self.name, "incident taken up", subject)
            self._malware(subject).taken_up(subject, self.place)
            self._searches[subject] = self.lane.start(self._search(subject))

    def told(self, subject: int, report: str, teller: str) -> None:
        """Check an indicator or a warning; one that is looked for ends the search."""
        if report == INDICATOR:
            self._malware(subject).indicator_read(subject, self.name)
        self._met(subject, teller)
        if self.open(subject):
            self.lane.fact(self.name, "incident taken up", subject)
            self.lane.aware(subject, self.name)
            self._malware(subject).taken_up(subject, self.place)
            self.lane.note(self.name, "case", subject, f"reads the {report} of {teller}")
            self.lane.start(self._check(subject))
        elif (search := self._searches.pop(subject, None)) is not None:
            self.lane.note(self.name, "case", subject, f"is helped by the {report} of {teller}")
            self.lane.interrupt(search)

    def hears(self, report: str) -> bool:
        """Whether reports of class `report` help those who handle incidents."""
        return report in (INDICATOR, WARNING)

    def _met(self, subject: int, teller: str) -> None:
        """Learn whom to call from a message that came."""
        other = self.lane.layout.groups[teller]
        for _ in self.lane.contacts.found(self.state.group, [other]):
            self.lane.note(self.name, "case", subject, f"now knows whom to call in {teller}")

    def _search(self, subject: int) -> Step:
        """Find the indicator, tell others, warn the operators."""
        lane, post = self.lane, f"{self.name}.incident"
        with lane.work.request(post, ORDINARY) as handler:
            try:
                yield handler
                lane.note(self.name, "case", subject, "puts a handler on the incidents")
                with lane.shift(post, subject):
                    yield lane.wait(self._delay, self.name, lane.named(subject))
                    del self._searches[subject]
                    if self._drops(subject):
                        return
                    self._write(subject)
                    yield lane.wait("warning", self.name, lane.named(subject))
            except simpy.Interrupt:
                lane.start(self._check(subject))
                return
        self._malware(subject).warn(subject, self.place)

    @property
    def _delay(self) -> str:
        return "search" if self.has_team else "search_without_team"

    def _check(self, subject: int) -> Step:
        """Check what others found, then warn the operators."""
        lane, post = self.lane, f"{self.name}.incident"
        with lane.work.request(post, URGENT) as handler:
            yield handler
            with lane.shift(post, subject):
                yield lane.wait("checking", self.name, lane.named(subject))
                if self._drops(subject):
                    return
                yield lane.wait("warning", self.name, lane.named(subject))
        self._malware(subject).warn(subject, self.place)

    def _drops(self, subject: int) -> bool:
        """Try whether it is something real; what is dropped may be taken up again when told of."""
        lane = self.lane
        chance = upholds(
            is_real=lane.is_real(subject),
            right_if_real=self._spec.made_out.value,
            right_if_false=self._spec.seen_through.value,
            odds=1.0,
        )
        if lane.draws.chance(chance, "incident:made-out", self.name, lane.named(subject)):
            return False
        lane.note(self.name, "case", subject, "finds nothing in it")
        self.subjects.discard(subject)
        return True

    def _write(self, subject: int) -> None:
        """Write the indicator, and look for the contacts that are missing."""
        self.lane.note(self.name, "action", subject, "finds the indicator and tells of it")
        self._malware(subject).indicator_written(subject)
        self.lane.fact(self.name, "indicator found", subject)
        self.lane.write(self._desk, subject, INDICATOR)
        missing = self.lane.contacts.missing(self.state.group)
        if missing and self.has_team:
            self.lane.note(
                self.name, "case", subject, f"misses the contact in {len(missing)} states"
            )
            self.lane.start(self._find_contacts(subject))

    def _find_contacts(self, subject: int) -> Step:
        """Learn from ENISA whom to call, and tell those again."""
        lane = self.lane
        yield lane.wait("contact_found", self.name, lane.named(subject))
        contacts = lane.contacts
        new = contacts.found(self.state.group, contacts.missing(self.state.group))
        if new:
            names = ", ".join(lane.groups[group] for group in new)
            lane.note(self.name, "action", subject, f"finds the contacts in {names}, tells them")
            self.lane.write(self._desk, subject, INDICATOR, sum(1 << group for group in new))
