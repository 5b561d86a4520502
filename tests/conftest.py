"""Settings of all tests."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack

import pytest
from hypothesis import settings

from tests.compiling import compile_once

settings.register_profile("new examples every time", deadline=None)
settings.register_profile("the same examples every time", deadline=None, derandomize=True)
settings.load_profile(
    "the same examples every time" if os.environ.get("CI") else "new examples every time"
)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Where tests run in several processes, compile the kernel while those collect the tests."""
    if session.config.getoption("numprocesses", None):
        until_ended = ExitStack()
        until_ended.enter_context(subprocess.Popen([sys.executable, "-m", "tests.compiling"]))
        session.config.add_cleanup(until_ended.close)


def pytest_runtestloop(session: pytest.Session) -> None:
    """Wait until it is compiled."""
    if hasattr(session.config, "workerinput"):
        compile_once()
