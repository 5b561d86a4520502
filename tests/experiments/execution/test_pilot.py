"""The first lanes of a long run: they are the run's own, and tell how sure the rest will be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from experiments.execution import pilot as pilots
from experiments.execution.course import Course
from experiments.execution.here import Here
from experiments.execution.pilot import WORLDS, Pilot, expected_half
from experiments.execution.placing import How
from experiments.execution.running import run_plan
from experiments.outcomes.paired import compare_policies
from experiments.planning.plan import WHOLE, Share
from experiments.store.shards import write_shard
from experiments.store.writing import open_for_writing
from tests.agents.small import policies, small
from tests.experiments.samples import OUTCOMES, batch_of, plan_of, real_plan, sample_results

SIZE = 90


@pytest.fixture
def plan():
    return real_plan(100)


def test_pilot_and_rest_are_all_lanes_once(plan, tmp_path):
    with open_for_writing(tmp_path / "run", plan) as directory:
        done = directory.done()
        pilot = Pilot.of(plan, directory, done, WHOLE)
    assert pilot is not None
    first, *others = pilot.before(done, SIZE)
    assert first == pilot.chunk
    assert first.lanes == WORLDS * len(plan.policies)
    lanes = [lane for chunk in (first, *others) for lane in chunk.parts[0].lanes]
    assert len(lanes) == len(set(lanes)) == plan.lanes
    assert max(chunk.lanes for chunk in others) == SIZE


def test_short_runs_shares_and_what_has_begun_have_none(plan, tmp_path):
    with open_for_writing(tmp_path / "run", plan) as directory:
        nothing = directory.done()
        begun = nothing.copy()
        begun[0, 0, 0] = True
        assert Pilot.of(plan, directory, begun, WHOLE) is None
        assert Pilot.of(plan, directory, nothing, Share(0, 2)) is None
        assert Pilot.of(real_plan(99), directory, nothing[..., :99], WHOLE) is None


def test_what_the_pilot_gave_tells_how_sure_the_rest_will_be(plan, tmp_path):
    with open_for_writing(tmp_path / "run", plan) as directory:
        pilot = Pilot.of(plan, directory, directory.done(), WHOLE)
        assert pilot is not None
        assert pilot.sure() == ""
        [part] = pilot.chunk.parts
        write_shard(directory.address, part, batch_of(plan, part.lanes))
        assert "differences in " in pilot.sure()
        assert pilot.sure().endswith("(95%)")
        alone = Pilot(pilot.chunk, real_plan(100, ("bilateral",)), directory)
        assert alone.sure() == ""


def test_the_width_is_about_what_it_comes_to():
    """Ten worlds tell the width that two hundred have to a factor of less than two."""
    results = sample_results(200)
    rows = compare_policies(results)
    for outcome in OUTCOMES[1:2]:
        few = replace(
            results,
            values={name: held[:, :10] for name, held in results.values.items()},
            done=results.done[:, :10],
        )
        half = expected_half(few, outcome, 200)
        widest = max((row.high - row.low) / 2 for row in rows if row.outcome == outcome.name)
        assert half is not None
        assert 0.5 < half / widest < 2


def test_where_lanes_do_not_differ_nothing_is_said():
    results = sample_results(20)
    same = {name: np.ones_like(held) for name, held in results.values.items()}
    assert expected_half(replace(results, values=same), OUTCOMES[1], 100) is None
    none = {name: np.full_like(held, np.nan) for name, held in results.values.items()}
    assert expected_half(replace(results, values=none), OUTCOMES[1], 100) is None


@pytest.mark.long
def test_tables_are_the_same_to_the_byte_with_a_pilot_and_without(tmp_path, monkeypatch):
    plan = plan_of(small(), policies(("bilateral", "full-pool")), 4, 3)
    begun: list[int] = []
    monkeypatch.setattr(Course, "begun", lambda _, chunk: begun.append(chunk.lanes))
    for name, least in (("without", 99), ("with", 2)):
        monkeypatch.setattr(pilots, "WORLDS", 1)
        monkeypatch.setattr(pilots, "LEAST_RUNS", least)
        ran = run_plan(plan, tmp_path / name, How(Here(), batch=4, kernel="numpy"))
        assert ran.work.lanes == 8
    assert begun == [4, 4, 2, 2, 4]
    for table in ("outcomes.parquet", "outcomes.csv", "comparison.csv"):
        found, expected = ((tmp_path / name / table).read_bytes() for name in ("with", "without"))
        assert found == expected
