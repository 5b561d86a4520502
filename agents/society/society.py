"""The host of a batch: the agents of every lane, called only when something happened to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.lane import Contacts, Deed, Fact, Kit, Lane, missing_pairs
from agents.mechanisms import named
from agents.society.assembly import settle, threats_of
from agents.society.posts import posts
from agents.society.totals import Years, totals_of
from scenarios import Compiled
from scenarios.schema import declared
from sim.kernel import Lanes, draws_of
from sim.seam import COUNTERS, Clocks, Engine, Happenings

F64 = NDArray[np.float64]

_DISCLOSURES: Final = COUNTERS.index("disclosures")
_QUEUED: Final = COUNTERS.index("queued")
_READ: Final = COUNTERS.index("read")


class Society:
    """Organisations, threat and casework of L lanes; a `Host` of the engine.

    Parameters
    ----------
    compiled
        The world and what its parts are called.
    journal
        Where to note what is done; for a single lane.
    facts
        Where to note it in numbers; for a single lane.
    """

    def __init__(
        self,
        compiled: Compiled,
        journal: list[Deed] | None = None,
        facts: list[Fact] | None = None,
    ) -> None:
        self._journal, self._facts = journal, facts
        world, layout = compiled.world, compiled.layout
        self.threats = threats_of(layout)
        self._that_happen = [one for one in self.threats if one.declaration.happens]
        self._kit = Kit(layout, posts)
        self._classes = list(layout.classes)
        tick_h = layout.scenario.tick_h
        record_every_h = min(threat.record_every_h for threat in self.threats)
        self._record_every = max(1, round(record_every_h / tick_h))
        self._day = round(24 / tick_h)
        self.series_ticks = list(range(self._record_every - 1, world.horizon, self._record_every))
        self.lanes: list[Lane] = []
        self._turns: dict[int, list[Lane]] = {}
        """Lanes that go by something else from a tick on."""

    def start(self, engine: Engine) -> None:
        """Set the lanes up, before tick 0."""
        self.engine = engine
        self._clocks = Clocks(len(engine.lanes))
        draws = draws_of(engine.lanes)
        self.lanes = [
            Lane(number, self._kit, draws[number], engine, self._clocks, self._journal, self._facts)
            for number in range(len(engine.lanes))
        ]
        for lane in self.lanes:
            for threat in self.threats:
                lane.add_threat(threat.name, threat.inhabit(lane))
            settle(lane)
        self._introduce(engine)
        size = len(self.lanes)
        self.series: dict[str, F64] = {}
        self.years = Years(self._kit.layout.scenario)
        self.backlog_sum = np.zeros(size)
        self.backlog_peak = np.zeros(size)
        self.backlog_days = 0
        for lane in self.lanes:
            for since, _ in self._kit.timetables[engine.lanes[lane.number].point][1:]:
                self._turns.setdefault(since, []).append(lane)
        for threat in self.threats:
            threat.start()

    def _introduce(self, engine: Engine) -> None:
        """Draw which response teams do not know whom to call in another state."""
        layout = self._kit.layout
        if layout.scenario.casework.incident is None:
            return
        threats = layout.scenario.threats.values()
        family = next(one.family for one in threats if "incident" in one.casework_needed)
        domain = layout.scenario.families.index(family)
        for lane, pairs in self._strangers(self.lanes):
            lane.contacts = Contacts(engine, lane.number, domain, pairs)

    def _turn(self, tick: int, turning: Sequence[Lane]) -> None:
        """Let lanes go by something else from a tick on."""
        for lane in turning:
            lane.tick = tick
        for threat in self._that_happen:
            threat.turn(turning)
        if self._kit.layout.scenario.casework.incident is not None:
            for lane, pairs in self._strangers(turning):
                lane.contacts.redrawn(pairs)

    def _strangers(self, lanes: Sequence[Lane]) -> Iterator[tuple[Lane, list[tuple[int, int]]]]:
        """Give pairs of response teams that do not know each other, by what is in force now."""
        together: dict[int, list[Lane]] = {}
        for lane in lanes:
            together.setdefault(id(lane.regime), []).append(lane)
        for those in together.values():
            regime, ids = those[0].regime, [self.engine.lanes[lane.number] for lane in those]
            known = declared(regime.casework.incident).contact_known.value
            yield from zip(those, missing_pairs(Lanes.of(ids), regime.members, known), strict=True)

    def react(self, tick: int, happenings: Happenings) -> None:
        """Let organisations act on recognitions and on addressed reports."""
        lanes, classes = self.lanes, self._classes
        if tick in self._turns:
            self._turn(tick, self._turns[tick])
        for number, unit, subject, _ in happenings.recognitions:
            lanes[number].recognised(tick, subject, unit)
        for number, unit, subject, cls, origin, _ in happenings.readings:
            lanes[number].told(tick, subject, classes[cls], unit, origin)

    def work(self, tick: int) -> None:
        """Run casework that is due before the next tick."""
        self._clocks.run_before(tick + 1)

    def move(self, tick: int) -> None:
        """Let the world go on, once the casework due by the tick is done."""
        self._clocks.run_through(tick)
        for threat in self._that_happen:
            threat.move(tick)

    def end(self, tick: int) -> None:
        """Record the series, the day's backlog, and what a year has brought."""
        if (tick + 1) % self._day == 0:
            backlog = self.engine.backlog()
            self.backlog_sum += backlog
            np.maximum(self.backlog_peak, backlog, out=self.backlog_peak)
            self.backlog_days += 1
        if (tick + 1) % self._record_every == 0:
            self._record((tick + 1) // self._record_every - 1)
        if self.years.end_at(tick + 1):
            self.years.keep(totals_of(self.lanes, self.threats, self.engine, tick + 1))

    def _record(self, column: int) -> None:
        lanes, engine = self.lanes, self.engine
        now = {
            "aware_organisations": np.array([len(lane.first_recognition) for lane in lanes], float),
            **named(self.threats, lambda threat: threat.series()),
            "disclosures": engine.counters()[:, _DISCLOSURES].astype(float),
            "backlog": engine.backlog().astype(float),
            "open_cases": np.array([lane.work.open_now for lane in lanes], float),
        }
        if not self.series:
            shape = (len(lanes), len(self.series_ticks))
            self.series = {name: np.zeros(shape) for name in now}
        for name, values in now.items():
            self.series[name][:, column] = values

    def threat_outcomes(self) -> dict[str, F64]:
        """Return what the threats read off the finished lanes, each of shape (L,)."""
        return named(self.threats, lambda threat: threat.outcomes())

    def never_read(self) -> F64:
        """Share of the reports that reached a queue and were not read by the end, shape (L,)."""
        queued, read = self.engine.counters()[:, [_QUEUED, _READ]].T
        share: F64 = (queued - read) / np.maximum(queued, 1)
        return share
