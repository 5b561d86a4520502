"""Stories of worlds whose subjects have several sides, and of worlds that change on a date."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents import load_scenario
from agents.society.batch import _Ticking
from experiments.trace import Shown
from experiments.trace.events import Events
from experiments.trace.evidence import recognition
from experiments.trace.story import choose, story_of
from scenarios import Compiled, LoadedPolicy, compile_world, load_policy
from sim.draws import ONE
from sim.seam import MAX_FACES, NEVER, LaneId, Points
from tests.experiments.trace.kit import told_again

FACES, CHANGE, LINKED, SPENT = 3, 200, 300, 400
CLOSING = "europol.analysis"
POLICIES: tuple[LoadedPolicy, ...] = tuple(map(load_policy, ("full-pool", "bilateral")))
A_YEAR = 365 * 24.0


def networks() -> Compiled:
    """Return a year of the catalogue's scenario."""
    loaded = load_scenario("organised-crime")
    spec = loaded.spec.model_copy(update={"horizon": A_YEAR})
    return compile_world(replace(loaded, spec=spec), POLICIES)


def many_sided(compiled: Compiled) -> Compiled:
    """Let every sight show one of three faces for sure, and some of them a second one."""
    world = compiled.world
    sights = np.arange(world.sights.cls.size)
    shows = np.zeros((sights.size, MAX_FACES), dtype=np.uint64)
    shows[sights, sights % FACES] = ONE
    shows[sights, (sights + 1) % FACES] = np.where(sights % 2, ONE // 10, 0)
    shows[sights, sights % FACES] = ONE
    phases = world.phases
    thinner = replace(
        phases,
        recognise_at=np.where(phases.recognise_at == NEVER, NEVER, phases.recognise_at // 2),
    )
    return replace(
        compiled,
        world=replace(
            world,
            kinds=replace(world.kinds, faces=np.array([FACES])),
            sights=replace(world.sights, shows=shows),
            stores=replace(
                world.stores,
                faces=world.stores.faces & np.uint8(2**FACES - 1),
                false_match=np.where(
                    np.arange(MAX_FACES) < FACES, world.stores.false_match, np.uint64(0)
                ),
            ),
            phases=thinner,
        ),
    )


class Detectives(_Ticking):
    """Police who find out one day that two sides of a network belong together."""

    def __init__(self, compiled: Compiled, *args: Any) -> None:
        super().__init__(compiled, *args)
        self.desks = compiled.layout.desks

    def react(self, tick: int, happenings: Any) -> None:
        if tick == LINKED:
            for unit, desk in enumerate(self.desks):
                if desk == "police":
                    self.engine.link(0, unit, 0, 0, 2)
        if tick == SPENT:
            self.engine.spend(0, 0, links=True)
        super().react(tick, happenings)


@pytest.fixture(scope="module")
def sides() -> Events:
    """Tell of a lane of such a world."""
    compiled = many_sided(networks())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agents.society.batch._Ticking", Detectives)
        patch.setattr("agents.procedures.course.Course._link", lambda *_: None)  # they alone link
        return told_again(compiled, POLICIES, LaneId(0, 5, 0))


@pytest.mark.long
def test_every_recognition_is_explained_by_its_component(sides: Events) -> None:
    found = [recognition(sides, *row) for row in sides.recognitions]
    assert len(found) > 20
    assert all(one.explained for one in found)
    assert {len(one.faces) for one in found} >= {1, 2, 3}
    rows = [row for row in sides.recognitions if row[0] > SPENT and row[2] == 0]
    after = [recognition(sides, *row) for row in rows]
    assert after
    assert all(part.counted > SPENT for one in after for part in one.reports)


def test_what_linked_the_sides_is_told(sides: Events) -> None:
    found = [recognition(sides, *row) for row in sides.recognitions]
    links = [link for one in found for link in one.links]
    assert {link.tick for link in links if link.by is None} == {LINKED}
    assert all(link.faces == ("face 1", "face 3") for link in links if link.by is None)
    assert [link for link in links if link.by is not None]
    for one in found:
        linked = {face for link in one.links for face in link.faces}
        assert linked == set(one.faces) or len(one.faces) == 1
    story = story_of(sides, choose([sides], str(sides.subjects[0])))
    text = "\n".join(Shown(story, None, every=True).lines(100))
    assert "face 1 and face 3 belong together, by casework" in text
    assert f"finds that face 1 and face 3 of {sides.subjects[0]} are one" in text
    assert f"Every desk lays aside what it knew of {sides.subjects[0]}" in text


def test_what_changes_on_a_date_is_told() -> None:
    """From one date on the second policy holds, and a desk is gone; later all is as it was."""
    compiled = networks()
    world = compiled.world
    both = {name: np.concatenate([table, table[1:]]) for name, table in vars(world.phases).items()}
    phases = replace(world.phases, **both)
    phases.open[2, world.units.names.index(CLOSING)] = False
    closed(phases, world.units.names.index(CLOSING))
    points = Points(
        ("dated",), np.array([[0, CHANGE, SPENT]], dtype=np.int32), np.array([[0, 2, 1]])
    )
    dated = replace(compiled, world=replace(world, phases=phases, points=points))
    events = told_again(dated, POLICIES, LaneId(0, 5, 0))
    story = story_of(events, choose([events]))
    first, second = story.turns
    assert (first.tick, first.closed, first.opened) == (CHANGE, (CLOSING,), ())
    assert (second.tick, second.closed, second.opened) == (SPENT, (), (CLOSING,))
    assert any("other rules on" in said for said in first.changed)
    text = " ".join(" ".join(Shown(story, None, every=False).lines(100)).split())
    assert "What changed on dates" in text
    assert f"{CLOSING} closes; other rules on" in text
    assert all(recognition(events, *row).explained for row in events.recognitions)


def closed(phases: Any, unit: int) -> None:
    """Let a desk do nothing in the last phase."""
    phases.capacity[2, unit] = 0
    phases.background[2, unit] = -1
    phases.recognise_at[2, unit] = phases.ask_at[2, unit] = NEVER
