"""First-passage times against SciPy's shortest paths over the same drawn latencies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sim.draws.streams import ONE, name_key
from sim.draws.tables import exponential, poisson
from sim.kernel.engine import Kernel
from sim.kernel.release import Release
from sim.seam.port import LaneId, Log, advance
from sim.seam.world import NEVER, World
from tests.worlds import Action, Link, Point, Rule, ScriptedHost, Sketch, build

pytestmark = pytest.mark.verify

UNITS, HORIZON = 40, 120
CHANCES = (ONE, ONE // 2, ONE // 5)
STARTS = ((3, 0), (9, 17), (25, 39))
"""(tick, unit) of three reports."""


def ends(seed: int, count: int = 200) -> list[tuple[int, int]]:
    """Return different directed pairs."""
    rng = np.random.default_rng(seed)
    pairs = {
        (int(src), int(dst)) for src, dst in rng.integers(UNITS, size=(count, 2)) if src != dst
    }
    return sorted(pairs)


def world_of(seed: int) -> World:
    """Return a random network in which latency varies; points differ in the chance of release."""
    links = [Link(*pair) for pair in ends(seed)]
    latency = {
        channel: (exponential(6.0), poisson(3.0), 0)[channel % 3] for channel in range(len(links))
    }
    cells = [(situation, channel, 0) for situation in range(4) for channel in range(len(links))]
    return build(
        Sketch(
            groups=[unit % 5 for unit in range(UNITS)],
            links=links,
            rules=[Rule(push=chance, push_delay=exponential(2.0)) for chance in CHANCES],
            points=[
                Point(latency=latency, term=dict.fromkeys(cells, 1 + number))
                for number in range(len(CHANCES))
            ],
            horizon=HORIZON,
        )
    )


def word_about(key: int, stream: int, entity: int) -> int:
    """Word about a report, written from docs/semantics.md and not taken from the program."""
    z = (key + 0x9E3779B97F4A7C15 * (stream * 2**32 + entity)) % 2**64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31


def ticks_of(world: World, lane: LaneId, key: int, channel: int) -> int:
    """Ticks from reading to delivery as the rules have it, or NEVER."""
    word = word_about(key, name_key("release"), int(world.channels.key[channel]))
    chance, first, second = word >> 32, word >> 20 & 4095, word >> 8 & 4095
    term = 1 + lane.point
    if chance >= int(world.terms.push[term]):
        return NEVER
    latency = world.tables[world.phases.latency[lane.point, world.channels.kind[channel]], first]
    delay = world.tables[world.terms.push_delay[term], second]
    return max(1, int(latency) + int(delay))


def shortest(world: World, lane: LaneId, key: int, origin: int) -> NDArray[np.float64]:
    """Ticks to each unit along the quickest way."""
    channels = world.channels
    drawn = [ticks_of(world, lane, key, channel) for channel in range(channels.src.size)]
    open_ = np.array(drawn) < NEVER
    graph = csr_array(
        (np.array(drawn)[open_], (channels.src[open_], channels.dst[open_])), shape=(UNITS, UNITS)
    )
    return np.asarray(dijkstra(graph, indices=np.array(origin)))


Arrivals = dict[tuple[int, int, int], int]
"""(lane, report key, unit): tick."""


def arrivals(world: World, lanes: list[LaneId]) -> tuple[Arrivals, Arrivals]:
    """Deliveries in the kernel, and those that shortest paths foretell."""
    script = [Action(tick, "emit", (unit, 0, 0)) for tick, unit in STARTS]
    log = Log()
    advance(Kernel(world, lanes, log), ScriptedHost([script] * len(lanes)), HORIZON)
    found = {
        (lane, key, int(world.channels.dst[channel])): tick
        for tick, lane, key, channel in log.deliveries
    }
    assert len(found) == len(log.deliveries)
    assert len(log.made) == len(STARTS) * len(lanes)
    foretold = {}
    for made, lane, key, _, _, origin in log.made:
        away = shortest(world, lanes[lane], key, origin)
        for unit in np.flatnonzero(np.isfinite(away) & (away > 0)):
            tick = made + int(away[unit])
            # The horizon and the end of its life cut a report's ways short.
            if tick < min(HORIZON, made + 100):
                foretold[lane, key, int(unit)] = tick
    return found, foretold


LANES = [LaneId(point, 11, number) for number in range(6) for point in range(len(CHANCES))]


@pytest.mark.parametrize("seed", range(8))
def test_first_deliveries_are_shortest_paths(seed: int) -> None:
    found, foretold = arrivals(world_of(seed), LANES)
    assert found == foretold
    certain = [unit for lane, _, unit in found if LANES[lane].point == 0]
    rare = [unit for lane, _, unit in found if LANES[lane].point == 2]
    assert len(certain) > 2 * len(rare) > 20


def _later(outcome: Any) -> Any:
    return outcome._replace(due=outcome.due + 1)


def _closed(outcome: Any) -> Any:
    open_ = np.arange(outcome.sent.size) % 50 > 0
    return outcome._replace(sent=outcome.sent[open_], due=outcome.due[open_])


@pytest.mark.parametrize("wrong", [_later, _closed])
def test_shortest_paths_notice_an_error(monkeypatch: pytest.MonkeyPatch, wrong: Any) -> None:
    original = Release.decide
    monkeypatch.setattr(
        Release, "decide", lambda self, *args: wrong(original(self, *args)), raising=True
    )
    found, foretold = arrivals(world_of(0), LANES)
    assert found != foretold


def test_shortest_paths_notice_a_dropped_channel() -> None:
    world, whole = world_of(0), ends(0)
    found, foretold = arrivals(world, LANES)
    first = [whole.index(pair) for pair in whole if pair[0] == STARTS[0][1]]
    gate = world.phases.gate.copy()
    gate[:, world.channels.kind[first]] = False
    shut = replace(world, phases=replace(world.phases, gate=gate))
    fewer, _ = arrivals(shut, LANES)
    assert found == foretold
    assert fewer != foretold
