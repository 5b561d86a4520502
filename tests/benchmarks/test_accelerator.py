"""The prototype for a graphics processor: in Numba's simulator, and on a device if there is one."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import numpy as np
import pytest

from tests.benchmarks.accelerator.check import UnlikeError, check_counts, deliveries
from tests.benchmarks.accelerator.inputs import CHANNEL_BITS
from tests.benchmarks.accelerator.table import Row, write_tables
from tests.benchmarks.network import draw_network

ROOT: Final = Path(__file__).parents[2]
COMMITTED: Final = ROOT / "results" / "reference" / "accelerator"
NEVER: Final = np.iinfo(np.uint32).max

PLANTED: Final[dict[str, dict[str, Any]]] = {
    "nothing": {},
    "a round of Philox less": {"_ROUNDS": 9},
    "delays from another part of the word": {"_FIRST": np.uint64(19)},
    "a horizon of eight ticks": {"_HORIZON": 8},
}


def tried(*planted: str) -> dict[str, str]:
    """Return what the check says of the kernels, right and with errors planted."""
    from sim.kernel.choice import KernelName
    from tests.benchmarks.accelerator import device, draws, inputs, kernels, measure, processor
    from tests.benchmarks.world import world_of

    world = world_of(draw_network(6, 2))
    origins = np.array([[5, 0], [4, 4]])
    expected = processor.run(world, 0, origins, KernelName.NUMPY)
    said = {}
    for name in planted:
        with changed((draws, kernels), PLANTED[name]):
            one = device.Device(inputs.laid_out(world), threads=2)
            try:
                measure.proved(one, world, origins, expected, logged=2)
            except UnlikeError as error:
                said[name] = str(error)
            else:
                said[name] = ""
    return said


@contextmanager
def changed(modules: tuple[Any, ...], changes: dict[str, Any]) -> Iterator[None]:
    """Give names of modules other values; the simulator looks them up when it runs."""
    before = [(vars(module), vars(module).copy()) for module in modules]
    for names, _ in before:
        names.update((name, value) for name, value in changes.items() if name in names)
    try:
        yield
    finally:
        for names, values in before:
            names.update(values)


def elsewhere(*planted: str, **environment: str) -> dict[str, str]:
    """Return `tried` of a process of its own."""
    script = (
        "import json, sys; from tests.benchmarks.test_accelerator import tried;"
        " sys.setswitchinterval(1e-5);"  # threads of the simulator wait for one another by looking
        " print(json.dumps(tried(*sys.argv[1:])))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, *planted],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, str] = json.loads(done.stdout)
    return said


@pytest.mark.long
@pytest.mark.skipif(find_spec("numba") is None, reason="Numba is not installed")
def test_in_the_simulator_it_equals_the_kernel_and_planted_errors_show():
    said = elsewhere(*PLANTED, NUMBA_ENABLE_CUDASIM="1")
    assert list(said) == list(PLANTED)
    assert said.pop("nothing") == ""
    assert all(said.values()), said
    assert "first copy" in said["delays from another part of the word"]
    assert "came too late" in said["a horizon of eight ticks"]


def test_on_a_device_it_equals_the_kernel():
    cuda = pytest.importorskip("numba.cuda")
    if not cuda.is_available():
        pytest.skip("there is no device that Numba can use")
    assert elsewhere("nothing")["nothing"] == ""


def test_a_single_count_that_differs_is_noticed():
    tallies = np.array([[40, 20, 0, 9], [38, 19, 0, 8]], dtype=np.int32)
    expected = tallies[:, [0, 1, 3]].astype(np.int64)
    check_counts(tallies, expected)
    for column in range(3):
        other = expected.copy()
        other[1, column] += 1
        with pytest.raises(UnlikeError, match="1 of 2 lanes counted otherwise; lane 1"):
            check_counts(tallies, other)


def test_first_copies_are_read_off_arrivals():
    arrivals = np.array([[0, 5 << CHANNEL_BITS | 3, NEVER], [4 << CHANNEL_BITS, 0, NEVER]])
    spread = SimpleNamespace(
        keys=np.array([70, 60], dtype=np.uint64), arrivals=arrivals.astype(np.uint32)
    )
    assert deliveries(cast("Any", spread)).tolist() == [[4, 60, 0], [5, 70, 3]]


ROW = Row(200, 10, 50, 64, 6_400_000, 32, 0.001, 0.002, 0.004, 0.01, 50, 0.1, 0.016, 64, 2.56e6)
ABOUT = {
    "accelerator": "a card",
    "multiprocessors": 8,
    "copies_gb_s": 1000,
    "processor": "one",
    "cores": 4,
    "python": "3.12.1",
    "packages": {"numba": "1.0"},
}


def test_the_table_has_attempts_a_second_and_ratios(tmp_path):
    text = write_tables([ROW, replace(ROW, lanes=512)], tmp_path, ABOUT)
    line = "| 200 | 50 | 64 | 6.4 | 6,400 | 3,200 | 1,600 | 640 | 64 | 400 | 100.0 | 16.0 |"
    assert line in text.splitlines()
    assert (tmp_path / "table.md").read_text(encoding="utf-8") == text
    with (tmp_path / "table.csv").open(encoding="utf-8") as file:
        assert [row["lanes"] for row in csv.DictReader(file)] == ["64", "512"]


def test_what_is_committed_was_measured_in_full():
    with (COMMITTED / "table.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {(row["units"], row["reports"]) for row in rows} == {("200", "50"), ("10000", "100")}
    assert max(int(row["lanes"]) for row in rows) >= 4096
