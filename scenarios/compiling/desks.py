"""How desks read, recognise and ask, as arrays."""

from __future__ import annotations

from math import log10

import numpy as np
from numpy.typing import NDArray

from scenarios.compiling.calendar import WEEK_DAYS
from scenarios.compiling.channels import DeskAt, Network
from scenarios.errors import SpecError
from scenarios.reading import Atlas
from scenarios.schema import EVIDENCE_ONE, URGENCIES, Scenario
from sim.draws import TableStore, poisson
from sim.seam import NEVER, READING_ONE, UNLIMITED

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

MOST_READ = 1_000_000
"""Most reports that a desk reads, and routine reports that reach it, in a tick."""

MOST_IN_RUN = 1_000_000_000
"""Most routine reports that reach a desk in a run: queues count in 32 bits."""

_OFFICE = (8.0, 18.0)
_WORKING_DAYS = 5


def capacity(scenario: Scenario, atlas: Atlas, network: Network) -> I32:
    """Reports each unit reads at each tick of the week, in ``1 / READING_ONE``, shape (U, W)."""
    shares = {hours: _week(scenario.tick_h, hours) for hours in ("office", "continuous")}
    rows = np.array(
        [
            _reads_per_working_day(scenario, atlas, desk) * shares[desk.spec.hours]
            for desk in network.desks
        ]
    )
    for unit in np.flatnonzero(rows.max(axis=1) > MOST_READ):
        desk = network.desks[unit]
        raise SpecError(
            f"a desk reads at most {MOST_READ:,} reports a tick; "
            f"{desk.name} would read {rows[unit].max():.3g}",
            "write fewer readers, or fewer reports that each reads",
            where=f"desks.{desk.kind}.reads",
        )
    read: I32 = np.rint(rows * READING_ONE).astype(np.int32)
    read[list(network.stores)] = UNLIMITED
    return read


def _week(tick_h: float, hours: str) -> NDArray[np.float64]:
    """Share of a working day that falls into each tick of a week that begins on Monday."""
    start = np.arange(round(WEEK_DAYS * 24 / tick_h)) * tick_h
    if hours == "continuous":
        return np.full(start.size, tick_h / 24)
    opens, closes = _OFFICE
    share = np.zeros(start.size)
    for day in range(_WORKING_DAYS):
        begin = np.maximum(start, day * 24 + opens)
        end = np.minimum(start + tick_h, day * 24 + closes)
        share += np.maximum(end - begin, 0) / (closes - opens)
    return share


def _staff(scenario: Scenario, atlas: Atlas, desk: DeskAt) -> float:
    staff = scenario.desks[desk.kind].staff
    member = atlas.members.get(desk.member)
    police = member.police_officers if member else 0
    return staff.base + staff.per_10k_police * police / 10_000


def _reads_per_working_day(scenario: Scenario, atlas: Atlas, desk: DeskAt) -> float:
    """Reports that a desk reads in a working day; none, if it is a store."""
    spec = scenario.desks.get(desk.kind)
    return spec.reads.value * _staff(scenario, atlas, desk) if spec else 0.0


class Routine:
    """Routine reports that reach the desks of a scenario.

    Routine of a desk's own state fills a fixed share of its capacity; routine of others comes
    over the channels on which a policy lets it through.

    Parameters
    ----------
    scenario, atlas, network
        Desks and what is declared of them.
    closed
        Desks that take no part, shape (U,).
    """

    def __init__(
        self, scenario: Scenario, atlas: Atlas, network: Network, closed: NDArray[np.bool_]
    ) -> None:
        self._scenario, self._network, self._closed = scenario, network, closed
        self._local, self.made = _routine(scenario, atlas, network)
        """What each unit writes in a working day, shape (U,)."""
        self.made[closed] = 0

    def tables(self, inflow: NDArray[np.float64], counts: Counts) -> I32:
        """Table numbers of counts a tick, or -1, shape (U, Q).

        Parameters
        ----------
        inflow
            What reaches each unit from others in a working day, shape (U,).
        """
        scenario = self._scenario
        weekly = (self._local + inflow) * _WORKING_DAYS
        weekly[list(self._network.stores)] = 0
        weekly[self._closed] = 0
        mean = weekly / round(WEEK_DAYS * 24 / scenario.tick_h)
        _check_routine(scenario, self._network, mean)
        result = np.full((mean.size, len(URGENCIES)), -1, dtype=np.int32)
        for unit in np.flatnonzero(mean > 0):
            result[unit, -1] = counts.of(float(mean[unit]))
        return result


class Counts:
    """Tables of routine counts a tick, by their mean."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables
        self._known: dict[float, int] = {}

    def of(self, mean: float) -> int:
        """Return the number of the table with a mean, roughly."""
        rounded = _three_digits(mean)
        if rounded not in self._known:
            self._known[rounded] = self._tables.add(poisson(rounded))
        return self._known[rounded]


def _check_routine(scenario: Scenario, network: Network, mean: NDArray[np.float64]) -> None:
    """Refuse routine that queues could not count."""
    most = min(MOST_READ, MOST_IN_RUN / scenario.ticks)
    for unit in np.flatnonzero(mean > most):
        desk = network.desks[unit]
        raise SpecError(
            f"at most {most:,.0f} routine reports a tick reach a desk in a run this long; "
            f"{desk.name} would get {mean[unit]:.3g}",
            "write fewer readers, or less routine; what other desks make may reach this one, too",
            where=f"desks.{desk.kind}.routine_made",
        )


def _routine(
    scenario: Scenario, atlas: Atlas, network: Network
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Routine reports a working day that come from the own state, and that are made; (U,)."""
    count = len(network.desks)
    local, made = np.zeros(count), np.zeros(count)
    for unit, at in enumerate(network.desks):
        desk = scenario.desks.get(at.kind)
        if desk is None:
            continue
        reads = _reads_per_working_day(scenario, atlas, at)
        if at.spec.hours == "continuous":
            reads *= WEEK_DAYS / _WORKING_DAYS
        local[unit] = desk.local_routine.value * reads
        made[unit] = desk.routine_made.value * _staff(scenario, atlas, at)
    return local, made


def _three_digits(value: float) -> float:
    """Round so that units with nearly the same traffic share a table."""
    return round(value, 2 - int(log10(value) // 1))


def recognition(scenario: Scenario, network: Network) -> tuple[I32, I32, I64]:
    """Evidence and organisations each unit needs, shape (U, threats), and the units that ask."""
    shape = len(network.desks), len(scenario.threats)
    evidence = np.full(shape, NEVER, dtype=np.int32)
    organisations = np.zeros(shape, dtype=np.int32)
    asking = []
    for unit, at in enumerate(network.desks):
        for kind, threat in enumerate(scenario.threats.values()):
            needed = threat.recognises.get(at.kind)
            if needed is not None:
                evidence[unit, kind] = round(needed.evidence * EVIDENCE_ONE)
                organisations[unit, kind] = needed.organisations
        desk = scenario.desks.get(at.kind)
        if desk is not None and desk.asks:
            asking.append(unit)
    return evidence, organisations, np.array(asking, dtype=np.int64)
