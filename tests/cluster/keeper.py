"""Runs one program and kills it, with all that it started, when standard input ends.

``python keeper.py [--remove FOLDER] PROGRAM ARGUMENT...``: whoever started the keeper holds the
other end of its standard input, so that it ends when the owner closes it or dies, however it dies.
Processes that were detached meanwhile are killed as well: they become children of the keeper,
because it is a child subreaper. The folder is removed after that.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

SET_PARENT_DEATH_SIGNAL: Final = 1
SET_CHILD_SUBREAPER: Final = 36
"""Numbers in ``linux/prctl.h``."""

PATIENCE_S: Final = 10


def descendants(ancestor: int) -> set[int]:
    """Return the ids of all processes below one, zombies left out."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:  # it has ended meanwhile
            continue
        if state != "Z":
            children.setdefault(int(parent), []).append(int(folder.name))
    found: set[int] = set()
    ahead = [ancestor]
    while ahead:
        below = children.get(ahead.pop(), [])
        found.update(below)
        ahead += below
    return found


def command_line(process: int) -> bytes:
    """Return the arguments of a process, each ended by a zero; empty if it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def kill_all(ancestor: int) -> set[int]:
    """Kill all processes below one until none is left; return those that would not go."""
    end = time.monotonic() + PATIENCE_S
    while (found := descendants(ancestor)) and time.monotonic() < end:
        for process in found:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)
    return found


def _before_it_runs() -> None:
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # else it would be ignored there, too


def remove(folder: Path) -> None:
    """Remove a folder, though other keepers may still be killing what writes into it."""
    end = time.monotonic() + PATIENCE_S
    while folder.exists() and time.monotonic() < end:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.02)


def main() -> None:
    """Run the program until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--remove", type=Path)
    parser.add_argument("program", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system removes the dead, whoever they were
    subprocess.Popen(
        given.program,
        stdin=subprocess.DEVNULL,
        preexec_fn=_before_it_runs,  # noqa: PLW1509 (this program has one thread)
    )
    sys.stdin.read()
    left = kill_all(os.getpid())
    if given.remove:
        remove(given.remove)
    if left:
        sys.exit(f"processes that cannot be killed: {sorted(left)}")


if __name__ == "__main__":
    main()
