"""The kernel against EoN (Kiss, Miller and Simon 2017) on the same graph."""

from __future__ import annotations

from typing import Any

import EoN
import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from sim.draws.streams import ONE
from sim.draws.tables import exponential
from sim.kernel.release import Release
from tests.verification.laws import sample
from tests.verification.spreading import Witness, lanes, news_world, play

pytestmark = pytest.mark.verify

NODES = 60
GRAPH = nx.connected_watts_strogatz_graph(NODES, 6, 0.2, seed=1)
RUNS = 800
ALIKE = 1e-3
DIFFERENT = 1e-6
Times = NDArray[np.float64]


def both_ways(graph: Any) -> list[tuple[int, int]]:
    return [pair for one, other in graph.edges for pair in ((one, other), (other, one))]


# Continuous time -----------------------------------------------------------------------------

TICKS = 200
"""Mean ticks of one transmission."""

MARKS = (NODES // 4, NODES // 2, 3 * NODES // 4, NODES)
"""Numbers of infected whose times are compared."""


def rival_times(graph: Any, rate: float = 1.0) -> Times:
    """Times at which so many are infected in EoN, none recovering; shape (RUNS, marks)."""
    rng, rows = np.random.default_rng(5), []
    for _ in range(RUNS):
        times, _, _, _ = EoN.fast_SIR(graph, rate, 0.0, initial_infecteds=[0], rng=rng)
        rows.append([times[mark - 1] for mark in MARKS])
    return np.array(rows)


def kernel_times(graph: Any) -> Times:
    """Return the same in the kernel, where a delivery is an infection."""
    world = news_world(
        NODES, both_ways(graph), horizon=6 * TICKS, latency=exponential(TICKS), relayed=True
    )
    read_at = np.sort(play(world, Witness(RUNS, NODES), lanes(RUNS)), axis=1) / TICKS
    return read_at[:, [mark - 1 for mark in MARKS]]


def alike(one: Times, other: Times) -> float:
    """Smallest p-value of two-sample tests of each column."""
    return min(
        float(stats.ks_2samp(first, second).pvalue)
        for first, second in zip(one.T, other.T, strict=True)
    )


def test_infections_take_the_same_times() -> None:
    rival, kernel = rival_times(GRAPH), kernel_times(GRAPH)
    assert alike(rival, kernel) > ALIKE
    for first, second in zip(rival.T, kernel.T, strict=True):
        spread = sample(first - second)
        assert spread.agrees(0.0)
    assert alike(rival_times(GRAPH, rate=1.1), kernel) < DIFFERENT


def test_the_comparison_notices_a_graph_without_short_cuts() -> None:
    ring = nx.watts_strogatz_graph(NODES, 6, 0.0, seed=1)
    assert alike(rival_times(ring), kernel_times(GRAPH)) < DIFFERENT


def test_the_comparison_notices_slow_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Release.decide

    def decide(self: Any, tick: int, *args: Any) -> Any:
        outcome = original(self, tick, *args)
        return outcome._replace(due=tick + (outcome.due - tick) * 11 // 10)

    rival = rival_times(GRAPH)
    monkeypatch.setattr(Release, "decide", decide)
    assert alike(rival, kernel_times(GRAPH)) < DIFFERENT


# Steps, with chances -------------------------------------------------------------------------

STEPS = 12
CHANCE = 0.3


def rival_reach(chance: float) -> NDArray[np.float64]:
    """Numbers ever infected by each step in EoN's Reed-Frost model; shape (RUNS, STEPS)."""
    rng, rows = np.random.default_rng(6), []
    for _ in range(RUNS):
        counts = EoN.basic_discrete_SIR(GRAPH, chance, initial_infecteds=[0], rng=rng)
        ever = NODES - np.asarray(counts[1])
        rows.append(np.pad(ever, (0, STEPS), mode="edge")[:STEPS])
    return np.array(rows, dtype=np.float64)


def kernel_reach(chance: float) -> NDArray[np.float64]:
    """Numbers that have read by each tick in the kernel, where messages take a tick."""
    world = news_world(
        NODES, both_ways(GRAPH), horizon=NODES, chance=round(chance * ONE), relayed=True
    )
    read_at = play(world, Witness(RUNS, NODES), lanes(RUNS))
    return np.stack([(read_at <= tick).sum(axis=1) for tick in range(STEPS)], axis=1) * 1.0


def test_chances_reach_as_many() -> None:
    rival, kernel = rival_reach(CHANCE), kernel_reach(CHANCE)
    assert rival[:, 0].tolist() == kernel[:, 0].tolist() == [1] * RUNS
    assert alike(rival[:, 1:], kernel[:, 1:]) > ALIKE
    for first, second in zip(rival.T[1:], kernel.T[1:], strict=True):
        spread = sample(first - second)
        assert spread.agrees(0.0)
    assert alike(rival_reach(CHANCE + 0.04)[:, 1:], kernel[:, 1:]) < DIFFERENT
