"""What ends a run from outside: a signal, or the end of its time."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Final

from experiments.errors import UserError

RESERVE_S: Final = 60
"""Seconds of a batch job's time that are left for writing the tables."""

_UNITS: Final = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_LENGTH: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(s|min|h|d)")
_END_OF_JOB: Final = "SLURM_JOB_END_TIME"


STOPPING: Final = b"stopping: chunks that are not done yet are given up\n"


@contextmanager
def term_stops() -> Generator[None]:
    """Let SIGTERM stop the run as Ctrl-C does: batch systems send it before they kill.

    Either is told at once, since workers take a moment to end. More of them change nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: object) -> None:
    del number, frame
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, _heard)
    with suppress(OSError):
        os.write(sys.stderr.fileno(), STOPPING)
    raise KeyboardInterrupt


def _heard(number: int, frame: object) -> None:
    del number, frame


def end_of(wall_time: str | None) -> float | None:
    """Return when to begin no more chunks, by `time.monotonic`.

    Parameters
    ----------
    wall_time
        Text such as ``2 h``; None takes the end of the batch job that this process is part of,
        where the system tells it.

    Raises
    ------
    UserError
        If the text is no length of time.
    """
    if wall_time is None:
        told = os.environ.get(_END_OF_JOB, "")
        if not told.isdigit():
            return None
        return time.monotonic() + int(told) - time.time() - RESERVE_S
    match = _LENGTH.fullmatch(wall_time.strip())
    if match is None:
        raise UserError(
            f"--wall-time {wall_time}",
            f"a length of time is a number and a unit: {', '.join(_UNITS)}",
            "write for example 90min or 2h",
        )
    return time.monotonic() + float(match[1]) * _UNITS[match[2]]
