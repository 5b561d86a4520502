"""Texts and tables of a story, in few columns and with long names."""

from __future__ import annotations

import pytest

from experiments.trace.page import NARROWEST, WIDEST, Page

LONG = "ministry-of-the-interior.directorate-for-cross-border-cooperation-and-analysis"


def squeezed(page: Page) -> str:
    return "".join("".join(page.lines).split())


@pytest.mark.parametrize(("asked", "width"), [(9, NARROWEST), (80, 80), (500, WIDEST)])
def test_a_page_has_a_width_that_can_be_read(asked, width):
    page = Page(asked)
    page.say("word " * 100)
    page.part()
    assert page.width == width == max(map(len, page.lines))


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize(
    "name", ["a.b", "DE.criminal-police", LONG, "x" * 150, "a " * 70, "-" * 90]
)
def test_names_in_a_table_are_broken_and_not_cut(name, width):
    page = Page(width)
    page.table(("from", "to", "sent#"), [(name, name, "1,000"), ("DE", "FR", "7")])
    assert max(map(len, page.lines)) <= width
    for letter in set(name) - {" "}:
        assert squeezed(page).count(letter) >= 2 * name.count(letter)
    assert page.lines[-1].endswith("7")
    assert any("1,000" in line for line in page.lines)


def test_long_names_of_policies_above_numbers_are_broken():
    page = Page(80)
    page.table(("outcome~", f"{LONG}#", f"{LONG}#"), [("Days", "1", "not reached")])
    assert max(map(len, page.lines)) <= 80
    assert squeezed(page).count("analysis") == 2
    assert squeezed(page).endswith("notreached")


def test_a_table_has_words_names_and_numbers():
    page = Page(60)
    page.table(
        ("outcome~", "name", "value#"), [("word " * 16 + "end", "x" * 20, "3"), ("a", "b", "14")]
    )
    assert page.lines[0] == " outcome                         name                  value"
    assert page.lines[2].endswith("      3")
    assert page.lines[-1].endswith("     14")
    assert squeezed(page).count("word") == 16


def test_columns_beside_each_other_end_below_each_other():
    page = Page(60)
    page.columns(("day 1", "one two three", "four"), (6, 7, 9))
    assert page.lines == ["day 1   one two  four", "        three"]
