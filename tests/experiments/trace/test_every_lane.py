"""Every lane of every shipped scenario has a story, and it explains every recognition."""

from __future__ import annotations

import pytest

from agents import load_scenario
from experiments.trace.events import Events
from experiments.trace.evidence import path
from experiments.trace.facts import story_facts
from experiments.trace.story import choose, story_of
from experiments.trace.telling import tell_one
from scenarios import compile_world, load_policy, policy_entries
from sim import LaneId
from tests.experiments.trace.kit import asked_of_the_engine, told_again

PICTURES = ((77, 1), (77, 11), (79, 6), (79, 9), (79, 12))
"""Seeds and replications of forest-fire in which a desk reads a report of no weight, a picture,
and recognises later than if the origins of the picture counted."""


def unexplained(events: Events) -> list[tuple[int, int, int]]:
    return [row for row in events.recognitions if not path(events, *row).explained]


@pytest.fixture(scope="module")
def fires():
    """Replays lanes of forest-fire under `bilateral`."""
    policies = (load_policy("bilateral"),)
    compiled = compile_world(load_scenario("forest-fire"), policies)

    def told(seed: int, replication: int) -> Events:
        return told_again(compiled, policies, LaneId(0, seed, replication))

    return told


@pytest.mark.parametrize(
    ("seed", "replication"),
    [*PICTURES[:2], *(pytest.param(*lane, marks=pytest.mark.slow) for lane in PICTURES[2:])],
)
def test_a_report_of_no_weight_is_no_evidence(fires, seed, replication):
    events = fires(seed, replication)
    assert len(events.recognitions) > 20
    assert unexplained(events) == []
    asked = asked_of_the_engine(events)
    assert set(asked) == set(events.recognitions)
    for row in events.recognitions:
        found = path(events, *row)
        assert (found.evidence, found.origins) == asked[row]


def test_a_recognition_that_is_not_explained_is_told_as_a_fault(fires):
    """A reading that decided is lost; the story is told all the same."""
    events = fires(*PICTURES[0])
    tick, unit, subject = next(
        row
        for row in events.recognitions
        if all(part.legs for part in path(events, *row).contributions if part.counted == row[0])
    )
    log = events.lane.replay.log
    log.reads[:] = [row for row in log.reads if (row[0], row[3]) != (tick, unit)]
    again = Events(events.lane)
    assert (tick, unit, subject) in unexplained(again)
    story = story_of(again, choose([again], again.subject(subject)))
    said = [line for line in tell_one(story) if "a fault of fivesteps" in line]
    assert len(said) == sum(about == subject for _, _, about in unexplained(again))
    [chapter] = story_facts(story)["subjects"]
    assert [row["explained"] for row in chapter["recognitions"]].count(False) == len(said)


def test_a_desk_that_never_recognises_and_did_is_told_as_a_fault(fires):
    events = fires(*PICTURES[0])
    [unit] = [n for n in range(len(events.world.units.names)) if events.threshold(n) is None][:1]
    row = (9, unit, 0)
    log = events.lane.replay.log
    log.recognitions.append((row[0], 0, *row[1:]))
    again = Events(events.lane)
    assert unexplained(again) == [row]
    assert list(tell_one(story_of(again, choose([again], again.subject(0)))))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "worlds"), [("forest-fire", 25), ("cyber-outbreak", 8), ("organised-crime", 3)]
)
def test_every_lane_has_a_story(scenario, worlds):
    """Of all subjects, coincidences too, as text and as facts."""
    policies = tuple(load_policy(entry.name) for entry in policy_entries())
    compiled = compile_world(load_scenario(scenario), policies)
    for number in range(worlds):
        seed, replication = 77 + number % 3, number // 3
        for point, policy in enumerate(policies):
            events = told_again(compiled, policies, LaneId(point, seed, replication))
            where = f"{scenario}, {policy.name}, seed {seed}, replication {replication}"
            assert unexplained(events) == [], where
            story = story_of(events, choose([events], ",".join(events.world.subjects.names)))
            assert sum(len(c.paths) for c in story.chapters) == len(events.recognitions), where
            assert max(map(len, tell_one(story))) <= 100, where
            assert len(story_facts(story)["subjects"]) == len(events.world.subjects.names), where
