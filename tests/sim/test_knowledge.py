"""What units know, in the reference, against cases worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.draws.streams import ONE
from sim.seam.port import ALL_UNITS, EVERYONE, Component
from sim.seam.world import NEVER, Role
from tests.sim.test_faces import REQUEST, shown
from tests.sim.test_reference import Run
from tests.worlds import BEFORE, Action, Kind, Link, Point, Rule, Script, Sketch, Threat

TRACE, PICTURE = range(2)
ALONE = Sketch(links=[], threats=[Threat(faces=3)], kinds=[Kind(weight=60), Kind(weight=0)])
"""Units that write for themselves: what they hold is what they wrote a tick ago."""


def emit(tick: int, faces: int, cls: int = TRACE, unit: int = 0) -> Action:
    return Action(tick, "emit", (unit, 0, cls, EVERYONE, faces))


def link(tick: int, face: int, other: int) -> Action:
    return Action(tick, "link", (0, 0, face, other))


def held(run: Run, tick: int, unit: int = 0) -> list[tuple[int, int]]:
    """Faces and evidence of the components on which a unit holds something."""
    return [part[:2] for part in run.engine.knowledge(0, unit, 0, tick)]


def recognised(run: Run) -> list[tuple[int, int]]:
    """(tick, faces) of every recognition."""
    return [(row[0], row[4]) for row in run.log.recognitions]


def recognising(threshold: int, **others: int) -> Sketch:
    needed = {unit: others.get("origins", 1) for unit in range(2)}
    point = Point(recognise_at=dict.fromkeys(range(2), threshold), origins_needed=needed)
    return replace(ALONE, points=[point])


# Components ----------------------------------------------------------------------------------


def test_evidence_adds_up_within_a_component_only() -> None:
    run = Run(recognising(100), [emit(0, 1), emit(0, 2)])
    assert held(run, 1) == [(1, 60), (2, 60)]
    assert recognised(run) == []
    assert recognised(Run(recognising(100), [emit(0, 1), emit(3, 1)])) == [(4, 1)]


def test_a_report_of_several_faces_joins_what_was_held_on_them() -> None:
    run = Run(recognising(100), [emit(0, 0b001), emit(0, 0b100), emit(2, 0b101)])
    assert held(run, 3) == [(0b101, 180)]
    assert recognised(run) == [(3, 0b101)]


def test_reports_of_a_tick_join_faces_over_others() -> None:
    run = Run(ALONE, [emit(0, 0b001), emit(0, 0b110), emit(0, 0b011)])
    assert held(run, 1) == [(0b111, 180)]


def test_what_weighs_nothing_joins_and_tells_of_its_origins() -> None:
    run = Run(ALONE, [emit(0, 0b001), emit(0, 0b011, PICTURE), emit(3, 0b100, PICTURE)])
    assert run.engine.knowledge(0, 0, 0, 1) == [Component(0b011, 60, 1, recognised=False)]
    # Without evidence the origins go when the pair is touched again; the link stays.
    alone = Run(ALONE, [emit(0, 0b011, PICTURE)])
    assert alone.engine.knowledge(0, 0, 0, 5) == [Component(0b011, 0, 1, recognised=False)]
    again = Run(ALONE, [emit(0, 0b011, PICTURE), emit(5, 0b100)])
    assert again.engine.knowledge(0, 0, 0, 6)[0] == Component(0b011, 0, 0, recognised=False)


def test_joined_evidence_is_capped() -> None:
    heavy = replace(ALONE, kinds=[Kind(weight=2**30 - 1)])
    run = Run(heavy, [emit(0, 0b001), emit(0, 0b010), emit(0, 0b100), link(2, 0, 1), link(2, 1, 2)])
    assert held(run, 3) == [(0b111, 2**30)]


def test_a_component_is_recognised_once_and_what_joins_it_with_it() -> None:
    script = [emit(0, 1), emit(0, 1), emit(3, 2), emit(5, 0b011), emit(7, 0b010), emit(9, 4)]
    run = Run(recognising(100), script)
    assert recognised(run) == [(1, 1)]
    assert run.engine.knowledge(0, 0, 0, 10) == [
        Component(0b011, 300, 1, recognised=True),
        Component(0b100, 60, 1, recognised=False),
    ]


def test_two_components_may_be_recognised_together_by_lowest_face() -> None:
    assert recognised(Run(recognising(60), [emit(0, 0b010), emit(0, 0b101)])) == [
        (1, 0b101),
        (1, 0b010),
    ]


def test_a_threshold_of_nothing_is_passed_by_what_holds_nothing() -> None:
    run = Run(recognising(0, origins=0), [emit(0, 0b010)])
    assert recognised(run) == [(1, 1), (1, 2), (1, 4)]


# Links ---------------------------------------------------------------------------------------


def test_a_link_joins_at_once_and_is_looked_at_in_the_next_tick() -> None:
    run = Run(recognising(100), [emit(0, 1), emit(0, 4), link(2, 2, 0)])
    assert recognised(run) == [(3, 0b101)]
    told = Run(ALONE, [emit(0, 1), emit(0, 4), link(2, 2, 0), emit(2, 1, PICTURE)])
    assert shown(told, PICTURE) == [0b101]


def test_a_link_lets_what_is_held_age() -> None:
    sketch = replace(ALONE, threats=[Threat(faces=3, decay=0.5)])
    run = Run(sketch, [emit(0, 1), emit(2, 2), link(4, 0, 1)])
    # 60 of tick 0 is 30, 7 and 3 at ticks 1, 3 and 4; 60 of tick 2 is 30 and 15 at ticks 3 and 4.
    assert held(run, 5) == [(0b011, (3 + 15) // 2)]


def test_a_link_of_a_face_with_itself_changes_nothing_but_is_looked_at() -> None:
    sketch = replace(ALONE, kinds=[Kind(weight=60), Kind(Role.REQUEST)])
    point = Point(ask_at={0: 60}, ask_every=3)
    run = Run(replace(sketch, points=[point]), [emit(0, 1), link(3, 0, 0)])
    assert [row[0] for row in run.log.made if row[3] == 1] == [1, 4]
    assert held(run, 5) == [(1, 60)]


def test_links_before_tick_0() -> None:
    assert held(Run(ALONE, [link(BEFORE, 0, 1), emit(0, 2)]), 1) == [(0b011, 60)]


# What is written and asked -------------------------------------------------------------------


def test_an_agent_writes_of_the_components_that_have_the_faces_given() -> None:
    known = [emit(0, 0b011), emit(0, 0b100)]
    assert shown(Run(ALONE, [*known, emit(2, 0b010, PICTURE)]), PICTURE) == [0b011]
    assert shown(Run(ALONE, [*known, emit(2, 0b110, PICTURE)]), PICTURE) == [0b111]


@pytest.mark.parametrize(
    ("before", "faces"),
    [
        ([], 0b111),
        ([emit(0, 0b010)], 0b010),
        ([emit(0, 0b010), emit(0, 0b100), emit(0, 0b100)], 0b100),
        ([emit(0, 0b110), emit(0, 0b001)], 0b001),
        ([link(0, 1, 2)], 0b110),
    ],
)
def test_an_agent_writes_of_what_most_is_known_of(before: Script, faces: int) -> None:
    assert shown(Run(ALONE, [*before, emit(2, 0, PICTURE)]), PICTURE) == [faces]


def test_a_report_has_the_origins_of_what_it_shows() -> None:
    links = [Link(0, 2), Link(1, 2)]
    kinds = [Kind(weight=60), Kind(weight=0)]
    sketch = replace(ALONE, groups=[0, 1, 2], links=links, kinds=kinds)
    known = [emit(0, 0b001, unit=0), emit(0, 0b010, unit=1)]
    for faces, origins in [(0b001, 0b101), (0b010, 0b110), (0b100, 0b100), (0b011, 0b111)]:
        run = Run(sketch, [*known, emit(3, faces, PICTURE, unit=2)])
        assert run.log.contents[-1][4:] == (origins, faces)


ASKING = replace(ALONE, kinds=[Kind(weight=60), Kind(Role.REQUEST)])


def test_a_unit_asks_about_all_on_which_it_has_enough() -> None:
    sketch = replace(ASKING, points=[Point(ask_at={0: 100}, ask_every=NEVER)])
    some = [emit(0, 0b001), emit(0, 0b001), emit(0, 0b010), emit(0, 0b100), emit(0, 0b100)]
    assert shown(Run(sketch, some), REQUEST) == [0b101]


@pytest.mark.parametrize(("before", "faces"), [([], 0b111), ([emit(0, 0b010)], 0b010)])
def test_who_asks_in_general_asks_about_what_is_held(before: Script, faces: int) -> None:
    assert shown(Run(ASKING, [*before, Action(2, "ask", (0, 0))]), REQUEST) == [faces]


def test_concerned_is_whose_knowledge_is_in_the_component_told_of() -> None:
    point = Point(term={(0, 0, 0): 0, (1, 0, 0): 1})
    links, rules = [Link(0, 1), Link(1, 0)], [Rule(push=ONE)]
    sketch = replace(ALONE, links=links, rules=rules, points=[point])
    told = emit(0, 0b010, unit=1)
    sent = [Run(sketch, [told, emit(3, faces)]).sends()[1:] for faces in (0b001, 0b010, 0b110)]
    assert sent == [[], [(3, 0, 4)], [(3, 0, 4)]]


# Spending ------------------------------------------------------------------------------------


def spend(tick: int, unit: int = 0, links: int = 0) -> Action:
    return Action(tick, "spend", (0, unit, links))


def test_what_is_spent_is_gone_and_may_be_recognised_again() -> None:
    script = [emit(0, 1), emit(0, 0b011), spend(2), emit(4, 1), emit(6, 2)]
    run = Run(recognising(100), script)
    assert recognised(run) == [(1, 0b011), (7, 0b011)]
    assert held(Run(ALONE, script[:3]), 2) == [(0b011, 0)]
    assert run.engine.origins(0, 0, 0) == 1
    assert Run(ALONE, script[:3]).engine.origins(0, 0, 0) == 0


def test_links_may_be_spent_too() -> None:
    assert held(Run(ALONE, [emit(0, 0b011), spend(2, links=1)]), 2) == []
    assert held(Run(ALONE, [emit(0, 0b011), spend(2, links=1), emit(3, 1)]), 4) == [(1, 60)]


def test_one_unit_spends_or_all() -> None:
    both = [emit(0, 1), emit(0, 1, unit=1)]
    one = Run(ALONE, [*both, spend(2, unit=1)])
    assert (held(one, 2, 0), held(one, 2, 1)) == ([(1, 60)], [])
    everybody = Run(ALONE, [*both, spend(2, unit=ALL_UNITS)])
    assert (held(everybody, 2, 0), held(everybody, 2, 1)) == ([], [])
    sketch = replace(ALONE, subjects=(0, 0))
    other = Run(sketch, [Action(0, "emit", (0, 1, TRACE)), spend(2, unit=ALL_UNITS)])
    assert other.engine.evidence(0, 0, 1, 2) == 60


def test_what_is_read_later_counts_and_ordinals_go_on() -> None:
    run = Run(ALONE, [emit(0, 1), spend(0)])
    assert held(run, 1) == [(1, 60)]
    sketch = replace(ASKING, points=[Point(ask_at={0: 60}, ask_every=NEVER)])
    asked = Run(sketch, [emit(0, 1, cls=TRACE), spend(2), emit(4, 1, cls=TRACE)])
    requests = [row for row in asked.log.made if row[3] == REQUEST]
    assert [row[0] for row in requests] == [1, 5]
    assert len({row[2] for row in requests}) == 2
