"""Who may tell whom: a policy as a matrix of senders and receivers, for one kind of report."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from experiments.figures import lettering, style
from experiments.show.grid import (
    NEVER,
    ONWARD,
    Box,
    Column,
    Grid,
    Row,
    grid_of,
    is_never,
    percent,
    words,
)
from experiments.show.routes import REACHES, Cell, Matrix

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Transform

SHADES: Final = ("#ffffff", "#e0eaf4", "#bcd1e6", "#8db3d6", "#5f95c6")
STEPS: Final = (0.25, 0.5, 0.8)
"""Chances at which a darker shade begins; white is for what is not told unasked."""
HATCH: Final = "//////"
EDGE: Final = "0.3"

NAMES_IN: Final = 1.4
"""Longest line in the name of a row."""
LEAST_IN: Final = 0.62
"""Least width of a box."""
ROW_IN: Final = 0.47
LINE_PT: Final = 8.8
SMALL_PT: Final = 8.2
GAP: Final = 0.04
MOST_NOTES: Final = 12
"""Most lines below the legend."""

SEES_NONE: Final = "sees none itself"

REACH_TITLES: Final = {
    "own state": "own state",
    "other states": "other states",
    "bodies": "Union bodies",
}


def draw(matrix: Matrix, title: str, line: str) -> Figure:
    """Draw a matrix; receivers that are told nothing are named below it."""
    grid = grid_of(matrix)
    tops, heights = _rows(grid)
    names = [_row_name(row) for row in grid.rows]
    names_in = 0.2 + max((_width_in(name, style.SMALL_PT) for name in names), default=0.0)
    cell_in = max(
        LEAST_IN, *(_width_in(words(cell), style.LEAST_PT) + 0.08 for cell in _cells(grid))
    )
    page = max(style.WIDTH_IN, names_in + cell_in * len(grid.columns) + 0.1)
    note = lettering.wrapped(
        _note(grid), page - 2 * style.MARGIN_IN, style.LEAST_PT, most=MOST_NOTES
    )
    below_in = lettering.height_in(note, style.LEAST_PT)
    figure = style.page(
        title,
        line,
        _header_in(grid.columns, cell_in) + sum(heights) * ROW_IN,
        page,
        handles=_handles(grid),
        caption="Chance that a receiver is told unasked",
        foot_in=below_in + 0.1,
    )
    panel = style.free_panel(figure, names_in, sum(heights) * ROW_IN)
    panel.set_xlim(0, (page - names_in) / cell_in)
    panel.set_ylim(sum(heights), 0)
    for box in grid.boxes:
        place = grid.rows.index(box.row)
        high = heights[place] + (heights[place + 1] if box.both_rows else 0)
        _box(panel, box, (grid.columns.index(box.column), tops[place], high))
    _headings(panel, grid.columns, cell_in)
    for row, name, top, high in zip(grid.rows, names, tops, heights, strict=True):
        panel.text(-0.08, top + high / 2, name, ha="right", va="center", fontsize=style.SMALL_PT)
        if row.which == "own" and matrix.seeing and row.sender not in matrix.seeing:
            _aside(panel, top + high / 2, SEES_NONE, name.count("\n"))
    figure.text(
        style.MARGIN_IN / page,
        0.05 / figure.get_figheight(),
        note,
        va="bottom",
        fontsize=style.LEAST_PT,
        color="0.25",
    )
    return figure


def _row_name(row: Row) -> str:
    which = f", {row.which}" if row.which else ""
    return lettering.wrapped(f"{row.sender}{which}", NAMES_IN, style.SMALL_PT, most=2)


def _width_in(text: str, size_pt: float) -> float:
    return max(lettering.width_in(line, size_pt) for line in text.split("\n"))


def _aside(panel: Axes, height: float, text: str, lines: int) -> None:
    """Write a small remark below the name of a row."""
    look: dict[str, Any] = {
        "ha": "right",
        "va": "center",
        "fontsize": style.LEAST_PT,
        "color": style.GREY,
    }
    down = LINE_PT * (1 + lines / 2)
    panel.text(-0.08, height, text, transform=_moved(panel, -down), **look)


def _rows(grid: Grid) -> tuple[list[float], list[float]]:
    """Return upper edge and height of each row; a row with a split box is higher."""
    heights = [
        1.8 if any(box.is_split and box.row == row for box in grid.boxes) else 1.0
        for row in grid.rows
    ]
    return [sum(heights[:number]) for number in range(len(heights))], heights


def _box(panel: Axes, box: Box, where: tuple[float, float, float]) -> None:
    left, top, high = where
    gid = "|".join(
        (box.row.sender, *box.column, "any" if box.both_rows else box.row.which or "any")
    )
    if not box.is_split:
        _part(panel, box.unconcerned, where, f"{gid}|any")
        return
    half = high / 2
    _part(panel, box.unconcerned, (left, top, half), f"{gid}|unconcerned")
    _part(panel, box.concerned, (left, top + half, half), f"{gid}|concerned")
    panel.plot(
        [left + GAP, left + GAP],
        [top + half + GAP, top + high - GAP],
        color="black",
        linewidth=2.2,
        solid_capstyle="butt",
        clip_on=False,
    )


def _part(panel: Axes, cell: Cell, where: tuple[float, float, float], gid: str) -> None:
    from matplotlib.patches import Rectangle

    left, top, high = where
    never = is_never(cell)
    stopped = not cell.lawful and not never
    told = max(grant.push for grant in cell.grants) if cell.lawful else 0.0
    look: dict[str, Any] = {"facecolor": SHADES[shade(told)], "edgecolor": EDGE, "linewidth": 0.5}
    patch = Rectangle((left, top), 1, high, hatch=HATCH if stopped else None, clip_on=False, **look)
    panel.add_patch(patch)
    white = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none"}
    panel.text(
        left + 0.5,
        top + high / 2,
        words(cell),
        ha="center",
        va="center",
        fontsize=style.LEAST_PT,
        linespacing=1.15,
        color=style.GREY if never else "black",
        bbox=white if stopped else None,
        gid=gid,
    )


def shade(chance: float) -> int:
    """Return the number in `SHADES` of a chance of being told."""
    return 1 + sum(chance >= step for step in STEPS) if chance else 0


def _header_in(columns: Sequence[Column], cell_in: float) -> float:
    """Return the height of the headings."""
    return (_names_pt(columns, cell_in) + 2 * LINE_PT) / lettering.POINTS_IN


def _names_pt(columns: Sequence[Column], cell_in: float) -> float:
    instruments, receivers = (
        max(broken(getattr(column, name), cell_in).count("\n") + 1 for column in columns)
        for name in ("instrument", "receiver")
    )
    return 6 + SMALL_PT * instruments + LINE_PT * receivers


def _headings(panel: Axes, columns: Sequence[Column], cell_in: float) -> None:
    """Name the receivers and instruments, and bracket the receivers in one place."""
    instruments = [broken(column.instrument, cell_in) for column in columns]
    tall = max(text.count("\n") + 1 for text in instruments)
    for place, column in enumerate(columns):
        _above(panel, place + 0.5, 3, instruments[place], color=style.GREY)
        _above(panel, place + 0.5, 5 + SMALL_PT * tall, broken(column.receiver, cell_in))
    points = _names_pt(columns, cell_in)
    for reach in REACHES:
        inside = [place for place, column in enumerate(columns) if column.reach == reach]
        if inside:
            ends = inside[0] + GAP, inside[-1] + 1 - GAP
            title = lettering.wrapped(
                REACH_TITLES[reach], cell_in * len(inside), style.LEAST_PT, bold=True, most=2
            )
            _above(panel, ends[0], points + 3, title, ha="left", fontweight="bold")
            _rule(panel, ends, points)


def _rule(panel: Axes, ends: tuple[float, float], points: float) -> None:
    """Draw a line above the matrix, `points` from its upper edge."""
    moved = _moved(panel, points)
    panel.plot(ends, (0, 0), transform=moved, color="0.3", linewidth=0.9, clip_on=False)


def _above(panel: Axes, at: float, points: float, text: str, **look: Any) -> None:  # noqa: ANN401
    """Write above the matrix, `points` from its upper edge."""
    look = {"ha": "center", "va": "bottom", "fontsize": style.LEAST_PT, "linespacing": 1.1, **look}
    panel.text(at, 0, text, transform=_moved(panel, points), **look)


def _moved(panel: Axes, points: float) -> Transform:
    """Return the coordinates of a panel, moved up by some points."""
    from matplotlib.transforms import ScaledTranslation

    return panel.transData + ScaledTranslation(
        0, points / lettering.POINTS_IN, panel.figure.dpi_scale_trans
    )


def broken(name: str, room_in: float) -> str:
    """Break a name at points, and where it is too long for a column."""
    parts = name.split(".")
    return "\n".join(
        lettering.wrapped(part, room_in - 0.04, style.LEAST_PT, most=3) for part in parts
    )


def _handles(grid: Grid) -> list[Artist]:
    """Explain shades, hatches and marks."""
    from matplotlib.patches import Patch

    def patch(face: str, label: str, hatch: str = "") -> Artist:
        return Patch(facecolor=face, edgecolor=EDGE, linewidth=0.6, hatch=hatch, label=label)

    edges = [f"below {percent(STEPS[0])}"]
    edges += [f"{low:.0%} to {high:.0%}" for low, high in pairwise(STEPS)]
    edges += [f"{percent(STEPS[-1])} or more"]
    faces = zip(SHADES, ["not told unasked", *edges], strict=True)
    handles = [patch(face, label) for face, label in faces]
    if any(not cell.lawful and not is_never(cell) for cell in _cells(grid)):
        handles.append(patch("white", "refused by law", HATCH))
    if any(box.is_split for box in grid.boxes):
        from matplotlib.lines import Line2D

        line: dict[str, Any] = {"color": "black", "linestyle": "", "markersize": 10}
        handles.append(
            Line2D([], [], marker="|", markeredgewidth=2.2, label="if it has contributed", **line)
        )
    return handles


def _cells(grid: Grid) -> list[Cell]:
    return [cell for box in grid.boxes for cell in (box.unconcerned, box.concerned)]


def _note(grid: Grid) -> str:
    """Explain the marks that occur, and name the receivers that are left out."""
    text = "\n".join(map(words, _cells(grid)))
    marks = {
        "%": "Below the chance: median time until it arrives.",
        "? ": "? chance and median time of an answer to a request.",
        "? hit": "? hit: the answer says only that there is a match.",
        "~": "~ scaled by trust; without it, an obligation.",
        ONWARD["forbidden"]: f"{ONWARD['forbidden']} may not be passed on.",
        ONWARD["permission"]: f"{ONWARD['permission']} passed on only if the originator permits.",
        "auto": "auto: taken by machine, unread.",
        NEVER: f"{NEVER} never; empty: no channel.",
    }
    said = [words for mark, words in marks.items() if mark in text]
    if grid.left_out:
        names = ", ".join(f"{c.receiver} over {c.instrument} ({c.reach})" for c in grid.left_out)
        said.append(f"Told nothing: {names}.")
    return " ".join(said)
