"""What there is to see: observation streams with exposures and gaps.

The k-th observation of a stream comes when its exposure (activity summed over time) has passed
the sum of its first k + 1 gaps. Gaps are named draws, so the same trace is or is not there in
every world of a pair, however much later another policy lets it come.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.draws import QUANTILE_SHIFT
from sim.kernel.arrays import Buckets, rank_in_run, run_starts
from sim.kernel.lanes import Lanes
from sim.kernel.timetable import Turn
from sim.seam import NEVER, World

I64 = NDArray[np.int64]

NOT_STARTED = -1
NOT_SEEN = -1


def _spots(world: World) -> tuple[NDArray[np.int32], I64]:
    """Number the spots that anybody sees: an aspect of a subject at a place.

    Returns
    -------
    spots
        Number of each spot or `NOT_SEEN`, shape (S, P, A).
    spot
        Number of the spot that each stream sees, shape (O,).
    """
    watch, shape = world.watch, (len(world.subjects.names), len(world.places), len(world.aspects))
    spots = np.full(shape, NOT_SEEN, dtype=np.int32)
    at = watch.subject, watch.place, world.sights.aspect[watch.sight]
    spots[at] = 0
    seen = spots == 0
    spots[seen] = np.arange(np.count_nonzero(seen))
    return spots, spots[at].astype(np.int64)


class Observation:
    """Streams of all lanes; activity levels and the calendar of coming observations."""

    def __init__(self, world: World, lanes: Lanes, buckets: type[Buckets] = Buckets) -> None:
        self._watch, self._lanes, self._world = world.watch, lanes, world
        shape = (lanes.size, world.watch.unit.size)
        self._remaining = np.zeros(shape, dtype=np.int64)
        self._since = np.zeros(shape, dtype=np.int32)
        self._due = np.full(shape, NEVER, dtype=np.int32)
        self._ordinal = np.full(shape, NOT_STARTED, dtype=np.int32)
        self._coming = buckets(world.horizon)
        self._asked: dict[tuple[int, int], int] = {}
        self._cls, self._rate = world.sights.cls[world.watch.sight], world.phases.rate
        self._spots, self._spot = _spots(world)
        self._by_spot = np.argsort(self._spot, kind="stable")
        seen = np.arange(self._spots.max(initial=NOT_SEEN) + 2)
        self._spot_start = np.searchsorted(self._spot[self._by_spot], seen)
        self._level = np.zeros((lanes.size, seen.size - 1), dtype=np.int64)

    def set_activity(self, lane: int, subject: int, place: int, aspect: int, level: int) -> None:
        """Note a level; it is taken up by the next `due`, the last call of a tick counts."""
        spot = int(self._spots[subject, place, aspect])
        if spot != NOT_SEEN:
            self._asked[lane, spot] = level

    def due(self, tick: int) -> tuple[I64, I64, I64]:
        """Lanes, streams and ordinals of the observations made at `tick`."""
        if self._asked:
            self._take_up(tick)
        coming = self._coming.take(tick)
        if not coming.size:
            return coming, coming, coming
        coming.sort()
        return self._observe(tick, coming[run_starts(coming)])

    def _observe(self, tick: int, coming: I64) -> tuple[I64, I64, I64]:
        """Return lanes, streams and ordinals of what comes; plan what these streams see next."""
        lane, stream = np.divmod(coming, self._due.shape[1])
        current = self._due[lane, stream] == tick
        lane, stream = lane[current], stream[current]
        ordinal = self._ordinal[lane, stream].astype(np.int64)
        speed = self._speed(lane, stream)
        spent = speed * (tick - self._since[lane, stream])
        remaining = self._remaining[lane, stream] - spent + self._gap(lane, stream, ordinal + 1)
        self._ordinal[lane, stream] = ordinal + 1
        self._plan(tick, lane, stream, remaining, speed, overdue=tick + 1)
        return lane, stream, ordinal

    def _take_up(self, tick: int) -> None:
        """Change the levels asked for, and the plans of the streams that see them."""
        lane, spot = np.array(list(self._asked), dtype=np.int64).T.copy()
        level = np.array(list(self._asked.values()), dtype=np.int64)
        self._asked.clear()
        self._change(tick, lane, spot, level)

    def _change(self, tick: int, lane: I64, spot: I64, level: I64) -> None:
        """Set levels, one of each lane and spot."""
        counts = self._spot_start[spot + 1] - self._spot_start[spot]
        change = np.repeat(np.arange(lane.size), counts)
        stream = self._by_spot[self._spot_start[spot][change] + rank_in_run(change)]
        lanes = lane[change]
        fresh = self._ordinal[lanes, stream] == NOT_STARTED
        first_lane, first_stream = lanes[fresh], stream[fresh]
        self._ordinal[first_lane, first_stream] = 0
        self._remaining[first_lane, first_stream] = self._gap(
            first_lane, first_stream, np.zeros(first_lane.size, dtype=np.int64)
        )
        spent = self._speed(lanes, stream) * (tick - self._since[lanes, stream])
        remaining = self._remaining[lanes, stream] - spent
        self._level[lane, spot] = level
        self._plan(tick, lanes, stream, remaining, self._speed(lanes, stream), overdue=tick)

    def _speed(self, lane: I64, stream: I64) -> I64:
        """Exposure a tick."""
        return self._speed_in(self._lanes.phase[lane], lane, stream)

    def _speed_in(self, phase: I64, lane: I64, stream: I64) -> I64:
        """Exposure a tick in some phases."""
        level = self._level[lane, self._spot[stream]]
        speed: I64 = self._rate[phase, self._watch.sight[stream]] * level
        return speed

    def turn(self, tick: int, turn: Turn) -> None:
        """Change the plans of streams whose rates are others from now on."""
        sight = self._watch.sight
        changed = (self._rate[turn.before] != self._rate[turn.after])[:, sight]
        changed &= self._ordinal[turn.lane] != NOT_STARTED
        which, stream = np.nonzero(changed)
        lane = turn.lane[which]
        spent = self._speed_in(turn.before[which], lane, stream) * (
            tick - self._since[lane, stream]
        )
        remaining = self._remaining[lane, stream] - spent
        self._plan(tick, lane, stream, remaining, self._speed(lane, stream), overdue=tick)

    def _gap(self, lane: I64, stream: I64, ordinal: I64) -> I64:
        watch, world = self._watch, self._world
        word = self._lanes.draw(
            lane,
            world.classes.gap_key[self._cls[stream]],
            world.subjects.key[watch.subject[stream]],
            watch.key[stream],
            ordinal,
        )[0]
        gap: I64 = world.tables[watch.gap, word >> np.uint32(QUANTILE_SHIFT)].astype(np.int64)
        return gap

    def _plan(
        self, tick: int, lane: I64, stream: I64, remaining: I64, speed: I64, *, overdue: int
    ) -> None:
        """Store what remains and enter the next observation into the calendar."""
        wait = np.where(speed > 0, -(-remaining // np.maximum(speed, 1)), NEVER)
        due = np.where(remaining <= 0, overdue, np.minimum(tick + wait, NEVER))
        self._remaining[lane, stream] = remaining
        self._since[lane, stream] = tick
        self._due[lane, stream] = due
        coming = due < self._world.horizon
        self._coming.put(due[coming], (lane * self._due.shape[1] + stream)[coming])
