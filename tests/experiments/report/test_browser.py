"""The page in a real browser: it opens offline, switches work, it prints, and anybody can read it.

Chromium is Debian's. Where it is not, these tests are left out; `FIVESTEPS_INSTALL_CHROMIUM=1`
installs it (as root).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.experiments.report.conftest import fivesteps

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.whole
A4_PT = (595, 842)
READY = "document.documentElement.dataset.ready === 'yes'"


def _installed() -> str | None:
    found = shutil.which("chromium")
    if found is None and os.environ.get("FIVESTEPS_INSTALL_CHROMIUM"):
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]):
            subprocess.run(command, check=False, capture_output=True, timeout=600)
        found = shutil.which("chromium")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = _installed()
    if path is None:
        pytest.skip("there is no chromium here, and none was installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def file(run: Path) -> Path:
    assert fivesteps("report", run) == 0
    return run / "report.html"


class Opened:
    """A page that is drawn, and what the browser complained of."""

    def __init__(self, browser: Browser, file: Path, **given: object) -> None:
        self.heard: list[str] = []
        self.asked: list[str] = []
        context = browser.new_context(offline=True, **given)  # type: ignore[arg-type]
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self.heard.append(message.text))
        self.page.on("pageerror", lambda error: self.heard.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.resolve().as_uri())
        self.page.wait_for_function(READY, timeout=120_000)


@pytest.fixture
def opened(browser: Browser, file: Path) -> Iterator[Opened]:
    found = Opened(browser, file, viewport={"width": 900, "height": 1200})
    yield found
    found.page.context.close()


def test_it_opens_without_a_network_and_without_a_complaint(opened, file):
    assert opened.heard == []
    assert opened.asked == [file.resolve().as_uri()]
    figures = opened.page.locator("figure[data-chart]")
    assert figures.count() > 5
    assert opened.page.locator("figure .drawing svg").count() == figures.count()


def test_every_switch_draws_another_chart(opened):
    page = opened.page
    switches = page.locator("figure input[type=radio]:not(:checked)")
    assert switches.count() > 10
    for place in range(page.locator("figure").count()):
        figure = page.locator("figure").nth(place)
        buttons = figure.locator("input[type=radio]")
        seen = set()
        for number in range(buttons.count()):
            buttons.nth(number).check()
            page.wait_for_function(
                "([name, view]) => document.getElementById(name).dataset.drawn === view",
                arg=[figure.get_attribute("id"), str(number)],
            )
            seen.add(figure.locator(".drawing").inner_html())
        assert len(seen) == buttons.count(), figure.get_attribute("id")
    assert opened.heard == []


def test_one_switch_changes_all_questions(opened):
    page = opened.page
    page.locator("#all-views input").nth(1).check()
    page.wait_for_function(
        "[...document.querySelectorAll('#questions figure')].every(f => f.dataset.drawn === '1'"
        " || !f.querySelector('input[value=\"1\"]'))"
    )
    assert page.locator("#questions figure input[value='1']:checked").count() > 1


def test_the_slider_goes_with_the_keyboard_and_says_where_it_is(opened):
    page = opened.page
    slider = page.locator("input[type=range]")
    before = page.locator("#chart-course .drawing").inner_html()
    assert page.locator("#chart-course output").inner_text() == "week 2"
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("document.getElementById('chart-course').dataset.drawn === '0'")
    assert page.locator("#chart-course output").inner_text() == "week 1"
    assert slider.get_attribute("aria-valuetext") == "week 1"
    assert page.locator("#chart-course .drawing").inner_html() != before


def test_the_first_key_leads_to_the_verdict(opened):
    page = opened.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_nothing_is_wider_than_a_small_screen(browser, file):
    found = Opened(browser, file, viewport={"width": 390, "height": 800})
    wide = found.page.evaluate("document.documentElement.scrollWidth")
    found.page.context.close()
    assert wide <= 390


def test_nobody_is_kept_out(browser, file):
    """By axe-core, which is injected beside the page's own rules."""
    from axe_playwright_python.sync_playwright import Axe

    found = Opened(browser, file, bypass_csp=True)
    for one in found.page.locator("details").all():
        one.evaluate("element => { element.open = true; }")
    result = Axe().run(found.page).response
    found.page.context.close()
    assert [
        (one["id"], [node["html"][:120] for node in one["nodes"][:3]])
        for one in result["violations"]
    ] == []
    assert len(result["passes"]) > 20


def test_axe_notices_what_keeps_readers_out(browser, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    bad = tmp_path / "bad.html"
    bad.write_text("<html><body><img src='data:,'><input></body></html>", "utf-8")
    page = browser.new_page()
    page.goto(bad.as_uri())
    found = {one["id"] for one in Axe().run(page).response["violations"]}
    page.close()
    assert {"image-alt", "label", "html-has-lang"} <= found


def test_it_prints_on_a4_with_all_sections_and_tables(opened, tmp_path):
    page = opened.page
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("figure details:not([open])").count() == 0
    assert not page.locator("nav").is_visible()
    assert page.locator("#glossary").is_visible()
    page.pdf(path=str(tmp_path / "a.pdf"), prefer_css_page_size=True)
    content = (tmp_path / "a.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    boxes = {tuple(map(round, map(float, box))) for box in _boxes(content)}
    assert boxes == {A4_PT}
    assert page.evaluate("document.documentElement.scrollWidth") <= 900


def _boxes(content: bytes) -> list[list[str]]:
    """Return width and height of every page of a PDF file."""
    import re

    found = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", content)
    return [[part.decode() for part in box] for box in found]


@pytest.mark.parametrize("media", ["screen", "print"])
def test_text_stays_readable_in_grey(opened, media):
    """What is sure and what is not is told apart by words, and by lightness."""
    page = opened.page
    page.emulate_media(media=media)
    marks = page.locator(".sentences .mark")
    assert {marks.nth(place).inner_text() for place in range(marks.count())} >= {"not sure"}
    for mark in marks.all()[:4]:
        colours = mark.evaluate(
            "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
        )
        assert colours[0] != colours[1]
