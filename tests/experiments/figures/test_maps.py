"""Maps: outlines in the right places, and every state's value visible."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np
import pytest
from hypothesis import example, given, strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from agents import load_scenario
from experiments.figures import by_state, geometry, maps, style
from experiments.figures.plotting import figures_of
from experiments.outcomes.values import Outcome
from experiments.store.directory import RunDirectory
from experiments.store.writing import open_for_writing
from scenarios.schema import NO_STATE
from tests.experiments.samples import POLICIES, headlines_only, real_plan, results_of

AREA_KM2 = {
    # Land and inland water, from geographical handbooks; Cyprus as a whole.
    "AT": 83_900, "BE": 30_500, "CY": 9_250, "EE": 45_300, "IE": 70_300, "LU": 2_586,
    "MT": 316, "PL": 312_700, "SI": 20_270, "UK": 244_000,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _style():
    with style.settings():
        yield


@pytest.fixture(scope="module")
def members():
    return load_scenario("organised-crime").atlas.members


def texts(figure: Figure) -> dict[str, Text]:
    found = [text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_gid()]
    return {str(text.get_gid()).removeprefix("value-"): text for text in found}


# Outlines ------------------------------------------------------------------------------------


def test_the_projection_is_that_of_the_registry():
    """The example of EPSG's guidance note 7-2 for method 9820."""
    found = geometry.project(np.array([5.0]), np.array([50.0]))
    assert found == pytest.approx(np.array([[3_962_799.45, 2_999_718.85]]), abs=0.01)
    origin = geometry.project(np.array([10.0]), np.array([52.0]))
    assert origin == pytest.approx(np.array([[4_321_000.0, 3_210_000.0]]), abs=1e-6)


@given(st.floats(-25, 45), st.floats(34, 71))
def test_the_projection_keeps_areas(lon, lat):
    side = 0.02
    lon_, lat_ = lon + side * np.array([0, 1, 1, 0, 0]), lat + side * np.array([0, 0, 1, 1, 0])
    e2 = geometry.FLATTENING * (2 - geometry.FLATTENING)
    phi = np.radians(lat + side / 2)
    meridian = geometry.AXIS_M * (1 - e2) / (1 - e2 * np.sin(phi) ** 2) ** 1.5
    parallel = geometry.AXIS_M * np.cos(phi) / np.sqrt(1 - e2 * np.sin(phi) ** 2)
    true = meridian * parallel * np.radians(side) ** 2
    assert geometry.ring_area(geometry.project(lon_, lat_)) == pytest.approx(true, rel=1e-4)


def test_every_member_state_has_its_outline(members):
    land = {area.code: area for area in geometry.areas(tuple(members))}
    assert set(land) == {*members, ""}
    for code, area in AREA_KM2.items():
        found = sum(map(geometry.ring_area, land[code].rings)) / 1e6
        assert found == pytest.approx(area, rel=0.25 if code == "MT" else 0.04), code


def test_capitals_lie_in_their_states(members):
    from matplotlib.path import Path

    land = {area.code: area for area in geometry.areas(tuple(members))}
    coastal = 12_000  # the outlines are those of small maps
    for code, member in members.items():
        point = geometry.project(np.array([member.lon]), np.array([member.lat]))[0]
        inside = any(Path(ring).contains_point(point) for ring in land[code].rings)
        nearest = min(np.linalg.norm(ring - point, axis=1).min() for ring in land[code].rings)
        assert inside or nearest < coastal, code


def test_an_inner_point_is_inside():
    square = np.array([[0, 0], [10, 0], [10, 2], [2, 2], [2, 10], [0, 10], [0, 0]], float)
    (x, y), depth = geometry.inner_point(square)
    assert 0.7 < depth <= 1.2
    assert (0 < x < 10 and 0 < y < 2) or (0 < x < 2 and 0 < y < 10)
    flat = np.array([[0, 0], [5, 0], [0, 0], [0, 0]], float)
    assert geometry.inner_point(flat)[1] == 0


# Maps ----------------------------------------------------------------------------------------


def sample(members) -> dict[str, float]:
    values = {code: float(member.police_officers) for code, member in members.items()}
    return values | {"MT": math.nan, "PL": math.nan}


def test_every_state_shows_its_value(members):
    values = sample(members)
    figure = maps.draw(values, "Title", "officers", "a note")
    found = texts(figure)
    assert set(found) == set(members)
    for code, text in found.items():
        missing = math.isnan(values[code])
        assert text.get_text() == ("\u2013" if missing else maps.compact(values[code]))
    shown = [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]
    assert {"Title", f"a note; {geometry.SOURCE}", "none"} <= set(shown)
    assert figure.legends[0].get_title().get_text() == "officers; classes of equal width"


def test_texts_are_inside_the_map_and_apart(members):
    figure = maps.draw(sample(members), "Title", "officers")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    frame = figure.axes[0].get_window_extent()
    boxes = {
        code: text.get_window_extent(canvas.get_renderer()) for code, text in texts(figure).items()
    }
    for code, box in boxes.items():
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1, code
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1, code
        for other, there in boxes.items():
            assert code == other or not box.overlaps(there), f"{code} on {other}"


def test_small_states_are_drawn_as_discs(members):
    from matplotlib.patches import Circle

    discs = [p for p in maps.draw(sample(members), "", "").axes[0].patches if isinstance(p, Circle)]
    assert len(discs) == 2  # Luxembourg and Malta
    assert [bool(disc.get_hatch()) for disc in discs].count(True) == 1  # nothing known of Malta


def test_missing_states_are_hatched_and_others_are_land(members):
    values = sample(members)
    del values["FR"]
    patches = {str(p.get_gid()): p for p in maps.draw(values, "", "").axes[0].patches}
    assert patches["area-PL"].get_hatch()
    assert not patches["area-DE"].get_hatch()
    assert "area-FR" not in patches
    assert "FR" not in texts(maps.draw(values, "", ""))


def test_a_state_without_an_outline_is_named():
    figure = maps.draw({"DE": 1.0, "XX": 2.0}, "Title", "unit", "a note")
    shown = [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]
    assert f"a note; no outline of XX; {geometry.SOURCE}" in shown


def test_shades_darken_evenly_in_grey():
    grey = [np.dot(to_rgb(shade), (0.299, 0.587, 0.114)) for shade in maps.SHADES]
    steps = -np.diff(grey)
    assert np.all(steps > 0.1)
    assert steps.max() < 2.5 * steps.min()


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40))
@example([0.0, 1.0, 2.0, 0.5, 0.25, 5e-324])
def test_classes_cover_all_values_in_order(values):
    bounds = maps.classes(values)
    assert bounds == sorted(bounds)
    assert 2 <= len(bounds) <= maps.CLASSES + 1
    assert bounds[0] <= min(values) <= max(values) <= bounds[-1]
    assert np.allclose(np.diff(bounds), np.diff(bounds)[0], rtol=1e-6, atol=0) or len(bounds) == 2
    shades = [maps.shade(value, bounds) for value in sorted(values)]
    assert shades == sorted(shades)
    assert set(shades) <= set(range(len(maps.SHADES)))


def test_classes_are_of_equal_width_and_few_numbers_have_one_each():
    """By rank, one state with a hundred times as much would look like the next one."""
    assert maps.classes([0.0, 1.0, 2.0, 3.0, 100.0]) == [0, 20, 40, 60, 80, 100]
    assert maps.classes([1.0, 3.0]) == [1, 2, 3, 4]
    assert maps.classes([1.0, 1.0]) == [1, 2]
    assert [maps.shade(value, [0, 20, 40, 60, 80, 100]) for value in (0, 3, 99, 100)] == [
        0,
        0,
        4,
        4,
    ]


def test_the_legend_says_where_classes_end(members):
    values = dict.fromkeys(members, 3.0) | {"DE": 100.0}
    labels = [text.get_text() for text in maps.draw(values, "T", "u").legends[0].get_texts()]
    assert labels == ["0 to below 20", "80 to 100"]


@pytest.mark.parametrize(
    "values",
    [
        {"DE": 1.0},
        {"DE": math.nan},
        {"DE": 0.0, "FR": 0.0},
        {"DE": -3.0, "FR": 1e12},
        {"DE": math.inf},
    ],
    ids=str,
)
def test_degenerate_values_are_drawn(values, tmp_path):
    maps.draw(values, "Title", "unit").savefig(tmp_path / "map.png")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.254, "0.25"), (3.14, "3.1"), (12.4, "12"), (840, "840"), (8300, "8.3k"),
     (12_000, "12k"), (1_250_000, "1.2M"), (-45, "-45")],
)  # fmt: skip
def test_values_are_short(value, text):
    assert maps.compact(value) == text


# Outcomes by state ---------------------------------------------------------------------------


HELP: Final = Outcome("help", "Help given", "module days", "higher", "fairness")


def per_state(codes) -> list[Outcome]:
    parts = [(f"help@{code}", f"Help given, {code}") for code in (*codes, NO_STATE)]
    return [HELP, *(replace(HELP, name=name, label=label) for name, label in parts)]


def test_outcomes_by_state_become_one_map_for_each_policy(members):
    outcomes = [*per_state(members), Outcome("days_to_it", "Days", "days", "lower", "effect")]
    draws = np.random.default_rng(3)
    values = {outcome.name: draws.uniform(0, 9, (3, 4)) for outcome in outcomes}
    values["help@MT"][:] = np.nan
    figure = by_state.draw(results_of(values, outcomes), HELP)
    panels = [axes for axes in figure.axes if axes.get_visible()]
    assert [panel.get_title(loc="left") for panel in panels] == list(POLICIES[:3])
    assert figure.get_suptitle() == "Help given, by state and policy"
    for point, panel in enumerate(panels):
        shown = {str(t.get_gid()): t.get_text() for t in panel.texts if t.get_gid()}
        assert shown["value-EL"] == maps.compact(values["help@EL"][point].mean())
        assert shown["value-MT"] == "\u2013"


def test_states_get_a_map_instead_of_distributions(tmp_path):
    plan = headlines_only(real_plan(2))
    with open_for_writing(tmp_path, plan) as directory:
        assert isinstance(directory, RunDirectory)
        outcomes = [*plan.outcomes, *per_state(["DE", "FR"])]
        values = {outcome.name: np.ones((3, 2)) for outcome in outcomes}
        results = results_of(values, outcomes)
        names = [name for name, _ in figures_of(directory, results, [], 0)]
    assert {"map-help", "distribution-help"} <= set(names)
    assert not any("@" in name for name in names)
    assert f"distribution-{plan.outcomes[0].name}" in names
