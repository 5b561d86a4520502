"""Output that nobody reads to its end, as with `| head -1`."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest

from experiments.errors import EXIT_UNHEARD, tell
from tests.experiments.execution import kit

pytestmark = [
    pytest.mark.whole,
    pytest.mark.skipif(sys.platform == "win32", reason="there pipes break otherwise"),
]

BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
"""Without a buffer, Python does not notice that a large text was written in part."""

MANY = "SELECT range, range * range FROM range(100000)"


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_reader_that_has_seen_enough(calm, form):
    arguments = kit.command("query", calm, MANY, "--format", form)
    with subprocess.Popen(
        arguments, env=BUFFERED, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(kit.TIMEOUT_S) == EXIT_UNHEARD


@pytest.mark.parametrize(
    "arguments",
    [
        ("list",),
        ("--help",),
        ("query", "{calm}", MANY),
        ("status", "{calm}"),
        pytest.param(("list", "--json"), marks=pytest.mark.slow),
        pytest.param(("export", "{calm}"), marks=pytest.mark.slow),
        pytest.param(("weigh", "{calm}"), marks=pytest.mark.slow),
    ],
)
def test_a_reader_that_has_gone(calm, arguments):
    """Whether Typer, Rich, `csv` or nobody notices it before the end."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        kit.command(*(part.format(calm=calm) for part in arguments)),
        env=BUFFERED,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=kit.TIMEOUT_S,
    )
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode == EXIT_UNHEARD


def test_a_run_goes_on_when_nobody_hears_of_it(monkeypatch):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", buffering=1) as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        tell("half of it is done")
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)


@pytest.mark.parametrize(("arguments", "code"), [(["list"], 0), (["run", "nosuch"], 2)])
def test_a_program_without_an_output_ends_as_with_one(arguments, code):
    line = shlex.join(kit.command(*arguments))
    ended = subprocess.run(
        ["/bin/sh", "-c", f"{line} >&-"],
        env=kit.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
