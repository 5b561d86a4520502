"""What the measurement of executors makes of its rows."""

from __future__ import annotations

import csv
import math
from dataclasses import replace

import pytest

from tests.benchmarks.executors import LANES, OUT, WAYS
from tests.benchmarks.executors_table import Row, efficiency, overhead, write_tables

LARGE = Row("in-process", 1, "large", 1000, 10, 40.0, 36.0, 41.0, 200.0, 0.0)
START = replace(LARGE, what="start", chunks=10, lanes=10, clock=3.0, working=1.0)
SMALL = replace(LARGE, what="small", chunks=110, lanes=110, clock=15.0, working=11.0)
ROWS = [
    *(START, SMALL, LARGE),
    *(replace(row, executor="dask", working=2 * row.working + 5) for row in (START, SMALL, LARGE)),
    *(replace(row, executor="processes", workers=2) for row in (START, SMALL, LARGE)),
    replace(LARGE, executor="dask", workers=2, clock=25.0, scheduler_mib=99.0),
    replace(LARGE, executor="shares", workers=2, clock=20.0),
    replace(LARGE, executor="slurm", workers=2, clock=25.0, processor=math.nan, peak_mib=0.0),
]


def test_overhead_is_what_a_chunk_takes_longer_than_here():
    assert overhead(ROWS, "in-process", "working") == 0
    assert overhead(ROWS, "dask", "working") == pytest.approx(0.1)  # 0.2 s a chunk, not 0.1


def test_workers_are_counted_where_they_are_more_than_one():
    assert overhead(ROWS, "processes", "working") == pytest.approx(0.1)  # two for 0.1 s a chunk
    assert overhead(ROWS, "processes", "processor") == 0


def test_efficiency_is_beside_one_worker_of_the_same_kind():
    assert efficiency(ROWS, ROWS[-3]) == pytest.approx(40 / 2 / 25)
    assert efficiency(ROWS, ROWS[-2]) == 1  # shares: beside one process
    assert efficiency(ROWS, ROWS[-4]) == 0.5  # local processes: likewise


def test_the_tables_say_so(tmp_path):
    write_tables(ROWS, tmp_path, {"cores": 2, "processor": "one", "load": 4.0})
    text = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert "4.0 in the mean, so that all of it took longer." in text
    assert "| dask | 2 | 25.0 | 41.0 | 40 | 80% | 200 | 99 |" in text
    assert "| shares | 2 | 20.0 | 41.0 | 50 | 100% | 200 |  |" in text
    assert "| slurm | 2 | 25.0 |  | 40 | 80% |  |  |" in text
    assert "| in-process | 1 | 100.0 | 0.0 | 3.0 |" in text
    assert "| dask | 1 | +100.0 | +0.0 | 3.0 |" in text
    with (tmp_path / "table.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == len(ROWS)


def test_what_is_committed_was_measured_in_full():
    with (OUT / "table.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    large = [row for row in rows if row["what"] == "large"]
    assert [(row["executor"], int(row["workers"])) for row in large] == list(WAYS)
    assert {int(row["lanes"]) for row in large} == {LANES}
    assert "Ways to run chunks" in (OUT / "table.md").read_text(encoding="utf-8")
