"""What the parts of a model do: a matrix of parts by headline outcomes, on pages of A4."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from experiments.figures import lettering, style
from experiments.outcomes import F64

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.analysis import AuditFound, Effect, PartFound

ROWS: Final = 46
"""Most rows of a page."""
ROW_IN: Final = 0.165
LABEL_IN: Final = 3.0
"""Room for the name of a part."""
HEAD_IN: Final = 1.25
"""Longest line of an outcome's label, which stands upright."""

FULL: Final = 1.0
"""Standardised effect from which a colour is at its fullest."""
LEAST: Final = 0.15
"""How full a colour is, at the least, where a world is another one."""

BETTER: Final = style.COLORBLIND[0]
WORSE: Final = style.COLORBLIND[3]


class Row(NamedTuple):
    """One way to change one part."""

    part: PartFound
    way: str

    @property
    def label(self) -> str:
        """What stands beside the row."""
        inert = " (inert)" if self.part.verdict == "inert" else ""
        return f"{self.part.name} {self.way}{inert}"


def pages(found: AuditFound, line: str) -> Iterator[style.Drawing]:
    """Yield the names of the pages of the matrix under each policy, with what draws them.

    Parameters
    ----------
    line
        What the data are.
    """
    rows = [Row(part, way) for part in found.parts for way in part.ways]
    count = -(-len(rows) // ROWS)
    each = -(-len(rows) // count)
    for policy in found.policies:
        for number in range(count):
            some = rows[number * each : (number + 1) * each]
            of = f", {number + 1} of {count}" if count > 1 else ""
            title = f"What each part does under {policy}{of}"
            name = f"audit-{policy}" + (f"-{number + 1}" if count > 1 else "")
            yield name, partial(draw, found, some, policy, title, line)


def draw(found: AuditFound, rows: Sequence[Row], policy: str, title: str, line: str) -> Figure:
    """Draw some rows of the matrix.

    Parameters
    ----------
    line
        What the data are, below the title.
    """
    heads = [
        lettering.wrapped(f"{one.label} ({one.unit})", HEAD_IN, style.SMALL_PT, most=3)
        for one in found.outcomes
    ]
    height = len(rows) * ROW_IN + HEAD_IN + 0.35
    figure = style.page(title, line, height, handles=_handles())
    panel = figure.subplots()
    cells = [_cells(found, row, policy) for row in rows]
    image = np.array([[_colour(cell) for cell in each] for each in cells])
    panel.imshow(image, aspect="auto", interpolation="nearest")
    for place, each in enumerate(cells):
        for column, cell in enumerate(each):
            _mark(panel, column, place, cell)
    _label(panel, [row.label for row in rows], heads)
    return figure


def _cells(found: AuditFound, row: Row, policy: str) -> list[Effect]:
    """Return the effects of a row, in the order of outcomes."""
    mine = {
        effect.row.outcome: effect
        for effect in row.part.effects
        if effect.policy == policy and effect.way == row.way
    }
    return [mine[outcome.name] for outcome in found.outcomes]


def _colour(effect: Effect) -> F64:
    """Return the colour of a cell, shape (3,): white where no world is another one."""
    from matplotlib.colors import to_rgb

    if not effect.moved:
        return np.ones(3)
    size = effect.row.effect_size
    full = 1.0 if math.isnan(size) else min(1.0, max(LEAST, abs(size) / FULL))
    colour = np.array(to_rgb(BETTER if effect.row.is_better else WORSE))
    return np.asarray(1 - full * (1 - colour))


def _mark(panel: Axes, column: int, place: int, effect: Effect) -> None:
    """Mark what can be told from chance."""
    if effect.is_clear:
        shape = "^" if effect.row.is_better else "v"
        panel.plot(
            column, place, marker=shape, markersize=4, color="black", markeredgecolor="white"
        )


def _label(panel: Axes, rows: Sequence[str], heads: Sequence[str]) -> None:
    names = [lettering.wrapped(row, LABEL_IN, style.SMALL_PT, most=1) for row in rows]
    panel.set_yticks(range(len(rows)), names)
    panel.xaxis.tick_top()
    panel.set_xticks(range(len(heads)), heads, rotation=90)
    panel.set_xticks(np.arange(len(heads) + 1) - 0.5, minor=True)
    panel.set_yticks(np.arange(len(rows) + 1) - 0.5, minor=True)
    panel.grid(visible=False)
    panel.grid(visible=True, which="minor", color="0.85", linewidth=0.5)
    panel.tick_params(which="both", length=0)


def _handles() -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def mark(shape: str, label: str) -> Line2D:
        return Line2D([], [], linewidth=0, marker=shape, markersize=4, color="black", label=label)

    return [
        Patch(facecolor=BETTER, label=f"better by {FULL:g} standard deviation or more"),
        Patch(facecolor=WORSE, label=f"worse by {FULL:g} or more; paler: by less"),
        Patch(facecolor="white", edgecolor="0.7", label="no world is another one"),
        mark("^", "better, told from chance (Holm)"),
        mark("v", "worse, told from chance (Holm)"),
    ]
