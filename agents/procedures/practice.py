"""A procedure as one organisation practises it: when it opens a case, and what it knows then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import simpy

from agents.lane import NO_NAME, NO_PLACE, ORDINARY, URGENT, Case, Lane
from agents.procedures.common import Commons
from agents.procedures.course import Course
from scenarios.schema import EVIDENCE_ONE, NATIONAL, Procedure


class Office(Protocol):
    """The organisation that practises it."""

    lane: Lane
    name: str
    group: int
    subjects: set[int]

    def contributed(self, subject: int) -> bool:
        """Whether it has observed traces of `subject` itself."""


class Practice:
    """How one organisation of one lane does one procedure; a `Job`.

    Parameters
    ----------
    office
        The organisation.
    key
        Name of the procedure in the scenario.
    commons
        Common work of the lane.
    others
        All that the organisation practises, by name; filled by whoever puts the lane together.
    """

    __slots__ = (
        "_doubts",
        "_tellers",
        "_threats",
        "_unit",
        "commons",
        "key",
        "lane",
        "office",
        "others",
        "place",
    )

    def __init__(
        self,
        office: Office,
        key: str,
        commons: Commons,
        others: Mapping[str, Practice],
    ) -> None:
        self.office, self.key = office, key
        self.lane, self.commons, self.others = office.lane, commons, others
        self.place = self.lane.layout.places.get(office.name, NO_PLACE)
        self._unit = self.lane.layout.units.get(f"{office.name}.{self.spec.at[0]}")
        """The desk that keeps the files, and writes; None if it is not there."""
        self._tellers: dict[int, set[str]] = {}
        """Who has told of a subject since the last case on it."""
        scenario = self.lane.layout.scenario
        self._threats = [name for name in scenario.threats if key in scenario.procedures_of(name)]
        self._doubts: dict[int, set[str]] = {}
        """Who has said that there is nothing in it."""
        commons.inquiries.enrol(self)

    @property
    def spec(self) -> Procedure:
        """Its declaration, as it is in force now."""
        return self.lane.regime.procedures[self.key]

    # What its organisation asks of it ----------------------------------------------------------

    def done_at(self) -> tuple[str, ...]:
        """Kinds of desk that do it."""
        spec = self.spec
        return spec.at if spec.of == NATIONAL else tuple(f"{spec.of}.{desk}" for desk in spec.at)

    def hears(self, report: str) -> bool:
        """Whether addressed reports of class `report` may be of concern."""
        return report in self.spec.starts.told or report in self.spec.heeds

    def concerns(self, subject: int) -> bool:
        """Whether it is one of the procedures that deal with the threat of a subject."""
        return self.lane.threat_of(subject) in self._threats

    def recognised(self, subject: int) -> None:
        """Open a case on what a desk recognised, if that is how one begins."""
        if self.spec.starts.recognised:
            self._consider(subject, ORDINARY)

    def told(self, subject: int, report: str, teller: str) -> None:
        """Count who tells, join common work, or open a case."""
        if teller == self.office.name or not self.concerns(subject):
            return
        if report in self.spec.heeds:
            self._doubts.setdefault(subject, set()).add(teller)
            return
        self._tellers.setdefault(subject, set()).add(teller)
        if len(self._tellers[subject]) >= self.spec.starts.tellers:
            self._consider(subject, URGENT)
        case = self.current(subject)
        if case is not None and (team := self.commons.open_to(case, report, teller)) is not None:
            team.join(case)

    def begin(self, subject: int, priority: int = ORDINARY, *, like: Case | None = None) -> Case:
        """Open a case now, with what is in the file of another one; it names one about nobody."""
        lane = self.lane
        name = NO_NAME if like is None else like.named
        named = name if subject == NO_SUBJECT else lane.named(subject)
        case = lane.cases.open(self.key, self.office.name, self.place, subject, lane.now, named)
        if like is not None:
            case.file, case.origins = like.file, like.origins
        lane.fact(
            self.office.name,
            "case opened",
            subject,
            self.key,
            turn=case.turn,
            place=self.place,
            told=priority == URGENT,
        )
        if subject != NO_SUBJECT:
            self.office.subjects.add(subject)
            if priority == URGENT:
                lane.aware(subject, self.office.name)
        lane.start(Course(self, case, priority).run())
        return case

    def take_up(self, asker: Case) -> Case:
        """Return the case in which it does what is asked: one that is open, or a new one."""
        if self.spec.starts.every is not None:
            return self.begin(NO_SUBJECT, URGENT, like=asker)
        return self.current(asker.subject) or self.begin(asker.subject, URGENT, like=asker)

    def _consider(self, subject: int, priority: int) -> None:
        starts = self.spec.starts
        if self.current(subject) is not None:
            return
        if starts.among == "external-border" and not self.lane.member(self.place).external_border:
            return
        if starts.observed and not self.office.contributed(subject):
            return
        if starts.working is not None:
            work = self.others[starts.working].current(subject)
            if work is None or work.upheld is None:
                return
        self.begin(subject, priority)

    # What its cases ask ------------------------------------------------------------------------

    @property
    def organisation(self) -> str:
        """Who practises it."""
        return self.office.name

    @property
    def desk(self) -> int | None:
        """The desk that keeps the files, and writes; None if it is not there."""
        return self._unit

    def current(self, subject: int) -> Case | None:
        """Return the open case on a subject."""
        return self.lane.cases.current(self.key, self.office.name, subject)

    def tellers(self, subject: int) -> set[str]:
        """Who has told of a subject since the last case on it."""
        return self._tellers.get(subject, set())

    def known(self, case: Case) -> tuple[float, int]:
        """Return the evidence on the subject of a case, and the number of organisations behind it.

        What was put on file stays there. Negative reports of others take from its weight, but not
        from what was given in due form.
        """
        held, origins = self._held(case)
        case.file = max(case.file, (held, origins.bit_count()))
        case.origins |= origins
        evidence, organisations = case.file
        if self.spec.evidence is not None:
            doubts = len(self._doubts.get(case.subject, ()))
            evidence *= self.spec.evidence.doubt.value**doubts
        inquiry = self.commons.inquiries.of(case)
        return evidence + (inquiry.evidence if inquiry is not None else 0.0), organisations

    def proven(self, case: Case) -> set[str]:
        """Return the organisations whose evidence counts in court: its own, asked, and joined."""
        inquiry, team = self.commons.inquiries.of(case), self.commons.joined(case)
        joined = [one.organisation for one in team.joined] if team is not None else ()
        return {self.office.name, *(inquiry.given if inquiry is not None else ()), *joined}

    def _held(self, case: Case) -> tuple[float, int]:
        """Return evidence that the desk holds now, and whose it is, as bits.

        Those who work together hold what the best of them do.
        """
        lane, subject, tick = self.lane, case.subject, int(self.lane.now)
        team = self.commons.joined(case)
        offices = {self.office.name, *(one.organisation for one in team.joined)} if team else ()
        named = (f"{office}.{self.spec.at[0]}" for office in sorted(offices))
        units = [lane.layout.units.get(name) for name in named] or [self._unit]
        held = [
            (lane.engine.evidence(lane.number, unit, subject, tick), unit)
            for unit in units
            if unit is not None
        ]
        most, unit = max(held, default=(0, -1))
        if not most:
            return 0.0, 0
        return most / EVIDENCE_ONE, lane.engine.origins(lane.number, unit, subject)

    def forget(self, case: Case, *, spend: bool) -> None:
        """Be done with the subject of a case; it may be recognised again."""
        lane = self.lane
        self._tellers.pop(case.subject, None)
        self._doubts.pop(case.subject, None)
        if spend and case.subject != NO_SUBJECT and self._unit is not None:
            lane.engine.spend(lane.number, case.subject, self._unit)

    def programme(self) -> simpy.events.ProcessGenerator:
        """Open a case about no subject, again and again."""
        every = self.spec.starts.every
        if every is None:
            return
        ticks = every / self.lane.layout.scenario.tick_h
        while True:
            self.begin(NO_SUBJECT)
            yield self.lane.environment.timeout(ticks)


NO_SUBJECT = -1
"""Subject of a case that is about none."""
