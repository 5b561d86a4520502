"""Figures: titled, labelled, drawn from whatever data there are."""

from __future__ import annotations

import itertools
import math
import struct
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from experiments.figures import differences, distribution, plot, series, style, tradeoff, years
from experiments.outcomes.paired import compare_policies
from experiments.outcomes.values import Outcome, Results
from experiments.store.shards import write_shard
from experiments.store.writing import open_for_writing
from scenarios import policy_entries
from tests.experiments.outcomes.test_years import yearly
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


def test_years_have_a_line_for_each_policy_and_a_panel_for_each_outcome():
    results = yearly(LOAD, bilateral=(0, 0, 5), pool=(1, -2, 0))
    figure = years.draw(results, [LOAD])
    [panel] = [axes for axes in figure.axes if axes.get_visible()]
    lines = panel.get_lines()
    assert [drawn(line)[1].tolist() for line in lines] == [
        [results.values[part.name][point].mean() for part in results.outcomes[1:]]
        for point in (0, 1)
    ]
    assert [label.get_text() for label in panel.get_xticklabels()] == ["2011", "2012", "2013"]
    assert panel.get_title(loc="left") == "Reports read (reports; lower is better)"


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
        assert min(map(float, sizes)) >= style.LEAST_PT, name


@pytest.mark.long
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
    assert "adjusted p < 0.05" in legend[0].get_text().replace("\n", " ")


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


def segments(panel) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    """Return the lines of two ends in a panel, but for those at zero."""
    found = [tuple(map(tuple, drawn(line))) for line in panel.lines]
    return [(x, y) for x, y in found if len(x) == 2 and 0 not in {x[0], y[0]}]


def test_bars_of_the_tradeoff_are_intervals_of_paired_differences():
    """Worlds differ much and policies little: intervals of means would hide what is known."""
    results = sample_results()
    rows = {(row.outcome, row.policy): row for row in compare_policies(results)}
    figure = tradeoff.draw(results)
    assert figure is not None
    bars = segments(figure.axes[0])  # days, down; reports read, across
    assert len(bars) == 4  # two for each policy but the baseline, and no line joins policies
    for policy in POLICIES[1:]:
        down, across = rows["days", policy], rows["load", policy]
        assert any(y == pytest.approx((down.low, down.high)) for _, y in bars)
        assert any(x == pytest.approx((across.low, across.high)) for x, _ in bars)


def faces(panel) -> list[tuple[float, ...]]:
    return [line.get_markerfacecolor() for line in panel.lines if line.get_marker() != "None"]


def test_a_quarter_of_a_report_puts_no_policy_on_the_front():
    draws = np.random.default_rng(2)
    noise = draws.normal(0, 1, 30)
    load = np.stack([np.full(30, 4373.0), np.full(30, 4372.75), np.full(30, 9000.0)])
    share = np.stack([0.5 + 0.01 * noise, 0.3 + 0.01 * noise[::-1], 0.1 + 0.01 * noise])
    results = results_of({"share": share, "load": load}, [SHARE, LOAD])
    figure = tradeoff.draw(results)
    assert figure is not None
    baseline, quarter, worst = faces(figure.axes[0])
    assert baseline == (0, 0, 0)  # filled: surely not dominated
    assert quarter == worst == (1, 1, 1)  # white: surely dominated
    assert "less than 1% of the mean of bilateral" in figure.texts[1].get_text().replace("\n", " ")


def test_data_kept_fairness_and_proceeds_are_drawn():
    names = {
        "share": ("effect", True), "proceeds_meur": ("effect", False), "load": ("cost", True),
        "unnecessary_disclosures": ("rights", True), "person_years": ("rights", False),
        "unequal_awareness": ("fairness", False),
    }  # fmt: skip
    outcomes = [
        Outcome(name, name, "units", "lower", group, headline=head)  # type: ignore[arg-type]
        for name, (group, head) in names.items()
    ]
    draws = np.random.default_rng(1)
    results = results_of({name: draws.normal(size=(3, 9)) for name in names}, outcomes)
    figure = tradeoff.draw(results)
    assert figure is not None
    said = [panel.get_xlabel() + panel.get_ylabel() for panel in figure.axes]
    assert len(figure.axes) == 2 * 4
    assert all(any(name in text.replace("\n", "") for text in said) for name in names)


def test_what_lies_far_outside_stands_at_the_edge_with_its_value():
    draws = np.random.default_rng(1)
    values = draws.normal(100, 1, (5, 30))
    values[4] += 50_000
    policies = [f"policy-{number}" for number in range(5)]
    outcome = replace(LOAD, headline=True)
    results = results_of({"load": values, "share": values}, [SHARE, outcome], policies=policies)
    for panel in (
        differences.draw(results, compare_policies(results)).axes[1],
        tradeoff.draw(results).axes[0],  # type: ignore[union-attr]
    ):
        assert panel.get_xlim()[1] < 10
        assert "+50k \u2192" in [text.get_text() for text in panel.texts]


def test_a_policy_does_not_flatten_the_series_of_others():
    results = sample_results(policies=tuple(f"policy-{number}" for number in range(8)))
    found = levels(results)
    found[:, 7] *= 100
    figure = series.draw_one(results, DAYS, "backlog", found)
    tops = [panel.get_ylim()[1] for panel in figure.axes]
    assert max(tops[:7]) < tops[7] / 10
    assert "each panel has a vertical axis of its own" in figure.texts[1].get_text()


@pytest.mark.whole
def test_what_is_zero_everywhere_is_named_and_not_drawn(tmp_path):
    plan = headlines_only(real_plan(4))
    chosen = plan.outcomes[0].name
    chunk = next(plan.chunks(np.zeros(plan.shape, np.bool_), 12))
    batch = batch_of(plan, chunk.parts[0].lanes)
    batch.outcomes[chosen][:] = 0
    batch.series["arrests"][:] = 0
    with open_for_writing(tmp_path, plan) as directory:
        write_shard(directory.address, chunk.parts[0], batch)
    said: list[str] = []
    names = {path.stem for path in plot(tmp_path, say=said.append)}
    assert not names & {f"distribution-{chosen}", "series-arrests"}
    assert {"series-backlog", "series", f"distribution-{plan.outcomes[1].name}"} <= names
    assert said == [f"Not drawn, zero in every lane: {chosen}, arrests"]


def test_tradeoff_axes():
    figure = tradeoff.draw(sample_results())
    assert figure is not None
    panels = figure.axes
    assert len(panels) == 4  # two effects; load and disclosures
    assert "Reports read" in panels[2].get_xlabel()
    assert "\u2190\u00a0better" in panels[2].get_xlabel()
    assert "Unneeded records" in panels[3].get_xlabel()
    assert "\u2193\u00a0better" in panels[0].get_ylabel()
    assert "\u2191\u00a0better" in panels[2].get_ylabel()


def test_no_tradeoff_without_a_cost():
    results = results_of({"days": np.ones((2, 3))}, [TIME])
    assert tradeoff.draw(results) is None


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


@pytest.mark.long
@pytest.mark.parametrize("values", CASES.values(), ids=CASES)
def test_degenerate_data_are_drawn(tmp_path, values):
    number = Outcome("load", "Load", "reports", "lower", "cost", headline=True)
    results = results_of({"days": np.abs(values), "load": values}, [TIME, number])
    for name, figure in figures(results).items():
        figure.savefig(tmp_path / f"{name}.png")


@pytest.mark.whole
def test_plot_writes_pictures_of_a_run(tmp_path):
    plan = headlines_only(real_plan(4))
    with open_for_writing(tmp_path, plan) as directory:
        for chunk in list(plan.chunks(directory.done(), 6))[:1]:  # not finished: 2 of 4
            write_shard(directory.address, chunk.parts[0], batch_of(plan, chunk.parts[0].lanes))
    written = plot(tmp_path, svg=True)
    outcomes = plan.scenario.spec.outcomes
    expected = {f"distribution-{outcome.name}" for outcome in outcomes}
    expected |= {f"map-{outcome.name}" for outcome in outcomes if outcome.by_state}
    expected |= {"differences", "tradeoff", "years", "series", "series-backlog", "series-arrests"}
    assert {path.name for path in written} == {
        f"{name}.{kind}" for name in expected for kind in ("png", "svg")
    }
    for path in written:
        content = path.read_bytes()
        if path.suffix == ".png":
            assert content.startswith(b"\x89PNG")
            width, height = struct.unpack(">II", content[16:24])
            assert width == round(style.WIDTH_IN * style.DPI)
            assert height > 400
        else:
            assert b"2 of 4 worlds finished" in content
