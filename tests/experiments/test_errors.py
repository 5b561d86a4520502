"""Commands that are printed for the user to copy: the shell reads each word as it was meant."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import experiments
from experiments.cli import app
from experiments.errors import command, shell_line

BASH = shutil.which("bash")
SOURCES = sorted(Path(experiments.__file__).parent.rglob("*.py"))

NAMES = "|".join(str(one.name) for one in app.registered_commands)
PRINTED = re.compile(rf"""fivesteps ({NAMES})\b[^"'`\n]*\{{""")
"""A command in which something is put in as it is."""


@pytest.mark.skipif(BASH is None, reason="no bash here")
@pytest.mark.parametrize(
    "name",
    [
        "run", "my run", "it's", 'say "hi"', "$HOME", "`id`", "a;b", "a&b", "~", "*", "a\\b", "!x",
        "#x", "a\nb", "\x1b[31m", "'\t'", "naïve 名", "a\udcff", "", "x=y", "{a,b}", "\x7fb1",
    ],
)  # fmt: skip
def test_a_word_is_one_word_whatever_is_in_it(name):
    assert BASH is not None
    said = subprocess.run(
        [BASH, "-c", f"printf '%s\\0' {shell_line('status', name, 'x')}"],
        capture_output=True,
        check=True,
    )
    assert said.stdout.split(b"\0")[:-1] == [b"status", os.fsencode(name), b"x"]


def test_a_path_is_no_option():
    assert command("status", Path("-x")) == "fivesteps status ./-x"
    assert command("plot", Path("a b"), "--setting", "0") == "fivesteps plot 'a b' --setting 0"


def test_no_command_is_printed_in_another_way():
    assert PRINTED.search('f"wait: fivesteps status {folder}"')
    found = {path: PRINTED.search(path.read_text(encoding="utf-8")) for path in SOURCES}
    assert [path for path, one in found.items() if one] == []
