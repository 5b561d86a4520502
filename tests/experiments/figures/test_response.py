"""An outcome against parameters: the averages and the differences that it says it draws."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes

from experiments.figures import response, style
from experiments.outcomes.paired import mean_interval
from experiments.outcomes.values import F64
from experiments.planning.scales import Scale
from tests.experiments.figures.test_words import check
from tests.experiments.samples import SHARE

POLICIES = ("bilateral", "hub-and-spoke", "full-pool")
WORDS = Scale("words", ((0.0, "office"), (1.0, "continuous"), (2.0, "as declared")))


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    with style.settings():
        yield


def study_of(kind: str, columns: dict[str, tuple[Scale, F64]], values: F64) -> Any:
    """Return what a picture asks of a study."""
    table = np.stack([numbers for _, numbers in columns.values()], axis=1)
    return SimpleNamespace(
        design={"kind": kind},
        scales=tuple(scale for scale, _ in columns.values()),
        words={},
        line="scenario sample",
        others=POLICIES[1:],
        futures=SimpleNamespace(
            parameters=tuple(columns), table=table, policies=POLICIES, baseline="bilateral"
        ),
        values=lambda _: values,
        policy=POLICIES.index,
    )


def factorial() -> tuple[Any, F64]:
    """Return twelve settings: three words, a measure, two numbers; words add 0, 1 and 4."""
    rows = np.array(list(itertools.product((0.0, 1.0, 2.0), (0.0, 1.0), (8.0, 24.0))))
    world = np.random.default_rng(1).normal(0, 10, 6)
    effect = np.array([0.0, 1.0, 4.0])[rows[:, 0].astype(int)]
    noise = 0.01 * np.random.default_rng(2).normal(size=(len(rows), 3, 6))
    values = world + effect[:, None, None] * np.arange(3)[None, :, None] + noise
    columns = {
        "hours-of-duty": (WORDS, rows[:, 0]),
        "more-desks": (Scale("switch"), rows[:, 1]),
        "delay": (Scale("hours"), rows[:, 2]),
    }
    return study_of("factorial", columns, values), values


def panel_of(figure: Any, name: str) -> Axes:
    found: Axes = next(panel for panel in figure.axes if panel.get_xlabel().startswith(name))
    return found


def test_main_effects_are_paired_means_with_the_worlds_as_the_sample() -> None:
    study, values = factorial()
    figure = response.draw(study, response.of_study(study, SHARE, differ=True))
    check(figure, "response")
    panel = figure.axes[0]
    assert panel.get_xlabel() == "hours-of-duty"  # the strongest comes first
    assert [t.get_text() for t in panel.get_xticklabels()] == [
        "office",
        "continuous",
        "as declared",
    ]
    marked = [line for line in panel.lines if line.get_marker() not in {"None", ""}]
    assert len(marked) == 2  # the baseline is subtracted
    worlds = (values[8:, 2] - values[8:, 0]).mean(axis=0)
    assert np.asarray(marked[1].get_ydata())[2] == pytest.approx(worlds.mean())
    low, high = mean_interval(worlds)
    bars = [tuple(np.asarray(line.get_ydata())) for line in panel.lines]
    assert any(bar == pytest.approx((low, high)) for bar in bars if len(bar) == 2)


def test_the_outcome_itself_has_every_policy() -> None:
    study, values = factorial()
    figure = response.draw(study, response.of_study(study, SHARE, differ=False))
    check(figure, "response")
    marked = [line for line in figure.axes[0].lines if line.get_marker() not in {"None", ""}]
    assert len(marked) == 3
    assert np.asarray(marked[0].get_ydata())[0] == pytest.approx(values[:4, 0].mean())
    measure = panel_of(figure, "more-desks")
    assert [label.get_text() for label in measure.get_xticklabels()] == ["without", "with"]


def test_sampled_settings_are_points_with_a_running_mean() -> None:
    draws = np.random.default_rng(3)
    columns = {f"p{n}": (Scale(), draws.random(60)) for n in range(14)}
    slope = columns["p7"][1][:, None, None] * np.array([0.0, 1.0, 3.0])[None, :, None]
    values = draws.normal(0, 5, 4) + slope + 0.01 * draws.normal(size=(60, 3, 4))
    study = study_of("latin-hypercube", columns, values)
    figure = response.draw(study, response.of_study(study, SHARE, differ=True))
    check(figure, "response")
    panel = figure.axes[0]
    assert panel.get_xlabel() == "p7"
    assert len(figure.axes) == response.MOST_PANELS
    assert "2 more parameters" in figure.texts[1].get_text().replace("\n", " ")
    points = np.asarray(panel.collections[1].get_offsets())
    order = np.argsort(columns["p7"][1])
    assert points[:, 1] == pytest.approx((values[:, 2] - values[:, 0]).mean(axis=1)[order])
    steepest = [line for line in panel.lines if len(np.asarray(line.get_xdata())) > 2][1]
    x, y = np.asarray(steepest.get_xdata(), float), np.asarray(steepest.get_ydata(), float)
    assert np.polyfit(x, y, 1)[0] == pytest.approx(3, abs=0.05)


def test_nothing_known_is_drawn_as_nothing() -> None:
    columns = {"p": (Scale(), np.linspace(0, 1, 20)), "w": (WORDS, np.arange(20.0) % 3)}
    values = np.full((20, 3, 2), np.nan)
    values[3] = 1.0
    for kind in ("latin-hypercube", "factorial"):
        study = study_of(kind, columns, values)
        check(response.draw(study, response.of_study(study, SHARE, differ=True)), kind)
