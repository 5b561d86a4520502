"""Loads on routes: none is lost from the books, lanes do not meet, and known laws hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from agents.mechanisms.flow import stream
from agents.mechanisms.flow.stream import Stream, met_at_random
from sim import LaneId
from tests.agents.borders import THREAT, small_borders, stream_of

DAYS = 60
EL_BANK, EL_LAND = "evros-bank", "eastern-mediterranean-land"


def declared() -> Any:
    return small_borders().spec.threats[THREAT]


def addresses(count: int, seed: int = 5) -> list[LaneId]:
    return [LaneId(0, seed, number) for number in range(count)]


def lived(loads: Stream, days: int = DAYS) -> Stream:
    for tick in range(days * loads.plan.per_day):
        loads.step(tick)
    return loads


def everything(loads: Stream, lane: int) -> bytes:
    books = loads.books
    parts = (*vars(books).values(), loads.loss(), loads.rough)
    return b"".join(np.ascontiguousarray(part[lane]).tobytes() for part in parts)


def unaccounted(loads: Stream) -> Any:
    """Return items of each ring that set out and did not end in any way."""
    books = loads.books
    ended = (books.found + books.rescued + books.lost).sum(axis=1) + books.through
    return books.set_out - ended


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=6, deadline=None)
def test_who_sets_out_is_found_rescued_lost_or_gets_through(seed: int) -> None:
    loads = lived(stream_of(small_borders(), addresses(2, seed)))
    assert (unaccounted(loads) == 0).all()
    assert (loads.books.set_out.sum(axis=1) > 1000).all()
    for part in (loads.books.found, loads.books.rescued, loads.books.lost, loads.books.through):
        assert (part >= 0).all()
    assert loads.books.found.any()
    assert loads.books.through.any()


def test_the_same_lane_alone_and_in_company() -> None:
    ids = addresses(4)
    together = lived(stream_of(small_borders(), ids))
    for number, one in enumerate(ids):
        alone = lived(stream_of(small_borders(), [one]))
        assert everything(alone, 0) == everything(together, number)
    assert len({everything(together, lane) for lane in range(4)}) == 4


def test_orders_in_one_lane_are_nothing_to_another() -> None:
    one, other = (stream_of(small_borders(), addresses(3)) for _ in range(2))
    other.expected[1] += 1
    other.busy[1] += 3
    other.reinforced[1] += 2
    lived(one)
    lived(other)
    assert everything(one, 0) == everything(other, 0)
    assert everything(one, 2) == everything(other, 2)
    assert everything(one, 1) != everything(other, 1)


def test_what_stays_away_and_what_sets_out_are_the_pressure() -> None:
    """In expectation to the last digit: displacement makes and loses nobody."""
    loads = stream_of(small_borders(points={EL_BANK: {"looks": 400}}), addresses(2))
    loads.witness = seen = Choices()
    lived(loads)
    carried = sum(one.carried.sum(axis=1) for one in seen.made)
    pressure = sum(one.pressure.sum() for one in seen.made)
    assert carried + loads.books.deterred == pytest.approx([pressure] * 2, rel=1e-12)
    moved = sum(one.moved.sum(axis=1) for one in seen.made)
    assert loads.books.displaced == pytest.approx(moved)
    assert (loads.books.displaced > 0).all()


class Nobody:
    """Takes what it is told, and keeps nothing."""

    def set_out(self, loads: Any, sizes: Any) -> None:
        """Nothing."""

    def met(self, stage: int, met: stream.Met) -> None:
        """Nothing."""

    def arrived(self, loads: Any) -> None:
        """Nothing."""

    def checked(self, checks: Any) -> None:
        """Nothing."""

    def chosen(self, choice: stream.Chosen) -> None:
        """Nothing."""


class Choices(Nobody):
    """Keeps how flows chose."""

    def __init__(self) -> None:
        self.made: list[stream.Chosen] = []

    def chosen(self, choice: stream.Chosen) -> None:
        self.made.append(choice._replace(carried=choice.carried.copy()))


class Passed(Nobody):
    """Keeps how many loads set out, and what the first checkpoint found."""

    def __init__(self) -> None:
        self.out: list[Any] = []
        self.found: list[Any] = []

    def set_out(self, loads: Any, sizes: Any) -> None:
        del sizes
        self.out.append(loads)

    def met(self, stage: int, met: stream.Met) -> None:
        if stage == 0:
            self.found.append(met.found)


def test_loads_are_poisson_and_so_are_those_that_are_found() -> None:
    """A thinned Poisson stream is one; those found and those missed are independent."""
    calm: dict[str, Any] = {
        "weather": {"sets_out": 1.0, "looks": 1.0},
        "night": {"sets_out": 0.5, "looks": 1.0},
        "choice": {"deterred": 0.0},
    }
    loads = stream_of(small_borders(parts=calm), addresses(400))
    loads.witness = passed = Passed()
    lived(loads, 20)
    ring = int((loads.plan.route == loads.plan.routes.index(EL_LAND)).argmax())
    out = np.array([one[:, ring] for one in passed.out]).sum(axis=0)
    found = np.array([one[:, ring] for one in passed.found]).sum(axis=0)
    expected = loads.plan.pressure[:20, loads.plan.route[ring]].sum() / 4
    expected /= loads.plan.mean_size[loads.plan.route[ring]]
    within = 4 * math.sqrt(expected / 400)
    assert out.mean() == pytest.approx(expected, abs=within)
    assert out.var() / out.mean() == pytest.approx(1, abs=0.3)
    assert found.var() / found.mean() == pytest.approx(1, abs=0.3)
    assert abs(np.corrcoef(found, out - found)[0, 1]) < 0.2


@pytest.mark.parametrize("looks", [0.0, 0.01, 0.3, 1.0, 4.0])
def test_a_search_at_random_finds_by_koopmans_law(looks: float) -> None:
    assert met_at_random(np.array([looks]))[0] == pytest.approx(1 - math.exp(-looks), abs=0.01)


def test_twice_the_checks_find_more_and_none_find_nobody() -> None:
    shares = []
    for times in (0.0, 1.0, 2.0):
        looks = {
            name: {"looks": one.looks.value * times} for name, one in declared().points.items()
        }
        books = lived(stream_of(small_borders(points=looks), addresses(4))).books
        shares.append(books.found.sum() / books.set_out.sum())
    assert shares[0] == 0 < shares[1] < shares[2]


def test_in_rough_weather_fewer_set_out_and_more_are_lost() -> None:
    rough = declared().weather.rough
    sums = []
    for chance in (0.0, 1.0):
        weather = {"rough": rough.model_copy(update={"months": (chance,) * 12})}
        books = lived(stream_of(small_borders(parts={"weather": weather}), addresses(8))).books
        sums.append((books.set_out.sum(), books.lost.sum() / books.set_out.sum()))
    (calm, calmly), (wild, wildly) = sums
    assert wild == pytest.approx(calm, rel=0.1), "who waits goes within the month"
    assert wildly > 2 * calmly


def test_losses_move_the_flow_and_are_forgotten() -> None:
    """Turned back for a month, the land route empties into the sea; then it comes back."""
    loads = stream_of(small_borders(days=200), addresses(8))
    land, sea = (loads.plan.routes.index(one) for one in (EL_LAND, "eastern-mediterranean-sea"))
    month = 30 * loads.plan.per_day
    out: list[Any] = []
    for number in range(6):
        before = loads.books.set_out.copy()
        loads.reinforced[:, loads.plan.points.index(EL_BANK)] = 200 if number == 1 else 0
        for tick in range(number * month, (number + 1) * month):
            loads.step(tick)
        done = loads.books.set_out - before
        pressure = loads.plan.pressure[number * 30 : number * 30 + 30].sum(axis=0)
        out.append(
            [done[:, loads.plan.route == one].sum() / 8 / pressure[one] for one in (land, sea)]
        )
    shares = np.array(out)
    assert shares[1, 0] < 0.6 * shares[0, 0]
    assert shares[1:3, 1].max() > 1.5 * shares[0, 1]
    assert shares[2, 0] < 0.9 * shares[0, 0], "they remember for a while"
    assert shares[5, 0] > 0.8 * shares[0, 0]


def test_a_draw_that_knows_its_batch_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = addresses(3)
    right = lived(stream_of(small_borders(), ids), 20)
    usual = Stream._drawn

    def wrong(self: Stream, key: int, stage: int, tick: int, trials: Any, chance: Any) -> Any:
        return usual(self, key + self.busy.shape[0], stage, tick, trials, chance)

    monkeypatch.setattr(Stream, "_drawn", wrong)
    alone = lived(stream_of(small_borders(), ids[:1]), 20)
    assert everything(alone, 0) != everything(right, 0)


def test_loads_that_vanish_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Stream._pass

    def fewer(self: Stream, stage: int, *asked: Any) -> Any:
        left = usual(self, stage, *asked)
        return np.maximum(left - 1, 0) if stage == 0 else left

    monkeypatch.setattr(Stream, "_pass", fewer)
    assert (unaccounted(lived(stream_of(small_borders(), addresses(1)))) > 0).any()
