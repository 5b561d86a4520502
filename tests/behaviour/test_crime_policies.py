"""What must be true of policies against organised crime, in all the years that there are."""

from __future__ import annotations

import numpy as np
import pytest

from tests.behaviour.crime import NAME, WORLDS
from tests.behaviour.worlds import gain, outcomes, surely

pytestmark = pytest.mark.behave


def test_the_order_of_policies_does_not_turn_with_the_length_of_the_run() -> None:
    policies = ("bilateral", "hub-and-spoke", "full-pool")
    long = outcomes(NAME, policies, WORLDS)
    for other in long[1:]:
        for years in (("2011", "2012"), ("2013", "2014")):
            first, second = (
                sum(one[f"members_arrested@{year}"] for year in years) for one in (long[0], other)
            )
            _, low, high = gain(np.asarray(second), np.asarray(first))
            assert high > 0, f"{years}: {low:.1f} to {high:.1f}"
        assert other["members_arrested"].mean() > long[0]["members_arrested"].mean()
    assert surely(1, long[2]["members_arrested"], long[0]["members_arrested"])


def test_one_coincidence_at_many_desks_is_one_coincidence() -> None:
    found = outcomes(NAME, ("full-pool",), WORLDS)[0]
    assert (found["false_subjects"] <= found["false_recognitions"]).all()
    assert found["false_recognitions"].mean() > 3 * found["false_subjects"].mean()


def test_a_pool_that_is_searched_floods_nobody() -> None:
    quo, pool = outcomes(NAME, ("bilateral", "full-pool"), WORLDS)
    assert pool["backlog_mean"].mean() < 1.5 * quo["backlog_mean"].mean()
    assert surely(1, pool["unnecessary_disclosures"], quo["unnecessary_disclosures"])
    assert surely(1, pool["false_subjects"], quo["false_subjects"])
