"""Pictures of sensitivity: what they say is what the analysis says, and it can be read."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from experiments.analysis.indices import sobol_indices
from experiments.analysis.screening import screen
from experiments.analysis.sensitivity import one_at_a_time
from experiments.figures import style
from experiments.figures.sensitivity import (
    MOST_ROWS,
    Answer,
    draw_indices,
    draw_screening,
    draw_swings,
)
from tests.experiments.samples import SHARE

ANSWER = Answer(
    SHARE,
    "hub-and-spoke",
    "bilateral",
    "scenario organised-crime, 1,290 settings, 20 worlds, seed 1",
)


@pytest.fixture(autouse=True)
def _style():
    with style.settings():
        yield


def names(columns):
    long = "threats.trafficking.recognises.frontex.risk-analysis.organisations"
    return (long, *(f"procedures.investigation.part-{number}" for number in range(1, columns)))


def weights(columns):
    """The first parameter matters most; every other one goes the other way."""
    return 0.3 * 0.8 ** np.arange(columns) * (-1) ** np.arange(columns)


def values(table, worlds=6, noise=0.02):
    draws = np.random.default_rng(2)
    means = table @ weights(table.shape[1])
    return means[:, None] + noise * draws.normal(size=(len(table), worlds))


def swings(columns, high=2, **options):
    table = np.ones((1 + 2 * columns, columns))
    for column in range(columns):
        table[1 + 2 * column, column] = 0.5
        table[2 + 2 * column, column] = high if column == 1 else 2
    table[-1, -1] = 1.67
    return one_at_a_time(values(table, **options), table, names(columns))


def screening(columns, **options):
    from SALib.sample import morris

    problem = {
        "num_vars": columns,
        "names": list(names(columns)),
        "bounds": [[0.0, 1.0]] * columns,
    }
    table = morris.sample(problem, 6, num_levels=4, seed=1)
    return screen(values(table, **options), table, names(columns), levels=4)


def indices(columns, **options):
    from SALib.sample import sobol

    problem = {
        "num_vars": columns,
        "names": list(names(columns)),
        "bounds": [[0.0, 1.0]] * columns,
    }
    table = sobol.sample(problem, 128, calc_second_order=False, seed=1)
    return sobol_indices(values(table, **options), names(columns))


def drawn(columns, **options):
    return {
        "swings": draw_swings(swings(columns, **options), ANSWER),
        "screening": draw_screening(screening(columns, **options), ANSWER),
        "indices": draw_indices(indices(columns, **options), ANSWER),
    }


def texts(figure):
    found = [one for one in figure.findobj(Text) if isinstance(one, Text)]
    return [one for one in found if one.get_text().strip() and one.get_visible()]


@pytest.mark.long
@pytest.mark.parametrize("columns", [2, 7, 60])
def test_what_is_written_can_be_read(columns):
    for name, figure in drawn(columns).items():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        renderer = canvas.get_renderer()
        page = figure.bbox
        said = [text.get_text() for text in texts(figure)]
        assert any("hub-and-spoke minus bilateral" in text for text in said), name
        assert any("1,290 settings" in text for text in said), name
        assert min(float(text.get_fontsize()) for text in texts(figure)) >= 7, name
        parts = [*figure.axes, *figure.legends, *figure.texts]
        for part in parts:
            box = part.get_tightbbox(renderer)
            assert page.x0 - 1 <= box.x0 <= box.x1 <= page.x1 + 1, (name, part)
            assert page.y0 - 1 <= box.y0 <= box.y1 <= page.y1 + 1, (name, part)
        labels = figure.axes[0].get_yticklabels()
        boxes = [label.get_window_extent(renderer) for label in labels]
        for above, below in itertools.pairwise(boxes):
            assert not above.overlaps(below), name
        assert len(labels) == min(columns, MOST_ROWS)


@pytest.mark.long
def test_of_many_the_most_influential_are_shown_and_the_rest_is_said():
    for name, figure in drawn(60).items():
        labels = [label.get_text().replace("\n", "") for label in figure.axes[0].get_yticklabels()]
        assert labels[:2] == list(names(60)[:2]), name
        assert "not shown: 40 more" in figure.axes[0].get_xlabel(), name
    for name, figure in drawn(7).items():
        assert "not shown" not in figure.axes[0].get_xlabel(), name


def test_the_bars_of_the_tornado_are_the_changes():
    found = swings(7)
    panel = draw_swings(found, ANSWER).axes[0]
    widths = sorted(bar.get_width() for bar in panel.patches if isinstance(bar, Rectangle))
    assert widths == pytest.approx(sorted(s.change for swings in found.swings for s in swings))
    said = [text.get_text() for text in panel.texts]
    assert said == ["1.67"]  # the others have the ends that the legend names
    legend = panel.figure.legends[0].get_texts()
    assert [" ".join(text.get_text().split()) for text in legend] == [
        "less than declared (0.500 unless written)",
        "more than declared (2 unless written)",
        "pale: the interval includes zero",
    ]


def test_marks_say_the_direction_and_whether_noise_could_do_it():
    found = screening(7, noise=0.05)
    panel = draw_screening(found, ANSWER).axes[0]
    order = np.argsort(-found.mu_star)
    marks = [line for line in panel.lines if line.get_marker() in {"<", ">", "o"}]
    at = np.concatenate([np.asarray(line.get_xdata(), np.float64) for line in marks])
    assert at.tolist() == pytest.approx(found.mu_star[order].tolist())
    assert [line.get_marker() for line in marks[:2]] == [">", "<"]
    faces = [line.get_markerfacecolor() != "white" for line in marks]
    assert faces == found.is_clear[order].tolist()
    assert True in faces
    assert False in faces


def test_noise_is_shown_where_it_is_known():
    for name in ("screening", "indices"):
        known, unknown = drawn(7, noise=0.3)[name], drawn(7, worlds=1)[name]
        assert any("of the variance" in text.get_text() for text in known.texts), name
        assert any("noise not known" in text.get_text() for text in unknown.texts), name
        labels = [text.get_text() for text in known.legends[0].get_texts()]
        assert any("noise alone" in label for label in labels), name
        labels = [text.get_text() for text in unknown.legends[0].get_texts()]
        assert not any("noise" in label for label in labels), name


def test_the_title_of_an_outcome_alone_names_its_policy():
    answer = Answer(SHARE, "full-pool", None, "scenario x")
    assert answer.title == "Share arrested under full-pool"


def test_what_never_varies_is_said():
    flat = np.ones((5 * 4, 3))
    table = np.array([[1.0, 1], [0.5, 1], [1.67, 1], [1, 0.5], [1, 2]])
    for figure in (
        draw_indices(sobol_indices(flat, ("a", "b", "c")), ANSWER),
        draw_swings(one_at_a_time(flat[:5], table, ("a", "b")), ANSWER),
    ):
        FigureCanvasAgg(figure).draw()
        said = [text.get_text() for text in figure.axes[0].texts]
        assert said == ["in no setting is it any different"]
    varied = draw_swings(swings(3), ANSWER)
    assert not any("any different" in text.get_text() for text in varied.axes[0].texts)


def test_an_end_that_differs_by_rounding_is_not_written():
    found = swings(7, high=np.nextafter(2, 3))
    said = [text.get_text() for text in draw_swings(found, ANSWER).axes[0].texts]
    assert said == ["1.67"]
