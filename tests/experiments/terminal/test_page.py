"""How wide a page is, and what is printed on it."""

from __future__ import annotations

import io
import os
import sys

import pytest

from experiments.terminal import page
from experiments.terminal.page import print_rows, say


class Terminal(io.StringIO):
    """Standard output on a terminal."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


@pytest.fixture(autouse=True)
def _no_columns(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.mark.parametrize(
    ("said", "expected"),
    [(None, 80), ("", 80), ("100", 100), ("0", 80), ("-3", 80), ("wide", 80), ("5", 20)],
)
def test_where_there_is_no_terminal_it_is_80_or_what_columns_says(monkeypatch, said, expected):
    if said is not None:
        monkeypatch.setenv("COLUMNS", said)
    assert page.width() == expected


def test_a_terminal_says_it_itself(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((133, 40)))
    assert page.width() == 133
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((0, 0)))
    assert page.width() == 80


def test_a_wide_row_is_turned(capsys):
    names = [f"hours_to_the_outcome_number_{n}" for n in range(9)]
    print_rows(names, [[str(n) for n in range(9)]] * 2, right=[True] * 9)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown
    assert shown.count(f" {names[3]}\n   3\n") == 2
    assert "\n\n row 2\n" in shown


def test_a_narrow_answer_stays_a_table_with_headings_as_they_are(capsys):
    rows = [["1.5", "bilateral"], ["", "two\nlines\r\x1b[2J"]]
    print_rows(["n#", "policy"], rows, right=[True, False])
    assert capsys.readouterr().out.splitlines()[1:-1] == [
        "  n#  policy",
        " ───────────────────",
        " 1.5  bilateral",
        "      two",
        "      lines\\r\\x1b[2J",
    ]


def test_sentences_are_broken_between_words(capsys):
    say(f"Results: {'x' * 90}\n" + "word " * 30)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "x" * 90
    assert all(len(line) <= 80 for line in lines[2:])
