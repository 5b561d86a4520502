"""Times until all know, against the laws of spreading.

Continuous time is stretched over many ticks. First-passage laws use random latencies with
everybody passing on; calling laws use a host in which one report tells one unit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.draws.streams import ONE
from sim.draws.tables import exponential
from sim.kernel.release import Release
from tests.verification import laws
from tests.verification.laws import Sample, sample
from tests.verification.spreading import (
    Callers,
    Manners,
    Witness,
    complete,
    lanes,
    news_world,
    play,
    star,
)

pytestmark = pytest.mark.verify

N = 17


@pytest.mark.parametrize(
    ("law", "published"),
    [
        (laws.pair_infection, 0.39773),
        (laws.push, 6.3637),
        (laws.hub_calls, 54.092),
        (laws.leaves_poll, 3.3807),
        (laws.push_rounds, 7.5857),
    ],
)
def test_the_laws_give_the_published_numbers(law: Any, published: float) -> None:
    assert law(N) == pytest.approx(published, rel=1e-5)


def until_all_know(read_at: NDArray[np.float64], ticks: int) -> Sample:
    """Times at which the last unit reads, in units of time; known within a tick."""
    return sample(read_at.max(axis=1) / ticks, resolution=1 / ticks)


def passage(ends: Any, count: int, ticks: int, horizon: int, closed: Any = ()) -> Sample:
    """First passage with exponential latencies of mean `ticks`."""
    world = news_world(
        N, ends, horizon=horizon, latency=exponential(ticks), relayed=True, closed=closed
    )
    return until_all_know(play(world, Witness(count, N), lanes(count)), ticks)


def _slower(original: Any) -> Any:
    def decide(self: Any, tick: int, *args: Any) -> Any:
        outcome = original(self, tick, *args)
        return outcome._replace(due=tick + (outcome.due - tick) * 23 // 20)

    return decide


PAIR_TICKS = 1500


def infected(count: int, closed: Any = ()) -> Sample:
    return passage(complete(N), count, PAIR_TICKS, 3 * PAIR_TICKS, closed)


def test_infection_of_pairs() -> None:
    """Each pair passes it on at rate 1: ``(2 / n) H(n - 1)``."""
    found = infected(2500)
    assert found.agrees(laws.pair_infection(N))
    assert not found.agrees(laws.pair_infection(N - 1))
    assert not found.agrees(laws.pair_infection(N + 1))


def test_infection_of_pairs_notices_slow_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Release, "decide", _slower(Release.decide))
    assert not infected(1000).agrees(laws.pair_infection(N))


def test_infection_of_pairs_notices_lost_channels() -> None:
    into_last = [number for number, (_, dst) in enumerate(complete(N)) if dst == N - 1]
    assert not infected(1000, closed=into_last[:8]).agrees(laws.pair_infection(N))


POLL_TICKS = 200


def polled(count: int) -> Sample:
    return passage(star(N), count, POLL_TICKS, 12 * POLL_TICKS)


def test_leaves_that_poll_the_hub() -> None:
    """The last of n - 1 exponential waits: ``H(n - 1)``."""
    found = polled(2500)
    assert found.agrees(laws.leaves_poll(N))
    assert not found.agrees(laws.leaves_poll(N - 3))


def test_leaves_that_poll_notice_slow_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Release, "decide", _slower(Release.decide))
    assert not polled(1000).agrees(laws.leaves_poll(N))


# Calls ---------------------------------------------------------------------------------------


def called(
    manners: Manners, count: int, longest: float, n: int = N, closed: Any = ()
) -> NDArray[np.float64]:
    """Return when units read, with calls as `manners` say, in ticks."""
    horizon = int(longest * max(manners.scale, 1))
    world = news_world(n, complete(n), horizon=horizon, relayed=False, closed=closed)
    ids = lanes(count)
    return play(world, Callers(ids, n, manners), ids)


def calls(manners: Manners, count: int, longest: float, **changes: Any) -> Sample:
    """Times until all know; told half a tick before it is read."""
    read_at = called(manners, count, longest, **changes)
    return until_all_know(read_at - 0.5, int(manners.scale))


PUSH = Manners(scale=100)
PUSH_PULL = Manners(scale=100, both_ways=True)
HUB = Manners(scale=10, by_all=False)
ROUNDS = Manners(scale=0)


def test_push_by_random_calls() -> None:
    """Everybody who knows calls a random other at rate 1: ``2 (n - 1) / n H(n - 1)``."""
    found = calls(PUSH, 1500, longest=25)
    assert found.agrees(laws.push(N))
    assert not found.agrees(laws.push(N - 2))


def test_push_and_pull_take_half_as_long() -> None:
    found = calls(PUSH_PULL, 1500, longest=12)
    assert found.agrees(laws.push_pull(N))
    assert not found.agrees(laws.push_pull(N - 2))


def test_a_hub_that_calls_random_leaves() -> None:
    """Coupons: ``(n - 1) H(n - 1)``."""
    found = calls(HUB, 1000, longest=300)
    assert found.agrees(laws.hub_calls(N))
    assert not found.agrees(laws.hub_calls(N - 1))


def rounds(count: int, **changes: Any) -> Sample:
    """Rounds until all know: the tick of the last reading, exactly."""
    return sample(called(ROUNDS, count, longest=60, **changes).max(axis=1))


def test_rounds_of_calls() -> None:
    """One call each a tick: 7.5857 rounds for 17."""
    found = rounds(2500)
    assert found.agrees(laws.push_rounds(N))
    assert not found.agrees(laws.push_rounds(N - 1))
    assert not found.agrees(laws.push_rounds(N + 1))


def test_rounds_of_calls_in_smaller_companies() -> None:
    assert sample(called(ROUNDS, 50, 60, n=2).max(axis=1)).values.tolist() == [1] * 50
    for n in (3, 5, 9):
        assert rounds(2000, n=n).agrees(laws.push_rounds(n))


def test_calls_notice_a_late_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def later(original: Any) -> Any:
        def decide(self: Any, tick: int, *args: Any) -> Any:
            outcome = original(self, tick, *args)
            return outcome._replace(due=outcome.due + 1)

        return decide

    monkeypatch.setattr(Release, "decide", later(Release.decide))
    assert not rounds(500).agrees(laws.push_rounds(N))


INTO_LAST = [number for number, (_, dst) in enumerate(complete(N)) if dst == N - 1]


@pytest.mark.parametrize(
    ("manners", "law"), [(PUSH, laws.push), (PUSH_PULL, laws.push_pull)], ids=["push", "both ways"]
)
def test_calls_notice_lost_channels(manners: Manners, law: Any) -> None:
    assert not calls(manners, 400, 60, closed=INTO_LAST[:10]).agrees(law(N))


def test_calls_of_a_hub_notice_lost_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    def lossy(original: Any) -> Any:
        def decide(self: Any, tick: int, sending: Any, *args: Any) -> Any:
            outcome = original(self, tick, sending, *args)
            kept = outcome.sent.size if tick % 10 else 0
            return outcome._replace(sent=outcome.sent[:kept], due=outcome.due[:kept])

        return decide

    monkeypatch.setattr(Release, "decide", lossy(Release.decide))
    assert not calls(HUB, 600, 600).agrees(laws.hub_calls(N))


def test_a_chance_of_release_thins_the_calls() -> None:
    """Calls that fail half the time are calls at half the rate."""
    ids = lanes(700)
    world = news_world(N, complete(N), horizon=3000, chance=ONE // 2, relayed=False)
    half = until_all_know(play(world, Callers(ids, N, Manners(scale=50)), ids) - 0.5, 50)
    assert half.agrees(2 * laws.push(N))
    assert not half.agrees(laws.push(N))
