"""What there is to see, compiled."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.draws import QUANTILE_SHIFT
from sim.kernel.compiled.calendar import CompiledBuckets
from sim.kernel.compiled.jit import jit, leaf
from sim.kernel.compiled.streams import philox
from sim.kernel.lanes import Lanes
from sim.kernel.observation import NOT_STARTED, Observation
from sim.seam import NEVER, World

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
U32 = NDArray[np.uint32]


class CompiledObservation(Observation):
    """Streams of all lanes."""

    def __init__(self, world: World, lanes: Lanes) -> None:
        super().__init__(world, lanes, CompiledBuckets)

    def _observe(self, tick: int, coming: I64) -> tuple[I64, I64, I64]:
        """Return lanes, streams and ordinals of what comes; plan what these streams see next."""
        lane, stream, ordinal, due, entry = _observe(tick, coming, self._streams, self._rules)
        self._coming.put(due, entry)
        return lane, stream, ordinal

    def _change(self, tick: int, lane: I64, spot: I64, level: I64) -> None:
        """Set levels, one of each lane and spot."""
        changes = lane, spot, level
        self._coming.put(*_change(tick, changes, self._streams, self._rules))

    @cached_property
    def _streams(self) -> _Streams:
        """State of all streams."""
        return _Streams(self._level, self._remaining, self._since, self._due, self._ordinal)

    @cached_property
    def _rules(self) -> _Rules:
        """What stays the same for as long as the batch runs."""
        world, watch = self._world, self._watch
        return _Rules(
            self._spot,
            self._rate,
            watch.sight,
            self._lanes.phase,
            world.classes.gap_key[self._cls],
            world.subjects.key[watch.subject],
            watch.key,
            world.tables[watch.gap],
            self._lanes.key,
            self._by_spot,
            self._spot_start,
            world.horizon,
        )


class _Streams(NamedTuple):
    """State of the streams of each lane, shape (L, O); levels are by spot."""

    level: I64
    remaining: I64
    since: I32
    due: I32
    ordinal: I32


class _Rules(NamedTuple):
    """What streams see, and the names of their draws."""

    spot: I64
    rate: I64
    """By phase and sight."""
    sight: I64
    phase: I64
    draw: U32
    about: U32
    by: U32
    gaps: I32
    world_key: U32
    by_spot: I64
    spot_start: I64
    horizon: int


@jit
def _observe(
    tick: int, coming: I64, streams: _Streams, rules: _Rules
) -> tuple[I64, I64, I64, I64, I64]:
    """Return lanes, streams and ordinals of what comes; and when these come next, and entries."""
    width = streams.due.shape[1]
    lanes, seers, ordinals = np.empty_like(coming), np.empty_like(coming), np.empty_like(coming)
    count = 0
    for entry in coming:
        lane, seer = entry // width, entry % width
        if streams.due[lane, seer] == tick:
            lanes[count], seers[count] = lane, seer
            ordinals[count] = streams.ordinal[lane, seer]
            count += 1
    lanes, seers, ordinals = lanes[:count], seers[:count], ordinals[:count]
    gaps = _gaps(lanes, seers, ordinals + 1, rules)
    for at in range(count):
        lane, seer = lanes[at], seers[at]
        streams.ordinal[lane, seer] += 1
        _spend(tick, lane, seer, streams, rules)
        streams.remaining[lane, seer] += gaps[at]
        _plan(tick, lane, seer, tick + 1, streams, rules)
    due, entries = _planned(lanes, seers, streams, rules.horizon)
    return lanes, seers, ordinals, due, entries


@jit
def _change(
    tick: int, changes: tuple[I64, I64, I64], streams: _Streams, rules: _Rules
) -> tuple[I64, I64]:
    """Set levels; return when the streams that see them come next, and their entries."""
    lanes, seers, fresh = _seeing(changes, streams, rules)
    gaps = _gaps(lanes[fresh], seers[fresh], np.zeros_like(fresh), rules)
    for at in range(fresh.size):
        lane, seer = lanes[fresh[at]], seers[fresh[at]]
        streams.ordinal[lane, seer] = 0
        streams.remaining[lane, seer] = gaps[at]
    for at in range(lanes.size):
        _spend(tick, lanes[at], seers[at], streams, rules)
    for at in range(changes[0].size):
        streams.level[changes[0][at], changes[1][at]] = changes[2][at]
    for at in range(lanes.size):
        _plan(tick, lanes[at], seers[at], tick, streams, rules)
    return _planned(lanes, seers, streams, rules.horizon)


@jit
def _seeing(
    changes: tuple[I64, I64, I64], streams: _Streams, rules: _Rules
) -> tuple[I64, I64, I64]:
    """Return lanes and streams that see what changes; and which of them have not started."""
    lane, spot, _ = changes
    most = (rules.spot_start[spot + 1] - rules.spot_start[spot]).sum()
    lanes, seers = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    fresh = np.empty_like(lanes)
    count, started = 0, 0
    for at in range(lane.size):
        for number in range(rules.spot_start[spot[at]], rules.spot_start[spot[at] + 1]):
            lanes[count], seers[count] = lane[at], rules.by_spot[number]
            if streams.ordinal[lanes[count], seers[count]] == NOT_STARTED:
                fresh[started] = count
                started += 1
            count += 1
    return lanes, seers, fresh[:started]


@leaf
def _speed(lane: int, seer: int, streams: _Streams, rules: _Rules) -> int:
    """Exposure a tick."""
    rate = rules.rate[rules.phase[lane], rules.sight[seer]]
    return int(rate * streams.level[lane, rules.spot[seer]])


@leaf
def _spend(tick: int, lane: int, seer: int, streams: _Streams, rules: _Rules) -> None:
    """Take off what was exposed since the last time."""
    speed = _speed(lane, seer, streams, rules)
    streams.remaining[lane, seer] -= speed * (tick - streams.since[lane, seer])
    streams.since[lane, seer] = tick


@leaf
def _plan(tick: int, lane: int, seer: int, overdue: int, streams: _Streams, rules: _Rules) -> None:
    """Say when the next observation comes."""
    remaining, speed = streams.remaining[lane, seer], _speed(lane, seer, streams, rules)
    due = NEVER
    if remaining <= 0:
        due = overdue
    elif speed > 0:
        due = min(tick + (remaining + speed - 1) // speed, NEVER)
    streams.due[lane, seer] = due


@jit
def _planned(lanes: I64, seers: I64, streams: _Streams, horizon: int) -> tuple[I64, I64]:
    """Return when streams come next, and their entries; none after the horizon."""
    due, entries = np.empty_like(lanes), np.empty_like(lanes)
    count = 0
    for at in range(lanes.size):
        due[count] = streams.due[lanes[at], seers[at]]
        entries[count] = lanes[at] * streams.due.shape[1] + seers[at]
        count += due[count] < horizon
    return due[:count], entries[:count]


@jit
def _gaps(lanes: I64, seers: I64, ordinals: I64, rules: _Rules) -> I64:
    """Exposure between observations."""
    parts = np.empty((6, lanes.size), dtype=np.uint32)
    for at in range(lanes.size):
        lane, seer = lanes[at], seers[at]
        parts[0, at], parts[1, at] = rules.draw[seer], rules.about[seer]
        parts[2, at], parts[3, at] = rules.by[seer], ordinals[at]
        parts[4, at], parts[5, at] = rules.world_key[0, lane], rules.world_key[1, lane]
    words = philox(parts)[0]
    gaps = np.empty_like(lanes)
    for at in range(lanes.size):
        gaps[at] = rules.gaps[words[at] >> np.uint32(QUANTILE_SHIFT)]
    return gaps
