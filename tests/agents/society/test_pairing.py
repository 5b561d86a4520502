"""Policies are compared on the same worlds: what the policy does not touch is the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache
from typing import Any, NamedTuple

import pytest

from agents.lane.lane import Lane
from agents.mechanisms.decoys import Decoy
from agents.society.batch import run_compiled
from agents.society.society import Society
from scenarios import Compiled, compile_world
from sim import Kernel, LaneId, Log, Reference, advance
from sim.draws.streams import Draws
from sim.reference.rules import _key
from tests.agents.small import POLICIES, compiled_small, policies, small

LANES = tuple(LaneId(point, 8, 4) for point in range(len(POLICIES)))


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
    networks = lane.of(0).networks
    return {
        "places": [network.first_places for network in networks],
        "members": [cell.first_members for network in networks for cell in network.cells],
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


def begun(*lanes: LaneId) -> list[Any]:
    """State before tick 0 of lanes in one batch."""
    compiled = compiled_small()
    society = Society(compiled)
    society.start(Kernel(compiled.world, lanes))
    return [first_state(lane) for lane in society.lanes]


def test_all_policies_meet_the_same_networks_and_decoys() -> None:
    first, *others = begun(*LANES)
    assert first["decoys"]
    assert len(first["places"]) == 2
    assert all(other == first for other in others)
    assert all(begun(lane) == [first] for lane in LANES)


def test_another_world_is_another_world() -> None:
    lanes = (LANES[0], LANES[0]._replace(replication=3), LANES[0]._replace(seed=9))
    first, second, third = begun(*lanes)
    assert first != second != third != first


def test_nothing_differs_before_somebody_acts() -> None:
    """Traces and routine are the same up to the first recognition anywhere."""
    played = all_policies()
    start = first_recognition(played)
    first, *others = (before(start, traces(played, lane)) for lane in range(len(LANES)))
    assert sum(map(len, first.values())) > 5
    assert all(other == first for other in others)


def numbered(played: Played, most: int) -> dict[int, tuple[int, int]]:
    """Return (stream, number) of observations by their key: what the names of draws make of them.

    A stream is what a desk sees of a subject in one place.
    """
    world = played.compiled.world
    engine = Reference(world, LANES[0])
    found = {}
    for row, stream in enumerate(engine._streams):
        cls = world.sights.cls[stream.sight]
        key, subject = int(world.classes.trace_key[cls]), int(world.subjects.key[stream.subject])
        for number in range(most):
            words = engine._words(key, subject, stream.key, number)
            found[_key(words)] = row, number
    return found


def test_the_same_trace_is_the_same_report_whenever_it_comes() -> None:
    """The k-th trace of a subject in a place has one key at a desk, in all policies."""
    played = all_policies()
    stories = [traces(played, lane) for lane in range(len(LANES))]
    expected = numbered(played, max(len(rows) for story in stories for rows in story.values()))
    compared = 0
    for story in stories:
        seen = Counter[int]()
        for stream in story.values():
            for _, key in stream:
                row, number = expected[key]
                assert number == seen[row]
                seen[row] += 1
                compared += 1
    assert compared > 2000


def test_everything_happens_in_the_small_scenario() -> None:
    """Else the comparisons to the bit would say little of casework."""
    lanes = all_policies().society.lanes
    ledgers = [network.ledger for lane in lanes for network in lane.of(0).networks]
    cases = [case for lane in lanes for case in lane.cases.all]
    ends = {(case.procedure, case.how) for case in cases if case.closed is not None}
    books = (
        "raids",
        "common_actions",
        "freed",
        "frozen",
        "convicted",
        "moves",
        "leaks",
        "dismantled",
        "replaced",
    )
    happened = {
        **{name: sum(getattr(ledger, name) for ledger in ledgers) for name in books},
        "decoys pursued": sum(
            case.upheld is not None and not lanes[0].is_real(case.subject)
            for case in cases
            if case.subject >= 0
        ),
        "cases that wait for people": sum(case.waited > 0 for case in cases),
        "false recognitions": sum(lane.false_recognitions.total() for lane in lanes),
        "trust won": sum(value > 1 for lane in lanes for value in lane.trust._values.values()),
        "trust lost": sum(value < 1 for lane in lanes for value in lane.trust._values.values()),
    }
    assert [name for name, times in happened.items() if not times] == []
    assert {name for name, _ in ends} == set(lanes[0].layout.scenario.procedures)
    assert {how for name, how in ends if name == "investigation"} == {
        "overtaken",
        "dropped",
        "not-proven",
        "nobody-found",
        "struck",
    }


def test_policies_do_come_apart() -> None:
    played = all_policies()
    stories = [traces(played, lane) for lane in range(len(LANES))]
    assert any(story != stories[0] for story in stories)


def test_one_more_decoy_moves_nothing_else() -> None:
    lane = (LaneId(0, 8, 4),)
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
        stream: rows for stream, rows in early.items() if stream[1] < 1 + len(one["decoys"])
    }


def test_one_more_network_moves_nothing_else() -> None:
    """Its subject stands before those of the decoys, whose numbers it moves and nothing else."""
    lane = (LaneId(0, 8, 4),)
    few, more = (
        play(compile_world(small(networks=count), policies(("bilateral",))), lane)
        for count in (1, 2)
    )
    one, other = first_state(few.society.lanes[0]), first_state(more.society.lanes[0])
    assert one["places"] == other["places"][:1]
    assert [decoy[1:] for decoy in one["decoys"]] == [decoy[1:] for decoy in other["decoys"]]
    start = min(first_recognition(few), first_recognition(more))
    moved = {
        (cls, subject + (subject > 0), unit): rows
        for (cls, subject, unit), rows in before(start, traces(few, 0)).items()
    }
    early = before(start, traces(more, 0))
    assert moved
    assert moved == {stream: rows for stream, rows in early.items() if stream[1] != 1}


def test_routine_is_the_same_where_policies_let_the_same_through() -> None:
    """Draws of routine are named by desk and tick: equal rates give equal counts."""
    names = ("request-response", "hit-no-hit", "originator-control")
    result = run_compiled(compiled_small(names), [LaneId(point, 8, 4) for point in range(3)])
    arrived = result.counters["background_arrived"]
    assert arrived[0] > 0
    assert len(set(arrived.tolist())) == 1


def test_draws_in_order_of_call_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    original, calls = Draws.words, list[int]()

    def words(self: Draws, stream: str, *entity: int | str) -> tuple[int, int, int, int]:
        calls.append(0)
        return original(self, f"{stream}{len(calls)}", *entity)

    monkeypatch.setattr(Draws, "words", words)
    first, second = begun(LANES[0]), begun(LANES[1])
    assert first != second
