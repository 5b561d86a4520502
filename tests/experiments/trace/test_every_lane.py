"""Every lane of every shipped scenario has a story, and it explains every recognition."""

from __future__ import annotations

import pytest

from agents import load_scenario
from experiments.trace import Shown
from experiments.trace.events import Events
from experiments.trace.evidence import recognition
from experiments.trace.story import choose, story_of
from scenarios import compile_world, load_policy, policy_entries
from scenarios.schema.scenario import EVIDENCE_ONE
from sim import LaneId
from tests.experiments.trace.kit import asked_of_the_engine, told_again

PICTURES = ((77, 1), (77, 11), (79, 6), (79, 9), (79, 12))
"""Seeds and replications of forest-fire in which a desk reads a report of no weight, a picture,
and recognises later than if the origins of the picture counted."""


def unexplained(events: Events) -> list[tuple[int, int, int, int]]:
    return [row for row in events.recognitions if not recognition(events, *row).explained]


@pytest.fixture(scope="module")
def fires():
    """Replays lanes of forest-fire under `bilateral`."""
    policies = (load_policy("bilateral"),)
    compiled = compile_world(load_scenario("forest-fire"), policies)

    def told(seed: int, replication: int) -> Events:
        return told_again(compiled, policies, LaneId(0, seed, replication))

    return told


@pytest.mark.long
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
        found = recognition(events, *row)
        evidence, origins = asked[row]
        assert found.evidence == evidence / EVIDENCE_ONE
        assert found.organisations == events.groups(origins)


def test_a_recognition_that_is_not_explained_is_told_as_a_fault(fires):
    """A reading that decided is lost; the story is told all the same."""
    events = fires(*PICTURES[0])
    tick, unit, subject, faces = next(
        row
        for row in events.recognitions
        if all(part.way for part in recognition(events, *row).reports if part.counted == row[0])
    )
    log = events.lane.replay.log
    log.reads[:] = [row for row in log.reads if (row[0], row[3]) != (tick, unit)]
    again = Events(events.lane)
    assert (tick, unit, subject, faces) in unexplained(again)
    shown = Shown(story_of(again, choose([again], again.subjects[subject].name)), None, every=False)
    said = [line for line in shown.lines() if "a fault of fivesteps" in line]
    assert len(said) == sum(about == subject for _, _, about, _ in unexplained(again))
    [chapter] = shown.facts()["subjects"]
    assert [row["explained"] for row in chapter["recognitions"]].count(False) == len(said)


def test_a_desk_that_never_recognises_and_did_is_told_as_a_fault(fires):
    events = fires(*PICTURES[0])
    [unit] = [n for n in range(len(events.world.units.names)) if events.threshold(n, 0) is None][:1]
    row = (9, unit, 0, 1)
    log = events.lane.replay.log
    log.recognitions.append((row[0], 0, *row[1:]))
    again = Events(events.lane)
    assert unexplained(again) == [row]
    story = story_of(again, choose([again], again.subjects[0].name))
    assert "a fault of fivesteps" in " ".join(Shown(story, None, every=False).lines())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "worlds"), [("forest-fire", 25), ("cyber-outbreak", 8), ("organised-crime", 3)]
)
def test_every_lane_has_a_story(scenario, worlds):
    """In the first worlds of every subject, coincidences too."""
    policies = tuple(load_policy(entry.name) for entry in policy_entries())
    compiled = compile_world(load_scenario(scenario), policies)
    for number in range(worlds):
        lane = LaneId(0, 77 + number % 3, number // 3)
        for point, policy in enumerate(policies):
            events = told_again(compiled, policies, lane._replace(point=point))
            assert unexplained(events) == [], (policy.name, lane)
            every = ",".join(subject.name for subject in events.subjects)
            story = story_of(events, choose([events], every if number < 2 else None))
            shown = Shown(story, None, every=False)
            assert max(map(len, shown.lines())) <= 100, (policy.name, lane)
            assert len(shown.facts()["subjects"]) == len(story.chapters), (policy.name, lane)
