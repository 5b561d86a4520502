"""How time and memory grow: what the tables say of measurements, and the largest world of all."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.benchmarks import growth
from tests.benchmarks.growth import Case, cases, measured
from tests.benchmarks.growth_table import (
    SPREADING,
    Row,
    above_best,
    lines,
    read_rows,
    slope,
    write_tables,
)

GIB = 1 << 30
LARGEST = {"kind": "spread", "kernel": "numpy"} | growth.flood(units=1_000_000, reports=1)


def rows(axis: str, seconds, values=(1, 10, 100, 1_000, 10_000), line: str = "numpy") -> list[Row]:
    return [Row(axis, line, value, value, seconds(value), 1 << 20) for value in values]


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_slope_is_that_of_the_part_that_grows(power):
    """A cost of its own, as ticks have, does not hide how the rest grows."""
    assert slope(rows("lanes", lambda value: 1e-3 * value**power)) == pytest.approx(power)
    fixed = rows("lanes", lambda value: 0.005 + 1e-3 * value**power)
    assert slope(fixed) == pytest.approx(power, abs=0.06)


def test_what_is_chosen_beside_the_best():
    batch = rows("batch", lambda value: value * {8: 4, 80: 2, 800: 1}[value], (8, 80, 800))
    assert above_best([replace(row, chosen=800) for row in batch]) == pytest.approx(0)
    assert above_best([replace(row, chosen=80) for row in batch]) == pytest.approx(1)
    between = round(math.sqrt(80 * 800))
    assert above_best([replace(row, chosen=between) for row in batch]) == pytest.approx(
        0.5, abs=0.01
    )


def test_tables_come_back_as_they_were(tmp_path):
    found = [row for axis in SPREADING for row in rows(axis, lambda value: value / 8)]
    found += [replace(row, chosen=100) for row in rows("batch", float, line="some")]
    found += rows("workers", float, (1, 2), "some")
    write_tables(found, tmp_path)
    again = read_rows(tmp_path)
    assert list(map(repr, again)) == [repr(row) for part in lines(found).values() for row in part]
    text = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert text.count("| numpy") + text.count("numpy kernel") >= len(SPREADING)
    assert "1.00." in text


def test_axes_reach_as_far_as_they_should():
    ends = {
        axis: (min(values), max(values))
        for axis in SPREADING
        if (values := [case.value for case in cases() if case.axis == axis])
    }
    assert ends == {
        "lanes": (1, 4_096),
        "units": (100, 1_000_000),
        "channels": (1_000, 10_000_000),
        "reports": (1, 10_000),
    }


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="asks the system what a process used")
def test_a_measurement_in_a_process_of_its_own():
    """Each unit is reached with the chance that solves z = 1 - exp(-10 / 2 * z)."""
    flood = growth.flood(units=3_000, reports=20)
    row = measured(Case("units", "numpy", 3_000, {"kind": "spread", "kernel": "numpy", **flood}))
    assert row.reached == pytest.approx(0.99302, abs=0.001)
    assert row.work == pytest.approx(row.reached * 20 * 30_000, rel=1e-3)
    assert row.seconds > 0
    assert 20 << 20 < row.peak < GIB


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit of memory")
def test_a_million_units_fit_into_four_gib():
    """Ten million channels; the process may not map more than that."""
    row = measured(Case("units", "numpy", 1_000_000, LARGEST))
    assert row.reached == pytest.approx(0.99302, abs=0.001)
    assert row.peak < 2 * GIB


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit of memory")
def test_the_limit_is_one():
    with pytest.raises(subprocess.CalledProcessError):
        measured(Case("units", "numpy", 1_000_000, {**LARGEST, "limit": GIB}))
