"""Small runs that reports are made of, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

import scenarios
from experiments.cli import main

SHIPPED = Path(scenarios.__file__).parent / "catalogue" / "scenarios" / "forest-fire.yaml"


def fivesteps(*arguments: object) -> int:
    """Run a command in this process."""
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


@pytest.fixture(scope="session")
def fires(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario of nine days of forest fires."""
    text = SHIPPED.read_text("utf-8")
    assert text.count("horizon: 30 d") == 1
    path = tmp_path_factory.mktemp("own") / "fires.yaml"
    path.write_text(text.replace("horizon: 30 d", "horizon: 9 d"), "utf-8")
    return path


@pytest.fixture(scope="session")
def run(fires: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished comparison of twelve worlds."""
    folder = tmp_path_factory.mktemp("run") / "fires"
    policies = "--policies=bilateral,hub-and-spoke,full-pool"
    ended = fivesteps(
        "compare", fires, policies, "--replications=12", "--workers=1", "--out", folder
    )
    assert ended == 0
    return folder
