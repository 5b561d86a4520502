"""Axes that one policy does not set: what lies far outside stands at the edge, with its value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.figures import lettering, style
from experiments.outcomes import F64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FAR: Final = 4.0
"""How many times as far from zero as all others a policy lies that is left outside."""
FEWEST: Final = 3
"""Fewest policies among which some can be left outside."""
MARGIN: Final = 0.12
ARROWS: Final = {(False, False): "\u2190", (False, True): "\u2192",
                 (True, False): "\u2193", (True, True): "\u2191"}  # fmt: skip


def window(mean: F64, low: F64, high: F64) -> tuple[float, float] | None:
    """Return the ends of an axis of differences; None if all of them are alike.

    Parameters
    ----------
    mean, low, high
        Shape (P,): differences and their intervals; NaN where there is none. At most a third of
        the policies, those far beyond all others, may lie outside.
    """
    ends = np.stack([mean, low, high])
    ends = ends[:, np.isfinite(mean)]
    sizes = np.sort(np.nanmax(np.abs(ends), axis=0, initial=0.0))
    least, most = float(np.nanmin(ends, initial=0.0)), float(np.nanmax(ends, initial=0.0))
    for inside in range(len(sizes) - len(sizes) // FEWEST, len(sizes)):
        reach = sizes[inside - 1]
        if reach > 0 and sizes[inside] > FAR * reach:
            near = np.abs(ends[0]) <= reach
            least = float(np.nanmin(ends[:, near], initial=0.0))
            most = float(np.nanmax(ends[:, near], initial=0.0))
            break
    if not most > least:
        return None
    room = MARGIN * (most - least)
    return least - room, most + room


def within(value: float, ends: tuple[float, float] | None) -> float:
    """Return a value, or the end of the axis that it lies beyond."""
    return value if ends is None else min(max(value, ends[0]), ends[1])


@dataclass(frozen=True)
class Note:
    """What is written beside the marker of a value that lies outside."""

    text: str
    at: tuple[float, float]
    color: str
    vertical: bool
    more: bool


def notes(
    values: Sequence[float],
    ends: Sequence[tuple[float, float] | None],
    at: Sequence[float],
    color: str,
) -> list[Note]:
    """Return a note for each axis that a point lies outside of.

    Parameters
    ----------
    values
        Across and down.
    ends
        Of the two axes.
    at
        Where the marker is.
    """
    from experiments.figures.ticks import number

    found = []
    for vertical, (value, shown, of) in enumerate(zip(values, at, ends, strict=False)):
        if of is not None and value != shown:
            more = bool(value > of[1])
            text = f"{'+' if value > 0 else ''}{number(float(f'{value:.2g}'))}"
            found.append(
                Note(
                    f"{text} {ARROWS[bool(vertical), more]}",
                    (at[0], at[1]),
                    color,
                    bool(vertical),
                    more,
                )
            )
    return found


def write(panel: Axes, found: Sequence[Note]) -> None:
    """Write notes towards the middle of a panel, one above the other where they would touch."""
    low, high = panel.get_ylim()
    height = panel.get_window_extent().height / panel.get_figure(root=True).dpi  # type: ignore[union-attr]
    line = abs(high - low) * lettering.LINE * style.LEAST_PT / lettering.POINTS_IN / max(height, 1)
    free: dict[bool, float] = {}
    for note in sorted(found, key=lambda note: (note.at[1] - low) / (high - low)):
        inward = -5 if note.more else 5
        shift = 0.0
        if not note.vertical:
            sign = 1 if high > low else -1
            lowest = free.get(note.more, -np.inf)
            place = max(sign * note.at[1], lowest)
            free[note.more] = place + line
            shift = sign * place - note.at[1]
        panel.annotate(
            note.text,
            (note.at[0], note.at[1] + shift),
            xytext=(0, inward) if note.vertical else (inward, 0),
            textcoords="offset points",
            ha="center" if note.vertical else "right" if note.more else "left",
            va=("top" if note.more else "bottom") if note.vertical else "center",
            fontsize=style.LEAST_PT,
            color=note.color,
            zorder=6,
        )
