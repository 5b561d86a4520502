"""Progress: in a notebook a line that is written over, elsewhere a line now and then."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from types import ModuleType
from typing import Any

import pytest

from experiments.terminal.progress import is_notebook, progress


class Stream(io.StringIO):
    """What ipykernel has for standard error."""


Stream.__module__ = "ipykernel.iostream"


@contextmanager
def in_notebook() -> Iterator[None]:
    """Have standard error be that of a notebook, to which nothing is written."""
    with redirect_stderr(Stream()) as stream:
        yield
    assert stream.getvalue() == ""


class Handle:
    """What IPython gives to change what is displayed."""

    def __init__(self, states: list[str]) -> None:
        self.states = states

    def update(self, content: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.states.append(content["text/plain"])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that it is; a test moves it."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """States of the output of a cell of a notebook."""
    states: list[str] = []

    def display(content: dict[str, str], *, raw: bool, display_id: bool) -> Handle:
        assert display_id
        handle = Handle(states)
        handle.update(content, raw=raw)
        return handle

    module: Any = ModuleType("IPython.display")
    module.display = display
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return states


def test_a_notebook_has_one_line_that_is_written_over(cell, clock):
    with in_notebook(), progress("100 lanes", 100, lambda: "5 a second") as advance:
        assert is_notebook()
        advance(1)
        assert cell == []
        clock[0] = 1
        advance(10)
        clock[0] = 1.5
        advance(15)
        clock[0] = 2
        advance(50)
    assert cell == [
        "100 lanes: 10% done, 5 a second, 9 s left",
        "100 lanes: 50% done, 5 a second, 2 s left",
        "100 lanes: done in 2 s",
    ]


def test_what_is_quick_leaves_nothing_in_a_notebook(cell, clock):
    with in_notebook(), progress("100 lanes", 100) as advance:
        clock[0] = 0.9
        advance(100)
    assert cell == []


def test_what_is_broken_off_does_not_say_that_it_is_done(cell, clock):
    def run() -> None:
        with in_notebook(), progress("100 lanes", 100) as advance:
            clock[0] = 1
            advance(10)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert cell == ["100 lanes: 10% done, 9 s left"]


def test_elsewhere_a_line_is_said_now_and_then(clock, capsys):
    assert not is_notebook()
    with progress("100 lanes", 100) as advance:
        clock[0] = 29
        advance(29)
        clock[0] = 30
        advance(30)
        clock[0] = 31
        advance(31)
    assert capsys.readouterr().err == "100 lanes: 30% done, 70 s left\n"
