"""How desks read, see and recognise, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

import numpy as np
from numpy.typing import NDArray

from scenarios.compiling.channels import Network
from scenarios.compiling.terms import TermTable
from scenarios.errors import SpecError
from scenarios.reading import Atlas
from scenarios.schema import EVIDENCE_ONE, Desk, Scenario, Sight
from sim.draws import ONE, TableStore, exponential, name_key, poisson
from sim.seam import EXPOSURE_ONE, NEVER, RATE_ONE, READING_ONE, UNLIMITED, Sights, Watch

I32 = NDArray[np.int32]

MOST_READ = 1_000_000
"""Most reports that a desk reads, and routine reports that reach it, in a tick."""

MOST_IN_RUN = 1_000_000_000
"""Most routine reports that reach a desk in a run: queues count in 32 bits."""

MOST_STREAMS = 1_000_000
"""Most streams of observations: each is a desk that may see one subject at one place."""

_OFFICE = (8.0, 18.0)
_WEEK_DAYS, _WORKING_DAYS = 7, 5
_YEAR_H = 365 * 24


def capacity(scenario: Scenario, atlas: Atlas, network: Network) -> I32:
    """Reports each unit reads at each tick of the week, in ``1 / READING_ONE``, shape (U, W)."""
    shares = {hours: _week(scenario.tick_h, hours) for hours in ("office", "continuous")}
    rows = np.array(
        [
            _reads_per_working_day(scenario, atlas, network, unit) * shares[spec.hours]
            for unit, spec in enumerate(network.specs)
        ]
    )
    for unit in np.flatnonzero(rows.max(axis=1) > MOST_READ):
        raise SpecError(
            f"a desk reads at most {MOST_READ:,} reports a tick; "
            f"{network.units.names[unit]} would read {rows[unit].max():.3g}",
            "write fewer readers, or fewer reports that each reads",
            where=f"desks.{network.kinds[unit]}.reads",
        )
    read: I32 = np.rint(rows * READING_ONE).astype(np.int32)
    read[list(network.stores)] = UNLIMITED
    return read


def _week(tick_h: float, hours: str) -> NDArray[np.float64]:
    """Share of a working day that falls into each tick of a week that begins on Monday."""
    start = np.arange(round(_WEEK_DAYS * 24 / tick_h)) * tick_h
    if hours == "continuous":
        return np.full(start.size, tick_h / 24)
    opens, closes = _OFFICE
    share = np.zeros(start.size)
    for day in range(_WORKING_DAYS):
        begin = np.maximum(start, day * 24 + opens)
        end = np.minimum(start + tick_h, day * 24 + closes)
        share += np.maximum(end - begin, 0) / (closes - opens)
    return share


def _staff(scenario: Scenario, atlas: Atlas, network: Network, unit: int) -> float:
    staff = scenario.desks[network.kinds[unit]].staff
    member = atlas.members.get(network.member[unit])
    police = member.police_officers if member else 0
    return staff.base + staff.per_10k_police * police / 10_000


def _desk(scenario: Scenario, network: Network, unit: int) -> Desk | None:
    """Return the people of a desk, if it is not a store."""
    return scenario.desks.get(network.kinds[unit])


def _reads_per_working_day(scenario: Scenario, atlas: Atlas, network: Network, unit: int) -> float:
    desk = _desk(scenario, network, unit)
    return desk.reads.value * _staff(scenario, atlas, network, unit) if desk else 0.0


def background_tables(
    scenario: Scenario,
    atlas: Atlas,
    network: Network,
    terms: TermTable,
    points: Sequence[int],
    tables: TableStore,
) -> I32:
    """Table numbers of routine counts a tick, or -1, shape (points, U, Q).

    Routine of a desk's own state fills a fixed share of its capacity; routine of others comes
    over the channels on which the policy lets it through.
    """
    local, made = _routine(scenario, atlas, network)
    inflow = terms.routine_inflow(made, points)
    weekly = (local + inflow) * _WORKING_DAYS
    weekly[:, list(network.stores)] = 0
    mean = weekly / round(_WEEK_DAYS * 24 / scenario.tick_h)
    _check_routine(scenario, network, mean)
    result = np.full((*mean.shape, terms.urgencies), -1, dtype=np.int32)
    for point, unit in np.argwhere(mean > 0):
        rounded = _three_digits(float(mean[point, unit]))
        result[point, unit, terms.urgencies - 1] = tables.add(poisson(rounded))
    return result


def _check_routine(scenario: Scenario, network: Network, mean: NDArray[np.float64]) -> None:
    """Refuse routine that queues could not count."""
    most = min(MOST_READ, MOST_IN_RUN / scenario.ticks)
    for _, unit in np.argwhere(mean > most):
        raise SpecError(
            f"at most {most:,.0f} routine reports a tick reach a desk in a run this long; "
            f"{network.units.names[unit]} would get {mean[:, unit].max():.3g}",
            "write fewer readers, or less routine; what other desks make may reach this one, too",
            where=f"desks.{network.kinds[unit]}.routine_made",
        )


def _routine(
    scenario: Scenario, atlas: Atlas, network: Network
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Routine reports a working day that come from the own state, and that are made; (U,)."""
    count = len(network.kinds)
    local, made = np.zeros(count), np.zeros(count)
    for unit in range(count):
        desk = _desk(scenario, network, unit)
        if desk is None:
            continue
        reads = _reads_per_working_day(scenario, atlas, network, unit)
        if network.specs[unit].hours == "continuous":
            reads *= _WEEK_DAYS / _WORKING_DAYS
        local[unit] = desk.local_routine.value * reads
        made[unit] = desk.routine_made.value * _staff(scenario, atlas, network, unit)
    return local, made


def _three_digits(value: float) -> float:
    """Round so that units with nearly the same traffic share a table."""
    return round(value, 2 - int(log10(value) // 1))


def recognition(scenario: Scenario, network: Network) -> tuple[I32, I32, NDArray[np.int64]]:
    """Evidence and organisations each unit needs, shape (U,), and the units that ask."""
    count = len(network.kinds)
    evidence = np.full(count, NEVER, dtype=np.int32)
    organisations = np.zeros(count, dtype=np.int32)
    asking = []
    for unit in range(count):
        desk = _desk(scenario, network, unit)
        if desk is None:
            continue
        if desk.recognises:
            evidence[unit] = round(desk.recognises.evidence * EVIDENCE_ONE)
            organisations[unit] = desk.recognises.organisations
        if desk.asks:
            asking.append(unit)
    return evidence, organisations, np.array(asking, dtype=np.int64)


def _sights(scenario: Scenario) -> list[tuple[str, Sight]]:
    """Sights with the kind of desk that has each, in the order of the scenario."""
    return [(kind, sight) for kind, desk in scenario.desks.items() for sight in desk.sees]


def sights(scenario: Scenario) -> Sights:
    """Sights of all kinds of desk; all show every face."""
    seen, classes = _sights(scenario), list(scenario.reports)
    return Sights(
        cls=np.array([classes.index(sight.report) for _, sight in seen], dtype=np.int64),
        aspect=np.zeros(len(seen), dtype=np.int64),
        shows=np.full((len(seen), len(scenario.threat.faces)), ONE, dtype=np.uint64),
    )


def rates(scenario: Scenario) -> NDArray[np.int64]:
    """Observations a tick of each sight at activity level 1, in ``1 / RATE_ONE``, shape (W,)."""
    ticks = _YEAR_H / scenario.tick_h
    found = [round(sight.per_year / ticks * RATE_ONE) for _, sight in _sights(scenario)]
    return np.array(found, dtype=np.int64)


def _check_streams(kind: str, streams: int) -> None:
    """Refuse more observation streams than a run could ever follow."""
    if streams > MOST_STREAMS:
        raise SpecError(
            f"desks x places x subjects that are seen there are at most {MOST_STREAMS:,}",
            "let fewer desks see, or declare fewer subjects, such as decoys",
            where=f"desks.{kind}.sees",
        )


def watch_streams(
    scenario: Scenario,
    atlas: Atlas,
    network: Network,
    tables: TableStore,
    subjects: int,
    rate: NDArray[np.int64],
) -> Watch:
    """Observation streams: who may see traces of which subject where.

    `rate` is the highest that a sight has in any phase, shape (W,); where it is 0 nobody looks.
    """
    members = list(atlas.members)
    sights_of: dict[str, list[tuple[int, Sight]]] = {}
    for number, (kind, sight) in enumerate(_sights(scenario)):
        if rate[number]:
            sights_of.setdefault(kind, []).append((number, sight))
    rows: list[tuple[int, int, int, int, int]] = []
    for unit, kind in enumerate(network.kinds):
        for number, sight in sights_of.get(kind, ()):
            for place, code in enumerate(members):
                at_home = network.member[unit] in ("", code)
                member = atlas.members[code]
                border = member.external_border or not sight.only_external_border
                lacking = not (member.cert_2010 and sight.only_without_cert)
                if at_home and border and lacking:
                    key = name_key(f"watch:{network.units.names[unit]}@{code}")
                    rows += [(number, unit, about, place, key) for about in range(subjects)]
            _check_streams(kind, len(rows))
    sight_, unit_, subject_, place_, key_ = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    gap = tables.add(exponential(float(EXPOSURE_ONE)))
    return Watch(sight_, unit_, subject_, place_, key_.astype(np.uint32), gap)
