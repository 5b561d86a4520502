"""The private Slurm that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.packages import why_not
from tests.cluster.slurm import Slurm, private_slurm


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
