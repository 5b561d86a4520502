"""Stores in the reference, against cases worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.draws.streams import ONE, name_key, report_word
from sim.seam.port import EVERYONE
from sim.seam.world import Pull, Role
from tests.sim.test_faces import changed
from tests.sim.test_reference import LANE, Run
from tests.worlds import (
    Action,
    Base,
    Kind,
    Link,
    Point,
    Rule,
    Sketch,
    Threat,
    build,
)

TRACE, REQUEST, HIT, FOLLOWUP = range(4)
ONE_DESK, OTHER_DESK, STORE = range(3)
TO_STORE, FROM_STORE = {ONE_DESK: 0, OTHER_DESK: 1}, {ONE_DESK: 2, OTHER_DESK: 3}
PUSHES, ANSWERS, TELLS = 1, 2, 3

LINKS = [Link(0, 2, 2), Link(1, 2, 3), Link(2, 0, 0), Link(2, 1, 1)]


def terms(evidence: int = ANSWERS) -> dict[tuple[int, int, int], int]:
    """All is pushed into the store; out of it come answers, hits and nothing else."""
    out = FROM_STORE.values()
    return {(situation, channel, TRACE): evidence for situation in range(4) for channel in out}


SKETCH = Sketch(
    groups=(0, 1, 2),
    links=LINKS,
    kinds=[Kind(persons=3, lifetime=12), Kind(Role.REQUEST), Kind(Role.HIT), Kind(Role.FOLLOWUP)],
    rules=[
        Rule(push=ONE),
        Rule(pull_mode=Pull.RELEASE, pull=ONE),
        Rule(pull_mode=Pull.HIT, pull=ONE),
    ],
    points=[Point(term=terms())],
    threats=[Threat(faces=3)],
    stores=[Base(STORE)],
)
GUARDED = replace(SKETCH, stores=[Base(STORE, guards=True)], points=[Point(term=terms(TELLS))])


def kept_for(ticks: int, sketch: Sketch = SKETCH) -> Sketch:
    points = [replace(point, retention={0: ticks}) for point in sketch.points]
    return replace(sketch, points=points)


def write(tick: int, unit: int = ONE_DESK, faces: int = 0, subject: int = 0) -> Action:
    return Action(tick, "emit", (unit, subject, TRACE, EVERYONE, faces))


def ask(tick: int, unit: int = OTHER_DESK, faces: int = 0) -> Action:
    return Action(tick, "ask", (unit, 0, faces))


def hits(run: Run) -> list[tuple[int, int, int, int]]:
    """(tick, subject, faces, channel) of every hit, in order."""
    faces = {row[2]: row[5] for row in run.log.contents}
    way = {row[2]: row[3] for row in run.log.sends}
    return sorted((r[0], r[4], faces[r[2]], way[r[2]]) for r in run.log.made if r[3] == HIT)


# Searches ------------------------------------------------------------------------------------


def test_a_store_answers_by_machine_in_the_tick_of_the_question() -> None:
    run = Run(SKETCH, [write(0), ask(3)])
    assert run.count("searches") == run.count("answers") == 1
    assert run.count("disclosed_by_store") == 3
    assert (4, FROM_STORE[OTHER_DESK]) in [row[:2] for row in run.sends()]
    assert REQUEST not in [cls for _, cls, unit in run.made() if unit == STORE]


@pytest.mark.parametrize(("kept", "asked", "answers"), [(4, 3, 1), (4, 4, 0), (1, 0, 1), (1, 1, 0)])
def test_what_is_kept_is_found_until_it_is_forgotten(kept: int, asked: int, answers: int) -> None:
    """It comes to the store at 1, and the question a tick after it is asked."""
    assert Run(kept_for(kept), [write(0), ask(asked)]).count("answers") == answers


@pytest.mark.parametrize(("asked", "answers"), [(10, 1), (11, 0)])
def test_what_has_expired_is_not_found_however_long_it_is_kept(asked: int, answers: int) -> None:
    assert Run(SKETCH, [write(0), ask(asked)]).count("answers") == answers


def test_the_retention_is_that_of_the_design_point() -> None:
    points = [replace(SKETCH.points[0], retention={0: ticks}) for ticks in (2, 9)]
    sketch = replace(SKETCH, points=points)
    script = [write(0), ask(5)]
    lanes = [LANE._replace(point=point) for point in (0, 1)]
    assert [Run(sketch, script, lane).count("answers") for lane in lanes] == [0, 1]


def test_what_is_not_held_is_read_and_forgotten() -> None:
    run = Run(replace(SKETCH, stores=[Base(STORE, holds=())]), [write(0), ask(3)])
    assert (1, STORE) in run.reads()
    assert run.count("searches") == 1
    assert run.count("answers") == 0


@pytest.mark.parametrize(
    ("kept", "shown", "asked", "answers"),
    [(0b001, 0b011, 0b001, 1), (0b001, 0b011, 0b010, 0), (0b110, 0b011, 0b010, 1)],
)
def test_a_store_finds_by_the_faces_it_keeps(
    kept: int, shown: int, asked: int, answers: int
) -> None:
    sketch = replace(SKETCH, stores=[Base(STORE, faces=kept)])
    run = Run(sketch, [write(0, faces=shown), ask(3, faces=asked)])
    assert run.count("answers") == answers


def test_what_a_stores_own_unit_wrote_is_no_entry() -> None:
    run = Run(SKETCH, [write(0, unit=STORE), ask(3)])
    assert run.count("answers") == 0


def test_a_hit_on_a_question_is_followed_up_in_the_store() -> None:
    sketch = replace(SKETCH, points=[Point(term=terms(TELLS))])
    run = Run(sketch, [write(0), ask(3)])
    assert (run.count("hits"), run.count("followups"), run.count("answers")) == (1, 1, 1)
    assert run.count("guard_hits") == 0


# Guards --------------------------------------------------------------------------------------


def test_the_owners_of_two_entries_that_match_are_told() -> None:
    run = Run(GUARDED, [write(0), write(3, unit=OTHER_DESK)])
    assert hits(run) == [(4, 0, 0b111, FROM_STORE[desk]) for desk in (ONE_DESK, OTHER_DESK)]
    assert run.count("guard_hits") == 2
    assert run.count("followups") == run.count("answers") == 2


def test_entries_of_one_group_do_not_match() -> None:
    sketch = replace(GUARDED, groups=(0, 0, 1))
    assert hits(Run(sketch, [write(0), write(3, unit=OTHER_DESK)])) == []


def test_a_store_without_a_guard_tells_nobody() -> None:
    sketch = replace(GUARDED, stores=[Base(STORE)])
    assert hits(Run(sketch, [write(0), write(3, unit=OTHER_DESK)])) == []


def test_only_shared_faces_match_and_are_shown() -> None:
    script = [write(0, faces=0b001), write(1, faces=0b110), write(3, OTHER_DESK, faces=0b011)]
    assert [row[2] for row in hits(Run(GUARDED, script))] == [0b011, 0b011]
    script = [write(0, faces=0b001), write(1, OTHER_DESK, faces=0b110)]
    assert hits(Run(GUARDED, script)) == []


def test_one_hit_tells_an_owner_of_all_that_match() -> None:
    script = [write(0, faces=0b001), write(1, faces=0b100), write(3, OTHER_DESK)]
    run = Run(GUARDED, script)
    assert hits(run) == [(4, 0, 0b101, FROM_STORE[desk]) for desk in (ONE_DESK, OTHER_DESK)]
    keys = sorted(row[2] for row in run.log.made if row[3] == TRACE and row[0] < 3)
    other = next(row[2] for row in run.log.made if row[3] == TRACE and row[0] == 3)
    name = (name_key("subject 0"), name_key("unit 2"))
    high, low, _, _ = run.engine._words(name_key("emit 2"), keys[0] >> 32, other >> 32, name[1])
    [told] = [row[2] for row in run.log.sends if row[3] == FROM_STORE[ONE_DESK] and row[0] == 4]
    assert told == high << 32 | low


def test_a_question_that_comes_is_answered_and_not_told() -> None:
    run = Run(replace(GUARDED, points=[Point(term=terms())]), [write(0), ask(3)])
    assert hits(run) == [(4, 0, 0b111, FROM_STORE[ONE_DESK])]
    assert run.count("answers") == 1


def test_who_asked_is_told_of_what_comes_later() -> None:
    run = Run(GUARDED, [ask(0), write(3)])
    assert hits(run) == [(4, 0, 0b111, FROM_STORE[desk]) for desk in (ONE_DESK, OTHER_DESK)]


def test_two_questions_do_not_match() -> None:
    assert hits(Run(GUARDED, [ask(0), ask(3, ONE_DESK)])) == []


def test_a_question_is_kept_for_longer_than_its_request_lives() -> None:
    kinds = [GUARDED.kinds[0], Kind(Role.REQUEST, lifetime=2), *GUARDED.kinds[2:]]
    script = [ask(0), write(9)]
    told = [len(hits(Run(kept_for(n, replace(GUARDED, kinds=kinds)), script))) for n in (9, 10)]
    assert told == [0, 2]


# False matches -------------------------------------------------------------------------------

DOUBTFUL = replace(GUARDED, subjects=(0, 0, 0), threats=[Threat(faces=2)])


def false_match(chance: int) -> Sketch:
    return replace(DOUBTFUL, stores=[Base(STORE, false_match=(0, chance))])


@pytest.mark.parametrize(("more", "wrong"), [(0, 0), (1, 1)])
def test_a_face_is_taken_for_another_subjects_by_chance(more: int, wrong: int) -> None:
    script = [write(0, OTHER_DESK, subject=s) for s in (1, 2)] + [write(3)]
    key = next(row[2] for row in Run(DOUBTFUL, script).log.made if row[0] == 3)
    word = report_word(key, name_key("false match"), name_key("unit 2") ^ 1)
    run = Run(false_match((word >> 32) + more), script)
    subject = 1 + (word >> 8 & 0xFFFFFF) % 2
    assert [row for row in hits(run) if row[0] == 4] == [
        (4, subject, 2, FROM_STORE[ONE_DESK])
    ] * wrong


@pytest.mark.parametrize(
    ("script", "count"),
    [
        ([write(0, OTHER_DESK, 0b10, subject=1)], 0),
        ([write(0, OTHER_DESK, 0b10, subject=1), write(3)], 1),
        ([write(0, OTHER_DESK, 0b01, subject=1), write(3)], 0),
        ([write(0, OTHER_DESK, 0b10, subject=1), write(3, faces=0b01)], 0),
        ([write(0, ONE_DESK, 0b10, subject=1), write(3)], 0),
        ([write(0, ONE_DESK, 0b10, subject=1), ask(3)], 1),
    ],
)
def test_a_false_match_needs_an_entry_of_another_group_that_shows_the_face(
    script: list[Action], count: int
) -> None:
    sketch = replace(false_match(ONE), subjects=(0, 0))
    run = Run(sketch, script)
    assert run.count("false_matches") == count
    assert run.count("followups") == count


def test_where_there_is_no_other_subject_none_is_mistaken() -> None:
    run = Run(replace(false_match(ONE), subjects=(0,)), [write(0), write(3, OTHER_DESK)])
    assert run.count("false_matches") == 0


# Worlds that are refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "values", "rule"),
    [
        ("stores", {"unit": np.array([3])}, "units of stores exist"),
        ("stores", {"guards": np.zeros(2, bool)}, "stores are held to classes, kinds and faces"),
        ("stores", {"holds": np.ones((1, 4), bool)}, "stores hold evidence"),
        ("stores", {"faces": np.array([[8]], np.uint8)}, "stores keep faces that there are"),
        (
            "stores",
            {"false_match": np.full((1, 1, 3), ONE + 1, np.uint64)},
            "false matches are chances",
        ),
        ("phases", {"retention": np.array([[0]])}, "stores keep for a tick at least"),
        ("phases", {"retention": np.ones((1, 2))}, "stores have a retention in every phase"),
        ("phases", {"capacity": np.zeros((1, 3, 1), np.int32)}, "stores read without limit"),
    ],
)
def test_a_world_that_breaks_a_rule_is_refused(part: str, values: Any, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        changed(build(SKETCH), part, **values)


def test_two_stores_of_one_unit_are_refused() -> None:
    with pytest.raises(ValueError, match="a unit keeps one store at most"):
        build(replace(SKETCH, stores=[Base(STORE), Base(STORE)]))
