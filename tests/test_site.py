"""The site: built without a warning, the same without a network, and every page is found."""

from __future__ import annotations

import json
import posixpath
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from docs.site.snippets import entries
from experiments.cli import app
from scenarios.reading import load_policy, measure_entries, policy_files, read
from scenarios.schema import Measure, Policy

ROOT = Path(__file__).parents[1]
LOOKS = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src"}
"""Where a page says what it is to be shown with."""
OF_SPHINX = {"genindex.html", "search.html"}


class Page(HTMLParser):
    """Where the links of a page lead, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self.links.append(given.get("href") or "")
        elif tag in LOOKS and given.get("rel") not in {"next", "prev", "search", "index"}:
            self.loaded.append(given.get(LOOKS[tag]) or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    pages, built = folder / "source", folder / "html"
    subprocess.run([sys.executable, "-m", "docs.site", pages], check=True, cwd=ROOT)
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-qnW", "--keep-going", "-c", "docs", pages, built],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr
    return built


@pytest.mark.whole
def test_nothing_of_its_looks_comes_from_the_network(site):
    for path in site.rglob("*.html"):
        for loaded in Page(path.read_text("utf-8")).loaded:
            assert not re.match(r"(https?:)?//", loaded), f"{path} loads {loaded}"
    for path in (one for one in site.rglob("*.css") if one.is_file()):
        text = path.read_text("utf-8")
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", text), path


@pytest.mark.whole
def test_every_page_is_reached_from_the_index(site):
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    reached, ahead = set(), ["index.html"]
    while ahead:
        page = ahead.pop()
        if page in reached or page not in pages:
            continue
        reached.add(page)
        for link in Page((site / page).read_text("utf-8")).links:
            target = link.partition("#")[0]
            if target and "://" not in target:
                ahead.append(posixpath.normpath(posixpath.join(posixpath.dirname(page), target)))
    assert pages - reached <= OF_SPHINX
    assert len(reached) > len(list((ROOT / "docs").rglob("*.md")))


@pytest.mark.whole
def test_the_made_pages_are_of_all_that_there_is(site):
    commands = (site / "reference" / "commands.html").read_text("utf-8")
    for command in app.registered_commands:
        name = command.name or (command.callback.__name__ if command.callback else "")
        assert f'id="{name}"' in commands
    for path in policy_files():
        page = (site / "reference" / "policies" / f"{path.stem}.html").read_text("utf-8")
        assert page.count('<div class="highlight-yaml') == len(read(path, Policy).rules)
    for one in measure_entries():
        page = (site / "reference" / "measures" / f"{one.path.stem}.html").read_text("utf-8")
        assert page.count('<div class="highlight-yaml') == len(read(one.path, Measure).changes)


def test_a_piece_of_a_file_is_what_stands_there():
    for path in policy_files():
        whole = YAML(typ="safe").load(path.read_text("utf-8")).get("rules", [])
        assert [YAML(typ="safe").load(text)[0] for text in entries(path, "rules")] == whole


def test_a_comment_on_the_next_rule_is_no_part_of_this_one():
    path = next(one for one in policy_files() if one.stem == "hub-and-spoke")
    found = entries(path, "rules")
    assert len(found) == sum(file == path for file, _ in load_policy("hub-and-spoke").rule_places)
    assert "# Cyber incidents" in path.read_text("utf-8")
    assert not any(text.rstrip().rpartition("\n")[2].lstrip().startswith("#") for text in found)


@pytest.mark.parametrize("name", ["CITATION.cff", "codemeta.json"])
def test_what_is_cited_is_this_version(name):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = (ROOT / name).read_text("utf-8")
    told = json.loads(text) if name.endswith(".json") else YAML(typ="safe").load(text)
    called = str(told["name"] if "name" in told else told["title"]).partition(":")[0]
    assert (called, str(told["version"])) == (project["name"], project["version"])
    assert str(told["license"]).removeprefix("https://spdx.org/licenses/") == project["license"]
    authors = [one["name"] for one in told.get("author", told.get("authors"))]
    assert authors == [one["name"] for one in project["authors"]]
