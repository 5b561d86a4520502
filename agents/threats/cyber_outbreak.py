"""Cyber outbreak: a malware that spreads by itself among operators of critical services.

Operators are counts in compartments, moved for all lanes at once; an agent in each lane keeps
what those who answer did to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Self

import mesa
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from agents.choice import whole_number
from agents.compartments import SHARE_ONE, Cells, Compartments, Course, noticeable
from agents.contacts import Contacts, missing_pairs
from agents.decoys import Coincidences
from agents.jobs.investigation import Investigation
from agents.sums import total
from agents.threat import ASPECT, Threat, ThreatKind
from scenarios import Layout, ThreatSpec
from scenarios.errors import refusal
from scenarios.schema import (
    Chance,
    Count,
    Decoys,
    Delay,
    Factor,
    Hours,
    Name,
    Positive,
    Range,
    Sourced,
    Span,
    Spec,
    check_states,
    declared,
)
from sim.draws import Table, lognormal
from sim.kernel import Lanes
from sim.seam import LEVEL_ONE

if TYPE_CHECKING:
    from agents.lane import Lane
    from agents.society import Society

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

SUBJECT: Final = 0
"""Number of the malware among the subjects; the others are decoys."""

MOST_OPERATORS: Final = 10_000
"""Most operators in a sector of a state."""


class Vulnerable(Sourced):
    """Share of a cell's operators that the malware can infect; differs from cell to cell."""

    median: float = Field(ge=1e-3, le=1)
    p95: float = Field(ge=1e-3, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.p95 < self.median:
            raise refusal("the 95th percentile lies below the median", "write p95 >= median")
        return self


class Most(Positive):
    """A number above 0 that makes no crowds."""

    value: float = Field(gt=0, le=100)


class Sector(Spec):
    """Operators of one kind of critical service."""

    per_million: Most
    """Operators for each million inhabitants of a state; at most `MOST_OPERATORS` of them."""
    vulnerable: Vulnerable


class Mean(Span):
    """A mean time, above 0."""

    value: Hours = Field(ge=1e-3)


class Malware(Spec):
    """How it spreads; rates for one infected operator if all others were vulnerable."""

    begins_within: Span
    """The outbreak begins at a moment drawn evenly from this time."""
    seeds: Range
    """Operators infected at once at the beginning."""
    in_cell: Factor
    """Infections an hour within the own sector of the own state."""
    in_state: Factor
    """Infections an hour among all operators of the own state."""
    anywhere: Factor
    """Infections an hour among all operators."""
    spreads_every: Span
    """Step in which infections are counted."""
    isolation: Mean
    """Mean time until an infected operator cuts itself off."""
    restoring: Mean
    """Mean time from then until it works again."""
    patching: Mean
    """Mean time in which a vulnerable operator patches by itself during the outbreak."""
    patching_warned: Mean
    """The same for an operator that heeds a warning."""
    kill_switch: Chance
    """Chance that private researchers find a way to stop it."""
    kill_switch_after: Delay
    escapes: Chance
    """Share of infections that go on after that."""


class Sectors(Spec):
    """Operators by sector, and what is seen of them."""

    least: Most
    """Operators of a sector that even the smallest state has."""
    most_reporting: Count
    """Operators of a state that are down beyond which no more reports come."""
    report_less: Chance
    """Share of reports that still come once somebody in the state handles the case."""
    of: dict[Name, Sector] = Field(min_length=1, max_length=20)


class CyberOutbreak(ThreatSpec):
    """A malware, the operators it can infect, and what resembles it."""

    family: ClassVar = "cyber"
    reports_needed: ClassVar = ("indicator", "warning", "case-notice", "analysis")
    desks_needed: ClassVar = (
        "cert",
        "police",
        "judiciary",
        "enisa.desk",
        "europol.high-tech",
        "eurojust.coordination",
    )
    casework_needed: ClassVar = ("incident", "investigation", "analysis", "coordination")
    outcomes: ClassVar = frozenset(
        (
            "evidence_secured",
            "false_alarms",
            "gap_without_team",
            "hours_to_all_warned",
            "hours_to_case",
            "hours_to_first_warning",
            "indicator_readers",
            "indicators_written",
            "operators_infected",
            "outage_hours",
            "peak_down",
            "staff_hours",
            "warned_in_time",
        )
    )
    times: ClassVar = dict.fromkeys(
        ("hours_to_all_warned", "hours_to_case", "hours_to_first_warning"), "hours"
    )

    kind: Literal["cyber-outbreak"]
    malware: Malware
    sectors: Sectors
    decoys: Decoys

    def subjects(self, members: Sequence[str]) -> tuple[str, ...]:
        """The malware, then the decoys."""
        del members
        return ("malware", *self.decoys.names())

    def check(self, members: Sequence[str], tick_h: float) -> None:
        """Hold decoys to the Member States there are."""
        del tick_h
        check_states("threat.decoys.places", self.decoys.places, members)

    def is_real(self, subject: int) -> bool:
        """Whether `subject` is the malware."""
        return subject == SUBJECT


class Outbreak(mesa.Agent):
    """The outbreak of one lane, as those who answer it meet it."""

    def __init__(self, lane: Lane, outbreaks: Outbreaks) -> None:
        super().__init__(lane)
        self.lane, self._all = lane, outbreaks
        self.spec = outbreaks.spec.malware
        within = lane.durations.ticks(self.spec.begins_within)
        self.begins = int(lane.draws.uniform("outbreak:begins") * within)
        self.warned: dict[int, float] = {}
        """Tick at which the operators of a place were first warned of the malware."""
        self.warned_in_time: dict[int, int] = {}
        """By place, operators that were warned while they could still be infected."""
        self.false_alarms: dict[int, int] = {}
        """By place."""
        self.indicators = 0
        self.readers: set[str] = set()
        """Organisations that read an indicator of the malware."""
        self.operator_hours = 0.0
        self.secured = 0
        """Infected operators whose traces the police secured."""
        self.contacts: Contacts

    # What those who handle incidents do ---------------------------------------------------------

    def warn(self, place: int, subject: int) -> None:
        """Warn the operators of a state; fewer heed it after false alarms."""
        lane, incident = self.lane, declared(self.lane.casework.incident)
        cells = self._all.compartments
        everybody = int(cells.operators[place].sum())
        real = lane.is_real(subject)
        if real and place in self.warned:
            return
        self.operator_hours += everybody * incident.operator_hours.value
        false = self.false_alarms.get(place, 0)
        state = lane.groups[place]
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

    def taken_up(self, place: int, subject: int) -> None:
        """Let operators report less, now that they talk to those who handle the case."""
        if self.lane.is_real(subject):
            self._all.listened(self.lane, place)
        else:
            less = self._all.spec.sectors.report_less.value
            self.lane.watch_closer(subject, [place], less - 1)

    def indicator_written(self, subject: int) -> None:
        """Count an indicator."""
        self.indicators += 1
        del subject

    def indicator_read(self, group: str, subject: int) -> None:
        """Note who read an indicator of the malware."""
        if self.lane.is_real(subject):
            self.readers.add(group)

    # What police do -------------------------------------------------------------------------------

    def hides(self, subject: int, place: int) -> bool:
        """Whether somebody wanted is there; within weeks nobody is."""
        del subject, place
        return False

    def raid(self, places: list[int], share: float, *, together: bool) -> None:
        """Secure traces at operators that are down and have not wiped their machines yet."""
        down = self._all.compartments.down[self.lane.number]
        found = 0
        for place in places:
            for operator in range(int(down[place])):
                found += self.lane.draws.chance(share, "outbreak:secured", place, operator)
        self.secured += found
        how = "together" if together else "alone"
        names = ", ".join(self.lane.groups[place] for place in places)
        self.lane.note("police", "action", SUBJECT, f"secure {found} traces {how} in {names}")

    def surrender(self, place: int, success: float, issuer: str) -> None:
        """Nobody is surrendered: nobody hides."""

    def freeze(self, place: int, share: float) -> None:
        """No money is traced."""


class Outbreaks(Threat):
    """The outbreaks and decoys of a batch of lanes."""

    record_every_h: ClassVar = 12
    compartments: Compartments

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        spec, self._tick_h = layout.scenario.threat, layout.scenario.tick_h
        if not isinstance(spec, CyberOutbreak):
            raise TypeError(type(spec).__name__)
        self.spec = spec
        self._coincidences = Coincidences(spec.decoys, self._tick_h, first=SUBJECT + 1)
        self._cells = _cells(spec.sectors, layout)
        self._course = _course(spec.malware, self._tick_h)
        self._kill_after = spec.malware.kill_switch_after.table(self._tick_h)
        most = int(self._cells.operators.sum(axis=1).max())
        self._levels = noticeable(
            np.minimum(np.arange(most + 1), spec.sectors.most_reporting.value)
        )
        self._less = round(spec.sectors.report_less.value * LEVEL_ONE)
        self._beginning: dict[int, list[Lane]] = {}
        self._killing: dict[int, list[Lane]] = {}
        self._lanes: list[Lane] = []

    def inhabit(self, lane: Lane) -> Outbreak:
        """Put an outbreak and its decoys into a lane."""
        outbreak = Outbreak(lane, self)
        self._coincidences.inhabit(lane)
        return outbreak

    def start(self, society: Society) -> None:
        """Draw who is vulnerable, and who knows whom; nothing is infected yet."""
        self._lanes, engine = society.lanes, society.engine
        addresses = Lanes.of(engine.lanes)
        self.compartments = Compartments(addresses, self._cells, self._course)
        shape = self.compartments.down.shape
        self._shown = np.zeros(shape, dtype=np.int64)
        self._heard = np.full(shape, LEVEL_ONE, dtype=np.int64)
        incident = declared(self.layout.scenario.casework.incident)
        members = list(self.layout.atlas.members.values())
        missing = missing_pairs(addresses, members, incident.contact_known.value)
        for lane, pairs in zip(self._lanes, missing, strict=True):
            lane.threat.contacts = Contacts(engine, lane.number, pairs)
            self._beginning.setdefault(lane.threat.begins, []).append(lane)

    def move(self, tick: int) -> None:
        """Let decoys begin and end, outbreaks begin, spread and be stopped."""
        self._coincidences.move(tick)
        for lane in self._beginning.pop(tick, ()):
            self._begin(tick, lane)
        for lane in self._killing.pop(tick, ()):
            lane.tick = tick
            lane.note("researchers", "world", SUBJECT, "find a kill switch")
            self.compartments.kill(lane.number, tick)
        at, place = self.compartments.step(tick)
        if at.size:
            self._show(at, place)

    def _begin(self, tick: int, lane: Lane) -> None:
        """Infect the first operators, and draw when a kill switch comes, if one does."""
        lane.tick = tick
        spec, draws = self.spec.malware, lane.draws
        hit = self.compartments.seed(lane.number, whole_number(draws, spec.seeds, "outbreak:seeds"))
        places = np.array(sorted({place for place, _ in hit}), dtype=np.int64)
        names = ", ".join(lane.groups[place] for place in places)
        lane.note("malware", "world", SUBJECT, f"infects its first operators in {names}")
        self._show(np.full(places.size, lane.number), places)
        if draws.chance(spec.kill_switch.value, "outbreak:kill-switch"):
            after = draws.quantile(self._kill_after, "outbreak:kill-switch-after")
            self._killing.setdefault(tick + max(1, after), []).append(lane)

    def _show(self, lane: I64, place: I64) -> None:
        """Set what there is to see where that changed noticeably."""
        level = self._levels[self.compartments.down[lane, place]]
        level = (level * self._heard[lane, place]) // LEVEL_ONE
        changed = np.flatnonzero(level != self._shown[lane, place])
        lane, place, level = lane[changed], place[changed], level[changed]
        self._shown[lane, place] = level
        rows = zip(lane.tolist(), place.tolist(), level.tolist(), strict=True)
        for number, spot, value in rows:
            self._lanes[number].engine.set_activity(number, SUBJECT, spot, ASPECT, value)

    def listened(self, lane: Lane, place: int) -> None:
        """Let fewer reports come from a state where the case is handled."""
        self._heard[lane.number, place] = self._less
        self._show(np.array([lane.number]), np.array([place]))

    # What is read off -----------------------------------------------------------------------------

    def _infected(self) -> I64:
        """Operators infected so far, by lane and place."""
        cells = self.compartments
        ever: I64 = (cells.infected + cells.isolated + cells.restored).sum(axis=2)
        return ever

    def series(self) -> dict[str, F64]:
        """Operators down now and infected so far; states whose operators are warned."""
        return {
            "operators_down": self.compartments.down.sum(axis=1).astype(float),
            "operators_infected": self._infected().sum(axis=1).astype(float),
            "warned_states": np.array([len(lane.threat.warned) for lane in self._lanes], float),
        }

    def outcomes(self) -> dict[str, F64]:
        """What the outbreaks did, and what was done."""
        rows = [self._read_off(lane) for lane in self._lanes]
        cells = self.compartments
        return {name: np.array([row[name] for row in rows]) for name in rows[0]} | {
            "operators_infected": self._infected().sum(axis=1).astype(float),
            "peak_down": cells.peak_down.astype(float),
            "outage_hours": cells.outage * self._tick_h,
        }

    def _gap(self, lane: Lane) -> float:
        """Share of vulnerable operators warned in time: states with a team less the others."""
        shares = []
        for has_team in (True, False):
            places = [
                place
                for place, member in enumerate(self.layout.atlas.members.values())
                if member.cert_2010 is has_team
            ]
            warned = sum(lane.threat.warned_in_time.get(place, 0) for place in places)
            first = self.compartments.at_first[lane.number, places].sum()
            shares.append(warned / max(int(first), 1))
        return float(shares[0] - shares[1])

    def _read_off(self, lane: Lane) -> dict[str, float]:
        outbreak: Outbreak = lane.threat
        ticks = [outbreak.warned.get(place, math.nan) for place in range(len(self.layout.places))]
        warned = list(outbreak.warned.values())
        cases = [
            at
            for state in lane.states.values()
            if (job := state.job(Investigation)) is not None
            for subject, at in job.verified_at.items()
            if lane.is_real(subject)
        ]
        at_first = int(self.compartments.at_first[lane.number].sum())
        worked = total(lane.work.hours(self.layout.scenario.ticks))
        return {
            "hours_to_first_warning": self._hours(outbreak, min(warned, default=math.nan)),
            "hours_to_all_warned": self._hours(
                outbreak, math.nan if any(map(math.isnan, ticks)) else max(ticks)
            ),
            "warned_in_time": sum(outbreak.warned_in_time.values()) / max(at_first, 1),
            "gap_without_team": self._gap(lane),
            "false_alarms": float(sum(outbreak.false_alarms.values())),
            "indicators_written": float(outbreak.indicators),
            "indicator_readers": float(len(outbreak.readers)),
            "staff_hours": worked + outbreak.operator_hours,
            "hours_to_case": self._hours(outbreak, min(cases, default=math.nan)),
            "evidence_secured": float(outbreak.secured),
        }

    def _hours(self, outbreak: Outbreak, tick: float) -> float:
        """Hours from the beginning of the outbreak."""
        return (tick - outbreak.begins) * self._tick_h


def _cells(spec: Sectors, layout: Layout) -> Cells:
    """Operators of each state and sector."""
    people = np.array([member.population for member in layout.atlas.members.values()])
    per_million = np.array([sector.per_million.value for sector in spec.of.values()])
    operators = np.rint(people[:, None] * per_million / 1e6).astype(np.int64)
    return Cells(
        np.clip(operators, round(spec.least.value), MOST_OPERATORS),
        tuple(_share(sector.vulnerable) for sector in spec.of.values()),
    )


def _share(spec: Vulnerable) -> Table:
    """Lognormal share as a table, at most 1."""
    table = lognormal(spec.median * SHARE_ONE, spec.p95 * SHARE_ONE)
    return np.minimum(table, np.int32(SHARE_ONE))


def _course(spec: Malware, tick_h: float) -> Course:
    """Rates a tick."""
    return Course(
        in_cell=spec.in_cell.value * tick_h,
        in_state=spec.in_state.value * tick_h,
        anywhere=spec.anywhere.value * tick_h,
        isolates=tick_h / spec.isolation.value,
        restores=tick_h / spec.restoring.value,
        patches=tick_h / spec.patching.value,
        patches_alerted=tick_h / spec.patching_warned.value,
        escapes=spec.escapes.value,
        every=max(1, round(spec.spreads_every.value / tick_h)),
        slow=max(1, round(1 / tick_h)),
    )


THREAT: Final = ThreatKind(CyberOutbreak, Outbreaks)
