"""Rings by hand: who is paid, arrested, looked for, replaced; and what it costs to be wrong."""

from __future__ import annotations

from typing import Any, Final

import pytest

from agents.lane import NO_PLACE, Blow
from tests.agents.borders import BorderStage, small_borders

ALL: Final = 1.0
STEADY: Final[dict[str, dict[str, Any]]] = {
    "rings": {"recruits_per_week": 0.0, "replaced_after": 7 * 24.0, "falls_apart": 0.5}
}


def stage(**rings: Any) -> BorderStage:
    parts = {"rings": {**STEADY["rings"], **rings}}
    return BorderStage(small_borders(decoys=1, parts=parts))


def blow(played: BorderStage, *codes: str, share: float = ALL) -> Blow:
    return Blow(tuple(played.place(code) for code in codes), "IT:1", share, 1.0)


def orders(played: BorderStage) -> tuple[int, int, int]:
    stream = played.flows.stream
    return int(stream.expected.sum()), int(stream.busy.sum()), int(stream.reinforced.sum())


def coincidence(played: BorderStage) -> int:
    return len(played.traffic.rings)


def test_members_live_where_loads_arrive_and_where_they_are_paid() -> None:
    played = stage()
    ring = played.traffic.rings[0]
    assert sum(ring.members.values()) == ring.first_size
    assert set(ring.members) == {played.place("IT"), *ring.homes}
    assert max(ring.members.values()) - min(ring.members.values()) <= 1


def test_an_order_binds_the_checkpoints_of_a_state_and_ends() -> None:
    played = stage()
    traffic, plan = played.traffic, played.flows.plan
    assert traffic.expect(0, blow(played, "IT")) == 1
    of_italy = int((plan.place == played.place("IT")).sum())
    assert of_italy == 2
    assert orders(played) == (2, of_italy, 0)
    assert played.flows.stream.expected[0, 2:, 0].tolist() == [1, 1]
    traffic.dismiss(0, blow(played, "IT"))
    assert orders(played) == (0, 0, 0)


def test_an_order_for_nothing_costs_the_same_and_looks_the_same() -> None:
    played = stage()
    subject = coincidence(played)
    assert played.traffic.expect(subject, blow(played, "IT")) == 1
    assert played.traffic.reinforce(subject, blow(played, "IT")) == 1
    assert orders(played) == (0, 2, 0)
    played.traffic.dismiss(subject, blow(played, "IT"))
    played.traffic.withdraw(subject, blow(played, "IT"))
    assert orders(played) == (0, 0, 0)


def test_a_body_looks_for_a_ring_wherever_it_comes_by() -> None:
    played = stage()
    everywhere = Blow((NO_PLACE,), "frontex:1", ALL, 1.0)
    played.traffic.expect(0, everywhere)
    played.traffic.reinforce(0, everywhere)
    assert orders(played) == (4, 4, 4)


def test_a_state_elsewhere_finds_nothing_to_look_at() -> None:
    played = stage()
    played.traffic.expect(0, blow(played, "ES"))
    played.traffic.reinforce(0, blow(played, "ES"))
    assert orders(played)[0] == orders(played)[2] == 0


def test_a_ring_that_is_looked_for_is_found_more_often_and_others_less() -> None:
    shares = []
    for looked_for in (False, True):
        played = stage()
        if looked_for:
            for _ in range(4):
                played.traffic.expect(0, blow(played, "IT", "MT"))
        played.days(0, 84)
        books = played.flows.stream.books
        found = (books.found + books.rescued).sum(axis=1)[0] / books.set_out[0]
        shares.append((found[0], found[1:4].mean()))
    (before, others_before), (after, others_after) = shares
    assert after > before
    assert others_after < others_before


def test_arrests_weaken_a_ring_until_it_falls_apart_and_another_comes() -> None:
    played = stage()
    traffic, ring = played.traffic, played.traffic.rings[0]
    stream, size, here = played.flows.stream, ring.first_size, ring.members[played.place("IT")]
    assert traffic.arrest(0, blow(played, "IT")) == here
    assert played.outcomes["facilitators_arrested"] == here
    left = (size - here) / size
    assert stream.strength[0, 0] == (left if left >= 0.5 else 0)
    taken = traffic.arrest(0, Blow(ring.homes, "DE:1", ALL, 1.0))
    assert taken == (size - here if left >= 0.5 else 0)
    assert stream.strength[0, 0] == 0
    assert played.outcomes["rings_broken"] == 1
    before = played.flows.stream.books.set_out[0, 0]
    played.days(0, 6)
    assert played.flows.stream.books.set_out[0, 0] == before
    played.days(6, 21)
    assert played.outcomes["rings_replaced"] == 1
    assert stream.strength[0, 0] == 1
    assert ring.group == 1


def test_others_take_on_part_of_what_a_weak_ring_leaves() -> None:
    played = stage()
    stream = played.flows.stream
    stream.strength[0, 0] = 0
    stream.dawn(0)
    carried, pressure = stream._carried[0, :4], played.flows.plan.pressure[0, 0]
    assert carried[0] == 0
    absorbed = played.traffic.spec.rings.absorbed.value
    assert carried[1:] == pytest.approx([pressure / 4 * (1 + absorbed / 3)] * 3)


def test_money_is_frozen_where_a_ring_is_paid() -> None:
    played = stage(laundered_per_week=0.0)
    played.days(0, 84)
    traffic, ring = played.traffic, played.traffic.rings[0]
    spec = traffic.spec.rings
    earned = int(played.flows.stream.books.set_out[0, 0]) * spec.fee.value
    assert earned > 0
    assert ring.liquid == pytest.approx(earned * spec.liquid.value)
    held, home = ring.liquid, ring.homes[0]
    part = held / len(ring.homes) / 2
    assert traffic.freeze(0, Blow((home,), "DE:1", 0.5, 1.0)) == pytest.approx(part)
    assert ring.liquid == pytest.approx(held - part)
    assert played.outcomes["frozen_meur"] == pytest.approx(part / 1e6)
    assert traffic.freeze(coincidence(played), blow(played, "IT")) == 0


def test_nothing_comes_of_arresting_a_coincidence() -> None:
    played = stage()
    assert played.traffic.arrest(coincidence(played), blow(played, "IT", "DE")) == 0
    assert played.outcomes["facilitators_arrested"] == 0
