"""Organisations and the instruments that join them, drawn for two states that stand for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.figures import lettering, style
from experiments.outcomes import F64
from experiments.show.links import Link, desks_of
from experiments.show.wording import delay_words
from scenarios.schema import Place, UnitKind

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES_IN: Final = 0.98
"""Room on the left for what the rows are."""
RIGHT_IN: Final = 0.1
NODE_IN: Final = (0.9, 0.44)
STEP_IN: Final = 1.04
LEAST_COLUMNS: Final = 5
GAP_IN: Final = 1.5
"""Between rows of desks."""
BOX_IN: Final = 0.4
"""From the middle of a desk to the border of its state."""
SIDE_IN: Final = 0.3
"""Between parallel lines."""
FAR_IN: Final = 1.5
FAR_SHARE: Final = 0.3
"""A line that runs this far aside has its name near its start, clear of what it crosses."""
NAME_IN: Final = 0.8
"""Longest line in a name beside a line."""
RISE_IN: Final = 0.13
"""Height of a curve for each inch that it spans."""
NO_PERSONAL: Final = (0, (2, 1.5))
"""Border of a desk that may hold no personal data."""
LEVEL_IN: Final = 0.1
"""Least difference in height of desks in different rows."""


Spot = tuple[str, str]
"""Row (empty: bodies) and kind of a desk."""


@dataclass(frozen=True)
class Look:
    """How an instrument is drawn."""

    color: str
    line: style.Line


def draw(links: Sequence[Link], place: Place, title: str, line: str) -> Figure:
    """Draw the network of a scenario or a place.

    Every state has the desks and channels of the two that are drawn. Links to bodies are drawn
    above the first state, those inside a state below the second, those between states between.
    """
    desks = desks_of(links, place)
    national = [kind for kind in desks if kind in place.national]
    bodies = _ordered([kind for kind in desks if kind not in place.national], national, links)
    columns = max(len(national), len(bodies), LEAST_COLUMNS)
    page = max(style.WIDTH_IN, NAMES_IN + RIGHT_IN + STEP_IN * columns)
    other = max(BOX_IN, _rise(links, "same-member", national, page)) + 0.04
    state = other + GAP_IN
    top = state + GAP_IN + max(BOX_IN, _rise(links, "body", bodies, page))
    used = dict.fromkeys(link.instrument for link in links)
    looks = _looks(place, list(used))
    figure = style.page(
        title,
        line,
        top,
        page,
        handles=_handles(place, looks),
        caption="Instruments: highest classification, delay (median / 95% are within)",
    )
    panel = style.free_panel(figure)
    where = {
        **_row("", bodies, state + GAP_IN, page),
        **_row("state", national, state, page),
        **_row("other", national, other, page),
    }
    _frames(panel, page, (other, state, state + GAP_IN))
    _draw_links(panel, links, where, looks)
    for (_, kind), at in where.items():
        _desk(panel, kind, desks[kind], at)
    return figure


def _ordered(bodies: list[str], national: list[str], links: Sequence[Link]) -> list[str]:
    """Put bodies above the desks that they deal with, those that deal with bodies alone last."""

    def middle(body: str) -> float:
        ends = [{link.first, link.second} for link in links]
        found = [n for n, kind in enumerate(national) if {kind, body} in ends]
        return float(np.mean(found)) if found else float(len(national))

    return sorted(bodies, key=middle)


def _row(row: str, kinds: Sequence[str], height: float, page: float) -> dict[Spot, F64]:
    """Spread desks evenly over the page."""
    step = (page - NAMES_IN - RIGHT_IN) / max(len(kinds), 1)
    return {
        (row, kind): np.array([NAMES_IN + step * (number + 0.5), height])
        for number, kind in enumerate(kinds)
    }


def _rise(links: Sequence[Link], among: str, kinds: list[str], page: float) -> float:
    """Return the room that curves need between desks of a row."""
    at = {kind: point for (_, kind), point in _row("", kinds, 0.0, page).items()}
    spans = [
        abs(float(at[link.first][0] - at[link.second][0]))
        for link in links
        if link.among == among and {link.first, link.second} <= set(at)
    ]
    return _height(max(spans)) + 0.1 if spans else 0.0


def _height(span: float) -> float:
    """Return how far the top of a curve is from the middle of its desks."""
    return NODE_IN[1] / 2 + 0.12 + RISE_IN * span


def _looks(place: Place, used: Sequence[str]) -> dict[str, Look]:
    return {
        name: Look(style.DARK[style.ORDER[n % len(style.ORDER)]], style.LINES[n % len(style.LINES)])
        for n, name in enumerate(name for name in place.instruments if name in used)
    }


def _frames(panel: Axes, page: float, heights: tuple[float, float, float]) -> None:
    """Frame the desks of each of the two states, and say what the rows are."""
    from matplotlib.patches import FancyBboxPatch

    other, state, bodies = heights
    names = ("every other\nMember State", "a\nMember State", "bodies\nof the Union")
    for height, depth, name in zip((other, state, bodies), (other, BOX_IN, 0), names, strict=True):
        panel.text(
            0.1, height, name, va="center", fontsize=style.SMALL_PT, fontweight="bold", color="0.25"
        )
        if depth:
            box = FancyBboxPatch(
                (0.06, height - depth + 0.02),
                page - 0.12,
                depth + BOX_IN - 0.02,
                boxstyle="round,pad=0,rounding_size=0.12",
                facecolor="#f3f3f1",
                edgecolor="0.78",
                linewidth=0.8,
                zorder=0,
            )
            panel.add_patch(box)


def _draw_links(
    panel: Axes, links: Sequence[Link], where: Mapping[Spot, F64], looks: Mapping[str, Look]
) -> None:
    bundles: dict[tuple[Spot, Spot], list[Link]] = defaultdict(list)
    for link in links:
        bundles[_ends(link, where)].append(link)
    for (one, other), bundle in bundles.items():
        for place, link in enumerate(bundle):
            beside = place - (len(bundle) - 1) / 2
            path = _path(where[one], where[other], SIDE_IN * beside, up=link.among == "body")
            look = looks[link.instrument]
            panel.plot(
                *path.T,
                color=look.color,
                linestyle=look.line,
                linewidth=1.7,
                zorder=2,
                gid=f"{link.first}|{link.second}|{link.instrument}|{link.among}",
            )
            if link.among != "same-member":  # inside a state there is room for the legend only
                _name(panel, link, path, beside)


def _ends(link: Link, where: Mapping[Spot, F64]) -> tuple[Spot, Spot]:
    """Return between which desks of the picture a link is drawn."""
    first, second = {
        "body": ("state", "state"),
        "same-member": ("other", "other"),
        "neighbours": ("state", "other"),
        "all": ("state", "other"),
    }[link.among]
    one, other = ("", link.first), ("", link.second)
    return (
        one if one in where else (first, link.first),
        other if other in where else (second, link.second),
    )


def _path(start: F64, end: F64, aside: float, *, up: bool) -> F64:
    """Return the points of a line: straight between rows, curved up or down within one."""
    if abs(start[1] - end[1]) > LEVEL_IN:
        return np.asarray(np.stack([start, end]) + np.array([aside, 0.0]))
    away = _height(abs(float(end[0] - start[0]))) + abs(aside)
    turn = np.linspace(0, np.pi, 41)
    x = start[0] + (end[0] - start[0]) * (1 - np.cos(turn)) / 2
    side = 1.0 if up else -1.0
    return np.stack([x, start[1] + side * away * np.sin(turn) ** 0.7], axis=1)


def _name(panel: Axes, link: Link, path: F64, beside: float) -> None:
    """Write the instrument on its line; of parallel lines, the outer ones have it outside."""
    if len(path) > len(("start", "end")):
        at = path[len(path) // 2]
    else:
        way = path[1] - path[0]
        share = FAR_SHARE if abs(way[0]) > FAR_IN else 0.5 + 0.14 * beside
        at = path[0] + share * way
    text = lettering.wrapped(link.instrument, NAME_IN, style.LEAST_PT, most=3)
    if link.among == "neighbours":
        text = f"{text}\n(neighbours)"
    width = max(lettering.width_in(line, style.LEAST_PT) for line in text.split("\n"))
    side = int(np.sign(beside))
    middle = float(at[0]) + side * (0.05 + width / 2)
    edge = panel.get_xlim()[1] - style.MARGIN_IN - width / 2
    panel.text(
        min(middle, edge),
        float(at[1]),
        text,
        ha="center",
        va="center",
        fontsize=style.LEAST_PT,
        linespacing=0.95,
        bbox={
            "boxstyle": "round,pad=0.12",
            "facecolor": "white",
            "edgecolor": "none",
            "alpha": 0.92,
        },
        zorder=3,
    )


def _desk(panel: Axes, kind: str, spec: UnitKind, at: F64) -> None:
    from matplotlib.patches import FancyBboxPatch

    wide, high = NODE_IN
    box = FancyBboxPatch(
        (float(at[0]) - wide / 2, float(at[1]) - high / 2),
        wide,
        high,
        boxstyle="round,pad=0.02,rounding_size=0.06",
        facecolor="white",
        edgecolor="black",
        linewidth=1.0,
        linestyle="-" if spec.personal_data else NO_PERSONAL,
        zorder=4,
    )
    panel.add_patch(box)
    most = 3 if spec.where == "everywhere" else 2
    parts = kind.split(".")
    lines = [
        lettering.wrapped(part, wide - 0.04, style.LEAST_PT, most=max(1, most // len(parts)))
        for part in parts
    ]
    if spec.where != "everywhere":
        lines.append("(some states)")
    panel.text(
        float(at[0]),
        float(at[1]),
        "\n".join(lines),
        ha="center",
        va="center",
        fontsize=style.LEAST_PT,
        linespacing=1.0,
        zorder=5,
    )


def _handles(place: Place, looks: Mapping[str, Look]) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Artist] = []
    for name, look in looks.items():
        spec = place.instruments[name]
        label = f"{name}: up to {spec.clearance}, {delay_words(spec.latency)}"
        handles.append(Line2D([], [], color=look.color, linestyle=look.line, label=label))
    handles.append(
        Patch(
            facecolor="white",
            edgecolor="black",
            linestyle=NO_PERSONAL,
            label="desk that may hold no personal data",
        )
    )
    return handles
