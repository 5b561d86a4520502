"""What must be true of the measures of the strategy: each does the one thing it is there for.

Worlds are others than those of the committed atlas, so that a sign that was read there is seen
again here. What a measure does for more than it costs, or does not do at all, is no matter of
these tests: the atlas tells.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pytest

from tests.behaviour.worlds import surely, with_each

Sign = tuple[str, str, int]
"""Measure, outcome, and whether it is more (1) or less (-1) with it."""

OUTBREAK: Final[tuple[Sign, ...]] = (
    ("1.1e", "staff_hours", -1),
    ("3.1b", "hours_to_case", -1),
    ("3.2a", "hours_to_first_warning", -1),
    ("3.3a", "warned_in_time", 1),
    ("3.3b", "warned_in_time", 1),
    ("5.2e", "operators_infected", -1),
)
FIRES: Final[tuple[Sign, ...]] = (
    ("5.1a", "assistance_given", 1),
    ("5.2a", "standby_hours", -1),
    ("5.2b", "hours_to_first_offer", -1),
    ("5.2f", "hours_to_first_offer", -1),
    ("5.4a", "hectares_burnt", -1),
)

NETWORKS: Final[tuple[Sign, ...]] = (
    ("1.1a", "days_to_recognition", -1),
    ("1.1b", "days_to_recognition", -1),
    ("1.1c", "confiscated_meur", 1),
    ("1.1d", "confiscated_meur", 1),
    ("1.3a", "confiscated_meur", 1),
    ("1.3b", "confiscated_meur", 1),
    ("1.3c", "confiscated_meur", 1),
    ("4.1a", "days_to_recognition", -1),
    ("4.2a", "days_to_recognition", -1),
    ("4.3a", "days_to_recognition", -1),
    ("4.4a", "days_to_recognition", -1),
    ("5.2e", "days_to_recognition", -1),
)

OUTBREAKS, SUMMERS, YEARS = 60, 60, 32
"""Worlds."""


def holds(scenario: str, signs: tuple[Sign, ...], worlds: int, sign: Sign) -> bool:
    """Whether a sign is sure in the worlds that all measures of a scenario share."""
    measure, outcome, way = sign
    found = with_each(scenario, tuple(one[0] for one in signs), worlds)
    after, before = found[measure][outcome], found[""][outcome]
    both = np.isfinite(after) & np.isfinite(before)  # a time may not be reached
    return surely(way, after[both], before[both])


@pytest.mark.behave
@pytest.mark.parametrize("sign", OUTBREAK, ids=lambda one: one[0])
def test_against_an_outbreak(sign: Sign) -> None:
    assert holds("cyber-outbreak", OUTBREAK, OUTBREAKS, sign)


@pytest.mark.behave
@pytest.mark.parametrize("sign", FIRES, ids=lambda one: one[0])
def test_against_fires(sign: Sign) -> None:
    assert holds("forest-fire", FIRES, SUMMERS, sign)


@pytest.mark.slow
@pytest.mark.parametrize("sign", NETWORKS, ids=lambda one: one[0])
def test_against_networks(sign: Sign) -> None:
    assert holds("organised-crime", NETWORKS, YEARS, sign)
