"""How much memory a world takes, before it is run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernel import bytes_an_entry, copy_bits, count_routes
from sim.seam import RATE_ONE, World

_LIVE_REPORTS_A_LANE = 400
_ACTIVE = 0.2
"""Share of the streams of observations that somebody active is seen in at a time."""
_KNOWN = 0.8
"""Share of the pairs of desk and subject that come to hold something."""
_BYTES_A_MODEL = 300_000
_BYTES_A_SUBJECT = 2_500
_STORED = 0.05
"""Share of what would be seen, if all subjects were as active, that is kept in a store that may
hold it; as measured under the freest policy in two scenarios."""
_BYTES_A_RECORD = 2 * 26
"""Of a record of a store, with the room behind it."""
_BYTES_A_FILE = 12
"""Of what a store has on a subject, beside the records."""
BYTES_A_ROUTE = 24
"""Of a channel in a row: its number, and what the compiled kernel has laid out beside it."""
_BYTES_A_TICK = 200
"""Of the calendars, which have two lists a tick, and the evidence left after each age."""


class Footprint(NamedTuple):
    """Bytes that running a world takes."""

    shared: int
    """Arrays that all processes read."""
    process: int
    """What each process makes of them beside, however many lanes it runs together."""
    lane: int
    """What each of the lanes takes that run together."""
    tick: int
    """What every tick touches of a lane, even if nothing happens in it."""


def footprint(world: World) -> Footprint:
    """Estimate the memory that a world takes, from the sizes of its arrays."""
    units, subjects = len(world.units.names), len(world.subjects.names)
    pairs = units * subjects * (4 + round(_KNOWN * bytes_an_entry(world)))
    queues = units * (world.urgencies * (3 * 4 + 2 * 8) + 4 + 8)
    streams = world.watch.unit.size * (8 + 4 + 4 + 4)
    reports = _live_reports(world) * (units * copy_bits(world.phases.onward.shape[1]) // 8 + 80)
    groups = len(world.groups)
    told = subjects * groups * 8 + groups * groups * 4
    agents = _BYTES_A_MODEL + subjects * _BYTES_A_SUBJECT
    phases = world.phases
    shared = world.tables.nbytes + sum(array.nbytes for array in vars(phases).values())
    routes = count_routes(world) * BYTES_A_ROUTE
    process = routes + phases.term.nbytes + phases.capacity.nbytes + world.horizon * _BYTES_A_TICK
    files = len(world.stores.names) * subjects * _BYTES_A_FILE
    stores = files + _records(world) * _BYTES_A_RECORD
    lane = pairs + queues + streams + reports + told + stores + agents
    tick = units * (world.urgencies * (3 * 4 + 3 * 8) + 4 * 4)
    return Footprint(shared, process, lane, tick)


def _seen_a_tick(world: World) -> NDArray[np.float64]:
    """Reports seen in a tick by phase and class, shape (D, C), if all are as active as a threat."""
    sights = world.sights
    made = np.minimum(world.phases.rate / RATE_ONE, 1.0) * _ACTIVE
    streams = np.bincount(world.watch.sight, minlength=sights.cls.size)
    of_class = sights.cls[:, None] == np.arange(len(world.classes.names))
    return np.asarray((made * streams) @ of_class, dtype=np.float64)


def _live_reports(world: World) -> int:
    """Reports of a lane that are alive at a time."""
    seen = (_seen_a_tick(world) * world.classes.lifetime).sum(axis=1).max()
    return max(_LIVE_REPORTS_A_LANE, round(float(seen)))


def _records(world: World) -> int:
    """Records of a lane in stores, by the end of what they keep them for."""
    stores = world.stores
    held = _seen_a_tick(world) @ stores.holds.T  # (D, Y)
    kept = np.minimum(world.phases.retention, world.horizon)
    return round(float((held * kept).sum(axis=1).max(initial=0)) * _STORED)
