"""Reducing, keeping, comparing and drawing what was measured."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.benchmarks import run
from tests.benchmarks.cases import CASES, CONTENDERS, contender_of
from tests.benchmarks.committed import dearer, fallen, missing
from tests.benchmarks.machine import machine
from tests.benchmarks.table import (
    Row,
    TrafficRow,
    markdown,
    read_rows,
    spreading_rows,
    traffic_row,
    write_rows,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CASE = "200x10x50x2"
ATTEMPTS = [[98_500], [98_600]]


def one(seconds: float, attempts: Sequence[Sequence[int]] = ATTEMPTS) -> dict[str, Any]:
    """Return what a process might print."""
    return {
        "seconds": seconds,
        "import_s": 0.5,
        "set_up_s": 0.25,
        "warm_up_s": 0.125,
        "peak_mib": 100.0,
        "reports": 50,
        "replications": len(attempts),
        "attempts": attempts,
        "receipts": [[value // 10 for value in row] for row in attempts],
    }


def rounds() -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Ours slows down with the machine, so that only ratios within a round make sense."""
    return {
        (CASE, "numpy"): [one(0.1), one(0.2), one(0.4)],
        (CASE, "mesa"): [one(0.9), one(2.0), one(4.0)],
        (CASE, "simpy"): [one(3.0, ATTEMPTS[:1]), one(6.0, ATTEMPTS[:1]), one(9.0, ATTEMPTS[:1])],
    }


def traffic(kernel_s: float = 4.0, **counters: int) -> dict[str, Any]:
    return {
        "lanes": 8,
        "ticks": 100,
        "set_up_s": 1.0,
        "kernel_s": kernel_s,
        "agents_s": 5.0,
        "bare_s": 1.0,
        "bare_messages": 1_000_000,
        "counters": {"attempts": 3_000_000, "messages": 2_000_000, **counters},
        "chosen": {"attempts": 300_000},
    }


def reference(seconds: float = 50.0) -> dict[str, Any]:
    return {"set_up_s": 1.0, "agents_s": seconds, "chosen": {"attempts": 300_000}}


def traffic_of(kernel_s: float = 4.0, reference_s: float = 50.0) -> TrafficRow:
    return traffic_row("numpy", [traffic(kernel_s)], [reference(reference_s)])


def test_ratios_are_those_within_rounds_and_by_attempt() -> None:
    ours, mesa, simpy = spreading_rows(rounds())
    assert ours.numpy_ratio is None
    assert mesa.numpy_ratio == pytest.approx(10)
    assert mesa.compiled_ratio is None
    assert simpy.numpy_ratio == pytest.approx(30 * 197_100 / 98_500)
    assert (ours.seconds, ours.least_seconds, ours.most_seconds) == (0.2, 0.1, 0.4)
    assert simpy.whole_seconds == pytest.approx(12)
    assert ours.attempts_a_second == pytest.approx(197_100 / 0.2)
    assert ours.attempts_a_report == pytest.approx(1971)


def test_traffic_is_set_beside_the_bare_work() -> None:
    row = traffic_row("numpy", [traffic(), traffic(6.0), traffic(3.0)], [reference()] * 3)
    assert row.nanoseconds_a_message == pytest.approx(2000)
    assert row.bare_nanoseconds_a_message == pytest.approx(1000)
    assert row.times_bare == pytest.approx(2)
    assert row.agents_share == pytest.approx(0.2)
    assert row.lane_ratio == pytest.approx(50 / (5 / 8))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    rows = spreading_rows(rounds())
    run.write(tmp_path, rows, [traffic_of()], "text")
    back = read_rows(tmp_path / "table.csv", Row)
    assert [row.contender for row in back] == ["numpy", "mesa", "simpy"]
    assert back[1].numpy_ratio == pytest.approx(10)
    assert back[0].numpy_ratio is None
    assert not back[0].cut_down
    assert read_rows(tmp_path / "traffic.csv", TrafficRow)[0].times_bare == pytest.approx(2)
    assert read_rows(tmp_path / "other.csv", Row) == []
    assert (tmp_path / "speed.png").stat().st_size > 10_000
    assert json.loads((tmp_path / "machine.json").read_text()) == machine()


def test_the_text_has_every_contender_and_marks_what_was_cut_down() -> None:
    rows = spreading_rows(rounds())
    text = markdown([rows[0], replace(rows[2], cut_down=True)], [traffic_of()], 3)
    assert "Medians of 3 rounds" in text
    assert f"| {contender_of('simpy').title} | 12 \\* | 0.0164 |" in text
    assert "\n\n\\* Fewer reports" in text
    assert "| numpy | 8 | 2,000,000 |" in text


def test_a_ratio_that_fell_by_more_than_a_fifth_is_reported() -> None:
    before = spreading_rows(rounds())
    assert fallen(before, before) == []
    near = [before[0], replace(before[1], numpy_ratio=8.1), before[2]]
    assert fallen(before, near) == []
    far = [before[0], replace(before[1], numpy_ratio=7.9), before[2]]
    (line,) = fallen(before, far)
    assert line == f"slower: the numpy kernel was 10 times as fast as mesa on {CASE}, now 7.9 times"
    compiled = [replace(row, compiled_ratio=2.0) for row in before]
    assert len(fallen(compiled, [replace(row, compiled_ratio=1.0) for row in compiled])) == 3


def test_a_message_that_costs_more_is_reported() -> None:
    before = [traffic_of()]
    assert dearer(before, [traffic_of(4.9), traffic_of(4.0, 41.0)]) == []
    (line,) = dearer(before, [traffic_of(5.1)])
    assert line.startswith("slower: a message cost 2 times")
    (line,) = dearer(before, [traffic_of(4.0, 39.0)])
    assert line.startswith("slower: a lane in a batch")
    assert dearer([], before) == []


def test_what_was_not_measured_again_is_reported() -> None:
    before = spreading_rows(rounds())
    (line,) = missing(before, before[:2], [CASE], ["numpy", "mesa", "simpy"])
    assert line.startswith(f"missing: simpy on {CASE}")
    assert missing(before, before[:2], [CASE], ["numpy", "mesa"]) == []
    assert missing(before, [], ["another"], ["numpy"]) == []


def test_kernels_must_do_exactly_the_same() -> None:
    same = {(CASE, "numpy"): [one(0.1)], (CASE, "compiled"): [one(0.1)]}
    assert run.unlike(same) == []
    other = one(0.1, [[98_500], [98_601]])
    assert len(run.unlike({**same, (CASE, "compiled"): [other]})) == 1
    assert run.unlike_traffic({"numpy": [traffic()], "compiled": [traffic()]}) == []
    (line,) = run.unlike_traffic({"numpy": [traffic()], "compiled": [traffic(messages=7)]})
    assert line.endswith("in messages")
    assert run.unlike_traffic({"numpy": [traffic()], "reference": [reference()]}) == []
    other = {**reference(), "chosen": {"attempts": 300_001}}
    (line,) = run.unlike_traffic({"numpy": [traffic()], "reference": [other]})
    assert line.endswith("in attempts")


def test_the_machine_is_described_and_not_where_it_stands() -> None:
    about = machine()
    assert about["processor"]
    assert about["cores"] != 0
    assert {"fivesteps", "mesa", "numpy", "simpy"} <= about["packages"].keys()
    assert not any("/" in text for text in map(str, about["packages"].values()))


def test_the_committed_table_is_of_all_cases_and_others(tmp_path: Path) -> None:
    rows = read_rows(run.COMMITTED / "table.csv", Row)
    assert {row.case for row in rows} == {case.name for case in CASES}
    others = {one.name for one in CONTENDERS if not one.ours}
    for case in CASES:
        assert {row.contender for row in rows if row.case == case.name} >= {"numpy", *others}
    write_rows(tmp_path / "again.csv", rows)
    assert (tmp_path / "again.csv").read_text() == (run.COMMITTED / "table.csv").read_text()


# The run as a whole ----------------------------------------------------------------------------


@pytest.mark.long
def test_the_whole_run_in_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two contenders measured for good, written, and found to have done the same work."""
    small = ["--rounds", "1", "--cases", "200x10x20x2", "--contenders", "numpy,heap"]
    assert run.main([*small, "--lanes", "0", "--out", str(tmp_path)]) == 0
    assert "The work is the same everywhere" in capsys.readouterr().out
    ours, heap = read_rows(tmp_path / "table.csv", Row)
    assert (ours.contender, heap.contender) == ("numpy", "heap")
    assert heap.numpy_ratio is not None


def test_a_run_that_lost_speed_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "COMMITTED", tmp_path)
    seconds = {"numpy": 0.1, "mesa": 0.1}
    monkeypatch.setattr(run, "process", lambda *arguments: one(seconds[arguments[-1]]))
    small = ["--cases", CASE, "--contenders", "numpy,mesa", "--lanes", "0", "--out", str(tmp_path)]
    assert run.main(small) == 0
    seconds["numpy"] = 0.15
    assert run.main(small) == 1
    assert "slower: the numpy kernel was 1 times as fast as mesa" in capsys.readouterr().out
