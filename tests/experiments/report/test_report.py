"""A report of a comparison, through the command."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from experiments.errors import UserError
from experiments.report.content import Chart, Report, Section, Sentence, Table, Verdict, View
from experiments.report.page import MOST_BYTES, as_script_data, drawn, page, shown, with_terms
from experiments.store.manifest import read_manifest
from tests.experiments.report.conftest import fivesteps
from tests.experiments.store.forging import reseal

EVIL = (
    "</script><script>alert(1)</script><img src=\"http://x.org/a\" onerror='alert(2)'>\u202e{{7*7}}"
)


class Elements(HTMLParser):
    """Start tags of a page with their attributes, and its text outside of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - as the base class has it
        self.inside = self.inside[:-1]

    def handle_data(self, data: str) -> None:
        if self.inside[-1:] not in (["script"], ["style"]):
            self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


def data_of(text: str) -> dict[str, list[dict]]:
    found = re.search(
        r'<script type="application/json" id="charts">(.*?)</script>', text, re.DOTALL
    )
    assert found is not None
    charts: dict[str, list[dict]] = json.loads(found[1])["charts"]
    return charts


@pytest.fixture(scope="module")
def written(run: Path) -> str:
    assert fivesteps("report", run) == 0
    return (run / "report.html").read_text("utf-8")


def test_it_has_all_sections_in_order_and_links_to_them(written):
    found = Elements(written)
    names = [attrs["id"] for attrs in found.of("section")]
    assert names[:3] == ["verdict", "questions", "trade-off"]
    assert {"rests-on", "not-modelled", "validation", "method", "provenance", "glossary"} <= {
        *names
    }
    places = {attrs["id"] for _, attrs in found.found if attrs.get("id")}
    links = [str(attrs["href"]) for attrs in found.of("a")]
    assert links
    assert all(link.startswith("#") and link[1:] in places for link in links)


def test_it_asks_for_nothing_from_elsewhere(written):
    found = Elements(written)
    assert [attrs for attrs in found.of("script") if "src" in attrs] == []
    assert {tag for tag, _ in found.found} & {"link", "img", "iframe", "object", "form"} == set()
    assert not re.search(
        r"url\(|@import",
        found.text + "".join(re.findall("<style>(.*?)</style>", written, re.DOTALL)),
    )
    [policy] = [
        str(attrs["content"])
        for attrs in found.of("meta")
        if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert policy.count("sha256-") == 2
    assert all("url" not in str(spec["data"]) for spec in specs(written) if "data" in spec)


def specs(text: str) -> list[dict]:
    return [spec for views in data_of(text).values() for spec in views]


def test_it_is_small_and_the_same_every_time(written, run, tmp_path):
    assert len(written.encode()) < MOST_BYTES
    assert fivesteps("report", run, "--out", tmp_path / "again.html") == 0
    assert (tmp_path / "again.html").read_text("utf-8") == written


def test_every_question_has_a_chart_with_a_switch_and_a_table(written, run):
    asked = [outcome for outcome in read_manifest(run).outcomes if outcome.headline]
    charts = data_of(written)
    assert len(charts) > len(asked)
    found = Elements(written)
    assert len(found.of("figure")) == len(charts)
    assert len(found.of("table")) >= len(charts)
    for name, views in charts.items():
        switch = [attrs for attrs in found.of("input") if attrs.get("name") == f"view-{name}"]
        slides = [attrs for attrs in found.of("input") if attrs.get("id") == f"slide-{name}"]
        assert len(switch) == (len(views) if len(views) > 1 and not slides else 0)
        assert [attrs["max"] for attrs in slides] in ([], [str(len(views) - 1)])


def test_provenance_says_what_was_run_and_how_to_repeat_it(written, run):
    identity = read_manifest(run).identity
    text = Elements(written).text
    assert identity["scenario"]["digest"] in text
    assert identity["engine"]["digest"] in text
    assert "fivesteps verify fires --lanes all" in text
    assert str(run.parent) not in written


def test_nobody_elses_file_is_written_over(run, tmp_path):
    assert fivesteps("report", run, "--out", run / "manifest.json") == 2
    link = tmp_path / "link.html"
    link.symlink_to(tmp_path / "other.html")
    assert fivesteps("report", run, "--out", link) == 2
    assert not (tmp_path / "other.html").exists()


def test_what_is_no_run_directory_is_refused(tmp_path):
    assert fivesteps("report", tmp_path) == 2


def evil_report() -> Report:
    sentence = Sentence(EVIL, "sure", EVIL)
    table = Table(EVIL, (EVIL, EVIL), ((EVIL, EVIL),))
    spec = {"data": {"values": [{"name": EVIL}]}, "mark": "point", "title": EVIL}
    chart = Chart("a", EVIL, EVIL, (View(EVIL, spec), View(EVIL, spec)), table, EVIL)
    section = Section(
        "verdict", EVIL, (EVIL,), (Verdict(EVIL, EVIL, (sentence,)),), (), (EVIL,), (chart,),
        (table,), (table,), (EVIL,),
    )  # fmt: skip
    return Report(EVIL, EVIL, (section,))


def test_text_from_anywhere_is_shown_and_not_obeyed():
    text = page(evil_report())
    found = Elements(text)
    assert len(found.of("script")) == 3
    assert found.of("img") == []
    assert [attrs for _, attrs in found.found if "onerror" in attrs] == []
    assert "\u202e" not in text
    assert "49" not in found.text
    assert "{{7*7}}" in found.text
    assert data_of(text)["a"][0]["title"].startswith("</script>")


def test_words_of_a_manifest_are_escaped(run, tmp_path, monkeypatch):
    import shutil

    folder = tmp_path / "<b>"
    shutil.copytree(run, folder)

    def change(document: dict) -> None:
        document["outcomes"][0]["label"] = EVIL

    reseal(folder, change)
    assert fivesteps("report", folder, "--out", tmp_path / "evil.html") == 0
    found = Elements((tmp_path / "evil.html").read_text("utf-8"))
    assert found.of("img") == []
    assert "alert(2)" in found.text


def test_a_chart_must_have_a_name_of_its_own():
    one = Chart("a b", "", "", (View("", {}),))
    with pytest.raises(ValueError, match="names of their own"):
        drawn(Report("", "", (Section("a", "", charts=(one,)),)))


def test_what_is_too_large_is_told_without_maps_and_says_so(monkeypatch):
    long = Section("states", "By Member State", ("x" * 300_000,))
    content = Report("Title", "Lead.", (Section("verdict", "Verdict"), long))
    assert "By Member State" in Elements(page(content)).text
    monkeypatch.setattr("experiments.report.page.MOST_BYTES", 1_100_000)
    text = page(content)
    assert len(text.encode()) <= 1_100_000
    assert "Left out, since the file would be too large: By Member State." in text
    monkeypatch.setattr("experiments.report.page.MOST_BYTES", 10_000)
    with pytest.raises(UserError, match="bytes"):
        page(content)


def test_numbers_that_are_drawn_are_short():
    assert shown({"a": [0.1 + 0.2, 123456789.0, 1e-9 / 3]}) == {
        "a": [0.3, 123457000.0, 3.33333e-10]
    }


def test_script_data_cannot_end_its_element():
    text = as_script_data({"a": "</script><!--&"})
    assert not set("<>&") & set(text)
    assert json.loads(text) == {"a": "</script><!--&"}


def test_the_first_use_of_a_word_leads_to_the_glossary():
    assert with_terms("worlds & worlds") == (
        '<a class="term" href="#term-world">worlds</a> &amp; worlds'
    )
    for text in ("worldly", "desks.police", "world-wide", "my.world"):
        assert "<a" not in with_terms(text)
    assert "<a" in with_terms("one world.")
