"""Charts as pictures, without a browser, from the specifications that the page has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.report import building
from experiments.report.bundle import picture
from experiments.report.page import drawn
from tests.experiments.report.conftest import fivesteps

BEGINS = {"png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF"}


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_a_chart_is_a_picture_of_every_form(run, form):
    content = building.content_of(run, tell=False)
    name, [spec, *_] = next(iter(drawn(content).items()))
    assert picture(spec, form).startswith(BEGINS[form]), name


def test_every_way_to_draw_every_chart_is_drawn(run, capsys):
    content = building.content_of(run, tell=False)
    specs = drawn(content)
    assert fivesteps("report", run, "--no-tell", "--pictures=svg") == 0
    written = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert len(written) == 1 + sum(map(len, specs.values()))
    for path in written[1:]:
        text = path.read_text("utf-8")
        assert "<text" in text
    maps = [path for path in written if path.name.startswith("report-states-")]
    assert all(path.read_text("utf-8").count("<path") > 20 for path in maps)
    assert maps


def test_specifications_name_the_version_that_draws_them(run):
    import vl_convert

    version = vl_convert.get_vegalite_versions()[-1]
    major = version.lstrip("v").partition(".")[0]
    for views in drawn(building.content_of(run, tell=False)).values():
        for spec in views:
            assert spec["$schema"].endswith(f"/v{major}.json")
            assert spec["description"]
            json.dumps(spec, allow_nan=False)


def test_another_form_is_refused(run):
    assert fivesteps("report", run, "--pictures=gif") == 2
