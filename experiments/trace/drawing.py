"""The story of a lane as a timeline: a row for each organisation, the world on top."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.errors import UserError
from experiments.figures import METADATA, lettering, style
from experiments.store import FIGURES, make_folder, whole
from experiments.trace.rows import Line, arrows_of, lines_of, shown_rows
from experiments.trace.wording import listed

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from experiments.trace.comparing import Comparison
    from experiments.trace.story import Story

NAMES_IN: Final = 1.25
"""Longest line in the name of a row."""
ROW_IN: Final = 0.3
WORLD_ROWS: Final = 2.1
"""Height of what happens in the world, in rows."""
LATE: Final = 0.08
"""Share of the run from which an empty beginning is left out, but for a `MARGIN`."""
MARGIN: Final = 0.02
HOURS: Final = 5.0
"""Runs up to so many days have an axis in hours."""

TRACE: Final = "0.15"
WAIT: Final = "#cf8a21"
TELL: Final = "#0173b2"
CASE: Final = "#c3e6db"
ACTION: Final = "#d55e00"
WORLD: Final = "#5b2a86"

LABEL_IN: Final = 1.7
"""Longest label of what happens in the world."""
LEVELS: Final = 3


@dataclass(frozen=True)
class Scale:
    """The time axis; an empty beginning is left out, and what comes after the last mark."""

    unit: str
    per_tick: float
    begin: float
    end: float

    @property
    def width(self) -> float:
        """What it shows, in its unit."""
        return self.end - self.begin


def draw(story: Story, both: Comparison | None, path: Path | None = None) -> Path:
    """Draw the timeline of a story, or of two one below the other; return the file written.

    Raises
    ------
    UserError
        If the file's name does not say PNG or SVG.
    """
    stories = [story] if both is None else [both.one, both.other]
    if path is None:
        names = "-".join(one.lane.policy.name for one in stories).replace(" ", "")
        folder = story.lane.folder / FIGURES
        make_folder(folder)
        lane = story.lane
        setting = f"-setting-{lane.setting}" if lane.setting else ""
        path = folder / f"trace-{names}-{lane.replication}{setting}.png"
    kind = path.suffix.removeprefix(".").lower()
    if kind not in METADATA:
        raise UserError(
            f"--picture {path}", "a picture is a PNG or an SVG file", "end its name in .png or .svg"
        )
    with style.settings():
        figure = timeline(stories, both)
        with whole(path) as temporary:
            figure.savefig(temporary, format=kind, dpi=style.DPI, metadata=METADATA[kind])
    return path


def timeline(stories: Sequence[Story], both: Comparison | None) -> Figure:
    """Return the figure; call it within `style.settings`."""
    first = stories[0]
    layout = first.events.layout
    lines = [lines_of(story) for story in stories]
    rows = shown_rows(lines, frozenset(layout.groups) - frozenset(layout.places))
    panel_in = 0.4 + ROW_IN * (len(rows) + WORLD_ROWS)
    figure = style.page(
        _title(stories), _data(first), 0.3 + panel_in * len(stories), handles=_handles()
    )
    panels = figure.subplots(len(stories), 1, sharex=True, squeeze=False)[:, 0].tolist()
    scale = _scale(stories, lines, rows)
    for panel, story, drawn in zip(panels, stories, lines, strict=True):
        _panel(panel, story, drawn, rows, scale)
        _left_out(panel, drawn, rows)
        if len(stories) > 1:
            name = lettering.wrapped(story.lane.policy.name, 2.5, style.TEXT_PT, most=2)
            panel.set_title(name, fontweight="bold")
    panels[-1].set_xlabel(scale.unit)
    panels[0].set_xlim(scale.begin, scale.end)
    if both is not None and both.subject_parting is not None:
        _mark_parting(panels, both.subject_parting.tick * scale.per_tick)
    return figure


def _title(stories: Sequence[Story]) -> str:
    names = " against ".join(story.lane.policy.name for story in stories)
    what = "One lane" if len(stories) == 1 else "One world"
    return f"{what} of {stories[0].events.layout.scenario.scenario}: {names}"


def _data(story: Story) -> str:
    lane = story.lane
    subjects = listed([chapter.subject.name for chapter in story.chapters], 4)
    setting = f"setting {lane.setting}, " if lane.setting else ""
    return f"{setting}replication {lane.replication}, seed {lane.seed}; about {subjects}"


def _scale(
    stories: Sequence[Story], drawn: Sequence[dict[str, Line]], rows: Sequence[str]
) -> Scale:
    clock, horizon = stories[0].events.clock, stories[0].events.horizon
    world = [
        deed.tick
        for story in stories
        for chapter in story.chapters
        for deed in chapter.deeds
        if deed.kind == "world"
    ]
    lines = [line for side in drawn for line in side.values()]
    first = min([*world, *(line.start for line in lines)], default=0.0)
    last = max([*world, *(line.end for line in lines if line.name in rows)], default=math.inf)
    begin = max(0.0, first - MARGIN * horizon) if first > LATE * horizon else 0.0
    end = min(horizon, last + MARGIN * horizon) if last > begin else horizon
    in_hours = clock.days(end - begin) <= HOURS
    per_tick = clock.tick_h if in_hours else clock.tick_h / 24
    return Scale("hour" if in_hours else "day", per_tick, begin * per_tick, end * per_tick)


def _panel(
    panel: Axes, story: Story, lines: dict[str, Line], rows: Sequence[str], scale: Scale
) -> None:
    from matplotlib.ticker import MaxNLocator

    for place, name in enumerate(rows):
        if place % 2 == 0:
            panel.axhspan(place - 0.5, place + 0.5, color="0.965", linewidth=0, zorder=0)
        _row(panel, lines.get(name, Line(name)), place, scale)
    _arrows(panel, story, rows, scale)
    _world(panel, story, scale)
    panel.set_ylim(len(rows) - 0.5, -0.5 - WORLD_ROWS)
    panel.set_yticks([-0.5 - WORLD_ROWS / 2, *range(len(rows))], ["world", *_names(story, rows)])
    panel.tick_params(axis="y", length=0)
    panel.grid(axis="y", visible=False)
    panel.axhline(-0.5, color="0.3", linewidth=0.8)
    panel.xaxis.set_major_locator(MaxNLocator(9, steps=[1, 2, 5, 10], integer=True))


def _names(story: Story, rows: Sequence[str]) -> list[str]:
    members = story.events.layout.atlas.members
    names = [members[name].name if name in members else name for name in rows]
    return [lettering.wrapped(name, NAMES_IN, style.SMALL_PT, most=2) for name in names]


def _row(panel: Axes, line: Line, place: int, scale: Scale) -> None:
    """Draw traces in the upper part of a row, waits in the middle, work in the lower part."""
    at = scale.per_tick
    panel.broken_barh(
        [(start * at, (end - start) * at) for start, end in line.waits],
        (place - 0.16, 0.32),
        facecolor=WAIT,
        alpha=0.22,
        linewidth=0,
        zorder=1,
    )
    panel.broken_barh(
        [(start * at, (end - start) * at) for start, end in line.cases],
        (place + 0.22, 0.2),
        facecolor=CASE,
        edgecolor="0.35",
        linewidth=0.6,
        zorder=2,
    )
    panel.vlines(
        [tick * at for tick in line.traces], place - 0.42, place - 0.2, color=TRACE, linewidth=0.9
    )
    panel.vlines(
        [tick * at for tick in line.steps], place + 0.22, place + 0.42, color="0.2", linewidth=1.1
    )
    _points(panel, line.actions, place + 0.32, scale, marker="*", color=ACTION, size=9)
    _points(panel, line.recognitions, place, scale, marker="D", color="black", size=6)


def _points(
    panel: Axes,
    ticks: Sequence[float],
    height: float,
    scale: Scale,
    *,
    marker: str,
    color: str,
    size: float,
) -> None:
    panel.plot(
        [tick * scale.per_tick for tick in ticks],
        [height] * len(ticks),
        linestyle="",
        marker=marker,
        markersize=size,
        color=color,
        markeredgecolor="black" if marker == "*" else "white",
        markeredgewidth=0.5,
        zorder=5,
    )


def _arrows(panel: Axes, story: Story, rows: Sequence[str], scale: Scale) -> None:
    at = {name: place for place, name in enumerate(rows)}
    for arrow in arrows_of(story, rows):
        panel.annotate(
            "",
            (arrow.arrived * scale.per_tick, at[arrow.receiver]),
            (arrow.sent * scale.per_tick, at[arrow.sender]),
            arrowprops={
                "arrowstyle": "-|>,head_length=0.28,head_width=0.13",
                "color": TELL,
                "alpha": 0.6,
                "linewidth": 0.8,
                "shrinkA": 0,
                "shrinkB": 1.5,
            },
            zorder=3,
        )


def _world(panel: Axes, story: Story, scale: Scale) -> None:
    """Draw what happens in the world, with words for as much as there is room for."""
    deeds = [d for chapter in story.chapters for d in chapter.deeds if d.kind == "world"]
    several = len({deed.actor for deed in deeds}) > 1
    texts: dict[float, list[str]] = {}
    for deed in sorted(deeds, key=lambda deed: deed.tick):
        said = f"{deed.actor}: {deed.text}" if several else deed.text
        texts.setdefault(deed.tick, []).append(said)
    level_ends = [scale.begin] * LEVELS
    foot = -0.68
    for tick, at_once in texts.items():
        x = tick * scale.per_tick
        _points(panel, [tick], foot, scale, marker="v", color=WORLD, size=6)
        text = lettering.wrapped(at_once[0], LABEL_IN, style.LEAST_PT, most=1)
        if len(at_once) > 1:
            text += f" (+{len(at_once) - 1})"
        axis_in = style.WIDTH_IN - NAMES_IN - 0.2
        width = (lettering.width_in(text, style.LEAST_PT) + 0.06) / axis_in * scale.width
        left = min(x, scale.end - width)
        level = next((n for n, end in enumerate(level_ends) if end <= left), None)
        if level is None:
            continue
        level_ends[level] = left + width
        height = foot - 0.42 - level * 0.5
        panel.plot([x, x], [foot, height + 0.18], color=WORLD, linewidth=0.5, zorder=1)
        panel.annotate(
            text,
            (left, height),
            xytext=(2, 0),
            textcoords="offset points",
            fontsize=style.LEAST_PT,
            color=WORLD,
            va="center",
            zorder=6,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
        )


def _left_out(panel: Axes, lines: dict[str, Line], rows: Sequence[str]) -> None:
    """Say who else recognised it, without a row."""
    others = [n for n, line in lines.items() if line.recognitions and n not in rows]
    if others:
        panel.text(
            1.0,
            1.0,
            lettering.wrapped(f"recognised too: {listed(sorted(others), 20)}", 3.4, style.LEAST_PT),
            transform=panel.transAxes,
            ha="right",
            va="bottom",
            fontsize=style.LEAST_PT,
            color=style.GREY,
        )


def _mark_parting(panels: Sequence[Axes], x: float) -> None:
    for panel in panels:
        panel.axvline(x, color="black", linestyle=(0, (2, 1.5)), linewidth=1.1, zorder=4)
    panels[0].annotate(
        "here they part",
        (x, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(4, -3),
        textcoords="offset points",
        va="top",
        fontsize=style.LEAST_PT,
        style="italic",
    )


def _handles() -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def mark(label: str, marker: str, color: str, size: float, edge: str = "") -> Line2D:
        return Line2D(
            [],
            [],
            linestyle="",
            marker=marker,
            markersize=size,
            color=color,
            markeredgecolor=edge or color,
            markeredgewidth=0.5 if edge else 1.0,
            label=label,
        )

    return [
        mark("trace seen", "|", TRACE, 7),
        Line2D(
            [], [], color=TELL, alpha=0.7, linewidth=1.1, marker=">", label="told, and mattered"
        ),
        Patch(facecolor=WAIT, alpha=0.45, label="waits unread (darker: more)"),
        mark("recognised", "D", "black", 6),
        Patch(facecolor=CASE, edgecolor="0.35", label="works on it (lines: steps)"),
        mark("does something", "*", ACTION, 9, "black"),
        mark("happens in the world", "v", WORLD, 6),
    ]
