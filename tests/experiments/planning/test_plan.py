"""Plans: names, numbers, chunks."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from agents import load_scenario
from experiments.errors import UserError
from experiments.planning.plan import Plan, Share, chunk_size, make_plan
from scenarios import SpecError, load_policy
from scenarios.changing import Change
from tests.experiments.samples import POLICIES, real_plan

SCENARIO = load_scenario("organised-crime")
THREE = tuple(load_policy(name) for name in POLICIES)


@settings(deadline=None)
@given(st.data())
def test_chunks_hold_every_missing_lane_once(data):
    replications = data.draw(st.integers(1, 12))
    flags = data.draw(st.lists(st.booleans(), min_size=3 * replications, max_size=3 * replications))
    done = np.array(flags).reshape(1, 3, replications)
    size = data.draw(st.integers(1, 12))
    plan = dataclasses.replace(real_plan_of_twelve, replications=replications)
    chunks = [chunk.parts[0].lanes for chunk in plan.chunks(done, size)]
    assert all(0 < len(chunk) <= size for chunk in chunks)
    lanes = [lane for chunk in chunks for lane in chunk]
    expected = {(p, r) for p in range(3) for r in range(replications) if not done[0, p, r]}
    assert {(lane.point, lane.replication) for lane in lanes} == expected
    assert len(lanes) == len(expected)
    if size >= 3:  # whole worlds: no replication is split over two chunks
        owners = [{lane.replication for lane in chunk} for chunk in chunks]
        assert sum(map(len, owners)) == len(set().union(*owners))


real_plan_of_twelve = real_plan(12)


@pytest.mark.parametrize(
    ("lanes", "policies", "batch", "workers", "expected"),
    [
        (800, 8, 200, 1, 200),
        (800, 8, 200, 16, 56),  # seven whole worlds each: every worker has something to do
        (8, 8, 200, 16, 8),
        (3, 8, 200, 2, 8),
        (800, 8, 5, 2, 5),
        (4000, 8, 973, 2, 672),  # six chunks, three for each worker
        (2000, 8, 973, 2, 504),
        (800, 8, 800, 1, 800),
    ],
)
def test_chunk_size(lanes, policies, batch, workers, expected):
    plan = shaped(1, policies, 10**6)
    assert chunk_size(plan, batch, workers, lanes) == expected


@pytest.mark.parametrize(
    ("settings", "replications", "batch", "workers", "expected"),
    [
        (5, 10, 500, 2, 240),  # three settings in one chunk, two in the other
        (100, 10, 500, 2, 480),
        (100, 1, 500, 2, 13 * 8),  # eight chunks: at most 16 settings stand in one
        (100, 80, 500, 2, 320),  # none fits beside another: halves of a setting
        (2, 10, 500, 2, 80),
        (2, 10, 500, 1, 160),
    ],
)
def test_settings_that_are_alike_share_chunks(settings, replications, batch, workers, expected):
    assert chunk_size(shaped(settings, 8, replications), batch, workers) == expected


def shaped(settings: int, policies: int, replications: int) -> Plan:
    """Return a plan of so many settings, which are alike, under so many policies."""
    one = real_plan(replications)
    names = (("read",), np.zeros((settings, 1)), ((Change("desks.police.reads.value"),),))
    many = dataclasses.replace(one.settings.varied(*names), policies=one.policies[:1] * policies)
    return dataclasses.replace(one, settings=many)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"replications": 0}, "--replications 0"),
        ({"replications": -1}, "--replications -1"),
        ({"seed": -1}, "--seed -1"),
        ({"seed": 2**63}, "--seed"),
    ],
)
def test_numbers_out_of_range_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        make_plan(SCENARIO, THREE, **{"baseline": None, "seed": 1, "replications": 5, **options})


def test_a_policy_named_twice_is_refused():
    with pytest.raises(UserError, match="full-pool more than once"):
        make_plan(SCENARIO, (*THREE, THREE[-1]), baseline=None, seed=1, replications=5)


def test_baseline():
    def baseline(policies, wish=None):
        return make_plan(SCENARIO, policies, baseline=wish, seed=1, replications=5).baseline

    assert baseline(THREE) == SCENARIO.baseline
    assert baseline(THREE[1:]) == THREE[1].name
    assert baseline(THREE, "full-pool") == "full-pool"
    with pytest.raises(SpecError, match="choose from bilateral, full-pool, hub-and-spoke"):
        baseline(THREE, "availability")


def test_the_baseline_comes_first():
    plan = make_plan(SCENARIO, THREE[::-1], baseline=None, seed=1, replications=5)
    assert plan.names == ("bilateral", "full-pool", "hub-and-spoke")


def test_seed_zero_is_a_seed():
    assert make_plan(SCENARIO, THREE, baseline=None, seed=0, replications=1).seed == 0


@pytest.mark.long
@settings(deadline=None, max_examples=200)
@given(st.data())
def test_chunks_of_settings_that_are_alike(data):
    groups = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=9))
    alike = [tuple(n for n, group in enumerate(groups) if group == g) for g in set(groups)]
    replications, size = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 40))
    one = real_plan(replications)
    many = one.settings.varied(
        ("read",), np.zeros((len(groups), 1)), ((Change("desks.police.reads.value"),),)
    )
    many.__dict__["alike"] = tuple(alike)
    plan = dataclasses.replace(one, settings=many)
    flags = data.draw(st.integers(0, 2**plan.lanes - 1))
    done = (flags >> np.arange(plan.lanes, dtype=object) & 1).astype(bool).reshape(plan.shape)
    of = data.draw(st.integers(1, 3))
    chunks = [chunk for number in range(of) for chunk in plan.chunks(done, size, Share(number, of))]
    lanes = [
        (part.setting, lane.point, lane.replication)
        for chunk in chunks
        for part in chunk.parts
        for lane in part.lanes
    ]
    assert len(lanes) == len(set(lanes)) == int((~done).sum())
    assert all(not done[lane] for lane in lanes)
    assert all(0 < chunk.lanes <= size for chunk in chunks)
    assert all(any(set(chunk.settings) <= set(group) for group in alike) for chunk in chunks)
    assert sum(plan.missing(done, size, Share(n, of)) for n in range(of)) == len(lanes)
