"""A month of fires cut to some days, and a comparison in it."""

from __future__ import annotations

from pathlib import Path

import pytest

import fivesteps

POLICIES = ["bilateral", "full-pool"]

BRIEF = """\
scenario: brief
extends: forest-fire
meaning: a few days of the month of fires
horizon: 6 d
"""


@pytest.fixture(scope="session")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario of a few days."""
    path = tmp_path_factory.mktemp("own") / "brief.yaml"
    path.write_text(BRIEF, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def found(brief: Path, tmp_path_factory: pytest.TempPathFactory) -> fivesteps.Comparison:
    """Two policies in a few worlds."""
    out = tmp_path_factory.mktemp("runs") / "found"
    return fivesteps.compare(brief, POLICIES, replications=4, out=out, workers=1)
