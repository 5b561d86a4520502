"""The outbreak of one lane, as those who answer it meet it."""

from __future__ import annotations

from typing import cast

import mesa

from agents.lane import Blow, Lane
from agents.mechanisms.outbreak.compartments import Compartments
from agents.mechanisms.outbreak.declaration import CyberOutbreak
from agents.mechanisms.outbreak.reporting import Reporting
from scenarios.schema import declared


class Outbreak(mesa.Agent):
    """The outbreak of one lane, as those who answer it meet it."""

    def __init__(self, lane: Lane, subject: int) -> None:
        super().__init__(lane)
        self.lane, self.subject = lane, subject
        self.compartments: Compartments
        self.reporting: Reporting
        """These two are of all lanes, and there from the start of the run on."""
        self._draws = lane.draws_of(lane.threat_of(subject))
        within = lane.durations.ticks(self.spec.malware.begins_within)
        self.begins = int(self._draws.uniform("outbreak:begins") * within)
        self.warned: dict[int, float] = {}
        """Tick at which the operators of a place were first warned of the malware."""
        self.warned_in_time: dict[int, int] = {}
        """By place, operators that were warned while they could still be infected."""
        self.false_alarms: dict[int, int] = {}
        """By place."""
        self.indicators = 0
        self.readers: set[str] = set()
        """Organisations that read an indicator of the malware."""
        self.operator_hours: dict[int, float] = {}
        """Hours that operators spent on warnings, by place."""
        self.secured: dict[int, int] = {}
        """Infected operators whose traces the police secured, by place."""

    @property
    def spec(self) -> CyberOutbreak:
        """What is declared of it now."""
        return cast("CyberOutbreak", self.lane.declared(self.subject))

    # What those who handle incidents do ---------------------------------------------------------

    def warn(self, subject: int, place: int) -> None:
        """Warn the operators of a state; fewer heed it after false alarms."""
        lane, incident = self.lane, declared(self.lane.casework.incident)
        cells = self.compartments
        everybody = int(cells.operators[place].sum())
        real = lane.is_real(subject)
        if real and place in self.warned:
            return
        spent = self.operator_hours.get(place, 0.0)
        self.operator_hours[place] = spent + everybody * incident.operator_hours.value
        false = self.false_alarms.get(place, 0)
        state = lane.groups[place]
        open_ = int(cells.vulnerable[lane.number, place].sum())
        lane.fact(state, "operators warned", subject, place=place, all=everybody, open=open_)
        if not real:
            self.false_alarms[place] = false + 1
            lane.note(state, "alarm", subject, f"warns {everybody} operators of nothing")
            return
        self.warned[place] = lane.now
        heeds = incident.heeds.value * (1 - incident.heeds_less.value) ** false
        reached = cells.warn(lane.number, place, heeds)
        self.warned_in_time[place] = reached
        text = f"warns its operators; {reached} could still be infected"
        lane.note(state, "alarm", subject, text)

    def taken_up(self, subject: int, place: int) -> None:
        """Let operators report less, now that they talk to those who handle the case."""
        if self.lane.is_real(subject):
            self.reporting.handled(self.lane.number, place)
        else:
            less = self.spec.sectors.report_less.value
            self.lane.watch_closer(subject, [place], less - 1)

    def indicator_written(self, subject: int) -> None:
        """Count an indicator."""
        del subject
        self.indicators += 1

    def indicator_read(self, subject: int, group: str) -> None:
        """Note who read an indicator of the malware."""
        if self.lane.is_real(subject):
            self.readers.add(group)

    # What police do -------------------------------------------------------------------------------

    def secure(self, subject: int, blow: Blow) -> float:
        """Secure traces at operators that are down and have not wiped their machines yet."""
        if not self.lane.is_real(subject):
            return 0
        down = self.compartments.down[self.lane.number]
        found = 0
        for place in blow.places:
            before = found
            for operator in range(int(down[place])):
                found += self._draws.chance(
                    blow.share, "outbreak:secured", place, operator, blow.by
                )
            secured = found - before
            self.secured[place] = self.secured.get(place, 0) + secured
            self.lane.fact("police", "traces secured", subject, place=place, operators=secured)
        return found
