"""Tables in any width: whole names, whole numbers, no line too long."""

from __future__ import annotations

import itertools

import pytest
from rich.cells import cell_len

from experiments.terminal.layout import Column, fold, lay_out

NAMES = [f"a-very-long-name-of-a-policy-that-somebody-wrote-{n:02d}" for n in range(3)]
COLUMNS = [
    Column("policy"),
    Column("mean", "number"),
    Column("95% interval", "number"),
    Column("better in", "number", spare=2),
    Column("p", "number", spare=1),
    Column("verdict"),
]


def rows(names):
    return [
        (name, "1,234,567", "+123,456 to +234,567", "75%", "<0.001", "unclear") for name in names
    ]


def text(columns, content, width, **named):
    found = lay_out(columns, content, width, **named)
    assert all(cell_len(line) <= width for line in found.lines), found.lines
    return "\n".join(found.lines), found.left_out


@pytest.mark.parametrize("width", [60, 70, 80, 100, 140, 300])
def test_names_numbers_and_verdicts_are_whole(width):
    shown, left_out = text(COLUMNS, rows(NAMES), width)
    for name, *cells in rows(NAMES):
        assert shown.count(name) == 1
        kept = [
            c
            for c, column in zip(cells, COLUMNS[1:], strict=True)
            if column.heading not in left_out
        ]
        assert all(cell in shown for cell in kept)
    assert set(left_out) <= {"better in", "p"}
    assert "…" not in shown


def test_what_is_tried_first():
    names = ["one", "two"]
    whole, _ = text(COLUMNS, rows(names), 100)
    assert whole.splitlines()[2].split() == ["one", *" ".join(rows(names)[0][1:]).split()]
    shown, left_out = text(COLUMNS, rows(names), 60)
    assert left_out == ("better in",)
    assert "75%" not in shown
    _, left_out = text(COLUMNS, rows(names), 50)
    assert left_out == ("better in", "p")
    shown, left_out = text(COLUMNS, rows(NAMES), 80)  # a name above its row before anything is lost
    assert left_out == ()
    assert f" {NAMES[0]}\n   1,234,567  " in shown
    turned, left_out = text(COLUMNS, rows(names), 30)
    assert left_out == ()
    assert [line.split() for line in turned.splitlines()[:2]] == [
        ["policy", "one"],
        ["mean", "1,234,567"],
    ]


def test_text_is_broken_between_words_and_no_narrower_than_can_be_read():
    columns = [Column("parameter"), Column("source", "text")]
    content = [("desks.police.staff.base", "a sentence of some twenty words " * 3)]
    shown, _ = text(columns, content, 80)
    assert shown.splitlines()[2].startswith(" desks.police.staff.base  a sentence of")
    above, _ = text(columns, content, 45)
    assert above.splitlines()[3] == " desks.police.staff.base"


def test_a_row_that_must_not_be_stacked_is_turned():
    shown, _ = text([Column("a" * 50), Column("cc")], [("1", NAMES[0])], 54, stack=False)
    assert shown.splitlines() == [" row 1", f" {'a' * 50}", "   1", " cc", f"   {NAMES[0]}"]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\tb", "a\\tb"),
        ("\u202eabc", "\\u202eabc"),
        ("日本", "日本"),
    ],
)
def test_nothing_reaches_the_terminal_that_is_not_text(cell, shown):
    for width in (100, 20):
        assert shown in text([Column("x"), Column(cell)], [(cell, "1")], width)[0]


@pytest.mark.parametrize("width", range(20, 130, 7))
@pytest.mark.parametrize("stack", [True, False])
def test_no_line_is_too_long_whatever_stands_in_the_table(width, stack):
    words = [
        "",
        "x",
        "word " * 9,
        "日本語" * 30,
        "a-b" * 40,
        "x" * 150,
        " lead",
        "two\nlines",
        NAMES[0],
    ]
    for kinds in (("name", "text"), ("text", "number"), ("number", "name")):
        for heading in ("two words", "h" * 45):
            columns = [Column(heading, kinds[0]), Column("b", kinds[1], spare=1), Column("c")]
            content = list(itertools.product(words, words[:4], words[-2:]))[::5]
            shown, _ = text(columns, content, width, stack=stack)
            assert shown.replace("\n", "").replace(" ", "").count("日本語") >= 30


def test_a_table_of_nothing():
    assert lay_out([], [], 80).lines in ([], ["", ""], [""])
    assert lay_out([Column("a")], [], 80).lines == [" a", " -"]


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ("", [""]),
        ("one two three", ["one two", "three"]),
        ("abc.def.ghi.jkl", ["abc.def.", "ghi.jkl"]),
        ("a-b abcdefghijk", ["a-b", "abcdefgh", "ijk"]),
    ],
)
def test_fold(given, lines):
    assert fold(given, 8) == lines
    assert "".join(fold(given, 8)).replace(" ", "") == given.replace(" ", "")


def test_a_path_in_a_sentence_can_stay_whole():
    path = "results/a-very-long-name"
    assert fold(f"Results: {path} again", 10, whole_words=True) == ["Results:", path, "again"]
