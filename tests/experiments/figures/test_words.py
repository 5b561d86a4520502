"""Words in figures: whatever a file says is drawn as written, within the page, and apart."""

from __future__ import annotations

import itertools
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import BboxBase

from experiments.analysis.pareto import apart, front
from experiments.analysis.robustness import robustness
from experiments.figures import (
    by_state,
    differences,
    distribution,
    lettering,
    maps,
    pareto,
    plot,
    robustness as robustness_figure,
    save,
    series,
    style,
    tradeoff,
)
from experiments.figures.sensitivity import Answer, draw_screening, draw_swings
from experiments.outcomes.paired import compare_policies
from experiments.outcomes.values import Outcome
from experiments.store.shards import write_shard
from experiments.store.writing import open_for_writing
from tests.experiments.figures.test_sensitivity import screening, swings
from tests.experiments.samples import batch_of, headlines_only, real_plan, results_of

NASTY = {
    "dollars": r"cost in $x_1^{2}$ and $ \frac{1}{0} % _ ^ \\ #",
    "control": "tab\there\nand a bell\x07, escape \x1b[31m, null\x00, \u202eturned, \ud800",
    "long": "a label that goes on and on " * 120,
    "one word": "Donaudampfschifffahrtsgesellschaft" * 60,
    "wide": "W" * 300,
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 (12)",
    "missing": "\u65e5\u672c\u8a9e \U0001f600 \ue000 \ufffe",
    "combining": "e\u0301\u0302\u0303" * 40,
    "empty": "",
}  # fmt: skip
LONG = "a-very-long-name-of-a-policy-that-somebody-wrote"
MANY = tuple(f"{LONG}-{n}" if n % 3 == 0 else f"p{n}" for n in range(25))


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    with style.settings():
        yield


def nasty_figures(word: str, policies: tuple[str, ...]) -> dict[str, Figure]:
    """Draw every kind of figure with a word as label, unit and name."""
    draws = np.random.default_rng(1)
    kinds = [
        ("days", "effect", True), ("share", "effect", False), ("proceeds", "effect", False),
        ("load", "cost", False), ("unnecessary", "rights", False),
        ("person_years", "rights", False), ("unequal", "fairness", False),
    ]  # fmt: skip
    outcomes = [
        Outcome(name, word, word, "lower", group, time=time, headline=True)  # type: ignore[arg-type]
        for name, group, time in kinds
    ]
    shape = len(policies), 5
    values = {one.name: draws.lognormal(3, 1, shape) * 1e5 ** draws.random() for one in outcomes}
    values["load"][-1] *= 1e4
    results = replace(results_of(values, outcomes, policies=policies), scenario=word or "sample")
    days = np.linspace(0, 100, 9)
    bands = series.bands(draws.lognormal(9, 1, (*shape, days.size)).cumsum(axis=2))
    answer = Answer(
        outcomes[0], policies[1], policies[0], word, {"p0": word, "rules[6].chance": word}
    )
    table = np.stack([values[one.name] for one in outcomes[:3]])[:, :, None]
    states = [replace(outcomes[1], name=f"help{part}") for part in ("", "@DE", "@FR")]
    found = {
        "time": distribution.draw(results, outcomes[0]),
        "distribution": distribution.draw(results, outcomes[3]),
        "differences": differences.draw(results, compare_policies(results)),
        "series": series.draw(results, days, {"days": bands, "load": bands, "share": bands}),
        "one series": series.draw_one(results, days, "load", bands),
        "front": pareto.draw(
            front(table, policies, ["a", "b", "c"], ["lower"] * 3),
            apart(table, policies, policies[0]),
            outcomes[:3],
            policies[0],
            word,
        ),
        "robustness": robustness_figure.draw(
            robustness(table[0, :, 0].T[:, :, None] + draws.random((5, len(policies), 3)),
                       policies, "days", "lower", threshold=30.0),
            outcomes[0], policies[0], word,
        ),
        "swings": draw_swings(replace(swings(7), names=(word, *map(str, range(6)))), answer),
        "screening": draw_screening(replace(screening(7), names=(word, *"bcdefg")), answer),
        "map": maps.draw({"DE": 1.0, "FR": math.nan}, word, word, word),
        "maps": by_state.draw(
            results_of({one.name: draws.random((2, 3)) for one in states}, states), states[0],
        ),
    }  # fmt: skip
    trade = tradeoff.draw(results)
    assert trade is not None
    return found | {"tradeoff": trade}


def tick_labels(panel: Axes, *, vertical: bool) -> list[Text]:
    """Return the labels of ticks within the view."""
    axis = panel.yaxis if vertical else panel.xaxis
    low, high = sorted(axis.get_view_interval())
    ticks = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=False)
    return [label for at, label in ticks if low <= at <= high and label.get_text()]


def check(figure: Figure, name: str) -> None:
    """All words are within the page and large enough; ticks, panels, titles, legends lie apart."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    panels = [panel for panel in figure.axes if panel.get_visible()]
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if text.get_text().strip() and text.get_visible() and text.axes in {None, *panels}:
            assert float(text.get_fontsize()) >= style.LEAST_PT, name
            assert not text.get_parse_math(), name
    for panel, vertical in itertools.product(panels, (False, True)):
        labels = tick_labels(panel, vertical=vertical)
        boxes = [label.get_window_extent(renderer) for label in labels if label.get_visible()]
        assert apart_from(boxes, boxes), (name, [label.get_text() for label in labels])
    around = [box for panel in panels if (box := panel.get_tightbbox(renderer)) is not None]
    heads = [text.get_window_extent(renderer) for text in figure.texts if text.get_text()]
    legends = [legend.get_window_extent(renderer) for legend in figure.legends]
    page = figure.bbox
    for place, box in enumerate([*heads, *legends, *around]):
        assert page.x0 - 1 <= box.x0 <= box.x1 <= page.x1 + 1, (name, place)
        assert page.y0 - 1 <= box.y0 <= box.y1 <= page.y1 + 1, (name, place)
    assert apart_from(around, [*around, *heads, *legends]), name
    assert apart_from([*heads, *legends], [*heads, *legends]), name


def apart_from(boxes: Sequence[BboxBase], others: Sequence[BboxBase]) -> bool:
    """Whether no box lies on another one."""
    pairs = itertools.product(boxes, others)
    return not any(one is not other and one.overlaps(other) for one, other in pairs)


@pytest.mark.whole
@pytest.mark.parametrize("word", NASTY.values(), ids=NASTY)
def test_whatever_a_file_says_is_drawn_within_the_page(word: str) -> None:
    for name, figure in nasty_figures(word, ("bilateral", "hub-and-spoke", "full-pool")).items():
        check(figure, name)


@pytest.mark.whole
def test_two_dozen_policies_with_long_names_lie_apart() -> None:
    for name, figure in nasty_figures("Time to it", MANY).items():
        check(figure, name)
        legends = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
        assert len(set(legends)) == len(legends), name


# Lettering -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (NASTY["dollars"], NASTY["dollars"]),
        ("a\tb\n\n c", "a b c"),
        ("\x07\x1b[31m", r"\x07\x1b[31m"),
        ("\u65e5\U0001f9ff\u202e\ud800\x7f", r"\u65e5\U0001f9ff\u202e\ud800\x7f"),
        ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
        ("\u2190\u00a0better, 5 \u00b0C, \u00bd", "\u2190\u00a0better, 5 \u00b0C, \u00bd"),
    ],
)
def test_letters_stay_or_become_escapes(text: str, shown: str) -> None:
    assert lettering.clean(text) == shown


@given(st.text(max_size=200), st.floats(0.3, 3), st.integers(1, 4))
def test_lines_fit_and_are_few(text: str, room_in: float, most: int) -> None:
    lines = lettering.wrapped(text, room_in, 7.0, most=most).split("\n")
    assert len(lines) <= most
    assert all(lettering.width_in(line, 7.0) <= room_in for line in lines)
    if lettering.width_in(lettering.clean(text), 7.0) <= room_in:
        assert lines == [lettering.clean(text)]


def test_what_is_too_long_keeps_its_beginning_and_its_end() -> None:
    names = [f"{'a-long-name-' * 30}{number}" for number in range(3)]
    found = [lettering.wrapped(name, 1.0, 7.5, most=2) for name in names]
    assert len(set(found)) == 3
    assert all(
        text.startswith("a-long-name") and text.endswith(str(n)) for n, text in enumerate(found)
    )


def test_widths_are_those_of_the_font() -> None:
    figure = Figure()
    canvas = FigureCanvasAgg(figure)
    for text in ("Members arrested", "WWWW iiii", "12,000 \u2192"):
        artist = figure.text(0, 0.5, text, fontsize=20)
        width = artist.get_window_extent(canvas.get_renderer()).width / figure.dpi
        assert lettering.width_in(text, 20) == pytest.approx(width, rel=0.05)


# Surroundings --------------------------------------------------------------------------------


def drawn(folder: Path) -> bytes:
    results = results_of(
        {"load": np.arange(6.0).reshape(2, 3)}, [Outcome("load", "$a_1$", "%", "lower", "cost")]
    )
    with style.settings():
        figure = distribution.draw(results, results.outcomes[0])
        return b"".join(path.read_bytes() for path in save(figure, folder, "x", svg=True))


@pytest.mark.long
@pytest.mark.parametrize(
    "own",
    [
        {"text.usetex": True}, {"text.parse_math": True, "font.size": 30.0},
        {"figure.dpi": 17, "savefig.bbox": "tight", "savefig.facecolor": "red"},
        {"axes.prop_cycle": "cycler('color', ['pink'])", "figure.constrained_layout.use": True},
        {"axes.formatter.use_mathtext": True, "path.sketch": (9, 9, 9)},
    ],
    ids=str,
)  # fmt: skip
def test_settings_of_the_user_change_no_byte(tmp_path: Path, own: dict[Any, Any]) -> None:
    import matplotlib as mpl

    plain = drawn(tmp_path)
    with mpl.rc_context(own):
        assert drawn(tmp_path) == plain
        assert mpl.rcParams[next(iter(own))] is not None  # what was set is set again


@pytest.mark.whole
def test_backends_and_settings_around_the_command_change_no_byte(tmp_path: Path) -> None:
    """A notebook hands its backend on; a `matplotlibrc` may lie where the command is given."""
    plan = headlines_only(real_plan(2))
    with open_for_writing(tmp_path / "run", plan) as directory:
        for chunk in list(plan.chunks(directory.done(), 6)):
            write_shard(directory.address, chunk.parts[0], batch_of(plan, chunk.parts[0].lanes))
    plain = {path.name: path.read_bytes() for path in plot(tmp_path / "run")}
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nfont.size: 40\nbackend: TkAgg\n")
    for backend in ("nonsense", "module://no_such_module.backend"):
        env = {**os.environ, "MPLBACKEND": backend, "MATPLOTLIBRC": str(tmp_path)}
        code = "from experiments.cli import main; main(['plot', 'run'])"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        drawn_there = (tmp_path / "run" / "figures").glob("*.png")
        assert {path.name: path.read_bytes() for path in drawn_there} == plain
