"""Pictures of robustness, of the Pareto front and of boxes: drawn, labelled, readable in grey."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from experiments.analysis.discovery import Discovery, discover
from experiments.analysis.pareto import Front, apart, front
from experiments.analysis.robustness import robustness
from experiments.figures import discovery, pareto, robustness as robustness_figure, style
from experiments.planning.scales import Scale
from experiments.terminal.numbers import number
from tests.experiments.analysis.planted import NAMES, blurred, cases_of, corner, table
from tests.experiments.samples import LOAD, NEEDLESS, SHARE

POLICIES = ("bilateral", "hub-and-spoke", "a-policy-with-a-name-that-is-very-long-indeed", "pool")
OUTCOMES = (SHARE, NEEDLESS, LOAD)
LINE = "experiment sample, 12 settings"


@pytest.fixture(autouse=True)
def _style():
    with style.settings():
        yield


def texts(figure: Figure) -> list[str]:
    """Return what is written, after drawing it: small letters and warnings fail."""
    FigureCanvasAgg(figure).draw()
    found = [artist for artist in figure.findobj(Text) if isinstance(artist, Text)]
    shown = [text for text in found if text.get_text().strip() and text.get_visible()]
    assert min(float(text.get_fontsize()) for text in shown) >= style.LEAST_PT
    return [text.get_text() for text in shown]


def markers(figure: Figure) -> list[Line2D]:
    lines = [artist for artist in figure.findobj(Line2D) if isinstance(artist, Line2D)]
    return [line for line in lines if str(line.get_marker()) not in {"None", "", "none"}]


def sampled(replications: int = 10) -> np.ndarray:
    draws = np.random.default_rng(1)
    means = 0.3 + 0.2 * draws.random((12, 4))
    return means[:, :, None] + 0.05 * draws.standard_normal((12, 4, replications))


# Robustness ----------------------------------------------------------------------------------


@pytest.mark.parametrize("replications", [1, 10])
@pytest.mark.parametrize("threshold", [None, 0.4])
def test_robustness_has_a_panel_for_each_criterion(
    threshold: float | None, replications: int
) -> None:
    found = robustness(sampled(replications), POLICIES, "x", "higher", threshold=threshold)
    figure = robustness_figure.draw(found, SHARE, "bilateral", LINE)
    words = texts(figure)
    panels = [panel for panel in figure.axes if panel.get_visible()]
    assert len(panels) == (3 if threshold is None else 4)
    assert "12 settings" in figure.get_suptitle()
    assert LINE in words
    assert any("(\u2190 better)" in word for word in words)  # regret
    assert ("first" in words) is (replications > 1)
    said = " ".join(words).replace("\n", " ")
    assert ("mean at least 0.4 share (better \u2192)" in said) is (threshold is not None)


def test_the_best_policy_is_filled() -> None:
    found = robustness(sampled(), POLICIES, "x", "higher", threshold=0.4)
    figure = robustness_figure.draw(found, SHARE, "bilateral", LINE)
    panels = [panel for panel in figure.axes if panel.get_visible()]
    for panel, criterion in zip(panels, ("mean", "worst", "regret", "satisficing"), strict=True):
        points = [line for line in panel.get_lines() if len(np.asarray(line.get_xdata())) == 1]
        filled = [to_rgb(line.get_markerfacecolor()) != (1.0, 1.0, 1.0) for line in points]
        assert filled == [score.best for score in found.of(criterion)]  # type: ignore[arg-type]
        assert len({line.get_marker() for line in points}) == 4


# Pareto --------------------------------------------------------------------------------------


def pareto_values() -> np.ndarray:
    draws = np.random.default_rng(2)
    means = np.array([[0.2, 0.5, 0.1, 0.49], [10, 5, 12, 5.1], [100, 60, 20, 61]])
    return means[:, :, None] * (1 + 0.05 * draws.standard_normal((3, 4, 12)))


def drawn_front(values: np.ndarray, outcomes=OUTCOMES) -> tuple[Front, Figure]:
    """Draw the front of values, shape (O, P, R)."""
    names, ways = [o.name for o in outcomes], [o.better for o in outcomes]
    found = front(values[:, :, None], POLICIES, names, ways)
    differences = apart(values[:, :, None], POLICIES, "bilateral")
    return found, pareto.draw(found, differences, outcomes, "bilateral", LINE)


def test_the_front_is_drawn_for_every_two_outcomes() -> None:
    found, figure = drawn_front(pareto_values())
    words = texts(figure)
    assert sum(panel.get_visible() for panel in figure.axes) == 3
    assert words.count("best") == 3
    assert {"surely dominated", "possibly dominated", "surely not dominated"} <= set(words)
    assert found.standings[0].status == "dominated"
    assert {one.status for one in found.standings} == set(pareto.LABELS)


def test_the_front_shows_paired_differences_over_settings() -> None:
    values = pareto_values()[:2]
    world = np.random.default_rng(5).normal(0, 100, 12)  # the same for all policies
    _, figure = drawn_front(values + world, OUTCOMES[:2])
    (panel,) = figure.axes
    points = [line for line in panel.get_lines() if line.get_marker() not in {"None", ""}]
    shown = [np.concatenate([line.get_xdata(), line.get_ydata()]).tolist() for line in points]
    means = values.mean(axis=2)
    for policy in range(3):
        want = [means[1, policy] - means[1, 0], means[0, policy] - means[0, 0]]
        assert shown[policy] == pytest.approx(want)


def test_how_sure_it_is_shows_without_colour() -> None:
    """In grey, a marker of a status is clearly lighter than that of the next surer one."""
    for look in style.looks_of(POLICIES, "bilateral").values():
        shades = [
            np.dot(pareto._face(look.color, status), (0.299, 0.587, 0.114))
            for status in ("front", "possibly dominated", "dominated")
        ]
        assert shades[0] < shades[1] - 0.1 < shades[2] - 0.2
        assert shades[2] == pytest.approx(1)


def test_two_outcomes_with_a_value_missing_are_drawn() -> None:
    values = pareto_values()[:2]
    values[1, 2] = np.nan
    _, figure = drawn_front(values, OUTCOMES[:2])
    assert texts(figure).count("best") == 1


# Boxes ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cart() -> Discovery:
    values = table(100)
    return discover(values, NAMES, cases_of(blurred(corner(values), 0.03)), "cart")


def drawn(found: Discovery) -> Figure:
    values = table(100)
    figure = discovery.draw(found, values, blurred(corner(values), 0.03), LINE)
    assert figure is not None
    return figure


def test_a_box_is_drawn_over_the_ranges(cart: Discovery) -> None:
    figure = drawn(cart)
    words = texts(figure)
    assert figure.get_suptitle().startswith("The policy fails: ")
    assert {"latency", "staff", "All settings, and the first box"} <= set(words)
    (box, *_) = cart.told
    for limit in box.limits:
        edge = limit.low if math.isnan(limit.high) else limit.high
        assert number(edge) in words
        assert {number(limit.least), number(limit.most)} & set(words)
    assert any(f"density {box.density:.0%}" in word for word in words)
    assert "coverage" not in words  # no trajectory


def test_the_rectangle_is_the_box(cart: Discovery) -> None:
    figure = drawn(cart)
    box = cart.told[0]
    scatter = next(panel for panel in figure.axes if panel.get_xlabel() in NAMES)
    (frame,) = [
        patch for patch in scatter.patches if isinstance(patch, Rectangle) and not patch.fill
    ]
    across = next(limit for limit in box.limits if limit.name == scatter.get_xlabel())
    low, high = frame.get_x(), frame.get_x() + frame.get_width()
    assert low == pytest.approx(scatter.get_xlim()[0] if math.isnan(across.low) else across.low)
    assert high == pytest.approx(scatter.get_xlim()[1] if math.isnan(across.high) else across.high)


def test_the_only_parameter_is_drawn_along_one_axis(cart: Discovery) -> None:
    limit = replace(cart.told[0].limits[0], name="alone")
    found = replace(cart, names=("alone",), boxes=(replace(cart.told[0], limits=(limit,)),))
    values = table(100)[:, :1]
    figure = discovery.draw(found, values, values[:, 0] > 0.5, LINE)
    assert figure is not None
    assert "alone" in texts(figure)
    scatter = next(panel for panel in figure.axes if panel.get_xlabel() == "alone")
    assert sum(len(np.asarray(dots.get_offsets())) for dots in scatter.collections) == 100


@pytest.mark.parametrize("count", [3, 6, 9])
def test_a_box_with_many_limits_says_how_many_are_left_out(cart: Discovery, count: int) -> None:
    limit = replace(cart.told[0].limits[0], least=0.0, low=0.2, high=0.8, most=1.0)
    limits = tuple(replace(limit, name=f"limit-{number}") for number in range(count))
    found = replace(
        cart, names=("limit-0", "limit-1"), boxes=(replace(cart.told[0], limits=limits),)
    )
    values = table(100)[:, :2]
    figure = discovery.draw(found, values, values[:, 0] > 0.5, LINE)
    assert figure is not None
    words = " ".join(texts(figure))
    assert [f"limit-{number}" in words for number in range(2, count)] == [
        number < discovery.MOST_LIMITS for number in range(2, count)
    ]
    assert ("3 more limits of the box" in words) == (count == 9)


def test_durations_are_written_with_their_unit(cart: Discovery) -> None:
    limit = replace(
        cart.told[0].limits[0],
        scale=Scale("hours"), least=24.0, low=math.nan, high=60.0, most=2400.0,
    )  # fmt: skip
    found = replace(cart, boxes=(replace(cart.told[0], limits=(limit,)),))
    values = table(100)
    kinds = [Scale("hours" if name == limit.name else "number") for name in NAMES]
    figure = discovery.draw(found, values, corner(values), LINE, kinds)
    assert figure is not None
    assert {"1 d", "2.50 d", "100 d", f"{limit.name} (hours)"} <= set(texts(figure))
    [least] = [text for text in figure.findobj(Text) if text.get_text() == "1 d"]
    assert least.get_position()[0] > 36 / 2376  # beside the bar, which is too short for it


def test_switches_and_trajectories_are_drawn(cart: Discovery) -> None:
    from experiments.analysis.conditions import Limit
    from experiments.analysis.discovery import Step

    switch = Limit(
        "more-desks", Scale("switch"), 0.5, math.nan, 0.0, 1.0, (), (), (0.01, math.nan), 0.5
    )
    box = replace(cart.told[0], limits=(switch,), told=True)
    steps = (Step(1.0, 0.2, 1.0, 0), Step(0.8, 0.9, 0.2, 2))
    found = replace(cart, method="prim", boxes=(box, box), trajectory=steps, picked=1)
    values = table(100)
    kinds = (*[Scale()] * 3, Scale("switch"))
    figure = discovery.draw(found, values, blurred(corner(values), 0.03), LINE, kinds)
    assert figure is not None
    words = texts(figure)
    assert {"with", "without", "coverage", "density", "the box"} <= set(words)
    assert "before limits of chance were taken off" in words  # the box is not the step picked
    assert any(word.startswith("Box 2: ") for word in words)
    assert "found again in 50% of halves" in words


def test_words_stand_side_by_side(cart: Discovery) -> None:
    limit = replace(
        cart.told[0].limits[0],
        scale=Scale("words", ((1.0, "routine"), (2.0, "immediate"), (4.0, "priority"))),
        low=math.nan, high=math.nan, least=math.nan, most=math.nan,
        words=("routine", "priority"), sampled=("routine", "immediate", "priority"),
    )  # fmt: skip
    found = replace(cart, boxes=(replace(cart.told[0], limits=(limit,)),))
    values = table(100)
    across = list(NAMES).index(limit.name)
    values[:, across] = np.array([1.0, 2.0, 4.0])[np.arange(100) % 3]
    kinds = [limit.scale if name == limit.name else Scale() for name in NAMES]
    figure = discovery.draw(found, values, values[:, across] != 2, LINE, kinds)
    assert figure is not None
    assert {"routine", "immediate", "priority"} <= set(texts(figure))
    scatter = next(panel for panel in figure.axes if panel.get_xlabel() == limit.name)
    ticks = [label.get_text() for label in scatter.get_xticklabels()]
    assert ticks == ["routine", "immediate", "priority"]
    frames = [patch for patch in scatter.patches if isinstance(patch, Rectangle) and not patch.fill]
    assert sorted(frame.get_x() for frame in frames) == [-0.5, 1.5]


def test_settings_that_share_values_do_not_hide_each_other(cart: Discovery) -> None:
    """Those of a factorial design lie on few points, and each point may have both kinds."""
    values = table(100)
    box = replace(cart.told[0], told=True)
    across, down = (list(NAMES).index(limit.name) for limit in box.limits[:2])
    levels = np.array([0.25, 1.0, 4.0])
    values[:, across] = levels[np.arange(100) % 3]
    values[:, down] = levels[np.arange(100) // 3 % 3]
    of_interest = np.arange(100) % 2 == 0
    figure = discovery.draw(replace(cart, boxes=(box,)), values, of_interest, LINE)
    assert figure is not None
    scatter = next(panel for panel in figure.axes if panel.get_xlabel() in NAMES)
    drawn_at = np.concatenate([np.asarray(dots.get_offsets()) for dots in scatter.collections])
    order = np.concatenate([np.flatnonzero(~of_interest), np.flatnonzero(of_interest)])
    assert len(np.unique(drawn_at.round(4), axis=0)) == 100
    for place, column in enumerate((across, down)):  # values at even distances, each at its own
        assert np.array_equal(levels[drawn_at[:, place].round().astype(int)], values[order, column])
    figure.canvas.draw()
    said = [label.get_text() for label in scatter.get_xticklabels()]
    assert said == ["0.25", "1", "4"]
    assert "values that settings share are spread out" in scatter.get_title("left").replace(
        "\n", " "
    )


def test_without_a_box_there_is_no_figure(cart: Discovery) -> None:
    none = replace(cart, boxes=())
    assert discovery.draw(none, table(100), corner(table(100)), LINE) is None
    untold = replace(cart, boxes=(replace(cart.told[0], told=False),))
    assert "no box worth telling" in drawn(untold).get_suptitle()
