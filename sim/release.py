"""Letting reports out: who may be told, whether, and when it lands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.arrays import group_bit, ranges
from sim.fusion import Fusion
from sim.lanes import Lanes
from sim.reports import ReportStore
from sim.streams import ONE, QUANTILE_BITS, QUANTILE_SHIFT, name_key
from sim.world import SITUATIONS, TRUST_ONE, Onward, World

I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]

RELEASE = name_key("release")
ANSWER = name_key("answer")
_PERMISSION = name_key("permission")
_FORBIDDEN, _PERMITTED = int(Onward.FORBIDDEN), int(Onward.PERMISSION)
_TRUST_SHIFT = np.uint64(TRUST_ONE.bit_length() - 1)


class Grant(NamedTuple):
    """What terms grant, by themselves or on request; arrays of shape (K,)."""

    stream: int
    """Names the draws."""
    chance: U64
    delay: NDArray[np.int32]


class Sending(NamedTuple):
    """Reports, each about to go over one channel; arrays of shape (n,)."""

    slot: I64
    channel: I64
    term: I64
    extra: I64
    """Ticks that a permission takes."""


class Outcome(NamedTuple):
    """What came of sendings."""

    sent: I64
    """Which of them are sent, shape (m,)."""
    due: I64
    """When these land, shape (m,)."""
    refused: I64
    """Which of them passed their chance but not the gate."""


class Release:
    """Expansion over channels, named draws, legal gate, due ticks."""

    def __init__(self, world: World, lanes: Lanes, store: ReportStore, fusion: Fusion) -> None:
        self._world, self._lanes, self._store, self._fusion = world, lanes, store, fusion
        self._groups = len(world.groups)
        self.trust = np.full((lanes.size, self._groups, self._groups), TRUST_ONE, dtype=np.int32)
        self._source_group = world.units.group[world.channels.src]
        self._target_group = world.units.group[world.channels.dst]
        self._target_bit = group_bit(self._target_group)
        self._pair_of_groups = self._source_group * self._groups + self._target_group
        self._routes = _Routes(world)
        terms = world.terms
        self.push = Grant(RELEASE, terms.push, terms.push_delay)
        self.pull = Grant(ANSWER, terms.pull, terms.pull_delay)
        self._quantiles = world.tables.reshape(-1)

    def terms(self, slot: I64, channel: I64) -> I64:
        """Terms under which the sources of `channel` may send reports over it now."""
        store, points, world = self._store, self._world.points, self._world
        lane = store.lane[slot]
        pair = self._fusion.pair(lane, world.channels.src[channel], store.subject[slot])
        concerned = (self._fusion.origins[pair] & self._target_bit[channel]) != 0
        passes_on = self._source_group[channel] != world.units.group[store.unit[slot]]
        situation = 2 * passes_on + concerned
        _, _, channels, classes = points.term.shape
        flat = (self._lanes.point[lane] * SITUATIONS + situation) * channels + channel
        term: I64 = points.term.reshape(-1)[flat * classes + store.cls[slot]].astype(np.int64)
        return term

    def expand(self, slot: I64, unit: I64, extra: I64) -> Sending:
        """All sendings by which `unit` may tell others of the report in `slot`."""
        store, routes = self._store, self._routes
        point = self._lanes.point[store.lane[slot]]
        row = (point * self._world.gate.shape[1] + store.cls[slot]) * routes.units + unit
        place, index = ranges(routes.start[row], routes.count[row])
        channel = routes.channel[place]
        target = self._world.channels.dst[channel]
        slots = slot[index]
        wanted = target != store.unit[slots]
        wanted &= (store.audience[slots] & self._target_bit[channel]) != 0
        slots, channel, index = slots[wanted], channel[wanted], index[wanted]
        term = self.terms(slots, channel)
        granted = self._world.terms.push[term] > 0
        return Sending(slots[granted], channel[granted], term[granted], extra[index[granted]])

    def permitted(self, slot: I64, unit: I64) -> tuple[Bool, I64]:
        """Whether holders may pass reports on, and the ticks that takes."""
        store, points = self._store, self._world.points
        if not slot.size:
            return np.empty(0, dtype=np.bool_), slot
        lane = store.lane[slot]
        point = self._lanes.point[lane]
        code = store.copies[slot, unit].astype(np.int64) - 1
        mode = points.onward[point, code]
        may = mode != _FORBIDDEN
        extra = np.zeros(slot.size, dtype=np.int64)
        asks = (mode == _PERMITTED).nonzero()[0]
        if asks.size:
            key = store.key[slot[asks]]
            words = self._lanes.draw(
                lane[asks],
                _PERMISSION,
                key >> np.uint64(32),
                key & np.uint64(0xFFFFFFFF),
                self._world.units.key[unit[asks]],
            )
            point, code = point[asks], code[asks]
            may[asks] = words[0] < points.onward_chance[point, code]
            extra[asks] = self._quantile(points.onward_delay[point, code], words[1])
        return may, extra

    def decide(self, tick: int, sending: Sending, grant: Grant) -> Outcome:
        """Draw which sendings pass their chance and the gate, and when they land."""
        world, store = self._world, self._store
        slot, channel, term, extra = sending
        lane, key = store.lane[slot], store.key[slot]
        words = self._lanes.draw(
            lane,
            grant.stream,
            key >> np.uint64(32),
            key & np.uint64(0xFFFFFFFF),
            world.channels.key[channel],
        )
        chance = self._trusted(lane, channel, term, grant.chance[term])
        passed = (words[0] < chance).nonzero()[0]
        allowed = world.gate[channel[passed], store.cls[slot[passed]]]
        sent = passed[allowed]
        delay = grant.delay[term[sent]]
        latency = world.points.latency[self._lanes.point[lane[sent]], channel[sent]]
        wait = self._quantile(latency, words[1][sent]) + self._quantile(delay, words[2][sent])
        return Outcome(sent, tick + np.maximum(wait + extra[sent], 1), passed[~allowed])

    def _trusted(self, lane: I64, channel: I64, term: I64, threshold: U64) -> U64:
        """Thresholds scaled by trust where the term says so."""
        scales = self._world.terms.trusted[term]
        if not scales.any():
            return threshold
        place = lane * (self._groups * self._groups) + self._pair_of_groups[channel]
        trust = self.trust.reshape(-1)[place].astype(np.uint64)
        scaled = (threshold * trust) >> _TRUST_SHIFT
        return np.where(scales, np.minimum(scaled, np.uint64(ONE)), threshold)

    def _quantile(self, table: NDArray[np.int32], word: U32) -> I64:
        place = (table.astype(np.int64) << QUANTILE_BITS) + (word >> np.uint32(QUANTILE_SHIFT))
        ticks: I64 = self._quantiles[place].astype(np.int64)
        return ticks


class _Routes:
    """Channels over which some rule may push, by design point, class and unit (rows)."""

    def __init__(self, world: World) -> None:
        points, push = world.points, world.terms.push
        designs, _, channels, classes = points.term.shape
        self.units = len(world.units.names)
        rows = designs * classes * self.units
        self.start = np.zeros(rows, dtype=np.int64)
        self.count = np.zeros(rows, dtype=np.int64)
        parts: list[I64] = []
        for design in range(designs):
            is_open = (push[points.term[design]] > 0).any(axis=0).reshape(channels, classes)
            for cls in range(classes):
                used = np.flatnonzero(is_open[:, cls])
                row = (design * classes + cls) * self.units
                self.count[row : row + self.units] = np.bincount(
                    world.channels.src[used], minlength=self.units
                )
                parts.append(used)
        self.channel = np.concatenate(parts)
        self.start = np.cumsum(self.count) - self.count
