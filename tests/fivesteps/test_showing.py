"""What notebooks show: compact, with intervals, and never markup of somebody else's."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import fivesteps
from experiments.outcomes import Outcome, compare_policies
from fivesteps import html
from fivesteps.naming import assigned, listed, named
from fivesteps.showing import comparison_table
from tests.experiments.samples import results_of

MARKUP = "<script>alert('&')</script>\x1b"


class Reader(HTMLParser):
    """Holds tags to be closed in order, and collects the texts of cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.cells: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        del attrs
        self.tags.add(tag)
        if tag != "br":
            self.open.append(tag)
        if tag in {"td", "th"}:
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in {"td", "th"}:
            self.cells[-1] += data


def test_markup_is_shown_and_not_obeyed():
    text = html.table(("", MARKUP), [(MARKUP, MARKUP)], title=MARKUP) + html.paragraph(MARKUP)
    read = Reader(text)
    assert read.tags == {"table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
    assert read.cells[1:] == [MARKUP.replace("\x1b", "\\x1b")] * 3
    assert "\x1b" not in text


def test_a_label_of_a_file_is_shown_and_not_obeyed():
    outcome = Outcome("harm", MARKUP, MARKUP, "lower", "effect", headline=True)
    values = {"harm": np.arange(20.0).reshape(2, 10)}
    results = results_of(values, [outcome], policies=("bilateral", MARKUP))
    shown = "".join(comparison_table(results, [outcome], compare_policies(results)))
    assert "script" not in Reader(shown).tags


def test_a_difference_stands_with_its_interval_and_verdict():
    outcome = Outcome("harm", "Harm", "days", "lower", "effect", headline=True)
    before = np.arange(20.0)
    after = before - 2 + 0.1 * (-1.0) ** before
    results = results_of({"harm": np.stack([before, after])}, [outcome])
    rows = compare_policies(results)
    shown = Reader("".join(comparison_table(results, [outcome], rows)))
    row = rows[0]
    assert shown.cells[3] == "Harm (days; lower is better)"
    assert shown.cells[4] == "9.50"
    assert shown.cells[5] == f"-2 ({row.low:+.2f} to {row.high:+.2f})better"


def test_an_outcome_without_values_has_no_number():
    outcome = Outcome("days", "Days", "days", "lower", "effect", headline=True)
    results = results_of({"days": np.full((2, 3), np.nan)}, [outcome])
    shown = "".join(comparison_table(results, [outcome], compare_policies(results)))
    assert Reader(shown).cells[4] == "-"


def test_a_comparison_shows_what_the_data_are(found):
    text = found._repr_html_()
    read = Reader(text)
    assert "brief: 4 worlds, seed 1; differences from bilateral in the same worlds" in text
    assert "4 worlds are too few for any verdict here" in text
    assert len(read.cells) == 3 * (1 + len(found.headlines))
    assert repr(found) == f"<comparison of brief in {found.directory}>"


def test_remarks_are_shown(brief, found):
    every = fivesteps.compare(
        brief, "bilateral,full-pool", replications=4, out=found.directory, measures=None
    )
    assert every.remarks == ()
    idle = fivesteps.Comparison.at(found.directory, remarks=["x touches nothing"])
    assert "<p>x touches nothing</p>" in idle._repr_html_()


@pytest.mark.parametrize(
    "name", ["forest-fire", "full-pool", "5.4a", "annex", "eu27-2010", "organised-crime-guesses"]
)
def test_what_is_declared_is_told(name):
    if name == "organised-crime-guesses":
        entries = fivesteps.catalogue()
        name = entries[entries["kind"] == "experiments"]["name"].iloc[0]
    one = fivesteps.load(name)
    read = Reader(one._repr_html_())
    assert "p" in read.tags
    assert one.meaning in repr(one)
    assert list(one.parameters()) == ["path", "value", "kind", "text"]
    for heading in one.tables():
        assert len(one.table(heading)) > 0


def test_numbers_of_a_scenario_have_a_source_or_are_assumed():
    numbers = fivesteps.load("forest-fire").parameters()
    assert {"assumed"} < set(numbers["kind"])
    assert numbers["text"].str.len().min() > 0


@pytest.mark.long
def test_pictures_are_those_of_show():
    policy = fivesteps.load("full-pool", scenario="forest-fire")
    assert policy.figures()
    picture: Any = policy.figure(policy.figures()[0])
    shown, _ = picture._repr_png_()
    assert shown.startswith(b"\x89PNG")


def test_names_and_paths_are_told_apart(tmp_path):
    assert named("bilateral") == "bilateral"
    assert named(tmp_path / "own.yaml") == str(tmp_path / "own.yaml")
    assert named(tmp_path.relative_to(tmp_path) / "own.yaml").endswith("/own.yaml")
    assert listed("a,b") == "a,b"
    assert listed(["a", tmp_path]) == ["a", str(tmp_path)]
    assert listed(tmp_path) == [str(tmp_path)]
    assert assigned({"a.b": 20, "c": "9 d"}) == ["a.b=20", 'c="9 d"']
