"""The reference against cases worked out by hand from the written rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from sim.draws.streams import ONE, name_key, philox4x32_scalar, report_word, world_key
from sim.reference import Reference
from sim.seam.port import COUNTERS, EVERYONE, Engine, LaneId, Log, Reading, Recognition, advance
from sim.seam.world import LEVEL_ONE, NEVER, RATE_ONE, TRUST_ONE, Onward, Pull, Role
from tests.worlds import (
    BEFORE,
    Action,
    Code,
    Kind,
    Link,
    Point,
    Rule,
    Script,
    ScriptedHost,
    Sight,
    Sketch,
    Threat,
    Watcher,
    build,
    example_script,
    example_world,
    lane_ids,
    scripts,
    worlds,
)

LANE = LaneId(point=0, seed=1, replication=0)
PUSH = Rule(push=ONE)
NOBODY = 0
"""An audience of no group."""


class WatchfulHost(ScriptedHost):
    """Notes the backlog of every tick as well."""

    def __init__(self, script: Script, engine: Engine) -> None:
        super().__init__([script])
        self.engine = engine
        self.backlogs: list[int] = []

    def end(self, tick: int) -> None:
        assert len(self.backlogs) == tick
        self.backlogs.append(int(self.engine.backlog()[0]))


class Run:
    """A sketch played to its end."""

    def __init__(self, sketch: Sketch, script: Script, lane: LaneId = LANE) -> None:
        world = build(sketch)
        self.log = Log()
        self.engine = Reference(world, lane, self.log)
        self.host = WatchfulHost(script, self.engine)
        advance(self.engine, self.host, world.horizon)

    def count(self, name: str) -> int:
        """Value of a counter."""
        return int(self.engine.counters()[0, COUNTERS.index(name)])

    def made(self) -> list[tuple[int, int, int]]:
        """(tick, class, unit) of every report."""
        return [(row[0], row[3], row[5]) for row in self.log.made]

    def sends(self) -> list[tuple[int, int, int]]:
        """(tick, channel, due) of every message."""
        return sorted((row[0], row[3], row[4]) for row in self.log.sends)

    def deliveries(self) -> list[tuple[int, int]]:
        """(tick, channel) of every copy."""
        return [(row[0], row[3]) for row in self.log.deliveries]

    def reads(self) -> list[tuple[int, int]]:
        """(tick, unit) of every reading."""
        return [(row[0], row[3]) for row in self.log.reads]

    def recognitions(self) -> list[tuple[int, int, int]]:
        """(tick, unit, subject) of every recognition."""
        return [(row[0], row[2], row[3]) for row in self.log.recognitions]


def emit(tick: int, unit: int = 0, cls: int = 0, audience: int = EVERYONE) -> Action:
    return Action(tick, "emit", (unit, 0, cls, audience))


def see(tick: int, level: int) -> Action:
    return Action(tick, "set_activity", (0, 0, 0, level))


def words(stream: str, *keys: int) -> tuple[int, int, int, int]:
    a, b, c = keys
    return philox4x32_scalar((name_key(stream), a, b, c), world_key(LANE.seed, LANE.replication))


def emitted_words(unit: int, ordinal: int) -> tuple[int, int, int, int]:
    return words("emit 0", name_key("subject 0"), name_key(f"unit {unit}"), ordinal)


# Sending and delivering ----------------------------------------------------------------------


def test_a_report_is_made_sent_delivered_read_and_recognised() -> None:
    point = Point(latency={0: 3}, recognise_at={0: 100, 1: 100})
    run = Run(Sketch(points=[point]), [emit(0)])
    assert run.made() == [(0, 0, 0)]
    assert run.sends() == [(0, 0, 3)]
    assert run.deliveries() == [(3, 0)]
    assert run.reads() == [(3, 1)]
    assert run.recognitions() == [(1, 0, 0), (3, 1, 0)]
    heard = {tick: h.recognitions for tick, h in run.host.seen if h.recognitions}
    assert heard == {1: [Recognition(0, 0, 0, 1)], 3: [Recognition(0, 1, 0, 1)]}


@pytest.mark.parametrize(("latency", "delay", "due"), [(0, 0, 1), (0, 1, 1), (1, 1, 2), (2, 5, 7)])
def test_a_message_takes_latency_and_delay_and_at_least_a_tick(
    latency: int, delay: int, due: int
) -> None:
    rules = [Rule(push=ONE, push_delay=delay)]
    run = Run(Sketch(rules=rules, points=[Point(latency={0: latency})]), [emit(0)])
    assert run.deliveries() == [(due, 0)]


def test_messages_due_at_the_horizon_count_as_sent_and_never_arrive() -> None:
    run = Run(Sketch(horizon=3, points=[Point(latency={0: 2})]), [emit(0), emit(1)])
    assert run.sends() == [(0, 0, 2), (1, 0, 3)]
    assert run.count("messages") == 2
    assert run.deliveries() == [(2, 0)]


def test_what_is_emitted_before_tick_0_is_made_in_tick_0() -> None:
    run = Run(Sketch(), [emit(BEFORE)])
    assert run.made() == [(0, 0, 0)]
    assert run.deliveries() == [(1, 0)]


def test_the_lower_channel_wins_and_the_other_copy_is_a_duplicate() -> None:
    run = Run(Sketch(links=[Link(0, 1), Link(0, 1), Link(0, 1)]), [emit(0)])
    assert run.deliveries() == [(1, 0)]
    assert run.count("duplicates") == 2


def test_a_copy_that_comes_later_is_a_duplicate() -> None:
    links = [Link(0, 1), Link(0, 2), Link(2, 1)]
    run = Run(Sketch(groups=[0, 1, 2], links=links), [emit(0)])
    assert run.sends() == [(0, 0, 1), (0, 1, 1), (1, 2, 2)]
    assert run.deliveries() == [(1, 0), (1, 1)]
    assert run.count("duplicates") == 1


def test_nothing_goes_back_to_its_origin() -> None:
    run = Run(Sketch(links=[Link(0, 1, 1), Link(1, 0, 0)]), [emit(0)])
    assert run.sends() == [(0, 0, 1)]
    assert run.count("attempts") == 1


def test_a_report_expires_on_the_way() -> None:
    late, soon = Kind(lifetime=3), Kind(lifetime=4)
    sketch = Sketch(kinds=[late, soon], points=[Point(latency={0: 3})])
    run = Run(sketch, [emit(0, cls=0), emit(0, cls=1)])
    assert run.count("expired") == 1
    assert run.deliveries() == [(3, 0)]


def test_the_audience_is_who_a_report_is_pushed_to() -> None:
    links = [Link(0, 1), Link(0, 2)]
    run = Run(Sketch(groups=[0, 1, 2], links=links), [emit(0, audience=0b100)])
    assert run.sends() == [(0, 1, 1)]
    assert run.count("attempts") == 1


def test_the_gate_refuses_what_passed_its_chance() -> None:
    run = Run(Sketch(closed=[(0, 0)]), [emit(0)])
    counts = [run.count(name) for name in ("attempts", "refused", "messages", "violations")]
    assert counts == [1, 1, 0, 0]


def test_a_term_that_never_pushes_makes_no_attempt() -> None:
    run = Run(Sketch(usual_term=0), [emit(0)])
    assert (run.count("reports"), run.count("attempts")) == (1, 0)


@pytest.mark.parametrize(("more", "sent"), [(0, 0), (1, 1)])
def test_a_chance_comes_true_below_its_threshold(more: int, sent: int) -> None:
    high, low, _, _ = emitted_words(0, 0)
    chance = report_word(high << 32 | low, name_key("release"), name_key("channel 0")) >> 32
    run = Run(Sketch(rules=[Rule(push=chance + more)]), [emit(0)])
    assert run.log.made == [(0, 0, high << 32 | low, 0, 0, 0)]
    assert (run.count("attempts"), run.count("messages")) == (1, sent)


@pytest.mark.parametrize(("trust", "sent"), [(0, 0), (TRUST_ONE, 0), (2 * TRUST_ONE, 1)])
def test_trust_scales_thresholds(trust: int, sent: int) -> None:
    high, low, _, _ = emitted_words(0, 0)
    chance = report_word(high << 32 | low, name_key("release"), name_key("channel 0")) >> 32
    rules = [Rule(push=chance // 2 + 1, trusted=True)]
    there, back = Action(0, "set_trust", (0, 1, 0, trust)), Action(0, "set_trust", (1, 0, 0, 0))
    run = Run(Sketch(rules=rules), [there, back, emit(0)])
    assert (run.count("attempts"), run.count("messages")) == (1, sent)


def test_without_a_contact_a_term_that_needs_one_is_never() -> None:
    """Two channels lead to the same group: one under a term that needs a contact, one not."""
    needy = Sketch(
        links=[Link(0, 1), Link(0, 1)],
        rules=[Rule(push=ONE, contact=True), Rule(push=ONE)],
        points=[Point(term={(0, 1, 0): 2})],
    )
    missing, found = (Action(tick, "set_contact", (0, 1, 0, tick == 5)) for tick in (0, 5))
    other = Action(0, "set_contact", (1, 0, 0, 0))
    run = Run(needy, [missing, other, emit(1), found, emit(6)])
    assert run.sends() == [(1, 1, 2), (6, 0, 7), (6, 1, 7)]
    assert run.count("attempts") == 3


def test_a_contact_missing_in_one_domain_lets_reports_of_another_through() -> None:
    """Two kinds of subject share a domain, the third is of another; each is told of every tick."""
    needy = Sketch(
        rules=[Rule(push=ONE, contact=True)],
        threats=[Threat(), Threat(domain=1), Threat()],
        subjects=[0, 1, 2],
        horizon=12,
    )
    emits = [Action(tick, "emit", (0, n, 0, EVERYONE)) for tick in range(9) for n in range(3)]
    known = [(2, 0, 0), (4, 1, 0), (6, 0, 1), (7, 1, 1)]
    script = [Action(tick, "set_contact", (0, 1, domain, there)) for tick, domain, there in known]
    run = Run(needy, [*script, *emits])
    subject = {row[2]: row[4] for row in run.log.made}
    told = {n: {row[0] for row in run.log.sends if subject[row[2]] == n} for n in range(3)}
    assert told == {0: {0, 1, 6, 7, 8}, 1: {0, 1, 2, 3, 7, 8}, 2: {0, 1, 6, 7, 8}}
    assert run.count("attempts") == sum(map(len, told.values()))
    assert [row[4:] for row in run.log.contacts] == [(domain, there) for _, domain, there in known]


# Passing on ----------------------------------------------------------------------------------

CHAIN = Sketch(groups=[0, 1, 2], links=[Link(0, 1), Link(1, 2)], rules=[Rule(push=ONE, handling=1)])


@pytest.mark.parametrize(
    ("code", "sends"),
    [
        (Code(Onward.FREE, delay=9), [(0, 0, 1), (1, 1, 2)]),
        (Code(Onward.FORBIDDEN), [(0, 0, 1)]),
        (Code(Onward.PERMISSION, ONE, delay=4), [(0, 0, 1), (1, 1, 6)]),
        (Code(Onward.PERMISSION, 0, delay=4), [(0, 0, 1)]),
    ],
)
def test_the_handling_code_decides_passing_on(
    code: Code, sends: list[tuple[int, int, int]]
) -> None:
    run = Run(replace(CHAIN, points=[Point(codes=[Code(), code])]), [emit(0)])
    assert run.sends() == sends
    assert run.count("attempts") == len(sends)


def test_handling_does_not_bind_the_origin() -> None:
    codes = [Code(Onward.FORBIDDEN), Code()]
    run = Run(replace(CHAIN, points=[Point(codes=codes)]), [emit(0)])
    assert run.sends() == [(0, 0, 1), (1, 1, 2)]


def test_a_relayed_report_falls_under_the_relay_terms() -> None:
    point = Point(term={(2, 1, 0): 0})
    run = Run(replace(CHAIN, points=[replace(point, codes=[Code(), Code()])]), [emit(0)])
    assert run.sends() == [(0, 0, 1)]


def test_passing_on_what_is_of_the_own_group_is_no_relay_and_yet_under_its_code() -> None:
    free = Point(term={(2, 1, 0): 0}, codes=[Code(), Code()])
    run = Run(replace(CHAIN, groups=[0, 0, 1], points=[free]), [emit(0)])
    assert run.sends() == [(0, 0, 1), (1, 1, 2)]
    bound = replace(free, codes=[Code(), Code(Onward.FORBIDDEN)])
    run = Run(replace(CHAIN, groups=[0, 0, 1], points=[bound]), [emit(0)])
    assert run.sends() == [(0, 0, 1)]


def test_the_receiver_is_concerned_if_its_group_is_in_the_senders_evidence() -> None:
    point = Point(term={(0, 0, 0): 0, (1, 0, 0): 1})
    sketch = Sketch(links=[Link(0, 1), Link(1, 0)], points=[point])
    run = Run(sketch, [emit(0, unit=0), emit(1, unit=1), emit(2, unit=0)])
    assert run.sends() == [(1, 1, 2), (2, 0, 3)]


# Reading -------------------------------------------------------------------------------------


def test_background_stands_before_reports_in_the_queue() -> None:
    point = Point(capacity={1: [256]}, background={(1, 0): 2})
    run = Run(Sketch(points=[point], horizon=6), [emit(0)])
    assert run.reads() == [(4, 1)]
    assert run.host.backlogs == [1, 3, 4, 5, 6, 7]
    counts = [run.count(name) for name in ("background_arrived", "served", "queued", "read")]
    assert counts == [12, 6, 1, 1]


def test_urgent_reports_overtake() -> None:
    point = Point(capacity={1: [256]}, background={(1, 1): 2})
    run = Run(Sketch(points=[point], urgencies=2), [emit(0)])
    assert run.reads() == [(1, 1)]


def test_background_is_read_off_a_word_of_every_fourth_tick() -> None:
    table = np.arange(4096, dtype=np.int32) % 50
    run = Run(Sketch(points=[Point(background={(1, 0): table})], horizon=7), [])
    drawn = [words("background", name_key("unit 1"), 0, t // 4)[t % 4] >> 20 for t in range(7)]
    assert run.count("background_arrived") == sum(word % 50 for word in drawn)


def test_reports_of_a_tick_queue_in_the_order_of_their_keys() -> None:
    run = Run(Sketch(points=[Point(capacity={1: [256]})]), [emit(0), emit(0), emit(0)])
    keys = [high << 32 | low for high, low, _, _ in (emitted_words(0, n) for n in range(3))]
    assert [row[2] for row in run.log.made] == keys
    assert run.log.reads == [(1 + n, 0, key, 1) for n, key in enumerate(sorted(keys))]


def test_capacity_adds_up_in_fractions() -> None:
    run = Run(Sketch(points=[Point(capacity={1: [64]})]), [emit(0), emit(0), emit(0)])
    assert run.reads() == [(3, 1), (7, 1), (11, 1)]


def test_idle_time_is_lost() -> None:
    run = Run(Sketch(points=[Point(capacity={1: [256]})]), [emit(5), emit(5)])
    assert run.reads() == [(6, 1), (7, 1)]


def test_capacity_follows_the_week() -> None:
    point = Point(capacity={1: [0, 0, 512]})
    run = Run(Sketch(points=[point], week=3), [emit(0)] * 3)
    assert run.reads() == [(2, 1), (2, 1), (5, 1)]


def test_a_calendar_says_which_tick_of_the_week_it_is() -> None:
    point = Point(capacity={1: [0, 0, 512]})
    sketch = Sketch(points=[point], week=3, days=[0, 1, 0, 2, 2, 0], horizon=6)
    assert Run(sketch, [emit(0)] * 3).reads() == [(3, 1), (3, 1), (4, 1)]


@pytest.mark.parametrize(("lifetime", "reads"), [(3, []), (4, [(3, 1)])])
def test_a_dead_report_takes_its_place_and_is_not_read(
    lifetime: int, reads: list[tuple[int, int]]
) -> None:
    sketch = Sketch(kinds=[Kind(lifetime=lifetime)], points=[Point(capacity={1: [64]})])
    run = Run(sketch, [emit(0)])
    assert run.reads() == reads
    assert (run.count("queued"), run.count("served")) == (1, 1)


def test_the_host_hears_of_addressed_readings_in_order() -> None:
    sketch = Sketch(
        groups=[0, 1, 2],
        links=[Link(0, 1), Link(0, 2), Link(2, 1)],
        kinds=[Kind(addressed=True), Kind()],
    )
    run = Run(sketch, [emit(0), emit(0), emit(0, cls=1)])
    keys = sorted((row[2], unit) for row in run.log.made if row[3] == 0 for unit in (1, 2))
    wanted = [Reading(0, unit, 0, 0, 0, 1) for _, unit in keys]
    assert {tick: h.readings for tick, h in run.host.seen if h.readings} == {1: wanted}


# Evidence ------------------------------------------------------------------------------------


def test_evidence_ages() -> None:
    ageing = Sketch(threats=[Threat(decay=0.5)])
    run = Run(ageing, [emit(0)])
    assert [run.engine.evidence(0, 0, 0, tick) for tick in (1, 2, 3)] == [50, 25, 12]
    again = Run(ageing, [emit(0), emit(2)])
    assert again.engine.evidence(0, 0, 0, 3) == 12 + 50
    assert again.engine.evidence(0, 1, 0, 3) == 12 + 50


def test_evidence_faded_to_nothing_forgets_its_origins() -> None:
    # Fused at tick 1 with weight 25, which is 6, 1 and 0 in the ticks after.
    sketch = Sketch(links=[Link(1, 0)], threats=[Threat(decay=0.25)])
    soon = Run(sketch, [emit(0, unit=0), emit(2, unit=1)])
    assert soon.engine.evidence(0, 0, 0, 3) == 1 + 25
    assert soon.engine.origins(0, 0, 0) == 0b11
    late = Run(sketch, [emit(0, unit=0), emit(3, unit=1)])
    assert late.engine.evidence(0, 0, 0, 4) == 25
    assert late.engine.origins(0, 0, 0) == 0b10


def test_evidence_is_capped() -> None:
    run = Run(Sketch(kinds=[Kind(weight=2**30 - 1)]), [emit(0), emit(0), emit(1)])
    assert run.engine.evidence(0, 0, 0, 2) == 2**30


def test_an_own_report_counts_even_if_it_is_dead_by_then() -> None:
    run = Run(Sketch(kinds=[Kind(lifetime=1)]), [emit(0)])
    assert run.count("expired") == 1
    assert run.engine.evidence(0, 0, 0, 1) == 100
    assert run.engine.evidence(0, 1, 0, 1) == 0


def test_recognition_needs_enough_origins_and_happens_once() -> None:
    point = Point(recognise_at={1: 100}, origins_needed={1: 2})
    sketch = Sketch(groups=[0, 1, 2], links=[Link(0, 1), Link(2, 1)], points=[point])
    run = Run(sketch, [emit(0), emit(3), emit(6, unit=2), emit(9, unit=2)])
    assert run.recognitions() == [(7, 1, 0)]


def test_recognitions_come_in_the_order_of_subject_and_unit() -> None:
    point = Point(recognise_at={0: 1, 1: 1, 2: 1})
    sketch = Sketch(groups=[0, 0, 0], links=[], subjects=[0, 0], points=[point])
    pairs = [(2, 1), (0, 1), (1, 1), (2, 0), (1, 0)]
    run = Run(sketch, [Action(0, "emit", (unit, subject, 0)) for unit, subject in pairs])
    ordered = [Recognition(0, u, s, 1) for s, u in sorted((s, u) for u, s in pairs)]
    assert run.host.seen[1][1].recognitions == ordered


def test_an_agents_report_carries_the_origins_of_what_it_rests_on() -> None:
    point = Point(recognise_at={2: 1}, origins_needed={2: 2})
    sketch = Sketch(groups=[0, 1, 2], links=[Link(0, 1), Link(1, 2)], points=[point])
    sketch = replace(sketch, rules=[Rule(push=ONE), Rule()])
    point = replace(point, term={(situation, 1, 0): 2 for situation in (2, 3)})
    run = Run(replace(sketch, points=[point]), [emit(0), emit(1, unit=1), emit(0, unit=1)])
    assert run.deliveries() == [(1, 0), (1, 1), (2, 1)]
    assert run.engine.origins(0, 2, 0) == 0b011
    assert run.recognitions() == [(2, 2, 0)]


# Observing -----------------------------------------------------------------------------------

HALF = Sketch(sights=[Sight(rate=RATE_ONE // 2)], watchers=[Watcher()], links=[], horizon=12)


def seen_at(sketch: Sketch, script: Script) -> list[int]:
    return [row[0] for row in Run(sketch, script).log.made]


def test_observations_come_when_the_exposure_is_used_up() -> None:
    assert seen_at(HALF, []) == []
    assert seen_at(HALF, [see(BEFORE, LEVEL_ONE)]) == [2, 4, 6, 8, 10]
    assert seen_at(HALF, [see(3, LEVEL_ONE)]) == [5, 7, 9, 11]


def test_a_change_of_activity_keeps_the_exposure_so_far() -> None:
    # One of two parts of the gap is used up at tick 1; the other takes half a tick at level 2.
    faster = [see(BEFORE, LEVEL_ONE), see(1, 2 * LEVEL_ONE)]
    assert seen_at(HALF, faster)[:3] == [2, 3, 4]
    # What is over at tick 2 (half a tick at level 2) counts for the next.
    slower = [*faster, see(2, LEVEL_ONE)]
    assert seen_at(HALF, slower)[:3] == [2, 3, 5]
    lull = [see(BEFORE, LEVEL_ONE), see(1, 0), see(7, LEVEL_ONE)]
    assert seen_at(HALF, lull) == [8, 10]


def test_only_the_last_level_of_a_tick_counts() -> None:
    assert seen_at(HALF, [see(3, 1024), see(3, 0), see(3, LEVEL_ONE)]) == [5, 7, 9, 11]


def test_a_lull_set_at_the_tick_of_an_observation_does_not_undo_it() -> None:
    assert seen_at(HALF, [see(BEFORE, LEVEL_ONE), see(4, 0)]) == [2, 4]


def test_one_observation_a_tick_and_stream_at_most() -> None:
    fast = replace(HALF, sights=[Sight(rate=2 * RATE_ONE)], horizon=8)
    stop = [see(BEFORE, LEVEL_ONE), see(3, 0)]
    # Six gaps are used up by tick 3, three are seen by then, the others one a tick after.
    assert seen_at(fast, stop) == [1, 2, 3, 4, 5, 6]


def test_observations_take_their_names_and_gaps_from_their_stream() -> None:
    table = (np.arange(4096, dtype=np.int32) + 1) << 12
    sketch = replace(HALF, gap=table, sights=[Sight(rate=1)], horizon=10)
    about = (name_key("subject 0"), name_key("watch 0 at 0 by 0"))
    gap = int(table[words("gap 0", *about, 0)[0] >> 20])
    log = Run(sketch, [see(BEFORE, -(-gap // 4))]).log
    high, low, _, _ = words("trace 0", *about, 0)
    assert log.made[0] == (4, 0, high << 32 | low, 0, 0, 0)


def test_only_observations_contribute() -> None:
    watchers = [Watcher(unit=1)]
    run = Run(Sketch(watchers=watchers), [see(BEFORE, LEVEL_ONE), emit(0, unit=0)])
    assert run.engine.contributed(0, 0) == 0b10
    assert run.count("observations") == 19
    assert run.count("reports") == 20


# Disclosure ----------------------------------------------------------------------------------


def test_disclosure_is_counted_across_groups_only() -> None:
    sketch = Sketch(
        groups=[0, 0, 1],
        links=[Link(0, 1), Link(0, 2)],
        kinds=[Kind(persons=7), Kind(persons=0)],
        rules=[Rule(push=ONE, retention=30)],
        subjects=[0, 0],
    )
    other = Action(2, "emit", (0, 1, 0, EVERYONE))
    run = Run(sketch, [emit(0), emit(0), emit(1, cls=1), other])
    assert run.count("delivered") == 8
    assert run.count("disclosures") == 3
    assert run.count("person_days") == 3 * 7 * 30
    assert run.engine.disclosed(0).tolist() == [[0, 14], [0, 7]]


def test_disclosure_looks_at_the_origin_of_what_is_relayed() -> None:
    links = [Link(0, 1), Link(1, 2), Link(1, 3)]
    sketch = Sketch(groups=[0, 1, 1, 0], links=links, kinds=[Kind(persons=2)])
    run = Run(sketch, [emit(0)])
    assert run.count("delivered") == 3
    assert run.engine.disclosed(0).tolist() == [[0, 4]]


# Asking and answering ------------------------------------------------------------------------

EVIDENCE, REQUEST, HIT, FOLLOWUP = range(4)
NEVER_TERM, FLOWS, RELEASES, TELLS, AUTOMATIC = range(5)
ASKING = Sketch(
    links=[Link(0, 1, 1), Link(1, 0, 0)],
    kinds=[Kind(), Kind(Role.REQUEST), Kind(Role.HIT), Kind(Role.FOLLOWUP)],
    rules=[
        PUSH,
        Rule(pull_mode=Pull.RELEASE, pull=ONE, pull_delay=2),
        Rule(pull_mode=Pull.HIT, pull=ONE, pull_delay=2),
        Rule(push=ONE, automatic=True),
    ],
)
ASK = Action(1, "ask", (0, 0))


def asking(answer: int, question: int = FLOWS, **more: object) -> Sketch:
    """Sketch how unit 0 asks unit 1, which answers from its evidence under term `answer`."""
    cells = {(situation, 1, EVIDENCE): answer for situation in range(4)}
    cells |= {(situation, 0, REQUEST): question for situation in range(4)}
    point = Point(term=cells)
    return replace(ASKING, points=[replace(point, **more)])  # type: ignore[arg-type]


def test_a_request_is_answered_from_what_the_holder_has() -> None:
    run = Run(asking(RELEASES), [emit(0, unit=1, audience=NOBODY), ASK])
    assert run.made() == [(0, EVIDENCE, 1), (1, REQUEST, 0)]
    assert run.sends() == [(1, 0, 2), (2, 1, 5)]
    assert run.reads() == [(2, 1), (5, 0)]
    assert [run.count(name) for name in ("asks", "answers", "attempts")] == [1, 1, 2]
    assert run.engine.evidence(0, 0, 0, 5) == 100


def test_reports_made_in_the_tick_of_the_answer_do_not_match() -> None:
    run = Run(asking(RELEASES), [emit(2, unit=1, audience=NOBODY), ASK])
    assert run.count("answers") == 0
    later = [emit(2, unit=1, audience=NOBODY), ASK._replace(tick=2)]
    assert Run(asking(RELEASES), later).count("answers") == 1


def test_what_the_asker_has_or_what_is_dead_or_elsewhere_does_not_match() -> None:
    known = Run(asking(RELEASES), [emit(0, unit=0), ASK])
    assert (known.count("read"), known.count("answers")) == (2, 0)
    sketch = replace(asking(RELEASES), kinds=[Kind(lifetime=2), *ASKING.kinds[1:]])
    assert Run(sketch, [emit(0, unit=1, audience=NOBODY), ASK]).count("attempts") == 1
    other = replace(asking(RELEASES), subjects=[0, 0])
    about_other = Action(0, "emit", (1, 1, EVIDENCE, NOBODY))
    assert Run(other, [about_other, ASK]).count("attempts") == 1


def test_without_a_way_back_nothing_is_answered() -> None:
    sketch = replace(asking(RELEASES), links=[Link(0, 1), Link(1, 0)])
    run = Run(sketch, [emit(0, unit=1, audience=NOBODY), ASK])
    assert (run.count("read"), run.count("answers")) == (1, 0)


def test_a_refused_answer_is_counted() -> None:
    sketch = replace(asking(RELEASES), closed=[(1, EVIDENCE)])
    run = Run(sketch, [emit(0, unit=1, audience=NOBODY), ASK])
    assert [run.count(name) for name in ("attempts", "refused", "answers")] == [2, 1, 0]


def test_an_automatic_request_is_answered_unread() -> None:
    sketch = asking(RELEASES, AUTOMATIC, capacity={1: [0]})
    run = Run(sketch, [emit(0, unit=1, audience=NOBODY), ASK])
    assert run.reads() == [(5, 0)]
    assert (run.count("queued"), run.count("answers")) == (1, 1)
    by_hand = Run(asking(RELEASES, capacity={1: [0]}), [emit(0, unit=1, audience=NOBODY), ASK])
    assert (by_hand.count("queued"), by_hand.count("answers")) == (1, 0)


def test_a_hit_leads_to_a_follow_up_and_that_to_the_report() -> None:
    two = [emit(0, unit=1, audience=NOBODY), emit(0, unit=1, audience=NOBODY), ASK]
    run = Run(asking(TELLS), two)
    assert run.made()[2:] == [(1, REQUEST, 0), (2, HIT, 1), (3, FOLLOWUP, 0)]
    assert run.sends() == [(1, 0, 2), (2, 1, 3), (3, 0, 4), (4, 1, 7), (4, 1, 7)]
    assert [run.count(name) for name in ("hits", "followups", "answers")] == [1, 1, 2]
    request, hit, followup = (row[2] for row in run.log.made[2:])
    high, low, _, _ = words("emit 2", request >> 32, request & (ONE - 1), name_key("unit 1"))
    assert hit == high << 32 | low
    high, low, _, _ = words("emit 3", hit >> 32, hit & (ONE - 1), name_key("unit 0"))
    assert followup == high << 32 | low


def test_a_threshold_of_0_makes_no_answer_and_no_attempt() -> None:
    rules = [PUSH, Rule(pull_mode=Pull.RELEASE, pull=0), *ASKING.rules[2:]]
    script = [emit(0, unit=1, audience=NOBODY), ASK]
    run = Run(replace(asking(RELEASES), rules=rules), script)
    assert (run.count("attempts"), run.count("answers")) == (1, 0)


def test_no_match_no_hit() -> None:
    run = Run(asking(TELLS), [ASK])
    assert (run.count("read"), run.count("hits")) == (1, 0)


def test_what_may_not_be_passed_on_is_neither_answered_nor_told() -> None:
    def relayed(answer: int, code: Code) -> list[int]:
        # Unit 2 tells unit 1 under code 1; unit 0 asks unit 1.
        sketch = asking(answer, codes=[Code(), code])
        cells = {**sketch.points[0].term, (0, 2, EVIDENCE): 5}
        sketch = replace(
            sketch,
            groups=[0, 1, 2],
            links=[*ASKING.links, Link(2, 1)],
            rules=[*ASKING.rules, Rule(push=ONE, handling=1)],
            points=[replace(sketch.points[0], term=cells)],
        )
        run = Run(sketch, [emit(0, unit=2), ASK])
        assert run.sends()[:2] == [(0, 2, 1), (1, 0, 2)]
        assert run.count("hits") == (answer == TELLS and bool(way_back(run)))
        return way_back(run)

    def way_back(run: Run) -> list[int]:
        return [due for _, channel, due in run.sends() if channel == 1]

    assert relayed(RELEASES, Code()) == [5]
    assert relayed(RELEASES, Code(Onward.PERMISSION, ONE, 3)) == [8]
    assert relayed(RELEASES, Code(Onward.FORBIDDEN)) == []
    assert relayed(RELEASES, Code(Onward.PERMISSION, 0)) == []
    assert relayed(TELLS, Code())[:1] == [3]
    assert relayed(TELLS, Code(Onward.FORBIDDEN)) == []


def test_a_unit_asks_again_only_after_its_interval() -> None:
    script = [emit(tick, audience=NOBODY) for tick in range(20)]
    run = Run(asking(NEVER_TERM, ask_at={0: 1}, ask_every=5), script)
    assert [tick for tick, cls, _ in run.made() if cls == REQUEST] == [1, 6, 11, 16]
    assert run.count("asks") == 4


def test_a_unit_asks_when_it_knows_enough() -> None:
    script = [emit(tick, audience=NOBODY) for tick in range(6)]
    run = Run(asking(NEVER_TERM, ask_at={0: 300}, ask_every=NEVER), script)
    assert [tick for tick, cls, _ in run.made() if cls == REQUEST] == [3]


def test_two_asks_of_a_tick_make_one_request_and_start_the_interval() -> None:
    script = [emit(tick, audience=NOBODY) for tick in range(9)]
    script += [Action(1, "ask", (0, 0))] * 2 + [Action(4, "ask", (0, 0))]
    script.sort(key=lambda action: action.tick)
    run = Run(asking(NEVER_TERM, ask_at={0: 1}, ask_every=5), script)
    assert [tick for tick, cls, _ in run.made() if cls == REQUEST] == [1, 4, 9]


# All of it -----------------------------------------------------------------------------------


def test_lanes_differ_by_point_seed_and_replication_only() -> None:
    world, rows = example_world(), []
    for lane in (LANE, LANE, LaneId(1, 1, 0), LaneId(0, 2, 0), LaneId(0, 1, 1)):
        log = Log()
        engine: Engine = Reference(world, lane, log)
        advance(engine, ScriptedHost([example_script()]), world.horizon)
        assert engine.lanes == (lane,)
        rows.append((log.made, log.sends, log.deliveries, log.reads, log.recognitions))
    assert rows[0] == rows[1]
    assert all(rows[0] != other for other in rows[2:])


def test_the_example_world_has_everything_in_it() -> None:
    world = example_world()
    total = np.zeros(len(COUNTERS), dtype=np.int64)
    for point in range(2):
        log = Log()
        engine = Reference(world, LaneId(point, 1, 0), log)
        host = ScriptedHost([example_script()])
        advance(engine, host, world.horizon)
        total += engine.counters()[0]
        assert len(log.recognitions) >= 10
        assert any(happenings.readings for _, happenings in host.seen)
        assert engine.disclosed(0).shape == (3, 4)
    assert [name for name, value in zip(COUNTERS, total, strict=True) if not value] == [
        "violations"
    ]


def check_books(engine: Reference, log: Log, horizon: int) -> None:
    """Hold the counters to the log and to each other."""
    count = dict(zip(COUNTERS, engine.counters()[0].tolist(), strict=True))
    assert count["messages"] == len(log.sends) <= count["attempts"]
    assert count["delivered"] == len(log.deliveries)
    assert count["reports"] == len(log.made) == len({row[2] for row in log.made})
    assert count["read"] == len(log.reads) <= count["queued"] <= count["delivered"]
    arrived = sum(row[4] < horizon for row in log.sends)
    received = count["delivered"] + count["duplicates"] + count["closed_to"]
    assert arrived == received + count["expired"]
    waiting = count["queued"] + count["background_arrived"] - count["served"]
    assert engine.backlog().tolist() == [waiting]
    assert all(row[0] < row[4] for row in log.sends)
    assert count["violations"] == 0


@pytest.mark.long
def test_generated_worlds_exercise_the_machinery() -> None:
    examples = 300
    lively: Counter[str] = Counter()

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.data())
    def play(data: st.DataObject) -> None:
        world = data.draw(worlds())
        script, lane = data.draw(scripts(world)), data.draw(lane_ids(world))
        log = Log()
        engine, host = Reference(world, lane, log), ScriptedHost([script])
        advance(engine, host, world.horizon)
        check_books(engine, log, world.horizon)
        for name, value in zip(COUNTERS, engine.counters()[0], strict=True):
            lively[name] += bool(value)
        lively["recognitions"] += bool(log.recognitions)
        lively["readings"] += any(happenings.readings for _, happenings in host.seen)

    play()
    often = {"observations", "delivered", "read", "duplicates", "recognitions", "asks", "refused"}
    wanted = {name: examples // 5 if name in often else 1 for name in lively}
    del wanted["violations"]
    assert {name: lively[name] for name in wanted if lively[name] < wanted[name]} == {}
