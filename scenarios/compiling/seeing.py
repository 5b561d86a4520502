"""What desks see, as sights and streams of observations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scenarios.compiling.channels import Network
from scenarios.compiling.closed import closed_desks
from scenarios.compiling.threats import Threats
from scenarios.errors import SpecError
from scenarios.reading import Atlas
from scenarios.schema import Scenario, Sight, ThreatSpec
from sim.draws import TableStore, exponential, name_key, threshold
from sim.seam import EXPOSURE_ONE, RATE_ONE, Sights, Watch

I64 = NDArray[np.int64]
U64 = NDArray[np.uint64]

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
    kind: I64
    """Threat whose subjects are seen."""
    rate: I64
    """Observations a tick at activity level 1, in ``1 / RATE_ONE``; above 0."""
    shows: U64
    """Chances that each face is shown, as thresholds, shape (n, faces)."""


def views(scenario: Scenario, atlas: Atlas, network: Network) -> Views:
    """Return what the desks of a scenario see; classes are numbered as it declares them."""
    classes = {name: number for number, name in enumerate(scenario.reports)}
    ticks = _YEAR_H / scenario.tick_h
    members = list(atlas.members.values())
    threats = Threats.of(scenario, tuple(atlas.members))
    rows: list[tuple[int, int, int, int, int, int]] = []
    shows: list[list[int]] = []
    closed = closed_desks(scenario, network)
    for unit, desk in enumerate(network.desks):
        at_home = int(network.place[unit])
        places = range(len(members)) if at_home < 0 else (at_home,)
        for kind, (name, threat) in enumerate(scenario.threats.items()):
            looks = threat.happens and not closed[unit]
            for sight in threat.sees.get(desk.kind, ()) if looks else ():
                rate = round(sight.per_year / ticks * RATE_ONE)
                if rate:
                    own = threat.aspects.index(sight.aspect or threat.aspects[0])
                    seen = classes[sight.report], threats.first_aspect[name] + own, kind, rate
                    there = list(_places(sight, places, atlas))
                    rows += [(unit, place, *seen) for place in there]
                    shows += [_shown(sight, threat, threats.most_faces)] * len(there)
    columns = np.array(rows, dtype=np.int64).reshape(-1, 6).T
    shown = np.array(shows, dtype=np.uint64).reshape(-1, threats.most_faces)
    first, second, third, fourth, fifth, sixth = columns
    return Views(first, second, third, fourth, fifth, sixth, shown)


def _shown(sight: Sight, threat: ThreatSpec, most: int) -> list[int]:
    """Return the chances that a sight shows each face, as thresholds."""
    chances = dict.fromkeys(threat.faces, 1.0) if sight.shows is None else sight.shows
    own = [threshold(chances.get(face, 0.0)) for face in threat.faces]
    return own + [0] * (most - len(own))


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
    seen: Sequence[Views], network: Network, threats: Threats, tables: TableStore
) -> Observed:
    """Compile what the desks of all scenarios of a world see.

    A sight is a class of report that a kind of desk sees at one rate in each of the scenarios.

    Parameters
    ----------
    seen
        What is seen in each scenario, numbered as in the world.
    network
        Desks of the world.
    threats
        What there is to see.
    """
    stream = np.unique(np.concatenate([_key(each) for each in seen], axis=1), axis=1)
    unit, place, cls, aspect, of = stream
    subjects = [np.arange(those.start, those.stop) for those in threats.ranges.values()]
    several = np.array([those.size for those in subjects])[of]
    _check_streams(network, unit, several, list(threats.specs), of)
    kinds = {kind: number for number, kind in enumerate(dict.fromkeys(network.kinds))}
    kind = np.array([kinds[network.kinds[one]] for one in unit.tolist()], dtype=np.int64)
    rows = {key: row for row, key in enumerate(zip(*stream.tolist(), strict=True))}
    rate = np.zeros((len(seen), unit.size), dtype=np.int64)
    shows = np.zeros((unit.size, threats.most_faces), dtype=np.uint64)
    for number, each in enumerate(seen):
        own = [rows[key] for key in zip(*_key(each).tolist(), strict=True)]
        rate[number, own] = each.rate
        shows[own] = each.shows
    told = np.concatenate((np.stack((kind, cls, aspect, of)), rate))
    distinct, first, sight = np.unique(told, axis=1, return_index=True, return_inverse=True)
    sights = Sights(cls=distinct[1], aspect=distinct[2], shows=shows[first])
    names, places = network.units.names, network.members
    pairs = zip(unit.tolist(), place.tolist(), strict=True)
    keys = [name_key(f"watch:{names[one]}@{places[there]}") for one, there in pairs]
    watch = Watch(
        sight=np.repeat(sight.reshape(-1), several),
        unit=np.repeat(unit, several),
        subject=np.concatenate([np.empty(0, dtype=np.int64), *(subjects[kind] for kind in of)]),
        place=np.repeat(place, several),
        key=np.repeat(np.array(keys, dtype=np.uint32), several),
        gap=tables.add(exponential(float(EXPOSURE_ONE))),
    )
    return Observed(sights, watch, distinct[4:])


def _key(seen: Views) -> I64:
    """What names the streams of a scenario, shape (5, n)."""
    return np.stack((seen.unit, seen.place, seen.cls, seen.aspect, seen.kind))


def _check_streams(
    network: Network, unit: I64, several: I64, threats: Sequence[str], of: I64
) -> None:
    """Refuse more observation streams than a run could ever follow.

    Parameters
    ----------
    unit, of
        Desk that sees something of one place, and the threat that it sees, shape (n,).
    several
        Subjects of that threat, shape (n,).
    """
    over = np.flatnonzero(several.cumsum() > MOST_STREAMS)
    if over.size:
        first = int(over[0])
        raise SpecError(
            f"desks x places x subjects that are seen there are at most {MOST_STREAMS:,}",
            "let fewer desks see, or declare fewer subjects, such as decoys",
            where=f"threats.{threats[int(of[first])]}.sees.{network.kinds[int(unit[first])]}",
        )
