"""Waiting where there is no worker."""

from __future__ import annotations

import time

import pytest

from experiments.errors import WorkerLostError
from experiments.execution.absence import Absence


class Clock:
    """A clock that goes when it is told to."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(time, "monotonic", found.monotonic)
    return found


def test_while_there_are_workers_nothing_is_said(clock, capsys):
    absence = Absence(300)
    assert [absence.saw(count) for count in (3, 1, 2)] == [False] * 3
    assert capsys.readouterr().err == ""


def test_it_is_said_at_once_and_when_one_comes(clock, capsys):
    absence = Absence(300)
    absence.saw(1)
    assert not absence.saw(0)
    assert capsys.readouterr().err == "no worker is left; waiting up to 5 min for one\n"
    clock.now += 59
    assert not absence.saw(0)
    assert capsys.readouterr().err == ""
    clock.now += 1
    assert not absence.saw(0)
    assert capsys.readouterr().err == "no worker for 60 s; waiting up to 5 min for one\n"
    assert absence.saw(2)
    assert capsys.readouterr().err == "a worker is there; going on\n"
    assert not absence.saw(2)


def test_it_ends_after_a_while_counted_anew_each_time(clock, capsys):
    absence = Absence(300)
    for _ in range(3):
        absence.saw(0)
        clock.now += 299
        absence.saw(0)
        absence.saw(1)
    absence.saw(0)
    clock.now += 300
    with pytest.raises(WorkerLostError, match="no worker came within 5 min"):
        absence.saw(0)


def test_a_batch_system_may_take_days(clock, capsys):
    absence = Absence(None)
    for _ in range(3 * 24 * 60):
        assert not absence.saw(0)
        clock.now += 60
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "no worker yet; waiting until the batch system starts one"
    assert lines[-1] == "no worker for 72.0 h; waiting until the batch system starts one"
    assert len(lines) == 3 * 24 * 60
