"""The outbreaks of a batch of lanes: moved all at once, and what is read off them.

Operators are counts in compartments; an agent in each lane keeps what those who answer did.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.lane import NO_PLACE, Lane, draws_name, total, whole_number
from agents.mechanisms.decoys import Coincidences
from agents.mechanisms.outbreak.compartments import Compartments
from agents.mechanisms.outbreak.course import Cells, Course, Share
from agents.mechanisms.outbreak.declaration import (
    MOST_OPERATORS,
    CyberOutbreak,
    Malware,
    Sectors,
)
from agents.mechanisms.outbreak.facts import OutbreakFacts
from agents.mechanisms.outbreak.outbreak import Outbreak
from agents.mechanisms.outbreak.reporting import Heard, Reporting
from agents.mechanisms.threat import F64, Threat, by_place, of_states
from agents.mechanisms.versions import Versions
from scenarios import Layout
from sim.draws import Table
from sim.kernel import Lanes

I64 = NDArray[np.int64]


class Outbreaks(Threat):
    """The outbreaks and decoys of a batch of lanes."""

    record_every_h: ClassVar = 12
    compartments: Compartments
    reporting: Reporting

    def __init__(self, layout: Layout, name: str) -> None:
        super().__init__(layout, name)
        declaration = self.declaration
        if not isinstance(declaration, CyberOutbreak):
            raise TypeError(type(declaration).__name__)
        self._sectors, self._tick_h = declaration.sectors, layout.scenario.tick_h
        """Sectors, for how many operators they have."""
        self._subject = self.subjects.start
        self._coincidences = Coincidences(layout, name)
        self._steps = round(declaration.malware.steps(self._tick_h))
        self._step_h = self._tick_h / self._steps
        self._beginning: dict[int, list[Outbreak]] = {}
        self._killing: dict[int, list[Outbreak]] = {}
        self._outbreaks: list[Outbreak] = []
        self._tables: dict[int, Table] = {}
        """Delays as tables, by what declares them."""

    def inhabit(self, lane: Lane) -> Outbreak:
        """Put an outbreak and its decoys into a lane."""
        outbreak = Outbreak(lane, self._subject)
        self._coincidences.inhabit(lane, outbreak.spec.decoys)
        self._outbreaks.append(outbreak)
        return outbreak

    def start(self) -> None:
        """Draw who is vulnerable; nothing is infected yet."""
        lanes = [outbreak.lane for outbreak in self._outbreaks]
        engine, tick_h = lanes[0].engine, self._tick_h
        declared = partial(Versions.declared, self.layout, self.name, lanes)
        self._courses = declared(lambda spec: course_of(spec.malware, tick_h))
        self._heard = declared(lambda spec: Heard.of(spec.sectors))
        cells = Cells(_operators(self._sectors, self.layout), declared(_vulnerable))
        world = Lanes.of(engine.lanes).within(draws_name(self.name))
        compartments = Compartments(world, cells, self._courses)
        aspect = self.layout.threats.first_aspect[self.name]
        reporting = Reporting(self._heard, compartments, engine, self._subject, aspect)
        self.compartments, self.reporting = compartments, reporting
        for outbreak in self._outbreaks:
            outbreak.compartments, outbreak.reporting = compartments, reporting
            self._beginning.setdefault(outbreak.begins, []).append(outbreak)
        OutbreakFacts(lanes, compartments, self._subject)

    def turn(self, lanes: Sequence[Lane]) -> None:
        """Let lanes spread and report by what is in force from now on."""
        self._courses.turn(lanes)
        self._heard.turn(lanes)
        self.reporting.show_all([lane.number for lane in lanes])

    def move(self, tick: int) -> None:
        """Let decoys begin and end, outbreaks begin, spread and be stopped."""
        self._coincidences.move(tick)
        for outbreak in self._beginning.pop(tick, ()):
            self._begin(tick, outbreak)
        for outbreak in self._killing.pop(tick, ()):
            lane = outbreak.lane
            lane.tick = tick
            lane.note("researchers", "world", self._subject, "find a kill switch")
        at, place = self.compartments.step(tick)
        if at.size:
            self.reporting.show(at, place)

    def _begin(self, tick: int, outbreak: Outbreak) -> None:
        """Infect the first operators, and draw when a kill switch comes, if one does."""
        lane, spec = outbreak.lane, outbreak.spec.malware
        lane.tick, draws = tick, lane.draws_of(self.name)
        hit = self.compartments.seed(lane.number, whole_number(draws, spec.seeds, "outbreak:seeds"))
        places = np.array(sorted({place for place, _ in hit}), dtype=np.int64)
        lane.fact("malware", "outbreak begins", self._subject, at=tick)
        names = ", ".join(lane.groups[place] for place in places)
        lane.note("malware", "world", self._subject, f"infects its first operators in {names}")
        self.reporting.show(np.full(places.size, lane.number), places)
        if draws.chance(spec.kill_switch.value, "outbreak:kill-switch"):
            after = draws.quantile(self._kill_after(spec), "outbreak:kill-switch-after")
            killed_at = tick * self._steps + max(1, after)
            self.compartments.kill(lane.number, killed_at)
            self._killing.setdefault(killed_at // self._steps, []).append(outbreak)

    def _kill_after(self, spec: Malware) -> Table:
        """Steps until a kill switch comes, as a table that is kept for the other lanes."""
        delay = spec.kill_switch_after
        if id(delay) not in self._tables:
            self._tables[id(delay)] = delay.table(self._step_h)
        return self._tables[id(delay)]

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
            "warned_states": np.array([len(one.warned) for one in self._outbreaks], float),
        }

    def outcomes(self) -> dict[str, F64]:
        """What the outbreaks did, and what was done."""
        rows = [self._read_off(outbreak) for outbreak in self._outbreaks]
        return {
            **{name: np.array([row[name] for row in rows]) for name in rows[0]},
            **self.totals(self.layout.scenario.ticks),
            "peak_down": self.compartments.peak_down.astype(float),
        }

    def totals(self, tick: int) -> dict[str, F64]:
        """Infections, outages, and what was done so far."""
        rows = [self._done(outbreak, tick) for outbreak in self._outbreaks]
        return {
            **{name: np.array([row[name] for row in rows]) for name in rows[0]},
            "operators_infected": self._infected().sum(axis=1).astype(float),
            "outage_hours": self.compartments.outage.sum(axis=1) * self._step_h,
        }

    def by_state(self, tick: int) -> dict[str, F64]:
        """Infections, outages, and what was done so far, by state."""
        places = len(self.layout.places)
        outbreaks = self._outbreaks
        return {
            "evidence_secured": by_place((one.secured for one in outbreaks), places),
            "false_alarms": by_place((one.false_alarms for one in outbreaks), places),
            "operators_infected": of_states(self._infected()),
            "outage_hours": of_states(self.compartments.outage * self._step_h),
            "staff_hours": by_place((self._hours_by_place(one, tick) for one in outbreaks), places),
        }

    def _hours_by_place(self, outbreak: Outbreak, tick: int) -> dict[int, float]:
        """Hours of those who handle the case, and of operators who were warned."""
        found = dict(outbreak.operator_hours)
        for organisation, hours in outbreak.lane.work.hours_by(tick, self.name).items():
            place = self.layout.places.get(organisation, NO_PLACE)
            found[place] = found.get(place, 0.0) + hours
        return found

    def _done(self, outbreak: Outbreak, tick: int) -> dict[str, float]:
        worked = total(outbreak.lane.work.hours(tick, self.name))
        return {
            "false_alarms": float(sum(outbreak.false_alarms.values())),
            "indicators_written": float(outbreak.indicators),
            "staff_hours": worked + total(outbreak.operator_hours.values()),
            "evidence_secured": float(sum(outbreak.secured.values())),
        }

    def _gap(self, outbreak: Outbreak) -> float:
        """Share of vulnerable operators warned in time: states with a team less the others.

        NaN where one of the two has nobody who could be infected: of nobody there is no share.
        """
        shares = []
        for has_team in (True, False):
            places = [
                place
                for place, member in enumerate(self.layout.atlas.members.values())
                if member.cert_2010 is has_team
            ]
            warned = sum(outbreak.warned_in_time.get(place, 0) for place in places)
            first = int(self.compartments.at_first[outbreak.lane.number, places].sum())
            shares.append(warned / first if first else math.nan)
        return shares[0] - shares[1]

    def _read_off(self, outbreak: Outbreak) -> dict[str, float]:
        lane = outbreak.lane
        ticks = [outbreak.warned.get(place, math.nan) for place in range(len(self.layout.places))]
        warned = list(outbreak.warned.values())
        at_first = int(self.compartments.at_first[lane.number].sum())
        return {
            "hours_to_first_warning": self._hours(outbreak, min(warned, default=math.nan)),
            "hours_to_all_warned": self._hours(
                outbreak, math.nan if any(map(math.isnan, ticks)) else max(ticks)
            ),
            "warned_in_time": sum(outbreak.warned_in_time.values()) / max(at_first, 1),
            "gap_without_team": self._gap(outbreak),
            "indicator_readers": float(len(outbreak.readers)),
            "hours_to_case": self._hours(outbreak, lane.cases.first_verified(self._subject)),
        }

    def _hours(self, outbreak: Outbreak, tick: float) -> float:
        """Hours from the beginning of the outbreak."""
        return (tick - outbreak.begins) * self._tick_h


def _operators(spec: Sectors, layout: Layout) -> I64:
    """Operators of each state and sector, shape (P, K)."""
    people = np.array([member.population for member in layout.atlas.members.values()])
    per_million = np.array([sector.per_million.value for sector in spec.of.values()])
    operators = np.rint(people[:, None] * per_million / 1e6).astype(np.int64)
    within: I64 = np.clip(operators, round(spec.least.value), MOST_OPERATORS)
    return within


def _vulnerable(spec: CyberOutbreak) -> tuple[Share, ...]:
    """Shares of each sector that are vulnerable at first."""
    shares = (sector.vulnerable for sector in spec.sectors.of.values())
    return tuple(Share(one.median, one.p95) for one in shares)


def course_of(spec: Malware, tick_h: float) -> Course:
    """Steps in a tick, and rates a step."""
    steps = round(spec.steps(tick_h))
    step_h = tick_h / steps
    return Course(
        in_cell=spec.in_cell.value * step_h,
        in_state=spec.in_state.value * step_h,
        anywhere=spec.anywhere.value * step_h,
        isolates=step_h / spec.isolation.value,
        restores=step_h / spec.restoring.value,
        patches=step_h / spec.patching.value,
        patches_alerted=step_h / spec.patching_warned.value,
        escapes=spec.escapes.value,
        every=max(1, round(spec.spreads_every.value / step_h)),
        slow=max(1, round(1 / step_h)),
        steps=steps,
    )
