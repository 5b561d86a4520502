"""The chart of a procedure as a picture: what follows what, and what happens otherwise.

Steps follow each other downward. What is done in a case stands to the right of the step that it
belongs to, and comes back to the next step below if it does not end the case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from experiments.figures import lettering, style
from experiments.show.charts import IF, done_words, of_words, start_words
from scenarios.schema import ChartStep, Procedure

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GUTTER_IN: Final = 0.34
"""Between columns of boxes; arrows to what is done in a case run there."""
LEFT_IN: Final = 0.1
GAP_IN: Final = 0.18
"""Between a box and the next one below."""
PAD_IN: Final = 0.06
"""Around the words in a box."""
SLANT_IN: Final = 0.1
"""How far the ends of a question reach in."""
WIDTHS_IN: Final = {1: (4.6,), 2: (3.3, 2.46), 3: (2.32, 1.85, 1.25)}
"""Widths of the columns, by how many there are; together with the gutters they fill a page."""
LEAST_IN: Final = 1.25
"""Width of each column where there are more: then the picture is wider than a page."""
SIDE_IN: Final = 0.16
"""From the top of a box to the arrows at its side, if it is high."""
MOST_LINES: Final = 14
EDGE: Final = "0.25"

_IN_NUMBERS: Final = re.compile(r"\([^()]*\d[^()]*\)")
"""What is in brackets and has numbers stays on one line."""

KINDS: Final = {
    "take": "people",
    "give": "people",
    "wait": "time",
    "hear": "time",
    "gather": "time",
    "join": "time",
    "test": "question",
    "check": "question",
    "chance": "question",
    "close": "end",
}
"""What a step is drawn as; the others are deeds."""
FILLS: Final = {
    "start": "0.25",
    "people": "0.86",
    "time": "white",
    "question": "0.94",
    "deed": "white",
    "end": "0.25",
}
NAMED: Final = {
    "people": "people come or go",
    "time": "time passes",
    "question": "a question: one way or the other",
    "deed": "something is done",
    "end": "the case begins, or ends",
}


@dataclass
class Node:
    """A box with words; places are inches from the top left corner."""

    words: str
    kind: str
    left: float
    top: float
    width: float

    @property
    def height(self) -> float:
        """As high as its words need."""
        return lettering.height_in(self.words, style.LEAST_PT) + 2 * PAD_IN

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.top + self.height

    @property
    def middle(self) -> float:
        """Half way across."""
        return self.left + self.width / 2


class End(NamedTuple):
    """A box from which the chart goes on."""

    node: Node
    clear: float
    """Height below which nothing is in the way on the left of it."""


@dataclass
class Flow:
    """Everything that is drawn of a chart."""

    nodes: list[Node] = field(default_factory=list)
    labels: list[Node] = field(default_factory=list)
    """In which case a branch is gone, above its first box."""
    arrows: list[list[tuple[float, float]]] = field(default_factory=list)
    """Corners of each, the last one is its point."""
    height: float = 0.0


class Layout:
    """Boxes and arrows of a chart, one below the other."""

    def __init__(self, procedure: Procedure) -> None:
        self._procedure, self.flow = procedure, Flow()
        columns = _depth(procedure.steps)
        self.widths = WIDTHS_IN.get(columns, (LEAST_IN,) * columns)
        self.page = LEFT_IN * 2 + sum(self.widths) + GUTTER_IN * (columns - 1)
        said = f"{of_words(procedure.of)}: begins {start_words(procedure.starts)}"
        first = self._node(said, "start", 0, 0.0)
        begun = [End(first, first.bottom)]
        ends, top = self._steps(procedure.steps, 0, first.bottom + GAP_IN, begun)
        if ends:
            self._down(ends, self._node("ends: done", "end", 0, top))
        self.flow.height = max(node.bottom for node in self.flow.nodes)

    def _node(self, words: str, kind: str, column: int, top: float) -> Node:
        width = self.widths[column]
        room = width - 2 * PAD_IN - (2 * SLANT_IN if kind == "question" else 0.0)
        kept = _IN_NUMBERS.sub(lambda found: found[0].replace(" ", "\u00a0"), words)
        said = lettering.wrapped(kept, room, style.LEAST_PT, most=MOST_LINES)
        node = Node(said, kind, self._left(column), top, width)
        self.flow.nodes.append(node)
        return node

    def _left(self, column: int) -> float:
        return LEFT_IN + sum(self.widths[:column]) + GUTTER_IN * column

    def _steps(
        self, steps: Sequence[ChartStep], column: int, top: float, before: list[End]
    ) -> tuple[list[End], float]:
        """Lay steps out below each other; return what goes on from them, and where that may be."""
        for step in steps:
            kind = KINDS.get(step.done[0], "deed")
            node = self._node(done_words(self._procedure, step), kind, column, top)
            self._down(before, node)
            returning, below = self._branches(step, node, column)
            ends = step.close is not None or _goes_both_ways(step)
            before = [*([] if ends else [End(node, node.bottom)]), *returning]
            top = max(node.bottom, below) + GAP_IN
        return before, top

    def _branches(self, step: ChartStep, node: Node, column: int) -> tuple[list[End], float]:
        """Lay out what is done in some case, to the right of a step; return where it ends, too."""
        returning: list[End] = []
        top = node.top
        for branch, steps in step.branches():
            label = self._label(IF[branch], column + 1, top)
            first = len(self.flow.nodes)
            ends, top = self._steps(steps, column + 1, label.bottom, [])
            self._aside(node, self.flow.nodes[first])
            returning += [End(one.node, max(one.clear, node.bottom)) for one in ends]
            if ends:
                top = max(top, node.bottom + GAP_IN)
        return returning, top - GAP_IN

    def _label(self, words: str, column: int, top: float) -> Node:
        room = self.widths[column]
        said = lettering.wrapped(f"if {words}:", room, style.LEAST_PT, most=MOST_LINES)
        label = Node(said, "label", self._left(column), top - PAD_IN, room)
        self.flow.labels.append(label)
        return label

    def _down(self, before: Sequence[End], node: Node) -> None:
        """Draw arrows to a box from those above it, and from those on its right."""
        for one, clear in before:
            corners = [(one.middle, one.bottom)]
            if one.left != node.left:
                height = clear + GAP_IN / 2
                corners += [(one.middle, height), (node.middle, height)]
            self.flow.arrows.append([*corners, (node.middle, node.top)])

    def _aside(self, node: Node, first: Node) -> None:
        """Draw an arrow from the side of a box to the first box of a branch."""
        right = node.left + node.width
        start, height = _side(node), _side(first)
        turn = right + GUTTER_IN / 2
        corners = [(right, start), (turn, start), (turn, height), (first.left, height)]
        self.flow.arrows.append(corners)


def _side(node: Node) -> float:
    """Return the height at which arrows leave and reach the sides of a box."""
    half = node.height / 2
    return node.top + (half if node.kind == "question" else min(half, SIDE_IN))


def _goes_both_ways(step: ChartStep) -> bool:
    """Whether all that follows a step stands in its branches."""
    return step.chance is not None and bool(step.chance.then and step.chance.otherwise)


def _depth(steps: Sequence[ChartStep]) -> int:
    inner = [_depth(one) for step in steps for _, one in step.branches()]
    return 1 + max(inner, default=0)


# Drawing -----------------------------------------------------------------------------------------


def draw(procedure: Procedure) -> Figure:
    """Draw the chart of a procedure."""
    layout = Layout(procedure)
    flow = layout.flow
    figure = style.page(
        f"{procedure.procedure}: the course of a case",
        f"{procedure.meaning}. Delays are median / 95% are within",
        flow.height + 0.1,
        max(layout.page, style.WIDTH_IN),
        handles=_handles({node.kind for node in flow.nodes}),
    )
    panel = style.free_panel(figure)
    panel.set_ylim(flow.height + 0.05, -0.05)
    for corners in flow.arrows:
        _arrow(panel, corners)
    for node in flow.nodes:
        _box(panel, node)
    for label in flow.labels:
        panel.text(
            label.left,
            label.top + PAD_IN,
            label.words,
            va="top",
            fontsize=style.LEAST_PT,
            fontstyle="italic",
        )
    return figure


def _box(panel: Axes, node: Node) -> None:
    from matplotlib.patches import FancyBboxPatch, Polygon

    look: dict[str, Any] = {
        "facecolor": FILLS[node.kind],
        "edgecolor": EDGE,
        "linewidth": 0.8,
        "zorder": 2,
    }
    if node.kind == "question":
        panel.add_patch(Polygon(list(_pointed(node)), closed=True, **look))
    else:
        round_in = {"time": 0.12, "start": 0.12, "end": 0.12}.get(node.kind, 0.0)
        shape = f"round,pad=0,rounding_size={round_in}" if round_in else "square,pad=0"
        corner = node.left, node.top
        panel.add_patch(FancyBboxPatch(corner, node.width, node.height, boxstyle=shape, **look))
    panel.text(
        node.middle,
        (node.top + node.bottom) / 2,
        node.words,
        ha="center",
        va="center",
        fontsize=style.LEAST_PT,
        color="white" if node.kind in {"start", "end"} else "black",
        linespacing=lettering.LINE,
        zorder=3,
    )


def _pointed(node: Node) -> Iterator[tuple[float, float]]:
    """Give the corners of a box with pointed ends."""
    right, half = node.left + node.width, (node.top + node.bottom) / 2
    yield from ((node.left + SLANT_IN, node.top), (right - SLANT_IN, node.top), (right, half))
    yield from ((right - SLANT_IN, node.bottom), (node.left + SLANT_IN, node.bottom))
    yield node.left, half


def _arrow(panel: Axes, corners: Sequence[tuple[float, float]]) -> None:
    across, down = zip(*corners, strict=True)
    panel.plot(across[:-1], down[:-1], color=EDGE, linewidth=0.9, zorder=1)
    panel.annotate(
        "",
        corners[-1],
        xytext=corners[-2],
        arrowprops={
            "arrowstyle": "-|>",
            "color": EDGE,
            "linewidth": 0.9,
            "shrinkA": 0,
            "shrinkB": 0,
        },
        zorder=1,
    )


def _handles(kinds: set[str]) -> list[Artist]:
    from matplotlib.lines import Line2D

    marks = {"people": "s", "time": "o", "question": "D", "deed": "s", "end": "o"}
    return [
        Line2D(
            [],
            [],
            linestyle="",
            marker=marks[kind],
            markersize=7,
            markerfacecolor=FILLS[kind],
            markeredgecolor=EDGE,
            label=words,
        )
        for kind, words in NAMED.items()
        if kind in kinds
    ]
