"""The random network as a world of the engine, built from whole arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.draws.streams import ONE
from sim.draws.tables import exponential
from sim.seam.world import UNLIMITED, Channels, Units, World
from tests.benchmarks.network import CHANCE, MEAN_DELAY
from tests.worlds import Kind, Point, Rule, Sketch, build

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.benchmarks.network import Network

HORIZON: Final = 160
"""Ticks after which nothing is under way any more; the tests hold it to that."""


def world_of(network: Network) -> World:
    """Return a world in which everybody reads at once and passes everything on; no more.

    What two units joined by one channel have is stretched to the size of the network: sketches
    of a hundred thousand channels take long, and that many 32-bit names would clash.
    """
    at_once = [UNLIMITED]
    units, channels = network.units, network.target.size
    pair = build(
        Sketch(
            groups=(0, 0),
            kinds=[Kind(lifetime=HORIZON, weight=0)],
            rules=[Rule(push=round(CHANCE * ONE))],
            points=[
                Point(latency={0: exponential(MEAN_DELAY)}, capacity=dict.fromkeys((0, 1), at_once))
            ],
            horizon=HORIZON,
        )
    )
    phases = pair.phases
    return replace(
        pair,
        units=Units(
            names=("",) * units,
            key=_keys(units),
            group=np.zeros(units, dtype=np.int64),
            place=np.full(units, -1),
        ),
        channels=Channels(
            names=("",) * channels,
            src=np.repeat(np.arange(units), network.degree),
            dst=network.target.reshape(-1),
            key=_keys(channels),
            reverse=np.full(channels, -1),
            kind=np.zeros(channels, dtype=np.int64),
        ),
        phases=replace(
            phases,
            open=np.repeat(phases.open[:, :1], units, axis=1),
            capacity=np.repeat(phases.capacity[:, :1], units, axis=1),
            background=np.repeat(phases.background[:, :1], units, axis=1),
            recognise_at=np.repeat(phases.recognise_at[:, :1], units, axis=1),
            origins_needed=np.repeat(phases.origins_needed[:, :1], units, axis=1),
            ask_at=np.repeat(phases.ask_at[:, :1], units, axis=1),
        ),
    )


def _keys(count: int) -> NDArray[np.uint32]:
    """Different keys: multiples of an odd number, which do not repeat within 2**32."""
    return np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B1)
