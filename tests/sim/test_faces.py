"""Kinds, faces and aspects in the reference, against cases worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.draws.streams import ONE, name_key, report_word
from sim.seam.port import EVERYONE
from sim.seam.world import LEVEL_ONE, NEVER, Pull, Role, World
from tests.sim.test_reference import Run
from tests.worlds import (
    BEFORE,
    Action,
    Kind,
    Link,
    Point,
    Rule,
    Sight,
    Sketch,
    Threat,
    Watcher,
    build,
)

TRACE, REQUEST, HIT, FOLLOWUP = range(4)
NOBODY = 0
FACES = Sketch(threats=[Threat(faces=3)])


def emit(tick: int, faces: int = 0, unit: int = 0, audience: int = EVERYONE) -> Action:
    return Action(tick, "emit", (unit, 0, TRACE, audience, faces))


def shown(run: Run, cls: int = TRACE) -> list[int]:
    """Faces of the reports of a class, in the order in which they were made."""
    kinds = {row[2]: row[3] for row in run.log.made}
    return [row[5] for row in run.log.contents if kinds[row[2]] == cls]


# What reports show ---------------------------------------------------------------------------


def test_an_agents_report_shows_what_it_is_about_or_everything() -> None:
    assert shown(Run(FACES, [emit(0, 0b010), emit(0)])) == [0b010, 0b111]


@pytest.mark.parametrize(("more", "faces"), [(0, 0b001), (1, 0b101)])
def test_a_sight_shows_a_face_by_chance(more: int, faces: int) -> None:
    look = replace(FACES, sights=[Sight()], watchers=[Watcher()], links=[])
    see = [Action(BEFORE, "set_activity", (0, 0, 0, LEVEL_ONE))]
    first = Run(look, see).log.made[0][2]
    chance = report_word(first, name_key("face"), 2) >> 32
    told = Run(replace(look, sights=[Sight(shows=(ONE, 0, chance + more))]), see)
    assert shown(told)[0] == faces


def test_a_stream_sees_one_aspect() -> None:
    sights = [Sight(aspect=0), Sight(aspect=1)]
    watchers = [Watcher(sight=0), Watcher(sight=1)]
    sketch = Sketch(aspects=2, sights=sights, watchers=watchers, links=[])
    run = Run(sketch, [Action(BEFORE, "set_activity", (0, 0, 1, LEVEL_ONE))])
    assert run.count("observations") == 19
    about = (name_key("trace 0"), name_key("subject 0"), name_key("watch 0 at 0 by 1"), 0)
    high, low, _, _ = run.engine._words(*about)
    assert run.log.made[0][2] == high << 32 | low


def test_the_host_hears_which_faces_a_reading_shows() -> None:
    run = Run(replace(FACES, kinds=[Kind(addressed=True)]), [emit(0, 0b110)])
    [reading] = run.host.seen[1][1].readings
    assert reading.faces == 0b110


# Asking --------------------------------------------------------------------------------------

ASKING = Sketch(
    links=[Link(0, 1, 1), Link(1, 0, 0)],
    kinds=[Kind(), Kind(Role.REQUEST), Kind(Role.HIT), Kind(Role.FOLLOWUP)],
    threats=[Threat(faces=3)],
    rules=[Rule(push=ONE, pull_mode=Pull.RELEASE, pull=ONE)],
)
TELLS = [Rule(push=ONE, pull_mode=Pull.HIT, pull=ONE)]


def ask(tick: int, faces: int = 0) -> Action:
    return Action(tick, "ask", (0, 0, faces))


@pytest.mark.parametrize(("held", "asked", "answers"), [(1, 1, 1), (3, 6, 1), (1, 6, 0), (4, 0, 1)])
def test_only_what_shares_a_face_with_the_question_answers(
    held: int, asked: int, answers: int
) -> None:
    run = Run(ASKING, [emit(0, held, unit=1, audience=NOBODY), ask(2, asked)])
    assert run.count("answers") == answers


def test_two_asks_of_a_tick_are_one_about_the_faces_of_both() -> None:
    run = Run(ASKING, [ask(2, 0b001), ask(2, 0b100)])
    assert shown(run, REQUEST) == [0b101]


def test_hits_and_what_follows_them_are_about_what_was_asked() -> None:
    sketch = replace(ASKING, rules=TELLS)
    run = Run(sketch, [emit(0, 0b011, unit=1, audience=NOBODY), ask(2, 0b110)])
    assert shown(run, HIT) == shown(run, FOLLOWUP) == [0b110]
    assert run.count("answers") == 1
    other = Run(sketch, [emit(0, 0b011, unit=1, audience=NOBODY), ask(2, 0b100)])
    assert other.count("hits") == 0


# Kinds ---------------------------------------------------------------------------------------


def test_kinds_have_ageing_and_thresholds_of_their_own() -> None:
    point = Point(recognise_at={0: (100, 101)}, origins_needed={0: (1, 2)})
    threats = [Threat(decay=1.0), Threat(domain=1, decay=0.5)]
    sketch = Sketch(threats=threats, subjects=(0, 1), points=[point], links=[])
    script = [Action(0, "emit", (0, subject, TRACE)) for subject in (0, 1)]
    run = Run(sketch, script)
    assert run.recognitions() == [(1, 0, 0)]
    assert [run.engine.evidence(0, 0, subject, 3) for subject in (0, 1)] == [100, 12]


def test_kinds_are_asked_about_by_thresholds_of_their_own() -> None:
    point = Point(ask_at={0: (1, NEVER, 1)}, ask_every=(5, 1, 2))
    threats = [Threat(), Threat(), Threat()]
    sketch = replace(ASKING, threats=threats, subjects=(0, 1, 2), points=[point])
    script = [Action(tick, "emit", (0, s, TRACE, NOBODY)) for tick in range(4) for s in range(3)]
    made = [(row[0], row[4]) for row in Run(sketch, script).log.made if row[3] == REQUEST]
    assert made == [(1, 0), (1, 2), (3, 2)]


# Worlds that are refused ---------------------------------------------------------------------


def changed(world: World, part: str, **values: Any) -> World:
    return replace(world, **{part: replace(getattr(world, part), **values)})


@pytest.mark.parametrize(
    ("part", "values", "rule"),
    [
        ("subjects", {"kind": np.array([1])}, "kinds of subjects exist"),
        ("kinds", {"domain": np.array([1])}, "domains of kinds exist"),
        ("kinds", {"faces": np.array([9])}, "kinds have 1 to 8 faces"),
        ("kinds", {"faces": np.array([0])}, "kinds have 1 to 8 faces"),
        ("kinds", {"decay": np.ones((2, 200), np.int64)}, "decay has a row a kind"),
        ("phases", {"ask_every": np.ones(1, np.int32)}, "ask_every of phases fits"),
        ("sights", {"cls": np.array([1])}, "classes of sights exist"),
        ("sights", {"aspect": np.array([1])}, "aspects of sights exist"),
        ("sights", {"shows": np.array([[ONE + 1]], np.uint64)}, "what sights show are chances"),
        ("sights", {"shows": np.array([[ONE - 1]], np.uint64)}, "sights show a face for sure"),
        ("watch", {"sight": np.array([1])}, "sights of streams exist"),
        ("sights", {"shows": np.array([[ONE, 1]], np.uint64)}, "sights show faces that there are"),
    ],
)
def test_a_world_that_breaks_a_rule_is_refused(part: str, values: Any, rule: str) -> None:
    world = build(Sketch(watchers=[Watcher()]))
    with pytest.raises(ValueError, match=rule):
        changed(world, part, **values)
