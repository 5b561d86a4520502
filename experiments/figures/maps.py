"""Member States shaded by a value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.figures import lettering, style
from experiments.figures.geometry import F64, SOURCE, Land, areas

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EAST_M: Final = (2_560_000.0, 6_620_000.0)
NORTH_M: Final = (1_330_000.0, 5_440_000.0)
COLUMNS: Final = 2
CLASSES: Final = 5
Words = Callable[[float], str]

SHADES: Final = ("#d0dfee", "#a9c6e1", "#7fadd3", "#4480b6", "#123f70")
"""From little to much: one hue, and evenly darker so that it reads the same in grey."""
DARK: Final = 3
"""First shade that is written on in white."""
LAND: Final = "#f4f3f0"
EDGE: Final = "0.3"
HATCH: Final = "/////"
MISSING: Final = "\u2013"
ONE_PT: Final = 8.0
MANY_PT: Final = 7.0
"""Size of the values on a map alone, and on one of several."""
SMALL_M: Final = 50_000.0
"""Room inside below which a state's value stands beside it."""
BESIDE: Final = {
    "CY": (-0.2, 0.9), "LU": (-2.1, -0.3), "MT": (1.15, 0), "SI": (0.95, -0.75),
}  # fmt: skip
"""Where the value of a small state stands, in lengths of 140 km east and north."""
STEP_M: Final = 140_000.0
ONE_IN: Final = 6.2
MANY_IN: Final = 3.1
"""Side of a map alone, and of one of several."""
DISC_M: Final = 38_000.0
ISLAND_M: Final = 22_000.0
"""Room inside below which a state is drawn as a disc."""
NICE: Final = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 20.0)
SMALLEST: Final = 1e-290
"""Values that differ by less are in one class."""
CLEAR: Final = 10
"""Size from which a value is written without digits after the point."""


def draw(
    values: Mapping[str, float],
    title: str,
    unit: str,
    note: str = "",
    *,
    words: Words | None = None,
) -> Figure:
    """Draw one map.

    Parameters
    ----------
    values
        Value of each state by its code; one that is not finite is drawn as missing. A state that
        is not named is drawn as land outside.
    unit
        What the values are, for the legend.
    note
        Line below the title.
    words
        How a value is written; in few characters if left out.
    """
    return draw_many({"": values}, title, unit, note, words=words)


def draw_many(
    panels: Mapping[str, Mapping[str, float]],
    title: str,
    unit: str,
    note: str = "",
    *,
    words: Words | None = None,
) -> Figure:
    """Draw a map for each panel, all with the same classes; see `draw`."""
    words = words or compact
    columns = min(COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    side = ONE_IN if len(panels) == 1 else MANY_IN
    names = [lettering.wrapped(name, side - 0.2, style.TEXT_PT, most=2) for name in panels]
    names_in = max(lettering.height_in(name, style.TEXT_PT) for name in names)
    codes = tuple(dict.fromkeys(code for values in panels.values() for code in values))
    land = areas(codes)
    every = [value for values in panels.values() for value in values.values()]
    bounds = classes(every)
    unit = lettering.wrapped(
        f"{unit}{'; classes of equal width' * (len(bounds) > 1)}",
        style.WIDTH_IN - 0.2,
        style.TEXT_PT,
        most=3,
    )
    figure = style.page(
        title,
        _line(note, codes, land),
        lines * (side + names_in),
        handles=_handles(every, bounds, words),
        caption=unit,
    )
    grid = figure.subplots(lines, columns, squeeze=False)
    axes = grid.ravel().tolist()
    size = ONE_PT if len(panels) == 1 else MANY_PT
    for panel, name, values in zip(axes, names, panels.values(), strict=False):
        _frame(panel)
        _states(panel, land, values, bounds)
        for area in land:
            value = values.get(area.code)
            if value is not None:
                text = words(value) if math.isfinite(value) else MISSING
                _label(panel, area, value, _face(value, bounds), text, size)
        panel.set_title(name)
    style.hide_spare(axes, len(panels))
    return figure


def _line(note: str, codes: Sequence[str], land: Sequence[Land]) -> str:
    """Return the line below the title; it names states that cannot be drawn."""
    unknown = sorted(set(codes) - {area.code for area in land})
    lacking = f"no outline of {', '.join(unknown)}" if unknown else ""
    return "; ".join(part for part in (note, lacking, SOURCE) if part)


def classes(values: Sequence[float]) -> list[float]:
    """Return the ends of classes of equal width, at round numbers, that hold all values.

    Each class holds its lower end, the last one both. Whole numbers that are few have a class
    each, and a single value has one. Without a value there is no class.
    """
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return []
    low, high = min(known), max(known)
    whole = all(value == round(value) for value in known)
    if whole and high - low < CLASSES:
        return [low + step for step in range(round(high - low) + 2)]
    if high - low < SMALLEST:
        return [low, high]
    raw = (high - low) / CLASSES
    unit = 10.0 ** math.floor(math.log10(raw))
    for nice in NICE:
        width = max(nice * unit, 1.0) if whole else nice * unit
        first = math.floor(low / width)
        count = math.ceil(high / width) - first
        if count <= CLASSES:
            break
    ends = [(first + number) * width for number in range(count + 1)]
    return [min(ends[0], low), *ends[1:-1], max(ends[-1], high)]


def shade(value: float, bounds: Sequence[float]) -> int:
    """Return the number in `SHADES` of a value; few classes are spread over all shades."""
    count = max(len(bounds) - 1, 1)
    number = min(sum(value >= bound for bound in bounds), count) - 1
    return number * (len(SHADES) - 1) // (count - 1) if count > 1 else len(SHADES) // 2


def _frame(panel: Axes) -> None:
    panel.set_xlim(*EAST_M)
    panel.set_ylim(*NORTH_M)
    panel.set_aspect("equal")
    panel.set_xticks([])
    panel.set_yticks([])
    panel.grid(visible=False)
    panel.spines[:].set_visible(False)


def _face(value: float, bounds: Sequence[float]) -> str:
    return SHADES[shade(value, bounds)] if math.isfinite(value) else "white"


def _states(
    panel: Axes, land: Sequence[Land], values: Mapping[str, float], bounds: list[float]
) -> None:
    """Draw the outlines of states and of the land around them."""
    for area in land:
        value = values.get(area.code)
        if value is None:
            _fill(panel, area, LAND, LAND)
        elif math.isfinite(value):
            edge = EDGE if area.inner[1] < SMALL_M else "white"  # so that a pale island is seen
            _fill(panel, area, _face(value, bounds), edge)
        else:
            _fill(panel, area, "white", EDGE, HATCH)


def _fill(panel: Axes, area: Land, face: str, edge: str, hatch: str = "") -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    path = Path.make_compound_path(*(Path(ring, closed=True) for ring in area.rings))
    small = bool(area.code) and area.inner[1] < SMALL_M
    patch = PathPatch(
        path,
        facecolor=face,
        edgecolor=edge,
        linewidth=0.7 if area.code else 0.3,
        hatch=hatch,
        zorder=1 + bool(area.code) + small,
    )
    patch.set_gid(f"area-{area.code}" if area.code else "land")
    panel.add_artist(patch)  # `add_patch` would measure every outline for limits that are set


def _label(panel: Axes, area: Land, value: float, face: str, text: str, size: float) -> None:
    """Write the value of a state inside it, or beside it if there is no room."""
    from matplotlib.patheffects import withStroke

    point, room = area.inner
    known = math.isfinite(value)
    if room < ISLAND_M:
        _disc(panel, point, face, "" if known else HATCH)
    beside = room < SMALL_M
    target = point
    if beside:
        target = point + STEP_M * np.array(BESIDE.get(area.code, (0.8, 0.0)))
        ends = np.stack([point, target]).T
        for color, width in (("white", 2.0), ("0.2", 0.6)):
            panel.plot(*ends, color=color, linewidth=width, zorder=4)
    box = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    panel.annotate(
        text,
        (float(target[0]), float(target[1])),
        ha="center",
        va="center",
        fontsize=size,
        color="white" if face in SHADES[DARK:] and not beside else "black",
        bbox=box if beside or not known else None,
        zorder=6,
        gid=f"value-{area.code}",
        path_effects=[]
        if beside or size == ONE_PT
        else [withStroke(linewidth=1.6, foreground=face)],
    )


def _disc(panel: Axes, point: F64, face: str, hatch: str) -> None:
    """Draw a state that is too small to be seen as a disc."""
    from matplotlib.patches import Circle

    disc = Circle(
        (float(point[0]), float(point[1])),
        DISC_M,
        facecolor=face,
        edgecolor="black",
        linewidth=0.8,
        hatch=hatch,
        zorder=5,
    )
    panel.add_patch(disc)


def compact(value: float) -> str:
    """Write a value in few characters: 0.25, 3.1, 12, 840, 12k, 1.2M."""
    for unit, sign in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return (
                f"{value / unit:.{0 if abs(value) >= 10 * unit else 1}f}".removesuffix(".0") + sign
            )
    return f"{value:.2g}" if abs(value) < CLEAR else f"{value:.0f}"


def _handles(values: Sequence[float], bounds: Sequence[float], words: Words) -> list[Artist]:
    """Explain the classes that hold a value."""
    from matplotlib.patches import Patch

    def patch(face: str, label: str, hatch: str = "") -> Artist:
        return Patch(facecolor=face, edgecolor=EDGE, linewidth=0.5, hatch=hatch, label=label)

    known = [value for value in values if math.isfinite(value)]
    each = all(value in bounds[:-1] for value in known)
    handles = []
    for low, high in pairwise(bounds):
        last = high == bounds[-1]
        if any(low <= value < high or (last and value == high) for value in known):
            text = (
                words(low) if each else f"{words(low)} to {'' if last else 'below '}{words(high)}"
            )
            handles.append(patch(_face(low, bounds), text))
    if len(known) < len(values):
        handles.append(patch("white", "none", HATCH))
    return handles
