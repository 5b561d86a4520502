"""Criminal networks: where they settle, what they earn, show, and how they move and grow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents.lane.travel import Geography
from agents.mechanisms.network.network import CriminalNetwork
from sim import Draws
from sim.seam.world import LEVEL_ONE
from tests.agents.mechanisms.calm import (
    AT,
    CALM,
    DE,
    EXPLOITATION,
    MONEY,
    PL,
    TRAVEL,
    WEEKS_A_YEAR,
    places,
    pursue,
    sizes,
    stage,
)
from tests.agents.small import MEMBERS, SUBJECT, TICKS_A_DAY, Stage, changed


def test_the_settings_of_the_stage_reach_the_network() -> None:
    spec = stage().network.spec
    assert spec == changed(spec, **CALM)
    assert spec.reaction_time.value == 14 * 24


# Settling ------------------------------------------------------------------------------------


def settled(played: Stage, replication: int, number: int = 0) -> CriminalNetwork:
    played.lane.draws = Draws(1, replication)
    return CriminalNetwork(played.lane, SUBJECT, number)


def test_cells_settle_in_different_states() -> None:
    numbers, found, homes = set(), set(), set()
    played = stage()
    for replication in range(60):
        network = settled(played, replication)
        assert len(set(places(network))) == len(network.cells)
        assert network.ledger.members == sum(sizes(network))
        assert network.ledger.victims == 2 * sum(sizes(network))
        numbers.add(len(network.cells))
        found |= set(sizes(network))
        homes |= set(places(network))
    assert numbers == {3, 4}
    assert found == set(range(3, 10))
    assert homes == set(MEMBERS)


def test_large_states_have_cells_more_often() -> None:
    """In proportion to the root of the population."""
    played = stage()
    chosen = [places(settled(played, replication))[0] for replication in range(400)]
    roots = {code: one.population**0.5 for code, one in played.layout.atlas.members.items()}
    for code in ("DE", "PL", "SI"):
        share = roots[code] / sum(roots.values())
        error = (share * (1 - share) / 400) ** 0.5
        assert chosen.count(code) / 400 == pytest.approx(share, abs=4 * error)


def test_networks_differ_and_are_the_same_in_other_company() -> None:
    alone, company = stage(), stage(networks=3)
    mine = [(places(one), sizes(one)) for one in company.underworld.networks]
    assert mine[0] == (places(alone.network), sizes(alone.network))
    assert mine[0] != mine[1] != mine[2] != mine[0]
    assert [one.subject for one in company.underworld.networks] == [0, 1, 2]
    assert [one.subject for one in company.underworld.decoys] == [3, 4, 5, 6]


def test_a_network_lives_the_same_whatever_becomes_of_others() -> None:
    """Under way all draws are its own: of two networks the other is destroyed, warned, or left."""
    lively: dict[str, Any] = {"recruits_per_week": 0.3, "moves_when_warned": 0.5, "replaced": 1}
    stories = []
    for fate in ("left alone", "warned", "destroyed"):
        played = stage(networks=2, **lively)
        network, other = played.underworld.networks
        if fate == "destroyed":
            other.raid(tuple(range(len(MEMBERS))), 1.0)
        story = []
        for week in range(12):
            if fate == "warned":
                other.warn()
            if week == 4:
                network.raid((network.cells[0].place, network.cells[1].place), 0.5)
            played.weeks(1)
            story.append((places(network), sizes(network), network.ledger.proceeds))
        stories.append(story)
    assert stories[0] == stories[1] == stories[2]
    assert stories[0][3] != stories[0][4] != stories[0][11]


# Victims -------------------------------------------------------------------------------------


def test_an_undisturbed_network_turns_its_victims_over_in_the_time_they_are_held() -> None:
    """Little's law: eight members hold 16; in 12 weeks 84 of 730 days' worth of them are new."""
    played = stage()
    played.settle(("DE", 5), ("AT", 3))
    played.weeks(12)
    ledger = played.network.ledger
    assert [cell.victims for cell in played.network.cells] == pytest.approx([10, 6])
    assert ledger.victims == pytest.approx(16 * (1 + 84 / 730))
    assert ledger.victim_weeks == pytest.approx(16 * 12)
    assert ledger.freed == 0


def test_half_of_the_empty_places_are_filled_in_the_time_that_takes() -> None:
    """Half of ten are freed: of the gap of five a half is left after four weeks, a fourth after."""
    played = stage(found_in=28 * 24.0)
    (cell,) = played.settle(("DE", 5))
    assert played.network.free((DE,), 0.5) == 5
    assert played.network.ledger.freed == 5
    gaps = []
    for _ in range(3):
        played.weeks(4)
        gaps.append(10 - cell.victims)
    assert gaps == pytest.approx([5 / 2, 5 / 4, 5 / 8])


def test_victims_are_found_one_by_one_in_the_books() -> None:
    """A week: 4 places of 10 are empty, and of 6 held 7/70 leave; a week fills half of the gap.

    At its end 6 + (10 - 6) / 2 = 8 are held, of whom 6 * 0.9 = 5.4 were there before.
    """
    played = stage(held_for=70 * 24.0, found_in=7 * 24.0)
    (cell,) = played.settle(("DE", 5))
    played.network.free((DE, AT), 0.4)
    played.weeks(1)
    assert cell.victims == pytest.approx(8)
    assert played.network.ledger.victims == pytest.approx(10 + 8 - 5.4)
    assert played.network.ledger.victim_weeks == pytest.approx(8)


def test_victims_are_freed_only_where_it_is_done() -> None:
    played = stage()
    one, other = played.settle(("DE", 5), ("AT", 3))
    assert played.network.free((AT, PL), 0.25) == pytest.approx(1.5)
    assert [one.victims, other.victims] == pytest.approx([10, 4.5])


def test_who_holds_too_many_finds_nobody_new() -> None:
    """Two of five members are left and may hold 4; of 10 victims a tenth leave every week."""
    played = stage(held_for=70 * 24.0)
    (cell,) = played.settle(("DE", 5))
    cell.members = 2
    played.weeks(2)
    assert cell.victims == pytest.approx(8.1)
    assert played.network.ledger.victims == 10


def test_a_warned_network_fills_a_quarter_as_much() -> None:
    calm, warned = (stage(found_in=7 * 24.0) for _ in range(2))
    for played in (calm, warned):
        played.settle(("DE", 5))
        played.network.free((DE,), 0.4)
    warned.network.warn()
    for played in (calm, warned):
        played.weeks(1)
    gap = [10 - played.network.cells[0].victims for played in (calm, warned)]
    assert gap == pytest.approx([4 * 0.5, 4 * (1 - 0.5 * 0.25)])


# Money ---------------------------------------------------------------------------------------


def test_income_of_a_week() -> None:
    played = stage()
    played.settle(("DE", 5), ("AT", 3))
    played.weeks(1)
    week = 8 * 2 * 16_200 / WEEKS_A_YEAR
    ledger = played.network.ledger
    assert ledger.proceeds == pytest.approx(week)
    assert ledger.laundered == pytest.approx(week * 0.6 * 0.06)
    assert sum(cell.liquid for cell in played.network.cells) == pytest.approx(week * 0.6 * 0.94)


def test_freed_victims_earn_nothing() -> None:
    """A half is freed; until the week is over 1 - 2**(-7/90) of the gap is filled."""
    played = stage()
    played.settle(("DE", 5))
    played.network.free((DE,), 0.5)
    played.weeks(1)
    held = 10 - 5 * 0.5 ** (7 / 90)
    assert played.network.ledger.proceeds == pytest.approx(held * 16_200 / WEEKS_A_YEAR)


def test_money_is_laundered_frozen_or_liquid() -> None:
    played = stage(notice_per_week=1, moves_when_warned=1)
    played.settle(("DE", 5), ("AT", 3))
    pursue(played, "DE")
    for _ in range(10):
        played.weeks(1)
        played.network.freeze((played.network.cells[1].place,), 0.3, 0.5)
    ledger = played.network.ledger
    assert ledger.frozen > 0
    liquid = sum(cell.liquid for cell in played.network.cells)
    assert ledger.laundered + ledger.frozen + liquid == pytest.approx(0.6 * ledger.proceeds)
    assert ledger.confiscated == pytest.approx(0.5 * ledger.frozen)


def test_liquid_money_comes_to_what_is_laundered_as_fast_as_it_comes_in() -> None:
    """In equilibrium a week's 6% of it is what is put aside: 0.94 / 0.06 weeks' worth is left."""
    played = stage(laundered_per_week=0.5)
    (cell,) = played.settle(("DE", 5))
    played.weeks(12)
    week = 0.6 * 10 * 16_200 / WEEKS_A_YEAR
    assert cell.liquid == pytest.approx(week * 0.5 / 0.5 * (1 - 0.5**12))


def test_a_warned_network_launders_faster_and_earns_as_before() -> None:
    """Victims are still held."""
    calm, warned = stage(), stage()
    for played in (calm, warned):
        played.settle(("DE", 5))
    warned.network.warn()
    for played in (calm, warned):
        played.weeks(1)
    usual, careful = calm.network.ledger, warned.network.ledger
    assert careful.proceeds == usual.proceeds
    assert usual.laundered / usual.proceeds == pytest.approx(0.6 * 0.06)
    assert careful.laundered / careful.proceeds == pytest.approx(0.6 * 0.25)


# Recruiting ----------------------------------------------------------------------------------


def test_lost_members_are_replaced_one_a_week() -> None:
    played = stage(recruits_per_week=1)
    (cell,) = played.settle(("DE", 5))
    cell.members = 2
    found = []
    for _ in range(5):
        played.weeks(1)
        found.append(cell.members)
    assert found == [3, 4, 5, 5, 5]
    assert played.network.ledger.members == 5 + 3
    assert played.level("DE") == LEVEL_ONE


def test_recruiting_is_a_coin_a_week() -> None:
    """After 10 weeks a cell far below its first size has gained as a binomial law says."""
    played, gained = stage(recruits_per_week=0.3), list[int]()
    for replication in range(300):
        played.lane.draws = Draws(3, replication)
        (cell,) = played.settle(("DE", 50))
        cell.members = 20
        for _ in range(10):
            played.network._week += 1
            played.network._recruit()
        gained.append(cell.members - 20)
    assert np.mean(gained) == pytest.approx(3, abs=4 * (2.1 / 300) ** 0.5)
    assert np.var(gained) == pytest.approx(2.1, rel=0.3)


# What there is to see ------------------------------------------------------------------------


def test_a_cell_is_seen_by_its_share_of_the_members() -> None:
    played = stage()
    played.settle(("DE", 6), ("AT", 3), ("PL", 3))
    for aspect in (EXPLOITATION, TRAVEL, MONEY):
        assert played.level("DE", SUBJECT, aspect) == 1.5 * LEVEL_ONE
        assert played.level("AT", SUBJECT, aspect) == 0.75 * LEVEL_ONE
        assert played.level("SI", SUBJECT, aspect) == 0


def test_two_cells_in_a_state_add_up() -> None:
    played = stage()
    played.settle(("DE", 4), ("DE", 2))
    assert played.level("DE") == 2 * LEVEL_ONE


def test_a_warned_network_shows_less_until_it_calms_down() -> None:
    """Money is seen as before: it moves faster, not less."""
    played = stage()
    played.settle(("DE", 5))
    played.network.warn()
    levels = [[played.level("DE", SUBJECT, aspect) for aspect in range(3)]]
    for _ in range(3):
        played.weeks(1)
        levels.append([played.level("DE", SUBJECT, aspect) for aspect in range(3)])
    low, high = [LEVEL_ONE / 4, LEVEL_ONE / 4, LEVEL_ONE], [LEVEL_ONE] * 3
    assert levels == [low, low, high, high]


def test_a_second_warning_does_not_prolong_the_first() -> None:
    played = stage()
    played.settle(("DE", 5))
    played.network.warn()
    played.until(13)
    played.network.warn()
    assert played.network.is_warned
    played.until(14)
    assert not played.network.is_warned


# Moving --------------------------------------------------------------------------------------


def test_a_warned_cell_moves_to_a_neighbour() -> None:
    played = stage(moves_when_warned=1)
    before = ["DE", "IT", "RO"]
    played.settle(*((code, 4) for code in before))
    played.network.warn()
    atlas = played.layout.atlas
    for old, new in zip(before, places(played.network), strict=True):
        assert atlas.are_neighbours(old, new)
        assert old != new
    assert played.network.ledger.moves == 3
    assert played.level("DE") == 0 or "DE" in places(played.network)
    assert all(played.level(code) > 0 for code in places(played.network))


def test_a_cell_without_neighbours_moves_anywhere() -> None:
    played, found = stage(moves_when_warned=1), set()
    borderless = replace(played.layout.atlas, neighbours=frozenset())
    played.lane.geography = Geography(replace(played.layout, atlas=borderless))
    for replication in range(40):
        played.lane.draws = Draws(1, replication)
        (cell,) = played.settle(("DE", 4))
        played.network._move(0)
        found.add(MEMBERS[cell.place])
    assert found == set(MEMBERS) - {"DE"}


def test_how_often_cells_move() -> None:
    played, moved = stage(moves_when_warned=0.35), 0
    for replication in range(300):
        played.lane.draws = Draws(1, replication)
        played.settle(("DE", 4), ("PL", 4))
        played.network.warn()
        moved += sum(
            one != old for one, old in zip(places(played.network), ("DE", "PL"), strict=True)
        )
    assert moved / 600 == pytest.approx(0.35, abs=4 * 0.0195)


def moved_to(played: Stage, after_days: float, lost_in: str, times: int = 400) -> float:
    """Return how often a German cell moves to a state in which members were lost."""
    found = 0
    for replication in range(times):
        played.lane.draws = Draws(5, replication)
        here, _ = played.settle(("DE", 4), (lost_in, 9))
        played.network._lose(1, 1)
        played.lane.tick = round(after_days * TICKS_A_DAY)
        played.network._move(0)
        played.lane.tick = 0
        found += MEMBERS[here.place] == lost_in
    return found / times


def test_a_state_where_it_lost_members_draws_less_until_that_is_forgotten() -> None:
    """Germany has three neighbours here: one of weight 1/4 draws 1/9, as the others a third."""
    played = stage(avoids=0.25, memory=60 * 24.0)
    assert {code for code in MEMBERS if played.layout.atlas.are_neighbours("DE", code)} == {
        "AT",
        "CZ",
        "PL",
    }
    avoided, forgotten = 1 / 9, 1 / 3
    assert moved_to(played, 59, "PL") == pytest.approx(avoided, abs=4 * 0.0157)
    assert moved_to(played, 61, "PL") == pytest.approx(forgotten, abs=4 * 0.0236)


def test_where_it_goes_nowhere_a_cell_stays() -> None:
    played = stage(avoids=0, memory=60 * 24.0)
    played.settle(("DE", 9), ("AT", 9), ("CZ", 9), ("PL", 9))
    for number in (1, 2, 3):
        played.network._lose(number, 1)
    played.network._move(0)
    assert places(played.network)[0] == "DE"
    assert played.network.ledger.moves == 0
