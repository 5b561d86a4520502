"""The host of a batch: the agents of every lane, called only when something happened to them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.lane import Kit, Lane
from scenarios import Compiled
from sim.clock import Clocks
from sim.port import COUNTERS, Engine, Happenings
from sim.streams import Draws

_DISCLOSURES: Final = COUNTERS.index("disclosures")
_QUEUED: Final = COUNTERS.index("queued")
_READ: Final = COUNTERS.index("read")

SERIES: Final = (
    "aware_organisations",
    "arrested_share",
    "proceeds_meur",
    "disclosures",
    "backlog",
    "open_cases",
)
"""Series recorded once a week."""


class Society:
    """Organisations, threats and casework of L lanes; a `Host` of the engine."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._kit = Kit(compiled.layout)
        world, layout = compiled.world, compiled.layout
        names = list(world.groups)
        self._group_of = [names[group] for group in world.units.group.tolist()]
        self._classes = list(layout.classes)
        self._week = round(7 * 24 / layout.scenario.tick_h)
        self._day = round(24 / layout.scenario.tick_h)
        self.series_ticks = list(range(self._week - 1, world.horizon, self._week))
        self.lanes: list[Lane] = []

    def start(self, engine: Engine) -> None:
        """Set the lanes up, before tick 0."""
        self._engine = engine
        self._clocks = Clocks(len(engine.lanes))
        self.lanes = [
            Lane(number, self._kit, Draws(lane.seed, lane.replication), engine, self._clocks)
            for number, lane in enumerate(engine.lanes)
        ]
        size = len(self.lanes)
        self._decoys: dict[int, list[tuple[int, int]]] = {}
        for lane in self.lanes:
            lane.network.show()
            for index, decoy in enumerate(lane.decoys):
                self._decoys.setdefault(decoy.next_tick, []).append((lane.number, index))
        shape = (size, len(self.series_ticks))
        self.series = {name: np.zeros(shape) for name in SERIES}
        self.backlog_sum = np.zeros(size)
        self.backlog_peak = np.zeros(size)
        self.backlog_days = 0

    def react(self, tick: int, happenings: Happenings) -> None:
        """Let organisations act on recognitions and on addressed reports."""
        group_of, lanes = self._group_of, self.lanes
        for number, unit, subject in happenings.recognitions:
            lanes[number].recognised(tick, subject, group_of[unit])
        for number, unit, subject, cls, origin in happenings.readings:
            reader, teller = group_of[unit], group_of[origin]
            lanes[number].told(tick, subject, self._classes[cls], reader, teller)

    def work(self, tick: int) -> None:
        """Run casework that is due before the next tick."""
        self._clocks.run_before(tick + 1)

    def move(self, tick: int) -> None:
        """Let decoys begin and end, and once a week the networks live."""
        for number, index in self._decoys.pop(tick, ()):
            decoy = self.lanes[number].decoys[index]
            decoy.step()
            self._decoys.setdefault(decoy.next_tick, []).append((number, index))
        if (tick + 1) % self._week == 0:
            for lane in self.lanes:
                lane.tick = tick
                lane.network.step()

    def end(self, tick: int) -> None:
        """Record the week's series and the day's backlog."""
        if (tick + 1) % self._day == 0:
            backlog = self._engine.backlog()
            self.backlog_sum += backlog
            np.maximum(self.backlog_peak, backlog, out=self.backlog_peak)
            self.backlog_days += 1
        if (tick + 1) % self._week == 0:
            self._record((tick + 1) // self._week - 1)

    def _record(self, column: int) -> None:
        series, lanes = self.series, self.lanes
        series["aware_organisations"][:, column] = [len(lane.first_recognition) for lane in lanes]
        series["arrested_share"][:, column] = [
            lane.network.ledger.arrested / lane.network.size for lane in lanes
        ]
        series["proceeds_meur"][:, column] = [lane.network.ledger.proceeds / 1e6 for lane in lanes]
        series["disclosures"][:, column] = self._engine.counters()[:, _DISCLOSURES]
        series["backlog"][:, column] = self._engine.backlog()
        series["open_cases"][:, column] = [lane.work.open_now for lane in lanes]

    def never_read(self) -> NDArray[np.float64]:
        """Share of the reports that reached a queue and were not read by the end, shape (L,)."""
        queued, read = self._engine.counters()[:, [_QUEUED, _READ]].T
        share: NDArray[np.float64] = (queued - read) / np.maximum(queued, 1)
        return share
