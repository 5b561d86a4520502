"""Large worlds made of arrays at once, and the bare work of spreading in them.

A report starts at a drawn unit of a random directed network and spreads: whoever reads it tries
every channel once, each attempt passes with chance one half, and takes an exponential time of four
ticks in the mean. Desks read at once whatever arrives; nothing is evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sim import LaneId
from sim.streams import ONE
from sim.tables import TableStore, constant, exponential
from sim.world import (
    DECAY_ONE,
    EXPOSURE_ONE,
    MAX_GROUPS,
    NEVER,
    SITUATIONS,
    UNLIMITED,
    Channels,
    Classes,
    Points,
    Role,
    Subjects,
    Terms,
    Units,
    Watch,
    World,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim import Engine, Happenings

CHANCE: Final = ONE // 2
MEAN_LATENCY: Final = 4
HORIZON: Final = 160
SEED: Final = 12


@dataclass(frozen=True)
class Flood:
    """Reports that spread."""

    units: int = 200
    degree: int = 10
    reports: int = 10
    lanes: int = 1


def spreading_world(units: int, degree: int, horizon: int = HORIZON) -> World:
    """Return a world in which each unit has channels to `degree` others, drawn with repetition."""
    count = units * degree
    src = np.repeat(np.arange(units), degree)
    dst = np.random.default_rng(SEED).integers(0, units - 1, count)
    dst += dst >= src
    tables = TableStore()
    nothing, latency = tables.add(constant(0)), tables.add(exponential(MEAN_LATENCY))
    gap = tables.add(constant(EXPOSURE_ONE))
    group = np.minimum(np.arange(units), MAX_GROUPS - 1)
    return World(
        groups=("organisation",) * int(group[-1] + 1),
        places=(),
        units=Units(("desk",) * units, _numbers(units), group, np.full(units, -1)),
        channels=Channels(("channel",) * count, src, dst, _numbers(count), np.full(count, -1)),
        classes=_one_class(nothing, horizon),
        subjects=Subjects(("news",), _numbers(1)),
        watch=Watch(*(np.empty(0, np.int64),) * 4, _numbers(0), np.empty(0, np.int64), gap),
        gate=np.ones((count, 1), np.bool_),
        terms=_two_terms(nothing),
        points=_one_point(units, count, latency, nothing),
        tables=tables.stack(),
        decay=np.full(2 * horizon + 2, DECAY_ONE, np.int64),
        horizon=horizon,
    )


def _numbers(count: int) -> NDArray[np.uint32]:
    return np.arange(count, dtype=np.uint32)


def _one_class(weight: int, horizon: int) -> Classes:
    return Classes(
        names=("news",),
        role=np.array([Role.EVIDENCE], np.int8),
        urgency=np.zeros(1, np.int8),
        lifetime=np.array([horizon + 1], np.int32),
        persons=np.zeros(1, np.int32),
        weight=np.array([weight], np.int32),
        addressed=np.zeros(1, np.bool_),
        trace_key=np.array([1], np.uint32),
        emit_key=np.array([2], np.uint32),
        gap_key=np.array([3], np.uint32),
    )


def _two_terms(nothing: int) -> Terms:
    """Never, and the one of everybody."""
    none = np.zeros(2, np.int8)
    return Terms(
        push=np.array([0, CHANCE], np.uint64),
        push_delay=np.full(2, nothing, np.int32),
        pull_mode=none,
        pull=np.zeros(2, np.uint64),
        pull_delay=np.full(2, nothing, np.int32),
        handling=none,
        retention=np.zeros(2, np.int32),
        trusted=np.zeros(2, np.bool_),
        automatic=np.zeros(2, np.bool_),
    )


def _one_point(units: int, channels: int, latency: int, nothing: int) -> Points:
    def everywhere(value: int) -> NDArray[np.int32]:
        return np.full((1, units), value, np.int32)

    return Points(
        names=("only",),
        term=np.ones((1, SITUATIONS, channels, 1), np.uint16),
        latency=np.full((1, channels), latency, np.int32),
        capacity=np.full((1, units, 1), UNLIMITED, np.int32),
        background=np.full((1, units, 1), -1, np.int32),
        recognise_at=everywhere(NEVER),
        origins_needed=everywhere(1),
        ask_at=everywhere(NEVER),
        ask_every=np.ones(1, np.int32),
        onward=np.zeros((1, 1), np.int8),
        onward_chance=np.full((1, 1), ONE, np.uint64),
        onward_delay=np.full((1, 1), nothing, np.int32),
    )


class Writers:
    """A host that has reports written at drawn units before tick 0, and nothing else."""

    def __init__(self, flood: Flood) -> None:
        random = np.random.default_rng(SEED)
        self.unit = random.integers(0, flood.units, (flood.lanes, flood.reports))

    def start(self, engine: Engine) -> None:
        """Have them written."""
        for lane, units in enumerate(self.unit.tolist()):
            for unit in units:
                engine.emit(lane, unit, 0, 0)

    def react(self, tick: int, happenings: Happenings) -> None:
        """Do nothing."""

    def work(self, tick: int) -> None:
        """Do nothing."""

    def move(self, tick: int) -> None:
        """Do nothing."""

    def end(self, tick: int) -> None:
        """Do nothing."""


def lanes(count: int) -> list[LaneId]:
    """Return addresses of that many random worlds."""
    return [LaneId(0, SEED, number) for number in range(count)]
