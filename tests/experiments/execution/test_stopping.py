"""What ends a run from outside: a signal, a length of time, the end of a batch job."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pytest

from experiments.errors import UserError
from experiments.execution.stopping import RESERVE_S, end_of, term_stops


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_sigterm_stops_as_ctrl_c_does_and_both_say_so(number, capfd):
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), term_stops():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) == before
    assert "stopping" in capfd.readouterr().err


def stopped_again_and_again(number: int) -> None:
    """Be stopped, and again while what is finished is told."""
    try:
        os.kill(os.getpid(), number)
    finally:
        for another in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
            os.kill(os.getpid(), another)
        sys.stderr.write("tidied up\n")


def test_who_is_impatient_changes_nothing(capfd):
    with pytest.raises(KeyboardInterrupt), term_stops():
        stopped_again_and_again(signal.SIGINT)
    told = capfd.readouterr().err
    assert told.count("stopping") == 1
    assert "tidied up" in told


def test_beside_the_main_thread_signals_are_left_alone():
    before, seen = signal.getsignal(signal.SIGTERM), []

    def look() -> None:
        with term_stops():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [before]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("90min", 5400), ("2h", 7200), (" 2 h ", 7200), ("1.5h", 5400), ("1 d", 86400)],
)
def test_a_length_of_time(text, seconds):
    end = end_of(text)
    assert end == pytest.approx(time.monotonic() + seconds, abs=5)


@pytest.mark.parametrize("text", ["", "2", "h", "2 hours", "-2h", "1e3s", "2h30min", "nan h", "٣h"])
def test_what_is_no_length_of_time_is_refused(text):
    with pytest.raises(UserError, match="number and a unit"):
        end_of(text)


def test_the_end_of_a_batch_job_is_obeyed(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_END_TIME", str(int(time.time()) + 600))
    assert end_of(None) == pytest.approx(time.monotonic() + 600 - RESERVE_S, abs=5)
    assert end_of("1h") == pytest.approx(time.monotonic() + 3600, abs=5)  # the user knows better


@pytest.mark.parametrize("told", ["", "soon", "-3", "1.5"])
def test_an_end_that_is_not_told_is_none(monkeypatch, told):
    monkeypatch.setenv("SLURM_JOB_END_TIME", told)
    assert end_of(None) is None
    monkeypatch.delenv("SLURM_JOB_END_TIME")
    assert end_of(None) is None
