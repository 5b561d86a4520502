"""Routes, checkpoints and rings of a declaration as arrays, and the numbers lanes go by.

There are R routes, N rings (route by route), Q checkpoints and K stages. A ring that has no
checkpoint at a stage is given the one behind the last, where nothing happens.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from agents.lane import NO_PLACE, total
from agents.mechanisms.flow.declaration import Flow
from agents.mechanisms.flow.parts import MONTHS, Point, Route
from scenarios import Layout
from sim.draws import lognormal
from sim.seam import NEVER

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

_DAYS_A_MONTH: Final = 365 / MONTHS
_DAWN_H, _DUSK_H = 6, 18


class Numbers(NamedTuple):
    """Plain numbers of a declaration that may change on a day; tuples are by checkpoint."""

    looks: tuple[float, ...]
    among: tuple[float, ...]
    selectivity: tuple[float, ...]
    finds: tuple[float, ...]
    distress: tuple[float, ...]
    helped: tuple[float, ...]
    perishes: tuple[float, ...]
    deterred: float
    ventures: float
    turned_back: float
    stopped: float
    memory: float
    """Share of what is remembered that is so a day later."""
    bound: float
    most_bound: float
    times: float
    patrol: float
    night_looks: float
    rough_looks: float
    rough_distress: float
    absorbed: float

    @classmethod
    def of(cls, spec: Flow) -> Self:
        """Return the numbers of a declaration."""
        points, choice, targeting = list(spec.points.values()), spec.choice, spec.targeting
        return cls(
            looks=(*(one.looks.value for one in points), 0.0),
            among=(*(one.among.value for one in points), 1.0),
            selectivity=(*(one.selectivity.value for one in points), 1.0),
            finds=(*(one.finds.value for one in points), 0.0),
            distress=_peril(points, "distress"),
            helped=_peril(points, "helped"),
            perishes=_peril(points, "perishes"),
            deterred=choice.deterred.value,
            ventures=choice.ventures.value,
            turned_back=choice.turned_back.value,
            stopped=choice.stopped.value,
            memory=0.5 ** (24 / max(choice.memory.value, 1.0)),
            bound=targeting.bound.value,
            most_bound=targeting.most_bound.value,
            times=targeting.times.value,
            patrol=targeting.patrol.value,
            night_looks=spec.night.looks.value,
            rough_looks=spec.weather.looks.value,
            rough_distress=spec.weather.distress.value,
            absorbed=spec.rings.absorbed.value,
        )


def _peril(points: Sequence[Point], name: str) -> tuple[float, ...]:
    """Return a number of the perils of all checkpoints, 0 where there is none."""
    perils = [one.peril for one in points]
    return (*(0.0 if one is None else getattr(one, name).value for one in perils), 0.0)


class Plan:
    """What of a flow is the same in all lanes.

    Parameters
    ----------
    spec
        The declaration.
    layout
        Numbers of the things in the world, by name.
    """

    def __init__(self, spec: Flow, layout: Layout) -> None:
        scenario = layout.scenario
        self.tick_h, self.per_day = scenario.tick_h, round(24 / scenario.tick_h)
        self.routes, self.points = tuple(spec.routes), tuple(spec.points)
        routes, points = list(spec.routes.values()), list(spec.points.values())
        number = {name: one for one, name in enumerate(self.points)}
        self.route = np.array([self.routes.index(name) for name, _ in spec.lines()])
        """Route of each ring, shape (N,)."""
        self.rings = self.route.size
        self.ends = np.searchsorted(self.route, range(len(routes)), side="right").tolist()
        """Number of the ring behind the last of each route."""
        stages = max(len(one.points) for one in routes)
        none = len(points)
        self.point = np.full((stages, self.rings), none)
        """Checkpoint of each stage and ring, shape (K, N)."""
        for ring, route in enumerate(self.route.tolist()):
            way = [number[name] for name in routes[route].points]
            self.point[: len(way), ring] = way
        of_state = layout.places
        states = [NO_PLACE if one.state is None else of_state[one.state] for one in points]
        self.place = np.array([*states, NO_PLACE])
        """State of each checkpoint, shape (Q + 1,)."""
        last = [number[one.points[-1]] for one in routes]
        self.landing = self.place[last][self.route]
        """State in which each ring's loads arrive, shape (N,)."""
        self.turns_back = np.array([*(one.does == "turns-back" for one in points), False])
        perilous = np.array([*(one.peril is not None for one in points), False])
        self.is_safe = (~perilous[self.point].any(axis=1)).tolist()
        """Whether there is no peril at any checkpoint of a stage, by stage."""
        self.later = np.array([*(_later(one, self.tick_h) for one in points), NEVER])
        self.later_times = np.array(
            [*(1.0 if one.later is None else one.later.times.value for one in points), 1.0]
        )
        tables = [lognormal(one.load.median, one.load.p95) for one in routes]
        self.sizes = np.maximum(np.stack(tables).astype(np.int64), 1)
        """Items of a load, by quantile, shape (R, QUANTILES)."""
        self.mean_size: F64 = self.sizes.sum(axis=1) / self.sizes.shape[1]
        self.usual = np.array([one.usual_loss.value for one in routes])
        self.instead = np.zeros((len(routes), len(routes)))
        for row, one in enumerate(routes):
            for name, share in one.instead.items():
                self.instead[row, self.routes.index(name)] = share.value
        days = [*_months(scenario.begins, -(-scenario.ticks // self.per_day))]
        self.pressure = np.array([[_items(spec, one, day) for one in routes] for day in days])
        """Items that would set out on each day, shape (days, R)."""
        rough = np.array([spec.weather.rough.months[day.of_year] for day in days])
        self.rough = rough
        """Chance that a day is rough."""
        waits = spec.weather.sets_out.value
        usual = 1 - rough + rough * waits
        self.fair_sets_out = np.where(usual > 0, 1 / np.maximum(usual, 1e-9), 0.0)
        self.rough_sets_out = waits * self.fair_sets_out
        self.night_share = spec.night.sets_out.value
        self.fee = spec.rings.fee.value
        self.words = spec.words.load, spec.words.item

    def is_night(self, tick: int) -> bool:
        """Whether it is dark in a tick."""
        hour = tick % self.per_day * self.tick_h
        return not _DAWN_H <= hour < _DUSK_H

    def share_of(self, tick: int) -> float:
        """Return the share of a day's loads that set out in a tick."""
        share = self.night_share if self.is_night(tick) else 1 - self.night_share
        return share / (self.per_day / 2)

    def points_in(self, ring: int, place: int) -> list[int]:
        """Return the stages at which a ring comes to a checkpoint of a state, or of any."""
        way = self.point[:, ring].tolist()
        there = [stage for stage, one in enumerate(way) if one < len(self.points)]
        if place == NO_PLACE:
            return there
        return [stage for stage in there if self.place[way[stage]] == place]


class _Day(NamedTuple):
    """A day's month."""

    number: int
    """Months that began since the run did."""
    of_year: int
    days: float
    """Length of the month."""


def _months(begins: date | None, days: int) -> list[_Day]:
    if begins is None:
        of_day = [int(day / _DAYS_A_MONTH) for day in range(days)]
        return [_Day(month, month % MONTHS, _DAYS_A_MONTH) for month in of_day]
    dates = [begins + timedelta(day) for day in range(days)]
    return [
        _Day(
            (one.year - begins.year) * MONTHS + one.month - begins.month,
            one.month - 1,
            float(monthrange(one.year, one.month)[1]),
        )
        for one in dates
    ]


def _items(spec: Flow, route: Route, day: _Day) -> float:
    """Return the items that would set out on a day."""
    pressure = route.pressure
    if pressure.months is not None:
        months = pressure.months
        number = day.number
        while number >= len(months):
            number -= min(MONTHS, len(months))
        of_month = months[number]
    else:
        season = spec.season.months
        of_month = (pressure.per_year or 0.0) * season[day.of_year] / total(season)
    return of_month / day.days / route.counted.value


def _later(point: Point, tick_h: float) -> int:
    return NEVER if point.later is None else round(point.later.after.value / tick_h)
