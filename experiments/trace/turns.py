"""What changed on dates: the phases that a lane went through."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from experiments.trace.wording import count
from scenarios.changing import coming_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from experiments.trace.events import Events

_OF_CHANNELS = (
    ("term", (0, 2), "other rules on"),
    ("gate", (1,), "another law on"),
    ("latency", (), "other delays on"),
)
"""Arrays of phases over kinds of channels, their other axes, and what a difference means."""

_OF_DESKS = (
    ("capacity", (1,), "other reading at"),
    ("background", (1,), "other work beside it at"),
    ("recognise_at", (1,), "other evidence needed at"),
    ("origins_needed", (1,), "other partners needed at"),
    ("ask_at", (1,), "other evidence to ask at"),
)
_OF_ALL = (
    (("ask_every",), "another time between questions"),
    (("onward", "onward_chance", "onward_delay"), "another meaning of handling codes"),
    (("retention",), "another retention in stores"),
)


@dataclass(frozen=True)
class Turn:
    """A date from which on something else held."""

    tick: int
    measures: tuple[str, ...]
    """Measures that are in force from now on."""
    opened: tuple[str, ...]
    """Desks that are there from now on."""
    closed: tuple[str, ...]
    changed: tuple[str, ...]
    """What else changed, in words."""


def turns(events: Events) -> tuple[Turn, ...]:
    """Return the dates on which a lane went over to another phase."""
    points, point = events.world.points, events.lane.point
    entries = zip(points.starts[point].tolist(), points.phase[point].tolist(), strict=True)
    phases = {tick: phase for tick, phase in entries if tick < events.horizon}
    measures: dict[int, tuple[str, ...]] = {}
    lane = events.lane
    for tick, measure in coming_in(lane.compiled.layout.scenario, lane.policy):
        measures[tick] = (*measures.get(tick, ()), measure.short)
    ticks = sorted({*phases, *measures, 0})
    in_force = [phases[max(start for start in phases if start <= tick)] for tick in ticks]
    return tuple(
        _turn(events, tick, measures.get(tick, ()), before, after)
        for tick, (before, after) in zip(ticks[1:], pairwise(in_force), strict=True)
    )


def _turn(events: Events, tick: int, measures: tuple[str, ...], before: int, after: int) -> Turn:
    there = events.world.phases.open
    stays = there[before] & there[after]
    names = [desk.name for desk in events.desks]
    return Turn(
        tick=tick,
        measures=measures,
        opened=_named(names, there[after] & ~there[before]),
        closed=_named(names, there[before] & ~there[after]),
        changed=tuple(_changed(events, before, after, stays)),
    )


def _named(names: list[str], which: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(names[number] for number in np.flatnonzero(which).tolist())


def _changed(events: Events, before: int, after: int, stays: NDArray[np.bool_]) -> Iterator[str]:
    """Say what differs between two phases, but for desks that come and go."""
    world, phases = events.world, events.world.phases
    for name, axes, said in _OF_CHANNELS:
        table = getattr(phases, name)
        differs = (table[before] != table[after]).any(axis=axes)[world.channels.kind]
        if channels := int(differs.sum()):
            yield f"{said} {count(channels, 'channel')}"
    for name, axes, said in _OF_DESKS:
        table = getattr(phases, name)
        differs = (table[before] != table[after]).any(axis=axes) & stays
        if desks := int(differs.sum()):
            yield f"{said} {count(desks, 'desk')}"
    other = phases.rate[before] != phases.rate[after]
    seers = np.unique(world.watch.unit[other[world.watch.sight]])
    if desks := int(stays[seers].sum()):
        yield f"other chances to see something at {count(desks, 'desk')}"
    for names, said in _OF_ALL:
        tables = (getattr(phases, name) for name in names)
        if any((table[before] != table[after]).any() for table in tables):
            yield said
