"""Criminal networks: what they notice and hear, and what arrests, courts and others do to them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from agents.lane.verbs import Blow
from sim import Draws
from sim.seam.world import LEVEL_ONE
from tests.agents.mechanisms.calm import (
    AT,
    DE,
    PL,
    places,
    pursue,
    sizes,
    stage,
)
from tests.agents.small import MEMBERS, SUBJECT, TICKS_A_DAY

# Noticing and leaks --------------------------------------------------------------------------


def test_an_investigation_is_noticed_where_it_is() -> None:
    played = stage(notice_per_week=1)
    played.settle(("DE", 5))
    pursue(played, "AT")
    played.weeks(1)
    assert not played.network.is_warned
    pursue(played, "DE")
    played.weeks(1)
    assert played.network.is_warned


def test_what_is_not_upheld_is_not_noticed() -> None:
    played = stage(notice_per_week=1)
    played.settle(("DE", 5))
    cases = played.lane.cases
    lead = cases.open("investigation", "DE", DE, SUBJECT, 0)
    pursue(played, "DE", SUBJECT + 1)
    played.weeks(1)
    assert not played.network.is_warned
    cases.uphold(lead, played.lane.now)
    cases.close(lead, "dropped", played.lane.now)
    played.weeks(1)
    assert not played.network.is_warned


def test_how_often_an_investigation_is_noticed() -> None:
    """Each cell notices by itself: 1 - 0.9**2."""
    played, noticed = stage(notice_per_week=0.1), 0
    pursue(played, "DE")
    pursue(played, "AT")
    for replication in range(500):
        played.lane.draws = Draws(2, replication)
        played.settle(("DE", 5), ("AT", 5), ("PL", 5))
        played.network._listen()
        noticed += played.network.is_warned
    assert noticed / 500 == pytest.approx(0.19, abs=4 * 0.0175)


def test_nobody_informed_nobody_leaks() -> None:
    played = stage(leak_per_week=1)
    played.settle(("DE", 5))
    played.disclosed(1, 3, "AT", "PL")
    played.weeks(8)
    assert played.network.ledger.leaks == 0
    assert not played.network.is_warned


@pytest.mark.parametrize("traced", [0, 1])
def test_an_informed_organisation_leaks_and_loses_trust_if_it_comes_out(traced: int) -> None:
    played = stage(leak_per_week=1, leak_traced=traced)
    played.settle(("DE", 5))
    played.disclosed(SUBJECT, 3, "PL")
    played.weeks(3)
    assert played.network.ledger.leaks == 0
    played.weeks(1)
    assert played.network.ledger.leaks == 1
    assert played.network.is_warned
    of, groups = played.lane.trust.of, dict(played.layout.groups)
    told = groups.pop("PL")
    crime = played.lane.domain_of(SUBJECT)
    assert {of(group, told, crime) for group in groups.values()} == {0.75 if traced else 1}
    assert {of(told, group, crime) for group in groups.values()} == {1}


def test_how_many_leaks_come_out() -> None:
    played, traced = stage(leak_per_week=1, leak_traced=0.2), 0
    played.settle(("DE", 5))
    played.disclosed(SUBJECT, 3, "PL", "AT")
    for replication in range(400):
        played.lane.draws = Draws(2, replication)
        played.lane.trust._values.clear()
        played.network._listen()
        traced += bool(played.lane.trust._values)
    assert traced / 400 == pytest.approx(0.2, abs=4 * 0.02)


def test_more_informed_organisations_leak_more_often() -> None:
    """With chance 0.005 a week each, in the four weeks until it is heard: 1 - 0.995**4n."""
    played = stage(leak_per_week=0.005)
    played.settle(("DE", 5))
    found = {}
    for informed in (("PL",), ("PL", "AT", "europol", "IT", "SI")):
        played.disclosed(SUBJECT, 1, *informed)
        played.network.ledger.leaks = 0
        for replication in range(1500):
            played.lane.draws = Draws(2, replication)
            played.network._listen()
        found[len(informed)] = played.network.ledger.leaks / 1500
    assert found[1] == pytest.approx(1 - 0.995**4, abs=4 * 0.0036)
    assert found[5] == pytest.approx(1 - 0.995**20, abs=4 * 0.0076)


# Arrests -------------------------------------------------------------------------------------


def test_a_raid_takes_its_share_and_leaves_the_rest_wanted() -> None:
    played = stage()
    cells = played.settle(("DE", 400), ("AT", 400))
    taken = played.network.raid((DE, PL), 0.4)
    ledger = played.network.ledger
    assert taken == ledger.arrested == pytest.approx(160, abs=4 * 9.8)
    assert cells[0].members == cells[0].wanted == 400 - taken
    assert (cells[1].members, cells[1].wanted) == (400, 0)
    assert (ledger.raids, ledger.common_actions) == (1, 1)
    assert played.network.is_warned


def test_arrests_follow_a_binomial_law() -> None:
    """Of ten members with chance 0.4 each: mean 4, variance 2.4; raids of one are independent."""
    played, taken = stage(falls_apart=0), list[tuple[int, int]]()
    for replication in range(400):
        played.lane.draws = Draws(7, replication)
        (cell,) = played.settle(("DE", 10))
        first = played.network.raid((DE, AT), 0.4)
        cell.members = 10
        taken.append((first, played.network.raid((DE, AT), 0.4)))
    first, second = np.array(taken).T
    for some in (first, second):
        assert some.mean() == pytest.approx(4, abs=4 * (2.4 / 400) ** 0.5)
        assert some.var() == pytest.approx(2.4, rel=0.3)
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / 400**0.5


@pytest.mark.parametrize("together", [True, False])
def test_who_escapes_a_single_state_flees_abroad(together: bool) -> None:
    """Also if nobody was caught; they are seen where they went."""
    played = stage()
    (cell,) = played.settle(("DE", 5))
    assert played.network.raid((DE, AT) if together else (DE,), 0.0) == 0
    assert (MEMBERS[cell.place] == "DE") is together
    assert cell.wanted == 5
    assert played.network.is_warned
    assert (played.level("DE") > 0) is together
    assert played.level(MEMBERS[cell.place]) == LEVEL_ONE / 4


def test_an_empty_cell_is_not_raided() -> None:
    played = stage()
    cells = played.settle(("DE", 5), ("AT", 15))
    cells[0].members = 0
    assert played.network.raid((DE, AT), 1.0) == 15
    assert cells[0].wanted == 0


def test_a_raid_where_nobody_is_warns_nobody() -> None:
    played = stage()
    played.settle(("DE", 5))
    assert played.network.raid((AT,), 1.0) == 0
    assert not played.network.is_warned
    assert played.network.ledger.raids == 1


def test_a_warrant_finds_those_who_are_wanted_there() -> None:
    played = stage(falls_apart=0)
    here, there = played.settle(("DE", 100), ("AT", 50))
    here.wanted = 80
    assert played.network.surrender(AT, 1.0, "AT:0") == 0
    taken = played.network.surrender(DE, 0.5, "DE:0")
    assert taken == pytest.approx(40, abs=4 * 4.5)
    assert (here.members, here.wanted, there.members) == (100 - taken, 80 - taken, 50)
    assert played.network.ledger.arrested == taken
    assert played.network.known[-1].first_arrest == 0


def test_each_case_of_a_state_has_a_chance_of_its_own() -> None:
    played, found = stage(falls_apart=0), set()
    for turn in range(4):
        (cell,) = played.settle(("DE", 100))
        cell.wanted = 100
        found.add(played.network.surrender(DE, 0.5, f"DE:{turn}"))
    assert len(found) > 1


# Courts --------------------------------------------------------------------------------------


def test_those_arrested_are_tried_once_and_the_acquitted_come_back() -> None:
    played = stage(falls_apart=0)
    here, there = played.settle(("DE", 300), ("AT", 300))
    taken = played.network.raid((DE, AT), 0.5)
    before, level = (here.members, there.members), played.level("DE")
    in_germany = 300 - before[0]
    guilty = played.network.convict((DE,), 0.6, "DE:0")
    assert guilty == pytest.approx(0.6 * in_germany, abs=4 * (0.24 * in_germany) ** 0.5)
    assert here.members == before[0] + in_germany - guilty
    assert there.members == before[1]
    assert played.level("DE") > level
    assert played.network.convict((DE,), 1.0, "DE:1") == 0
    assert played.network.convict((AT,), 1.0, "AT:0") == taken - in_germany
    assert played.network.ledger.convicted == guilty + taken - in_germany
    assert played.network.ledger.arrested == taken


def test_the_acquitted_go_to_the_cell_they_were_of_wherever_it_is() -> None:
    played = stage(falls_apart=0)
    cell, _ = played.settle(("DE", 10), ("DE", 10))
    played.network.raid((DE, AT), 1.0)
    cell.place = PL
    played.network.convict((DE,), 0.0, "DE:0")
    assert sizes(played.network) == [10, 10]
    assert (played.level("PL"), played.level("DE")) == (LEVEL_ONE / 4, LEVEL_ONE / 4)


def test_nobody_comes_back_to_a_network_that_fell_apart_or_to_its_successor() -> None:
    played = stage(replaced=1, replaced_after=7 * 24.0)
    played.settle(("DE", 10), ("AT", 10))
    played.network.raid((DE,), 1.0)
    played.network.raid((AT,), 1.0)
    assert not played.network.is_active
    assert played.network.convict((DE,), 0.0, "DE:0") == 0
    assert sizes(played.network) == [0, 0]
    played.weeks(1)
    assert played.network.is_active
    before = sizes(played.network)
    assert played.network.convict((AT,), 0.0, "AT:0") == 0
    assert sizes(played.network) == before


# Falling apart -------------------------------------------------------------------------------


def test_with_less_than_its_share_left_a_network_falls_apart() -> None:
    """Of 25 members 8 are enough at 30%, and 7 are not."""
    played = stage()
    cells = played.settle(("DE", 17), ("AT", 4), ("PL", 4))
    played.network.raid((DE, AT)[:1], 1.0)
    assert played.network.is_active
    played.until(1)
    played.network._lose(1, 1)
    network, ledger = played.network, played.network.ledger
    network.show()
    assert not network.is_active
    assert (ledger.dismantled, ledger.replaced, ledger.arrested) == (1, 0, 18)
    assert (network.known[-1].first_arrest, network.known[-1].ended) == (0, TICKS_A_DAY)
    assert [(cell.members, cell.wanted, cell.victims) for cell in cells] == [(0, 0, 0)] * 3
    for aspect in range(3):
        assert [played.level(code, SUBJECT, aspect) for code in MEMBERS] == [0] * len(MEMBERS)
    played.weeks(4)
    assert ledger.proceeds == ledger.victim_weeks == 0
    assert not network.is_active


def test_nobody_is_wanted_of_a_network_that_fell_apart() -> None:
    played = stage()
    here, there = played.settle(("DE", 9), ("AT", 1))
    here.wanted = there.wanted = 1
    here.wanted = 9
    assert played.network.surrender(DE, 1.0, "AT:0") == 9
    assert not played.network.is_active
    assert (here.wanted, there.wanted) == (0, 0)
    assert played.network.surrender(AT, 1.0, "AT:0") == 0
    assert played.level("DE") == played.level("AT") == 0


def test_what_fell_apart_is_neither_warned_nor_hears_of_anything() -> None:
    played = stage(leak_per_week=1)
    played.settle(("DE", 5))
    played.disclosed(SUBJECT, 3, "PL")
    played.network.raid((DE,), 1.0)
    played.network.warn()
    played.weeks(4)
    assert not played.network.is_warned
    assert played.network.ledger.leaks == 0


def test_another_group_comes_of_which_nobody_knows_anything() -> None:
    """Recognised on day 2, struck on 3, replaced in the week that ends on day 14."""
    played = stage(replaced=1, replaced_after=10 * 24.0)
    old = played.settle(("DE", 5))
    played.until(2)
    played.saw(SUBJECT, "DE", "AT")
    played.saw(SUBJECT + 1, "AT")
    played.recognised(SUBJECT, "DE")
    played.until(3)
    network, engine = played.network, played.engine
    network.raid((DE,), 1.0)
    played.until(7)
    network.step()
    assert not network.is_active
    played.until(14)
    police = played.layout.units["AT.police"]
    assert engine.evidence(0, police, SUBJECT, played.tick) > 0
    network.step()
    assert network.is_active
    assert network.cells is not old
    assert (network.ledger.dismantled, network.ledger.replaced) == (1, 1)
    assert network.ledger.members == 5 + sum(sizes(network))
    assert network.ledger.arrested == 5
    for desk in range(len(played.layout.units)):
        assert engine.evidence(0, desk, SUBJECT, played.tick) == 0
        assert engine.origins(0, desk, SUBJECT) == 0
    assert engine.evidence(0, police, SUBJECT + 1, played.tick) > 0
    first, second = network.books()
    assert first.first == {"DE": 2 * TICKS_A_DAY}
    assert first.first_arrest == first.ended == pytest.approx(3 * TICKS_A_DAY, abs=1)
    assert (first.began, second.began) == (0, pytest.approx(14 * TICKS_A_DAY, abs=1))
    assert (second.first, second.ended, second.first_arrest) == ({}, None, None)
    assert {code for code in MEMBERS if played.level(code)} == set(places(network))
    played.recognised(SUBJECT, "DE")
    assert network.books()[1].first == {"DE": second.began}


def test_groups_of_one_place_are_drawn_anew() -> None:
    played, found = stage(replaced=1, replaced_after=24.0), []
    for _ in range(4):
        found.append((places(played.network), sizes(played.network)))
        played.network.raid(tuple(range(len(MEMBERS))), 1.0)
        played.weeks(1)
    assert played.network.ledger.replaced == 4
    assert all(one != other for one, other in pairwise(found))


def test_how_often_a_group_is_replaced() -> None:
    played, back = stage(replaced=0.6), 0
    for replication in range(300):
        played.lane.draws = Draws(6, replication)
        played.settle(("DE", 5))
        played.network._lose(0, 5)
        back += played.network._back_at is not None
    assert back / 300 == pytest.approx(0.6, abs=4 * 0.0283)


# What procedures do --------------------------------------------------------------------------


def blow(code: str, share: float, kept: float = 1.0) -> Blow:
    return Blow((MEMBERS.index(code),), f"{code}:0", share, kept)


def test_verbs_reach_the_network_that_they_are_about() -> None:
    played = stage(networks=2, falls_apart=0)
    first, second = played.underworld.networks
    (cell,) = played.settle(("DE", 5))
    others = sizes(second)
    cell.liquid = 1000
    world = played.underworld
    assert world.free(SUBJECT, blow("DE", 0.5)) == 5
    assert world.freeze(SUBJECT, blow("DE", 0.25, 0.5)) == 250
    assert world.arrest(SUBJECT, blow("DE", 1.0)) == 5
    assert world.convict(SUBJECT, blow("DE", 1.0)) == 5
    cell.members, cell.place = 5, DE
    cell.wanted = 2
    assert world.surrender(SUBJECT, blow("DE", 1.0)) == 2
    ledger = first.ledger
    assert (ledger.freed, ledger.frozen, ledger.confiscated) == (5, 250, 125)
    assert (ledger.arrested, ledger.convicted) == (7, 5)
    assert sizes(second) == others
    assert second.ledger.arrested == second.ledger.raids == 0


def test_nothing_comes_of_what_is_done_to_a_coincidence() -> None:
    played = stage()
    played.settle(("DE", 5))
    decoy = played.underworld.decoys[0].subject
    for verb in ("arrest", "free", "freeze", "surrender", "convict"):
        assert getattr(played.underworld, verb)(decoy, blow("DE", 1.0)) == 0
    assert played.network.ledger.raids == 0
    assert played.underworld.network(decoy) is None
    assert played.underworld.network(SUBJECT) is played.network
