"""Kept fast: what a tick costs in calls and arrays may not grow unnoticed; no clock is read.

``python -m tests.benchmarks.tick_costs`` prints the table. What grew on purpose is put into
`BUDGET`, with the reason in the commit; so is what shrank.
"""

from __future__ import annotations

from functools import cache

import pytest

from tests.benchmarks.tick_costs import Table, table
from tests.benchmarks.tick_counting import Plant

BUDGET: Table = {
    "spreading": {
        "calls": 132.7,
        "operations": 154.7,
        "arrays": 115.8,
        "bytes": 518528.1,
        "stores": 46.2,
        "attempts": 79086,
        "messages": 39499,
        "peak_bytes": 1053054,
    },
    "quiet": {
        "calls": 49.5,
        "operations": 23.8,
        "arrays": 12.5,
        "bytes": 9.1,
        "stores": 4.0,
        "attempts": 0,
        "messages": 0,
        "peak_bytes": 18361,
    },
    "organised-crime": {
        "calls": 1537.8,
        "operations": 1431.5,
        "arrays": 1210.7,
        "bytes": 351954.7,
        "stores": 580.4,
        "attempts": 3733,
        "messages": 1741,
    },
}
"""Means a tick, but for attempts, messages and the peak, which are of the whole run."""

SLACK = {"peak_bytes": 1.25}
"""The peak is Python's and NumPy's too; all else is the same with any version of them."""

CATALOGUE_SLACK = 1.1
"""More where values of the catalogue decide what happens."""

WASTE = Plant("sim.kernel.engine", "begin", "np.zeros(3) + 1")


@cache
def measured(plant: Plant | None = None) -> Table:
    return table(plant)


def grown(case: str, found: Table) -> list[str]:
    """Say what costs more than it may."""
    more = CATALOGUE_SLACK if case == "organised-crime" else 1
    return [
        f"{case}: {name} grew from {most:,} to {found[case][name]:,}"
        for name, most in BUDGET[case].items()
        if found[case][name] > most * SLACK.get(name, 1) * more
    ]


@pytest.mark.long
@pytest.mark.parametrize("case", BUDGET)
def test_a_tick_costs_no_more_than_it_did(case):
    assert grown(case, measured()) == []


def test_nothing_is_left_out():
    assert {case: set(costs) for case, costs in measured().items()} == {
        case: set(costs) for case, costs in BUDGET.items()
    }


@pytest.mark.long
@pytest.mark.parametrize("case", ["spreading", "quiet"])
def test_one_array_more_a_tick_is_noticed(case):
    """`WASTE` is one call and two arrays, of 24 bytes each."""
    grew = measured(WASTE)[case], measured()[case]
    more = {name: round(value - grew[1][name], 1) for name, value in grew[0].items()}
    del more["peak_bytes"]
    none = {"stores": 0, "attempts": 0, "messages": 0}
    assert more == {"calls": 1, "operations": 2, "arrays": 2, "bytes": 48, **none}
    assert len(grown(case, measured(WASTE))) == 4


def test_a_quiet_tick_makes_next_to_nothing():
    """What waits for nothing must not cost what a busy tick costs."""
    quiet, busy = measured()["quiet"], measured()["spreading"]
    assert quiet["operations"] < busy["operations"] / 2
    assert quiet["bytes"] < busy["bytes"] / 1000
