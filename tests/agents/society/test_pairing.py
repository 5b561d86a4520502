"""Policies are compared on the same worlds: what the policy does not touch is the same."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any, NamedTuple

import pytest

from agents.lane.lane import Lane
from agents.mechanisms.decoys import Decoy
from agents.society.batch import run_compiled
from agents.society.society import Society
from scenarios import Compiled, compile_world
from sim import Kernel, LaneId, Log, advance
from sim.draws.streams import Draws
from tests.agents.small import POLICIES, SUBJECT, compiled_small, eurojust, police, policies, small

LANES = tuple(LaneId(point, 8, 2) for point in range(len(POLICIES)))


class Played(NamedTuple):
    """A batch that ran: its agents, and all that happened."""

    society: Society
    log: Log
    compiled: Compiled


def play(compiled: Compiled, lanes: tuple[LaneId, ...]) -> Played:
    society, log = Society(compiled), Log()
    advance(Kernel(compiled.world, lanes, log), society, compiled.world.horizon)
    return Played(society, log, compiled)


@cache
def all_policies() -> Played:
    return play(compiled_small(), LANES)


def first_state(lane: Lane) -> dict[str, Any]:
    """Return what is drawn before anything happens."""
    network = lane.of(0)
    return {
        "places": network.first_places,
        "members": [cell.first_members for cell in network.cells],
        "decoys": [decoy_state(decoy) for decoy in lane.of(0).decoys],
    }


def decoy_state(decoy: Decoy) -> tuple[Any, ...]:
    return decoy.subject, decoy.levels, decoy.begins, decoy.ends


def traces(played: Played, lane: int) -> dict[tuple[int, int, int], list[tuple[int, int]]]:
    """Return (tick, key) of the observations in each stream: class, subject, unit."""
    watch, sights = played.compiled.world.watch, played.compiled.world.sights
    cls = sights.cls[watch.sight]
    streams = set(zip(cls.tolist(), watch.subject.tolist(), watch.unit.tolist(), strict=True))
    found: defaultdict[tuple[int, int, int], list[tuple[int, int]]] = defaultdict(list)
    for tick, number, key, *stream in played.log.made:
        name = (stream[0], stream[1], stream[2])
        if number == lane and name in streams:
            found[name].append((tick, key))
    return dict(found)


def before(
    tick: int, found: dict[tuple[int, int, int], list[tuple[int, int]]]
) -> dict[tuple[int, int, int], list[tuple[int, int]]]:
    """Return the observations made before a tick."""
    early = {name: [row for row in rows if row[0] < tick] for name, rows in found.items()}
    return {name: rows for name, rows in early.items() if rows}


def first_recognition(played: Played) -> int:
    return min(tick for tick, *_ in played.log.recognitions)


def state_alone(lane: LaneId) -> Any:
    """State before tick 0 of a lane that shares its draws with no other."""
    compiled = compiled_small()
    society = Society(compiled)
    society.start(Kernel(compiled.world, [lane]))
    return first_state(society.lanes[0])


def test_all_policies_meet_the_same_network_and_decoys() -> None:
    first, *others = map(first_state, all_policies().society.lanes)
    assert first["decoys"]
    assert all(other == first for other in others)
    assert all(state_alone(lane) == first for lane in LANES)


def test_another_world_is_another_world() -> None:
    compiled = compiled_small()
    lanes = (LANES[0], LANES[0]._replace(replication=3), LANES[0]._replace(seed=9))
    society = Society(compiled)
    society.start(Kernel(compiled.world, lanes))
    first, second, third = map(first_state, society.lanes)
    assert first == first_state(all_policies().society.lanes[0])
    assert first != second != third != first


def test_nothing_differs_before_somebody_acts() -> None:
    """Traces and routine are the same up to the first recognition anywhere."""
    played = all_policies()
    start = first_recognition(played)
    first, *others = (before(start, traces(played, lane)) for lane in range(len(LANES)))
    assert sum(map(len, first.values())) > 5
    assert all(other == first for other in others)


def test_the_same_trace_is_the_same_report_whenever_it_comes() -> None:
    """The k-th trace of a subject at a desk has one key in all policies."""
    played = all_policies()
    found = [traces(played, lane) for lane in range(len(LANES))]
    compared = 0
    for stream in set().union(*found):
        keys = [[key for _, key in lane.get(stream, [])] for lane in found]
        longest = max(keys, key=len)
        for some in keys:
            assert some == longest[: len(some)]
            compared += len(some)
    assert compared > 500


def test_everything_happens_in_the_small_scenario() -> None:
    """Else the comparisons to the bit would say little of casework."""
    lanes = all_policies().society.lanes
    ledgers = [lane.of(0).ledger for lane in lanes]
    states = [lane.organisations[code] for lane in lanes for code in lane.layout.places]
    happened = {
        "raids": sum(ledger.raids for ledger in ledgers),
        "joint teams": sum(eurojust(lane).team(SUBJECT) is not None for lane in lanes),
        "money frozen": sum(ledger.frozen > 0 for ledger in ledgers),
        "moves": sum(ledger.moves for ledger in ledgers),
        "leaks": sum(len(ledger.leaks) for ledger in ledgers),
        "warrants": sum(
            len(police(lane, code)._executed) for lane in lanes for code in lane.layout.places
        ),
        "joint operations": sum(bool(lane.organisations["frontex"].subjects) for lane in lanes),
        "work files": sum(bool(lane.organisations["europol"].subjects) for lane in lanes),
        "decoys pursued": sum(bool(state.subjects - {SUBJECT}) for state in states),
        "false recognitions": sum(lane.false_recognitions for lane in lanes),
    }
    assert [name for name, times in happened.items() if not times] == []


def test_policies_do_come_apart() -> None:
    played = all_policies()
    stories = [traces(played, lane) for lane in range(len(LANES))]
    assert any(story != stories[0] for story in stories)


def test_one_more_decoy_moves_nothing_else() -> None:
    lane = (LaneId(0, 8, 2),)
    few, more = (
        play(compile_world(small(decoys=count), policies(("bilateral",))), lane) for count in (3, 4)
    )
    assert [len(played.society.lanes[0].of(0).decoys) for played in (few, more)] == [3, 4]
    one, other = first_state(few.society.lanes[0]), first_state(more.society.lanes[0])
    assert one["decoys"] == other["decoys"][:3]
    assert (one["places"], one["members"]) == (other["places"], other["members"])
    start = min(first_recognition(few), first_recognition(more))
    early = before(start, traces(more, 0))
    assert before(start, traces(few, 0)) == {
        stream: rows for stream, rows in early.items() if stream[1] < len(one["decoys"]) + 1
    }


def test_routine_is_the_same_where_policies_let_the_same_through() -> None:
    """Draws of routine are named by desk and tick: equal rates give equal counts."""
    names = ("request-response", "hit-no-hit", "originator-control")
    result = run_compiled(compiled_small(names), [LaneId(point, 8, 2) for point in range(3)])
    arrived = result.counters["background_arrived"]
    assert arrived[0] > 0
    assert len(set(arrived.tolist())) == 1


def test_draws_in_order_of_call_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    original, calls = Draws.words, list[int]()

    def words(self: Draws, stream: str, *entity: int | str) -> tuple[int, int, int, int]:
        calls.append(0)
        return original(self, f"{stream}{len(calls)}", *entity)

    monkeypatch.setattr(Draws, "words", words)
    first, second = map(state_alone, LANES[:2])
    assert first != second
