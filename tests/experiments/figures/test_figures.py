"""Figures: titled, labelled, drawn from whatever data there are."""

from __future__ import annotations

import itertools
import math
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from experiments.figures import differences, distribution, plot, series, style, tradeoff
from experiments.outcomes.paired import compare_policies
from experiments.outcomes.values import Outcome, Results
from experiments.store.shards import write_shard
from experiments.store.writing import open_for_writing
from scenarios import policy_entries
from tests.experiments.samples import (
    LOAD,
    POLICIES,
    SHARE,
    TIME,
    batch_of,
    headlines_only,
    real_plan,
    results_of,
    sample_results,
)

NAN = math.nan
DAYS = np.linspace(0, 100, 21)


@pytest.fixture(autouse=True)
def _style():
    with style.settings():
        yield


def written(figure: Figure) -> list[Text]:
    found = [artist for artist in figure.findobj(Text) if isinstance(artist, Text)]
    return [text for text in found if text.get_text().strip()]


def drawn(line: Line2D) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


def levels(results: Results) -> np.ndarray:
    draws = np.random.default_rng(0)
    shape = (*results.done.shape, DAYS.size)
    return series.bands(draws.lognormal(0, 1, shape).cumsum(axis=2))


def figures(results: Results) -> dict[str, Figure]:
    found = {f"distribution-{o.name}": distribution.draw(results, o) for o in results.outcomes}
    found["differences"] = differences.draw(results, compare_policies(results))
    found["series"] = series.draw(results, DAYS, {"backlog": levels(results)})
    found["series-backlog"] = series.draw_one(results, DAYS, "backlog", levels(results))
    trade = tradeoff.draw(results)
    assert trade is not None
    found["tradeoff"] = trade
    return found


def test_every_figure_says_what_it_shows():
    results = sample_results()
    for name, figure in figures(results).items():
        shown = [text.get_text() for text in written(figure)]
        assert any("scenario sample, 40 worlds, seed 7" in text for text in shown), name
        assert figure.get_suptitle(), name
        assert figure.legends, name
        sizes = [t.get_fontsize() for t in written(figure)]
        assert min(map(float, sizes)) >= 8, name


def test_titles_and_texts_do_not_overlap():
    for name, figure in figures(sample_results()).items():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        renderer = canvas.get_renderer()
        panels = [panel.get_tightbbox(renderer) for panel in figure.axes if panel.get_visible()]
        boxes = [box for box in panels if box is not None]
        legend = figure.legends[0].get_window_extent(renderer)
        heads = [text.get_window_extent(renderer) for text in figure.texts]
        for place, box in enumerate(boxes):
            assert not box.overlaps(legend), name
            assert not any(box.overlaps(head) for head in heads), name
            assert not any(box.overlaps(other) for other in boxes[:place]), name
        page = figure.bbox
        for box in (*boxes, legend, *heads):
            assert page.x0 - 1 <= box.x0 <= box.x1 <= page.x1 + 1, name
            assert page.y0 - 1 <= box.y0 <= box.y1 <= page.y1 + 1, name


def test_distribution_of_times_ends_at_the_horizon_below_one():
    results = sample_results()
    left = distribution.draw(results, TIME).axes[0]
    for policy in POLICIES:
        line = next(line for line in left.lines if line.get_label() == policy)
        values = results.row(TIME, policy)
        x, y = drawn(line)
        assert x[-1] == results.horizon_days
        assert y[-1] == pytest.approx(np.isfinite(values).mean())
    assert drawn(left.lines[0])[1][-1] < 1
    shares = {text.get_text() for text in distribution.draw(results, TIME).axes[1].texts}
    assert "reached" in shares
    assert any(share.endswith("%") for share in shares)


def test_distribution_of_numbers_ends_at_one():
    left = distribution.draw(sample_results(), LOAD).axes[0]
    assert all(drawn(line)[1][-1] == 1 for line in left.lines)
    assert left.get_xlabel() == "reports (lower is better)"


def test_differences_show_the_table():
    results = sample_results()
    rows = compare_policies(results)
    panels = differences.draw(results, rows).axes
    assert [panel.get_title(loc="left").replace("\n", " ") for panel in panels[:3]] == [
        outcome.label for outcome in results.headlines()
    ]
    row = next(row for row in rows if row.outcome == "days" and row.policy == "full-pool")
    ends = [tuple(drawn(line)[0]) for line in panels[0].lines]
    assert (row.low, row.high) in ends
    assert (row.difference,) in ends
    assert "\u2190 better" in panels[0].get_xlabel()
    assert "better \u2192" in panels[1].get_xlabel()


def test_markers_are_filled_where_the_table_has_a_verdict():
    results = sample_results()
    rows = compare_policies(results)
    unclear = [replace(row, p_adjusted=0.2) for row in rows]

    def filled(found):
        lines = differences.draw(results, found).axes[0].lines
        return [
            line.get_markerfacecolor() != "white" for line in lines if line.get_marker() != "None"
        ]

    assert any(filled(rows))
    assert not any(filled(unclear))
    legend = differences.draw(results, rows).legends[0].get_texts()
    assert "adjusted p < 0.05" in legend[0].get_text()


def test_large_differences_have_ticks_that_do_not_overlap():
    draws = np.random.default_rng(3)
    values = draws.normal(0, 60_000, (3, 40))
    outcomes = [replace(LOAD, name=f"load-{n}") for n in range(3)]
    results = results_of({o.name: values for o in outcomes}, outcomes)
    figure = differences.draw(results, compare_policies(results))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    for panel in figure.axes:
        labels = [label for label in panel.get_xticklabels() if label.get_text()]
        assert any(label.get_text().endswith("k") for label in labels)
        left, right = panel.get_xlim()
        boxes = [
            label.get_window_extent(canvas.get_renderer())
            for label in labels
            if left <= label.get_position()[0] <= right
        ]
        assert not any(a.overlaps(b) for a, b in itertools.pairwise(boxes))


def bars_of(panel, direction):
    lines = [bars.lines[2][direction] for bars in panel.containers]
    return [segment for line in lines for segment in line.get_segments()]


def test_tradeoff_bars_stay_within_the_possible():
    draws = np.random.default_rng(4)
    days = np.array([[0.1, 0.1, 99.9], [99.0, 100.0, NAN]])
    share = np.array([[0.0, 0.0, 0.9], [1.0, 0.2, 1.0]])
    results = results_of(
        {"days": days, "share": share, "load": draws.lognormal(0, 2, (2, 3))}, [TIME, SHARE, LOAD]
    )
    figure = tradeoff.draw(results)
    assert figure is not None
    assert all(bar[:, 0].min() >= 0 for bar in bars_of(figure.axes[0], 0))  # reports, across
    for panel, most in zip(figure.axes, (100.0, 1.0), strict=True):
        ends = [bar[:, 1] for bar in bars_of(panel, 1)]
        assert len(ends) == 2
        assert min(map(min, ends)) == pytest.approx(0)
        assert max(map(max, ends)) == pytest.approx(most)


def test_what_is_zero_everywhere_is_named_and_not_drawn(tmp_path):
    plan = headlines_only(real_plan(4))
    chosen = plan.outcomes[0].name
    chunk = next(plan.chunks(np.zeros(plan.shape, np.bool_), 12))
    batch = batch_of(plan, chunk.lanes)
    batch.outcomes[chosen][:] = 0
    batch.series["arrests"][:] = 0
    with open_for_writing(tmp_path, plan) as directory:
        write_shard(directory.address, chunk, batch)
    said: list[str] = []
    names = {path.stem for path in plot(tmp_path, say=said.append)}
    assert not names & {f"distribution-{chosen}", "series-arrests"}
    assert {"series-backlog", "series", f"distribution-{plan.outcomes[1].name}"} <= names
    assert said == [f"Not drawn, zero in every lane: {chosen}, arrests"]


def test_tradeoff_axes():
    figure = tradeoff.draw(sample_results())
    assert figure is not None
    panels = figure.axes
    assert len(panels) == 4  # two effects; disclosures and load
    assert "Unneeded records" in panels[2].get_xlabel()
    assert "\u2190 better" in panels[2].get_xlabel()
    assert "Reports read" in panels[3].get_xlabel()
    assert "\u2193 better" in panels[0].get_ylabel()
    assert "\u2191 better" in panels[2].get_ylabel()


def test_no_tradeoff_without_a_cost():
    results = results_of({"days": np.ones((2, 3))}, [TIME])
    assert tradeoff.draw(results) is None


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=8),
    st.booleans(),
    st.booleans(),
)
def test_pareto_front(points, lower_x, lower_y):
    x, y = np.array(points, np.float64).T
    front = tradeoff.pareto(x, y, lower_x=lower_x, lower_y=lower_y)
    a, b = (x if lower_x else -x), (y if lower_y else -y)

    def beats(i: int, j: int) -> bool:
        return bool(a[i] <= a[j] and b[i] <= b[j] and (a[i] < a[j] or b[i] < b[j]))

    many = range(len(points))
    assert front.tolist() == [not any(beats(i, j) for i in many) for j in many]
    assert front.any()


def test_policies_of_the_catalogue_look_the_same_beside_any_others():
    """Whoever reads two figures beside each other reads colours and marks across them."""
    names = [entry.name for entry in policy_entries() if entry.name != "bilateral"]
    assert set(style.KNOWN) == set(names)
    whole = style.looks_of(("bilateral", *names), "bilateral")
    for few in (("hub-and-spoke", "full-pool"), ("mine", "hub-and-spoke", "yours")):
        looks = style.looks_of(("bilateral", *few), "bilateral")
        assert all(looks[name] == whole[name] for name in few if name in whole)
        assert len({look.color for look in looks.values()}) == len(looks)


def test_policies_are_told_apart_without_colour():
    results = sample_results(policies=tuple(f"policy-{number}" for number in range(9)))
    looks = list(style.looks(results).values())
    assert len({look.marker for look in looks}) == len(looks)
    assert len({(look.line, look.marker) for look in looks}) == len(looks)
    assert len({look.color for look in looks}) == len(looks)
    assert looks[0].color == "black"


def test_bands_are_quantiles():
    values = np.arange(101.0).reshape(1, 101, 1)
    assert series.bands(values).ravel().tolist() == [5, 25, 50, 75, 95]


def test_the_shared_axis_shows_every_band():
    results = sample_results()
    found = levels(results)
    found[:, 0] = 0  # the first policy is flat: it must not set the scale
    panels = series.draw_one(results, DAYS, "backlog", found).axes
    bottom, top = panels[0].get_ylim()
    assert bottom == 0
    assert top >= found.max()


CASES = {
    "one replication": np.array([[1.0], [2.0]]),
    "nothing reached or defined": np.full((2, 3), NAN),
    "all equal": np.full((2, 3), 2.0),
    "one value known": np.array([[NAN, NAN, 1.0], [NAN, NAN, NAN]]),
    "zeros": np.zeros((2, 3)),
    "very wide": np.array([[1e-6, 1.0, 5.0], [1e6, 2.0, 7.0]]),
    "negative": np.array([[-1.0, -2.0, 0.5], [-3.0, -2.0, -1.0]]),
}


@pytest.mark.parametrize("values", CASES.values(), ids=CASES)
def test_degenerate_data_are_drawn(tmp_path, values):
    number = Outcome("load", "Load", "reports", "lower", "cost", headline=True)
    results = results_of({"days": np.abs(values), "load": values}, [TIME, number])
    for name, figure in figures(results).items():
        figure.savefig(tmp_path / f"{name}.png")


def test_plot_writes_pictures_of_a_run(tmp_path):
    plan = headlines_only(real_plan(4))
    with open_for_writing(tmp_path, plan) as directory:
        for chunk in list(plan.chunks(directory.done(), 6))[:1]:  # not finished: 2 of 4
            write_shard(directory.address, chunk, batch_of(plan, chunk.lanes))
    written = plot(tmp_path, svg=True)
    expected = {f"distribution-{outcome.name}" for outcome in plan.outcomes}
    expected |= {"differences", "tradeoff", "series", "series-backlog", "series-arrests"}
    assert {path.name for path in written} == {
        f"{name}.{kind}" for name in expected for kind in ("png", "svg")
    }
    for path in written:
        content = path.read_bytes()
        if path.suffix == ".png":
            assert content.startswith(b"\x89PNG")
            width, height = struct.unpack(">II", content[16:24])
            assert width == 1200
            assert height > 400
        else:
            assert b"2 of 4 worlds finished" in content
