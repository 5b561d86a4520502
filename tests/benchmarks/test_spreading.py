"""The spreading work itself: its network and origins, and that every contender does it."""

from __future__ import annotations

from functools import cache, partial
from itertools import starmap

import numpy as np
import pytest

from sim import LaneId, Reference, advance
from tests.benchmarks import one
from tests.benchmarks.agreement import differences
from tests.benchmarks.cases import CASES, CONTENDERS, Case, contender_of
from tests.benchmarks.contenders import event_heap, kernels
from tests.benchmarks.network import SEED, draw_network, draw_origins
from tests.benchmarks.work import AbsentError, Work
from tests.benchmarks.world import HORIZON, world_of

SMALL = Case(units=200, degree=10, reports=20, replications=3)
NETWORK = draw_network(SMALL.units, SMALL.degree)
ORIGINS = draw_origins(SMALL.units, SMALL.reports, SMALL.replications)


@cache
def by_kernel() -> kernels.Spreading:
    spreading = kernels.Spreading(NETWORK, kernel="numpy")
    spreading.run(ORIGINS)
    return spreading


@cache
def by_heap() -> Work:
    spreading = event_heap.Spreading(NETWORK)
    spreading.run(draw_origins(SMALL.units, SMALL.reports, 30))
    return spreading.counted()


def test_channels_lead_to_others_and_to_each_once() -> None:
    network = draw_network(300, 7)
    for unit, targets in enumerate(network.channels):
        assert unit not in targets
        assert len(set(targets)) == 7
        assert 0 <= min(targets) <= max(targets) < 300
    ways_in = np.bincount(network.target.reshape(-1), minlength=300)
    assert 4 < ways_in.var() < 10  # binomial: 7 * (1 - 7 / 299)


def test_more_replications_and_reports_leave_the_first_where_they_are() -> None:
    few, many = draw_origins(50, 3, 2), draw_origins(50, 5, 4)
    assert few.shape == (2, 3)
    assert np.array_equal(few, many[:2, :3])
    assert np.unique(draw_origins(50, 100, 10)).size == 50


def test_a_lane_is_the_same_in_the_reference_and_alone() -> None:
    together = by_kernel().counters
    engine = Reference(world_of(NETWORK), LaneId(0, SEED, 1))
    advance(engine, kernels.Start(ORIGINS[1:2]), HORIZON)
    assert [values[1] for values in together.values()] == engine.counters()[0].tolist()


def test_a_spread_reaches_nearly_everybody() -> None:
    """A unit with d ways in hears nothing with chance ``2 ** -d`` where all others know."""
    counters = by_kernel().counters
    ways_in = np.bincount(NETWORK.target.reshape(-1), minlength=SMALL.units)
    reached = counters["delivered"] / (SMALL.reports * (SMALL.units - 1))
    assert np.median(reached) == pytest.approx(np.mean(1 - 0.5**ways_in), abs=0.01)
    told = (reached * (SMALL.units - 1) + 1) * SMALL.reports * SMALL.degree
    assert counters["attempts"] == pytest.approx(told, rel=0.02)
    assert counters["reports"].tolist() == [SMALL.reports] * SMALL.replications
    assert np.array_equal(counters["read"], counters["delivered"])


def test_attempts_by_definition_are_those_made() -> None:
    """Among three who all tell one another, each channel but those to the origin counts."""
    network = draw_network(3, 2)  # everybody to everybody
    assert network.attempts(0, [0]) == 2
    assert network.attempts(0, [0, 1]) == 3
    assert network.attempts(2, [0, 1, 2]) == 4
    heap = event_heap.Spreading(network, chance=1.0)
    heap.run(np.array([[0, 1, 2]]))
    assert heap.counted().attempts.tolist() == [[4, 4, 4]]
    assert heap.counted().receipts.tolist() == [[2, 2, 2]]


def test_messages_left_under_way_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    spreading = kernels.Spreading(NETWORK, kernel="numpy")
    monkeypatch.setattr(kernels, "HORIZON", 12)
    spreading.run(ORIGINS)
    with pytest.raises(RuntimeError, match="under way"):
        spreading.counted()


@pytest.mark.long
@pytest.mark.parametrize("name", [one.name for one in CONTENDERS])
def test_a_contender_does_the_work(name: str) -> None:
    done = one.measure(SMALL.name, name)
    if "absent" in done:
        pytest.skip(done["absent"])
    assert done["seconds"] > 0
    assert (done["reports"], done["replications"]) == (SMALL.reports, SMALL.replications)
    work = Work(np.array(done["attempts"]), np.array(done["receipts"]))
    works = {name: work, "by heap": by_heap()}
    assert differences(works, dict.fromkeys(works, SMALL.reports), SMALL.degree) == []
    if contender_of(name).ours:
        assert all(starmap(np.array_equal, zip(work, by_kernel().counted(), strict=True)))


def test_short_work_is_repeated_and_long_work_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds, times in ((0.3, 1), (0.1, 3), (0.001, 15)):
        done: list[float] = []
        monkeypatch.setattr(one, "timed", lambda work, taken=seconds: (work(), taken))
        assert one.often(partial(done.append, 1)) == seconds
        assert len(done) == times


def test_a_contender_that_is_not_there_is_left_out_with_a_reason() -> None:
    with pytest.raises(AbsentError, match="no kernel 'abacus'"):
        kernels.maker("abacus")


def test_a_case_is_cut_down_by_replications_then_by_reports() -> None:
    big = Case(units=1_000, degree=10, reports=50, replications=20)
    assert big.within(big.attempts) == big
    assert big.within(1_600_000) == Case(1_000, 10, 50, 3)
    assert big.within(60_000) == Case(1_000, 10, 6, 1)
    assert [case.attempts for case in CASES] == [100_000, 10_000_000, 100_000_000, 10_000_000]
