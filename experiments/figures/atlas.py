"""The atlas of measures: what each does alone to each outcome, by objective, and year by year."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.analysis import TOGETHER
from experiments.figures import lettering, scale, style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.analysis import Assessed, MeasureEffect, MeasureFound, YearEffect
    from experiments.outcomes import Outcome

PANELS: Final = 4
"""Most panels of a page."""
LABEL_IN: Final = 1.85
"""Room for the name of a measure."""
ROW_IN: Final = 0.2
LAST: Final = 100
"""Where measures without an objective stand."""
BETTER: Final = style.COLORBLIND[0]
WORSE: Final = style.COLORBLIND[3]
MARKS: Final = {"better": ("o", BETTER), "worse": ("s", WORSE), "unclear": ("o", style.GREY)}


@dataclass(frozen=True)
class Mark:
    """A difference with its interval."""

    difference: float
    low: float
    high: float
    kind: str
    """better, worse or unclear."""
    moved: bool = True


@dataclass(frozen=True)
class Row:
    """A measure, or all of them together, at its place on a page."""

    label: str
    place: float
    name: str = ""
    """Empty for the heading of an objective."""
    cost: str = ""


def pages(found: Assessed, line: str) -> Iterator[style.Drawing]:
    """Yield the names of the pages, outcomes, then years under each policy, with what draws them.

    Parameters
    ----------
    line
        What the data are.
    """
    rows = _rows(found)
    alone = [row for row in rows if row.name != TOGETHER]
    for policy in found.policies:
        count = -(-len(found.outcomes) // PANELS)
        for number in range(count):
            some = found.outcomes[number * PANELS : (number + 1) * PANELS]
            of = f", {number + 1} of {count}" if count > 1 else ""
            title = f"What each measure does alone under {policy}{of}"
            name = f"atlas-{policy}" + (f"-{number + 1}" if count > 1 else "")
            columns = [_of_outcome(found, policy, one) for one in some]
            heads = [(one.label, f"{one.unit} ({_arrow(one)})") for one in some]
            yield name, partial(_draw, rows, columns, heads, title, line)
        for outcome in found.outcomes:
            years = _of_years(found, policy, outcome)
            if years and outcome.group == "effect":
                title = f"{outcome.label} ({outcome.unit}; {_arrow(outcome)}), year by year"
                heads = [(year, "") for year in years]
                columns = list(years.values())
                title += f", under {policy}"
                draw = partial(_draw, alone, columns, heads, title, line, alike=True)
                yield f"atlas-{policy}-{outcome.name}", draw


def _arrow(outcome: Outcome) -> str:
    return "\u2190 better" if outcome.better == "lower" else "better \u2192"


def _rows(found: Assessed) -> list[Row]:
    """Return the measures from top to bottom, by objective, then all of them together."""
    rows: list[Row] = []
    ordered = sorted(found.measures, key=lambda one: one.objective or LAST)
    for objective, measures in groupby(ordered, lambda one: one.objective):
        if ordered[0].objective is not None:
            heading = "Others" if objective is None else f"Objective {objective}"
            rows.append(Row(heading, len(rows)))
        for one in measures:
            rows.append(Row(_label(one), len(rows), one.name, _cost(one.cost_meur)))
    if found.together:
        shared = any(one.needs for one in found.measures)
        cost = math.nan if shared else sum(one.cost_meur for one in found.measures)
        rows.append(Row("all together", len(rows) + 0.5, TOGETHER, _cost(cost)))
    return rows


def _label(one: MeasureFound) -> str:
    words = one.file.removeprefix(one.name).replace("-", " ")
    return lettering.wrapped(f"{one.name}{words}", LABEL_IN, style.SMALL_PT, most=1)


def _cost(meur: float) -> str:
    return "" if math.isnan(meur) else f"{meur:,.0f}"


def _of_outcome(found: Assessed, policy: str, outcome: Outcome) -> dict[str, Mark]:
    """Return the effects on an outcome by measure, and of all of them."""
    alone = (effect for one in found.measures for effect in one.effects if effect.way == "alone")
    return {
        effect.measure: _mark(effect)
        for effect in (*alone, *found.together)
        if (effect.policy, effect.row.outcome) == (policy, outcome.name)
    }


def _mark(effect: MeasureEffect) -> Mark:
    row = effect.row
    kind = ("better" if effect.row.is_better else "worse") if effect.is_clear else "unclear"
    return Mark(row.difference, row.low, row.high, kind, bool(effect.moved))


def _of_years(found: Assessed, policy: str, outcome: Outcome) -> dict[str, dict[str, Mark]]:
    """Return the effects on an outcome by year and measure."""
    years: dict[str, dict[str, Mark]] = {}
    for one in found.by_year:
        if (one.policy, one.outcome) == (policy, outcome.name):
            years.setdefault(one.year, {})[one.measure] = _mark_of_year(one, outcome)
    return years


def _mark_of_year(one: YearEffect, outcome: Outcome) -> Mark:
    kind = "unclear"
    if one.low > 0 or one.high < 0:
        kind = "better" if (one.difference > 0) == (outcome.better == "higher") else "worse"
    moved = bool(one.difference or one.low or one.high)
    return Mark(one.difference, one.low, one.high, kind, moved)


def _draw(
    rows: Sequence[Row],
    columns: Sequence[Mapping[str, Mark]],
    heads: Sequence[tuple[str, str]],
    title: str,
    line: str,
    *,
    alike: bool = False,
) -> Figure:
    """Draw a panel for each column; `alike` gives all of them the same axis."""
    room_in = (style.WIDTH_IN - LABEL_IN - 0.4) / len(columns) - 0.1
    words = [lettering.wrapped(head, room_in, style.SMALL_PT, most=4) for head, _ in heads]
    units = [lettering.wrapped(unit, room_in, style.LEAST_PT, most=3) for _, unit in heads]
    words_in = max(lettering.height_in(one, style.SMALL_PT) for one in words)
    words_in += max(lettering.height_in(one, style.LEAST_PT) for one in units)
    height_in = (rows[-1].place + 1) * ROW_IN + words_in + 0.55
    what = "differences within a year; intervals not adjusted" if alike else "means and intervals"
    figure = style.page(title, f"{line}; {what}", height_in, handles=_handles(tested=not alike))
    panels = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0]
    ends = [_ends(one, rows) for one in columns]
    if alike:
        known = [one for one in ends if one]
        ends = [(min(e[0] for e in known), max(e[1] for e in known)) if known else None] * len(ends)
    for panel, marks, end, word, unit in zip(panels, columns, ends, words, units, strict=True):
        _panel(panel, rows, marks, end)
        panel.set_title(word, fontsize=style.SMALL_PT)
        panel.set_xlabel(unit, fontsize=style.LEAST_PT)
    panels[0].set_yticks([row.place for row in rows], [row.label for row in rows])
    for row, label in zip(rows, panels[0].get_yticklabels(), strict=True):
        label.set_fontweight("normal" if row.name else "bold")
    panels[0].set_ylim(rows[-1].place + 0.6, -0.6)
    _costs(panels[-1], rows)
    return figure


def _ends(marks: Mapping[str, Mark], rows: Sequence[Row]) -> tuple[float, float] | None:
    there = [marks[row.name] for row in rows if row.name in marks]
    shown = [mark for mark in there if mark.moved]
    numbers = np.array([[one.difference, one.low, one.high] for one in shown]).reshape(-1, 3)
    return scale.window(numbers[:, 0], numbers[:, 1], numbers[:, 2])


def _panel(
    panel: Axes,
    rows: Sequence[Row],
    marks: Mapping[str, Mark],
    ends: tuple[float, float] | None,
) -> None:
    panel.axvline(0, color="black", linewidth=0.8)
    panel.set_xlim(ends or (-1, 1))
    notes: list[scale.Note] = []
    for row in rows:
        mark = marks.get(row.name)
        if mark is None or math.isnan(mark.difference):
            continue
        if not mark.moved:
            panel.plot(0, row.place, marker="|", markersize=5, color=style.GREY)
            continue
        at = scale.within(mark.difference, ends)
        _put(panel, mark, (at, row.place))
        colour = MARKS[mark.kind][1]
        notes += scale.notes([mark.difference], [ends], (at, row.place), colour)
    scale.write(panel, notes)
    style.plain_numbers(panel.xaxis, most=3)
    panel.grid(axis="y", visible=False)
    panel.tick_params(axis="y", length=0)
    panel.tick_params(axis="x", labelsize=style.LEAST_PT)


def _put(panel: Axes, mark: Mark, at: tuple[float, float]) -> None:
    marker, colour = MARKS[mark.kind]
    sure = mark.kind != "unclear"
    if at[0] == mark.difference and not math.isnan(mark.low):
        panel.plot(
            [mark.low, mark.high], [at[1]] * 2, color=colour,
            linewidth=2 if sure else 1, linestyle="-" if sure else (0, (3, 1.5)),
        )  # fmt: skip
    panel.plot(
        *at, marker=marker, markersize=5 if sure else 4, color=colour if sure else "white",
        markeredgecolor=colour, linestyle="", clip_on=False, zorder=4,
    )  # fmt: skip


def _costs(panel: Axes, rows: Sequence[Row]) -> None:
    """Write what measures cost to the right of the last panel, if that is known of any."""
    if not any(row.cost for row in rows):
        return
    beside = panel.twinx()
    beside.set_ylim(panel.get_ylim())
    beside.set_yticks([row.place for row in rows], [row.cost for row in rows])
    beside.tick_params(axis="y", length=0, labelsize=style.LEAST_PT)
    beside.set_title("M\u20ac", fontsize=style.LEAST_PT, loc="right")
    beside.grid(visible=False)
    for spine in beside.spines.values():
        spine.set_visible(False)


def _handles(*, tested: bool) -> list[Artist]:
    from matplotlib.lines import Line2D

    sure = "adjusted p < 0.05" if tested else "interval without zero"

    def mark(kind: str, label: str, **more: object) -> Line2D:
        marker, colour = MARKS[kind]
        return Line2D([], [], marker=marker, color=colour, label=label, **more)  # type: ignore[arg-type]

    return [
        mark("better", f"better ({sure})", linewidth=2),
        mark("worse", f"worse ({sure})", linewidth=2),
        mark("unclear", "unclear", linestyle=(0, (3, 1.5)), linewidth=1, markerfacecolor="white"),
        Line2D([], [], marker="|", color=style.GREY, linestyle="", label="no world is another one"),
    ]
