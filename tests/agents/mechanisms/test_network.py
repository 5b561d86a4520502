"""The criminal network and the decoys: what they earn, show, notice, and do when warned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents.lane.choice import choose, whole_number
from agents.lane.travel import Geography
from agents.mechanisms.network.network import CriminalNetwork
from scenarios.schema.quantities import Range
from sim import Draws
from sim.seam.world import LEVEL_ONE, NEVER
from tests.agents.small import MEMBERS, SUBJECT, TICKS_A_DAY, Stage, changed, small

WEEKS_A_YEAR = 365 / 7
CALM = {
    "notice_per_week": 0,
    "leak_per_week": 0,
    "recruits_per_week": 0,
    "moves_when_warned": 0,
    "low_activity": 0.25,
    "reaction_time": 14 * 24.0,
}


def stage(replication: int = 0, **network: Any) -> Stage:
    """Return a stage on which the network lives undisturbed unless told otherwise."""
    return Stage(small(network={**CALM, **network}), replication)


def places(network: CriminalNetwork) -> list[str]:
    return [MEMBERS[cell.place] for cell in network.cells]


# Choices -------------------------------------------------------------------------------------


def test_whole_numbers_fill_their_range_evenly() -> None:
    draws, span = Draws(1, 0), Range(low=3, high=6, assumed="for the test")
    drawn = [whole_number(draws, span, "test", number) for number in range(4000)]
    assert set(drawn) == {3, 4, 5, 6}
    assert np.bincount(drawn)[3:].min() > 900


def test_choices_follow_their_weights() -> None:
    draws, weights = Draws(1, 0), [0.0, 3.0, 0.0, 1.0, 0.0]
    drawn = [choose(draws, weights, "test", number) for number in range(4000)]
    assert set(drawn) == {1, 3}
    assert drawn.count(1) == pytest.approx(3000, abs=4 * 27.4)


def test_a_choice_at_the_edge_has_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Draws, "uniform", lambda *_: 1 - 2.0**-53)
    assert choose(Draws(1, 0), [0.1, 0.2, 0.7, 0.0], "test") == 2


# Settling ------------------------------------------------------------------------------------


def test_cells_settle_in_different_states() -> None:
    numbers, sizes, homes = set(), set(), set()
    first = stage()
    for replication in range(60):
        lane = first.lane
        lane.draws = Draws(1, replication)
        network = CriminalNetwork(lane, first.network.spec, SUBJECT)
        assert len(set(places(network))) == len(network.cells)
        assert network.size == sum(cell.members for cell in network.cells)
        numbers.add(len(network.cells))
        sizes |= {cell.members for cell in network.cells}
        homes |= set(places(network))
    assert numbers == {3, 4}
    assert sizes == set(range(3, 10))
    assert homes == set(MEMBERS)


def test_large_states_have_cells_more_often() -> None:
    """In proportion to the root of the population."""
    played, chosen = stage(), list[str]()
    for replication in range(400):
        played.lane.draws = Draws(1, replication)
        chosen.append(places(CriminalNetwork(played.lane, played.network.spec, SUBJECT))[0])
    roots = {code: one.population**0.5 for code, one in played.layout.atlas.members.items()}
    for code in ("DE", "PL", "SI"):
        share = roots[code] / sum(roots.values())
        error = (share * (1 - share) / 400) ** 0.5
        assert chosen.count(code) / 400 == pytest.approx(share, abs=4 * error)


# A week --------------------------------------------------------------------------------------


def test_income_of_a_week() -> None:
    played = stage()
    played.settle(("DE", 5), ("AT", 3))
    played.weeks(1)
    week = 8 * 2 * 16_200 / WEEKS_A_YEAR
    ledger = played.network.ledger
    assert ledger.proceeds == pytest.approx(week)
    assert ledger.laundered == pytest.approx(week * 0.6 * 0.06)
    assert sum(cell.liquid for cell in played.network.cells) == pytest.approx(week * 0.6 * 0.94)


def test_money_is_laundered_frozen_or_liquid() -> None:
    played = stage(notice_per_week=1, moves_when_warned=1)
    played.settle(("DE", 5), ("AT", 3))
    played.lane.cases.begin(SUBJECT, played.layout.places["DE"], 0)
    for _ in range(10):
        played.weeks(1)
        played.network.freeze(SUBJECT, played.network.cells[1].place, 0.3, 0.5)
    ledger = played.network.ledger
    assert ledger.frozen > 0
    liquid = sum(cell.liquid for cell in played.network.cells)
    assert ledger.laundered + ledger.frozen + liquid == pytest.approx(0.6 * ledger.proceeds)
    assert ledger.confiscated == pytest.approx(0.5 * ledger.frozen)


def test_a_warned_network_earns_less_and_launders_faster() -> None:
    calm, warned = stage(), stage()
    for played in (calm, warned):
        played.settle(("DE", 5))
    warned.network.warn()
    for played in (calm, warned):
        played.weeks(1)
    usual, careful = calm.network.ledger, warned.network.ledger
    assert careful.proceeds == pytest.approx(usual.proceeds * (0.5 + 0.5 * 0.25))
    assert careful.laundered / careful.proceeds == pytest.approx(0.6 * 0.25)


def test_lost_members_are_replaced_one_a_week() -> None:
    played = stage(recruits_per_week=1)
    (cell,) = played.settle(("DE", 5))
    cell.members = 2
    sizes = []
    for _ in range(5):
        played.weeks(1)
        sizes.append(cell.members)
    assert sizes == [3, 4, 5, 5, 5]


# What there is to see ------------------------------------------------------------------------


def test_a_cell_is_seen_by_its_share_of_the_members() -> None:
    played = stage()
    played.settle(("DE", 6), ("AT", 3), ("PL", 3))
    assert (played.level("DE"), played.level("AT")) == (1.5 * LEVEL_ONE, 0.75 * LEVEL_ONE)
    assert played.level("SI") == 0


def test_two_cells_in_a_state_add_up() -> None:
    played = stage()
    played.settle(("DE", 4), ("DE", 2))
    assert played.level("DE") == 2 * LEVEL_ONE


def test_a_warned_network_shows_less_until_it_calms_down() -> None:
    played = stage()
    played.settle(("DE", 5))
    played.network.warn()
    levels = [played.level("DE")]
    for _ in range(3):
        played.weeks(1)
        levels.append(played.level("DE"))
    assert levels == [LEVEL_ONE / 4, LEVEL_ONE / 4, LEVEL_ONE, LEVEL_ONE]


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
        played.network._warned_until = -1.0
        played.network.warn()
        moved += sum(
            one != old for one, old in zip(places(played.network), ("DE", "PL"), strict=True)
        )
    assert moved / 600 == pytest.approx(0.35, abs=4 * 0.0195)


# Noticing and leaks --------------------------------------------------------------------------


def test_an_investigation_is_noticed_where_it_is() -> None:
    played = stage(notice_per_week=1)
    played.settle(("DE", 5))
    played.lane.cases.begin(SUBJECT, played.layout.places["AT"], 0)
    played.weeks(1)
    assert not played.network.is_warned
    played.lane.cases.begin(SUBJECT, played.layout.places["DE"], 0)
    played.weeks(1)
    assert played.network.is_warned


def test_an_investigation_of_a_decoy_is_not_noticed() -> None:
    played = stage(notice_per_week=1)
    played.settle(("DE", 5))
    played.lane.cases.begin(1, played.layout.places["DE"], 0)
    played.weeks(1)
    assert not played.network.is_warned


def test_nobody_informed_nobody_leaks() -> None:
    played = stage(leak_per_week=1)
    played.settle(("DE", 5))
    played.disclosed(1, 3, "AT", "PL")
    played.weeks(3)
    assert played.network.ledger.leaks == []
    assert not played.network.is_warned


def test_an_informed_organisation_leaks_and_loses_trust() -> None:
    played = stage(leak_per_week=1)
    played.settle(("DE", 5))
    played.disclosed(SUBJECT, 3, "PL")
    played.weeks(1)
    groups = played.layout.groups
    assert played.network.ledger.leaks == [groups["PL"]]
    assert played.network.is_warned
    for name in groups:
        assert played.trust(name, "PL") == (1 if name == "PL" else 0.75)
        assert played.trust("PL", name) == 1


def test_more_informed_organisations_leak_more_often() -> None:
    """With chance 0.02 a week each: 1 - 0.98**n."""
    played = stage(leak_per_week=0.02)
    played.settle(("DE", 5))
    found = {}
    for informed in (("PL",), ("PL", "AT", "europol", "IT", "SI")):
        played.disclosed(SUBJECT, 1, *informed)
        played.network.ledger.leaks.clear()
        for replication in range(1500):
            played.lane.draws = Draws(2, replication)
            played.network._listen()
        found[len(informed)] = len(played.network.ledger.leaks) / 1500
    assert found[1] == pytest.approx(0.02, abs=4 * 0.0036)
    assert found[5] == pytest.approx(1 - 0.98**5, abs=4 * 0.0076)


# Arrests -------------------------------------------------------------------------------------


def test_a_raid_takes_its_share_and_leaves_the_rest_wanted() -> None:
    played = stage()
    cells = played.settle(("DE", 400), ("AT", 400))
    played.network.raid(SUBJECT, [cells[0].place], 0.4, together=True)
    ledger = played.network.ledger
    assert ledger.arrested == pytest.approx(160, abs=4 * 9.8)
    assert cells[0].members == cells[0].wanted == 400 - ledger.arrested
    assert (cells[1].members, cells[1].wanted) == (400, 0)
    assert played.network.hides(SUBJECT, cells[0].place)
    assert not played.network.hides(SUBJECT, cells[1].place)
    assert not played.network.hides(1, cells[0].place)


@pytest.mark.parametrize("together", [True, False])
def test_who_escapes_a_single_state_flees_abroad(together: bool) -> None:
    played = stage()
    (cell,) = played.settle(("DE", 5))
    played.network.raid(SUBJECT, [cell.place], 0.0, together=together)
    assert (MEMBERS[cell.place] == "DE") is together
    assert cell.wanted == 5


def test_an_empty_cell_is_not_raided() -> None:
    played = stage()
    cells = played.settle(("DE", 5), ("AT", 5))
    cells[0].members = 0
    played.network.raid(SUBJECT, [cell.place for cell in cells], 1.0, together=True)
    assert played.network.ledger.arrested == 5
    assert cells[0].wanted == 0


def test_with_four_fifths_gone_the_network_is_dismantled() -> None:
    played = stage()
    cells = played.settle(("DE", 17), ("AT", 4), ("PL", 4))
    played.network.raid(SUBJECT, [cells[0].place], 1.0, together=True)
    assert played.network.ledger.dismantled is None
    played.until(1)
    played.network.raid(SUBJECT, [cells[1].place], 1.0, together=True)
    ledger = played.network.ledger
    assert ledger.dismantled == TICKS_A_DAY
    assert ledger.first_arrest == 0
    assert ledger.arrested == 21
    assert [played.level(code) for code in MEMBERS] == [0] * len(MEMBERS)
    played.weeks(4)
    assert ledger.proceeds == 0


def test_a_dismantled_network_has_nobody_left_to_surrender() -> None:
    played = stage()
    cells = played.settle(("DE", 17), ("AT", 3))
    cells[1].wanted = 3
    played.network.raid(SUBJECT, [cells[0].place], 1.0, together=True)
    assert played.network.ledger.dismantled is not None
    played.network.surrender(SUBJECT, cells[1].place, 1.0, "AT")
    assert cells[1].members == 0
    assert played.network.ledger.arrested == 17
    assert played.level("AT") == 0


def test_arrested_members_are_at_most_all_there_were() -> None:
    """Also of a network that replaces those it lost."""
    played = stage(recruits_per_week=1)
    (cell,) = played.settle(("DE", 10))
    for _ in range(4):
        played.network.raid(SUBJECT, [cell.place], 0.7, together=True)
        played.weeks(5)
    ledger = played.network.ledger
    assert ledger.arrested <= played.network.size


# Decoys --------------------------------------------------------------------------------------


def test_a_decoy_begins_and_ends() -> None:
    played = stage()
    decoy = played.lane.of(0).decoys[0]
    assert decoy.subject == 1
    assert 2 <= len(decoy.levels) <= 4
    assert 0 <= decoy.begins < 20 * TICKS_A_DAY < decoy.ends
    codes = {MEMBERS[place]: level for place, level in decoy.levels.items()}
    assert decoy.next_tick == decoy.begins
    decoy.step()
    assert decoy.next_tick == decoy.ends
    for code in MEMBERS:
        assert played.level(code, 1) == round(codes.get(code, 0) * LEVEL_ONE)
    decoy.step()
    assert decoy.next_tick == NEVER
    assert not any(played.level(code, 1) for code in MEMBERS)


def test_decoys_differ() -> None:
    decoys = stage().lane.of(0).decoys
    assert len({(decoy.begins, tuple(decoy.levels)) for decoy in decoys}) == len(decoys)


def test_the_median_decoy_shows_a_third_of_a_cell() -> None:
    levels = [
        level
        for decoy in Stage(small(decoys=150)).lane.of(0).decoys
        for level in decoy.levels.values()
    ]
    assert np.median(levels) == pytest.approx(0.3, rel=0.1)
    assert np.quantile(levels, 0.95) == pytest.approx(0.7, rel=0.2)


def test_the_settings_of_the_stage_reach_the_network() -> None:
    spec = stage().network.spec
    assert spec == changed(spec, **CALM)
    assert spec.reaction_time.value == 14 * 24


def test_nobody_is_wanted_of_a_network_that_fell_apart() -> None:
    played = stage()
    here, there = played.settle(("DE", 9), ("AT", 1))
    here.wanted = 9
    played.network.surrender(SUBJECT, played.layout.places["DE"], 1.0, "AT")
    assert played.network.ledger.dismantled is not None
    assert (here.wanted, there.wanted) == (0, 0)
    assert not played.network.hides(SUBJECT, played.layout.places["DE"])
