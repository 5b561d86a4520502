"""Rows that fit make a table; wider ones are turned, and no cell is cut."""

from __future__ import annotations

from experiments.terminal.records import print_records
from experiments.terminal.tables import WIDTH


def test_what_fits_is_a_table(capsys):
    print_records(["name", "x#"], [["a", "1"], ["bb", "22"]], right=[False, True])
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[0].split() == ["name", "x#"]
    assert [line.split() for line in lines[2:]] == [["a", "1"], ["bb", "22"]]


def test_what_is_too_wide_is_turned_and_whole(capsys):
    long = "x" * WIDTH
    print_records(["name", "naïve 名"], [["a", long], ["b\nc", ""]], right=[False, False])
    assert capsys.readouterr().out.splitlines() == [
        "row 1",
        "  name      a",
        f"  naïve 名  {long}",
        "row 2",
        "  name      b",
        "            c",
        "  naïve 名",
    ]


def test_nothing_steers_the_terminal(capsys):
    print_records(["a\x1b[2J"], [["\x1b]0;title\x07\r" + "x" * WIDTH], ["y"]], right=[False])
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\\x1b[2J" in shown


def test_a_width_of_the_terminal_decides(capsys, monkeypatch):
    monkeypatch.setattr("experiments.terminal.tables.WIDTH", 20)
    print_records(["name", "value"], [["a" * 9, "b" * 9]], right=[False, False])
    assert capsys.readouterr().out.startswith("row 1")
