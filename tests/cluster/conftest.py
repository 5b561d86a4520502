"""The private Slurm that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.packages import why_not
from tests.cluster.slurm import Slurm, private_slurm
from tests.cluster.sweeps import CATALOGUE, EXPERIMENT, fivesteps, tables


@pytest.fixture(scope="session")
def running_slurm() -> Iterator[Slurm]:
    """A Slurm of two nodes, for all tests."""
    if reason := why_not():
        pytest.skip(reason)
    with private_slurm() as slurm:
        yield slurm


@pytest.fixture
def slurm(running_slurm: Slurm) -> Iterator[Slurm]:
    """The same, with nothing queued and both nodes there before and after the test."""
    yield running_slurm
    running_slurm.run("scancel", "--quiet", "--user=root")
    for node in running_slurm.nodes:
        if not running_slurm.runs(node):
            running_slurm.start_node(node)
    running_slurm.until(running_slurm.idle)


@pytest.fixture(scope="session")
def place(running_slurm, tmp_path_factory):
    """A folder with a scenario of some weeks, if there is a Slurm to try it on."""
    folder = tmp_path_factory.mktemp("sweep")
    text = (CATALOGUE / "scenarios" / "organised-crime.yaml").read_text(encoding="utf-8")
    assert "horizon: 1461 d" in text
    (folder / "short.yaml").write_text(text.replace("horizon: 1461 d", "horizon: 21 d"))
    return folder


@pytest.fixture(scope="session")
def experiment(place):
    """A sweep of a few seconds."""
    path = place / "small.yaml"
    path.write_text(EXPERIMENT.format(scenario=place / "short.yaml", replications=32))
    return path


@pytest.fixture(scope="session")
def here(place, experiment):
    """What the sweep gives in one process."""
    folder = place / "here"
    fivesteps("sweep", experiment, "--out", folder, "--workers", "1", cwd=place)
    return tables(folder)
