"""The picture of a procedure: every step is in it, and nothing lies on anything else."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from experiments.figures import lettering, style
from experiments.show import flow, show
from experiments.show.charts import chart_of
from experiments.show.flow import End, Layout, Node
from scenarios.reading.catalogue import procedure_entries
from scenarios.reading.load import load_procedure
from scenarios.schema import Procedure
from tests.agents.procedures.tiny import procedure

SHIPPED = [entry.name for entry in procedure_entries()]
CLOSE = 1e-6


def declared(steps: str) -> Procedure:
    """Return a procedure of these steps."""
    return Procedure.model_validate(
        procedure(
            steps,
            delays={"look": 2},
            chances={"half": 0.5},
            numbers={"some": 3},
            evidence={},
        )
    )


TALL = """test: {name: holds, if_real: half, if_not: half,
                 by: proof, upholds: true, otherwise: [{write: alert}]}"""
OWN = {
    "a short way back beside a high box": f"[{{{TALL}}}, {{write: alert}}, {{close: {{how: x}}}}]",
    "two ways that both come back": """[{chance: {name: turn, of: half, then: [{write: a}],
        otherwise: [{write: b}]}}, {close: {how: x}}]""",
    "no end": "[{write: a}, {chance: {name: turn, of: half, then: [{write: b}]}}]",
    "four deep": """[{chance: {name: a, of: half, then: [{chance: {name: b, of: half, then: [
        {chance: {name: c, of: half, then: [{write: d}, {close: {how: x}}]}}]}}]}}]""",
    "one way that comes back and one that ends": """[{chance: {name: turn, of: half,
        then: [{write: a}], otherwise: [{write: b}, {close: {how: y}}]}}, {close: {how: x}}]""",
}


def drawn(name: str) -> Procedure:
    """Return a shipped procedure, or one of those above."""
    return declared(OWN[name]) if name in OWN else load_procedure(name)


ALL = pytest.mark.parametrize("name", [*SHIPPED, *OWN])


def overlap(one: Node, other: Node) -> bool:
    """Whether two boxes have room in common."""
    across = one.left < other.left + other.width and other.left < one.left + one.width
    return across and one.top < other.bottom and other.top < one.bottom


@ALL
def test_every_step_has_a_box_and_boxes_have_room(name: str) -> None:
    made = drawn(name)
    layout = Layout(made)
    nodes = layout.flow.nodes
    said = [" ".join(node.words.replace("\u00a0", " ").split()) for node in nodes]
    for row in chart_of(made):
        whole = row["what is done"].replace("_ ", "_")
        assert whole in [words.replace("_ ", "_") for words in said], whole
    boxes = [*nodes, *layout.flow.labels]
    for one, other in itertools.combinations(boxes, 2):
        assert not overlap(one, other), (one, other)
    assert min(node.left for node in nodes) >= flow.LEFT_IN
    assert max(node.left + node.width for node in nodes) <= layout.page - flow.LEFT_IN + CLOSE


def segments(layout: Layout) -> Iterator[Node]:
    """Give each straight part of the arrows as a box without width or height."""
    for corners in layout.flow.arrows:
        for (x, y), (u, v) in itertools.pairwise(corners):
            part = Node("", "line", min(x, u) + CLOSE, min(y, v) + CLOSE, abs(x - u) - 2 * CLOSE)
            yield Line(part, abs(y - v) - 2 * CLOSE)


class Line(Node):
    """A straight line."""

    def __init__(self, node: Node, height: float) -> None:
        super().__init__("", "line", node.left, node.top, max(node.width, CLOSE))
        self._height = max(height, CLOSE)

    @property
    def height(self) -> float:
        """From its upper to its lower end."""
        return self._height


@ALL
def test_no_arrow_runs_through_a_box(name: str) -> None:
    layout = Layout(drawn(name))
    for line in segments(layout):
        for node in (*layout.flow.nodes, *layout.flow.labels):
            assert not overlap(line, node), (line.left, line.top, node)


@ALL
def test_every_box_but_the_first_is_reached_and_every_one_but_an_end_is_left(name: str) -> None:
    layout = Layout(drawn(name))
    first, *others = layout.flow.nodes
    starts = [corners[0] for corners in layout.flow.arrows]
    points = [corners[-1] for corners in layout.flow.arrows]

    def touches(node: Node, place: tuple[float, float]) -> bool:
        across = node.left - CLOSE <= place[0] <= node.left + node.width + CLOSE
        return across and node.top - CLOSE <= place[1] <= node.bottom + CLOSE

    assert not any(touches(first, point) for point in points)
    for node in others:
        assert any(touches(node, point) for point in points), node
    for node in layout.flow.nodes:
        assert any(touches(node, start) for start in starts) is (node.kind != "end"), node


@pytest.mark.long
@ALL
def test_words_stay_in_their_boxes_and_a_page_is_as_wide_as_others(name: str) -> None:
    made = drawn(name)
    with style.settings():
        figure = flow.draw(made)
        FigureCanvasAgg(figure).draw()
        texts = [one for one in figure.findobj(Text) if one.get_text()]
        whole = figure.bbox
        boxes = [one.get_window_extent() for one in texts]
    assert all(whole.x0 <= box.x0 and box.x1 <= whole.x1 for box in boxes)
    assert all(whole.y0 <= box.y0 and box.y1 <= whole.y1 for box in boxes)
    for one, other in itertools.combinations(range(len(texts)), 2):
        assert not boxes[one].overlaps(boxes[other]), (texts[one], texts[other])
    if name in SHIPPED:
        assert figure.get_figwidth() == pytest.approx(style.WIDTH_IN)
    for node in Layout(made).flow.nodes:
        slant = 2 * flow.SLANT_IN if node.kind == "question" else 0.0
        widest = max(lettering.width_in(line, style.LEAST_PT) for line in node.words.split("\n"))
        assert widest <= node.width - slant


def test_two_ways_come_back_to_the_step_below() -> None:
    layout = Layout(declared(OWN["two ways that both come back"]))
    end = next(node for node in layout.flow.nodes if node.kind == "end")
    into = [arrow for arrow in layout.flow.arrows if arrow[-1] == (end.middle, end.top)]
    assert len(into) == 2, "the step itself goes one of both ways"


def test_a_procedure_comes_with_its_chart() -> None:
    shown = show("money")
    assert (shown.folder, shown.expected) == ("money", 1)
    with style.settings():
        [(name, _)] = shown.pictures
    assert name == "chart"


def test_the_laws_notice_a_way_back_that_is_too_high(monkeypatch: pytest.MonkeyPatch) -> None:
    def at_once(self: Any, before: list[End], node: Node) -> None:
        for one, _ in before:
            height = one.bottom + flow.GAP_IN / 2
            corners = [(one.middle, one.bottom), (one.middle, height), (node.middle, height)]
            self.flow.arrows.append([*corners, (node.middle, node.top)])

    monkeypatch.setattr(Layout, "_down", at_once)
    with pytest.raises(AssertionError):
        test_no_arrow_runs_through_a_box("a short way back beside a high box")
