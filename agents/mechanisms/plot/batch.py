"""The plots and harmless signals of a batch of lanes, and what is read off them.

All lanes share one calendar: what falls due is a stage that ends, some dozens of times in a lane
and year, and in between nothing changes. So nothing is computed for plots to which nothing
happens, in no lane.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar, Final, cast

import numpy as np

from agents.lane import Lane
from agents.mechanisms.decoys import Coincidences
from agents.mechanisms.plot.conspiracy import Conspiracy
from agents.mechanisms.plot.declaration import STAGES, Arrivals, Plot, room_needed
from agents.mechanisms.plot.plotters import Plotters
from agents.mechanisms.plot.tables import Tables
from agents.mechanisms.threat import F64, Threat, by_place
from scenarios import Layout, SpecError
from sim.draws import poisson

_HOURS_A_YEAR: Final = 365 * 24


class Plots(Threat):
    """The plots and coincidences of a batch of lanes."""

    record_every_h: ClassVar = 7 * 24

    def __init__(self, layout: Layout, name: str) -> None:
        super().__init__(layout, name)
        if not isinstance(self.declaration, Plot):
            raise TypeError(type(self.declaration).__name__)
        self._tick_h = layout.scenario.tick_h
        self._tables = Tables(self._tick_h)
        self._coincidences = Coincidences(layout, name)
        self._lanes: list[Plotters] = []
        self._due: dict[int, list[Conspiracy]] = {}
        first = self.subjects.start
        real = range(self.declaration.arrivals.most.value)
        self._real = [subject - first in real for subject in range(self.subjects.stop)]
        """By subject, whether it is a plot of this threat."""

    def inhabit(self, lane: Lane) -> Plotters:
        """Put plots and coincidences into a lane."""
        first = self.subjects.start
        spec = cast("Plot", lane.declared(first))
        plotters = Plotters(lane, first)
        for number, begins in enumerate(self._beginnings(lane, spec.arrivals)):
            things = lane, first + number, number, begins, plotters.ledger
            plotters.add(Conspiracy(*things, self._tables, self._plan))
        weights = [spec.signals[stage].value if stage in spec.signals else 0.0 for stage in STAGES]
        self._coincidences.inhabit(lane, spec.decoys, weights)
        self._lanes.append(plotters)
        return plotters

    def _beginnings(self, lane: Lane, arrivals: Arrivals) -> Iterator[int]:
        """Draw when plots begin: as many as come, each at any time."""
        draws = lane.draws_of(self.name)
        before = arrivals.before.value / self._tick_h
        span = self.layout.scenario.ticks + before
        mean = arrivals.per_year.value * span * self._tick_h / _HOURS_A_YEAR
        if room_needed(mean) > arrivals.most.value:
            raise SpecError(
                f"{mean:.0f} plots are expected, and there is room for {arrivals.most.value}",
                f"make room for {room_needed(mean)}, or let fewer begin in a year",
                where=f"threats.{self.name}.arrivals.most",
            )
        count = min(draws.quantile(poisson(mean), "plots:number"), arrivals.most.value)
        for number in range(count):
            yield math.floor(draws.uniform("plots:begins", number) * span - before)

    def _plan(self, plot: Conspiracy) -> None:
        """Let a plot be called when something is due."""
        self._due.setdefault(plot.next_tick, []).append(plot)

    def start(self) -> None:
        """Let plots come as far as they are when the first tick begins; drop what is over."""
        for plotters in self._lanes:
            for plot in list(plotters.plots):
                while plot.next_tick < 0 and plot.ended is None:
                    plot.step(
                        plot.next_tick, plotters.spec_of(plot.subject).arrivals.exposure.value
                    )
                if plot.ended is not None:
                    plotters.plots.remove(plot)
                elif plot.is_active:
                    plot.meet()
                else:
                    self._plan(plot)
        self._due = {tick: plots for tick, plots in self._due.items() if tick >= 0}

    def move(self, tick: int) -> None:
        """Let coincidences begin and end, and plots do what is due."""
        self._coincidences.move(tick)
        for plot in self._due.pop(tick, ()):
            if plot.next_tick == tick and plot.ended is None:
                plot.lane.tick = tick
                plot.step(tick, plot.lane.of(plot.subject).exposure)

    # What is read off ---------------------------------------------------------------------------

    def _booked(self, tick: int) -> list[dict[str, Mapping[int, float]]]:
        """Return the books of each lane by outcome and place, what goes on now included."""
        found: list[dict[str, Mapping[int, float]]] = []
        for plotters in self._lanes:
            placed = {name: dict(there) for name, there in plotters.ledger.placed.items()}
            for place, entries in plotters.watches.going_on(tick, self._real):
                for name, days in entries.items():
                    there = placed.setdefault(name, {})
                    there[place] = there.get(place, 0.0) + days
            begun = placed.setdefault("plots_begun", {})
            for plot in plotters.plots:
                if plot.stage >= 0 and plot.begins < tick:
                    begun[plot.home] = begun.get(plot.home, 0.0) + 1
            found.append({**placed})
        return found

    def series(self) -> dict[str, F64]:
        """Plots on their way now; attacks and plots stopped so far."""
        lanes = self._lanes
        return {
            "plots_active": np.array(
                [sum(plot.is_active for plot in one.plots) for one in lanes], float
            ),
            "attacks": np.array([one.ledger.sum("attacks") for one in lanes], float),
            "plots_stopped": np.array([one.ledger.sum("plots_stopped") for one in lanes], float),
        }

    def totals(self, tick: int) -> dict[str, F64]:
        """What plots did and what was done about them so far."""
        booked = self._booked(tick)
        return {
            name: np.array([sum(one.get(name, {}).values()) for one in booked], float)
            for name in Plot.flows
        }

    def by_state(self, tick: int) -> dict[str, F64]:
        """What plots did in each state, and what was done about them there."""
        booked, places = self._booked(tick), len(self.layout.places)
        return {
            name: by_place((one.get(name, {}) for one in booked), places) for name in Plot.placed
        }

    def outcomes(self) -> dict[str, F64]:
        """What became of the plots, and how long before the attack somebody knew."""
        rows = [self._read_off(one) for one in self._lanes]
        return {
            **self.totals(self.layout.scenario.ticks),
            **{name: np.array([row[name] for row in rows]) for name in rows[0]},
        }

    def _read_off(self, plotters: Plotters) -> dict[str, float]:
        ledger = plotters.ledger
        stopped = ledger.sum("plots_stopped")
        ended = stopped + ledger.sum("attacks") + ledger.sum("attacks_failed")
        begun = [plot for plot in plotters.plots if plot.stage >= 0]
        first = [self._first_known(plotters.lane, plot) for plot in begun]
        known = sum(map(math.isfinite, first))
        warning = [
            max(0.0, plot.due - tick) / (24 / self._tick_h)
            for plot, tick in zip(begun, first, strict=True)
            if plot.due is not None and plot.due < self.layout.scenario.ticks
        ]
        return {
            "stopped_share": stopped / ended if ended else math.nan,
            "recognised_share": known / len(begun) if begun else math.nan,
            "days_of_warning": sum(warning) / len(warning) if warning else math.nan,
        }

    def _first_known(self, lane: Lane, plot: Conspiracy) -> float:
        return min(lane.recognitions_of(plot.subject).values(), default=math.inf)
