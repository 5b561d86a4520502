"""Keeping count of chunks: what is tried again, what is given up, when a run ends."""

from __future__ import annotations

import errno
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from experiments.errors import UserError, WorkerLostError
from experiments.execution.course import ATTEMPTS, MOST_IN_A_ROW, Course
from experiments.execution.job import ManyRaisedError, Work
from experiments.planning.plan import Chunk, Part
from experiments.store.failures import failed_chunks
from experiments.store.shards import Address, chunk_name
from experiments.terminal.progress import readable_seconds
from scenarios import SpecError
from sim import LaneId

if TYPE_CHECKING:
    from experiments.execution.pilot import Pilot

POLICIES = ("bilateral", "full-pool")


def chunk_of(replication: int, setting: int = 0) -> Chunk:
    return Chunk((Part(setting, tuple(LaneId(point, 3, replication) for point in range(2))),))


CHUNK = chunk_of(0)


@pytest.fixture
def address(tmp_path: Path) -> Address:
    return Address(tmp_path, "squall", POLICIES, ("damage",), 3, 3, 9)


@pytest.fixture
def course(address: Address) -> Course:
    return Course(address, lanes=100, ticks=10)


def test_a_chunk_is_tried_so_often_and_then_recorded(course, tmp_path):
    answers = [course.try_again(CHUNK, RuntimeError("gone")) for _ in range(ATTEMPTS)]
    assert answers == [True] * (ATTEMPTS - 1) + [False]
    [found] = failed_chunks(tmp_path)
    assert found.model_dump() == {
        "chunk": chunk_name(POLICIES, CHUNK),
        "attempts": ATTEMPTS,
        "error": "RuntimeError: gone",
        "lanes": [
            {"setting": 0, "policy": "bilateral", "replication": 0},
            {"setting": 0, "policy": "full-pool", "replication": 0},
        ],
    }
    assert course.failed == 2


def test_each_chunk_has_attempts_of_its_own(course, tmp_path):
    for number in range(10):
        assert course.try_again(chunk_of(number), "lost")
    assert failed_chunks(tmp_path) == []


def test_a_chunk_that_is_done_is_no_failure_any_more(course, address, tmp_path):
    for _ in range(ATTEMPTS):
        course.try_again(CHUNK, "lost")
    course.try_again(chunk_of(1), "lost", final=True)
    another = Course(address, lanes=100, ticks=10)  # the next run knows of it from the disk alone
    another.done(CHUNK, Work(lanes=2))
    assert [found.chunk for found in failed_chunks(tmp_path)] == [chunk_name(POLICIES, chunk_of(1))]
    assert another.work == Work(lanes=2)


def test_a_failure_that_is_cleared_while_others_look_is_none(course, tmp_path, monkeypatch):
    for number in range(2):
        course.try_again(chunk_of(number), "lost", final=True)
    [first, second] = sorted((tmp_path / "failures").iterdir())
    first.unlink()
    names = [first.name, second.name]  # listed, and not there any more when it is read
    monkeypatch.setattr("experiments.store.failures.listed", lambda _: names)
    [found] = failed_chunks(tmp_path)
    assert second.name == f"chunk-{found.chunk}.json"


@pytest.mark.parametrize(
    "error",
    [
        ManyRaisedError("9 of its lanes raised"),
        UserError("what", "rule", "remedy"),
        SpecError("rule", "remedy", where="here"),
    ],
)
def test_what_will_be_the_same_again_is_not_tried_again(course, tmp_path, error):
    assert not course.try_again(CHUNK, error)
    [found] = failed_chunks(tmp_path)
    assert found.attempts == 1
    assert type(error).__name__ in found.error


def test_somebody_else_tried_it_often_enough(course, tmp_path):
    assert not course.try_again(CHUNK, "KilledWorker", final=True)
    assert len(failed_chunks(tmp_path)) == 1


@pytest.mark.parametrize(
    "number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM]
)
def test_a_disk_that_cannot_be_written_ends_the_run_at_once(course, tmp_path, number):
    error = OSError(number, "no")
    with pytest.raises(OSError, match="no") as caught:
        course.try_again(CHUNK, error)
    assert caught.value is error
    assert list(tmp_path.iterdir()) == []


def test_another_error_of_the_system_is_tried_again(course):
    assert course.try_again(CHUNK, OSError(errno.EIO, "a shaky cable"))


def test_a_run_in_which_nothing_works_gives_up(course):
    for number in range(MOST_IN_A_ROW - 1):
        assert not course.try_again(chunk_of(number), "lost", final=True)
    with pytest.raises(WorkerLostError, match=f"{MOST_IN_A_ROW} chunks in a row .* lost"):
        course.try_again(chunk_of(MOST_IN_A_ROW), "lost", final=True)


def test_one_that_works_between_is_hope(course):
    for number in range(4 * MOST_IN_A_ROW):
        assert not course.try_again(chunk_of(number), "lost", final=True)
        course.done(chunk_of(number, setting=1), Work(lanes=2))
    assert course.failed == 8 * MOST_IN_A_ROW


# Time ----------------------------------------------------------------------------------------


def test_without_an_end_there_is_time_for_every_chunk(course):
    assert list(course.in_time([CHUNK] * 3)) == [CHUNK] * 3
    assert not course.out_of_time


def test_when_time_is_up_no_chunk_is_begun(address):
    course = Course(address, 100, 10, ends_at=time.monotonic() - 1)
    assert list(course.in_time([CHUNK])) == []
    assert course.out_of_time


def test_whether_time_is_up_is_told(course, address):
    assert not course.time_is_up()
    for left, over in ((60, False), (0, True)):
        limited = Course(address, 100, 10, ends_at=time.monotonic() + left)
        assert limited.time_is_up() == limited.out_of_time == over


def test_a_chunk_that_would_not_be_done_in_time_is_not_begun(address, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    course = Course(address, 100, 10, ends_at=1100.0)
    chunks = course.in_time([chunk_of(number) for number in range(9)])
    first = next(chunks)  # nothing is known of how long one takes
    course.begun(first)
    now = 1040.0
    course.done(first, Work(lanes=2))
    assert next(chunks) == chunk_of(1)  # 60 s are left, and 1.5 times 40 s is no more
    now = 1041.0
    assert list(chunks) == []
    assert course.out_of_time


# What is shown -------------------------------------------------------------------------------


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_where_there_is_no_terminal_a_line_is_written_now_and_then(address, clock, capsys):
    course = Course(address, 100, 10)
    course._is_said = True  # what is said once is looked at below
    with course.shown():
        course.ticked(1)
        assert capsys.readouterr().err == ""
        clock.now += 31
        course.ticked(0)
        assert capsys.readouterr().err == "100 lanes: 0% done, 0 a second, unknown time left\n"
        course.try_again(chunk_of(1), "lost", final=True)
        clock.now += 29
        course.ticked(400)
        assert capsys.readouterr().err == ""
        clock.now += 1
        course.ticked(410)  # of 1,000 lane-ticks, while no chunk is done
        shown = capsys.readouterr().err
    assert shown == "100 lanes: 41% done, 0.672 a second, 2 failed, 88 s left\n"
    course.ticked(500)
    assert capsys.readouterr().err == ""


def test_a_run_is_not_over_before_it_is(address, clock, capsys):
    """A chunk that is tried again ticks again."""
    course = Course(address, 100, 10)
    with course.shown():
        for ticked, percent in ((999, 99), (1000, 100), (1400, 100)):
            clock.now += 40
            course.ticked(ticked)
            assert f" {percent}% done" in capsys.readouterr().err


def test_how_long_it_takes_is_said_once(address, clock, capsys):
    course = Course(address, 100, 10)
    course.ticked(0)
    clock.now += 4.9
    course.ticked(10)
    assert capsys.readouterr().err == ""
    clock.now += 0.1
    course.ticked(10)  # 5 s for 10 of 1,000
    assert capsys.readouterr().err == "100 lanes: about 8 min from now\n"
    clock.now += 10
    course.ticked(20)
    assert capsys.readouterr().err == ""


def test_the_first_ticks_are_not_measured_since_kernels_are_compiled_there(address, clock, capsys):
    course = Course(address, 100, 10)
    clock.now += 40
    course.ticked(10)
    assert capsys.readouterr().err == ""
    clock.now += 5
    course.ticked(20)  # 5 s for 10 of 1,000
    assert capsys.readouterr().err == "100 lanes: about 8 min from now\n"


def test_as_long_as_hardly_anything_is_done_nothing_is_foretold(address, clock, capsys):
    """Worlds are compiled at the beginning; what little ran meanwhile made days of minutes."""
    course = Course(address, 1000, 1000)
    with course.shown():
        course.ticked(0)
        clock.now += 31
        course.ticked(10)
        assert capsys.readouterr().err.endswith("unknown time left\n")
        clock.now += 5
        course.ticked(10_010)  # 36 s for a hundredth
        assert capsys.readouterr().err == "1,000 lanes: about 59 min from now\n"


def test_of_a_short_run_nothing_is_said(address, clock, capsys):
    course = Course(address, 100, 10)
    clock.now += 6
    course.ticked(500)
    course.ticked(600)
    assert capsys.readouterr().err == ""


def test_time_is_measured_after_the_pilot(address, clock, capsys):
    pilot = SimpleNamespace(chunk=CHUNK, sure=lambda: "; it will be known to about ±2")
    course = Course(address, 100, 10, pilot=cast("Pilot", pilot))
    clock.now += 100
    course.ticked(20)
    course.done(chunk_of(1), Work(lanes=2))
    course.done(CHUNK, Work(lanes=2))
    clock.now += 5
    course.ticked(40)
    assert capsys.readouterr().err == (
        "100 lanes: about 4 min from now; it will be known to about ±2\n"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (99, "99 s"), (101, "2 min"), (5999, "100 min"), (9000, "2.5 h")],
)
def test_lengths_of_time_are_readable(seconds, text):
    assert readable_seconds(seconds) == text


def test_settings_that_break_a_rule_do_not_end_the_run(course):
    error = SpecError("is above the median", "write a larger one", where="p95")
    for number in range(2 * MOST_IN_A_ROW):
        assert not course.try_again(chunk_of(0, number), error)
    assert course.failed == 4 * MOST_IN_A_ROW
