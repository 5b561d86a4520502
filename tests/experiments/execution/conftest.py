"""Small experiments, and what undisturbed runs of them give."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.society.kinds import offers
from tests.experiments.execution import kit

SQUALLS = 16
"""Replications of the small threat: 96 lanes."""

WEEKS = 4
"""Replications of the catalogue's scenario: 24 lanes."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a threat of a user's own as an installed package."""
    return kit.make_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process find it."""
    monkeypatch.syspath_prepend(str(site))
    offers.cache_clear()
    yield
    offers.cache_clear()


@pytest.fixture(scope="session")
def squalls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Path of an experiment with that threat."""
    return kit.write_squalls(tmp_path_factory.mktemp("squalls"), SQUALLS)


@pytest.fixture(scope="session")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Path of an experiment with some weeks of the catalogue's scenario."""
    return kit.write_weeks(tmp_path_factory.mktemp("weeks"), WEEKS)


@pytest.fixture(scope="session")
def calm(squalls: Path, site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of an undisturbed run of `squalls` in one process, as one chunk a setting."""
    out = tmp_path_factory.mktemp("calm") / "run"
    done = kit.run(kit.sweep(squalls, out, "--workers", "1"), kit.environment(site))
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="session")
def quiet(weeks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of an undisturbed run of `weeks` in one process."""
    out = tmp_path_factory.mktemp("quiet") / "run"
    done = kit.run(kit.sweep(weeks, out, "--workers", "1"))
    assert done.returncode == 0, done.stderr
    return out
