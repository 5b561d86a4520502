"""The figures of 2017 that `cyber-outbreak` was calibrated on come out of it.

They were put in, so that they come out proves nothing about the model; a change that moves them
must be seen. See docs/calibration.md.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from agents import load_scenario
from agents.lane.choice import whole_number
from agents.mechanisms.outbreak.batch import _operators, _vulnerable, course_of
from agents.mechanisms.outbreak.compartments import Compartments
from agents.mechanisms.outbreak.course import Cells
from agents.mechanisms.outbreak.declaration import CyberOutbreak
from agents.mechanisms.versions import Versions
from scenarios import compile_world, load_policy
from sim import Draws, LaneId
from sim.kernel.lanes import Lanes

pytestmark = pytest.mark.verify

WORM = "worm"
WORLDS = 600
KILL_SWITCH_H = 7 + 39 / 60
"""From 07:24 to 15:03 UTC on 12 May 2017."""

TRUSTS = 37 / 236
"""Share of the hospital trusts of England that were infected (NAO, 2017)."""

COUNTRIES = 74 / 195
"""Share of the countries of the world that were hit by the evening (Kaspersky Lab)."""

LARGE = ("DE", "ES", "FR", "IT", "PL", "UK")

F64 = NDArray[np.float64]


class Spread(NamedTuple):
    """What came of outbreaks that nobody answers, one value a world."""

    worst: F64
    """Share of the health operators infected in the large state that is hit worst."""
    states: F64
    """States with an infected operator."""


def spread(hours: float, *, faster: float = 1.0) -> Spread:
    loaded = load_scenario("cyber-outbreak")
    layout = compile_world(loaded, [load_policy("bilateral")]).layout
    spec = loaded.spec.threats[WORM]
    assert isinstance(spec, CyberOutbreak)
    lanes = [LaneId(0, 2017, number) for number in range(WORLDS)]
    course = course_of(spec.malware, loaded.spec.tick_h)
    course = replace(course, in_cell=course.in_cell * faster)
    operators = Cells(_operators(spec.sectors, layout), Versions([_vulnerable(spec)], WORLDS))
    courses = Versions([course], WORLDS)
    cells = Compartments(Lanes.of(lanes).within(WORM), operators, courses)
    for number, lane in enumerate(lanes):
        draws = Draws(lane.seed, lane.replication).within(WORM)
        cells.seed(number, whole_number(draws, spec.malware.seeds, "outbreak:seeds"))
    for tick in range(round(hours / loaded.spec.tick_h)):
        cells.step(tick)
    ever = cells.infected + cells.isolated + cells.restored
    health = list(spec.sectors.of).index("health")
    large = [layout.places[code] for code in LARGE]
    share = ever[:, large, health] / cells.operators[large, health]
    return Spread(share.max(axis=1), (ever.sum(axis=2) > 0).sum(axis=1).astype(float))


@pytest.fixture(scope="module")
def when_it_was_stopped() -> Spread:
    return spread(KILL_SWITCH_H)


def test_half_of_the_worlds_are_worse_than_england_in_2017(when_it_was_stopped: Spread) -> None:
    assert np.median(when_it_was_stopped.worst) == pytest.approx(TRUSTS, abs=0.035)


def test_as_large_a_part_of_the_states_is_hit(when_it_was_stopped: Spread) -> None:
    assert when_it_was_stopped.states.mean() == pytest.approx(27 * COUNTRIES, abs=0.6)


def test_a_faster_spread_is_noticed() -> None:
    faster = spread(KILL_SWITCH_H, faster=1.3)
    assert np.median(faster.worst) > TRUSTS + 0.035
