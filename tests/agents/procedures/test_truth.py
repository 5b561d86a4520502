"""Organisations never know what is true: only nature's answers and the books ask for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import agents
from tests.agents.procedures.tiny import DECOY, REAL, Stage, procedure

ROOT = Path(agents.__file__).parent
ROOMS = ("procedures", "casework", "organisations")

TRUTH = frozenset({"is_real", "_is_real"})
"""Names under which the truth is asked for."""


class Look(NamedTuple):
    """A place where the truth is asked for."""

    file: str
    function: str
    call: str
    """Function that is given the answer; empty if it goes elsewhere."""
    keyword: str


ALLOWED = {
    Look("casework/incident_handling.py", "_drops", "upholds", "is_real"),
    Look("organisations/enisa.py", "_advise", "upholds", "is_real"),
    Look("procedures/course.py", "_take", "begin", "useful"),
    Look("procedures/course.py", "_test", "upholds", "is_real"),
    Look("procedures/course.py", "_is_real", "", ""),
}
"""Hours are booked as useful or not, and nature answers; nothing else."""


def looks(tree: ast.AST, file: str) -> Iterator[Look]:
    """Give every place of a module where the truth is asked for."""
    yield from _looks(tree, Look(file, "", "", ""))


def _looks(node: ast.AST, here: Look) -> Iterator[Look]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        here = Look(here.file, node.name, "", "")
    if _is_truth(node):
        yield here
    for child in ast.iter_child_nodes(node):
        inside = here
        if isinstance(node, ast.Call) and isinstance(child, ast.keyword):
            inside = Look(here.file, here.function, _name(node.func), child.arg or "")
        elif isinstance(node, ast.IfExp | ast.If | ast.While | ast.comprehension):
            inside = Look(here.file, here.function, "", "")
        yield from _looks(child, inside)


def _is_truth(node: ast.AST) -> bool:
    """Whether a node asks for the truth; a string may be a name that is looked up."""
    if isinstance(node, ast.Attribute):
        return node.attr in TRUTH or (node.attr == "real" and _name(node.value) == "_kit")
    if isinstance(node, ast.Name):
        return node.id in TRUTH
    return isinstance(node, ast.Constant) and node.value in TRUTH


def _name(function: ast.AST) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def test_nobody_acts_on_the_truth() -> None:
    found = {
        look
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for look in looks(
            ast.parse(path.read_text(encoding="utf-8")), path.relative_to(ROOT).as_posix()
        )
    }
    assert found == ALLOWED


@pytest.mark.parametrize(
    "line",
    [
        "if lane.is_real(subject): return",
        "return 1 if self._is_real else 2",
        "work.shift(name, useful=True if lane.is_real(subject) else strike())",
        "chance = lane.is_real(subject) * 0.5",
        "upholds(is_real=True, right_if_real=lane.is_real(subject) + 0.1)",
        "ask = lane.is_real",
        "getattr(lane, 'is_real')(subject)",
        "lane._kit.real[subject]",
        "[one for one in cases if lane.is_real(one)]",
    ],
)
def test_the_law_notices_who_does(line: str) -> None:
    tree = ast.parse(f"def _test(self, lane, subject):\n    {line}\n")
    assert set(looks(tree, "procedures/course.py")) - ALLOWED


def test_a_coincidence_is_dealt_with_like_anything_else() -> None:
    """The same course, to the moment, for what is real and what is not; only the books differ."""
    steps = """[{take: {post: team}}, {check: {evidence: least, otherwise: [{close: {how: x}}]}},
                {wait: {delay: look, by: evidence, parts: 3}}, {write: case-notice},
                {test: {name: holds, if_real: sure, if_not: never, upholds: true}},
                {act: {verb: arrest, share: half, by: evidence}}, {write: alert},
                {close: {how: struck}}]"""
    stories = []
    for subject in (REAL, DECOY):
        work = procedure(
            steps,
            delays={"look": 9},
            chances={"sure": 1, "never": 0, "half": 0.5},
            numbers={"least": 2},
            evidence={"usual": 8, "faster": 0.5, "surer": 1.5},
        )
        stage = Stage({"work": work})
        stage.holds("DE.police", subject, 12, "DE", "AT")
        case = stage.begins("DE", subject)
        stage.until(40)
        deeds = [(deed.tick, deed.text) for deed in stage.journal if deed.actor == "DE"]
        written = [(desk, report) for desk, _, report in stage.written]
        blows = [(day, verb, blow) for day, verb, _, blow in stage.fakes.done]
        stories.append((deeds, written, blows, case.closed, case.upheld, sum(stage.hours(40))))
        assert stage.hours(40)[subject == REAL] == 0
    assert stories[0] == stories[1]
