"""Scarce people: places, priorities, hours, others' cases, and how waits grow."""

from __future__ import annotations

import heapq
import math
from typing import Any

import pytest
import simpy

from agents.lane.workplace import FIRST, ORDINARY, URGENT, Post, Taking, Workplace
from agents.society.posts import posts
from sim import Draws
from tests.agents.procedures.tiny import Recorder, compiled, post, procedure

Job = tuple[float, float]
"""(when it asks, how long it works)."""


def place_of_work(draws: Draws | None = None, **fields: Any) -> tuple[simpy.Environment, Workplace]:
    """Return a clock, and one post `desk` on it."""
    environment = simpy.Environment()
    declared = {"places": 1, "hours_a_tick": 2.0, **fields}
    return environment, Workplace(
        environment, [(0, {"desk": Post(**declared)})], draws or Draws(1, 0)
    )


def worked(
    environment: simpy.Environment, work: Workplace, jobs: list[Job], until: float | None = None
) -> list[float]:
    """Return how long each job waited, if it came to its turn."""
    waits: dict[int, float] = {}

    def one(number: int, at: float, lasts: float) -> Any:
        yield environment.timeout(at)
        taking = work.take("desk", ORDINARY)
        yield taking.granted
        waits[number] = environment.now - at
        taking.begin(useful=True)
        yield environment.timeout(lasts)
        taking.end()

    for number, (at, lasts) in enumerate(jobs):
        environment.process(one(number, at, lasts))
    environment.run(until=until)
    return [waits[number] for number in sorted(waits)]


# Places, priorities, hours -------------------------------------------------------------------


def test_places_go_by_priority_then_by_time_of_asking() -> None:
    environment, work = place_of_work()
    done: list[str] = []

    def one(name: str, priority: int) -> Any:
        taking = work.take("desk", priority)
        yield taking.granted
        taking.begin(useful=priority == URGENT)
        yield environment.timeout(3)
        taking.end()
        done.append(name)

    for name, priority in {
        "first": ORDINARY,
        "own": ORDINARY,
        "urgent": URGENT,
        "there already": FIRST,
        "later": ORDINARY,
        "second urgent": URGENT,
    }.items():
        environment.process(one(name, priority))
    environment.run()
    assert done == ["first", "there already", "urgent", "second urgent", "own", "later"]
    assert work.hours(environment.now) == (2 * 3 * 2.0, 4 * 3 * 2.0)


def test_work_still_open_counts_up_to_now() -> None:
    environment, work = place_of_work(places=2)
    real, false = (work.take("desk", ORDINARY) for _ in range(2))
    environment.run()
    real.begin(useful=True)
    environment.run(until=3)
    false.begin(useful=False)
    environment.run(until=10)
    assert work.open_now == 2
    assert work.hours(10) == (10 * 2.0, 7 * 2.0)
    real.end()
    environment.run(until=20)
    assert work.hours(20) == (10 * 2.0, 17 * 2.0)


def test_a_place_ended_twice_is_given_back_once() -> None:
    environment, work = place_of_work()
    taking = work.take("desk", ORDINARY)
    environment.run()
    taking.begin(useful=True)
    taking.end()
    taking.end()
    assert worked(environment, work, [(0, 5), (0, 5)]) == [0, 5]


def test_who_no_longer_waits_takes_no_place() -> None:
    environment, work = place_of_work()
    first, second = (work.take("desk", ORDINARY) for _ in range(2))
    environment.run()
    assert (first.granted.triggered, second.granted.triggered) == (True, False)
    second.end()
    first.end()
    assert worked(environment, work, [(0, 5)]) == [0]


def test_who_works_alone_counts_inside_of_the_block() -> None:
    environment, work = place_of_work()

    def one() -> Any:
        with work.request("desk", ORDINARY) as granted:
            yield granted
            with work.shift("desk", useful=False, places=3):
                yield environment.timeout(4)

    environment.process(one())
    environment.run()
    assert work.hours(environment.now) == (0, 4 * 3 * 2.0)


def test_hours_are_those_on_one_threat_or_on_all() -> None:
    """A day on the worm, two on a coincidence that resembles it, four on fires, and patrols."""
    environment, work = place_of_work(places=4)
    jobs = [(True, 1, "worm"), (False, 2, "worm"), (True, 4, "fires"), (True, 8, "")]

    def one(useful: bool, lasts: float, threat: str) -> Any:
        taking = work.take("desk", ORDINARY)
        yield taking.granted
        taking.begin(useful=useful, threat=threat)
        yield environment.timeout(lasts)
        taking.end()

    for job in jobs:
        environment.process(one(*job))
    environment.run(until=3)
    assert work.hours(3, "fires") == (2 * 3.0, 0), "what goes on counts up to now"
    environment.run()
    assert work.hours(8, "worm") == (2 * 1.0, 2 * 2.0)
    assert work.hours(8, "fires") == (2 * 4.0, 0)
    assert work.hours(8, "floods") == (0, 0)
    assert work.hours(8) == (2 * (1.0 + 4.0 + 8.0), 2 * 2.0)


# Others' cases -------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "owed"), [(1, 0), (0.5, 10), (0.25, 30), (0.1, 90)])
def test_what_is_owed_to_others(share: float, owed: float) -> None:
    assert Post(1, 2.0, share=share).owed(10) == pytest.approx(owed)
    assert Post(1, 2.0, share=share).owed(0) == 0


def test_after_each_own_case_others_have_their_turn() -> None:
    """Of a place with a third of its time: 3 ticks of work, 6 ticks for others."""
    environment, work = place_of_work(share=1 / 3)
    assert worked(environment, work, [(0, 3), (0, 3), (20, 3)]) == pytest.approx([0, 9, 0])
    assert work.hours(100) == pytest.approx((9 * 2.0, 0)), "others' cases are not ours"


def share_given(share: float, places: int, ticks: float = 4000) -> float:
    """Return the share of the time of all places that a queue without end works there."""
    environment, work = place_of_work(share=share, places=places, length=20.0)
    lasts = [1 + number * 7 % 13 for number in range(int(ticks * places * share / 4) + 50)]
    worked(environment, work, [(0, one) for one in lasts], until=ticks)
    return work.hours(ticks)[0] / 2.0 / ticks / places


@pytest.mark.parametrize("share", [1.0, 0.7, 0.3, 0.1])
@pytest.mark.parametrize("places", [1, 3])
def test_in_the_long_run_a_post_gives_its_share(share: float, places: int) -> None:
    """Exact but for what is under way at both ends: a case and what is owed for it."""
    assert share_given(share, places) == pytest.approx(share, abs=1.5 * 13 / share / 4000)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 1.0])
def test_at_first_places_are_busy_with_the_chance_of_others(share: float) -> None:
    """Asked for in the first moment; four standard deviations."""
    number, places, length = 200, 5, 40.0
    busy, rests = 0, list[float]()
    for replication in range(number):
        draws = Draws(1, replication)
        environment, work = place_of_work(draws, share=share, places=places, length=length)
        waits = worked(environment, work, [(0, 1000)] * places, until=999)
        waiting = [wait for wait in waits if wait]
        busy += len(waiting)
        rests += waiting
    chance = 1 - share
    spread = math.sqrt(chance * share * number * places)
    assert busy == pytest.approx(chance * number * places, abs=4 * spread + 1e-9)
    if rests:
        longest = length * (1 / share - 1)
        assert max(rests) <= longest
        mean = sum(rests) / len(rests)
        assert mean == pytest.approx(longest / 2, abs=4 * longest / math.sqrt(12 * len(rests)))


def test_who_asks_later_finds_what_is_left_of_the_beginning() -> None:
    """Others hold the only place until a tick that the draws say, whenever one asks."""
    for replication in range(30):
        found = []
        for at in (0.0, 10.0, 500.0):
            draws = Draws(1, replication)
            environment, work = place_of_work(draws, share=0.2, length=40.0)
            [wait] = worked(environment, work, [(at, 1)])
            found.append(at + wait)
        until = found[0]
        assert found == pytest.approx([until, max(until, 10), 500])


# Where the share comes from ------------------------------------------------------------------


def test_a_sample_has_its_share_of_the_people() -> None:
    """Of 30 teams a hundredth: one team for 30% of its time; of 250, three for 83%."""
    declared = {
        "few": post("eurojust", 30),
        "many": post("eurojust", 250),
        "all": post("eurojust", 30, sampled=False),
        "one-per": {**post(), "number": None, "one_per": 1000},
    }
    sample = {"value": 0.01, "assumed": "x"}
    world = compiled({"work": procedure("[{close: {how: x}}]")}, declared, sample=sample)
    found = posts(world.layout.scenario, world.layout.atlas)
    assert {name: found[f"eurojust.{name}"][::2] for name in ("few", "many", "all")} == {
        "few": (1, pytest.approx(0.3), 30),
        "many": (3, pytest.approx(2.5 / 3), 250),
        "all": (30, 1, 30),
    }
    officers = world.layout.atlas.members["DE"].police_officers
    teams = officers / 1000 * 0.01
    assert found["DE.one-per"].places * found["DE.one-per"].share == pytest.approx(teams)
    assert found["DE.one-per"].places == math.ceil(teams)
    assert found["DE.one-per"].teams == pytest.approx(officers / 1000)


def test_hours_of_a_post_are_those_of_its_officers() -> None:
    """Two officers, six hours a day, four ticks a day; ten days are forty ticks."""
    world = compiled({"work": procedure("[{close: {how: x}}]")}, {"team": post()})
    assert posts(world.layout.scenario, world.layout.atlas)["DE.team"] == Post(1, 3.0, 1.0, 40.0)


# Cases of the whole world in a sample -----------------------------------------------------------


def called(places: int, teams: float, cases: int = 4000) -> int:
    """Return how many of many cases of the whole world find the places of a sample taken."""
    environment, work = place_of_work(places=places, teams=teams)
    for _ in range(places):
        work.take("desk", URGENT)
    takings = [work.take("desk", ORDINARY, ("DE", one, 0), whole=True) for one in range(cases)]
    environment.run(until=1)
    return sum(not taking.granted.triggered for taking in takings)


@pytest.mark.parametrize(("places", "teams"), [(1, 2.5), (1, 30), (3, 12), (5, 250)])
def test_a_case_of_the_whole_world_calls_any_team(places: int, teams: float) -> None:
    """Those of the sample are as many of them as there are; four standard deviations."""
    chance = places / teams
    spread = math.sqrt(4000 * chance * (1 - chance))
    assert called(places, teams) == pytest.approx(4000 * chance, abs=4 * spread)


@pytest.mark.parametrize(("places", "teams"), [(1, 1), (3, 2.5), (1, 0.2)])
def test_where_there_are_no_other_teams_it_calls_those_there_are(places: int, teams: float) -> None:
    assert called(places, teams, cases=50) == 50


def test_the_same_team_is_called_to_a_case_whatever_else_there_is() -> None:
    """What is drawn is named by the post and the case, not by when it is asked for."""

    def which(names: list[int]) -> set[int]:
        environment, work = place_of_work(teams=3.0)
        work.take("desk", URGENT)
        takings = {one: work.take("desk", ORDINARY, ("DE", one), whole=True) for one in names}
        environment.run(until=1)
        return {one for one, taking in takings.items() if not taking.granted.triggered}

    some = which(list(range(40)))
    assert 0 < len(some) < 40
    assert which(list(reversed(range(60)))) & set(range(40)) == some


def whole_case(*answers: bool, lasts: float = 3, **fields: Any) -> list[tuple[float, float, float]]:
    """Return when two cases ask for the only place, begin and end: of the whole world, then not."""
    environment, work = place_of_work(Recorder(*answers), **fields)
    found = []

    def one(at: float, *, whole: bool) -> Any:
        yield environment.timeout(at)
        taking = work.take("desk", ORDINARY, ("DE", 7, 0), whole=whole)
        yield taking.granted
        taking.begin(useful=True)
        begun = environment.now
        yield environment.timeout(lasts)
        taking.end()
        found.append((at, begun, environment.now))

    environment.process(one(0, whole=True))
    environment.process(one(1, whole=False))
    environment.run()
    assert work.hours(environment.now) == (2 * lasts * 2.0, 0), "the work is done, by whomever"
    assert work.open_now == 0
    return found


def test_who_is_not_of_the_sample_takes_nothing_from_it() -> None:
    assert whole_case(False, teams=4.0) == [(0, 0, 3), (1, 1, 4)]


def test_who_is_of_the_sample_is_away_for_the_case_and_owes_nothing_for_it() -> None:
    """A place is there for a quarter of its time; a case of the whole world takes all of it.

    After a case of the sample others' would hold the place for three times as long.
    """
    assert whole_case(True, teams=4.0) == [(0, 0, 3), (1, 3, 6)]
    nobody_there, ours = False, True
    assert whole_case(ours, nobody_there, teams=4.0, share=0.25, length=8.0) == [
        (0, 0, 3),
        (1, 3, 6),
    ]


def test_other_cases_draw_nothing() -> None:
    """Where all is there whole, and in what is of the sample."""
    recorder = Recorder()
    _, work = place_of_work(recorder, teams=4.0)
    work.take("desk", ORDINARY, ("DE", 7, 0))
    assert recorder.asked == []
    work.take("desk", ORDINARY, ("DE", 7, 0), whole=True)
    assert recorder.asked == [(0.25, "post:desk", ("DE", 7, 0))]


# Queues --------------------------------------------------------------------------------------


def first_come(jobs: list[Job], places: int, share: float = 1.0) -> list[float]:
    """Return waits at so many places, by the plain recursion: whoever is free first takes it."""
    free = [0.0] * places
    waits = []
    for at, lasts in jobs:
        begins = max(at, heapq.heappop(free))
        waits.append(begins - at)
        heapq.heappush(free, begins + lasts / share)
    return waits


def jobs(number: int, load: float, places: int, *, varied: bool, replication: int = 0) -> list[Job]:
    """Return jobs that come at random and last one tick on average."""
    draws, now, found = Draws(7, replication), 0.0, list[Job]()
    for one in range(number):
        now -= math.log(draws.uniform("test:comes", one)) / load / places
        lasts = -math.log(draws.uniform("test:lasts", one)) if varied else 1.0
        found.append((now, lasts))
    return found


def waits_of(asked: list[Job], places: int, **fields: Any) -> list[float]:
    """Return how long jobs wait for people."""
    environment, work = place_of_work(places=places, **fields)
    return worked(environment, work, asked)


@pytest.mark.parametrize(("places", "share"), [(1, 1.0), (2, 1.0), (5, 1.0), (2, 0.5), (3, 0.25)])
def test_waits_are_those_of_who_comes_first_is_served_first(places: int, share: float) -> None:
    asked = jobs(400, 0.9, places, varied=True)
    slower = [(at / share, lasts) for at, lasts in asked]
    found = waits_of(slower, places, share=share, length=0.0)
    assert found == pytest.approx(first_come(slower, places, share), abs=1e-9)
    assert max(found) > 2, "there were queues"


def wait_in_mm(load: float, places: int) -> float:
    """Return the mean wait of an M/M/c queue with service of one tick (Erlang C)."""
    offered = load * places
    terms = [offered**number / math.factorial(number) for number in range(places)]
    last = offered**places / math.factorial(places) / (1 - load)
    return last / (sum(terms) + last) / (places - offered)


def wait_in_md(load: float, places: int) -> float:
    """Return the mean wait of an M/D/c queue with service of one tick.

    Exact for one place; else the approximation of Cosmetatos, right to within a few per cent.
    """
    more = (1 - load) * (places - 1) * (math.sqrt(4 + 5 * places) - 2) / (16 * load * places)
    return 0.5 * (1 + more) * wait_in_mm(load, places)


def mean_wait(load: float, places: int, *, varied: bool) -> tuple[float, float]:
    """Return a mean wait and its standard error, from independent stretches of time."""
    means = []
    for replication in range(12):
        found = waits_of(jobs(1000, load, places, varied=varied, replication=replication), places)
        means.append(sum(found[100:]) / len(found[100:]))
    mean = sum(means) / len(means)
    spread = math.sqrt(sum((one - mean) ** 2 for one in means) / (len(means) - 1))
    return mean, spread / math.sqrt(len(means))


@pytest.mark.parametrize("varied", [True, False])
@pytest.mark.parametrize(("load", "places"), [(0.5, 1), (0.7, 1), (0.7, 3), (0.8, 3)])
def test_waits_grow_as_queues_do(load: float, places: int, varied: bool) -> None:
    """With many cases and few people waits grow beyond all bounds, more so if cases differ."""
    law = wait_in_mm if varied else wait_in_md
    found, error = mean_wait(load, places, varied=varied)
    assert found == pytest.approx(law(load, places), abs=4 * error)
    assert error < 0.2 * found, "the check is worth something"


def test_the_laws_of_queues_by_hand() -> None:
    assert wait_in_mm(0.5, 1) == pytest.approx(1)
    assert wait_in_md(0.5, 1) == pytest.approx(0.5)
    assert wait_in_mm(0.5, 2) == pytest.approx(1 / 3)


# Planted errors ------------------------------------------------------------------------------


def test_the_oracles_notice_who_never_works_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Post, "owed", lambda *_: 0.0)
    with pytest.raises(AssertionError):
        test_in_the_long_run_a_post_gives_its_share(0.3, 1)


def test_the_oracles_notice_a_place_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    end, ended = Taking.end, list[int]()

    def sometimes(self: Taking) -> None:
        ended.append(1)
        if len(ended) != 100:
            end(self)

    monkeypatch.setattr(Taking, "end", sometimes)
    with pytest.raises(AssertionError):
        test_waits_are_those_of_who_comes_first_is_served_first(2, 1.0)


def test_the_oracles_notice_one_place_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "tests.agents.lane.test_workplace.wait_in_mm",
        lambda load, places, law=wait_in_mm: law(load * places / (places + 1), places + 1),
    )
    with pytest.raises(AssertionError):
        test_waits_grow_as_queues_do(0.7, 3, True)
