"""What desks see, as sights and streams of observations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scenarios.compiling.channels import Network
from scenarios.compiling.closed import closed_desks
from scenarios.errors import SpecError
from scenarios.reading import Atlas
from scenarios.schema import Scenario, Sight
from sim.draws import ONE, TableStore, exponential, name_key
from sim.seam import EXPOSURE_ONE, RATE_ONE, Sights, Watch

I64 = NDArray[np.int64]

MOST_STREAMS = 1_000_000
"""Most streams of observations: each is a desk that may see one subject at one place."""

_YEAR_H = 365 * 24


class Views(NamedTuple):
    """Who sees which class of report where, and how often. Arrays of shape (n,)."""

    unit: I64
    place: I64
    cls: I64
    aspect: I64
    """What of the subject is seen."""
    rate: I64
    """Observations a tick at activity level 1, in ``1 / RATE_ONE``; above 0."""


def views(scenario: Scenario, atlas: Atlas, network: Network) -> Views:
    """Return what the desks of a scenario see; classes are numbered as it declares them."""
    classes = {name: number for number, name in enumerate(scenario.reports)}
    ticks = _YEAR_H / scenario.tick_h
    members = list(atlas.members.values())
    aspects = scenario.threat.aspects
    rows: list[tuple[int, int, int, int, int]] = []
    closed = closed_desks(scenario, network)
    for unit, desk in enumerate(network.desks):
        declared = None if closed[unit] else scenario.desks.get(desk.kind)
        at_home = int(network.place[unit])
        places = range(len(members)) if at_home < 0 else (at_home,)
        for sight in declared.sees if declared else ():
            rate = round(sight.per_year / ticks * RATE_ONE)
            if rate:
                cls, aspect = classes[sight.report], aspects.index(sight.aspect or aspects[0])
                there = _places(sight, places, atlas)
                rows += [(unit, place, cls, aspect, rate) for place in there]
    return Views(*np.array(rows, dtype=np.int64).reshape(-1, 5).T)


def _places(sight: Sight, places: Sequence[int], atlas: Atlas) -> Iterator[int]:
    """Give those of some places at which something is seen."""
    members = list(atlas.members.values())
    for place in places:
        member = members[place]
        border = member.external_border or not sight.only_external_border
        if border and not (member.cert_2010 and sight.only_without_cert):
            yield place


class Observed(NamedTuple):
    """Sights and streams of a world."""

    sights: Sights
    watch: Watch
    rate: I64
    """Rate of each sight in each scenario, shape (scenarios, W)."""


def observed(
    seen: Sequence[Views], network: Network, faces: int, subjects: int, tables: TableStore
) -> Observed:
    """Compile what the desks of all scenarios of a world see; every sight shows all faces.

    A sight is a class of report that a kind of desk sees at one rate in each of the scenarios.

    Parameters
    ----------
    seen
        What is seen in each scenario, numbered as in the world.
    network
        Desks of the world.
    faces, subjects
        How many there are.
    """
    stream = np.unique(np.concatenate([_key(each) for each in seen], axis=1), axis=1)
    unit, place, cls, aspect = stream
    _check_streams(network, unit, subjects)
    kinds = {kind: number for number, kind in enumerate(dict.fromkeys(network.kinds))}
    kind = np.array([kinds[network.kinds[one]] for one in unit.tolist()], dtype=np.int64)
    rows = {key: row for row, key in enumerate(zip(*stream.tolist(), strict=True))}
    rate = np.zeros((len(seen), unit.size), dtype=np.int64)
    for number, each in enumerate(seen):
        own = [rows[key] for key in zip(*_key(each).tolist(), strict=True)]
        rate[number, own] = each.rate
    told = np.concatenate((np.stack((kind, cls, aspect)), rate))
    distinct, sight = np.unique(told, axis=1, return_inverse=True)
    sights = Sights(
        cls=distinct[1],
        aspect=distinct[2],
        shows=np.full((distinct.shape[1], faces), ONE, dtype=np.uint64),
    )
    names, places = network.units.names, network.members
    pairs = zip(unit.tolist(), place.tolist(), strict=True)
    keys = [name_key(f"watch:{names[one]}@{places[there]}") for one, there in pairs]
    watch = Watch(
        sight=np.repeat(sight.reshape(-1), subjects),
        unit=np.repeat(unit, subjects),
        subject=np.tile(np.arange(subjects), unit.size),
        place=np.repeat(place, subjects),
        key=np.repeat(np.array(keys, dtype=np.uint32), subjects),
        gap=tables.add(exponential(float(EXPOSURE_ONE))),
    )
    return Observed(sights, watch, distinct[3:])


def _key(seen: Views) -> I64:
    """What names the streams of a scenario, shape (4, n)."""
    return np.stack((seen.unit, seen.place, seen.cls, seen.aspect))


def _check_streams(network: Network, unit: I64, subjects: int) -> None:
    """Refuse more observation streams than a run could ever follow."""
    if unit.size * subjects > MOST_STREAMS:
        kind = network.kinds[int(unit[MOST_STREAMS // subjects])]
        raise SpecError(
            f"desks x places x subjects that are seen there are at most {MOST_STREAMS:,}",
            "let fewer desks see, or declare fewer subjects, such as decoys",
            where=f"desks.{kind}.sees",
        )
