"""Settings that are points of one world: they run together, and give what each gives alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agents import run_compiled
from experiments.execution.here import Here
from experiments.execution.job import Worker
from experiments.execution.placing import How
from experiments.execution.running import run_plan
from experiments.planning.plan import Plan, make_plan
from scenarios import Point, SpecError, compile_points
from scenarios.changing import Change
from sim import LaneId
from sim.kernel.choice import KernelName, kernel
from tests.agents.small import differing, policies, small, values_of
from tests.experiments.execution import kit

PATHS = (
    "desks.police.reads.value",
    "desks.police.staff.base",
    "threats.trafficking.recognises.police.evidence",
    "threats.trafficking.recognises.police.organisations",
    "threats.trafficking.sees.police[0].per_year",
    "threats.trafficking.network.found_in.value",
    "threats.trafficking.network.members_per_cell",
    "threats.trafficking.decoys.starts_within",
    "desks.police.local_routine.value",
    "desks.police.routine_made.value",
    "place.instruments.siena.latency",
    "policies.bilateral.rules[0].push.chance",
    "policies.hit-no-hit.ask.evidence",
)
NAMES = ("bilateral", "hit-no-hit")


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A setting as declared, and one for each path with its number halved, then one with all."""
    one = make_plan(small(horizon_days=42), policies(NAMES), baseline=None, seed=1, replications=2)
    table = np.where(np.eye(len(PATHS) + 1, len(PATHS), k=-1), 0.5, 1.0)
    table = np.vstack((table, np.full(len(PATHS), 0.5)))
    changes = tuple((Change(path, "times"),) for path in PATHS)
    return replace(one, settings=one.settings.varied(PATHS, table, changes))


@pytest.mark.long
@pytest.mark.parametrize(("name", "worlds"), [(KernelName.NUMPY, 1), (KernelName.COMPILED, 2)])
def test_a_lane_is_the_same_alone_and_among_those_of_other_settings(plan, name, worlds):
    [alike] = plan.settings.alike
    assert alike == tuple(range(len(plan.settings)))
    world = plan.settings.compiled(*alike)
    points = range(len(alike) * len(NAMES))
    make = lambda compiled, lanes: kernel(name)(compiled.world, lanes)  # noqa: E731
    lanes = [LaneId(point, 1, number) for number in range(worlds) for point in points]
    together = run_compiled(world, lanes, engine=make)
    moved = set()
    for setting in alike:
        alone_lanes = [LaneId(point, 1, number) for point in (0, 1) for number in range(worlds)]
        alone = run_compiled(plan.settings.compiled(setting), alone_lanes, engine=make)
        for place, lane in enumerate(alone_lanes):
            among = lanes.index(lane._replace(point=setting * len(NAMES) + lane.point))
            ours, theirs = values_of(alone, place), values_of(together, among)
            assert differing(ours, theirs) == []
            moved.add((setting, *sorted(ours.items())))
    assert len({row[1:] for row in moved}) > len(alike) * worlds  # they are not all the same


@pytest.mark.long
def test_tables_are_the_same_to_the_byte(plan, tmp_path, monkeypatch):
    begun: list[tuple[int, ...]] = []
    run = Worker.run

    def noted(self, chunk, on_tick):
        begun.append(chunk.settings)
        return run(self, chunk, on_tick)

    monkeypatch.setattr(Worker, "run", noted)
    found = []
    for name, batch in (("together", 100), ("in pairs", 8), ("alone", 4)):
        run_plan(plan, tmp_path / name, How(Here(), batch=batch))
        found.append(kit.tables(tmp_path / name))
        assert max(map(len, begun)) == {100: len(plan.settings), 8: 2, 4: 1}[batch]
        begun.clear()
    assert found[0] == found[1] == found[2]


def test_what_agents_live_by_stands_apart(plan):
    table = np.array([[8.0, 1.0], [9.0, 1.0], [8.0, 2.0], [9.0, 2.0]])
    changes = (
        (Change("desks.police.reads.value"),),
        (Change("threats.trafficking.half_life.value", "times"),),
    )
    settings = plan.settings.varied(("reads", "forgets"), table, changes)
    assert settings.alike == ((0, 1), (2, 3))
    points = [Point.constant(settings.scenario(n), settings.policies[0]) for n in (0, 2)]
    with pytest.raises(SpecError, match="no points of one world"):
        compile_points(points)


def test_a_setting_that_breaks_a_rule_does_not_take_others_with_it(plan, tmp_path, monkeypatch):
    compiled = type(plan.settings).compiled

    def broken(self, *numbers):
        if 1 in numbers:
            raise SpecError("no such desk", "name another", where="rules")
        return compiled(self, *numbers)

    monkeypatch.setattr(type(plan.settings), "compiled", broken)
    few = replace(
        plan,
        settings=plan.settings.varied(
            ("a",), np.array([[1.0], [2], [3]]), ((Change(PATHS[0], "times"),),)
        ),
    )
    ran = run_plan(few, tmp_path / "run", How(Here(), batch=100))
    assert (ran.failed, ran.missing) == (12, 4)
