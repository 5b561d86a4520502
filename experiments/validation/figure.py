"""A scenario beside history: what the model gives as grey bars, what is known as black marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.figures import lettering, style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.validation.history import F64, Row

PANEL_IN: Final = 0.5
LIGHT, DARK = "0.82", "0.55"


def draw(rows: Sequence[Row], values: Sequence[F64]) -> Figure:
    """Draw one panel a known quantity; call it within `style.settings`."""
    names = [_name(row) for row in rows]
    names_in = max((lettering.height_in(name, style.TEXT_PT) for name in names), default=0)
    title = "What the model gives, and what happened"
    body_in = (PANEL_IN + names_in) * len(rows)
    figure = style.page(title, "", body_in, handles=_handles())
    panels = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    for panel, row, name, each in zip(panels, rows, names, values, strict=True):
        _panel(panel, row, each)
        panel.set_title(name)
    return figure


def _name(row: Row) -> str:
    said = f"{row.event.event}: {row.event.label}, {row.event.unit}"
    return lettering.wrapped(said, style.WIDTH_IN - 1.3, style.TEXT_PT, most=2)


def _handles() -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return [
        Patch(color=LIGHT, label="model, 5% to 95%"),
        Patch(color=DARK, label="model, 25% to 75%"),
        Line2D([], [], color="black", lw=1.4, marker="|", ls="", ms=11, label="model, median"),
        Line2D([], [], color="black", marker="D", mfc="white", lw=1.6, label="history"),
    ]


def _largest(values: F64) -> float:
    """Return the largest of some values, or 1 if there is none above 0."""
    largest = float(values.max(initial=0))
    return largest or 1.0


def _panel(panel: Axes, row: Row, values: F64) -> None:
    known = values[~np.isnan(values)]
    if not known.size:
        panel.text(0.5, 0.5, "nothing to compare", transform=panel.transAxes, ha="center")
        return
    reached = known[np.isfinite(known)]
    quantiles, interval = np.array(row.quantiles), row.event.interval
    finite = quantiles[np.isfinite(quantiles)]
    end = 1.12 * max(_largest(reached), interval[1])
    end = min(end, 1.6 * max(_largest(finite), interval[1]))
    start = min(0.0, 1.12 * min(interval[0], float(finite.min(initial=0))))
    low, first, middle, third, high = np.minimum(quantiles, end)
    panel.barh(0, high - low, left=low, height=0.7, color=LIGHT)
    panel.barh(0, third - first, left=first, height=0.7, color=DARK)
    if np.isfinite(quantiles[2]):
        panel.plot([middle, middle], [-0.35, 0.35], color="black", lw=1.4)
    panel.plot(
        list(interval),
        [0, 0],
        color="black",
        lw=1.6,
        marker="D",
        markerfacecolor="white",
        markersize=6,
    )
    panel.set_xlim(start, end)
    style.plain_numbers(panel.xaxis)
    panel.set_ylim(-0.6, 0.6)
    panel.set_yticks([])
    panel.grid(visible=False, axis="y")
    never = float(np.isinf(known).mean())
    if never > 0:
        panel.text(
            1.0,
            1.05,
            f"never: {never:.0%}",
            transform=panel.transAxes,
            ha="right",
            fontsize=style.LEAST_PT,
        )
