"""The forest-fire scenario burns what a month of high summer burns: recomputed, not believed.

`docs/calibration.md` gives the figures. The timelines of 2007 are in none of this.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from agents import load_scenario
from agents.society.society import Society
from scenarios import LoadedScenario, compile_world, load_policy
from sim import LaneId
from sim.kernel.engine import Kernel
from sim.seam.port import advance

WORLDS = 300
SEED = 2
"""Not the seed with which the rates were found."""
SOUTH = ("EL", "ES", "FR", "IT", "PT")
SOUTH_BURNT_YEAR = 430_818
"""Hectares, mean of 2000-2009 (JRC, recalled)."""
SOUTH_FIRES_YEAR = 56_646
LONG_TERM_BURNT_YEAR = 483_896
"""Hectares, mean of 1980-2008 (JRC report on 2008)."""


@cache
def scenario() -> LoadedScenario:
    return load_scenario("forest-fire")


def season(loaded: LoadedScenario) -> dict[str, Any]:
    """Run the worlds under the baseline and return area, fires and calls, a row a world."""
    compiled = compile_world(loaded, [load_policy("bilateral")])
    society = Society(compiled)
    lanes = [LaneId(0, SEED, number) for number in range(WORLDS)]
    advance(Kernel(compiled.world, lanes), society, compiled.world.horizon)
    fires: Any = society.threats[0].fires  # type: ignore[attr-defined]
    return {
        "burnt": fires.burnt / 65536,
        "fires": society.threats[0].outcomes()["fires"],
        "calls": society.threats[0].outcomes()["calls"],
    }


@cache
def catalogue() -> dict[str, Any]:
    return season(scenario())


def rows() -> list[Any]:
    return list(scenario().atlas.civil_protection.values())


def share(name: str) -> float:
    return float(getattr(scenario().spec.threats["fires"].season, name).value)  # type: ignore[attr-defined]


def test_the_table_holds_the_published_sums() -> None:
    south = [row for row in rows() if row.code in SOUTH]
    assert sum(row.burnt_ha_year for row in south) == SOUTH_BURNT_YEAR
    assert sum(row.fires_year for row in south) == SOUTH_FIRES_YEAR
    assert pytest.approx(LONG_TERM_BURNT_YEAR, rel=0.15) == SOUTH_BURNT_YEAR


def south_error(burnt: Any) -> float:
    """Relative error of the area burnt in the south, and its standard error, as a number of it."""
    columns = [index for index, row in enumerate(rows()) if row.code in SOUTH]
    worlds = burnt[:, columns].sum(axis=1)
    target = SOUTH_BURNT_YEAR * share("area_share")
    return float((worlds.mean() - target) / (worlds.std() / WORLDS**0.5))


@pytest.mark.verify
def test_area_burnt_in_the_south() -> None:
    assert abs(south_error(catalogue()["burnt"])) < 3


@pytest.mark.verify
@pytest.mark.parametrize("code", [*SOUTH, "BG", "CY", "PL"])
def test_area_burnt_in_each_state_that_burns(code: str) -> None:
    number = [row.code for row in rows()].index(code)
    worlds = catalogue()["burnt"][:, number]
    target = rows()[number].burnt_ha_year * share("area_share")
    assert abs(worlds.mean() - target) < 3.5 * worlds.std() / WORLDS**0.5


@pytest.mark.verify
def test_number_of_fires() -> None:
    target = sum(row.fires_year for row in rows()) * share("fires_share")
    assert catalogue()["fires"].mean() == pytest.approx(target, rel=0.05)


@pytest.mark.verify
def test_calls_are_of_the_order_of_those_known() -> None:
    """Nine forest fires brought a call in the season of 2009, about half of them in its peak."""
    assert 2 < catalogue()["calls"].mean() < 9


@pytest.mark.verify
def test_a_third_more_outbreaks_would_be_noticed() -> None:
    atlas = scenario().atlas
    more = {
        code: row.model_copy(update={"large_fires_month": row.large_fires_month * 1.33})
        for code, row in atlas.civil_protection.items()
    }
    wrong = season(replace(scenario(), atlas=replace(atlas, civil_protection=more)))
    assert abs(south_error(wrong["burnt"])) > 3
    assert np.all(wrong["burnt"].mean(axis=0) > 0)
