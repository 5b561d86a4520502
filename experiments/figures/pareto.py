"""Policies in several outcomes, two at a time: how far from the baseline, and how surely beaten."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.analysis import Apart, Front, Status
from experiments.figures import lettering, scale, style
from experiments.figures.ticks import number
from experiments.outcomes import Outcome

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS: Final = 3
PANEL_IN: Final = 2.0
FILLS: Final[dict[Status, float]] = {"front": 1.0, "possibly dominated": 0.35, "dominated": 0.0}
"""How much of its colour a marker is filled with."""
LABELS: Final[dict[Status, str]] = {
    "front": "surely not dominated",
    "possibly dominated": "possibly dominated",
    "dominated": "surely dominated",
}


BARS: Final = "bars are 95% intervals of differences in the same worlds"


@dataclass(frozen=True)
class Pair:
    """Two outcomes by their numbers, and where each policy stands."""

    across: int
    down: int
    statuses: Mapping[str, Status]


def draw(
    found: Front, differences: Apart, outcomes: Sequence[Outcome], baseline: str, line: str
) -> Figure:
    """Draw a panel for each two outcomes; standings are those in all outcomes together.

    Parameters
    ----------
    found
        Of at least two outcomes.
    differences
        Of the same outcomes and policies.
    outcomes
        Those of `found`, in the same order.
    line
        What the data are, below the title.
    """
    statuses = {one.policy: one.status for one in found.standings}
    pairs = [
        Pair(across, down, statuses)
        for down, across in itertools.combinations(range(len(outcomes)), 2)
    ]
    columns = min(COLUMNS, len(pairs))
    rows = [pairs[start : start + columns] for start in range(0, len(pairs), columns)]
    title = f"Which policies are worth considering: differences from {baseline}"
    said = f"{line}; {BARS}; filled by what is known of all these outcomes together"
    return grid(rows, differences, outcomes, baseline, title, said)


def grid(
    rows: Sequence[Sequence[Pair]],
    differences: Apart,
    outcomes: Sequence[Outcome],
    baseline: str,
    title: str,
    line: str,
) -> Figure:
    """Draw rows of panels; a policy is a marker with the intervals of its differences."""
    policies = list(rows[0][0].statuses)
    looks = style.looks_of(policies, baseline)
    columns = len(rows[0])
    shared = _is_table(rows)
    room_in = (style.WIDTH_IN - 0.9) / columns - (0.1 if shared else 0.9)
    arrows = ({"lower": "\u2190", "higher": "\u2192"}, {"lower": "\u2193", "higher": "\u2191"})
    across, down = (
        [
            _label(one, base, room, arrow[one.better])
            for one, base in zip(outcomes, differences.base.tolist(), strict=True)
        ]
        for arrow, room in zip(arrows, (room_in, PANEL_IN - 0.2), strict=True)
    )
    below_in = 0.3 + max(lettering.height_in(text, style.SMALL_PT) for text in across)
    height_in = PANEL_IN * len(rows) + below_in * (1 if shared else len(rows))
    figure = style.page(title, line, height_in, handles=_handles(looks, baseline))
    panels = figure.subplots(
        len(rows),
        columns,
        squeeze=False,
        sharex="col" if shared else False,
        sharey="row" if shared else False,
    )
    for panel, pair in zip(panels.ravel(), itertools.chain(*rows), strict=False):
        _panel(panel, pair, differences, looks, policies)
        last = not shared or panel.get_subplotspec().is_last_row()
        first = not shared or panel.get_subplotspec().is_first_col()
        panel.set_xlabel(across[pair.across] if last else "", fontsize=style.SMALL_PT)
        panel.set_ylabel(down[pair.down] if first else "", fontsize=style.SMALL_PT)
        ways = outcomes[pair.across].better, outcomes[pair.down].better
        style.best_corner(panel, right=ways[0] == "higher", top=ways[1] == "higher")
    style.hide_spare(panels.ravel().tolist(), sum(map(len, rows)))
    return figure


def _is_table(rows: Sequence[Sequence[Pair]]) -> bool:
    """Whether panels of a row have one outcome down, and those of a column one across."""
    same_down = all(len({pair.down for pair in row}) == 1 for row in rows)
    return same_down and len({tuple(pair.across for pair in row) for row in rows}) == 1


def _panel(
    panel: Axes,
    pair: Pair,
    differences: Apart,
    looks: dict[str, style.Look],
    policies: Sequence[str],
) -> None:
    mean, low, high = (
        table[[pair.across, pair.down]]
        for table in (differences.mean, differences.low, differences.high)
    )
    ends = [scale.window(*lines) for lines in zip(mean, low, high, strict=True)]
    panel.axvline(0, color="0.75", linewidth=0.8, zorder=1)
    panel.axhline(0, color="0.75", linewidth=0.8, zorder=1)
    panel.set(xlim=ends[0] or (-1, 1), ylim=ends[1] or (-1, 1))
    for axis, of in zip((panel.xaxis, panel.yaxis), ends, strict=True):
        if of is None:
            axis.set_ticks([0], ["alike"])
        else:
            style.plain_numbers(axis, most=4)
    notes: list[scale.Note] = []
    for row, policy in enumerate(policies):
        if not np.isfinite(mean[:, row]).all():
            continue
        look = looks[policy]
        at = tuple(scale.within(value, of) for value, of in zip(mean[:, row], ends, strict=True))
        bars = np.stack([low[:, row], high[:, row]], axis=1)
        if at[0] == mean[0, row]:
            panel.plot(bars[0], [at[1]] * 2, color=look.color, linewidth=1, zorder=2)
        if at[1] == mean[1, row]:
            panel.plot([at[0]] * 2, bars[1], color=look.color, linewidth=1, zorder=2)
        panel.plot(
            *at,
            linestyle="",
            marker=look.marker,
            markersize=5.5,
            color=look.color,
            markerfacecolor=_face(look.color, pair.statuses[policy]),
            zorder=5,
            clip_on=False,
        )
        notes += scale.notes(mean[:, row].tolist(), ends, at, look.color)
    scale.write(panel, notes)


def _face(color: str, status: Status) -> tuple[float, float, float]:
    """Mix a colour with white: opaque, so that bars do not show through."""
    from matplotlib.colors import to_rgb

    share = FILLS[status]
    red, green, blue = (share * part + 1 - share for part in to_rgb(color))
    return red, green, blue


def _label(outcome: Outcome, base: float, room_in: float, arrow: str) -> str:
    """Return what an axis shows: the outcome, its unit, the baseline's mean, what is better."""
    name = lettering.wrapped(outcome.label, room_in, style.SMALL_PT, most=3)
    known = f"; baseline {number(float(f'{base:.3g}'))}" if np.isfinite(base) else ""
    return f"{name}\n" + lettering.wrapped(
        f"({outcome.unit}{known}; {arrow}\u00a0better)", room_in, style.SMALL_PT, most=3
    )


def _handles(looks: dict[str, style.Look], baseline: str) -> list[Artist]:
    from matplotlib.lines import Line2D

    policies = [
        Line2D(
            [],
            [],
            linestyle="",
            marker=look.marker,
            color=look.color,
            label=f"{policy} (baseline)" if policy == baseline else policy,
        )
        for policy, look in looks.items()
    ]
    statuses = [
        Line2D(
            [],
            [],
            linestyle="",
            marker="o",
            color=style.GREY,
            markerfacecolor=_face(style.GREY, status),
            label=label,
        )
        for status, label in LABELS.items()
    ]
    return [*policies, *statuses]
