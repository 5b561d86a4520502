"""The table as a picture: attempts a second of every contender, a panel a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tests.benchmarks.cases import Case, Contender, case_of, contender_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from tests.benchmarks.table import Row

DARK, MIDDLE, LIGHT = "#111111", "#555555", "#bbbbbb"
MARKS: Final = {
    "this engine": {"marker": "o", "markerfacecolor": DARK},
    "others, with delays": {"marker": "o", "markerfacecolor": "white"},
    "others, a cascade without delays": {"marker": "s", "markerfacecolor": "white"},
}
"""Told apart by shape and filling, not by colour."""


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw speeds on a logarithmic axis and save the picture."""
    cases = list(dict.fromkeys(row.case for row in rows))
    names = list(dict.fromkeys(row.contender for row in rows))
    speeds = [row.attempts_a_second for row in rows]
    figure = Figure(figsize=(2.6 + 2.7 * len(cases), 1.6 + 0.42 * len(names)), layout="constrained")
    panels = figure.subplots(1, len(cases), sharey=True, squeeze=False)[0]
    for panel, case in zip(panels, cases, strict=True):
        _panel(panel, case_of(case), names, [row for row in rows if row.case == case])
        panel.set_xlim(min(speeds) / 2, max(speeds) * 8)
    panels[0].set_yticks(range(len(names)), [contender_of(name).title for name in names])
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    figure.supxlabel(
        "million transmission attempts a second, logarithmic: ten times as fast from mark to mark",
        fontsize=9,
    )
    handles = [
        Line2D([], [], linestyle="", color=DARK, label=label, **mark)  # type: ignore[arg-type]
        for label, mark in MARKS.items()
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False, fontsize=9)
    figure.savefig(path, dpi=150, metadata={"Software": None})


def _panel(panel: Axes, case: Case, names: Sequence[str], rows: Sequence[Row]) -> None:
    panel.set_xscale("log")
    panel.set_title(
        f"{case.units:,} units, {case.reports} reports,\n"
        f"{case.replications:,} replication{'s' * (case.replications > 1)}",
        fontsize=9,
    )
    for row in rows:
        place = names.index(row.contender)
        speed = row.attempts_a_second
        panel.axhline(place, color=LIGHT, linewidth=0.6, zorder=0)
        panel.plot(speed, place, color=DARK, markersize=6, **_mark(contender_of(row.contender)))  # type: ignore[arg-type]
        panel.annotate(
            _millions(speed),
            (speed, place),
            (8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    panel.tick_params(axis="x", labelsize=8, length=2, color=MIDDLE)
    panel.tick_params(axis="y", labelsize=8, length=0)
    panel.xaxis.set_major_formatter(lambda speed, _: f"{speed / 1e6:g}")
    panel.minorticks_off()
    panel.spines[["top", "right", "left"]].set_visible(False)


def _millions(speed: float) -> str:
    """Return a speed in millions, to two digits."""
    millions = speed / 1e6
    digits = 0 if millions >= 10 else 1 if millions >= 1 else 2
    return f"{millions:.{digits}f}"


def _mark(contender: Contender) -> dict[str, str]:
    if contender.ours:
        return MARKS["this engine"]
    kind = "others, with delays" if contender.delays else "others, a cascade without delays"
    return MARKS[kind]
