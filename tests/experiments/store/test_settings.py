"""A run directory of several settings: breaks, shares and sizes of blocks leave no trace in it."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from experiments.designs import load_experiment
from experiments.errors import UserError
from experiments.outcomes.differences import differences
from experiments.planning.plan import WHOLE, Part, Plan, Share, make_plan
from experiments.store import files
from experiments.store.directory import DESIGN, RunDirectory, open_for_reading
from experiments.store.shards import write_shard
from experiments.store.tables import DIFFERENCES, write_differences
from experiments.store.writing import open_for_writing
from tests.experiments.execution.kit import TABLES
from tests.experiments.samples import Batch, batch_of, without_states
from tests.experiments.store.forging import forge, with_column

EXPERIMENT = """\
experiment: trial
meaning: several settings
scenario: organised-crime
policies: [bilateral, hub-and-spoke, full-pool]
seed: 3
replications: 7
parameters:
  read: {changes: desks.police.reads.value, low: 8, high: 20, assumed: for tests}
measures:
  more: {meaning: more staff, times: {desks.police.staff: 1.5}, assumed: for tests}
design: {kind: list, settings: [{}, {read: 8}, {more: true}, {read: 20, more: true}]}
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> Plan:
    return plan_in(tmp_path_factory.mktemp("design"))


def plan_in(folder: Path) -> Plan:
    """Return the plan of the experiment, written into a folder, with few outcomes by state."""
    path = folder / "trial.yaml"
    path.write_text(EXPERIMENT)
    what = load_experiment(str(path))
    found = what.settings()
    few = replace(found, base=without_states(found.base))
    return make_plan(few, what.policies, baseline=None, seed=3, replications=7)


def result_of(plan: Plan, part: Part) -> Batch:
    """Return values that depend on setting, policy, seed and replication alone."""
    found = batch_of(plan, part.lanes)
    for values in (*found.outcomes.values(), *found.series.values()):
        values *= 1 + part.setting  # noqa: PLW2901 - in place
    return found


def write(
    directory: RunDirectory, plan: Plan, size: int, share: Share = WHOLE, most: int = 10**9
) -> None:
    """Write the shards of a share that are missing, `most` at the most."""
    for number, chunk in enumerate(plan.chunks(directory.done(), size, share)):
        if number == most:
            return
        for part in chunk.parts:
            write_shard(directory.address, part, result_of(plan, part))


def finish(folder: Path, plan: Plan, size: int) -> dict[str, bytes]:
    with open_for_writing(folder, plan) as directory:
        write(directory, plan, size)
        futures = directory.futures()
        assert futures.done.all()
        directory.write_outcomes(futures)
        write_differences(folder / DIFFERENCES, differences(futures))
    return {name: (folder / name).read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def expected(plan, tmp_path_factory):
    return finish(tmp_path_factory.mktemp("run") / "whole", plan, 1000)


@st.composite
def pieces(draw) -> list[tuple[int, Share, int]]:
    """Pieces of work: the size of blocks, a share, and how many chunks before it breaks off."""
    found = []
    for _ in range(draw(st.integers(0, 6))):
        of = draw(st.integers(1, 5))
        share = Share(draw(st.integers(0, of - 1)), of)
        found.append((draw(st.integers(1, 25)), share, draw(st.integers(0, 6))))
    return found


@pytest.mark.long
@given(pieces(), st.integers(1, 25))
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_same_bytes_whatever_pieces_it_was_done_in(tmp_path_factory, plan, expected, work, last):
    folder = tmp_path_factory.mktemp("run")
    for size, share, most in work:
        with open_for_writing(folder, plan, shared=share != WHOLE) as directory:
            write(directory, plan, size, share, most)
    assert finish(folder, plan, last) == expected


@pytest.mark.long
@given(st.integers(1, 25), st.integers(1, 4), st.randoms(use_true_random=False))
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_shares_in_any_order_are_the_whole_and_overlap_nowhere(
    tmp_path_factory, plan, expected, size, of, order
):
    folder = tmp_path_factory.mktemp("run")
    shares = [Share(number, of) for number in range(of)]
    order.shuffle(shares)
    lanes = []
    for share in shares:
        with open_for_writing(folder, plan, block=size, shared=True) as directory:
            before = directory.done().sum()
            chunks = list(plan.chunks(np.zeros(plan.shape, np.bool_), size, share))
            parts = [part for chunk in chunks for part in chunk.parts]
            lanes += [(setting, *lane) for setting, held in parts for lane in held]
            write(directory, plan, size, share)
            assert directory.done().sum() - before == sum(chunk.lanes for chunk in chunks)
    assert len(lanes) == len(set(lanes)) == plan.lanes
    assert finish(folder, plan, 1) == expected


@pytest.mark.parametrize("shared", [False, True])
def test_a_design_that_was_not_written_any_more_is_written_later(plan, tmp_path, shared):
    """Whoever made the directory was killed between its manifest and the table of its design."""
    with open_for_writing(tmp_path, plan):
        pass
    expected = (tmp_path / DESIGN).read_bytes()
    (tmp_path / DESIGN).unlink()
    with open_for_writing(tmp_path, plan, shared=shared):
        assert (tmp_path / DESIGN).read_bytes() == expected


def test_two_shares_may_be_open_at_a_time_but_not_the_whole(plan, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_SHARED_GLANCES", 2)  # a share waits ten minutes for the whole
    with (
        open_for_writing(tmp_path, plan, block=6, shared=True) as one,
        open_for_writing(tmp_path, plan, block=9, shared=True) as other,
    ):
        assert other.manifest.block == 6  # the first says how it is divided
        write(one, plan, 6, Share(0, 2))
        write(other, plan, 6, Share(1, 2))
        with pytest.raises(UserError, match="in use"), open_for_writing(tmp_path, plan):
            pass
    with (
        open_for_writing(tmp_path, plan),
        pytest.raises(UserError, match="in use by process"),
        open_for_writing(tmp_path, plan, shared=True),
    ):
        pass
    assert open_for_reading(tmp_path).done().all()


def test_tables_have_a_row_for_every_lane_of_every_setting(plan, expected):
    rows = list(csv.DictReader(expected["outcomes.csv"].decode().splitlines()))
    keys = [(int(row["setting"]), row["policy"], int(row["replication"])) for row in rows]
    assert keys == [
        (setting, policy, number)
        for setting in range(4)
        for policy in plan.names
        for number in range(7)
    ]
    assert {row["exit"] for row in rows} == {"finished"}
    assert expected[DESIGN].decode().splitlines()[0] == "setting,read,more"
    found = list(csv.DictReader(expected[DIFFERENCES].decode().splitlines()))
    assert len(found) == 4 * 2 * sum(not one.state for one in plan.outcomes)


def test_a_setting_has_results_of_its_own(plan, tmp_path):
    finish(tmp_path, plan, 5)
    directory = open_for_reading(tmp_path)
    first, last = directory.results(0), directory.results(3)
    for name, values in first.values.items():
        assert np.array_equal(values * 4, last.values[name], equal_nan=True)
    assert not np.array_equal(
        directory.series("arrests", 0)[1], directory.series("arrests", 3)[1], equal_nan=True
    )


@pytest.mark.parametrize("setting", [-1, 4, 10**6])
def test_a_setting_that_the_design_does_not_have_is_refused(plan, tmp_path, setting):
    with open_for_writing(tmp_path, plan) as directory:
        [chunk, *_] = plan.chunks(directory.done(), 6)
        part = Part(max(setting, 0), chunk.parts[0].lanes)
        write_shard(directory.address, part, result_of(plan, chunk.parts[0]))
        if setting < 0:
            [path] = (tmp_path / "outcomes").iterdir()
            forge(path, with_column("setting", [setting] * chunk.lanes))
        with pytest.raises(UserError, match="another experiment"):
            directory.done()


def test_another_design_is_refused(plan, expected, tmp_path):
    finish(tmp_path, plan, 10)
    good = plan.settings
    table = good.table.copy()
    table[3, 0] += 1
    other = good.varied(good.names, table, good.changes)
    changed = Plan(other, plan.baseline, plan.seed, plan.replications)
    with pytest.raises(UserError, match="settings were different"):
        finish(tmp_path, changed, 10)
    assert {name: (tmp_path / name).read_bytes() for name in TABLES} == expected
